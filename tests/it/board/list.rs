//! The list of calls: its order, its focus, and how it stands still.

use std::sync::LazyLock;
use std::time::{SystemTime, UNIX_EPOCH};

use serde_json::{Value, json};
use support::{Browser, Feed, Proxy, Token, until};

use super::{key, no_errors};

/// When the first call began, in epoch ms: an hour before the tests.
static BEGUN: LazyLock<u128> = LazyLock::new(|| {
    let now = SystemTime::now().duration_since(UNIX_EPOCH).expect("a clock after 1970");
    now.as_millis() - 3_600_000
});

/// A document of a call that waits since its second, or has ended.
fn call(id: &str, nth: u64, is_active: bool) -> String {
    let start = (*BEGUN + u128::from(nth) * 1_000) as u64;
    json!({
        "id_call": id, "active": u8::from(is_active), "answered": 0,
        "call_direction": "incoming", "time": { "start": start },
        "customer_target": { "number": format!("00467012{nth:05}") },
        "queue_last": { "id": 71, "name": "Support", "timestart": start },
    })
    .to_string()
}

async fn board() -> (Feed, Proxy, Browser) {
    let feed = Feed::start();
    let proxy = Proxy::at(&format!("ws://{}", feed.address), &Token::new(), &[]).await;
    feed.wait();
    let browser = Browser::start(1280, 800).await;
    browser.open(&proxy.url("/?view=calls")).await;
    (feed, proxy, browser)
}

/// The ids of the rows that exist, from the top.
async fn rows(browser: &Browser) -> Vec<String> {
    let ids = "return [...document.querySelectorAll('[data-call]')].map((e) => e.dataset.call)";
    serde_json::from_value(browser.script(ids, vec![]).await).unwrap_or_default()
}

/// Scrolls the list, if there is one yet.
async fn scroll(browser: &Browser, px: u64) {
    let scroll = "const list = document.querySelector('.calls__scroll');
        if (list) list.scrollTop = arguments[0]";
    browser.script(scroll, vec![px.into()]).await;
}

async fn until_rows(browser: &Browser, wanted: &[&str]) {
    until("the rows", async || rows(browser).await, |rows| rows == wanted).await;
}

/// Waits until the focus is at the link of a call, with what that says of
/// itself; or at a box of this class.
async fn until_focused(browser: &Browser, wanted: Value) {
    let look = "const link = document.activeElement, row = link.closest('[data-call]');
        return row ? [row.dataset.call, row.getAttribute('aria-rowindex'), link.textContent,
            new URL(link.href).searchParams.get('call')] : link.className";
    until("the focus", async || browser.script(look, vec![]).await, |has| *has == wanted).await;
}

#[tokio::test]
async fn the_focus_goes_with_its_call() {
    let (mut feed, _proxy, browser) = board().await;
    for (nth, id) in ["a", "b", "c"].into_iter().enumerate() {
        feed.publish(call(id, nth as u64, true));
    }
    until_rows(&browser, &["a", "b", "c"]).await;
    let focus = "document.querySelector(`[data-call='b'] a`).focus()";
    browser.script(focus, vec![]).await;
    until_focused(&browser, json!(["b", "3", "070-120 00 01", "b"])).await;
    feed.publish(call("a", 0, false));
    until_rows(&browser, &["b", "c"]).await;
    until_focused(&browser, json!(["b", "2", "070-120 00 01", "b"])).await;
    // An older one than all.
    feed.publish(call("d", 0, true));
    until_rows(&browser, &["d", "b", "c"]).await;
    until_focused(&browser, json!(["b", "3", "070-120 00 01", "b"])).await;
    // It ends: the next key press is for none of the others.
    feed.publish(call("b", 1, false));
    until_rows(&browser, &["d", "c"]).await;
    until_focused(&browser, json!("calls__scroll")).await;
    no_errors(&browser).await;
}

