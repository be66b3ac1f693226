//! Large screens, narrow ones, and people who see or hear otherwise.

use serde_json::json;
use support::{Browser, until};

use super::{no_errors, open, pair, until_counted, until_there};

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
