//! On a wall: parts that take turns, a screen that stays awake, and a page that
//! loads itself anew.

use std::time::Duration;

use serde_json::{Value, json};
use support::{Browser, Proxy, Simulator, files, stays, until, viewer};

use super::{hero, no_errors, pair, press, until_there};

/// How a call stands.
#[derive(Clone, Copy, PartialEq)]
enum How {
    Waits,
    /// At once, and it is over.
    Answered,
    GaveUp,
}

/// A call that came to a queue so many ms ago.
fn call(queue: u64, start: u64, how: How) -> String {
    let came = json!({ "id": queue, "name": format!("Queue {queue}"), "timestart": start });
    let mut call = json!({
        "id_call": format!("{queue}-{start}"), "active": u8::from(how == How::Waits),
        "call_direction": "incoming", "internal": 0, "time": { "start": start },
        "queue_first": came, "queue_last": came,
    });
    match how {
        How::Waits => (),
        How::Answered => {
            let agent = json!({ "id": 7, "name": "Ada Berg", "answered": start + 1 });
            call["time"] = json!({ "start": start, "answered": start + 1, "end": start + 2 });
            (call["agent_first"], call["agent_last"]) = (agent.clone(), agent);
        }
        How::GaveUp => {
            call["time"]["end"] = json!(start + 9_000);
            call["terminated_call_reason"] = json!("queue_leave_abandon");
        }
    }
    call.to_string()
}

/// The queues that the wall shows now, and whether it shows agents.
const SHOWN: &str = "return [
    [...document.querySelectorAll('.wall-queue')].map((row) => row.dataset.queue),
    Boolean(document.querySelector('.wall .agents'))]";

#[tokio::test]
async fn parts_take_turns_below_the_fixed_row_until_there_is_a_breach() {
    let (simulator, proxy) = pair().await;
    let (queues, now) = (71..=75, viewer::now_ms());
    for queue in queues.clone() {
        simulator.send("calls", call(queue, now - 60_000, How::Answered)).await;
    }
    let browser = Browser::start(1920, 1080).await;
    browser.open(&proxy.url("/?tv=1&distance=4m&rotate=5")).await;
    let look = async || browser.script(SHOWN, vec![]).await;
    let rows = |shown: &Value| shown[0].as_array().map_or(0, Vec::len);
    let first = until("some of the queues", look, |shown| rows(shown) > 0).await;
    assert!(rows(&first) < queues.count(), "not all of them fit: {first}");
    let others = until("others", look, |shown| rows(shown) > 0 && shown != &first).await;
    assert_ne!(others[0][0], first[0][0], "{others}");
    until("agents", look, |shown| shown[1] == json!(true)).await;
    // What matters most is there all the time.
    browser.until_text(&hero("waiting"), "0").await;
    browser.until_text(&hero("service-level"), "100 %").await;
    until("the first ones again", look, |shown| *shown == first).await;

    simulator.send("calls", call(75, now - 3_000_000, How::Waits)).await;
    let worst = |shown: &Value| shown[0][0] == json!("75");
    until("the worst on top", look, worst).await;
    let stays_there = async || browser.script(SHOWN, vec![]).await[0][0].clone();
    stays("the worst", Duration::from_secs(6), json!("75"), stays_there).await;
    no_errors(&browser).await;
}

/// Has the page say which locks it was given. They are real ones.
const WATCH_LOCKS: &str = "window.locks = [];
    const ask = navigator.wakeLock.request.bind(navigator.wakeLock);
    navigator.wakeLock.request = async (kind) => {
        const lock = await ask(kind);
        window.locks.push(lock.released ? 'released' : lock.type);
        return lock;
    }";

#[tokio::test]
async fn a_television_stays_awake_fills_the_screen_and_drifts() {
    let (simulator, proxy) = pair().await;
    simulator.play(json!({ "queue": "71" })).await;
    let browser = Browser::start(1920, 1080).await;
    // From the settings, as somebody does who sets a television up.
    browser.open(&proxy.url("/?sheet=settings")).await;
    until_there(&browser, "dialog", "Settings").await;
    browser.script(WATCH_LOCKS, vec![]).await;
    press(&browser, "link", "4 m").await;
    until_there(&browser, "row", "Support").await;
    let locks = async || browser.script("return window.locks", vec![]).await;
    until("a screen that stays on", locks, |locks| *locks == json!(["screen"])).await;
    assert!(browser.url().await.contains("tv=1"), "{}", browser.url().await);

    browser.click(".hero").await;
    let full = "return document.fullscreenElement === document.documentElement";
    let full = async || browser.script(full, vec![]).await;
    until("the whole screen", full, |is| *is == json!(true)).await;

    let drift = "return getComputedStyle(document.querySelector('.board')).animationName";
    let drift = async || browser.script(drift, vec![]).await;
    until("a drift", drift, |name| *name == json!("drift")).await;
    browser.prefers("prefers-reduced-motion", "reduce").await;
    until("no drift", drift, |name| *name == json!("none")).await;
    no_errors(&browser).await;
}

#[tokio::test]
async fn a_newer_page_is_loaded_when_nobody_waits() {
    let (simulator, pages) = (Simulator::quiet().await, files::pages());
    let folder = pages.path().to_str().expect("a plain path");
    let mut proxy = Proxy::with(&simulator, simulator.token(), &["--page-dir", folder]).await;
    proxy.until_live().await;
    let start = viewer::now_ms() - 10_000;
    simulator.send("calls", call(71, start, How::Waits)).await;
    let browser = Browser::start(1920, 1080).await;
    browser.open(&proxy.url("/?tv=1&distance=4m")).await;
    browser.until_text(&hero("waiting"), "1").await;
    browser.script("window.isOld = true", vec![]).await;

    let index = pages.path().join("index.html");
    let text = std::fs::read_to_string(&index).expect("the page is there");
    std::fs::write(&index, text + "<!-- a newer one -->\n").expect("it can be written");
    for form in ["br", "gz"] {
        // Made of the page as it was.
        std::fs::remove_file(index.with_extension(format!("html.{form}"))).expect("it was there");
    }
    proxy.stop_and_start().await;
    proxy.until_live().await;
    browser.until_class("[data-light=link]", "light--live").await;
    let is_old = async || browser.script("return window.isOld ?? false", vec![]).await;
    // Messages with the new build come every two seconds.
    stays("the page, as somebody waits", Duration::from_secs(5), json!(true), is_old).await;
    simulator.send("calls", call(71, start, How::GaveUp)).await;
    until("the newer page", is_old, |is| *is == json!(false)).await;
    browser.until_text(&hero("waiting"), "0").await;
}
