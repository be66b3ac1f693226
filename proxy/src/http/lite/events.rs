//! `GET /lite/events`: the figures as HTML, as Server-Sent Events: at most one
//! a second, and at least one every two.

use std::convert::Infallible;
use std::sync::Arc;
use std::time::Duration;

use axum::Extension;
use axum::body::{Body, Bytes};
use axum::extract::{Query, State};
use axum::http::HeaderValue;
use axum::http::header::{CACHE_CONTROL, CONTENT_TYPE};
use axum::response::{IntoResponse, Response};
use futures_util::stream;
use tokio::time::{Instant, sleep_until};

use super::{Asked, Whose, Words};
use crate::access::Caller;
use crate::http::App;
use crate::http::problem::Problem;
use crate::http::seat::{Seat, Seated};
use crate::hub::Subscription;
use crate::hub::channel::STOPPING;

/// Between two events at least.
const EVERY: Duration = Duration::from_secs(1);

struct Events {
    app: Arc<App>,
    caller: Arc<Caller>,
    whose: Whose,
    words: Words,
    subscription: Subscription,
    /// Not before this; at once for the first.
    next: Option<Instant>,
    _seat: Seat,
}

/// Streams the figures.
pub(in crate::http) async fn stream(
    State(app): State<Arc<App>>,
    Extension(caller): Extension<Arc<Caller>>,
    Query(asked): Query<Asked>,
) -> Result<Response, Problem> {
    let audience = caller.authorized()?;
    let seat = Seat::take(&app, &caller)?;
    let whose = Whose::new(&asked, audience);
    let words = Words::read(&app.page, asked.lang());
    let subscription = app.hub.subscribe(audience, None);
    let events = Events { app, caller, whose, words, subscription, next: None, _seat: seat };
    let body = Body::from_stream(stream::unfold(events, write));
    let mut response = body.into_response();
    response.extensions_mut().insert(Seated);
    let (headers, fixed) = (response.headers_mut(), HeaderValue::from_static);
    headers.insert(CONTENT_TYPE, fixed("text/event-stream"));
    headers.insert(CACHE_CONTROL, fixed("no-store"));
    // Or a reverse proxy would collect events until they are worth sending.
    headers.insert("x-accel-buffering", fixed("no"));
    Ok(response)
}

/// The next event, once there is news; `None`: it is over. The news says only
/// that something has changed: what is told is the board of that moment.
async fn write(mut events: Events) -> Option<(Result<Bytes, Infallible>, Events)> {
    if let Some(next) = events.next {
        // Signs of life are news, too, so this does not last. An error means
        // that the channel is gone, which the hub outlives.
        let _ = events.subscription.news.changed().await;
        sleep_until(next).await;
    }
    let head = *events.subscription.news.borrow_and_update();
    if head == STOPPING || events.app.access.is_over(&events.caller) {
        return None;
    }
    events.next = Some(Instant::now() + EVERY);
    // Written in one line.
    let part = events.whose.part(&events.app, &events.words);
    Some((Ok(format!("data: {part}\n\n").into()), events))
}
