//! What a figure's formula is made of.

use serde::Serialize;

use super::Figure;

/// The names of the sums, in their order.
pub const NAMES: [&str; 8] = ["offered", "H", "H_T", "B", "B_s", "B_T", "F", "W_T"];

/// Where a term stands in the formula of a share. A count has nothing below.
#[derive(Clone, Copy, Debug, Eq, PartialEq, Serialize)]
#[serde(rename_all = "snake_case")]
pub enum Part {
    /// Above the line.
    Above,
    /// Below the line.
    Below,
}

/// A term of a figure's formula.
#[derive(Clone, Copy, Debug, Eq, PartialEq, Serialize)]
pub struct Term {
    /// H, H_T, B and so on.
    pub name: &'static str,
    /// What it counts, in words.
    pub formula: &'static str,
    /// Its value.
    pub value: u32,
    /// Above or below the line.
    pub part: Part,
    /// 1: added. -1: taken off.
    pub sign: i8,
}

/// What a sum counts, in words.
fn meaning(name: &str) -> &'static str {
    match name {
        "H" => Figure::Handled.formula(),
        "H_T" => Figure::HandledWithin.formula(),
        "B" => Figure::Abandoned.formula(),
        "B_s" => Figure::AbandonedShort.formula(),
        "B_T" => Figure::AbandonedWithin.formula(),
        "F" => Figure::FlowOut.formula(),
        "W_T" => "callers who have waited for longer than the answer threshold",
        _ => Figure::Offered.formula(),
    }
}

impl Figure {
    /// The formula in symbols: what stands above the line, and below. Empty
    /// where the figure is no count and no share of the sums.
    fn symbols(self) -> (&'static [&'static str], &'static [&'static str]) {
        match self {
            Figure::Offered => (&["offered"], &[]),
            Figure::Handled => (&["H"], &[]),
            Figure::HandledWithin => (&["H_T"], &[]),
            Figure::Abandoned => (&["B"], &[]),
            Figure::AbandonedShort => (&["B_s"], &[]),
            Figure::AbandonedWithin => (&["B_T"], &[]),
            Figure::AbandonRate => (&["B", "-B_s"], &["offered", "-B_s"]),
            Figure::Strict => (&["H_T"], &["H", "B"]),
            Figure::IgnoreAbandonedWithin => (&["H_T"], &["H", "B", "-B_T"]),
            Figure::CreditAbandonedWithin => (&["H_T", "B_T"], &["H", "B"]),
            Figure::AnsweredOnly => (&["H_T"], &["H"]),
            Figure::ShortExcluded => (&["H_T"], &["H", "B", "-B_s"]),
            Figure::WithFlowOuts => (&["H_T"], &["H", "B", "-B_s", "F"]),
            Figure::Now => (&["H_T"], &["H", "B", "-B_s", "W_T"]),
            _ => (&[], &[]),
        }
    }

    /// The terms of its formula with their values.
    pub fn terms(self, sums: &[(&'static str, u32)]) -> Vec<Term> {
        let (above, below) = self.symbols();
        let above = above.iter().map(|symbol| (*symbol, Part::Above));
        let symbols = above.chain(below.iter().map(|symbol| (*symbol, Part::Below)));
        let term = |(symbol, part): (&'static str, Part)| {
            let (name, sign) = symbol.strip_prefix('-').map_or((symbol, 1), |name| (name, -1));
            let value = sums.iter().find(|(of, _)| *of == name).map_or(0, |(_, value)| *value);
            Term { name, formula: meaning(name), value, part, sign }
        };
        symbols.map(term).collect()
    }
}

#[cfg(test)]
mod tests {
    use super::super::{Scope, Terms};
    use super::*;
    use crate::figures::Figures;
    use crate::figures::contribution::{Contribution, Entry, Stand};
    use crate::figures::ledger::Ledger;
    use crate::figures::metrics::{Now, Settings, Waiting};
    use crate::time::UnixMs;

    fn call(at: i64, stand: Stand) -> Contribution {
        let entry = Entry {
            queue: "71".into(),
            at: UnixMs(at),
            stand,
            callbacks: [0; 3],
            transferred: false,
            talks: 0,
            talk_ms: 0,
            hold_ms: 0,
        };
        Contribution { customer: Some(entry), ..Contribution::default() }
    }

    /// What the terms give is the figure, for every share and count.
    #[test]
    fn terms_add_up_to_the_figure() {
        let stands = [
            Stand::Handled { wait_ms: 5_000 },
            Stand::Handled { wait_ms: 30_000 },
            Stand::Abandoned { wait_ms: 2_000 },
            Stand::Abandoned { wait_ms: 12_000 },
            Stand::Abandoned { wait_ms: 90_000 },
            Stand::Timeout,
            Stand::Open,
            Stand::Open,
        ];
        let (mut ledger, mut figures) = (Ledger::default(), Figures::default());
        for (at, stand) in (0..).zip(stands) {
            let call = call(at, stand);
            figures.add(&call);
            ledger.note(&at.to_string().as_str().into(), &call);
        }
        // The last of them has left without a word.
        ledger.note_left("7".into());
        let now = UnixMs(50_000);
        let present = Now { waiting: vec![Waiting { since: UnixMs(6), open: true }], talking: 0 };
        let settings = Settings::default();
        let metrics = figures.total(&settings, &[("71".into(), present)].into(), now);
        let metrics = serde_json::to_value(metrics).unwrap();
        let mut compared = 0;
        for figure in Figure::ALL {
            let terms = Terms { settings: &settings, now, from: UnixMs(0), to: UnixMs(9) };
            let behind = ledger.behind(*figure, &Scope::Total, terms);
            let terms = figure.terms(&behind.sums);
            let side = |part| {
                let of = terms.iter().filter(|term| term.part == part);
                of.map(|term| f64::from(term.value) * f64::from(term.sign)).sum::<f64>()
            };
            let (above, below) = (side(Part::Above), side(Part::Below));
            let value = &metrics.pointer(&format!("/{}", figure.name().replace('.', "/")));
            let value = value.unwrap_or_else(|| panic!("{} is a figure", figure.name()));
            if terms.is_empty() {
                continue;
            }
            let is_share = terms.iter().any(|term| term.part == Part::Below);
            let expected = if is_share { (above / below * 1e4).round() / 1e4 } else { above };
            assert_eq!(value.as_f64(), Some(expected), "{}", figure.name());
            assert_eq!(behind.counted.len() as f64, above, "{}", figure.name());
            compared += 1;
        }
        assert_eq!(compared, 14);
        assert_eq!(Figure::from_name("handled"), Some(Figure::Handled));
        assert_eq!(Figure::from_name("hand"), None);
    }
}
