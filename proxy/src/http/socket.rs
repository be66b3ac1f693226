//! Sockets of viewers: checks and the 101 by axum, then the bare stream.
//!
//! - `incoming`: the little that a client may say
//! - `outgoing`: frames to the wire, all that wait in one system call

mod incoming;
mod outgoing;

use std::sync::Arc;
use std::time::Duration;

use axum::body::Body;
use axum::extract::Request;
use axum::http::header::{
    CONNECTION, SEC_WEBSOCKET_ACCEPT, SEC_WEBSOCKET_EXTENSIONS, SEC_WEBSOCKET_KEY,
    SEC_WEBSOCKET_PROTOCOL, SEC_WEBSOCKET_VERSION, UPGRADE,
};
use axum::http::{HeaderMap, HeaderName, StatusCode};
use axum::response::Response;
use base64::Engine as _;
use base64::engine::general_purpose::STANDARD as BASE64;
use callboard_shared::wire::close;
use hyper::upgrade::{OnUpgrade, Upgraded};
use hyper_util::rt::TokioIo;
use tokio::io::{AsyncRead, AsyncReadExt as _, AsyncWrite, AsyncWriteExt as _};
use tokio::time::{Instant, timeout};
use tokio_tungstenite::tungstenite::handshake::derive_accept_key;

use super::App;
use super::problem::Problem;
use crate::access::Caller;
use crate::hub::channel::STOPPING;
use crate::hub::frame::{Frame, Opcode};
use crate::hub::{Pull, Subscription};
use crate::server::Connection;
use incoming::{Heard, Incoming};
use outgoing::Unwritten;

/// A viewer that takes nothing for this long is closed.
const WRITE_LIMIT: Duration = Duration::from_secs(10);
/// The farewell, and the client's own.
const FAREWELL_LIMIT: Duration = Duration::from_secs(1);
/// Read to its end up to here, so that the close frame arrives: a connection
/// that is closed with bytes unread is reset, and the reason lost.
const FAREWELL_BYTES: u64 = 64 * 1024;
/// A client may send so many messages a second.
const MESSAGES_PER_S: u32 = 5;
/// And so many pings and pongs.
const PINGS_PER_S: u32 = 10;
/// A stream with nothing to say sends a ping, so that nobody on the way takes
/// it for dead.
const PING_EVERY: Duration = Duration::from_secs(25);
/// Viewers are told to come back after a delay of their own, up to this, so
/// that a restart does not bring all of them at once.
const COME_BACK_WITHIN_MS: u32 = 5_000;
/// The protocol of our own clients; the key travels beside it.
pub(super) const PROTOCOL: &str = "callboard.v1";

/// Why a socket ended.
#[derive(Debug)]
pub(super) enum Goodbye {
    /// The other side went, or the network did.
    Gone,
    /// The other side said goodbye.
    Closed,
    /// For this reason.
    Because(u16, String),
}

impl Goodbye {
    fn because(code: u16, reason: &str) -> Goodbye {
        Goodbye::Because(code, reason.to_owned())
    }

    /// The key is missing or wrong.
    pub(super) fn unauthorized() -> Goodbye {
        Goodbye::because(close::UNAUTHORIZED, "a key or a link is needed")
    }

    /// The session was ended, or the link revoked, or either is too old.
    pub(super) fn over() -> Goodbye {
        Goodbye::because(close::UNAUTHORIZED, "the session is over")
    }
}

impl From<Unwritten> for Goodbye {
    fn from(unwritten: Unwritten) -> Goodbye {
        match unwritten {
            Unwritten::Gone => Goodbye::Gone,
            Unwritten::Stalled => Goodbye::because(close::STALLED, "took nothing for 10 s"),
        }
    }
}

impl App {
    /// Whether a caller who was let in may stay.
    pub(super) fn stays(&self, caller: &Caller) -> Result<(), Goodbye> {
        if self.access.is_over(caller) { Err(Goodbye::over()) } else { Ok(()) }
    }
}

/// What a socket is for.
pub(super) trait Viewer: Send + 'static {
    /// Where its frames come from.
    fn subscription(&mut self) -> &mut Subscription;
    /// What it missed is gone: begins anew.
    ///
    /// # Errors
    ///
    /// Where that cannot be.
    fn begin_anew(&mut self) -> Result<(), Goodbye>;
    /// The client said something.
    ///
    /// # Errors
    ///
    /// Where it may not say that.
    fn hear(&mut self, text: &str) -> Result<(), Goodbye>;
    /// Looked at about every second.
    ///
    /// # Errors
    ///
    /// When it must go.
    fn check(&mut self) -> Result<(), Goodbye>;
}

