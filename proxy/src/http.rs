//! The router: which path is answered by what, and what every answer carries.

mod assets;
mod calls;
mod day;
mod embed;
mod events;
mod explain;
mod figures;
mod gallery;
mod guard;
mod health;
mod lite;
mod live;
mod lost;
pub mod problem;
mod query;
mod raw;
mod replay;
mod seat;
mod session;
mod socket;
mod widget;

use std::sync::Arc;

use axum::extract::{Request, State};
use axum::http::header::{CACHE_CONTROL, CONTENT_TYPE};
use axum::middleware::{self, Next};
use axum::response::{IntoResponse, Response};
use axum::routing::{get, post};
use axum::{Extension, Json, Router};
use prometheus_client::registry::Registry;

use crate::access::{Access, Caller};
use crate::config::boards::Board;
use crate::days::Days;
use crate::hub::Hub;
use crate::store::Store;
pub use assets::Page;
pub use guard::{Guard, Proxies};
pub use lite::Written;
use problem::Problem;
pub use replay::Replays;
pub use seat::{Limits, Seated, Seats};

/// What the handlers share.
pub struct App {
    /// The board.
    pub hub: Arc<Hub>,
    /// The page's files.
    pub page: Page,
    /// Which hosts and origins are known.
    pub guard: Guard,
    /// Who may see what.
    pub access: Arc<Access>,
    /// What `/metrics` shows.
    pub registry: Registry,
    /// What lives on.
    pub store: Store,
    /// When a day begins.
    pub days: Days,
    /// Who watches, and how many may.
    pub seats: Arc<Seats>,
    /// Saved boards.
    pub boards: Vec<Board>,
    /// Room for looks back.
    pub replays: Replays,
    /// Path under which people reach it, with a slash at both ends.
    pub prefix: Option<String>,
    /// Figures of `/lite`.
    pub lite: Written,
}

/// The routes of the contract, behind the checks of [`Guard`].
pub fn router(app: Arc<App>) -> Router {
    Router::new()
        .route("/calls", get(raw::connect))
        .route("/queues", get(raw::connect))
        .route("/agents", get(raw::connect))
        .route("/api/live", get(live::connect))
        .route("/api/events", get(events::stream))
        .route("/api/snapshot", get(snapshot))
        .route("/api/session", post(session::open).delete(session::close))
        .merge(questions().layer(middleware::from_fn(authorize)))
        .merge(watching())
        .merge(elsewhere())
        .route("/metrics", get(health::metrics_with_key))
        .fallback(get(assets::serve))
        .layer(middleware::from_fn_with_state(app.clone(), guard::check))
        .with_state(app)
}

/// The board in other people's pages, and as plain HTML.
fn elsewhere() -> Router<Arc<App>> {
    Router::new()
        .route("/widget.js", get(widget::script))
        .route("/embed", get(embed::page))
        .route("/embed.js", get(embed::script))
        .route("/embed.css", get(embed::style))
        .route("/gallery", get(gallery::page))
        .route("/gallery.css", get(gallery::style))
        .route("/gallery.js", get(gallery::script))
        .route("/lite", get(lite::page))
        .route("/lite/events", get(lite::stream))
        .route("/lite.js", get(lite::script))
        .route("/lite.css", get(lite::style))
        .route("/old.js", get(lite::door))
}

/// The routes that answer from the store. They want to know who asks, as an
/// extension `Arc<Audience>`.
fn questions() -> Router<Arc<App>> {
    Router::new()
        .route("/api/calls", get(calls::list))
        .route("/api/calls.csv", get(calls::csv))
        .route("/api/calls.ndjson", get(calls::ndjson))
        .route("/api/calls/{id_call}", get(calls::one))
        .route("/api/metrics", get(figures::figures))
        .route("/api/day", get(day::day))
        .route("/api/boards", get(boards))
        .route("/api/replay", get(replay::replay))
        .route("/api/lost", get(lost::lost))
        .route("/api/explain", get(explain::explain))
}

/// Lets those pass who may see something, and says what.
async fn authorize(
    Extension(caller): Extension<Arc<Caller>>,
    mut request: Request,
    next: Next,
) -> Result<Response, Problem> {
    let audience = Arc::new(caller.authorized()?.clone());
    request.extensions_mut().insert(audience);
    Ok(next.run(request).await)
}

/// The routes of `metrics-listen`.
pub fn watching_router(app: Arc<App>) -> Router {
    watching()
        .route("/metrics", get(health::metrics))
        .layer(middleware::from_fn_with_state(app.clone(), guard::check_host))
        .with_state(app)
}

fn watching() -> Router<Arc<App>> {
    Router::new().route("/healthz", get(health::healthz)).route("/readyz", get(health::readyz))
}

/// `GET /api/boards`: saved boards, by name.
async fn boards(State(app): State<Arc<App>>) -> Response {
    let boards = serde_json::json!({ "boards": app.boards });
    ([(CACHE_CONTROL, "no-store")], Json(boards)).into_response()
}

/// `GET /api/snapshot`: the first message of `/api/live`.
async fn snapshot(
    State(app): State<Arc<App>>,
    Extension(caller): Extension<Arc<Caller>>,
) -> Result<Response, Problem> {
    let audience = caller.authorized()?;
    let headers = [(CONTENT_TYPE, "application/json"), (CACHE_CONTROL, "no-store")];
    Ok((headers, app.hub.snapshot(audience)).into_response())
}
