//! `GET /gallery`: every way to show the board elsewhere, live on this proxy's
//! own data, with what to paste.

use axum::http::HeaderValue;
use axum::http::header::{CACHE_CONTROL, CONTENT_TYPE};
use axum::response::{IntoResponse, Response};

const PAGE: &str = include_str!("gallery/gallery.html");
const STYLE: &str = include_str!("gallery/gallery.css");
const SCRIPT: &str = include_str!("gallery/gallery.js");

/// The page.
pub(super) async fn page() -> Response {
    file("text/html; charset=utf-8", PAGE)
}

/// `/gallery.css`.
pub(super) async fn style() -> Response {
    file("text/css; charset=utf-8", STYLE)
}

/// `/gallery.js`.
pub(super) async fn script() -> Response {
    file("text/javascript; charset=utf-8", SCRIPT)
}

fn file(content_type: &'static str, text: &'static str) -> Response {
    let fixed = HeaderValue::from_static;
    ([(CONTENT_TYPE, fixed(content_type)), (CACHE_CONTROL, fixed("no-cache"))], text)
        .into_response()
}
