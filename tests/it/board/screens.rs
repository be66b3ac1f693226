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
    let past = format!("?at={}", support::viewer::now_ms());
    let pages = [
        ("?view=board", "[data-queue=\"72\"]"),
        ("?view=wall", "[data-queue=\"72\"]"),
        ("?view=wall&tv=1&distance=4m", "[data-queue=\"72\"]"),
        ("?view=calls", ".calls__scroll [data-call]"),
        (&*past, "[data-queue=\"72\"]"),
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

/// What is cut: figures, headings and names that have no room for their text.
const CUT: &str = "const parts = '.tile__label, .tile__value, .wall-queues :is(th, td), \
        .wall-queue__name, .queue__name';
    return [...document.querySelectorAll(parts)]
        .filter((e) => e.checkVisibility() && (e.scrollWidth > e.clientWidth + 1
            || e.matches('.wall-queue__name') && e.scrollHeight > e.clientHeight + 2
            || e.matches('thead th') && breaks(e.firstChild)))
        .map((e) => e.textContent);
    // Whether a word of a heading goes on in the next line.
    function breaks(text) {
        const word = document.createRange();
        return [...text.data.matchAll(/\\S+/g)].some(({ index, 0: { length } }) => {
            word.setStart(text, index);
            word.setEnd(text, index + length);
            return word.getClientRects().length > 1;
        });
    }";

#[tokio::test]
async fn long_names_and_headings_are_read_in_full_on_any_screen() {
    let (simulator, proxy) = pair().await;
    let start = support::viewer::now_ms() - 3_753_000;
    let call = json!({"id_call": "one", "active": 1, "call_direction": "incoming", "internal": 0,
        "time": {"start": start},
        "queue_first": {"id": 71, "name": "Customer support, private", "timestart": start}});
    simulator.send("calls", call.to_string()).await;
    let browser = Browser::start(1920, 1080).await;
    let tv = "/?tv=1&distance=4m";
    let tvs =
        ["en", "sv", "nb", "da", "fi", "es"].map(|lang| (1920, 1080, format!("{tv}&lang={lang}")));
    let walls = ["en", "sv", "nb", "da", "fi", "es"].into_iter().flat_map(|lang| {
        [(1920, 1080), (1280, 800)]
            .map(|(width, height)| (width, height, format!("/?view=wall&lang={lang}")))
    });
    let others = [
        (390, 844, "/?view=wall".to_owned()),
        (1280, 800, "/".to_owned()),
        (390, 844, "/".to_owned()),
    ];
    for (width, height, page) in tvs.into_iter().chain(walls).chain(others) {
        browser.resize(width, height).await;
        browser.open(&proxy.url(&page)).await;
        let waits = async || browser.text("[data-queue=\"71\"]").await.unwrap_or_default();
        until("an hour's wait", waits, |text| text.contains("1:02:")).await;
        let cut = async || browser.script(CUT, vec![]).await;
        // The size of the type is known after the first drawing.
        until(&format!("nothing cut at {width} of {page}"), cut, |cut| *cut == json!([])).await;
    }
    no_errors(&browser).await;
}

#[tokio::test]
async fn bars_and_labels_of_the_day_stand_where_their_time_is() {
    let (simulator, proxy) = pair().await;
    simulator.play(json!({ "queue": "71", "abandon_after_ms": 100 })).await;
    until_counted(&proxy, "abandoned", 1).await;
    for minutes in [15, 30, 60] {
        let browser = open(&proxy, &format!("?view=day&minutes={minutes}")).await;
        // How far the middle of a bar, and a label, are from their place, in px.
        let look = "const svg = document.querySelector('.chart__drawing');
            const bars = [...svg?.querySelectorAll('.chart__offered') ?? []];
            const labels = [...document.querySelectorAll('.chart__labels span')];
            if (!labels.length) return null;
            const { left, width } = svg.getBoundingClientRect();
            const every = Math.ceil(bars.length / labels.length);
            const off = (x, nth) => Math.abs(x - left - width * nth / bars.length);
            return [bars.length, Math.max(
                ...bars.map((bar, nth) => {
                    const box = bar.getBoundingClientRect();
                    return off((box.left + box.right) / 2, nth + 0.5);
                }),
                ...labels.map((label, nth) => off(label.getBoundingClientRect().left, nth * every)),
            )]";
        let drawn = async || browser.script(look, vec![]).await;
        let found = until("the chart", drawn, |found| !found.is_null()).await;
        let (bars, worst) = (found[0].as_u64(), found[1].as_f64());
        assert!(bars >= Some(23 * 60 / minutes), "of {minutes} minutes: {found}");
        assert!(worst.is_some_and(|px| px < 2.5), "of {minutes} minutes: {found}");
        no_errors(&browser).await;
    }
}
