//! What is shown as tables, for files and for paper: the same rows in the same
//! order, with the names of the API for programs and the page's words for
//! people.

use callboard_shared::csv::{MARK, row};
use callboard_shared::{UnixMs, durations};
use gloo_timers::callback::Timeout;
use serde_json::{Map, Value, json};
use wasm_bindgen::JsCast as _;
use web_sys::{Blob, BlobPropertyBag, HtmlElement, Url};

use crate::text::{self, D, t};
use crate::{clock, format};

/// So long a file may take to be written, in ms: then its text is let go.
const KEPT_MS: u32 = 60_000;

/// One value of a table.
#[derive(Clone, Debug, PartialEq)]
pub(crate) struct Cell {
    value: Value,
    /// As people read it.
    shown: String,
    /// Stands to the right.
    number: bool,
}

impl Cell {
    /// A name, or a word of the API that is shown as another.
    pub(crate) fn word(value: impl Into<String>, shown: impl Into<String>) -> Cell {
        Cell { value: Value::String(value.into()), shown: shown.into(), number: false }
    }

    /// A text that is the same for all.
    pub(crate) fn text(text: Option<&str>) -> Cell {
        text.map_or_else(|| Cell::none(""), |text| Cell::word(text, text))
    }

    /// What is not told, shown as this.
    pub(crate) fn none(shown: &str) -> Cell {
        Cell { value: Value::Null, shown: shown.to_owned(), number: false }
    }

    /// A number of things.
    pub(crate) fn count(n: Option<u32>) -> Cell {
        let shown = n.map_or_else(|| "–".to_owned(), |n| text::whole(n.into()));
        Cell { value: n.into(), shown, number: true }
    }

    /// Seconds.
    pub(crate) fn seconds(s: Option<f64>) -> Cell {
        let shown = |s: f64| durations::clock((s * 1000.0) as u64);
        Cell { value: s.into(), shown: s.map_or_else(|| "–".to_owned(), shown), number: true }
    }

    /// A share, from 0 to 1 in four decimals as the API has it; in percent,
    /// rounded down, as the page has it.
    pub(crate) fn share(share: callboard_shared::figures::Share) -> Cell {
        let value = share.ten_thousandths().map(|n| f64::from(n) / 10_000.0);
        Cell { value: value.into(), shown: text::percent(share.floor_percent()), number: true }
    }

    /// An instant.
    pub(crate) fn at(at: Option<UnixMs>) -> Cell {
        let shown = at.map_or_else(|| "–".to_owned(), format::moment);
        Cell { value: at.map(UnixMs::rfc3339).into(), shown, number: false }
    }

    /// Yes or no, shown as a word or not at all.
    pub(crate) fn flag(flag: bool, shown: &str) -> Cell {
        Cell { value: flag.into(), shown: shown.to_owned(), number: false }
    }

    /// The same value, shown as this.
    pub(crate) fn told_as(self, shown: impl Into<String>) -> Cell {
        Cell { shown: shown.into(), ..self }
    }

    pub(super) fn shown(&self) -> &str {
        &self.shown
    }

    pub(super) fn is_number(&self) -> bool {
        self.number
    }

    /// As a cell of a file.
    fn plain(&self) -> String {
        match &self.value {
            Value::Null => String::new(),
            Value::String(text) => text.clone(),
            other => other.to_string(),
        }
    }
}

/// A table as it is shown.
#[derive(Clone, Debug, PartialEq)]
pub(crate) struct Table {
    /// Its name in files.
    pub(crate) name: &'static str,
    /// Its name for people.
    pub(crate) title: String,
    /// The name of each column in the API, and for people; without the
    /// latter it is in files only.
    pub(crate) columns: Vec<(&'static str, &'static str)>,
    pub(crate) rows: Vec<Vec<Cell>>,
}

impl Table {
    /// The table as RFC 4180 has it, in UTF-8 with the mark that spreadsheets
    /// look for.
    fn csv(&self) -> String {
        let mut text = String::from(MARK);
        row(&mut text, self.columns.iter().map(|(name, _)| *name));
        for cells in &self.rows {
            row(&mut text, cells.iter().map(Cell::plain));
        }
        text
    }

    /// The table as JSON: when it was, what it was chosen by, and its rows.
    fn json(&self, at: UnixMs, chosen: &[Fact]) -> String {
        let names = || self.columns.iter().map(|(name, _)| (*name).to_owned());
        let row = |cells: &Vec<Cell>| {
            let values = cells.iter().map(|cell| cell.value.clone());
            names().zip(values).collect::<Map<_, _>>()
        };
        let rows: Vec<_> = self.rows.iter().map(row).collect();
        let chosen = chosen.iter().map(|fact| (fact.name.to_owned(), fact.cell.value.clone()));
        let chosen: Map<_, _> = chosen.collect();
        let told = json!({
            "table": self.name, "at": at.rfc3339(), "chosen": chosen, "rows": rows,
        });
        let mut text = serde_json::to_string_pretty(&told).unwrap_or_default();
        text.push('\n');
        text
    }
}

