//! The board in other people's pages, with two origins.

/// Attributes and properties that change.
mod changes;

/// Browsers without cookies of third parties.
mod cookies;

/// What pages are told.
mod events;

/// What `docs/embed.md` gives to be pasted.
mod recipes;

/// Its languages.
mod words;

use serde_json::{Value, json};
use support::host::Host;
use support::http;
use support::{Browser, Proxy, Simulator, Token, run, until, watch};

/// Text of the shadow of the first element that a selector finds.
const SHADOW: &str = "const root = document.querySelector(arguments[0])?.shadowRoot; \
                      return root?.querySelector(arguments[1])?.textContent ?? null";

/// What a page needs of its policy to show boards of `proxy`.
fn policy(proxy: &str) -> String {
    let socket = proxy.replacen("http", "ws", 1);
    format!(
        "default-src 'none'; style-src 'self'; script-src {proxy} 'wasm-unsafe-eval'; \
         connect-src {proxy} {socket}; frame-src {proxy}"
    )
}

struct Scene {
    simulator: Simulator,
    proxy: Proxy,
    host: Host,
    link: String,
    key: Token,
}

impl Scene {
    /// How many sockets are open.
    async fn viewers(&self) -> u64 {
        let bearer = format!("Bearer {}", self.key.text());
        let headers = [("host", "localhost"), ("authorization", &*bearer)];
        let answer = http::get(self.proxy.server.address(), "/metrics", &headers).await;
        assert_eq!(answer.status, 200);
        let text = String::from_utf8_lossy(&answer.body);
        let value = text.lines().find_map(|line| line.strip_prefix("callboard_viewers "));
        value.map_or(0, |value| value.parse().expect("a gauge is a number"))
    }
}

/// A proxy with a key, below a path if one is given, and a page of another
/// origin with this body, in which `LINK` and `BASE` are replaced.
async fn scene(body: &str, prefix: Option<&str>, is_allowed: bool) -> Scene {
    // On the heap: every test holds this future.
    Box::pin(scene_with(body, prefix, is_allowed, &[])).await
}

/// The same with further options.
async fn scene_with(body: &str, prefix: Option<&str>, is_allowed: bool, more: &[&str]) -> Scene {
    let simulator = Simulator::quiet().await;
    let key = Token::new();
    let file = key.file().to_str().expect("a plain path").to_owned();
    let host = Host::bind().await;
    let origin = host.origin();
    let mut options = [&["--viewer-key-file", &*file], more].concat();
    if is_allowed {
        options.extend(["--allowed-origins", &*origin]);
    }
    let public = prefix.map(|prefix| format!("http://127.0.0.1{prefix}"));
    if let Some(public) = &public {
        options.extend(["--public-url", &**public]);
    }
    let proxy = Proxy::with(&simulator, simulator.token(), &options).await;
    proxy.live().await;
    let link = link(&proxy, "floor");
    let base = proxy.url(prefix.unwrap_or("/"));
    let body = body.replace("LINK", &link).replace("BASE", &base);
    let own = proxy.url("");
    let host = host.serve(&format!("{base}widget.js"), &body, &policy(&own));
    Scene { simulator, proxy, host, link, key }
}

fn link(proxy: &Proxy, role: &str) -> String {
    let folder = proxy.data_dir();
    let folder = folder.to_str().expect("a plain path");
    let wanted = ["--role", role, "--expires", "1d", "--name", role];
    let output = run(&[&["link", "--data-dir", folder], &wanted[..]].concat(), &[]);
    let stdout = String::from_utf8_lossy(&output.stdout);
    let (_, link) = stdout.trim().split_once("?link=").expect("an address with a link");
    link.to_owned()
}

async fn open(scene: &Scene) -> Browser {
    let browser = Browser::start(1280, 900).await;
    browser.open(&scene.host.origin()).await;
    browser
}

async fn until_shadow(browser: &Browser, element: &str, inside: &str, expected: &str) {
    let look = async || browser.script(SHADOW, vec![element.into(), inside.into()]).await;
    let what = format!("{element} {inside} to be {expected:?}");
    until(&what, look, |text| text.as_str() == Some(expected)).await;
}

fn figure(name: &str) -> String {
    format!("[data-figure={name}] .value")
}