/// A request to open a socket that can be granted.
pub(super) struct Handshake {
    accept: String,
    on_upgrade: OnUpgrade,
    deflate: bool,
    protocol: bool,
}

impl Handshake {
    /// Reads the request.
    ///
    /// # Errors
    ///
    /// When it is no WebSocket handshake of version 13.
    pub(super) fn of(request: &mut Request) -> Result<Handshake, Problem> {
        let headers = request.headers();
        let is_upgrade =
            names(headers, &CONNECTION, "upgrade") && names(headers, &UPGRADE, "websocket");
        let problem = |detail| Problem::new(StatusCode::UPGRADE_REQUIRED, detail);
        if !is_upgrade {
            return Err(problem("This is a WebSocket."));
        }
        if headers.get(SEC_WEBSOCKET_VERSION).is_none_or(|version| version != "13") {
            return Err(problem("Only version 13 of the WebSocket protocol is spoken here."));
        }
        let key = headers.get(SEC_WEBSOCKET_KEY).map(|key| key.as_bytes());
        let key = key.filter(|key| BASE64.decode(key).is_ok_and(|key| key.len() == 16));
        let Some(key) = key else {
            let detail = "`Sec-WebSocket-Key` must be 16 bytes in base64.";
            return Err(Problem::new(StatusCode::BAD_REQUEST, detail));
        };
        let accept = derive_accept_key(key);
        let deflate = names(headers, &SEC_WEBSOCKET_EXTENSIONS, "permessage-deflate");
        let protocol = names(headers, &SEC_WEBSOCKET_PROTOCOL, PROTOCOL);
        let on_upgrade = request.extensions_mut().remove::<OnUpgrade>();
        let on_upgrade =
            on_upgrade.ok_or_else(|| problem("This connection cannot be upgraded."))?;
        Ok(Handshake { accept, on_upgrade, deflate, protocol })
    }

    /// Nothing is compressed: the bytes go out as they came.
    pub(super) fn without_compression(self) -> Handshake {
        Handshake { deflate: false, ..self }
    }

    /// The 101, and behind it a task that serves the viewer to its end.
    /// `viewer` is asked for only when the socket is open.
    pub(super) fn open<V: Viewer>(
        self,
        viewer: impl FnOnce() -> Result<V, Goodbye> + Send + 'static,
    ) -> Response {
        let Handshake { accept, on_upgrade, deflate, protocol } = self;
        tokio::spawn(async move {
            let Ok(upgraded) = on_upgrade.await else { return };
            serve(upgraded, deflate, viewer).await;
        });
        let mut response = Response::builder()
            .status(StatusCode::SWITCHING_PROTOCOLS)
            .header(CONNECTION, "upgrade")
            .header(UPGRADE, "websocket")
            .header(SEC_WEBSOCKET_ACCEPT, accept);
        if deflate {
            let agreed =
                "permessage-deflate; server_no_context_takeover; client_no_context_takeover";
            response = response.header(SEC_WEBSOCKET_EXTENSIONS, agreed);
        }
        if protocol {
            response = response.header(SEC_WEBSOCKET_PROTOCOL, PROTOCOL);
        }
        // The parts are our own.
        response.body(Body::empty()).unwrap_or_default()
    }
}

/// Whether a header's list has this word; parameters after `;` are left out.
fn names(headers: &HeaderMap, name: &HeaderName, word: &str) -> bool {
    let values = headers.get_all(name).iter().filter_map(|value| value.to_str().ok());
    let mut words = values.flat_map(|value| value.split(','));
    words.any(|item| item.split(';').next().unwrap_or_default().trim().eq_ignore_ascii_case(word))
}

async fn serve<V: Viewer>(
    upgraded: Upgraded,
    deflate: bool,
    viewer: impl FnOnce() -> Result<V, Goodbye>,
) {
    // Our own listener's connections are of this kind and no other.
    let Ok(parts) = upgraded.downcast::<TokioIo<Connection>>() else { return };
    let mut stream = parts.io.into_inner().into_stream();
    let mut incoming = Incoming::new(&parts.read_buf, deflate);
    drop(parts.read_buf);
    let goodbye = match viewer() {
        Ok(mut viewer) => converse(&mut stream, &mut incoming, deflate, &mut viewer).await,
        Err(goodbye) => goodbye,
    };
    say_goodbye(&mut stream, goodbye).await;
}

/// Counts what a client sends by the second.
struct Pace {
    second: Instant,
    messages: u32,
    pings: u32,
}

impl Pace {
    fn new() -> Pace {
        Pace { second: Instant::now(), messages: 0, pings: 0 }
    }

