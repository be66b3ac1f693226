//! The sockets' side: who listens to which stream, and what goes out.

use std::time::Duration;

use axum::body::Bytes;
use axum::extract::ws::Utf8Bytes;
use tokio::sync::{broadcast, watch};
use tokio::time::{Instant, sleep};

use callboard_shared::Stream;

/// Frames that a socket may be behind before it is dropped.
const BACKLOG: usize = 16_384;

/// How long a burst waits for slow sockets before it goes on without them.
const ROOM_LIMIT: Duration = Duration::from_secs(2);

/// What goes out on a socket.
#[derive(Clone, Debug)]
pub(crate) enum Frame {
    Text(Utf8Bytes),
    Binary(Bytes),
    Close(u16),
}

/// What a new socket starts from.
pub(crate) struct Subscription {
    pub(crate) greeting: Vec<Frame>,
    pub(crate) frames: broadcast::Receiver<Frame>,
    pub(crate) closing: watch::Receiver<bool>,
}

/// Whoever has documents to send: the call centre, or a recording.
pub(crate) trait Source: Send + Sync + 'static {
    /// Where they go.
    fn outlet(&self) -> &Outlet;

    /// A new socket of `stream`.
    fn subscribe(&self, stream: Stream) -> Subscription {
        self.outlet().subscribe(stream, Vec::new())
    }
}

/// The sockets of the three streams.
pub(crate) struct Outlet {
    streams: [broadcast::Sender<Frame>; 3],
    closing: watch::Sender<bool>,
}

impl Outlet {
    pub(crate) fn new() -> Outlet {
        Outlet {
            streams: [(); 3].map(|()| broadcast::channel(BACKLOG).0),
            closing: watch::channel(false).0,
        }
    }

    pub(crate) fn subscribe(&self, stream: Stream, greeting: Vec<Frame>) -> Subscription {
        Subscription {
            greeting,
            frames: self.sender(stream).subscribe(),
            closing: self.closing.subscribe(),
        }
    }

    /// Sends any frame to the sockets of `stream`; returns how many there are.
    pub(crate) fn send(&self, stream: Stream, frame: Frame) -> usize {
        self.sender(stream).send(frame).unwrap_or(0)
    }

    /// Tells all sockets to say goodbye.
    pub(crate) fn close(&self) {
        self.closing.send_replace(true);
    }

    /// Completes when closing has begun.
    pub(crate) async fn closing(&self) {
        let mut closing = self.closing.subscribe();
        let _ = closing.wait_for(|closing| *closing).await;
    }

    /// Completes when the last socket is gone.
    pub(crate) async fn all_gone(&self) {
        self.closing.closed().await;
    }

    /// Waits while a socket is far behind, so that a burst does not cost it its connection.
    pub(crate) async fn make_room(&self) {
        let began = Instant::now();
        let crowded = || self.streams.iter().any(|stream| stream.len() > BACKLOG / 2);
        tokio::task::yield_now().await;
        while crowded() && began.elapsed() < ROOM_LIMIT {
            sleep(Duration::from_millis(1)).await;
        }
    }

    fn sender(&self, stream: Stream) -> &broadcast::Sender<Frame> {
        &self.streams[stream as usize]
    }
}
