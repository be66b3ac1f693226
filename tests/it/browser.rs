//! The page in a browser.

use std::collections::BTreeMap;

use serde_json::{Value, json};
use support::{Browser, Proxy, Simulator, Token, Truth, Viewer, of_each_kind, run, until};

/// The board as it hangs on a wall.
const WALL: (u32, u32) = (1920, 1080);

/// The page of `proxy`, once it shows that all four links are up.
async fn open(proxy: &Proxy) -> Browser {
    let browser = Browser::start(WALL.0, WALL.1).await;
    browser.open(&proxy.url("/")).await;
    until_all_lights(&browser, "light--live").await;
    browser
}

fn light(name: &str) -> String {
    format!("[data-light=\"{name}\"]")
}

async fn until_upstream_lights(browser: &Browser, class: &str) {
    for name in ["calls", "queues", "agents"] {
        browser.until_class(&light(name), class).await;
    }
}

async fn until_all_lights(browser: &Browser, class: &str) {
    until_upstream_lights(browser, class).await;
    browser.until_class(&light("link"), class).await;
}

/// The value of a figure of all queues together.
fn hero(figure: &str) -> String {
    format!(".hero [data-figure=\"{figure}\"] :is(.tile__value, dd)")
}

/// The value of a figure on the card of a queue.
fn card(queue: &str, figure: &str) -> String {
    format!("[data-queue=\"{queue}\"] [data-figure=\"{figure}\"] dd")
}

fn row(call: &str, part: &str) -> String {
    format!("[data-call=\"{call}\"] .call__{part}")
}

/// Seconds of a duration such as `1:02`.
fn seconds(text: &str) -> Option<u32> {
    text.split(':').try_fold(0, |sum, part| Some(sum * 60 + part.parse::<u32>().ok()?))
}

/// Waits until the duration in `selector` has changed to a greater one.
async fn until_it_ticks(browser: &Browser, selector: &str) {
    let look = async || browser.text(selector).await.as_deref().and_then(seconds);
    let first = until(&format!("a duration in {selector}"), look, Option::is_some).await;
    until(&format!("{selector} to tick"), look, |now| *now > first).await;
}

/// Leaves a mark that a reload would wipe away.
async fn mark(browser: &Browser) {
    browser.script("window.isStillHere = true", vec![]).await;
}

async fn assert_not_reloaded(browser: &Browser) {
    let mark = browser.script("return window.isStillHere ?? false", vec![]).await;
    assert_eq!(mark, Value::Bool(true), "the page was loaded anew");
}

#[tokio::test]
async fn a_call_is_shown_from_its_wait_to_its_end() {
    let simulator = Simulator::quiet().await;
    let proxy = Proxy::start(&simulator).await;
    let browser = open(&proxy).await;
    browser.until_text(&hero("waiting"), "0").await;
    let script = json!({
        "queue": "71", "answer_after_ms": 5000, "ring_ms": 0, "talk_ms": 5000, "agent": "5551",
        "number": "0046701234567",
    });
    let id = &simulator.play(script).await;

    browser.until_text(&card("71", "waiting"), "1").await;
    browser.until_text(&hero("waiting"), "1").await;
    browser.until_text(&row(id, "state"), "Waiting").await;
    until_it_ticks(&browser, &row(id, "time")).await;
    let caller = browser.text(&row(id, "caller")).await.unwrap_or_default();
    assert!(caller.contains("070-123 45 67"), "{caller}");

    browser.until_text(&row(id, "state"), "Talking").await;
    browser.until_text(&card("71", "talking"), "1").await;
    browser.until_text(&card("71", "waiting"), "0").await;
    let name = browser.text("[data-agent=\"5551\"] .agent__name").await.unwrap_or_default();
    assert!(name.contains(' '), "first and last name: {name:?}");
    browser.until_text(&row(id, "agent"), &name).await;
    browser.until_text("[data-figure=\"agents-talking\"]", "1").await;

    let gone = async || browser.text(&row(id, "state")).await;
    until("the row to go", gone, Option::is_none).await;
    for (figure, value) in [("offered", "1"), ("handled", "1"), ("abandoned", "0")] {
        browser.until_text(&card("71", figure), value).await;
        browser.until_text(&hero(figure), value).await;
    }
    browser.until_text(&card("71", "service-level"), "100 %").await;
    browser.until_text("[data-figure=\"agents-talking\"]", "0").await;
    assert_eq!(browser.errors().await, Vec::<String>::new());
}

/// Figures as texts, by where they stand.
type Figures = BTreeMap<String, String>;

fn expected(truth: &Truth) -> Figures {
    let mut figures = Figures::new();
    let mut put = |selector, value: u32| figures.insert(selector, value.to_string());
    put(hero("waiting"), truth.waiting);
    put(hero("offered"), truth.offered);
    // Who was called back was not answered on the line.
    put(hero("handled"), truth.handled - truth.handled_by_callback);
    put(hero("abandoned"), truth.abandoned);
    for queue in &truth.queues {
        put(card(&queue.id, "waiting"), queue.waiting);
        put(card(&queue.id, "offered"), queue.offered);
    }
    figures
}

