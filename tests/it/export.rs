//! What is shown, taken along: as files, and on paper.

use std::path::Path;

use serde_json::{Value, json};
use support::{Browser, Proxy, Simulator, until};
use tempfile::TempDir;

async fn pair() -> (Simulator, Proxy) {
    let simulator = Simulator::quiet().await;
    let proxy = Proxy::start(&simulator).await;
    proxy.until_live().await;
    (simulator, proxy)
}

/// The rows of a table on paper, as texts by the names of its columns.
const ROWS: &str = "const table = document.querySelector(`[data-table=\"${arguments[0]}\"] table`);
    if (!table) return [];
    const names = [...table.querySelectorAll('th')].map((cell) => cell.textContent);
    return [...table.querySelectorAll('tbody tr')].map((row) =>
        Object.fromEntries([...row.children].map((cell, at) => [names[at], cell.textContent])))";

async fn rows(browser: &Browser, table: &str) -> Vec<Value> {
    let told = browser.script(ROWS, vec![table.into()]).await;
    told.as_array().cloned().unwrap_or_default()
}

/// Presses a button beside a table on paper, or beside the one on the screen.
async fn press(browser: &Browser, place: &str, name: &str) {
    let body = "const all = [...document.querySelectorAll(`${arguments[0]} button`)];
        all.find((button) => button.textContent === arguments[1]).click()";
    browser.script(body, vec![place.into(), name.into()]).await;
}

/// The one file in the folder whose name begins so, once it is whole.
async fn file(folder: &Path, begin: &str, ending: &str) -> String {
    let look = async || {
        let files = std::fs::read_dir(folder).expect("the folder can be read").flatten();
        let named = |name: &str| name.starts_with(begin) && name.ends_with(ending);
        let found = files
            .map(|file| file.path())
            .find(|path| path.file_name().and_then(|name| name.to_str()).is_some_and(named));
        found.and_then(|path| std::fs::read_to_string(path).ok()).unwrap_or_default()
    };
    until(&format!("{begin}*{ending}"), look, |text| text.ends_with('\n')).await
}

/// The cells of a line of ours that has no quotes in it.
fn cells(line: &str) -> Vec<&str> {
    line.split(',').collect()
}

#[tokio::test]
async fn the_board_is_saved_as_it_is_shown() {
    let (simulator, proxy) = pair().await;
    let number = json!({ "queue": "71", "number": "0046701234567" });
    let first = simulator.play(number).await;
    simulator.play(json!({ "queue": "72" })).await;
    let folder = TempDir::new().expect("a temporary folder can be made");
    let browser = Browser::start(1280, 800).await;
    browser.save_into(folder.path()).await;
    browser.open(&proxy.url("/?queues=71&lang=sv&sheet=paper")).await;
    let shown = async || rows(&browser, "calls").await;
    let shown = until("the call of the queue that is shown", shown, |rows| rows.len() == 1).await;
    assert_eq!(shown[0]["Uppringare"], "070-123 45 67", "{shown:?}");
    press(&browser, "[data-table=calls]", "Spara som CSV").await;
    let csv = file(folder.path(), "callboard-calls-", ".csv").await;
    let lines: Vec<_> = csv.trim_start_matches('\u{feff}').lines().collect();
    let begin = "id_call,state,urgency,since,seconds,number,direction,queue,queue_name";
    assert!(lines[0].starts_with(begin), "names of the API in any language: {csv}");
    assert_eq!(lines.len(), 2, "{csv}");
    let row = cells(lines[1]);
    assert_eq!((row[0], row[5], row[7], row[8]), (&*first, "0046701234567", "71", "Support"));
    assert!(row[3].ends_with('Z') && row[3].contains('T'), "an instant: {csv}");

    press(&browser, "[data-table=queues]", "Spara som JSON").await;
    let told = file(folder.path(), "callboard-queues-", ".json").await;
    let told: Value = serde_json::from_str(&told).expect("it is JSON");
    assert_eq!((&told["table"], &told["chosen"]["queues"]), (&json!("queues"), &json!("71")));
    assert_eq!(told["chosen"]["answer_within_s"], json!(20), "what was in force: {told}");
    let row = &told["rows"][0];
    assert_eq!(
        (&row["queue"], &row["waiting"], &row["offered"]),
        (&json!("71"), &json!(1), &json!(1))
    );
    assert_eq!(told["rows"].as_array().map(Vec::len), Some(1));
    assert_eq!(browser.errors().await, Vec::<String>::new());
}

