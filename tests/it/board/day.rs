//! The day: what if, the days before, the worst moments.

use serde_json::json;
use support::{Proxy, Simulator, until, viewer};

use super::{hero, no_errors, open, pair, press, until_counted, until_there};

const DAY_MS: u64 = 86_400_000;

#[tokio::test]
async fn other_thresholds_give_another_level_at_once() {
    let (simulator, proxy) = pair().await;
    let script = json!({
        "queue": "71", "answer_after_ms": 2500, "ring_ms": 0, "talk_ms": 200, "agent": "5551",
    });
    simulator.play(script).await;
    until_counted(&proxy, "handled", 1).await;
    let browser = open(&proxy, "?view=day").await;
    let level = ".sums .sum:first-child dd";
    let shows = async || browser.text(level).await.unwrap_or_default();
    until("all in time", shows, |text| text.starts_with("100 %")).await;
    let slide = "const slider = document.querySelector('#within'); slider.value = 1;
        slider.dispatchEvent(new Event('input', { bubbles: true }))";
    browser.script(slide, vec![]).await;
    until("none in time", shows, |text| {
        text.starts_with("0 %") && text.contains("instead of 100 %")
    })
    .await;
    // What is in force is still named.
    let force = browser.text(".what-if__force").await.unwrap_or_default();
    assert!(force.contains("In force: 20 s to answer, 5 s short, target 80 %"), "{force}");
    // The address has it, and so has the explanation.
    let let_go = "document.querySelector('#within').dispatchEvent(new Event('change'))";
    browser.script(let_go, vec![]).await;
    let url = async || browser.url().await;
    until("the address", url, |url| url.contains("answer_within_s=1")).await;
    browser.click(&format!("{level} a")).await;
    until_there(&browser, "dialog", "Service level: how it came about").await;
    browser.until_text(".formula__value", "0.0 %").await;
    press(&browser, "link", "Close").await;
    press(&browser, "button", "As in force").await;
    until("all in time again", shows, |text| text.starts_with("100 %")).await;
    until("the address", url, |url| !url.contains("answer_within_s")).await;
    // The chart has its table.
    let cells = "document.querySelector('details').open = true;
        return document.querySelectorAll('details tbody tr').length > 0";
    assert_eq!(browser.script(cells, vec![]).await, json!(true));
    // A figure of an interval is explained by the calls of that interval.
    let into_interval = "const row = [...document.querySelectorAll('details tbody tr')]
            .find((row) => row.children[1].textContent === '1');
        row.children[1].querySelector('a').click();
        // A sign of a gap may follow.
        return row.children[0].textContent.slice(0, 5)";
    let begins = browser.script(into_interval, vec![]).await;
    let begins = begins.as_str().expect("the row of the call");
    let title = async || browser.text("dialog h2").await.unwrap_or_default();
    let is_of_it = |title: &String| title.starts_with(&format!("Offered {begins}–"));
    until("of the interval", title, is_of_it).await;
    browser.until_text(".formula__value", "1").await;
    let calls = "return document.querySelectorAll('dialog [data-call]').length";
    let calls = async || browser.script(calls, vec![]).await;
    until("its call", calls, |calls| *calls == json!(1)).await;
    // One before the call has none.
    let asked = browser.url().await;
    let (before, span) = asked.split_once('~').expect("an interval");
    let from: u64 = span[..13].parse().expect("its begin");
    browser.open(&format!("{before}~{}-{from}", from - 1_800_000)).await;
    browser.until_text(".formula__value", "0").await;
    assert_eq!(calls().await, json!(0));
    no_errors(&browser).await;
}

#[tokio::test]
async fn the_day_and_the_week_before_are_beside_it() {
    let simulator = Simulator::quiet().await;
    // In which each day is as long as the next.
    let proxy = Proxy::with(&simulator, simulator.token(), &["--time-zone", "UTC"]).await;
    proxy.until_live().await;
    let now = viewer::now_ms();
    for (days, calls) in [(0, 1), (1, 2), (7, 3)] {
        for nth in 0..calls {
            let start = now - days * DAY_MS - nth;
            let came = json!({ "id": 71, "name": "Support", "timestart": start });
            let call = json!({
                "id_call": format!("{days}-{nth}"), "active": 0, "call_direction": "incoming",
                "internal": 0, "time": { "start": start, "end": start + 9_000 },
                "queue_first": came, "queue_last": came,
                "terminated_call_reason": "queue_leave_abandon",
            });
            simulator.send("calls", call.to_string()).await;
        }
    }
    let before = async || proxy.json("/api/calls?from=0").await["calls"].as_array().map(Vec::len);
    until("all of them", before, |calls| *calls == Some(6)).await;
    let browser = open(&proxy, "?view=day&minutes=60").await;
    // Of the table: offered, the day before, a week before.
    let sums = "const rows = [...document.querySelectorAll('details.table tbody tr')];
        const sum = (column) => rows.reduce((sum, row) =>
            sum + (parseInt(row.children[column].textContent) || 0), 0);
        return [sum(1), sum(5), sum(6)]";
    let sums = async || browser.script(sums, vec![]).await;
    until("three days", sums, |sums| *sums == json!([1, 2, 3])).await;
    for line in ["yesterday", "week-ago"] {
        let points = browser.attribute(&format!(".chart__{line}"), "points").await;
        assert!(points.is_some_and(|points| points.split(' ').count() > 1), "{line}");
    }
    no_errors(&browser).await;
}

#[tokio::test]
async fn the_worst_moment_is_a_link_to_the_board_as_it_was() {
    let (simulator, proxy) = pair().await;
    for _ in 0..3 {
        simulator.play(json!({ "queue": "71", "abandon_after_ms": 3000 })).await;
    }
    until_counted(&proxy, "abandoned", 3).await;
    let browser = open(&proxy, "?view=day").await;
    press(&browser, "link", "3 waiting, longest").await;
    until_there(&browser, "region", "Time travel").await;
    browser.until_text(&hero("waiting"), "3").await;
    assert!(browser.url().await.contains("at="), "{}", browser.url().await);
    no_errors(&browser).await;
}