#[tokio::test]
async fn a_busy_centre_is_drawn_as_it_is() {
    let simulator = Simulator::busy().await;
    let proxy = Proxy::start(&simulator).await;
    let browser = open(&proxy).await;
    let mut viewer = Viewer::open(&proxy).await;
    let enough = of_each_kind(50, 10, 2);
    let truth = viewer.live_through(&simulator, "some calls of each kind", enough).await;
    let in_full = |viewer: &Viewer| {
        let total = viewer.total();
        let handled = total.handled + total.called_back;
        (total.offered, handled, total.abandoned) == (truth.offered, truth.handled, truth.abandoned)
    };
    viewer.wait(&format!("the truth: {truth:?}"), in_full).await;
    // The other streams may be a moment behind the one that was counted.
    let beats = viewer.clock.len();
    viewer.wait("signs of life", |viewer| viewer.clock.len() >= beats + 3).await;

    let mut wanted = expected(&truth);
    // The simulator also counts callers for whom another phone rings.
    wanted.insert(hero("talking"), viewer.total().talking.to_string());
    let selectors: Vec<_> = wanted.keys().cloned().collect();
    let look = async || {
        let mut shown = Figures::new();
        for selector in &selectors {
            shown.insert(selector.clone(), browser.text(selector).await.unwrap_or_default());
        }
        shown
    };
    until(&format!("{wanted:?}"), look, |shown| *shown == wanted).await;
    assert_eq!(browser.errors().await, Vec::<String>::new());
}

/// What can be pressed, and headings, that the notice lies over.
const COVERED: &str = "
    return [...document.querySelectorAll('a, button, h2, .light, .clock')].filter((e) => {
        const { x, y, width, height } = e.getBoundingClientRect();
        return document.elementFromPoint(x + width / 2, y + height / 2)?.closest('.notice');
    }).map((e) => e.textContent)";

#[tokio::test]
async fn an_upstream_that_dies_is_said_to_be_gone() {
    let mut simulator = Simulator::quiet().await;
    let proxy = Proxy::start(&simulator).await;
    let browser = open(&proxy).await;
    mark(&browser).await;
    assert_eq!(browser.text(".notice").await, None);

    simulator.server.kill();
    until_upstream_lights(&browser, "light--lost").await;
    let look = async || browser.text(".notice").await;
    let says_so = |text: &Option<String>| {
        text.iter().any(|text| text.contains("Telavox") && text.contains("old"))
    };
    until("a notice of how old the data is", look, says_so).await;
    until_it_ticks(&browser, ".notice .elapsed").await;
    browser.until_class(&light("link"), "light--live").await;
    for (width, height) in [(1920, 1080), (1280, 800), (1000, 700)] {
        browser.resize(width, height).await;
        let covered = browser.script(COVERED, vec![]).await;
        assert_eq!(covered, json!([]), "it lies over them at {width} × {height}");
    }

    simulator.server.restart().await;
    until_all_lights(&browser, "light--live").await;
    until("the notice to go", look, Option::is_none).await;
    let id = &simulator.play(json!({ "queue": "72" })).await;
    browser.until_text(&row(id, "state"), "Waiting").await;
    assert_not_reloaded(&browser).await;
    assert_eq!(browser.errors().await, Vec::<String>::new());
}

#[tokio::test]
async fn a_proxy_that_dies_is_found_again() {
    let simulator = Simulator::quiet().await;
    let mut proxy = Proxy::start(&simulator).await;
    let browser = open(&proxy).await;
    mark(&browser).await;
    assert_eq!(browser.errors().await, Vec::<String>::new());

    proxy.server.kill();
    browser.until_class(&light("link"), "light--lost").await;
    let look = async || browser.text(".notice").await;
    let says_so = |text: &Option<String>| {
        text.iter().any(|text| text.contains("Callboard") && text.contains("old"))
    };
    until("a notice of how old the data is", look, says_so).await;
    until_it_ticks(&browser, ".notice .elapsed").await;

    proxy.server.restart().await;
    until_all_lights(&browser, "light--live").await;
    until("the notice to go", look, Option::is_none).await;
    let id = &simulator.play(json!({ "queue": "72" })).await;
    browser.until_text(&row(id, "state"), "Waiting").await;
    assert_not_reloaded(&browser).await;
    // Attempts to reach a proxy that is not there are logged by the browser.
    let is_ours = |error: &String| !error.contains("/api/") && !error.contains("/healthz");
    let errors: Vec<_> = browser.errors().await.into_iter().filter(is_ours).collect();
    assert_eq!(errors, Vec::<String>::new());
}

