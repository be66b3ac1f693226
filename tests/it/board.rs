//! What can be done with the board: views, lists, a call's way, explanations,
//! what-if, time travel, settings, keys.

mod alarms;
mod answers;
mod day;
mod languages;
mod list;
mod screens;
mod television;

use serde_json::{Value, json};
use support::{Browser, Proxy, Simulator, until};

/// A browser before the board of `proxy` at this address.
async fn open(proxy: &Proxy, search: &str) -> Browser {
    let browser = Browser::start(1280, 800).await;
    browser.open(&proxy.url(&format!("/{search}"))).await;
    let link = "[data-light=\"link\"]";
    browser.until_class(link, "light--live").await;
    browser
}

/// Finds an element by role and name, as a person would look for it. What is
/// closed or hidden is not there.
const FIND: &str = "const find = (role, name) => {
        const tags = { link: 'a[href]', button: 'button', heading: 'h1,h2,h3', row: 'tr',
            dialog: 'dialog[open]', region: 'section' };
        const label = (e) => e.getAttribute('aria-label')
            ?? document.getElementById(e.getAttribute('aria-labelledby'))?.textContent
            ?? e.textContent;
        const all = [...document.querySelectorAll(tags[role])];
        return all.find((e) => e.checkVisibility() && label(e).trim().includes(name));
    };";

async fn is_there(browser: &Browser, role: &str, name: &str) -> bool {
    let body = format!("{FIND} return Boolean(find(...arguments))");
    browser.script(&body, vec![role.into(), name.into()]).await == Value::Bool(true)
}

/// Waits for an element by its role and name.
async fn until_there(browser: &Browser, role: &str, name: &str) {
    until(&format!("{role} {name:?}"), async || is_there(browser, role, name).await, |is| *is)
        .await;
}

/// Follows a link, or presses a button, by its name.
async fn press(browser: &Browser, role: &str, name: &str) {
    until_there(browser, role, name).await;
    let body = format!("{FIND} find(...arguments).click()");
    browser.script(&body, vec![role.into(), name.into()]).await;
}

/// Presses a key on the page.
async fn key(browser: &Browser, key: &str) {
    let body = "document.body.dispatchEvent(new KeyboardEvent('keydown', \
                { key: arguments[0], bubbles: true }))";
    browser.script(body, vec![key.into()]).await;
}

async fn no_errors(browser: &Browser) {
    assert_eq!(browser.errors().await, Vec::<String>::new());
}

fn card(queue: &str, figure: &str) -> String {
    format!("[data-queue=\"{queue}\"] [data-figure=\"{figure}\"] dd")
}

fn hero(figure: &str) -> String {
    format!(".hero [data-figure=\"{figure}\"] .tile__value")
}

async fn pair() -> (Simulator, Proxy) {
    let simulator = Simulator::quiet().await;
    let proxy = Proxy::start(&simulator).await;
    proxy.until_live().await;
    (simulator, proxy)
}

/// Waits until the proxy has counted so many calls with this outcome.
async fn until_counted(proxy: &Proxy, outcome: &str, count: usize) {
    let path = format!("/api/calls?outcome={outcome}");
    let look = async || proxy.json(&path).await["calls"].as_array().map_or(0, Vec::len);
    until(&format!("{count} × {outcome}"), look, |found| *found >= count).await;
}

#[tokio::test]
async fn views_are_links_and_back_undoes_them() {
    let (simulator, proxy) = pair().await;
    simulator.play(json!({ "queue": "71" })).await;
    let browser = open(&proxy, "").await;
    browser.until_text(&card("71", "waiting"), "1").await;
    press(&browser, "link", "Wall").await;
    until_there(&browser, "row", "Support").await;
    assert_eq!(browser.url().await, proxy.url("/?view=wall"));
    browser.script("history.back()", vec![]).await;
    browser.until_text(&card("71", "waiting"), "1").await;
    assert_eq!(browser.url().await, proxy.url("/"));
    // What loads later takes the page over, and goes on living.
    press(&browser, "link", "History").await;
    until_there(&browser, "heading", "History").await;
    press(&browser, "link", "Board").await;
    browser.until_text(&card("71", "waiting"), "1").await;
    simulator.play(json!({ "queue": "71" })).await;
    browser.until_text(&card("71", "waiting"), "2").await;
    no_errors(&browser).await;
}

#[tokio::test]
async fn a_frozen_board_stands_still() {
    let (simulator, proxy) = pair().await;
    simulator.play(json!({ "queue": "71" })).await;
    let browser = open(&proxy, "").await;
    browser.until_text(&card("71", "waiting"), "1").await;
    key(&browser, "p").await;
    let says = async || browser.text(".notice").await.unwrap_or_default();
    until("the notice", says, |text| text.contains("Frozen")).await;
    simulator.play(json!({ "queue": "71" })).await;
    let told = async || proxy.json("/api/metrics").await["total"]["waiting"].as_u64();
    until("the proxy to know of both", told, |waiting| *waiting == Some(2)).await;
    until("a second to pass", says, |text| text.contains("0:02")).await;
    assert_eq!(browser.text(&card("71", "waiting")).await.as_deref(), Some("1"));
    press(&browser, "button", "Resume").await;
    browser.until_text(&card("71", "waiting"), "2").await;
    no_errors(&browser).await;
}

