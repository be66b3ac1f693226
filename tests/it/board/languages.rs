//! The page in other languages than English.

use serde_json::json;
use support::until;

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
