//! The board as plain HTML: right figures without a script, and a script that
//! old browsers can read.

use std::collections::BTreeMap;
use std::path::Path;

use serde_json::{Value, json};
use support::clients::node;
use support::http;
use support::{Browser, Proxy, Simulator, Token, of_each_kind, run, until, watch};

/// Figures of all queues, read out of the HTML as a person would.
fn tiles(html: &str) -> BTreeMap<String, String> {
    let tiles = html.split("<dl ").skip(1).filter_map(|tile| {
        let name = between(tile, "data-figure=\"", "\"")?;
        Some((name.to_owned(), between(tile, "<dd>", "</dd>")?.to_owned()))
    });
    tiles.collect()
}

/// A figure of a queue.
fn cell<'a>(html: &'a str, queue: &str, figure: &str) -> Option<&'a str> {
    let row = between(html, &format!("<tr data-queue=\"{queue}\""), "</tr>")?;
    between(row, &format!("<td data-figure=\"{figure}\">"), "</td>")
}

fn between<'a>(text: &'a str, before: &str, after: &str) -> Option<&'a str> {
    text.split_once(before)?.1.split_once(after).map(|(inner, _)| inner)
}

#[tokio::test]
async fn figures_are_right_without_a_script() {
    let (simulator, proxy, mut viewer) = watch(Simulator::busy().await).await;
    let enough = of_each_kind(50, 10, 2);
    let truth = viewer.live_through(&simulator, "some calls of each kind", enough).await;
    let mut wanted = BTreeMap::new();
    let mut put = |figure: &str, value: u32| wanted.insert(figure.to_owned(), value.to_string());
    put("waiting", truth.waiting);
    put("offered", truth.offered);
    // Who was called back was not answered on the line.
    put("handled", truth.handled - truth.handled_by_callback);
    put("abandoned", truth.abandoned);
    let look = async || {
        let html = proxy.text("/lite").await;
        let mut shown = tiles(&html);
        shown.retain(|figure, _| wanted.contains_key(figure));
        let queues = truth.queues.iter().all(|queue| {
            cell(&html, &queue.id, "offered") == Some(&*queue.offered.to_string())
                && cell(&html, &queue.id, "waiting") == Some(&*queue.waiting.to_string())
        });
        (shown, queues)
    };
    until("the simulator's truth", look, |(shown, queues)| *shown == wanted && *queues).await;
    let page = proxy.text("/lite").await;
    let reload = "<noscript><meta http-equiv=\"refresh\" content=\"5\"></noscript>";
    assert!(page.contains(reload), "{page}");
    let part = proxy.text("/lite?part=1").await;
    assert!(part.starts_with("<div") && !part.contains('\n'), "{part}");
}

/// Each language, and how it writes 1234 calls: as the board and its widget do.
const NUMBERS: [(&str, &str); 7] = [
    ("en", "1,234"),
    ("sv", "1\u{a0}234"),
    ("nb-NO", "1\u{a0}234"),
    ("da", "1.234"),
    ("fi", "1\u{a0}234"),
    // It parts numbers from five digits on.
    ("es", "1234"),
    ("xx", "1,234"),
];

#[tokio::test]
async fn numbers_are_written_as_the_language_has_them() {
    let simulator = Simulator::quiet().await;
    let proxy = Proxy::start(&simulator).await;
    proxy.until_live().await;
    let start = support::viewer::now_ms() - 60_000;
    let gone = |n| {
        let call = json!({
            "id_call": format!("gone{n}"), "active": 0, "call_direction": "incoming", "internal": 0,
            "time": {"start": start, "end": start + 30_000},
            "terminated_call_reason": "queue_leave_abandon",
            "queue_first": {"id": 71, "name": "Support", "timestart": start},
        });
        call.to_string()
    };
    simulator.send("calls", (0..1234).map(gone).collect::<String>()).await;
    for (lang, number) in NUMBERS {
        let path = format!("/lite?lang={lang}");
        let look = async || {
            let html = proxy.text(&path).await;
            let of_queue = cell(&html, "71", "abandoned").unwrap_or_default().to_owned();
            (tiles(&html)["offered"].clone(), of_queue)
        };
        let is_it = |(total, queue): &(String, String)| total == number && queue == number;
        until(&format!("1234 calls in {lang}"), look, is_it).await;
    }
}

