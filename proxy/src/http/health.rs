//! For whoever watches the proxy itself.

use std::sync::Arc;

use axum::extract::State;
use axum::http::StatusCode;
use axum::http::header::CONTENT_TYPE;
use axum::response::{IntoResponse, Response};
use axum::{Extension, Json};
use callboard_shared::wire::Status;
use serde::Serialize;

use super::App;
use crate::access::Caller;
use crate::store::StoreState;

/// `GET /healthz`: 200 while the process works.
pub(super) async fn healthz() -> &'static str {
    "ok\n"
}

/// `GET /readyz`: 200 when every stream is live and the store can write, else
/// 503, with the state of each.
pub(super) async fn readyz(State(app): State<Arc<App>>) -> (StatusCode, Json<Ready>) {
    let (status, store) = (app.hub.status(), app.store.state());
    let is_ready =
        status.all_live() && !matches!(store, StoreState::Failing { .. }) && !app.hub.is_stopping();
    let code = if is_ready { StatusCode::OK } else { StatusCode::SERVICE_UNAVAILABLE };
    (code, Json(Ready { status, store }))
}

/// How everything is.
#[derive(Serialize)]
pub(super) struct Ready {
    #[serde(flatten)]
    status: Status,
    store: StoreState,
}

/// `GET /metrics` beside the board: for who has a key, if there is one.
pub(super) async fn metrics_with_key(
    state: State<Arc<App>>,
    Extension(caller): Extension<Arc<Caller>>,
) -> Response {
    match caller.authorized() {
        Ok(_) => metrics(state).await,
        Err(problem) => problem.into_response(),
    }
}

/// `GET /metrics`: OpenMetrics text.
pub(super) async fn metrics(State(app): State<Arc<App>>) -> Response {
    app.store.measure();
    let mut text = String::new();
    if prometheus_client::encoding::text::encode(&mut text, &app.registry).is_err() {
        return StatusCode::INTERNAL_SERVER_ERROR.into_response();
    }
    let kind = "application/openmetrics-text; version=1.0.0; charset=utf-8";
    ([(CONTENT_TYPE, kind)], text).into_response()
}