const ALL: &str = "<call-board link=\"LINK\"><p id=\"placeholder\">Loading</p></call-board>\
    <call-board link=\"LINK\" view=\"queue\"></call-board>\
    <call-board link=\"LINK\" view=\"waiting\"></call-board>\
    <call-board link=\"LINK\" view=\"agents\" theme=\"dark\" compact></call-board>\
    <call-board link=\"LINK\" view=\"figure\" figure=\"offered\"></call-board>";

#[tokio::test]
async fn every_view_is_live_in_a_page_with_a_strict_policy() {
    let scene = scene(ALL, None, true).await;
    let browser = open(&scene).await;
    until_shadow(&browser, "call-board", &figure("waiting"), "0").await;
    scene.simulator.play(json!({"queue": "71", "number": "0046701234567"})).await;
    let talk = json!({"queue": "72", "answer_after_ms": 0, "ring_ms": 0, "talk_ms": 600_000,
        "agent": "5551"});
    scene.simulator.play(talk).await;
    until_shadow(&browser, "call-board", &figure("waiting"), "1").await;
    until_shadow(&browser, "[view=figure]", &figure("offered"), "2").await;
    until_shadow(&browser, "[view=queue]", "[data-queue=\"71\"] td", "1").await;
    // The link is one of a floor: the last two digits.
    let caller =
        async || browser.script(SHADOW, vec!["[view=waiting]".into(), "tbody th".into()]).await;
    let masked = |text: &Value| text.as_str().is_some_and(|text| text.ends_with("67"));
    let caller = until("the caller", caller, masked).await;
    assert!(!caller.to_string().contains("45"), "{caller}");
    until_shadow(&browser, "call-board", &figure("talking"), "1").await;
    until_shadow(&browser, "[view=agents]", "tbody td", "Talking").await;
    assert_eq!(browser.errors().await, Vec::<String>::new());
}

#[tokio::test]
async fn styles_leak_neither_in_nor_out() {
    let scene = scene(ALL, None, true).await;
    let browser = open(&scene).await;
    until_shadow(&browser, "call-board", &figure("waiting"), "0").await;
    let look = "const style = (node) => { const s = getComputedStyle(node);
            return [s.color, s.fontSize, s.display]; };
        const tile = document.querySelector('call-board').shadowRoot.querySelector('.tile');
        return [style(tile), style(tile.querySelector('.value')),
            style(document.querySelector('#own')), document.adoptedStyleSheets.length]";
    let styles = browser.script(look, vec![]).await;
    assert_eq!(styles[0], json!(["rgb(14, 28, 42)", "16px", "block"]), "{styles}");
    assert_eq!(styles[1][1], json!("30.4px"), "{styles}");
    assert_eq!(styles[2], json!(["rgb(1, 2, 3)", "77px", "block"]), "{styles}");
    assert_eq!(styles[3], json!(0));
    // By what is meant for it, it can be dressed.
    browser
        .script(
            "document.querySelector('call-board').style.setProperty('--callboard-text', \
                 'rgb(9, 9, 9)')",
            vec![],
        )
        .await;
    assert_eq!(browser.script(look, vec![]).await[0][0], json!("rgb(9, 9, 9)"));
    let parts = "const sheet = new CSSStyleSheet();
        sheet.replaceSync('call-board::part(value) { color: rgb(7, 7, 7); }');
        document.adoptedStyleSheets.push(sheet)";
    browser.script(parts, vec![]).await;
    let styles = browser.script(look, vec![]).await;
    assert_eq!((&styles[1][0], &styles[0][0]), (&json!("rgb(7, 7, 7)"), &json!("rgb(9, 9, 9)")));
}

