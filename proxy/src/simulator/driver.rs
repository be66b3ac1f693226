//! Plays the centre against the clock and hands its documents to the sockets.

use std::convert::Infallible;
use std::sync::{Arc, Mutex, MutexGuard};
use std::time::{Duration, SystemTime};

use tokio::sync::Notify;
use tokio::time::timeout;

use callboard_shared::Stream;

use super::center::{Center, Emission};
use super::faults::{Fault, FaultKind};
use super::outlet::{Frame, Outlet, Source, Subscription};
use super::script::{BadScript, Script};
use super::truth::Truth;

/// A lag beyond this is a machine that slept: time is taken up where it was
/// left, instead of playing hours in one burst.
const LEAP_MS: i64 = 60_000;

/// Joins the engine, the clock and the sockets.
pub(super) struct Hub {
    playing: Mutex<Playing>,
    outlet: Outlet,
    nudge: Notify,
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
        Hub { playing: Mutex::new(playing), outlet: Outlet::new(), nudge: Notify::new(), greet }
    }

    /// Sends what is due, for ever.
    pub(super) async fn drive(self: Arc<Self>) -> Infallible {
        loop {
            match self.step() {
                Next::AtOnce => self.outlet.make_room().await,
                Next::After(wait) => {
                    let _ = timeout(wait, self.nudge.notified()).await;
                }
                Next::Nothing => self.nudge.notified().await,
            }
        }
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

    /// Breaks something.
    pub(super) fn fault(&self, fault: &Fault) {
        if fault.kind == FaultKind::Burst {
            let mut playing = self.lock();
            let until = playing.now() + i64::try_from(fault.for_ms).unwrap_or(0);
            self.publish(playing.center.advance(until));
        } else {
            self.outlet.fault(fault);
        }
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
            let _ = self.outlet.send(stream, document.into());
        }
    }

    fn lock(&self) -> MutexGuard<'_, Playing> {
        self.playing.lock().expect("no panics while the lock is held")
    }
}

impl Source for Hub {
    fn outlet(&self) -> &Outlet {
        &self.outlet
    }

    /// Greeting and receiver are taken under the lock: otherwise a document
    /// could fall between them.
    fn subscribe(&self, stream: Stream) -> Subscription {
        let playing = self.lock();
        let mut greeting = Vec::new();
        if self.greet {
            let current = playing.center.current().into_iter();
            greeting.extend(current.filter(|doc| doc.stream == stream).map(Frame::from));
        }
        self.outlet.subscribe(stream, greeting)
    }
}

impl From<Emission> for Frame {
    fn from(document: Emission) -> Self {
        Frame::Text(document.json.into())
    }
}
