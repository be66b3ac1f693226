//! `GET /embed`: the page for a frame of another page. It is the same page,
//! with a script that tells its height to the page around it, if that is one
//! of `allowed-origins`.

use std::sync::Arc;

use axum::extract::State;
use axum::http::header::{CACHE_CONTROL, CONTENT_TYPE};
use axum::http::{HeaderMap, HeaderValue};
use axum::response::{IntoResponse, Response};

use super::{App, assets};

const SCRIPT: &str = include_str!("embed/embed.js");

/// The page with the origins that it may speak to.
pub(super) async fn page(State(app): State<Arc<App>>, headers: HeaderMap) -> Response {
    let index = app.page.read("index.html");
    let Some((head, rest)) = index.as_deref().and_then(|index| {
        let index = std::str::from_utf8(index).ok()?;
        index.find("<script").map(|at| index.split_at(at))
    }) else {
        return assets::file(&app, "index.html", &headers);
    };
    // Origins were checked to be plain: they hold nothing that is markup.
    let origins = app.guard.origins.join(" ");
    let page =
        format!("{head}<script defer src=\"embed.js\" data-origins=\"{origins}\"></script>{rest}");
    let fixed = HeaderValue::from_static;
    let headers =
        [(CONTENT_TYPE, fixed("text/html; charset=utf-8")), (CACHE_CONTROL, fixed("no-cache"))];
    (headers, page).into_response()
}

/// `/embed.js`.
pub(super) async fn script() -> Response {
    let fixed = HeaderValue::from_static;
    let headers = [
        (CONTENT_TYPE, fixed("text/javascript; charset=utf-8")),
        (CACHE_CONTROL, fixed("no-cache")),
    ];
    (headers, SCRIPT).into_response()
}
