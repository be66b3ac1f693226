//! Attributes and properties that change while it is shown.

use serde_json::{Value, json};
use support::{Browser, until};

use super::{figure, open, scene, until_shadow};

/// Sets it as a page does, by a property or by an attribute.
async fn set(browser: &Browser, property: bool, name: &str, value: &Value) {
    let body = match property {
        true => "document.querySelector('call-board')[arguments[0]] = arguments[1]",
        false => {
            "const board = document.querySelector('call-board'), [name, value] = arguments;
             if (typeof value === 'boolean') board.toggleAttribute(name, value);
             else board.setAttribute(name, value)"
        }
    };
    browser.script(body, vec![name.into(), value.clone()]).await;
}

/// Waits until the style of something inside is this one.
async fn until_style(browser: &Browser, selector: &str, name: &str, expected: &str) {
    let body = "const root = document.querySelector('call-board').shadowRoot;
        return getComputedStyle(root.querySelector(arguments[0]))[arguments[1]]";
    let look = async || browser.script(body, vec![selector.into(), name.into()]).await;
    let what = format!("{name} of {selector} to be {expected}");
    until(&what, look, |style| style.as_str() == Some(expected)).await;
}

#[tokio::test]
async fn whatever_changes_is_drawn_anew_over_the_same_socket() {
    let scene = scene("<call-board link=\"LINK\"></call-board>", None, true).await;
    scene.simulator.play(json!({"queue": "71"})).await;
    scene.simulator.play(json!({"queue": "72"})).await;
    let browser = open(&scene).await;
    until_shadow(&browser, "call-board", &figure("waiting"), "2").await;
    // From now on each further socket would be noticed, however short-lived.
    let count = "window.sockets = 0; const Real = window.WebSocket;
        window.WebSocket = class extends Real { constructor(...all) { super(...all); sockets += 1; } };
        window.ready = 0; addEventListener('callboard-ready', () => { ready += 1; })";
    browser.script(count, vec![]).await;
    let element = "call-board";
    for property in [true, false] {
        let set = async |name: &str, value: Value| set(&browser, property, name, &value).await;
        set("queues", json!("72")).await;
        until_shadow(&browser, element, &figure("waiting"), "1").await;
        set("view", json!("queue")).await;
        until_shadow(&browser, element, "tbody td", "1").await;
        set("queues", json!("")).await;
        let rows = "return document.querySelector('call-board').shadowRoot
            .querySelectorAll('tbody tr').length >= 2";
        let look = async || browser.script(rows, vec![]).await;
        until("all queues", look, |rows| *rows == json!(true)).await;
        for (view, inside) in [("waiting", "tbody th"), ("agents", ".more"), ("figure", ".figure")]
        {
            set("view", json!(view)).await;
            let there = "return document.querySelector('call-board').shadowRoot
                .querySelector(arguments[0]) !== null";
            let look = async || browser.script(there, vec![inside.into()]).await;
            until(view, look, |there| *there == json!(true)).await;
        }
        set("figure", json!("offered")).await;
        until_shadow(&browser, element, &figure("offered"), "2").await;
        set("figure", json!("talking")).await;
        until_shadow(&browser, element, &figure("talking"), "0").await;
        set("view", json!("summary")).await;
        until_shadow(&browser, element, &figure("waiting"), "2").await;
        for (theme, background) in [
            ("dark", "rgb(10, 14, 19)"),
            ("contrast", "rgb(0, 0, 0)"),
            ("light", "rgb(255, 255, 255)"),
        ] {
            set("theme", json!(theme)).await;
            until_style(&browser, ".board", "backgroundColor", background).await;
        }
        set("compact", json!(true)).await;
        until_style(&browser, ".board", "fontSize", "14px").await;
        set("compact", json!(false)).await;
        until_style(&browser, ".board", "fontSize", "16px").await;
        set("lang", json!("sv")).await;
        until_shadow(&browser, element, ".tile dt", "Väntar").await;
        set("lang", json!("en")).await;
        until_shadow(&browser, element, ".tile dt", "Waiting").await;
    }
    let seen = browser.script("return [sockets, ready]", vec![]).await;
    assert_eq!(seen, json!([0, 0]), "further sockets, and first data");
    assert_eq!(scene.viewers().await, 1);
    assert_eq!(browser.errors().await, Vec::<String>::new());
}
