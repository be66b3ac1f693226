//! A key for a cookie: `POST /api/session`.

use wasm_bindgen::{JsCast as _, JsValue};
use wasm_bindgen_futures::JsFuture;
use web_sys::{RequestInit, Response};

use crate::settings;

/// What became of a key.
#[derive(Clone, Copy, Debug, Eq, PartialEq)]
pub(crate) enum Answer {
    /// The cookie is set.
    Accepted,
    /// It is another one.
    Wrong,
    /// Too many wrong ones came from here.
    TooMany,
    /// The proxy was not reached.
    Unreached,
}

/// Shows the proxy a key.
pub(crate) async fn open(key: &str) -> Answer {
    match send(key).await {
        Some(200) => Answer::Accepted,
        Some(429) => Answer::TooMany,
        Some(400..=499) => Answer::Wrong,
        _ => Answer::Unreached,
    }
}

/// The answer's status.
async fn send(key: &str) -> Option<u16> {
    // The browser's own writer: ours would cost the page some kilobytes.
    let key = JsValue::from_str(key);
    let body = js_sys::Object::new();
    js_sys::Reflect::set(&body, &JsValue::from_str("key"), &key).ok()?;
    let body = js_sys::JSON::stringify(&body).ok()?;
    let request = RequestInit::new();
    request.set_method("POST");
    request.set_body(&body);
    let window = web_sys::window()?;
    let sent = window.fetch_with_str_and_init(&settings::session_url()?, &request);
    let response: Response = JsFuture::from(sent).await.ok()?.dyn_into().ok()?;
    Some(response.status())
}
