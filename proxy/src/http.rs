//! The router: which path is answered by what, and what every answer carries.

mod assets;
mod guard;
mod health;
mod live;
mod problem;

use std::sync::Arc;

use axum::Router;
use axum::extract::State;
use axum::http::header::{CACHE_CONTROL, CONTENT_TYPE};
use axum::middleware;
use axum::response::{IntoResponse, Response};
use axum::routing::get;
use prometheus_client::registry::Registry;

use crate::hub::Hub;
pub use assets::Page;
pub use guard::Guard;

/// What the handlers share.
pub struct App {
    /// The board.
    pub hub: Arc<Hub>,
    /// The page's files.
    pub page: Page,
    /// Who may ask.
    pub guard: Guard,
    /// What `/metrics` shows.
    pub registry: Registry,
    /// Open live sockets at most.
    pub max_viewers: usize,
}

/// The routes of the contract, behind the checks of [`Guard`].
pub fn router(app: Arc<App>) -> Router {
    Router::new()
        .route("/api/live", get(live::connect))
        .route("/api/snapshot", get(snapshot))
        .route("/healthz", get(health::healthz))
        .route("/readyz", get(health::readyz))
        .route("/metrics", get(health::metrics))
        .fallback(get(assets::serve))
        .layer(middleware::from_fn_with_state(app.clone(), guard::check))
        .with_state(app)
}

/// `GET /api/snapshot`: the first message of `/api/live`.
async fn snapshot(State(app): State<Arc<App>>) -> Response {
    let headers = [(CONTENT_TYPE, "application/json"), (CACHE_CONTROL, "no-store")];
    (headers, app.hub.snapshot().as_str().to_owned()).into_response()
}