    fn allows(&mut self, heard: &Heard) -> bool {
        if self.second.elapsed() >= Duration::from_secs(1) {
            *self = Pace::new();
        }
        match heard {
            Heard::Text(_) | Heard::Binary => self.messages += 1,
            _ => self.pings += 1,
        }
        self.messages <= MESSAGES_PER_S && self.pings <= PINGS_PER_S
    }
}

/// Sends what comes first, then everything else, until one side goes away.
async fn converse<S: AsyncRead + AsyncWrite + Unpin, V: Viewer>(
    stream: &mut S,
    incoming: &mut Incoming,
    deflate: bool,
    viewer: &mut V,
) -> Goodbye {
    let mut out = std::mem::take(&mut viewer.subscription().first);
    let mut pace = Pace::new();
    let (mut checked, mut written) = (pace.second, pace.second);
    loop {
        let wrote = !out.is_empty();
        if wrote {
            if let Err(unwritten) = outgoing::write(stream, &out, deflate, WRITE_LIMIT).await {
                return unwritten.into();
            }
            out = Vec::new();
        }
        if let Err(goodbye) = next(stream, incoming, viewer, &mut pace, &mut out).await {
            return goodbye;
        }
        // One look at the clock for all that depends on it: it costs as much
        // as most of what happens here for a message.
        let now = Instant::now();
        if wrote {
            written = now;
        }
        if now - checked >= Duration::from_secs(1) {
            checked = now;
            if let Err(goodbye) = viewer.check() {
                return goodbye;
            }
        }
        if out.is_empty() && now - written >= PING_EVERY {
            out.push(Frame::new(Opcode::Ping, b""));
        }
    }
}

/// Waits for something to send, for something to hear, or for a moment's peace.
async fn next<S: AsyncRead + Unpin, V: Viewer>(
    stream: &mut S,
    incoming: &mut Incoming,
    viewer: &mut V,
    pace: &mut Pace,
    out: &mut Vec<Arc<Frame>>,
) -> Result<(), Goodbye> {
    let mut waited = false;
    loop {
        let head = *viewer.subscription().news.borrow_and_update();
        if head == STOPPING {
            let delay_ms = rand::random_range(0..COME_BACK_WITHIN_MS);
            return Err(Goodbye::Because(close::STOPPING, delay_ms.to_string()));
        }
        if viewer.subscription().cursor < head
            && let Pull::Fallen = viewer.subscription().pull(out)
        {
            viewer.begin_anew()?;
            out.append(&mut viewer.subscription().first);
        }
        // Heard while waiting: who keeps up costs one attempt per message.
        if waited {
            return Ok(());
        }
        let has_more = !out.is_empty();
        tokio::select! {
            biased;
            heard = incoming.next(stream) => return hear(heard, viewer, pace, out),
            () = std::future::ready(()), if has_more => return Ok(()),
            // An error means that the channel is gone, which the hub outlives.
            _ = viewer_news(viewer), if !has_more => waited = true,
        }
    }
}

async fn viewer_news<V: Viewer>(viewer: &mut V) {
    let _ = viewer.subscription().news.changed().await;
}

fn hear<V: Viewer>(
    heard: std::io::Result<Heard>,
    viewer: &mut V,
    pace: &mut Pace,
    out: &mut Vec<Arc<Frame>>,
) -> Result<(), Goodbye> {
    let heard = heard.map_err(|_| Goodbye::Gone)?;
    if !pace.allows(&heard) {
        return Err(Goodbye::because(close::POLICY, "too many messages a second"));
    }
    match heard {
        Heard::Text(text) => {
            viewer.hear(&text)?;
            out.append(&mut viewer.subscription().first);
            Ok(())
        }
        Heard::Binary => Err(Goodbye::because(close::POLICY, "no client may send this")),
        Heard::Ping(payload) => {
            out.push(Frame::new(Opcode::Pong, &payload));
            Ok(())
        }
        Heard::Pong => Ok(()),
        Heard::Close(_) => Err(Goodbye::Closed),
        Heard::Broken(code) => Err(Goodbye::because(code, "this breaks the protocol")),
    }
}

async fn say_goodbye<S: AsyncRead + AsyncWrite + Unpin>(stream: &mut S, goodbye: Goodbye) {
    let frame = match goodbye {
        Goodbye::Gone => return,
        Goodbye::Closed => Frame::close(1000, ""),
        Goodbye::Because(code, reason) => Frame::close(code, &reason),
    };
    // A stalled viewer will not take this either.
    if outgoing::write(stream, &[frame], false, FAREWELL_LIMIT).await.is_err() {
        return;
    }
    let _ = stream.shutdown().await;
    let mut rest = stream.take(FAREWELL_BYTES);
    let _ = timeout(FAREWELL_LIMIT, tokio::io::copy(&mut rest, &mut tokio::io::sink())).await;
}