#[tokio::test]
async fn ten_elements_hold_one_socket_and_leave_nothing_behind() {
    let scene = scene("<main id=\"place\"></main>", None, true).await;
    let browser = open(&scene).await;
    let viewers = async || scene.viewers().await;
    let add = "const place = document.querySelector('#place');
        for (let i = 0; i < 10; i += 1) {
            const board = document.createElement('call-board');
            board.link = arguments[0]; place.append(board);
        }";
    let link = scene.link.as_str();
    browser.script(add, vec![link.into()]).await;
    until_shadow(&browser, "call-board:last-child", &figure("waiting"), "0").await;
    assert_eq!(viewers().await, 1);
    let programs = "return performance.getEntriesByType('resource')
        .filter((entry) => entry.name.endsWith('.wasm')).length";
    assert_eq!(browser.script(programs, vec![]).await, json!(1));

    // A move keeps all: in one go, so that a lost socket could not be back.
    let moves = "const board = document.querySelector('call-board');
        const value = board.shadowRoot.querySelector('.value');
        document.body.append(board); document.querySelector('#place').prepend(board);
        await new Promise((done) => setTimeout(done));
        return board.shadowRoot.contains(value)";
    assert_eq!(browser.script(&in_async(moves), vec![]).await, Value::Bool(true));
    assert_eq!(viewers().await, 1);

    browser.script("document.querySelector('#place').replaceChildren()", vec![]).await;
    until("the socket to go", viewers, |viewers| *viewers == 0).await;
}

/// The body of a script that may wait.
fn in_async(body: &str) -> String {
    format!("return (async () => {{ {body} }})()")
}

#[tokio::test]
async fn two_hundred_mounts_leave_no_growth() {
    let scene = scene("<main id=\"place\"></main>", None, true).await;
    scene.simulator.play(json!({"queue": "71"})).await;
    let browser = open(&scene).await;
    let link = scene.link.as_str();
    // Each mount is one to the first data, each removal one to the last microtask.
    let mount = in_async(
        "const [link, times] = args; const place = document.querySelector('#place');
         await customElements.whenDefined('call-board');
         for (let i = 0; i < times; i += 1) {
             const board = document.createElement('call-board');
             const ready = new Promise((done) => board.addEventListener('callboard-ready', done));
             board.link = link; place.append(board);
             await ready;
             board.remove();
             await new Promise((done) => setTimeout(done));
         }
         return customElements.get('call-board').usage()",
    );
    let mount = format!("const args = arguments; {mount}");
    let first = browser.script(&mount, vec![link.into(), 20.into()]).await;
    let before = browser.metrics().await;
    let mut last = Value::Null;
    for _ in 0..20 {
        last = browser.script(&mount, vec![link.into(), 10.into()]).await;
    }
    let after = browser.metrics().await;
    assert_eq!(last["sources"], 0);
    let within = |before: f64, after: f64| after <= before * 1.05;
    let memory = |usage: &Value| usage["memory"].as_f64().unwrap_or_default();
    assert!(memory(&first) > 0.0 && within(memory(&first), memory(&last)), "{first} {last}");
    for name in ["Nodes", "JSEventListeners", "Documents"] {
        assert!(within(before[name], after[name]), "{name}: {} then {}", before[name], after[name]);
    }
    let viewers = async || scene.viewers().await;
    until("all sockets to go", viewers, |viewers| *viewers == 0).await;
}

#[tokio::test]
async fn a_page_that_may_not_is_told_so_and_keeps_its_placeholder() {
    let scene = scene(ALL, None, false).await;
    let browser = open(&scene).await;
    let look = async || browser.errors().await.concat();
    let said = until("a message", look, |errors| !errors.is_empty()).await;
    assert!(said.contains("allowed-origins") && said.contains(&scene.host.origin()), "{said}");
    let seen = "const p = document.querySelector('#placeholder'); return p.checkVisibility()";
    assert_eq!(browser.script(seen, vec![]).await, Value::Bool(true));
    assert_eq!(scene.viewers().await, 0);
}

#[tokio::test]
async fn a_wrong_link_is_told_and_the_placeholder_stays() {
    let body = "<call-board link=\"wrong\"><p id=\"placeholder\">Call us</p></call-board>";
    let scene = scene(body, None, true).await;
    let browser = open(&scene).await;
    let look = async || browser.errors().await.concat();
    until("a message", look, |errors| errors.contains("does not take this link")).await;
    let seen = "return document.querySelector('#placeholder').checkVisibility()";
    assert_eq!(browser.script(seen, vec![]).await, Value::Bool(true));
}

