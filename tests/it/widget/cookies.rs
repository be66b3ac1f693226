//! Browsers that let no page keep cookies in another one. The board needs none
//! there: it is shown by its link.

use serde_json::json;
use support::{Browser, Fake, Peer, until};

use super::{figure, scene, until_shadow};

/// A page in which the element and a frame show the same board.
const BOTH: &str = "<call-board link=\"LINK\"></call-board>\
    <iframe title=\"Calls\" width=\"1000\" height=\"700\" src=\"BASEembed?queues=71#link=LINK\"></iframe>";

/// A third party that wants to know its guests again, by a cookie as loose as
/// can be.
async fn curious() -> Fake {
    Fake::start(|mut peer: Peer| async move {
        let body = "<!doctype html><title>Frame</title><p>Hello</p>";
        let answer = format!(
            "HTTP/1.1 200 OK\r\ncontent-type: text/html\r\ncontent-length: {}\r\n\
             set-cookie: guest=known; SameSite=None; Secure; Path=/\r\nconnection: close\r\n\r\n{body}",
            body.len()
        );
        peer.say(answer).await;
    })
    .await
}

/// Whether the third party knows a guest again who comes a second time, in a
/// frame of somebody else's page.
async fn is_known_again(browser: &Browser) -> bool {
    let (party, host) = (curious().await, curious().await);
    let frame = party.url().replacen("ws:", "http:", 1);
    // Another site than the frame's by its name.
    let page = host.url().replacen("ws://127.0.0.1", "http://localhost", 1);
    browser.open(&page).await;
    for visit in 1..=2 {
        let show = "const frame = document.createElement('iframe'); frame.src = arguments[0];
            document.body.replaceChildren(frame)";
        browser.script(show, vec![format!("{frame}/visit{visit}").into()]).await;
        let visits = async || party.requests(&format!("/visit{visit}"));
        until("the frame's request", visits, |visits| *visits == 1).await;
        browser.enter("iframe").await;
        browser.until_text("p", "Hello").await;
        browser.leave().await;
    }
    party.heard().to_lowercase().contains("cookie: guest=known\r\n")
}

#[tokio::test]
async fn blocked_cookies_of_third_parties_do_not_matter() {
    // What would be noticed is there in a browser that blocks nothing.
    let trusting = Browser::with_foreign_cookies(1280, 900, true).await;
    assert!(is_known_again(&trusting).await, "cookies of third parties are blocked for everybody");
    drop(trusting);

    let browser = Browser::with_foreign_cookies(1280, 900, false).await;
    assert!(!is_known_again(&browser).await, "cookies of third parties are not blocked");
    let scene = scene(BOTH, None, true).await;
    scene.simulator.play(json!({"queue": "71"})).await;
    scene.simulator.play(json!({"queue": "72"})).await;
    browser.open(&scene.host.origin()).await;
    until_shadow(&browser, "call-board", &figure("waiting"), "2").await;
    browser.enter("iframe").await;
    browser.until_text("[data-figure=waiting] .tile__value", "1").await;
    browser.leave().await;
    let viewers = async || scene.viewers().await;
    until("a socket each", viewers, |viewers| *viewers == 2).await;
}
