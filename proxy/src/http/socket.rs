//! Sockets of viewers: checks and the 101 by axum, then the bare stream.
//!
//! - `conversation`: a viewer's task, from its first message to its last
//! - `incoming`: the little that a client may say
//! - `outgoing`: frames to the wire, all that wait in one system call

mod conversation;
mod incoming;
mod outgoing;

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
use tokio::time::timeout;
use tokio_tungstenite::tungstenite::handshake::derive_accept_key;

use super::App;
use super::problem::Problem;
use crate::access::Caller;
use crate::hub::Subscription;
use crate::hub::frame::Frame;
use crate::hub::outbox::Outbox;
use crate::server::Connection;
use conversation::Conversation;
use incoming::Incoming;
use outgoing::Unwritten;

/// The farewell, and the client's own.
const FAREWELL_LIMIT: Duration = Duration::from_secs(1);
/// Read to its end up to here, so that the close frame arrives: a connection
/// that is closed with bytes unread is reset, and the reason lost.
const FAREWELL_BYTES: u64 = 64 * 1024;
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
    let stream = parts.io.into_inner().into_stream();
    let incoming = Incoming::new(&parts.read_buf, deflate);
    drop(parts.read_buf);
    let (mut stream, out, goodbye) = match viewer() {
        Ok(viewer) => {
            let mut conversation = Conversation::new(stream, incoming, deflate, viewer);
            let Err(goodbye) = conversation.run().await;
            // The farewell may take its time; the viewer's place is free.
            let (stream, out) = conversation.end();
            (stream, out, goodbye)
        }
        Err(goodbye) => (stream, Outbox::default(), goodbye),
    };
    say_goodbye(&mut stream, goodbye, out, deflate).await;
}

/// The last frame, and before it what is left of one that is begun.
async fn say_goodbye<S: AsyncRead + AsyncWrite + Unpin>(
    stream: &mut S,
    goodbye: Goodbye,
    mut out: Outbox,
    deflate: bool,
) {
    let frame = match goodbye {
        Goodbye::Gone => return,
        Goodbye::Closed => Frame::close(1000, ""),
        Goodbye::Because(code, reason) => Frame::close(code, &reason),
    };
    out.only_begun();
    out.end().push(frame);
    // A stalled viewer will not take this either.
    if outgoing::write(stream, &mut out, deflate, FAREWELL_LIMIT).await.is_err() {
        return;
    }
    let _ = stream.shutdown().await;
    let mut rest = stream.take(FAREWELL_BYTES);
    let _ = timeout(FAREWELL_LIMIT, tokio::io::copy(&mut rest, &mut tokio::io::sink())).await;
}