/// Something that holds for all tables of a page: a filter, a threshold.
#[derive(Clone, Debug, PartialEq)]
pub(crate) struct Fact {
    /// Its name in the address or in the API.
    pub(crate) name: &'static str,
    /// What it is called.
    pub(crate) title: String,
    pub(crate) cell: Cell,
}

impl Fact {
    /// The moment that all is as of, with its date: paper is kept.
    pub(crate) fn moment() -> Fact {
        let now = clock::shown_now().unwrap_or_default();
        let shown = format!("{} {}", format::date(now), format::time_of_day(now));
        Fact::new("at", t(D::Moment), Cell::at(Some(now)).told_as(shown))
    }

    pub(crate) fn new(name: &'static str, title: &str, cell: Cell) -> Fact {
        Fact { name, title: title.to_owned(), cell }
    }
}

/// How a file is written.
#[derive(Clone, Copy, Debug, Eq, PartialEq)]
pub(crate) enum Form {
    Csv,
    Json,
}

/// Gives the viewer a table as a file.
pub(crate) fn save(table: &Table, chosen: &[Fact], form: Form) {
    let at = clock::shown_now().unwrap_or_default();
    let (text, kind, ending) = match form {
        Form::Csv => (table.csv(), "text/csv;charset=utf-8", "csv"),
        Form::Json => (table.json(at, chosen), "application/json", "json"),
    };
    // Where a browser cannot do this there is nothing else to be done.
    let _ = offer(&text, kind, &file_name(table.name, at, ending));
}

/// `callboard-calls-2026-11-22T080007Z.csv`: what every system takes as a name.
fn file_name(table: &str, at: UnixMs, ending: &str) -> String {
    let at = at.rfc3339();
    let (second, _) = at.split_once('.').unwrap_or((&*at, ""));
    format!("callboard-{table}-{}Z.{ending}", second.replace(':', ""))
}

fn offer(text: &str, kind: &str, name: &str) -> Option<()> {
    let document = web_sys::window()?.document()?;
    let options = BlobPropertyBag::new();
    options.set_type(kind);
    let parts = js_sys::Array::of1(&text.into());
    let blob = Blob::new_with_str_sequence_and_options(&parts, &options).ok()?;
    let url = Url::create_object_url_with_blob(&blob).ok()?;
    let link: HtmlElement = document.create_element("a").ok()?.dyn_into().ok()?;
    link.set_attribute("href", &url).ok()?;
    link.set_attribute("download", name).ok()?;
    link.click();
    Timeout::new(KEPT_MS, move || drop(Url::revoke_object_url(&url))).forget();
    Some(())
}

#[cfg(test)]
mod tests {
    use callboard_shared::figures::Share;

    use super::*;

    fn table() -> Table {
        Table {
            name: "queues",
            title: "Queues".to_owned(),
            columns: vec![
                ("queue", ""),
                ("queue_name", "Queue"),
                ("waiting", "Waiting"),
                ("service_level", "SL"),
            ],
            rows: vec![
                vec![
                    Cell::text(Some("71")),
                    Cell::text(Some("=Support, 1")),
                    Cell::count(Some(1_234)),
                    Cell::share(Share::of(2, 3)),
                ],
                vec![
                    Cell::text(Some("72")),
                    Cell::text(None),
                    Cell::count(None),
                    Cell::share(Share::of(0, 0)),
                ],
            ],
        }
    }

    #[test]
    fn a_spreadsheet_gets_names_of_the_api_and_no_formula() {
        let csv = table().csv();
        let expected = "\u{feff}queue,queue_name,waiting,service_level\r\n\
            71,\"'=Support, 1\",1234,0.6667\r\n72,,,\r\n";
        assert_eq!(csv, expected);
        let shown: Vec<_> = table().rows[0].iter().map(|cell| cell.shown().to_owned()).collect();
        assert_eq!(shown, ["71", "=Support, 1", "1,234", "66 %"]);
    }

    #[test]
    fn json_says_when_it_was_and_what_was_chosen() {
        let chosen = [Fact::new("queues", "Queues", Cell::word("71", "Support"))];
        let told: Value = serde_json::from_str(&table().json(UnixMs(0), &chosen)).unwrap();
        assert_eq!(told["at"], "1970-01-01T00:00:00.000Z");
        assert_eq!(
            (&told["table"], &told["chosen"]),
            (&json!("queues"), &json!({ "queues": "71" }))
        );
        assert_eq!(
            told["rows"][1],
            json!({ "queue": "72", "queue_name": null, "waiting": null, "service_level": null })
        );
        assert_eq!(
            file_name("calls", UnixMs(1_000), "csv"),
            "callboard-calls-1970-01-01T000001Z.csv"
        );
    }
}
