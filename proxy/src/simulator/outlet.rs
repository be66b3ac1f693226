//! The sockets' side: who listens to which stream, and what goes out.

use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::time::Duration;

use axum::body::Bytes;
use axum::extract::ws::Utf8Bytes;
use axum::http::StatusCode;
use tokio::sync::{Notify, broadcast, watch};
use tokio::time::{Instant, sleep};

use callboard_shared::Stream;

use super::faults::{Fault, FaultKind, Pending};

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
    /// No frame: the connection ends without a word.
    Abort,
}

/// What a new socket starts from.
pub(crate) struct Subscription {
    pub(crate) greeting: Vec<Frame>,
    pub(crate) frames: broadcast::Receiver<Frame>,
    pub(crate) closing: watch::Receiver<bool>,
    /// Until when nothing is sent or read.
    pub(crate) stalled: watch::Receiver<Option<Instant>>,
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
    lines: [Arc<Line>; 3],
    closing: watch::Sender<bool>,
    arrived: Notify,
}

/// The sockets of one stream, and what is wrong with it.
struct Line {
    sockets: broadcast::Sender<Frame>,
    stalled: watch::Sender<Option<Instant>>,
    pending: Mutex<Pending>,
}

impl Line {
    fn new() -> Arc<Line> {
        let (sockets, stalled) = (broadcast::channel(BACKLOG).0, watch::channel(None).0);
        Arc::new(Line { sockets, stalled, pending: Mutex::default() })
    }

    /// Sends what `choose` says. The lock is held meanwhile, so that frames
    /// keep their order.
    fn send(&self, choose: impl FnOnce(&mut Pending) -> Vec<Frame>) -> usize {
        let mut pending = self.lock();
        for frame in choose(&mut pending) {
            // Nobody may be listening.
            let _ = self.sockets.send(frame);
        }
        self.sockets.receiver_count()
    }

    fn lock(&self) -> MutexGuard<'_, Pending> {
        self.pending.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

impl Outlet {
    pub(crate) fn new() -> Outlet {
        let (lines, closing) = ([(); 3].map(|()| Line::new()), watch::channel(false).0);
        Outlet { lines, closing, arrived: Notify::new() }
    }

    pub(crate) fn subscribe(&self, stream: Stream, greeting: Vec<Frame>) -> Subscription {
        let line = self.line(stream);
        let subscription = Subscription {
            greeting,
            frames: line.sockets.subscribe(),
            closing: self.closing.subscribe(),
            stalled: line.stalled.subscribe(),
        };
        self.arrived.notify_one();
        subscription
    }

    /// Completes when a socket has come since the last one was waited for.
    pub(crate) fn arrival(&self) -> impl Future<Output = ()> {
        self.arrived.notified()
    }

    /// Sockets of `stream`.
    pub(crate) fn sockets(&self, stream: Stream) -> usize {
        self.line(stream).sockets.receiver_count()
    }

    /// Frames that a socket of `stream` has not taken yet.
    pub(crate) fn behind(&self, stream: Stream) -> usize {
        self.line(stream).sockets.len()
    }

    /// Whether a socket is far behind.
    pub(crate) fn is_crowded(&self) -> bool {
        self.lines.iter().any(|line| line.sockets.len() > BACKLOG / 2)
    }

    /// Sends any frame to the sockets of `stream`; returns how many there are.
    pub(crate) fn send(&self, stream: Stream, frame: Frame) -> usize {
        self.line(stream).send(|pending| pending.pass(frame))
    }

    /// Breaks what can be broken here: all but the centre's time.
    pub(super) fn fault(&self, fault: &Fault) {
        let now = Instant::now();
        for stream in fault.streams() {
            let line = self.line(stream);
            line.send(|pending| pending.order(fault, now));
            match fault.kind {
                FaultKind::Drop => {
                    line.send(|_| vec![Frame::Abort]);
                }
                FaultKind::Stall => {
                    line.stalled.send_replace(Some(now + fault.lasts()));
                }
                FaultKind::Clear => {
                    line.stalled.send_replace(None);
                }
                FaultKind::Reorder => {
                    let (line, lasts) = (Arc::clone(line), fault.lasts());
                    tokio::spawn(async move {
                        sleep(lasts).await;
                        line.send(Pending::release);
                    });
                }
                _ => (),
            }
        }
    }

    /// How a handshake is refused now, if it is.
    pub(super) fn refusal(&self, stream: Stream) -> Option<StatusCode> {
        self.line(stream).lock().refusal(Instant::now())
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
        tokio::task::yield_now().await;
        while self.is_crowded() && began.elapsed() < ROOM_LIMIT {
            sleep(Duration::from_millis(1)).await;
        }
    }

    fn line(&self, stream: Stream) -> &Arc<Line> {
        &self.lines[stream as usize]
    }
}