#[tokio::test]
async fn it_lives_below_a_path_and_reacts_to_changes() {
    let scene = scene("<call-board link=\"LINK\"></call-board>", Some("/board/"), true).await;
    scene.simulator.play(json!({"queue": "71"})).await;
    scene.simulator.play(json!({"queue": "72"})).await;
    let browser = open(&scene).await;
    until_shadow(&browser, "call-board", &figure("waiting"), "2").await;
    let set = |what: &str| format!("document.querySelector('call-board').{what}");
    browser.script(&set("queues = ['72']"), vec![]).await;
    until_shadow(&browser, "call-board", &figure("waiting"), "1").await;
    browser.script(&set("view = 'queue'"), vec![]).await;
    until_shadow(&browser, "call-board", "tbody td", "1").await;
    let rows = "return document.querySelector('call-board').shadowRoot\
                .querySelectorAll('tbody tr').length";
    assert_eq!(browser.script(rows, vec![]).await, json!(1));
    assert_eq!(browser.errors().await, Vec::<String>::new());
}

#[tokio::test]
async fn old_data_is_said_to_be_old_by_an_event_too() {
    let mut scene = scene("<call-board link=\"LINK\"></call-board>", None, true).await;
    let browser = open(&scene).await;
    until_shadow(&browser, "call-board", &figure("waiting"), "0").await;
    let listen = "window.seen = []; for (const name of ['stale', 'update', 'alert'])
        document.addEventListener(`callboard-${name}`, (e) => seen.push([name, e.detail]))";
    browser.script(listen, vec![]).await;
    scene.proxy.server.kill();
    let look =
        async || browser.script("return seen.find(([name]) => name === 'stale')", vec![]).await;
    let event = until("the event", look, |event| !event.is_null()).await;
    assert_eq!(event[1]["reason"], "link");
    let notice = async || browser.script(SHADOW, vec!["call-board".into(), ".notice".into()]).await;
    let says = |text: &Value| text.as_str().is_some_and(|text| text.contains("No connection"));
    until("the notice", notice, says).await;
    scene.proxy.server.restart().await;
    // It would come back by itself, perhaps after half a minute.
    let fresh = "dispatchEvent(new Event('online'));
        return seen.some(([name, detail]) => name === 'stale' && !detail.stale)";
    let look = async || browser.script(fresh, vec![]).await;
    until("fresh data", look, |fresh| *fresh == Value::Bool(true)).await;
}

#[tokio::test]
async fn a_frame_tells_its_height_to_the_page_around_it() {
    let body = "<iframe title=\"Calls\" src=\"BASEembed#link=LINK\"></iframe>";
    let scene = scene(body, None, true).await;
    let browser = Browser::start(1280, 900).await;
    // The page's policy has no script of its own.
    browser.open(&scene.host.origin()).await;
    let listen = "window.heights = []; addEventListener('message', (event) =>
        heights.push([event.origin, event.data.type, event.data.height]))";
    browser.script(listen, vec![]).await;
    browser
        .script("const frame = document.querySelector('iframe'); frame.src = frame.src", vec![])
        .await;
    // A change of the fragment alone loads nothing: so it is a new frame.
    let again = "const old = document.querySelector('iframe'); const next = old.cloneNode();
        old.replaceWith(next)";
    browser.script(again, vec![]).await;
    let look = async || browser.script("return heights.at(-1) ?? null", vec![]).await;
    let told = until("a height", look, |told| told[2].as_u64() > Some(100)).await;
    assert_eq!((&told[0], &told[1]), (&json!(scene.proxy.url("")), &json!("callboard-height")));
    let viewers = async || scene.viewers().await;
    until("the frame's socket, by its link", viewers, |viewers| *viewers >= 1).await;
}

#[tokio::test]
async fn nothing_in_the_gallery_keeps_anybody_out() {
    let (simulator, proxy, _viewer) = watch(Simulator::quiet().await).await;
    simulator.play(json!({"queue": "71"})).await;
    let browser = Browser::start(1280, 900).await;
    browser.open(&proxy.url("/gallery")).await;
    until_shadow(&browser, "call-board", &figure("waiting"), "1").await;
    until_shadow(&browser, "[view=queue]", "tbody td", "1").await;
    assert_eq!(browser.axe().await, Vec::<String>::new());
    for name in ["widget.d.ts", "custom-elements.json"] {
        assert_eq!(proxy.get(&format!("/{name}")).await.status(), 200, "{name}");
    }
}
