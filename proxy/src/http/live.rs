//! `GET /api/live`: one browser's socket.

use std::sync::Arc;
use std::time::Duration;

use axum::extract::ws::rejection::WebSocketUpgradeRejection;
use axum::extract::ws::{CloseFrame, Message, Utf8Bytes, WebSocket, WebSocketUpgrade};
use axum::extract::{Query, State};
use axum::http::StatusCode;
use axum::http::header::RETRY_AFTER;
use axum::response::{IntoResponse, Response};
use callboard_shared::wire::{Seq, close};
use serde::Deserialize;
use tokio::sync::broadcast::error::RecvError;
use tokio::sync::watch;
use tokio::time::{Instant, timeout};

use super::App;
use super::problem::Problem;
use crate::hub::{Hub, Resume, Subscription};

/// A browser has next to nothing to say.
const CLIENT_MESSAGE_LIMIT: usize = 4 * 1024;
/// Read to its end up to here, so that the close frame arrives: a connection
/// that is closed with bytes unread is reset, and the reason lost.
const CLIENT_READ_LIMIT: usize = 64 * 1024;
/// Read buffer per viewer. The library's own would cost 128 KiB each.
const READ_BUFFER: usize = 2 * 1024;
/// Written at once, up to this many bytes, when several messages wait.
const WRITE_BUFFER: usize = 16 * 1024;
/// A viewer that takes nothing for this long is closed.
const WRITE_LIMIT: Duration = Duration::from_secs(10);
/// A browser may send so many messages a second.
const CLIENT_MESSAGES_PER_S: u32 = 5;
/// Viewers are told to come back after a delay of their own, up to this, so
/// that a restart does not bring all of them at once.
const COME_BACK_WITHIN_MS: u32 = 5_000;

/// Where a viewer that comes back had got to.
#[derive(Deserialize)]
pub(super) struct From {
    epoch: Option<String>,
    seq: Option<String>,
}

/// Why a viewer's socket ended.
enum Goodbye {
    /// The other side went, or the network did.
    Gone,
    /// It took nothing for too long.
    Stalled,
    /// It sent what no client may send.
    Policy,
    /// It sent more at once than a browser has to say.
    TooLarge,
    /// The proxy is stopping.
    Stopping,
}

/// Counts a client's messages by the second.
struct Pace {
    second: Instant,
    messages: u32,
}

impl Pace {
    fn new() -> Pace {
        Pace { second: Instant::now(), messages: 0 }
    }

    /// Whether one more is within the limit.
    fn allows(&mut self) -> bool {
        if self.second.elapsed() >= Duration::from_secs(1) {
            *self = Pace::new();
        }
        self.messages += 1;
        self.messages <= CLIENT_MESSAGES_PER_S
    }
}

/// Opens the socket, unless there are too many.
pub(super) async fn connect(
    State(app): State<Arc<App>>,
    Query(from): Query<From>,
    upgrade: Result<WebSocketUpgrade, WebSocketUpgradeRejection>,
) -> Response {
    let resume = match resume(from) {
        Ok(resume) => resume,
        Err(problem) => return problem.into_response(),
    };
    let Ok(upgrade) = upgrade else {
        return Problem::new(StatusCode::UPGRADE_REQUIRED, "This is a WebSocket.").into_response();
    };
    // Counted before the upgrade, so that a storm cannot pass the limit.
    let viewers = &app.hub.counters.viewers;
    if usize::try_from(viewers.inc()).unwrap_or(0) >= app.max_viewers {
        viewers.dec();
        let full = Problem::new(StatusCode::SERVICE_UNAVAILABLE, "Too many viewers.");
        return ([(RETRY_AFTER, "10")], full).into_response();
    }
    let seat = Seat { hub: app.hub.clone(), _presence: app.hub.presence() };
    upgrade
        .read_buffer_size(READ_BUFFER)
        .write_buffer_size(WRITE_BUFFER)
        .max_message_size(CLIENT_READ_LIMIT)
        .max_frame_size(CLIENT_READ_LIMIT)
        .on_upgrade(move |socket| serve(seat, socket, resume))
}