/// The calls in the order of the page, with whether they are in the row in which
/// they were marked, and whether that order is the one on screen.
const MARKED: &str = "
    const rows = [...document.querySelectorAll('[data-call]')];
    const tops = rows.map((row) => row.getBoundingClientRect().top);
    return [
        rows.map((row) => [row.dataset.call, row.dataset.call === row.first]),
        tops.every((top, at) => at === 0 || top > tops[at - 1]),
    ]";

#[tokio::test]
async fn a_row_goes_with_its_call_and_stands_where_it_is_seen() {
    let (mut feed, _proxy, browser) = board().await;
    for (nth, id) in ["a", "b", "c", "d"].into_iter().enumerate() {
        feed.publish(call(id, 10 + nth as u64, true));
    }
    until_rows(&browser, &["a", "b", "c", "d"]).await;
    let mark = "document.querySelectorAll('[data-call]').forEach((e) => e.first = e.dataset.call)";
    browser.script(mark, vec![]).await;
    // Changes without a pause: one leaves from the middle, and on top others
    // come and go.
    feed.publish(call("b", 11, false));
    for nth in 0..200 {
        let id = format!("e{nth}");
        feed.publish(call(&id, 1, true));
        tokio::time::sleep(std::time::Duration::from_millis(5)).await;
        feed.publish(call(&id, 1, nth == 199));
    }
    feed.publish(call("f", 12, true));
    // Of two that began in the same second the id decides.
    let wanted = [("e199", false), ("a", true), ("c", true), ("f", false), ("d", true)];
    let look = async || browser.script(MARKED, vec![]).await;
    until("rows in order", look, |seen| *seen == json!([wanted, true])).await;
    no_errors(&browser).await;
}

#[tokio::test]
async fn a_frozen_list_scrolls_over_the_calls_of_its_moment() {
    let (mut feed, _proxy, browser) = board().await;
    let id = |nth: u64| format!("c{nth:03}");
    for nth in 0..300 {
        feed.publish(call(&id(nth), nth, true));
    }
    let counted = async || browser.text(".panel--calls .panel__count").await;
    until("all of them", counted, |count| count.as_deref() == Some("300")).await;
    let top = async || rows(&browser).await.first().cloned();
    let at = async |px| {
        scroll(&browser, px).await;
        rows(&browser).await
    };
    let last = async || at(1_000_000).await.last().cloned();
    let first = async || at(0).await.first().cloned();
    until("the oldest", top, |id| id.as_deref() == Some("c000")).await;
    assert!(rows(&browser).await.len() < 60, "only what is in view exists");
    key(&browser, "p").await;
    let says = async || browser.text(".notice").await.unwrap_or_default();
    until("the notice", says, |text| text.contains("Frozen")).await;
    for nth in 0..200 {
        feed.publish(call(&id(nth), nth, false));
    }
    feed.publish(call("new", 300, true));
    until("the last one of then", last, |id| id.as_deref() == Some("c299")).await;
    until("the first one of then", first, |id| id.as_deref() == Some("c000")).await;
    key(&browser, "p").await;
    until("the first one of now", top, |id| id.as_deref() == Some("c200")).await;
    until("the last one of now", last, |id| id.as_deref() == Some("new")).await;
    no_errors(&browser).await;
}

/// Whether each row lies right below the one before, the last one of all at the
/// end of the list, and nothing in them is cut off.
const WHOLE: &str = "
    const list = document.querySelector('.calls__scroll').getBoundingClientRect();
    const rows = [...document.querySelectorAll('[data-call]')];
    const boxes = rows.map((row) => row.getBoundingClientRect());
    return {
        width: innerWidth,
        lines: Math.round(boxes[0].height / 29),
        adjoin: boxes.slice(1).every((box, at) => Math.abs(box.top - boxes[at].bottom) < 1),
        ends: Math.abs(boxes.at(-1).bottom - list.bottom) < 2,
        cut: rows.flatMap((row) => [...row.children]).filter((e) => e.scrollWidth > e.clientWidth + 1)
            .map((e) => e.textContent),
    }";

