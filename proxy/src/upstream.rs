//! Keeps the three streams of the upstream: connects, reconnects, and hands
//! every frame to a [`Sink`].
//!
//! Each stream has its own task and its own state. A refused token is tried
//! again after minutes, a network error after seconds, an orderly close at
//! once. Silence is not death: at night nobody calls.

mod auth;
mod backoff;
mod connection;
mod place;
mod sink;
mod tls;
mod trial;

use std::net::IpAddr;
use std::sync::Arc;
use std::time::Duration;

use callboard_shared::Stream;
use callboard_shared::wire::StreamState;
use tokio::task::JoinSet;
use tokio::time::Instant;

use crate::secret::Secret;
pub use auth::UpstreamAuth;
use backoff::{Failure, Schedule};
pub(crate) use place::is_this_machine;
pub use sink::{Frame, Sink};
pub(crate) use tls::client as tls_client;
pub use trial::{First, attempt};

/// Where the streams are and how to open them.
#[derive(Clone, Debug)]
pub struct Upstream {
    /// Base URL without a slash at the end: `wss://host`.
    pub base: String,
    /// How the token is sent.
    pub auth: UpstreamAuth,
    /// The token.
    pub token: Secret,
}

/// Why a stream could not be opened.
#[derive(Debug, thiserror::Error)]
pub enum ConnectError {
    /// The token was refused.
    #[error("the upstream refused the token ({how})")]
    Refused {
        /// A status or a close code.
        how: String,
    },
    /// The upstream answered with something else than a WebSocket.
    #[error("the upstream answered {status} instead of opening the stream")]
    Answer {
        /// The HTTP status.
        status: u16,
    },
    /// No answer in time.
    #[error("no answer within {0} s")]
    Timeout(u64),
    /// Network or TLS. The text of the cause may hold the URL and is not shown.
    #[error("{0}")]
    Network(&'static str),
    /// The host's name leads to where the token may not go.
    #[error(
        "the upstream's name leads to {0}, where the token is not sent: no address of the public \
         internet. Is the name right, and what answers for it?"
    )]
    Astray(IpAddr),
    /// The answer to the handshake breaks the protocol.
    #[error("the answer is not a WebSocket's")]
    NotWebSocket,
    /// The token cannot be sent this way.
    #[error("the token holds characters that cannot be sent in a header")]
    TokenForm,
    /// The URL is not one.
    #[error("the upstream's URL is not a WebSocket URL")]
    Url,
}

/// How a stream that was open ended.
#[derive(Debug, thiserror::Error)]
enum End {
    #[error("closed by the upstream (code {code})")]
    Closed { code: u16 },
    #[error("the upstream refused the token (close code {code})")]
    Refused { code: u16 },
    #[error("two pings without an answer")]
    NoPong,
    #[error("connection lost ({0})")]
    Lost(&'static str),
}

/// Runs the three streams until the set is dropped.
pub fn start<S: Sink>(upstream: &Upstream, sink: &Arc<S>) -> JoinSet<()> {
    let mut tasks = JoinSet::new();
    for stream in Stream::ALL {
        tasks.spawn(keep(stream, upstream.clone(), sink.clone()));
    }
    tasks
}

/// Keeps one stream for ever.
async fn keep<S: Sink>(stream: Stream, upstream: Upstream, sink: Arc<S>) {
    let mut schedule = Schedule::default();
    sink.state(stream, StreamState::Connecting);
    loop {
        let begun = Instant::now();
        let (what, lasted) = match connection::open(stream, &upstream).await {
            Ok(mut socket) => {
                sink.state(stream, StreamState::Live);
                tracing::info!(%stream, "stream is live");
                let end = connection::run(&mut socket, |frames| sink.receive(stream, frames)).await;
                let lasted = begun.elapsed();
                tracing::warn!(%stream, lasted_s = lasted.as_secs(), "stream ended: {end}");
                (Failure::from(&end), lasted)
            }
            Err(error) => {
                let failures = schedule.failures() + 1;
                tracing::warn!(%stream, failures, "stream could not be opened: {error}");
                (Failure::from(&error), Duration::ZERO)
            }
        };
        // A lost stream is shown as lost while it is tried again.
        let (state, wait) = schedule.after(what, lasted, rand::random());
        sink.state(stream, state);
        tokio::time::sleep(wait).await;
    }
}

impl From<&End> for Failure {
    fn from(end: &End) -> Failure {
        match end {
            End::Refused { .. } => Failure::Refused,
            End::Closed { .. } => Failure::Closed,
            End::NoPong | End::Lost(_) => Failure::Network,
        }
    }
}

impl From<&ConnectError> for Failure {
    fn from(error: &ConnectError) -> Failure {
        match error {
            ConnectError::Refused { .. } | ConnectError::TokenForm => Failure::Refused,
            ConnectError::Answer { status: 429 } => Failure::TooOften,
            ConnectError::Answer { .. }
            | ConnectError::Timeout(_)
            | ConnectError::Network(_)
            | ConnectError::Astray(_)
            | ConnectError::NotWebSocket
            | ConnectError::Url => Failure::Network,
        }
    }
}
