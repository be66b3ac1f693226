//! What `docs/embed.md` gives to be pasted into other people's pages, as it
//! stands there.

use std::collections::BTreeMap;
use std::path::Path;

use reqwest::Url;
use serde_json::{Value, json};
use support::{Browser, until};

use super::{SHADOW, Scene, open, scene, until_shadow};

/// What the page has for a proxy's address.
const BOARD: &str = "https://board.example/";

fn file(path: &str) -> String {
    let path = Path::new(env!("CARGO_MANIFEST_DIR")).join("..").join(path);
    std::fs::read_to_string(&path).unwrap_or_else(|error| panic!("{}: {error}", path.display()))
}

/// A piece to be pasted: its heading, its language, and itself.
struct Piece {
    under: String,
    language: String,
    text: String,
}

/// All of `docs/embed.md`, in order.
fn pieces() -> Vec<Piece> {
    let page = file("docs/embed.md");
    let (mut pieces, mut under, mut open) = (Vec::new(), String::new(), None::<Piece>);
    for line in page.lines() {
        match (&mut open, line.strip_prefix("```")) {
            (None, Some(language)) => {
                let (under, language) = (under.clone(), language.to_owned());
                open = Some(Piece { under, language, text: String::new() });
            }
            (Some(_), Some(_)) => pieces.extend(open.take()),
            (Some(piece), None) => {
                piece.text.push_str(line);
                piece.text.push('\n');
            }
            (None, None) => {
                if let Some(heading) = line.strip_prefix("##") {
                    heading.trim_start_matches('#').trim().clone_into(&mut under);
                }
            }
        }
    }
    assert!(open.is_none(), "a fence is not closed");
    pieces
}

fn only<'a>(pieces: &'a [Piece], under: &str, language: &str) -> &'a str {
    let found = pieces.iter().find(|piece| piece.under == under && piece.language == language);
    &found.unwrap_or_else(|| panic!("no {language} under {under:?}")).text
}

/// The JSON of a Grafana panel: the HTML in it.
fn panel(text: &str) -> String {
    let panel: Value = serde_json::from_str(text).expect("a panel is JSON");
    assert_eq!((&panel["type"], &panel["options"]["mode"]), (&json!("text"), &json!("html")));
    let place = &panel["gridPos"];
    assert!(["x", "y", "w", "h"].iter().all(|name| place[name].is_u64()), "{place}");
    panel["options"]["content"].as_str().expect("HTML").to_owned()
}

/// The YAML of a Home Assistant card, which is one flat mapping: a word, or a
/// text in quotes, for each name.
fn card(text: &str) -> BTreeMap<&str, &str> {
    let lines = text.lines().map(|line| {
        let (name, value) = line.split_once(": ").unwrap_or_else(|| panic!("{line:?}"));
        let is_word = |text: &str| text.chars().all(|c| c.is_ascii_lowercase() || c == '_');
        let quoted = value.strip_prefix('"').and_then(|value| value.strip_suffix('"'));
        assert!(is_word(name) && (quoted.is_some() || is_word(value)), "{line:?}");
        let value = quoted.unwrap_or(value);
        assert!(!value.contains(['"', '\\']), "{line:?}");
        (name, value)
    });
    lines.collect()
}

/// An address of a board: every parameter is one that the page knows, and what
/// it has for those with few values is one of them.
fn is_understood(address: &str) {
    let known = file("frontend/src/params.rs");
    let url = Url::parse(address).unwrap_or_else(|error| panic!("{address}: {error}"));
    assert!(address.starts_with(BOARD), "{address}");
    for (name, value) in url.query_pairs() {
        // A link is the proxy's affair.
        let is_known = name == "link" || known.contains(&format!("            \"{name}\" =>"));
        assert!(is_known, "{address}: {name}");
        let few: &[&str] = match &*name {
            "theme" => &["system", "dark", "light", "contrast"],
            "view" => &["board", "wall", "lost", "history", "day"],
            "density" => &["compact"],
            _ => continue,
        };
        assert!(few.contains(&&*value), "{address}: {name}={value}");
    }
}

/// All addresses of boards in a text.
fn addresses(text: &str) -> Vec<&str> {
    let starts = text.match_indices(BOARD).map(|(at, _)| &text[at..]);
    let end = |c: char| c.is_whitespace() || "\"'`<>)".contains(c);
    starts.map(|rest| rest.split(end).next().unwrap_or_default()).collect()
}

/// A page with this piece in it, and the browser before it.
async fn paste(html: &str) -> (Scene, Browser) {
    let body = html.replace(BOARD, "BASE");
    // Beyond the piece there is nothing of ours.
    let scene = scene(&body, None, true).await;
    let browser = open(&scene).await;
    let call = json!({"queue": "71", "number": "0046701234567"});
    scene.simulator.play(call).await;
    (scene, browser)
}

