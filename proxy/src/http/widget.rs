//! `GET /widget.js`: the script that other pages load. A page that may not
//! gets a script, too: one that says so in its console. The element then stays
//! undefined, and shows its placeholder.

use std::sync::Arc;

use axum::extract::State;
use axum::http::header::{
    ACCESS_CONTROL_ALLOW_ORIGIN, CACHE_CONTROL, CONTENT_TYPE, HOST, ORIGIN, VARY,
};
use axum::http::{HeaderMap, HeaderValue};
use axum::response::{IntoResponse, Response};

use super::App;
use super::assets;

/// The script's name is stable, so what it holds is asked for again soon.
const CACHED: &str = "public, max-age=300";

/// The script, or the refusal.
pub(super) async fn script(State(app): State<Arc<App>>, headers: HeaderMap) -> Response {
    let host = headers.get(HOST).and_then(|host| host.to_str().ok()).unwrap_or("");
    match headers.get(ORIGIN) {
        Some(origin) if !app.guard.knows_origin(origin.to_str().unwrap_or(""), host) => {
            refusal(origin)
        }
        _ => {
            let mut response = assets::file(&app, "widget.js", &headers);
            if response.status().is_success() {
                let headers = response.headers_mut();
                headers.insert(CACHE_CONTROL, HeaderValue::from_static(CACHED));
                headers.append(VARY, HeaderValue::from_static("origin"));
            }
            response
        }
    }
}

/// The page must be able to read why, or its console says only that something
/// was blocked. The text holds the origin as the page's own script sees it.
fn refusal(origin: &HeaderValue) -> Response {
    const TEXT: &str = "console.error(`callboard: pages of ${location.origin} may not show this \
                        board. Add the origin to \\`allowed-origins\\` of the proxy at ${new \
                        URL(\".\", import.meta.url)}`);\n";
    let fixed = HeaderValue::from_static;
    let headers = [
        (CONTENT_TYPE, fixed("text/javascript; charset=utf-8")),
        (CACHE_CONTROL, fixed("no-store")),
        (VARY, fixed("origin")),
        (ACCESS_CONTROL_ALLOW_ORIGIN, origin.clone()),
    ];
    (headers, TEXT).into_response()
}
