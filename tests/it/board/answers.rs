//! What is asked of the proxy: calls of the past, lost callers, how a figure came
//! about, other thresholds, time travel.

use serde_json::{Value, json};
use support::{Browser, Proxy, Simulator, until};

use super::{card, hero, is_there, key, no_errors, open, pair, press, until_counted, until_there};

#[tokio::test]
async fn a_call_of_the_past_is_found_and_its_way_is_drawn() {
    let (simulator, proxy) = pair().await;
    let script = json!({
        "queue": "72", "answer_after_ms": 1500, "ring_ms": 1000, "talk_ms": 500,
        "number": "0046701234567",
    });
    let id = &simulator.play(script).await;
    simulator.play(json!({ "queue": "71", "abandon_after_ms": 200 })).await;
    until_counted(&proxy, "handled", 1).await;
    until_counted(&proxy, "abandoned", 1).await;
    let browser = open(&proxy, "?view=history").await;
    let row = format!("tr[data-call=\"{id}\"]");
    let rows = async || {
        browser.script("return document.querySelectorAll('tbody tr').length", vec![]).await
    };
    until("both calls", rows, |count| *count == json!(2)).await;
    // As people write numbers.
    let search = "const field = document.querySelector('[name=q]'); field.value = '070-123 45 67';
        field.form.requestSubmit()";
    browser.script(search, vec![]).await;
    until("one call", rows, |count| *count == json!(1)).await;
    let text = browser.text(&row).await.unwrap_or_default();
    assert!(text.contains("070-123 45 67") && text.contains("Handled"), "{text}");
    assert!(browser.url().await.contains("q=070-123"), "{}", browser.url().await);

    browser.click(&format!("{row} a")).await;
    until_there(&browser, "dialog", "Journey of the call").await;
    // Ring all: a lane for each phone that rang, and what became of it.
    until_there(&browser, "row", "answered elsewhere").await;
    let lanes = async || {
        let count = "return document.querySelectorAll('.lanes__names li').length";
        browser.script(count, vec![]).await.as_u64().unwrap_or_default()
    };
    until("lanes of menu or queue and of several phones", lanes, |count| *count >= 3).await;
    until_there(&browser, "row", "In queue Sales").await;
    until_there(&browser, "row", "Talk with").await;
    press(&browser, "link", "Close").await;
    assert!(!is_there(&browser, "dialog", "Journey").await);
    no_errors(&browser).await;
}

#[tokio::test]
async fn who_gave_up_is_lost_until_reached() {
    let (simulator, proxy) = pair().await;
    let number = "0046709998877";
    simulator.play(json!({ "queue": "71", "abandon_after_ms": 100, "number": number })).await;
    until_counted(&proxy, "abandoned", 1).await;
    let browser = open(&proxy, "?view=lost").await;
    until_there(&browser, "row", "070-999 88 77").await;
    until_there(&browser, "row", "Not yet").await;
    let script = json!({
        "queue": "71", "answer_after_ms": 50, "ring_ms": 0, "talk_ms": 300, "agent": "5551",
        "number": number,
    });
    simulator.play(script).await;
    until_counted(&proxy, "handled", 1).await;
    browser.open(&proxy.url("/?view=lost")).await;
    until_there(&browser, "row", "called again at").await;
    browser.until_text(".sum:nth-child(1) dd", "0").await;
    no_errors(&browser).await;
}

#[tokio::test]
async fn a_figure_says_how_it_came_about() {
    let (simulator, proxy) = pair().await;
    let answered = json!({
        "queue": "71", "answer_after_ms": 50, "ring_ms": 0, "talk_ms": 200, "agent": "5551",
    });
    simulator.play(answered).await;
    simulator.play(json!({ "queue": "71", "abandon_after_ms": 6000 })).await;
    until_counted(&proxy, "handled", 1).await;
    until_counted(&proxy, "abandoned", 1).await;
    let browser = open(&proxy, "").await;
    browser.until_text(&card("71", "service-level"), "50 %").await;
    browser.click(&format!("{} a", card("71", "service-level"))).await;
    until_there(&browser, "dialog", "Service level: how it came about").await;
    browser.until_text(".formula__value", "50.0 %").await;
    browser
        .until_text(
            ".formula__words",
            "answered in time ÷ (answered + given up − given up shortly)",
        )
        .await;
    until_there(&browser, "row", "calls answered within the answer threshold").await;
    let notes = browser.text(".formula .note").await.unwrap_or_default();
    assert_eq!(notes, "In force: 20 s to answer, 5 s short, target 80 %.");
    let sums = "return [...document.querySelectorAll('dialog summary')].map((e) => e.textContent)";
    assert_eq!(
        browser.script(sums, vec![]).await,
        json!(["Calls that count: 1", "Calls below the line only: 1"])
    );
    // Its address explains it again.
    let url = browser.url().await;
    assert!(url.contains("explain=service_level.short_excluded@71"), "{url}");
    key(&browser, "Escape").await;
    until("the dialog to go", async || is_there(&browser, "dialog", "").await, |is| !is).await;
    no_errors(&browser).await;
}