#[tokio::test]
async fn on_a_telephone_a_call_has_two_lines_and_the_list_ends_with_its_last_one() {
    let (mut feed, proxy, browser) = board().await;
    for nth in 0..90 {
        feed.publish(call(&format!("c{nth:02}"), nth, true));
    }
    let last = async || {
        scroll(&browser, 1_000_000).await;
        rows(&browser).await.last().cloned()
    };
    let sizes =
        [(1280, 1), (390, 2), (820, 1), (320, 3)].map(|(width, lines)| (width, lines, "en"));
    let words = ["da", "es", "fi", "nb", "sv"].map(|lang| [(1000, 1, lang), (390, 2, lang)]);
    for (width, lines, lang) in sizes.into_iter().chain(words.into_iter().flatten()) {
        if !browser.url().await.ends_with(lang) {
            browser.open(&proxy.url(&format!("/?view=calls&lang={lang}"))).await;
        }
        browser.resize(width, 700).await;
        until("the last one", last, |id| id.as_deref() == Some("c89")).await;
        let wanted =
            json!({ "width": width, "lines": lines, "adjoin": true, "ends": true, "cut": [] });
        let look = async || {
            last().await;
            browser.script(WHOLE, vec![]).await
        };
        until("the whole list", look, |seen| *seen == wanted).await;
    }
    no_errors(&browser).await;
}

/// What is cut off of a call or an agent's name, which parts of the strip lie on
/// one another, and how far the page reaches out of its window.
const LACKS_ROOM: &str = "
    const cut = [...document.querySelectorAll('[data-call] > *, .agent__name')]
        .filter((e) => e.scrollWidth > e.clientWidth + 1)
        .map((e) => `${e.className}: ${e.textContent}, ${e.scrollWidth} > ${e.clientWidth} px`);
    const parts = [...document.querySelectorAll('.strip > *')].filter((e) => e.offsetWidth > 1)
        .map((e) => [e.className, e.getBoundingClientRect()]);
    const lie = (a, b) => a.left < b.right - 1 && b.left < a.right - 1
        && a.top < b.bottom - 1 && b.top < a.bottom - 1;
    const covered = parts.flatMap(([name, a], at) => parts.slice(at + 1)
        .filter(([, b]) => lie(a, b)).map(([other]) => `${name} × ${other}`));
    const { scrollWidth, clientWidth } = document.documentElement;
    return [innerWidth, cut, covered, scrollWidth - clientWidth]";

#[tokio::test]
async fn a_board_of_any_width_has_room_for_calls_and_for_its_strip() {
    let (mut feed, proxy, browser) = board().await;
    let start = support::viewer::now_ms() - 65_000;
    let queue = json!({ "id": 74, "name": "Switchboard", "timestart": start });
    let agent = json!({ "id": 5559, "name": "Ragnhild Østergaard", "answered": start });
    let call = json!({
        "id_call": "a", "active": 1, "answered": 1, "call_direction": "incoming",
        "time": { "start": start, "answered": start },
        "customer_target": { "number": "004597947437" },
        "queue_first": queue, "queue_last": queue, "agent_first": agent, "agent_last": agent,
    });
    feed.publish(call.to_string());
    let widths = [1920, 1440, 1366, 1280, 1151, 1150, 1024, 900, 821, 820, 700, 561, 390, 320];
    for lang in ["en", "es", "fi"] {
        browser.open(&proxy.url(&format!("/?lang={lang}"))).await;
        until_rows(&browser, &["a"]).await;
        for width in widths {
            browser.resize(width, 800).await;
            let look = async || browser.script(LACKS_ROOM, vec![]).await;
            until(&format!("room in {lang}"), look, |seen| *seen == json!([width, [], [], 0]))
                .await;
        }
    }
    no_errors(&browser).await;
}
