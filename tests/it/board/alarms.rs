//! What is heard and shown when a figure gets beyond its limit, and how old data
//! and missing data look.

use serde_json::{Value, json};
use support::{Browser, Proxy, Simulator, until};

use super::{card, hero, no_errors, open, pair, until_there};

/// Has the page note which notes it sounds and which notifications it shows. They
/// are real ones.
const LISTEN: &str = "window.heard = []; window.told = [];
    const { start } = OscillatorNode.prototype;
    OscillatorNode.prototype.start = function (...at) {
        start.apply(this, at);
        window.heard.push(`${Math.round(this.frequency.value)} Hz, ${this.context.state}`);
    };
    window.Notification = class extends Notification {
        constructor(title, options) {
            super(title, options);
            window.told.push(`${this.title}: ${this.body}`);
        }
    }";

/// Ten callers wait where five are a breach.
async fn crowd(simulator: &Simulator, browser: &Browser) {
    for _ in 0..10 {
        simulator.play(json!({ "queue": "71" })).await;
    }
    let says = async || browser.text("[role=alert]").await.unwrap_or_default();
    until("the alarm", says, |text| text.contains("Waiting 10")).await;
}

#[tokio::test]
async fn a_breach_is_heard_and_shown_by_whom_asked_for_it() {
    for asked in [true, false] {
        let (simulator, proxy) = pair().await;
        let browser = Browser::start(1280, 800).await;
        browser.allow_notifications(&proxy.url("")).await;
        browser.open(&proxy.url(if asked { "/?sound=1&notify=1" } else { "/" })).await;
        browser.until_text(&hero("waiting"), "0").await;
        browser.script(LISTEN, vec![]).await;
        // Browsers let a page sound after somebody has touched it.
        browser.click(".hero").await;
        crowd(&simulator, &browser).await;
        let look = async || browser.script("return [window.heard, window.told]", vec![]).await;
        if asked {
            let heard = json!(["660 Hz, running", "880 Hz, running"]);
            let is_told = |told: &Value| {
                let told = told.as_str().unwrap_or_default();
                told.starts_with("Callboard: ") && told.contains("Support")
            };
            until("two notes and a notification", look, |seen| {
                seen[0] == heard && seen[1].as_array().is_some_and(|all| all.iter().any(is_told))
            })
            .await;
        } else {
            assert_eq!(look().await, json!([[], []]));
        }
        no_errors(&browser).await;
    }
}

/// Whether the board is grey, and what its durations say.
const AGE: &str = "return [document.querySelector('.board').classList.contains('board--stale'),
    document.querySelector('.hero .elapsed').textContent,
    document.querySelector('.notice .elapsed')?.textContent ?? null]";

#[tokio::test]
async fn what_is_old_is_grey_and_stands_still_and_what_is_missing_is_hatched() {
    let mut simulator = Simulator::quiet().await;
    let proxy = Proxy::start(&simulator).await;
    proxy.until_live().await;
    simulator.play(json!({ "queue": "71" })).await;
    let browser = open(&proxy, "").await;
    browser.until_text(&card("71", "waiting"), "1").await;
    let look = async || browser.script(AGE, vec![]).await;
    assert_eq!(look().await[0], json!(false));
    simulator.server.kill();
    let stale = until("a grey board", look, |seen| seen[0] == json!(true)).await;
    // They go back to the moment of the last data, and stay there.
    let older = until("older data", look, |seen| seen[2] != stale[2]).await;
    let oldest = until("still older data", look, |seen| seen[2] != older[2]).await;
    assert_eq!(oldest[1], older[1], "durations of calls stand still");
    simulator.server.restart().await;
    until("a board in colour", look, |seen| seen[0] == json!(false)).await;

    // Ten seconds without a stream, in the chart, its legend and its table.
    browser.open(&proxy.url("/?view=day&minutes=15")).await;
    let seen = "const chart = document.querySelector('.chart');
        const cells = [...document.querySelectorAll('details.table th[scope=row]')];
        return chart && [chart.querySelectorAll('.chart__gap').length > 0,
            chart.textContent.includes('No data'), cells.at(-1)?.textContent.endsWith('⚠')]";
    let seen = async || browser.script(seen, vec![]).await;
    until("a gap", seen, |seen| *seen == json!([true, true, true])).await;
    // And in the small drawing of the queue.
    browser.open(&proxy.url("/?view=wall")).await;
    until_there(&browser, "row", "Support").await;
    let seen = "return document.querySelectorAll('.spark__gap').length > 0";
    let seen = async || browser.script(seen, vec![]).await;
    until("a gap in small", seen, |seen| *seen == json!(true)).await;
}

#[tokio::test]
async fn nothing_zero_and_never_told_are_three_things() {
    let (simulator, proxy) = pair().await;
    simulator.play(json!({ "queue": "71" })).await;
    let browser = open(&proxy, "").await;
    // One waits, so nothing was decided: there is nothing to divide by.
    browser.until_text(&card("71", "waiting"), "1").await;
    browser.until_text(&card("71", "handled"), "0").await;
    browser.until_text(&card("71", "service-level"), "N/A").await;
    // What the stream cannot tell is said where people look for it.
    let foot = browser.text(".panel--agents .panel__foot").await.unwrap_or_default();
    assert!(foot.contains("logged in") && foot.contains("wrap-up"), "{foot}");
    browser.open(&proxy.url("/?view=day")).await;
    let sum = "return [...document.querySelectorAll('.sum')].map((e) => e.innerText)";
    let sums = async || browser.script(sum, vec![]).await;
    let has = |sums: &Value, told: &str| sums.to_string().contains(told);
    let sums = until("figures of the day", sums, |sums| has(sums, "Average handle time")).await;
    assert!(has(&sums, "no wrap-up") && has(&sums, "N/A"), "{sums}");
    no_errors(&browser).await;
}