#[tokio::test]
async fn who_is_there_now_is_explained_too() {
    let (simulator, proxy) = pair().await;
    let waits = &simulator.play(json!({ "queue": "71" })).await;
    let talks = json!({ "queue": "72", "answer_after_ms": 50, "ring_ms": 0, "agent": "5551" });
    let talks = &simulator.play(talks).await;
    let browser = open(&proxy, "").await;
    browser.until_text(&hero("talking"), "1").await;
    let lists = "return [...document.querySelectorAll('dialog details')].map((e) =>
        [e.querySelector('summary').textContent,
        ...[...e.querySelectorAll('[data-call]')].map((row) => row.dataset.call)])";
    let lists = async || browser.script(lists, vec![]).await;
    let (one, other) = ("Calls that count: 1", "Calls that do not count: 1");
    for (figure, name, value, calls) in [
        ("waiting", "Waiting", "1", json!([[one, waits], [other, talks]])),
        ("talking", "Talking", "1", json!([[one, talks], [other, waits]])),
        ("longest-wait", "Longest wait", ":0", json!([[one, waits], [other, talks]])),
    ] {
        browser.click(&format!("{} a", hero(figure))).await;
        until_there(&browser, "dialog", &format!("{name}: how it came about")).await;
        until(name, lists, |seen| *seen == calls).await;
        let shown = browser.text(".formula__value").await.unwrap_or_default();
        assert!(shown.contains(value), "{name}: {shown}");
        key(&browser, "Escape").await;
        until("the dialog to go", async || is_there(&browser, "dialog", "").await, |is| !is).await;
    }
    // A card's are those of its queue; a board of some queues has their total.
    browser.click(&format!("{} a", card("71", "waiting"))).await;
    until("of one queue", lists, |seen| *seen == json!([[one, waits]])).await;
    browser.open(&proxy.url("/?queues=72&explain=offered")).await;
    until("of some queues", lists, |seen| *seen == json!([[one, talks]])).await;
    // Of the past nothing is explained that would be of now.
    let at = support::viewer::now_ms();
    browser.open(&proxy.url(&format!("/?at={at}"))).await;
    until_there(&browser, "region", "Time travel").await;
    browser.until_text(&hero("waiting"), "1").await;
    let links = "return document.querySelectorAll('.hero a').length";
    assert_eq!(browser.script(links, vec![]).await, json!(0));
    no_errors(&browser).await;
}

#[tokio::test]
async fn the_whole_board_goes_back_in_time() {
    let (simulator, proxy) = pair().await;
    let id = &simulator.play(json!({ "queue": "71", "abandon_after_ms": 3000 })).await;
    let waits = async || proxy.json("/api/snapshot").await;
    let there = until("the caller", waits, |told| {
        told["board"]["calls"].as_object().is_some_and(|calls| calls.contains_key(id))
    });
    there.await;
    let call = proxy.json(&format!("/api/calls/{id}")).await;
    let start = call["start"].as_i64().expect("a start");
    until_counted(&proxy, "abandoned", 1).await;
    let browser = open(&proxy, "").await;
    browser.until_text(&hero("waiting"), "0").await;
    browser.open(&proxy.url(&format!("/?at={}", start + 2000))).await;
    // There is a bar that says so, and the caller waits.
    until_there(&browser, "region", "Time travel").await;
    browser.until_text(&hero("waiting"), "1").await;
    browser.until_text(&format!("[data-call=\"{id}\"] .call__state"), "Waiting").await;
    // It plays until the caller has gone.
    press(&browser, "button", "5 times as fast").await;
    browser.until_text(&hero("waiting"), "0").await;
    press(&browser, "link", "Live").await;
    until("the bar to go", async || is_there(&browser, "region", "Time travel").await, |is| !is)
        .await;
    browser.until_text(&card("71", "abandoned"), "1").await;
    no_errors(&browser).await;
}

/// Between these two it is never the same day.
const FIRST: &str = "Pacific/Kiritimati";
const LAST: &str = "Pacific/Pago_Pago";

#[tokio::test]
async fn times_are_those_of_the_centre_wherever_the_browser_is() {
    let simulator = Simulator::quiet().await;
    let proxy = Proxy::with(&simulator, simulator.token(), &["--time-zone", FIRST]).await;
    proxy.until_live().await;
    simulator.play(json!({ "queue": "71", "abandon_after_ms": 100 })).await;
    until_counted(&proxy, "abandoned", 1).await;
    let browser = Browser::start(1920, 1080).await;
    browser.in_zone(LAST).await;
    browser.open(&proxy.url("/")).await;
    // What the browser itself says of that zone.
    let ask = format!(
        "const say = (options) => new Intl.DateTimeFormat('sv-SE',
            {{ timeZone: '{FIRST}', ...options }}).format(Date.now());
        const clock = document.querySelector('.clock').innerText.replace(/\\s+/g, ' ');
        return [clock, say({{ timeStyle: 'short' }}), say({{}}),
            new Intl.DateTimeFormat('sv-SE').format(Date.now())]"
    );
    let look = async || browser.script(&ask, vec![]).await;
    let is_there = |told: &Value| {
        let (clock, time) = (told[0].as_str().unwrap_or("-"), told[1].as_str().unwrap_or_default());
        clock.starts_with(&format!("Kiritimati {time}:"))
    };
    let told = until("the centre's time", look, is_there).await;
    let (there, here) = (told[2].as_str().unwrap_or(""), told[3].as_str().unwrap_or(""));
    assert_ne!(there, here, "the browser is in another zone");

    browser.open(&proxy.url("/?view=day")).await;
    let label = async || browser.text(".chart__labels span").await;
    let first = until("the day's chart", label, Option::is_some).await;
    assert_eq!(first.as_deref(), Some("00:00"));
    for (day, calls) in [(there, 1), (here, 0)] {
        browser.open(&proxy.url(&format!("/?view=history&from={day}&to={day}"))).await;
        let found = "const told = document.querySelector('main')?.innerText ?? '';
            return told.includes('Loading') || !told ? null
                : document.querySelectorAll('tr[data-call]').length";
        let look = async || browser.script(found, vec![]).await;
        until(&format!("{calls} calls on {day}"), look, |found| *found == json!(calls)).await;
    }
    no_errors(&browser).await;
}