#[tokio::test]
async fn only_chosen_queues_are_shown() {
    let (simulator, proxy) = pair().await;
    simulator.play(json!({ "queue": "71" })).await;
    simulator.play(json!({ "queue": "72" })).await;
    let browser = open(&proxy, "?queues=72").await;
    browser.until_text(&card("72", "waiting"), "1").await;
    browser.until_text(&hero("waiting"), "1").await;
    assert_eq!(browser.text(&card("71", "waiting")).await, None);
    browser.open(&proxy.url("/?queues=999")).await;
    let says = async || browser.text(".panel .empty").await.unwrap_or_default();
    until("which ones there are", says, |text| text.contains("71 Support") && text.contains("999"))
        .await;
    no_errors(&browser).await;
}

#[tokio::test]
async fn keys_and_settings_are_told_and_chosen() {
    let (_simulator, proxy) = pair().await;
    let browser = open(&proxy, "").await;
    key(&browser, "?").await;
    until_there(&browser, "dialog", "Keys").await;
    until_there(&browser, "row", "Freeze the board").await;
    press(&browser, "link", "Close").await;
    key(&browser, ",").await;
    until_there(&browser, "dialog", "Settings").await;
    press(&browser, "link", "Compact").await;
    let density = async || browser.attribute("html", "data-density").await;
    until("smaller rows", density, |found| found.as_deref() == Some("compact")).await;
    let url = browser.url().await;
    assert!(url.contains("density=compact"), "{url}");
    key(&browser, "Escape").await;
    key(&browser, "2").await;
    let there = async || browser.url().await;
    until("the wall", there, |url| url.contains("view=wall")).await;
    no_errors(&browser).await;
}

#[tokio::test]
async fn saved_boards_are_links_with_a_name() {
    let simulator = Simulator::quiet().await;
    let config = support::files::file("[boards]\n\"Support wall\" = \"?view=wall&queues=71\"\n");
    let options = ["--config", support::files::path(&config)];
    let proxy = Proxy::with(&simulator, simulator.token(), &options).await;
    proxy.until_live().await;
    simulator.play(json!({ "queue": "71" })).await;
    simulator.play(json!({ "queue": "72" })).await;
    let browser = open(&proxy, "").await;
    key(&browser, ",").await;
    press(&browser, "link", "Support wall").await;
    until_there(&browser, "row", "Support").await;
    assert_eq!(browser.url().await, proxy.url("/?view=wall&queues=71"));
    assert!(!is_there(&browser, "row", "Sales").await);
    no_errors(&browser).await;
}

#[tokio::test]
async fn a_breach_is_said_once_and_loudly() {
    let (simulator, proxy) = pair().await;
    let browser = open(&proxy, "").await;
    let alarm = "[role=alert]";
    browser.until_text(&hero("waiting"), "0").await;
    assert_eq!(browser.text(alarm).await.as_deref(), Some(""), "there, and empty");
    for _ in 0..10 {
        simulator.play(json!({ "queue": "71" })).await;
    }
    browser.until_text(&card("71", "waiting"), "10").await;
    browser.until_class("[data-queue=\"71\"]", "queue--breach").await;
    let says = async || browser.text(alarm).await.unwrap_or_default();
    until("the alarm", says, |text| text.contains("Support") && text.contains("Waiting 10")).await;
    no_errors(&browser).await;
}

#[tokio::test]
async fn queues_are_put_in_order_by_button_and_left_out_by_tick() {
    let (simulator, proxy) = pair().await;
    simulator.play(json!({ "queue": "71" })).await;
    simulator.play(json!({ "queue": "72" })).await;
    let browser = open(&proxy, "").await;
    browser.until_text(&card("72", "waiting"), "1").await;
    browser.open(&proxy.url("/?sheet=settings")).await;
    until_there(&browser, "dialog", "Settings").await;
    let order = async || {
        let keys =
            "return [...document.querySelectorAll('[data-order]')].map((e) => e.dataset.order)";
        browser.script(keys, vec![]).await
    };
    // By name: Sales is 72, Support 71.
    until("both queues", order, |keys| *keys == json!(["72", "71"])).await;
    browser.script("document.getElementById('order-up-71').focus()", vec![]).await;
    press(&browser, "button", "Move Support up").await;
    until("Support first", order, |keys| *keys == json!(["71", "72"])).await;
    let focus = async || browser.script("return document.activeElement.id", vec![]).await;
    until("the focus stays", focus, |id| *id == json!("order-up-71")).await;
    let url = async || browser.url().await;
    until("the order in the address", url, |url| url.contains("queues=71,72")).await;
    let said = async || browser.text("dialog [role=status]").await.unwrap_or_default();
    until("it is said", said, |text| text.contains("Support: place 1 of 2")).await;
    // Pulled back by hand.
    let pull = "const row = (key) => document.querySelector(`[data-order='${key}']`);
        const drag = (e, name) => e.dispatchEvent(new DragEvent(name, { bubbles: true, cancelable: true }));
        drag(row('72'), 'dragstart'); drag(row('71'), 'dragover'); setTimeout(() => drag(row('71'), 'drop'), 50)";
    browser.script(pull, vec![]).await;
    until("by name again", order, |keys| *keys == json!(["72", "71"])).await;
    until("nothing in the address", url, |url| !url.contains("queues=")).await;
    // Left out, it is still there to be taken in again.
    let tick = "document.querySelector(\"[data-order='72'] input\").click()";
    browser.script(tick, vec![]).await;
    until("Sales left out", order, |keys| *keys == json!(["71"])).await;
    until("one queue", url, |url| url.contains("queues=71")).await;
    let out = async || browser.text(".order__row--out").await;
    until("Sales below", out, |text| text.as_deref() == Some("Sales")).await;
    press(&browser, "link", "Close").await;
    browser.until_text(&card("71", "waiting"), "1").await;
    assert_eq!(browser.text(&card("72", "waiting")).await, None);
    no_errors(&browser).await;
}