#[tokio::test]
async fn lost_callers_and_the_day_are_saved_from_their_views() {
    let (simulator, proxy) = pair().await;
    let script = json!({ "queue": "71", "number": "0046701234567", "abandon_after_ms": 100 });
    let id = simulator.play(script).await;
    let counted = async || proxy.json("/api/lost").await["lost"][0]["id_call"].clone();
    until("the lost caller", counted, |told| *told == json!(id)).await;
    let folder = TempDir::new().expect("a temporary folder can be made");
    let browser = Browser::start(1280, 800).await;
    browser.save_into(folder.path()).await;
    browser.open(&proxy.url("/?view=lost")).await;
    let there = async || browser.text(&format!("[data-call=\"{id}\"]")).await;
    until("the row", there, Option::is_some).await;
    press(&browser, ".exports", "Save as CSV").await;
    let csv = file(folder.path(), "callboard-lost-", ".csv").await;
    let line = csv.lines().nth(1).unwrap_or_default();
    assert!(line.starts_with(&id) && line.contains(",0046701234567,71,Support,"), "{csv}");

    browser.open(&proxy.url("/?view=day&answer_within_s=45")).await;
    let there = async || browser.text(".chart").await;
    until("the chart", there, Option::is_some).await;
    press(&browser, ".exports", "Save as JSON").await;
    let told = file(folder.path(), "callboard-day-", ".json").await;
    let told: Value = serde_json::from_str(&told).expect("it is JSON");
    assert_eq!(told["chosen"]["answer_within_s"], json!(45), "what if: {told}");
    let rows = told["rows"].as_array().cloned().unwrap_or_default();
    let offered: u64 = rows.iter().filter_map(|row| row["offered"].as_u64()).sum();
    assert_eq!(offered, 1, "{told}");
    assert_eq!(browser.errors().await, Vec::<String>::new());
}

/// Whether anything is seen that this selector finds.
async fn is_seen(browser: &Browser, selector: &str) -> bool {
    let body =
        "return [...document.querySelectorAll(arguments[0])].some((e) => e.checkVisibility())";
    browser.script(body, vec![selector.into()]).await == json!(true)
}

#[tokio::test]
async fn a_print_has_every_row_and_nothing_to_press() {
    let (simulator, proxy) = pair().await;
    for _ in 0..60 {
        simulator.play(json!({ "queue": "71" })).await;
    }
    let browser = Browser::start(1280, 800).await;
    browser.open(&proxy.url("/")).await;
    browser.until_text(".hero [data-figure=\"waiting\"] .tile__value", "60").await;
    let drawn = async || {
        let count = "return document.querySelectorAll('.call').length";
        browser.script(count, vec![]).await.as_u64().unwrap_or_default()
    };
    assert!(drawn().await < 60, "on the screen only rows in view exist");
    // From the first load of the page: as it stands, with all rows.
    browser.script("dispatchEvent(new Event('beforeprint'))", vec![]).await;
    until("all rows", drawn, |rows| *rows == 60).await;
    browser.as_printed(true).await;
    // One below the other, in the order of the list.
    let tops = "const rows = [...document.querySelectorAll('[data-call]')];
        const tops = rows.map((row) => row.getBoundingClientRect().top);
        return tops.every((top, at) => at === 0 || top >= tops[at - 1] + 20)";
    assert_eq!(browser.script(tops, vec![]).await, true, "rows lie on one another");
    for controls in [".strip .views", ".strip .button", ".choices"] {
        assert!(!is_seen(&browser, controls).await, "{controls} on paper");
    }
    browser.as_printed(false).await;
    // By key: as paper, with a title and what holds for it.
    let key =
        "document.body.dispatchEvent(new KeyboardEvent('keydown', { key: 'e', bubbles: true }))";
    browser.script(key, vec![]).await;
    let shown = async || rows(&browser, "calls").await.len();
    until("every call on paper", shown, |rows| *rows == 60).await;
    let head = browser.text(".paper__head").await.unwrap_or_default();
    assert!(head.contains("Board") && head.contains("answered within 20 s"), "{head}");
    assert!(!is_seen(&browser, ".strip, .hero").await, "paper is all there is");
    assert!(is_seen(&browser, ".paper__tools").await);
    browser.as_printed(true).await;
    assert!(!is_seen(&browser, ".paper button, .paper a, .strip").await);
    assert!(is_seen(&browser, "[data-table=agents], [data-table=queues]").await);
    let pdf = browser.pdf().await;
    assert!(pdf.starts_with(b"%PDF-"));
    // And the way back.
    browser.as_printed(false).await;
    browser.script("document.querySelector('.paper__tools a').click()", vec![]).await;
    until("the board", async || is_seen(&browser, ".hero").await, |seen| *seen).await;
    assert_eq!(browser.errors().await, Vec::<String>::new());
}

#[tokio::test]
async fn any_view_is_paper_while_it_is_printed() {
    let (simulator, proxy) = pair().await;
    simulator.play(json!({ "queue": "71", "abandon_after_ms": 100 })).await;
    let counted = async || proxy.json("/api/lost").await["still_lost"].as_u64();
    until("the lost caller", counted, |told| *told == Some(1)).await;
    let browser = Browser::start(1280, 800).await;
    for (view, table) in [("lost", "lost"), ("history", "history"), ("day", "day")] {
        browser.open(&proxy.url(&format!("/?view={view}"))).await;
        until("the view", async || is_seen(&browser, ".exports").await, |seen| *seen).await;
        browser.script("dispatchEvent(new Event('beforeprint'))", vec![]).await;
        let shown = async || rows(&browser, table).await.len();
        until("its rows on paper", shown, |rows| *rows > 0).await;
        browser.script("dispatchEvent(new Event('afterprint'))", vec![]).await;
        until("the view", async || is_seen(&browser, ".paper").await, |seen| !seen).await;
        let url = browser.url().await;
        assert!(!url.contains("sheet"), "nothing was chosen: {url}");
    }
    assert_eq!(browser.errors().await, Vec::<String>::new());
}
