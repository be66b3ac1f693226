//! One WebSocket to the upstream: handshake, pings, frames.

use std::time::Duration;

use axum::body::Bytes;
use callboard_shared::Stream;
use futures_util::{FutureExt as _, SinkExt as _, StreamExt as _};
use tokio::net::TcpStream;
use tokio::time::{MissedTickBehavior, interval, timeout};
use tokio_tungstenite::tungstenite::protocol::WebSocketConfig;
use tokio_tungstenite::tungstenite::{Error, Message};
use tokio_tungstenite::{MaybeTlsStream, WebSocketStream, client_async_tls_with_config};

use super::{ConnectError, End, Frame, Upstream, auth, place, tls};

/// The handshake, TLS and DNS included.
const HANDSHAKE_LIMIT: Duration = Duration::from_secs(10);
/// Between two pings.
const PING_EVERY: Duration = Duration::from_secs(25);
/// A larger frame ends the connection. The hub takes documents of up to
/// 1 MiB; what is somewhat larger is counted and left out without losing the
/// stream.
const FRAME_LIMIT: usize = 4 * 1024 * 1024;
/// Read buffer. The library's own would cost 128 KiB.
const READ_BUFFER: usize = 16 * 1024;
/// What has come by the time that a frame is read is taken with it, up to so
/// many bytes: under load one message for viewers instead of many, and nobody
/// waits for it.
const TAKEN_AT_ONCE: usize = 32 * 1024;
/// What a frame counts for besides its bytes: empty ones are not endless.
const FRAME_COUNTS: usize = 32;

pub(super) type Socket = WebSocketStream<MaybeTlsStream<TcpStream>>;

/// Opens `stream` at the upstream.
pub(super) async fn open(stream: Stream, upstream: &Upstream) -> Result<Socket, ConnectError> {
    let url = format!("{}/{stream}", upstream.base);
    let request = auth::request(&url, &upstream.auth, &upstream.token)?;
    let config = WebSocketConfig::default()
        .max_message_size(Some(FRAME_LIMIT))
        .max_frame_size(Some(FRAME_LIMIT))
        .read_buffer_size(READ_BUFFER);
    let connector = tls::connector(&url);
    let connecting = async {
        let stream = place::connect(request.uri()).await?;
        let handshake =
            client_async_tls_with_config(request, stream, Some(config), Some(connector));
        handshake.await.map_err(|error| refusal(&error))
    };
    let (mut socket, _) = timeout(HANDSHAKE_LIMIT, connecting)
        .await
        .map_err(|_| ConnectError::Timeout(HANDSHAKE_LIMIT.as_secs()))??;
    if let Some(text) = auth::first_message(&upstream.auth, &upstream.token) {
        socket.send(Message::text(text)).await.map_err(|error| refusal(&error))?;
    }
    Ok(socket)
}

/// What a failed handshake means. Redirects are not followed: the token goes
/// to the configured host and nowhere else.
fn refusal(error: &Error) -> ConnectError {
    match error {
        Error::Http(response) => match response.status().as_u16() {
            status @ (401 | 403) => ConnectError::Refused { how: format!("status {status}") },
            status => ConnectError::Answer { status },
        },
        Error::Io(error) => {
            ConnectError::Network(tls::failure(error).unwrap_or_else(|| network(error.kind())))
        }
        Error::Protocol(_) | Error::HttpFormat(_) | Error::Capacity(_) | Error::AttackAttempt => {
            ConnectError::NotWebSocket
        }
        _ => ConnectError::Network("connection failed"),
    }
}

pub(super) fn network(kind: std::io::ErrorKind) -> &'static str {
    use std::io::ErrorKind;
    match kind {
        ErrorKind::ConnectionRefused => "connection refused: does the upstream run?",
        ErrorKind::ConnectionReset => "connection reset",
        ErrorKind::TimedOut => "connection timed out",
        ErrorKind::HostUnreachable | ErrorKind::NetworkUnreachable => "no way to the upstream",
        ErrorKind::UnexpectedEof => "connection closed",
        _ => "network error: is the host's name right?",
    }
}

/// Frames that had come together, and what else was among them.
#[derive(Default)]
struct Taken {
    frames: Vec<Frame>,
    bytes: usize,
    is_answered: bool,
    end: Option<End>,
}

impl Taken {
    fn push(&mut self, next: Option<Result<Message, Error>>) {
        self.bytes += FRAME_COUNTS;
        let mut keep = |bytes: Bytes, is_text| {
            self.bytes += bytes.len();
            self.frames.push(Frame { bytes, is_text });
        };
        match next {
            Some(Ok(Message::Text(text))) => keep(text.into(), true),
            Some(Ok(Message::Binary(bytes))) => keep(bytes, false),
            Some(Ok(Message::Pong(_))) => self.is_answered = true,
            Some(Ok(Message::Close(frame))) => {
                self.end = Some(closed(frame.map_or(1005, |frame| frame.code.into())));
            }
            Some(Ok(Message::Ping(_) | Message::Frame(_))) => (),
            Some(Err(error)) => self.end = Some(lost(&error)),
            None => self.end = Some(End::Lost("end of stream")),
        }
    }

    fn has_room(&self) -> bool {
        self.bytes < TAKEN_AT_ONCE && self.end.is_none()
    }
}

/// Waits for a frame, and takes what has come with it.
async fn taken(socket: &mut Socket) -> Taken {
    let mut taken = Taken::default();
    taken.push(socket.next().await);
    while taken.has_room()
        && let Some(next) = socket.next().now_or_never()
    {
        taken.push(next);
    }
    taken
}

/// Reads frames until the connection ends.
pub(super) async fn run(socket: &mut Socket, mut take: impl FnMut(Vec<Frame>)) -> End {
    let mut ping = interval(PING_EVERY);
    ping.set_missed_tick_behavior(MissedTickBehavior::Delay);
    ping.reset();
    // Death is two pings without an answer, and only where answers were seen:
    // nobody says that this upstream answers at all.
    let (mut answers, mut unanswered) = (false, 0);
    loop {
        tokio::select! {
            taken = taken(socket) => {
                if !taken.frames.is_empty() {
                    take(taken.frames);
                }
                if taken.is_answered {
                    (answers, unanswered) = (true, 0);
                }
                if let Some(end) = taken.end {
                    return end;
                }
            }
            _ = ping.tick() => {
                if answers && unanswered >= 2 {
                    return End::NoPong;
                }
                unanswered += 1;
                if let Err(error) = socket.send(Message::Ping(Vec::new().into())).await {
                    return lost(&error);
                }
            }
        }
    }
}

fn closed(code: u16) -> End {
    match code {
        1008 | 4400..=4499 => End::Refused { code },
        code => End::Closed { code },
    }
}

fn lost(error: &Error) -> End {
    match error {
        Error::ConnectionClosed | Error::AlreadyClosed => End::Closed { code: 1006 },
        Error::Io(error) => End::Lost(network(error.kind())),
        Error::Capacity(_) => End::Lost("a frame over 4 MiB"),
        Error::Protocol(_) => End::Lost("a frame that breaks the protocol"),
        Error::Utf8(_) => End::Lost("a text frame that is not UTF-8"),
        _ => End::Lost("connection failed"),
    }
}
