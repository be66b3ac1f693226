//! `GET /api/events`: the same messages as Server-Sent Events, for places
//! where WebSockets are blocked.
//!
//! The id of an event is `epoch:seq`; a browser that comes back sends the last
//! one as `Last-Event-ID` and goes on there.

use std::convert::Infallible;
use std::sync::Arc;

use axum::Extension;
use axum::body::{Body, Bytes};
use axum::extract::{Query, State};
use axum::http::header::{CACHE_CONTROL, CONTENT_TYPE};
use axum::http::{HeaderMap, HeaderValue};
use axum::response::{IntoResponse, Response};
use callboard_shared::wire::Seq;
use futures_util::stream;

use super::App;
use super::live::{From, resume};
use super::problem::Problem;
use super::seat::{Seat, Seated};
use crate::access::Caller;
use crate::hub::channel::STOPPING;
use crate::hub::{Pull, Resume, Subscription};

/// Where a viewer had got to; browsers say it in a header, programs may in
/// the address.
const LAST_EVENT_ID: &str = "last-event-id";

/// Streams the messages.
pub(super) async fn stream(
    State(app): State<Arc<App>>,
    Extension(caller): Extension<Arc<Caller>>,
    Query(from): Query<From>,
    headers: HeaderMap,
) -> Result<Response, Problem> {
    let audience = caller.authorized()?.clone();
    let last = headers.get(LAST_EVENT_ID).and_then(|id| id.to_str().ok()).and_then(parse);
    let resume = match last {
        Some(last) => Some(last),
        None => resume(from)?,
    };
    let seat = Seat::take(&app, &caller)?;
    let epoch = app.hub.epoch_of(&audience);
    let subscription = app.hub.subscribe(&audience, resume.as_ref());
    let events = Events { app, caller, subscription, epoch, _seat: seat };
    let body = Body::from_stream(stream::unfold(events, next));
    let mut response = body.into_response();
    response.extensions_mut().insert(Seated);
    let headers = response.headers_mut();
    headers.insert(CONTENT_TYPE, HeaderValue::from_static("text/event-stream"));
    headers.insert(CACHE_CONTROL, HeaderValue::from_static("no-store"));
    // Or a reverse proxy would collect events until they are worth sending.
    headers.insert("x-accel-buffering", HeaderValue::from_static("no"));
    Ok(response)
}

/// `epoch:seq`.
fn parse(id: &str) -> Option<Resume> {
    let (epoch, seq) = id.rsplit_once(':')?;
    Some(Resume { epoch: epoch.to_owned(), seq: Seq(seq.parse().ok()?) })
}

struct Events {
    app: Arc<App>,
    caller: Arc<Caller>,
    subscription: Subscription,
    epoch: String,
    _seat: Seat,
}

/// The next events that wait, as one piece of the body; `None`: it is over.
async fn next(mut events: Events) -> Option<(Result<Bytes, Infallible>, Events)> {
    loop {
        let mut out = std::mem::take(&mut events.subscription.first);
        if out.is_empty()
            && let Pull::Fallen = events.subscription.pull(&mut out)
        {
            let audience = events.caller.audience()?.clone();
            events.subscription = events.app.hub.subscribe(&audience, None);
            continue;
        }
        if !out.is_empty() {
            let mut text = Vec::new();
            for frame in out {
                write(&mut text, &events.epoch, frame.number(), &frame.payload());
            }
            return Some((Ok(text.into()), events));
        }
        if events.app.access.is_over(&events.caller) {
            return None;
        }
        let head = *events.subscription.news.borrow_and_update();
        if head == STOPPING {
            return None;
        }
        // An error means that the channel is gone, which the hub outlives.
        let _ = events.subscription.news.changed().await;
    }
}

/// One event. A status has no number, so it has no id.
fn write(out: &mut Vec<u8>, epoch: &str, number: Option<Seq>, message: &[u8]) {
    if let Some(Seq(seq)) = number {
        out.extend_from_slice(format!("id: {epoch}:{seq}\n").as_bytes());
    }
    // Written by us in one line.
    out.extend_from_slice(b"data: ");
    out.extend_from_slice(message);
    out.extend_from_slice(b"\n\n");
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_event_has_the_number_of_its_message() {
        let mut out = Vec::new();
        write(&mut out, "e.1", Some(Seq(2)), br#"{"type":"documents","since":1,"seq":2}"#);
        write(&mut out, "e.1", None, br#"{"type":"status"}"#);
        assert_eq!(
            String::from_utf8(out).unwrap(),
            "id: e.1:2\ndata: {\"type\":\"documents\",\"since\":1,\"seq\":2}\n\n\
             data: {\"type\":\"status\"}\n\n"
        );
    }

    #[test]
    fn the_id_is_read_back() {
        let resume = parse("e.1:2").unwrap();
        assert_eq!((&*resume.epoch, resume.seq), ("e.1", Seq(2)));
        assert!(parse("2").is_none() && parse("e:").is_none() && parse("e:-1").is_none());
    }
}
