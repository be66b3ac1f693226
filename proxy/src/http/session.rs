//! `POST /api/session`: a key or a link in, a cookie out; `DELETE` ends it.

use std::sync::Arc;
use std::time::Duration;

use axum::body::{Body, to_bytes};
use axum::extract::State;
use axum::http::header::{CACHE_CONTROL, SET_COOKIE};
use axum::http::{HeaderValue, StatusCode};
use axum::response::{IntoResponse, Response};
use axum::{Extension, Json};
use callboard_shared::audience::Scope;
use serde::{Deserialize, Serialize};
use tokio::time::timeout;

use super::App;
use super::problem::Problem;
use crate::access::{COOKIE_NAME, Caller, SECURE_COOKIE_NAME};

/// A key is short.
const BODY_LIMIT: usize = 4 * 1024;
/// And should be here by now.
const BODY_WITHIN: Duration = Duration::from_secs(10);

/// What may be seen with a session.
#[derive(Serialize)]
struct Opened {
    role: &'static str,
    #[serde(skip_serializing_if = "Option::is_none")]
    queues: Scope,
    /// Until when, in epoch ms; absent: no session is needed here.
    #[serde(skip_serializing_if = "Option::is_none")]
    until: Option<i64>,
}

/// The body: `{"key":"…"}`, a viewer key or a link. Without a body what the
/// request carries in its headers counts.
#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct Given {
    key: String,
}

/// `POST /api/session`.
pub(super) async fn open(
    State(app): State<Arc<App>>,
    Extension(caller): Extension<Arc<Caller>>,
    body: Body,
) -> Result<Response, Problem> {
    let late = || Problem::new(StatusCode::REQUEST_TIMEOUT, "The body did not come in time.");
    let large = || Problem::new(StatusCode::PAYLOAD_TOO_LARGE, "A key is at most 4 KiB.");
    let body = timeout(BODY_WITHIN, to_bytes(body, BODY_LIMIT)).await.map_err(|_| late())?;
    let body = body.map_err(|_| large())?;
    let shown = if body.is_empty() {
        None
    } else {
        let given: Given = serde_json::from_slice(&body)
            .map_err(|_| Problem::parameter("key", "The body must be `{\"key\":\"…\"}`."))?;
        Some(app.access.caller_with(&caller, given.key.trim()))
    };
    let caller = shown.as_ref().unwrap_or(&caller);
    let audience = caller.authorized()?;
    let session = app.access.session(caller);
    let opened = Opened {
        role: audience.role.name(),
        queues: audience.scope.clone(),
        until: session.as_ref().map(|session| session.until.0),
    };
    let mut response = Json(opened).into_response();
    let headers = response.headers_mut();
    headers.insert(CACHE_CONTROL, HeaderValue::from_static("no-store"));
    if let Some(session) = session {
        let lasts_s = session.until.since_ms(crate::clock::now()) / 1000;
        let value = app.access.sign(&session);
        headers.insert(SET_COOKIE, cookie(&app, caller, &value, lasts_s));
    }
    Ok(response)
}

/// `DELETE /api/session`.
pub(super) async fn close(
    State(app): State<Arc<App>>,
    Extension(caller): Extension<Arc<Caller>>,
) -> Response {
    app.access.end(&caller);
    let cookie = cookie(&app, &caller, "", 0);
    (StatusCode::NO_CONTENT, [(SET_COOKIE, cookie)]).into_response()
}

fn cookie(app: &App, caller: &Caller, value: &str, lasts_s: u64) -> HeaderValue {
    let path = app.prefix.as_deref().unwrap_or("/");
    let (name, secure) = match caller.is_secure {
        // The prefix wants the whole host.
        true if path == "/" => (SECURE_COOKIE_NAME, "; Secure"),
        true => (COOKIE_NAME, "; Secure"),
        false => (COOKIE_NAME, ""),
    };
    let text =
        format!("{name}={value}; Path={path}; Max-Age={lasts_s}; HttpOnly; SameSite=Lax{secure}");
    // Letters, digits and signs of base64url, and a path that was checked.
    HeaderValue::try_from(text).expect("a cookie is plain text")
}