#[tokio::test]
async fn what_callers_send_is_no_markup_and_a_role_is_kept_to() {
    let simulator = Simulator::quiet().await;
    let key = Token::new();
    let file = key.file().to_str().expect("a plain path");
    let proxy = Proxy::with(&simulator, simulator.token(), &["--viewer-key-file", file]).await;
    let live = async || proxy.get("/readyz").await.status().as_u16();
    until("live streams", live, |status| *status == 200).await;
    let start = support::viewer::now_ms();
    for (id, queue) in [("one", "71"), ("two", "72")] {
        let call = json!({"id_call": id, "active": 1, "call_direction": "incoming", "internal": 0,
            "time": {"start": start}, "customer_target": {"number": "0701987654"},
            "queue_first": {"id": queue, "name": format!("<b>Q{queue}</b>"), "timestart": start}});
        simulator.send("calls", call.to_string()).await;
    }
    let leg = json!({"id_call": "three", "active": 1, "call_direction": "incoming",
        "time": {"start": start, "answered": start}, "queue": {"id": "72", "name": "<b>Q72</b>"},
        "agent": {"id": "8061", "name": "Zaphod", "answered": start}});
    simulator.send("agents", leg.to_string()).await;

    assert_eq!(proxy.get("/lite").await.status(), 401);
    assert!(proxy.text("/lite").await.contains("This board needs a key"));
    for (role, number, masked, name) in [
        ("supervisor", true, true, true),
        ("floor", false, true, true),
        ("public", false, false, false),
    ] {
        let link = link(&proxy, &["--role", role, "--queues", "72", "--name", role]);
        let path = format!("/lite?link={link}&theme=light&lang=xx");
        let look = async || proxy.text(&path).await;
        let arrived =
            |html: &String| html.contains("&lt;b&gt;Q72") && tiles(html)["waiting"] == "1";
        let html = until("the waiting call", look, arrived).await;
        assert!(!html.contains("<b>") && !html.contains("Q71"), "{role}: {html}");
        assert_eq!(
            html.contains("987 65 4") || html.contains("98 76 54"),
            number,
            "{role}: {html}"
        );
        assert_eq!(html.contains("54</th>"), masked, "{role}: {html}");
        if !name {
            assert!(!html.contains("Zaphod"), "{role}: {html}");
        }
        assert!(html.contains("<body class=\"light\""), "{html}");
    }
}

fn link(proxy: &Proxy, arguments: &[&str]) -> String {
    let folder = proxy.data_dir();
    let folder = folder.to_str().expect("a plain path");
    let command = ["link", "--data-dir", folder, "--expires", "1d"];
    let output = run(&[&command[..], arguments].concat(), &[]);
    let stdout = String::from_utf8_lossy(&output.stdout);
    let (_, link) = stdout.trim().split_once("?link=").expect("an address with a link");
    link.to_owned()
}

/// The limits that the owner has set, and none of the usual ones.
const LIMITS: &str = "[alerts]\nwaiting = {}\nservice-level = {}\nlongest-wait-s = { breach = 1 }\n\
    [queues.72.alerts]\nlongest-wait-s = { warn = 1, breach = 3600 }\n\
    [queues.73.alerts]\nlongest-wait-s = {}\n";

