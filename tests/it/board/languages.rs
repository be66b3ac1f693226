//! The page in other languages than English.

use serde_json::json;
use support::{Browser, run, until};

use super::{no_errors, open, pair, press, until_counted, until_there};

#[tokio::test]
async fn the_page_speaks_the_language_that_is_asked_for() {
    let (simulator, proxy) = pair().await;
    simulator.play(json!({ "queue": "71" })).await;
    let browser = open(&proxy, "?lang=sv").await;
    browser.until_text(".hero [data-figure=\"waiting\"] .tile__label", "Väntar").await;
    assert_eq!(browser.attribute("html", "lang").await.as_deref(), Some("sv"));
    for (lang, name) in
        [("nb", "Historikk"), ("da", "Historik"), ("fi", "Historia"), ("es", "Historial")]
    {
        browser.open(&proxy.url(&format!("/?view=history&lang={lang}"))).await;
        until_there(&browser, "heading", name).await;
    }
    // Chosen by hand, it stays where it is.
    browser.open(&proxy.url("/?sheet=settings")).await;
    press(&browser, "link", "Svenska").await;
    until_there(&browser, "dialog", "Inställningar").await;
    no_errors(&browser).await;
}

#[tokio::test]
async fn explanations_and_reasons_speak_the_same_language() {
    let (simulator, proxy) = pair().await;
    let script = json!({
        "queue": "71", "answer_after_ms": 50, "ring_ms": 0, "talk_ms": 100, "agent": "5551",
        "number": "anonymous",
    });
    simulator.play(script).await;
    until_counted(&proxy, "handled", 1).await;
    let call = proxy.json("/api/calls?outcome=handled").await["calls"][0].clone();
    assert_eq!(call["why"], json!("Somebody hung up"), "{call}");
    let browser = open(&proxy, "?lang=sv&explain=service_level.now").await;
    let says = async || browser.text(".formula").await.unwrap_or_default();
    let told = until("the formula", says, |text| text.contains("väntar för länge nu")).await;
    assert!(!told.contains("answered") && told.contains("längre än svarsgränsen"), "{told}");
    browser.open(&proxy.url("/?lang=fi&explain=answer_s")).await;
    until("waits in words", says, |text| text.contains("mediaani 0:0")).await;
    let id = call["id_call"].as_str().expect("a call");
    browser.open(&proxy.url(&format!("/?lang=sv&call={id}"))).await;
    let says = async || browser.text("dialog").await.unwrap_or_default();
    let told = until("the reason", says, |text| text.contains("Någon lade på")).await;
    assert!(told.contains("Dolt nummer"), "{told}");
    no_errors(&browser).await;
}

/// What each language says of a search that may not be, in its own words.
const NO_SEARCH: [(&str, &str); 6] = [
    ("en", "A search takes at most 200 characters"),
    ("sv", "En sökning har högst 200 tecken"),
    ("nb", "Et søk har høyst 200 tegn"),
    ("da", "En søgning har højst 200 tegn"),
    ("fi", "Haussa on enintään 200 merkkiä"),
    ("es", "Una búsqueda tiene como máximo 200 caracteres"),
];

#[tokio::test]
async fn what_the_proxy_refuses_is_said_in_the_language_of_the_page() {
    let (_simulator, proxy) = pair().await;
    let folder = proxy.data_dir();
    let folder = folder.to_str().expect("a plain path");
    let link = ["link", "--data-dir", folder, "--expires", "1d", "--role", "floor", "--name", "TV"];
    let output = run(&link, &[]);
    let link = String::from_utf8_lossy(&output.stdout);
    let (_, link) = link.trim().split_once("?link=").expect("an address with a link");
    let browser = Browser::start(1280, 800).await;
    let says = async || browser.text(".empty[role=alert]").await.unwrap_or_default();
    for (lang, words) in NO_SEARCH {
        // Whoever sees no numbers may not search for them.
        let page = format!("/?link={link}&lang={lang}&view=history&q=0701234567");
        browser.open(&proxy.url(&page)).await;
        let said = until("a sentence", says, |said| said.starts_with(words)).await;
        // The proxy's own words are beside it, and marked as English.
        assert!(said.ends_with("may not search for them."), "{said}");
        assert_eq!(browser.attribute(".detail", "lang").await.as_deref(), Some("en"));
    }
    for (page, words) in [
        ("view=history&from=2026-11-22&to=2026-11-20", "”Från” och ”Till” måste vara dagar"),
        ("view=history&outcome=won", "Det som anges för ”Utfall” går inte att använda."),
        ("view=day&date=soon", "Det som anges för ”Dag” går inte att använda."),
        ("call=none", "Det är inte sparat, eller så får du inte se det."),
    ] {
        browser.open(&proxy.url(&format!("/?lang=sv&{page}"))).await;
        until(page, says, |said| said.contains(words)).await;
    }
}