/// Every attribute of the first element is one that it looks at, and it shows
/// the call that waits.
async fn element_works(html: &str) {
    let (_scene, browser) = paste(html).await;
    let unknown = "const element = document.querySelector('call-board');
        const known = customElements.get('call-board')?.observedAttributes;
        return known && element.getAttributeNames().filter((name) => !known.includes(name))";
    let look = async || browser.script(unknown, vec![]).await;
    let unknown = until("the element", look, |unknown| !unknown.is_null()).await;
    assert_eq!(unknown, json!([]), "{html}");
    let view = browser.attribute("call-board", "view").await.unwrap_or_default();
    match &*view {
        "figure" => {
            let look =
                async || browser.script(SHADOW, vec!["call-board".into(), ".value".into()]).await;
            let waits = |text: &Value| {
                text.as_str().is_some_and(|text| text.starts_with("0:") && text != "0:00")
            };
            until("a wait", look, waits).await;
        }
        "queue" => until_shadow(&browser, "call-board", "[data-queue=\"71\"] td", "1").await,
        _ => until_shadow(&browser, "call-board", "[data-figure=waiting] .value", "1").await,
    }
    assert_eq!(browser.errors().await, Vec::<String>::new(), "{html}");
}

/// The first frame shows the call that waits, in the theme that is asked for.
async fn frame_works(html: &str) {
    let (_scene, browser) = paste(html).await;
    let address = browser.attribute("iframe", "src").await.expect("an address");
    browser.enter("iframe").await;
    browser.until_text(".hero [data-figure=\"waiting\"] .tile__value", "1").await;
    let url = Url::parse(&address).expect("an address");
    for (name, value) in url.query_pairs() {
        let attribute = match &*name {
            "theme" => "data-theme",
            "density" => "data-density",
            _ => continue,
        };
        assert_eq!(browser.attribute("html", attribute).await.as_deref(), Some(&*value), "{html}");
    }
    browser.leave().await;
}

#[tokio::test]
async fn every_element_that_is_given_to_be_pasted_works() {
    let pieces = pieces();
    let html = pieces.iter().filter(|piece| piece.language == "html");
    let elements: Vec<_> = html.filter(|piece| piece.text.contains("<call-board")).collect();
    assert_eq!(elements.len(), 3, "one, and two recipes");
    for piece in elements {
        element_works(&piece.text).await;
    }
}

#[tokio::test]
async fn every_frame_that_is_given_to_be_pasted_works() {
    let pieces = pieces();
    let html = pieces.iter().filter(|piece| piece.language == "html");
    let frames = html.filter(|piece| piece.text.contains("<iframe"));
    let mut frames: Vec<_> = frames.map(|piece| piece.text.clone()).collect();
    frames.push(panel(only(&pieces, "Grafana", "json")));
    assert_eq!(frames.len(), 4, "one, and three recipes");
    for html in frames {
        frame_works(&html).await;
    }
}

#[tokio::test]
async fn a_frame_grows_by_the_script_that_is_given_for_it() {
    let pieces = pieces();
    let html = only(&pieces, "A frame", "html").replace(" loading=\"lazy\"", "");
    let (scene, browser) = paste(&html).await;
    let script =
        only(&pieces, "A frame", "js").replace("https://board.example", &scene.proxy.url(""));
    // A fragment that changes loads nothing: it has to be a new frame.
    let again = "const old = document.getElementById('board'); old.replaceWith(old.cloneNode())";
    browser.script(&format!("{script}; {again}"), vec![]).await;
    let look = async || browser.attribute("#board", "height").await.unwrap_or_default();
    until("its own height", look, |height| height != "480" && height.parse::<u32>().is_ok()).await;
}

#[test]
fn every_address_is_one_that_the_board_understands() {
    let page = file("docs/embed.md");
    let boards = addresses(&page);
    let boards: Vec<_> =
        boards.into_iter().filter(|address| address.contains(['?', '#'])).collect();
    assert!(boards.len() >= 6, "{boards:?}");
    boards.into_iter().for_each(is_understood);
    let pieces = pieces();
    let card = card(only(&pieces, "Home Assistant", "yaml"));
    assert_eq!(card["type"], "iframe");
    is_understood(card["url"]);
    assert!(card["url"].starts_with(&format!("{BOARD}embed")), "{card:?}");
    let share = card["aspect_ratio"].strip_suffix('%').expect("per cent");
    assert!(share.parse::<u32>().is_ok(), "{card:?}");
}