#[tokio::test]
async fn it_is_coloured_by_the_limits_that_are_configured() {
    let simulator = Simulator::quiet().await;
    let folder = tempfile::tempdir().expect("a temporary folder can be made");
    let config = folder.path().join("callboard.toml");
    std::fs::write(&config, LIMITS).expect("it can be written");
    let options = ["--config", config.to_str().expect("a plain path")];
    let proxy = Proxy::with(&simulator, simulator.token(), &options).await;
    let live = async || proxy.get("/readyz").await.status().as_u16();
    until("live streams", live, |status| *status == 200).await;
    for queue in ["73", "72", "71"] {
        simulator.play(json!({ "queue": queue })).await;
    }
    let look = async || {
        let html = proxy.text("/lite").await;
        let class = |before: &str| Some(between(&html, before, "\"")?.to_owned());
        let row = |queue: &str| class(&format!("<tr data-queue=\"{queue}\" class=\""));
        let tile = class("<dl class=\"tile ");
        ["71", "72", "73"].map(row).into_iter().chain([tile]).flatten().collect::<Vec<_>>()
    };
    // In 73 one has waited longest, and nobody minds.
    let wanted = ["breach", "risk", "calm", "breach"];
    until("the colours of the limits", look, |classes| *classes == wanted).await;
}

#[tokio::test]
async fn only_its_own_files_run() {
    let simulator = Simulator::quiet().await;
    let proxy = Proxy::start(&simulator).await;
    let headers = [("host", "localhost")];
    let page = http::get(proxy.server.address(), "/lite", &headers).await;
    let policy = page.header("content-security-policy").expect("a policy");
    assert!(policy.contains("script-src 'self';") && !policy.contains("unsafe"), "{policy}");
    let html = String::from_utf8_lossy(&page.body);
    assert_eq!(html.matches("<script").count(), 1, "{html}");
    assert!(!html.contains(" style=") && !html.contains("onload"), "{html}");
}

/// Syntax of 2016 and nothing newer.
#[tokio::test]
async fn televisions_can_read_the_scripts() {
    let simulator = Simulator::quiet().await;
    let proxy = Proxy::start(&simulator).await;
    for path in ["/lite.js", "/old.js"] {
        let script = proxy.text(path).await;
        assert_eq!(parse(&script), "", "{path}");
    }
    assert_ne!(parse("x ?? 1"), "", "newer syntax is noticed");
    assert_ne!(parse("async function f() {}"), "", "of 2017, too");
}

/// What the parser says against a script.
fn parse(script: &str) -> String {
    let folder = tempfile::tempdir().expect("a temporary folder");
    let file = folder.path().join("script.js");
    std::fs::write(&file, script).expect("it can be written");
    let parser = Path::new(env!("CARGO_MANIFEST_DIR")).join("clients/parse.cjs");
    let output = node(&parser).arg(&file).output().expect("node can be started");
    assert!(output.stderr.is_empty(), "{}", String::from_utf8_lossy(&output.stderr));
    String::from_utf8_lossy(&output.stdout).trim().to_owned()
}

#[tokio::test]
async fn with_a_script_it_lives_without_loading_anew() {
    let simulator = Simulator::quiet().await;
    let mut proxy = Proxy::start(&simulator).await;
    let browser = Browser::start(1280, 720).await;
    browser.open(&proxy.url("/lite")).await;
    browser.script("window.isStillHere = true", vec![]).await;
    browser.until_text("dl[data-figure=waiting] dd", "0").await;
    simulator.play(json!({ "queue": "71" })).await;
    browser.until_text("dl[data-figure=waiting] dd", "1").await;
    let tick = async || browser.text("dl[data-figure=longest] .t").await.unwrap_or_default();
    let first = until("a wait", tick, |text| !text.is_empty()).await;
    until("it to tick", tick, |text| *text != first).await;

    assert_eq!(browser.axe().await, Vec::<String>::new());

    proxy.server.kill();
    let gone = async || browser.text("#gone").await.unwrap_or_default();
    until("a notice", gone, |text| text.contains("No connection to Callboard")).await;
    proxy.server.restart().await;
    let look =
        async || browser.script("return document.querySelector('#gone').hidden", vec![]).await;
    until("the notice to go", look, |hidden| *hidden == Value::Bool(true)).await;
    let here = browser.script("return window.isStillHere ?? false", vec![]).await;
    assert_eq!(here, Value::Bool(true), "it was loaded anew");
}
