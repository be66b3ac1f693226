//! Plays the centre against the clock and hands its documents to the sockets.

use std::convert::Infallible;
use std::sync::{Arc, Mutex, MutexGuard};
use std::time::{Duration, SystemTime};

use axum::body::Bytes;
use axum::extract::ws::Utf8Bytes;
use tokio::sync::{Notify, broadcast, watch};
use tokio::time::{Instant, sleep, timeout};

use callboard_shared::Stream;

use super::center::{Center, Emission};
use super::script::{BadScript, Script};
use super::truth::Truth;

/// Frames that a socket may be behind before it is dropped.
const BACKLOG: usize = 16_384;

/// How long a burst waits for slow sockets before it goes on without them.
const ROOM_LIMIT: Duration = Duration::from_secs(2);

/// A lag beyond this is a machine that slept: time is taken up where it was
/// left, instead of playing hours in one burst.
const LEAP_MS: i64 = 60_000;

/// What goes out on a socket.
#[derive(Clone, Debug)]
pub(super) enum Frame {
    Text(Utf8Bytes),
    Binary(Bytes),
    Close(u16),
}

/// Joins the engine, the clock and the sockets.
pub(super) struct Hub {
    playing: Mutex<Playing>,
    streams: [broadcast::Sender<Frame>; 3],
    nudge: Notify,
    closing: watch::Sender<bool>,
    greet: bool,
}

struct Playing {
    center: Center,
    /// Epoch milliseconds at `began`.
    start: i64,
    began: SystemTime,
    /// When time was stopped, if it is.
    paused_at: Option<i64>,
}

/// What a new socket starts from.
pub(super) struct Subscription {
    pub(super) greeting: Vec<Frame>,
    pub(super) frames: broadcast::Receiver<Frame>,
    pub(super) closing: watch::Receiver<bool>,
}

enum Next {
    /// Something was sent; more may be due.
    AtOnce,
    After(Duration),
    /// Not before something changes.
    Nothing,
}

impl Playing {
    /// The clock, which stands still during a pause.
    fn now(&self) -> i64 {
        self.paused_at.unwrap_or_else(|| self.running_clock())
    }

    fn running_clock(&self) -> i64 {
        // A clock set back makes the centre wait until its time has come again.
        let elapsed = self.began.elapsed().map_or(0, |elapsed| elapsed.as_millis());
        self.start + i64::try_from(elapsed).unwrap_or(0)
    }
}

impl Hub {
    pub(super) fn new(center: Center, start: i64, greet: bool) -> Self {
        let playing = Playing { center, start, began: SystemTime::now(), paused_at: None };
        Hub {
            playing: Mutex::new(playing),
            streams: [(); 3].map(|()| broadcast::channel(BACKLOG).0),
            nudge: Notify::new(),
            closing: watch::channel(false).0,
            greet,
        }
    }

    /// Sends what is due, for ever.
    pub(super) async fn drive(self: Arc<Self>) -> Infallible {
        loop {
            match self.step() {
                Next::AtOnce => self.make_room().await,
                Next::After(wait) => {
                    let _ = timeout(wait, self.nudge.notified()).await;
                }
                Next::Nothing => self.nudge.notified().await,
            }
        }
    }

    /// A new socket of `stream`.
    ///
    /// Greeting and receiver are taken under the lock: otherwise a document
    /// could fall between them.
    pub(super) fn subscribe(&self, stream: Stream) -> Subscription {
        let playing = self.lock();
        let mut greeting = Vec::new();
        if self.greet {
            let current = playing.center.current().into_iter();
            greeting.extend(current.filter(|doc| doc.stream == stream).map(Frame::from));
        }
        Subscription {
            greeting,
            frames: self.sender(stream).subscribe(),
            closing: self.closing.subscribe(),
        }
    }

    /// Sends any frame to the sockets of `stream`; returns how many there are.
    pub(super) fn send(&self, stream: Stream, frame: Frame) -> usize {
        self.sender(stream).send(frame).unwrap_or(0)
    }

    pub(super) fn pause(&self) {
        let mut playing = self.lock();
        self.catch_up(&mut playing);
        let now = playing.now();
        playing.paused_at = Some(now);
    }

    pub(super) fn resume(&self) {
        let mut playing = self.lock();
        if let Some(paused_at) = playing.paused_at.take() {
            let missed = playing.running_clock() - paused_at;
            playing.center.postpone(missed);
        }
        self.nudge.notify_one();
    }

    pub(super) fn truth(&self) -> Truth {
        let mut playing = self.lock();
        self.catch_up(&mut playing);
        let truth = playing.center.truth();
        Truth { now: playing.now(), ..truth }
    }

    pub(super) fn play(&self, script: Script) -> Result<Arc<str>, BadScript> {
        let mut playing = self.lock();
        self.catch_up(&mut playing);
        let id = playing.center.play(script);
        self.catch_up(&mut playing);
        self.nudge.notify_one();
        id
    }

    /// Tells all sockets to say goodbye.
    pub(super) fn close(&self) {
        self.closing.send_replace(true);
    }

    /// Completes when closing has begun.
    pub(super) async fn closing(&self) {
        let mut closing = self.closing.subscribe();
        let _ = closing.wait_for(|closing| *closing).await;
    }

    /// Completes when the last socket is gone.
    pub(super) async fn all_gone(&self) {
        self.closing.closed().await;
    }

    fn step(&self) -> Next {
        let mut playing = self.lock();
        if playing.paused_at.is_some() {
            return Next::Nothing;
        }
        let now = playing.now();
        let Some(due) = playing.center.next_at() else { return Next::Nothing };
        if due > now {
            let wait = u64::try_from(due - now).unwrap_or(0);
            return Next::After(Duration::from_millis(wait));
        }
        if now - due > LEAP_MS {
            playing.center.postpone(now - due);
            return Next::AtOnce;
        }
        // One instant at a time, so that a burst can be slowed down in between.
        let documents = playing.center.advance(due);
        self.publish(documents);
        Next::AtOnce
    }

    /// Sends all that is due now.
    fn catch_up(&self, playing: &mut Playing) {
        if playing.paused_at.is_none() {
            let now = playing.now();
            self.publish(playing.center.advance(now));
        }
    }

    fn publish(&self, documents: Vec<Emission>) {
        for document in documents {
            let stream = document.stream;
            // Nobody may be listening.
            let _ = self.send(stream, document.into());
        }
    }

    /// Waits while a socket is far behind, so that a burst does not cost it its connection.
    async fn make_room(&self) {
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

    fn lock(&self) -> MutexGuard<'_, Playing> {
        self.playing.lock().expect("no panics while the lock is held")
    }
}

impl From<Emission> for Frame {
    fn from(document: Emission) -> Self {
        Frame::Text(document.json.into())
    }
}