#[tokio::test]
async fn a_refused_token_is_said_to_be_refused() {
    let simulator = Simulator::quiet().await;
    let proxy = Proxy::with(&simulator, &support::Token::new(), &[]).await;
    let browser = Browser::start(WALL.0, WALL.1).await;
    browser.open(&proxy.url("/")).await;
    until_upstream_lights(&browser, "light--lost").await;
    browser.until_class(&light("link"), "light--live").await;
    let look = async || browser.text(".notice").await;
    let says_so = |text: &Option<String>| text.iter().any(|text| text.contains("token"));
    until("a notice of the refused token", look, says_so).await;
    assert_eq!(browser.errors().await, Vec::<String>::new());
}

#[tokio::test]
async fn a_script_that_is_not_ours_does_not_run() {
    let simulator = Simulator::quiet().await;
    let proxy = Proxy::start(&simulator).await;
    let browser = open(&proxy).await;
    let insert = "const script = document.createElement('script');
        script.textContent = 'window.hasRun = true';
        document.body.append(script);
        return window.hasRun ?? false";
    assert_eq!(browser.script(insert, vec![]).await, Value::Bool(false));
    // Which also shows that violations are among the errors.
    let look = async || browser.errors().await.concat();
    let names_policy = |errors: &String| errors.contains("Content Security Policy");
    until("the violation in the console", look, names_policy).await;
}

#[tokio::test]
async fn the_theme_is_in_the_url() {
    const BUTTON: &str = "button[aria-label^=\"Theme\"]";
    let simulator = Simulator::quiet().await;
    let proxy = Proxy::start(&simulator).await;
    let browser = open(&proxy).await;
    let theme = async || browser.attribute("html", "data-theme").await;
    let is =
        |expected: &'static str| move |theme: &Option<String>| theme.as_deref() == Some(expected);
    until("the system's theme", theme, is("system")).await;
    let themes = [
        ("dark", "?theme=dark"),
        ("light", "?theme=light"),
        ("contrast", "?theme=contrast"),
        ("system", ""),
    ];
    for (expected, query) in themes {
        browser.click(BUTTON).await;
        until("the next theme", theme, is(expected)).await;
        assert_eq!(browser.url().await, proxy.url(&format!("/{query}")));
    }
    browser.open(&proxy.url("/?theme=light")).await;
    until("the URL's theme", theme, is("light")).await;
    until_all_lights(&browser, "light--live").await;
    assert_eq!(browser.url().await, proxy.url("/?theme=light"));
    assert_eq!(browser.errors().await, Vec::<String>::new());
}

/// Enters a key and sends the form.
async fn enter(browser: &Browser, text: &str) {
    let body = "const field = document.querySelector('#key'); field.value = arguments[0]; \
                field.form.requestSubmit();";
    browser.script(body, vec![text.into()]).await;
}

#[tokio::test]
async fn a_board_that_needs_a_key_asks_for_it() {
    let simulator = Simulator::quiet().await;
    let key = Token::new();
    let file = key.file().to_str().expect("a plain path");
    let proxy = Proxy::with(&simulator, simulator.token(), &["--viewer-key-file", file]).await;
    let browser = Browser::start(WALL.0, WALL.1).await;
    browser.open(&proxy.url("/")).await;
    browser.until_text("h1", "This board needs a key").await;
    enter(&browser, "not-the-right-one").await;
    browser.until_text("[role=alert]", "That is not the key.").await;
    enter(&browser, key.text()).await;
    until_all_lights(&browser, "light--live").await;
    // The session outlives the page.
    browser.open(&proxy.url("/")).await;
    until_all_lights(&browser, "light--live").await;
    assert!(!browser.url().await.contains(key.text()), "the key is in no address");
}

#[tokio::test]
async fn a_link_opens_the_board_that_it_is_for() {
    let simulator = Simulator::quiet().await;
    let key = Token::new();
    let file = key.file().to_str().expect("a plain path");
    let proxy = Proxy::with(&simulator, simulator.token(), &["--viewer-key-file", file]).await;
    let folder = proxy.data_dir();
    let folder = folder.to_str().expect("a plain path");
    let wanted = ["--role", "floor", "--queues", "72", "--expires", "1d", "--name", "TV"];
    let output = run(&[&["link", "--data-dir", folder], &wanted[..]].concat(), &[]);
    let output = String::from_utf8_lossy(&output.stdout).into_owned();
    let (_, link) = output.trim().split_once("?link=").expect("an address with a link");
    let browser = Browser::start(WALL.0, WALL.1).await;
    browser.open(&proxy.url(&format!("/?link={link}"))).await;
    until_all_lights(&browser, "light--live").await;
    simulator.play(json!({ "queue": "71" })).await;
    let id = simulator.play(json!({ "queue": "72" })).await;
    browser.until_text(&hero("waiting"), "1").await;
    let number = browser.text(&row(&id, "caller")).await.unwrap_or_default();
    assert!(number.contains('•'), "masked: {number:?}");
    run(&["unlink", "TV", "--data-dir", folder], &[]);
    browser.until_text("h1", "This board needs a key").await;
}
