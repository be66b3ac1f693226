//! `GET /embed`: the page for a frame of another page. It is the same page,
//! with a script that tells its height to the page around it, if that is one
//! of `allowed-origins`, and a style that gives it one of its own.

use std::sync::Arc;

use axum::extract::State;
use axum::http::header::{CACHE_CONTROL, CONTENT_TYPE};
use axum::http::{HeaderMap, HeaderValue};
use axum::response::{IntoResponse, Response};

use super::{App, assets};

const SCRIPT: &str = include_str!("embed/embed.js");
const STYLE: &str = include_str!("embed/embed.css");

/// The page with the origins that it may speak to.
pub(super) async fn page(State(app): State<Arc<App>>, headers: HeaderMap) -> Response {
    let index = app.page.read("index.html");
    // After the page's own styles, before its program.
    let Some((head, rest)) = index.as_deref().and_then(|index| {
        let index = std::str::from_utf8(index).ok()?;
        index.find("<script").map(|at| index.split_at(at))
    }) else {
        return assets::file(&app, "index.html", &headers);
    };
    // Origins were checked to be plain: they hold nothing that is markup.
    let origins = app.guard.origins.join(" ");
    let page = format!(
        "{head}<link rel=\"stylesheet\" href=\"embed.css\">\
         <script defer src=\"embed.js\" data-origins=\"{origins}\"></script>{rest}"
    );
    answer("text/html; charset=utf-8", page)
}

/// `/embed.js`.
pub(super) async fn script() -> Response {
    answer("text/javascript; charset=utf-8", SCRIPT)
}

/// `/embed.css`.
pub(super) async fn style() -> Response {
    answer("text/css; charset=utf-8", STYLE)
}

fn answer(content_type: &'static str, body: impl IntoResponse) -> Response {
    let fixed = HeaderValue::from_static;
    let mut response = body.into_response();
    response.headers_mut().insert(CONTENT_TYPE, fixed(content_type));
    response.headers_mut().insert(CACHE_CONTROL, fixed("no-cache"));
    response
}
