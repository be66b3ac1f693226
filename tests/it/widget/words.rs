//! The element speaks six languages, and writes numbers as each has them.

use std::path::Path;

use serde_json::Value;

use super::{SHADOW, Scene, figure, open, scene, until_shadow};
use support::{Browser, until};

/// Each language, and how it writes 1234 calls.
const LANGUAGES: [(&str, &str); 6] = [
    ("sv", "1\u{a0}234"),
    ("nb", "1\u{a0}234"),
    ("da", "1.234"),
    ("fi", "1\u{a0}234"),
    // It parts numbers from five digits on.
    ("es", "1234"),
    ("en", "1,234"),
];

/// A language's words, by the names that both the page and the element use.
fn words(tag: &str) -> Value {
    if tag == "en" {
        return serde_json::json!({"Waiting": "Waiting", "LongestWait": "Longest wait",
            "Offered": "Offered", "Queue": "Queue", "ServiceLevel": "Service level"});
    }
    let path = Path::new(env!("CARGO_MANIFEST_DIR"));
    let path = path.join(format!("../frontend/lang/{tag}.json"));
    let file = std::fs::read_to_string(path).expect("a language of the page");
    let file: Value = serde_json::from_str(&file).expect("it is JSON");
    file["board"].clone()
}

/// So many callers of a queue who gave up.
async fn offer(scene: &Scene, calls: usize) {
    let start = support::viewer::now_ms() - 60_000;
    let documents = (0..calls).map(|n| {
        serde_json::json!({
            "id_call": format!("gone{n}"), "active": 0, "call_direction": "incoming", "internal": 0,
            "time": {"start": start, "end": start + 30_000},
            "terminated_call_reason": "queue_leave_abandon",
            "queue_first": {"id": 71, "name": "Support", "timestart": start,
                "fail_reason": "queue_leave_abandon"},
        })
        .to_string()
    });
    scene.simulator.send("calls", documents.collect::<String>()).await;
}

/// Whether the element says this somewhere, as a label or a heading.
async fn until_it_says(browser: &Browser, element: &str, label: &str, word: &Value) {
    let look = async || browser.script(SHADOW, vec![element.into(), label.into()]).await;
    until(&format!("{element} to say {word}"), look, |said| said == word).await;
}

#[tokio::test]
async fn each_language_has_its_words_and_its_numbers() {
    let body = "<call-board link=\"LINK\" lang=\"fi\"></call-board>\
        <call-board link=\"LINK\" view=\"queue\"></call-board>";
    let scene = scene(body, None, true).await;
    offer(&scene, 1234).await;
    let browser = open(&scene).await;
    // As it came, and where nothing is said as the page is.
    until_it_says(&browser, "[lang=fi]", ".tile dt", &words("fi")["Waiting"]).await;
    until_it_says(&browser, "[view=queue]", "th", &words("en")["Queue"]).await;
    for (tag, number) in LANGUAGES {
        let words = words(tag);
        // Once as a property, once as an attribute of a longer name.
        let set = "const [one, two] = document.querySelectorAll('call-board');
            one.lang = arguments[0]; two.setAttribute('lang', `${arguments[0]}-XX`)";
        browser.script(set, vec![tag.into()]).await;
        for (name, key) in
            [("waiting", "Waiting"), ("longest-wait", "LongestWait"), ("offered", "Offered")]
        {
            let label = format!("[data-figure={name}] dt");
            until_it_says(&browser, "call-board", &label, &words[key]).await;
        }
        until_shadow(&browser, "call-board", &figure("offered"), number).await;
        until_it_says(&browser, "[view=queue]", "caption", &words["Queue"]).await;
        until_it_says(&browser, "[view=queue]", "th:last-child", &words["ServiceLevel"]).await;
    }
    // A language that it does not have is no reason to say nothing.
    let unknown = "document.querySelector('call-board').lang = 'de'";
    browser.script(unknown, vec![]).await;
    until_shadow(&browser, "call-board", &figure("offered"), "1,234").await;
    assert_eq!(scene.viewers().await, 1, "one socket throughout");
}
