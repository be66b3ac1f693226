//! `GET /api/replay`: the board of another time, and what came after it, in
//! the messages of `/api/live`.

use std::sync::Arc;
use std::time::Duration;

use axum::Extension;
use axum::body::{Body, Bytes};
use axum::extract::{Query, State};
use axum::http::header::{CACHE_CONTROL, CONTENT_TYPE};
use axum::response::{IntoResponse, Response};
use callboard_shared::UnixMs;
use callboard_shared::audience::Audience;
use callboard_shared::wire::ServerMessage;
use futures_util::stream;
use tokio::sync::{OwnedSemaphorePermit, Semaphore, mpsc};

use super::App;
use super::calls::broken;
use super::problem::Problem;
use super::query::Parameters;
use crate::clock;
use crate::store::past::{Moment, Past};
use crate::store::{Store, StoreError};

const KNOWN: [&str; 2] = ["at", "until"];
/// A quarter of an hour, in ms.
const UNTIL_MS: u64 = 15 * 60 * 1000;
/// Six hours, in ms.
const UNTIL_MOST_MS: u64 = 6 * 60 * 60 * 1000;
/// Records read at once.
const PAGE: usize = 500;
/// Parts that wait for whoever reads.
const AHEAD: usize = 2;
/// Whoever takes nothing for so long has left.
const STALLED: Duration = Duration::from_secs(20);
/// Boards of the past at the same time: each is a whole one.
const SEATS: usize = 2;

/// Room for boards of the past.
pub struct Replays(Arc<Semaphore>);

impl Default for Replays {
    fn default() -> Replays {
        Replays(Arc::new(Semaphore::new(SEATS)))
    }
}

impl Replays {
    /// All seats.
    #[cfg(test)]
    pub(super) async fn seats(&self) -> OwnedSemaphorePermit {
        self.0.clone().acquire_many_owned(SEATS as u32).await.expect("it is never closed")
    }
}

/// A part of the answer; `None`: that was all.
type Part = Option<Bytes>;

/// The board at a moment, and what came until another.
pub(super) async fn replay(
    State(app): State<Arc<App>>,
    Extension(audience): Extension<Arc<Audience>>,
    Query(pairs): Query<Vec<(String, String)>>,
) -> Result<Response, Problem> {
    let asked = read(pairs, &app, &audience)?;
    let full = "Others look back at the moment. Try again in a while.";
    let seat = app.replays.0.clone().try_acquire_owned().map_err(|_| Problem::busy(full))?;
    app.store.settled().await;
    let (past, snapshot) = app.store.past(asked).await.map_err(broken)?;
    let first = lines(&[snapshot]).map_err(broken)?;
    let (parts, received) = mpsc::channel(AHEAD);
    tokio::spawn(tell(app.store.clone(), past, first, parts, seat));
    let headers = [(CONTENT_TYPE, "application/x-ndjson"), (CACHE_CONTROL, "no-store")];
    let body = stream::try_unfold(received, |mut received| async move {
        match received.recv().await {
            Some(Some(part)) => Ok(Some((part, received))),
            Some(None) => Ok(None),
            // Broken off, so that a part is not taken for the whole.
            None => Err(StoreError::Stopped),
        }
    });
    Ok((headers, Body::from_stream(body)).into_response())
}

fn read(pairs: Vec<(String, String)>, app: &App, audience: &Audience) -> Result<Moment, Problem> {
    let now = clock::now();
    let parameters = Parameters::read(pairs, &KNOWN)?;
    let at = parameters.instant("at")?;
    let at = at.filter(|at| *at <= now).ok_or(Problem::parameter(
        "at",
        "Must be a moment of the past, in epoch milliseconds or RFC 3339.",
    ))?;
    let until = parameters.instant("until")?.unwrap_or(at.plus_ms(UNTIL_MS));
    if until < at || until.since_ms(at) > UNTIL_MOST_MS {
        return Err(Problem::parameter("until", "Must be at most six hours after `at`."));
    }
    // With another day another board begins.
    let last = UnixMs(app.days.next(at).0 - 1);
    let mut settings = app.hub.thresholds();
    settings.queues.retain(|queue, _| audience.sees_queue(queue));
    Ok(Moment {
        at,
        day: app.days.start_of(at),
        until: until.min(now).min(last),
        audience: audience.clone(),
        unit: app.hub.unit(),
        settings,
        build: app.hub.build().to_owned(),
    })
}

/// Tells what came, page after page, as fast as it is taken.
async fn tell(
    store: Store,
    mut past: Past,
    first: Bytes,
    parts: mpsc::Sender<Part>,
    seat: OwnedSemaphorePermit,
) {
    let mut part = first;
    loop {
        if parts.send_timeout(Some(part), STALLED).await.is_err() {
            return;
        }
        if past.is_over {
            break;
        }
        let told = store.go_on(past, PAGE).await;
        let told = told.and_then(|(past, messages)| Ok((past, lines(&messages)?)));
        match told {
            Ok((on, text)) => (past, part) = (on, text),
            Err(error) => {
                tracing::error!("a look back has failed: {error}");
                return;
            }
        }
    }
    drop(past);
    drop(seat);
    // Nobody may be listening any more.
    let _ = parts.send_timeout(None, STALLED).await;
}

fn lines(messages: &[ServerMessage]) -> Result<Bytes, StoreError> {
    let mut text = Vec::new();
    for message in messages {
        serde_json::to_writer(&mut text, message)?;
        text.push(b'\n');
    }
    Ok(text.into())
}
