//! What can be done with the board: views, lists, a call's way, explanations,
//! what-if, time travel, settings, keys.

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
    press(&browser, "button", "As in force").await;
    until("all in time again", shows, |text| text.starts_with("100 %")).await;
    // The chart has its table.
    let cells = "document.querySelector('details').open = true;
        return document.querySelectorAll('details tbody tr').length > 0";
    assert_eq!(browser.script(cells, vec![]).await, json!(true));
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
async fn a_television_has_large_type_and_nothing_to_choose() {
    let (simulator, proxy) = pair().await;
    simulator.play(json!({ "queue": "71" })).await;
    let browser = Browser::start(1920, 1080).await;
    browser.open(&proxy.url("/?view=wall&tv=1&distance=4m")).await;
    until_there(&browser, "row", "Support").await;
    let look =
        "const px = (e, what) => parseFloat(getComputedStyle(document.querySelector(e))[what]);
        return { label: px('.tile__label', 'fontSize'), hero: px('.tile__value', 'fontSize'), height: innerHeight,
            cursor: getComputedStyle(document.documentElement).cursor,
            links: document.querySelectorAll('a, button').length,
            fits: document.documentElement.scrollHeight <= innerHeight }";
    let shown = browser.script(look, vec![]).await;
    // A two-hundredth of the distance: 44 px of 1080 on 55 inches at 4 m.
    let share =
        |name: &str| shown[name].as_f64().unwrap_or(0.0) / shown["height"].as_f64().unwrap_or(1.0);
    assert!(share("label") >= 0.0405, "{shown}");
    assert!(share("hero") >= 0.16, "{shown}");
    let theme = browser.attribute("html", "data-theme").await;
    assert_eq!(theme.as_deref(), Some("dark"), "as nothing else was said");
    assert_eq!((&shown["cursor"], &shown["links"]), (&json!("none"), &json!(0)), "{shown}");
    assert_eq!(shown["fits"], json!(true), "{shown}");
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
async fn the_page_speaks_the_language_that_is_asked_for() {
    let (simulator, proxy) = pair().await;
    simulator.play(json!({ "queue": "71" })).await;
    let browser = open(&proxy, "?lang=sv").await;
    browser.until_text(".hero [data-figure=\"waiting\"] .tile__label", "Väntar").await;
    assert_eq!(browser.attribute("html", "lang").await.as_deref(), Some("sv"));
    for (lang, name) in
        [("nb", "Historikk"), ("da", "Historik"), ("fi", "Historia"), ("es", "Historial")]
    {
        browser.open(&proxy.url(&format!("/?view=history&lang={lang}"))).await;
        until_there(&browser, "heading", name).await;
    }
    // Chosen by hand, it stays where it is.
    browser.open(&proxy.url("/?sheet=settings")).await;
    press(&browser, "link", "Svenska").await;
    until_there(&browser, "dialog", "Inställningar").await;
    no_errors(&browser).await;
}

#[tokio::test]
async fn explanations_and_reasons_speak_the_same_language() {
    let (simulator, proxy) = pair().await;
    let script = json!({
        "queue": "71", "answer_after_ms": 50, "ring_ms": 0, "talk_ms": 100, "agent": "5551",
        "number": "anonymous",
    });
    simulator.play(script).await;
    until_counted(&proxy, "handled", 1).await;
    let call = proxy.json("/api/calls?outcome=handled").await["calls"][0].clone();
    assert_eq!(call["why"], json!("Somebody hung up"), "{call}");
    let browser = open(&proxy, "?lang=sv&explain=service_level.now").await;
    let says = async || browser.text(".formula").await.unwrap_or_default();
    let told = until("the formula", says, |text| text.contains("väntar för länge nu")).await;
    assert!(!told.contains("answered") && told.contains("längre än svarsgränsen"), "{told}");
    browser.open(&proxy.url("/?lang=fi&explain=answer_s")).await;
    until("waits in words", says, |text| text.contains("mediaani 0:0")).await;
    let id = call["id_call"].as_str().expect("a call");
    browser.open(&proxy.url(&format!("/?lang=sv&call={id}"))).await;
    let says = async || browser.text("dialog").await.unwrap_or_default();
    let told = until("the reason", says, |text| text.contains("Någon lade på")).await;
    assert!(told.contains("Dolt nummer"), "{told}");
    no_errors(&browser).await;
}

#[tokio::test]
async fn axe_finds_nothing_in_any_view_and_theme() {
    let (simulator, proxy) = pair().await;
    let answered = json!({
        "queue": "71", "answer_after_ms": 50, "ring_ms": 0, "talk_ms": 100, "agent": "5551",
    });
    simulator.play(answered).await;
    simulator.play(json!({ "queue": "72" })).await;
    simulator.play(json!({ "queue": "71", "abandon_after_ms": 100 })).await;
    until_counted(&proxy, "handled", 1).await;
    until_counted(&proxy, "abandoned", 1).await;
    let call = proxy.json("/api/calls?outcome=handled").await["calls"][0]["id_call"].clone();
    let call = format!("?call={}", call.as_str().expect("a call"));
    let pages = [
        ("?view=board", "[data-queue=\"72\"]"),
        ("?view=wall", "[data-queue=\"72\"]"),
        ("?view=wall&tv=1&distance=4m", "[data-queue=\"72\"]"),
        ("?view=history", "tbody tr"),
        ("?view=lost", "tbody tr"),
        ("?view=day", ".chart"),
        ("?sheet=keys", "dialog table"),
        ("?sheet=paper", "[data-table=agents] table"),
        ("?sheet=settings", "dialog .setting"),
        ("?explain=service_level.short_excluded", "dialog tbody tr"),
        (&*call, "dialog .lanes"),
    ];
    let browser = open(&proxy, "").await;
    let mut found = Vec::new();
    for (page, sign) in pages {
        for theme in ["dark", "light", "contrast"] {
            browser.open(&proxy.url(&format!("/{page}&theme={theme}"))).await;
            let there = async || browser.text(sign).await;
            until(&format!("{sign} of {page}"), there, Option::is_some).await;
            let of_page = browser.axe().await.into_iter();
            found.extend(of_page.map(|finding| format!("{page} {theme}: {finding}")));
        }
    }
    assert_eq!(found, Vec::<String>::new());
}

#[tokio::test]
async fn a_narrow_page_and_large_type_need_no_scrolling_sideways() {
    let (simulator, proxy) = pair().await;
    simulator.play(json!({ "queue": "71" })).await;
    let browser = Browser::start(1280, 800).await;
    for page in ["board", "wall", "history", "lost", "day"] {
        browser.open(&proxy.url(&format!("/?view={page}"))).await;
        until_there(&browser, "link", "Board").await;
        // 320 px wide: also what 400 % of 1280 px come to.
        browser.resize(320, 640).await;
        let width = "return document.documentElement.scrollWidth";
        let width = browser.script(width, vec![]).await;
        assert!(width.as_u64().is_some_and(|px| px <= 320), "{page}: {width} px");
    }
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