fn resume(from: From) -> Result<Option<Resume>, Problem> {
    match (from.epoch, from.seq) {
        (Some(epoch), Some(seq)) => match seq.parse() {
            Ok(seq) => Ok(Some(Resume { epoch, seq: Seq(seq) })),
            Err(_) => Err(Problem::parameter("seq", "`seq` must be a whole number.")),
        },
        (None, None) => Ok(None),
        (Some(_), None) => Err(Problem::parameter("seq", "`epoch` needs `seq`.")),
        (None, Some(_)) => Err(Problem::parameter("epoch", "`seq` needs `epoch`.")),
    }
}

/// A viewer's place in the count, given back whatever happens.
struct Seat {
    hub: Arc<Hub>,
    /// The proxy waits for these to go when it stops.
    _presence: watch::Receiver<bool>,
}

impl Drop for Seat {
    fn drop(&mut self) {
        self.hub.counters.viewers.dec();
    }
}

async fn serve(seat: Seat, mut socket: WebSocket, resume: Option<Resume>) {
    let goodbye = converse(&seat.hub, &mut socket, resume.as_ref()).await;
    let (code, reason) = match goodbye {
        Goodbye::Gone => return,
        Goodbye::Stalled => (close::STALLED, "took nothing for 10 s".into()),
        Goodbye::Policy => (close::POLICY, "no client may send this".into()),
        Goodbye::TooLarge => (close::TOO_LARGE, "at most 4 KiB".into()),
        Goodbye::Stopping => {
            let delay_ms = rand::random_range(0..COME_BACK_WITHIN_MS);
            (close::STOPPING, delay_ms.to_string().into())
        }
    };
    let frame = Message::Close(Some(CloseFrame { code, reason }));
    // A stalled viewer will not take this either.
    let _ = timeout(Duration::from_secs(1), socket.send(frame)).await;
}

/// Sends what comes first, then everything else, until one side goes away.
async fn converse(hub: &Hub, socket: &mut WebSocket, resume: Option<&Resume>) -> Goodbye {
    let Subscription { first, mut rest } = hub.subscribe(resume);
    if let Err(goodbye) = send(socket, first).await {
        return goodbye;
    }
    let stopped = hub.stopped();
    tokio::pin!(stopped);
    let mut pace = Pace::new();
    loop {
        let messages = tokio::select! {
            message = rest.recv() => match message {
                Ok(message) => vec![message],
                Err(RecvError::Lagged(_)) => {
                    // Too far behind to be told everything: all anew.
                    let fresh = hub.subscribe(None);
                    rest = fresh.rest;
                    fresh.first
                }
                Err(RecvError::Closed) => return Goodbye::Stopping,
            },
            heard = socket.recv() => match heard {
                Some(Ok(message)) if is_too_large(&message) => return Goodbye::TooLarge,
                Some(Ok(Message::Text(text))) if pace.allows() && is_allowed(&text) => continue,
                Some(Ok(Message::Text(_) | Message::Binary(_))) => return Goodbye::Policy,
                Some(Ok(Message::Ping(_) | Message::Pong(_))) if pace.allows() => continue,
                Some(Ok(Message::Ping(_) | Message::Pong(_))) => return Goodbye::Policy,
                Some(Ok(Message::Close(_)) | Err(_)) | None => return Goodbye::Gone,
            },
            () = &mut stopped => return Goodbye::Stopping,
        };
        if let Err(goodbye) = send(socket, messages).await {
            return goodbye;
        }
    }
}

async fn send(socket: &mut WebSocket, messages: Vec<Utf8Bytes>) -> Result<(), Goodbye> {
    for text in messages {
        match timeout(WRITE_LIMIT, socket.send(Message::Text(text))).await {
            Ok(Ok(())) => (),
            Ok(Err(_)) => return Err(Goodbye::Gone),
            Err(_) => return Err(Goodbye::Stalled),
        }
    }
    Ok(())
}

fn is_too_large(message: &Message) -> bool {
    match message {
        Message::Text(text) => text.len() > CLIENT_MESSAGE_LIMIT,
        Message::Binary(bytes) => bytes.len() > CLIENT_MESSAGE_LIMIT,
        // Control frames are short by the protocol.
        Message::Ping(_) | Message::Pong(_) | Message::Close(_) => false,
    }
}

/// The one message that a client may send.
fn is_allowed(text: &str) -> bool {
    #[derive(Deserialize)]
    struct Typed {
        r#type: String,
    }
    serde_json::from_str::<Typed>(text).is_ok_and(|message| message.r#type == "filter")
}
