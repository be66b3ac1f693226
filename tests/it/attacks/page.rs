//! Rows 17, 24, in a real browser: names that are code, and no room at first.

use serde_json::{Value, json};
use support::{Browser, until};

use super::watched;

/// What a customer could be called.
const NAMES: [&str; 4] = [
    r#"<img src=x onerror="window.pwned=1">"#,
    "</script><script>window.pwned=1</script>",
    "\u{202e}gnp.exe{{constructor.constructor('window.pwned=1')()}}",
    r#""onmouseover="window.pwned=1" x="'`${window.pwned=1}"#,
];

#[tokio::test]
async fn row_17_names_that_are_code_stay_names() {
    let (simulator, proxy, mut viewer) = watched(&[]).await;
    let long = "Ñ".repeat(10_000);
    let names: Vec<&str> = NAMES.into_iter().chain([&*long]).collect();
    let mut last = String::new();
    for (nth, name) in names.iter().enumerate() {
        last = format!("hostile-{nth} {name}");
        let document = json!({
            "id_call": last, "active": 1, "call_direction": "incoming",
            "time": { "start": 1_795_337_000_000_i64 },
            "customer_target": { "number": name },
            "queue_first": { "id": format!("9{nth}"), "name": name, "timestart": 1_795_337_000_000_i64 },
            "queue_last": { "id": format!("9{nth}"), "name": name, "timestart": 1_795_337_000_000_i64 },
            "agent_last": { "id": name, "name": name, "answered": 1_795_337_001_000_i64 },
            "queue_list": [name], "terminated_call_reason": name, name.to_owned(): name,
        });
        for stream in ["calls", "queues", "agents"] {
            simulator.send(stream, document.to_string()).await;
        }
    }
    let all = |viewer: &support::Viewer| viewer.board.calls.len() == names.len();
    viewer.wait("all calls", all).await;
    let browser = Browser::start(1280, 800).await;
    browser.open(&proxy.url("/")).await;
    let shown = async || {
        let text = browser.script("return document.body.textContent", vec![]).await;
        text.as_str().unwrap_or_default().to_owned()
    };
    let has_all = |text: &String| names.iter().all(|name| text.contains(name));
    until("all names as text", shown, has_all).await;
    // A click opens what there is to be opened.
    let clicked =
        "for (const e of document.querySelectorAll('[data-call],[data-queue]')) e.click()";
    browser.script(clicked, vec![]).await;
    let look = "return [window.pwned ?? null, document.querySelectorAll(
        'img, body script:not([src]):not([type]), [onerror], [onmouseover]').length]";
    let found = browser.script(look, vec![]).await;
    assert_eq!(found[0], Value::Null, "a name was run");
    assert_eq!(browser.errors().await, Vec::<String>::new());
    // Nor does its width tear the page apart.
    let width = "return document.documentElement.scrollWidth <= window.innerWidth";
    assert_eq!(browser.script(width, vec![]).await, Value::Bool(true), "the page is too wide");
    assert!(!last.is_empty());
}

#[tokio::test]
async fn row_24_the_page_comes_back_until_there_is_room() {
    let (simulator, proxy, viewer) = watched(&["--max-viewers", "1"]).await;
    let browser = Browser::start(1280, 800).await;
    browser.open(&proxy.url("/")).await;
    let refused = "callboard_viewers_refused_total{reason=\"viewers\"}";
    until("some tries", async || proxy.metric(refused).await, |count| *count >= 2).await;
    drop(viewer);
    let call = json!({ "id_call": "one", "active": 1, "call_direction": "incoming",
        "customer_target": { "number": "0701987654" },
        "queue_first": { "id": "71", "name": "Zaphod Kanarie" },
        "queue_last": { "id": "71", "name": "Zaphod Kanarie" } });
    simulator.send("calls", call.to_string()).await;
    let shown = async || {
        let text = browser.script("return document.body.textContent", vec![]).await;
        text.as_str().unwrap_or_default().contains("Zaphod Kanarie")
    };
    until("the call on the page", shown, |is_there| *is_there).await;
    // And has the only place.
    assert!(support::viewer::socket(&proxy, "", &[]).await.is_err());
}
