//! For whoever watches the proxy itself.

use std::sync::Arc;

use axum::Json;
use axum::extract::State;
use axum::http::StatusCode;
use axum::http::header::CONTENT_TYPE;
use axum::response::{IntoResponse, Response};
use callboard_shared::wire::Status;

use super::App;

/// `GET /healthz`: 200 while the process works.
pub(super) async fn healthz() -> &'static str {
    "ok\n"
}

/// `GET /readyz`: 200 when every stream is live, else 503, with the state of
/// each.
pub(super) async fn readyz(State(app): State<Arc<App>>) -> (StatusCode, Json<Status>) {
    let status = app.hub.status();
    let code = if status.all_live() { StatusCode::OK } else { StatusCode::SERVICE_UNAVAILABLE };
    (code, Json(status))
}

/// `GET /metrics`: OpenMetrics text.
pub(super) async fn metrics(State(app): State<Arc<App>>) -> Response {
    let mut text = String::new();
    if prometheus_client::encoding::text::encode(&mut text, &app.registry).is_err() {
        return StatusCode::INTERNAL_SERVER_ERROR.into_response();
    }
    let kind = "application/openmetrics-text; version=1.0.0; charset=utf-8";
    ([(CONTENT_TYPE, kind)], text).into_response()
}
