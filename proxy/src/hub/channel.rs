//! One audience's messages: written once, read by all of its viewers.
//!
//! A viewer has a cursor into the log and nothing else. It cannot hold the
//! others up, and what it has not read costs nothing of its own.

use std::sync::{Arc, Mutex, MutexGuard, PoisonError};

use callboard_shared::audience::Audience;
use callboard_shared::wire::Seq;
use callboard_shared::{CallId, UnixMs};
use tokio::sync::watch;

use super::fanout::Fanout;
use super::frame::Frame;
use super::log::{Body, Log, Pull};
use super::message::Documents;
use crate::clock;

/// Kept for those who come back: some minutes of a large customer's day.
const ALL_BYTES: usize = 8 * 1024 * 1024;
/// The same where not everything is seen.
const PART_BYTES: usize = 2 * 1024 * 1024;

/// Instead of a number: the proxy is stopping.
pub const STOPPING: u64 = u64::MAX;

/// The messages of one audience.
pub struct Channel {
    /// Whose.
    pub audience: Audience,
    log: Mutex<Log>,
    /// The number that the next message will have.
    head: watch::Sender<u64>,
    /// Writes to the viewers that keep up.
    pub(super) fanout: Fanout,
}

impl Channel {
    pub(super) fn new(audience: Audience) -> Channel {
        let bytes = if audience.sees_all() { ALL_BYTES } else { PART_BYTES };
        let (head, _) = watch::channel(0);
        Channel { audience, log: Mutex::new(Log::new(bytes)), head, fanout: Fanout::new() }
    }

    fn lock(&self) -> MutexGuard<'_, Log> {
        self.log.lock().unwrap_or_else(PoisonError::into_inner)
    }

    fn push(&self, frame: Arc<Frame>, body: Body) {
        let next = {
            let mut log = self.lock();
            log.push(frame, body);
            log.next()
        };
        self.announce(next);
    }

    /// A channel that is stopping stays so.
    fn announce(&self, next: u64) {
        self.head.send_modify(|head| *head = if *head == STOPPING { STOPPING } else { next });
        self.fanout.call();
    }

    pub(super) fn stop(&self) {
        self.head.send_replace(STOPPING);
        self.fanout.call();
    }

    /// Gives every viewer a moment, without anything to send.
    pub(super) fn wake(&self) {
        self.head.send_modify(|_| ());
        self.fanout.call();
    }

    pub(super) fn documents(&self, message: Documents, since: Seq, seq: Seq, expired: &[CallId]) {
        let (frame, parts) = message.finish(expired);
        let expired = expired.to_vec();
        self.push(frame, Body::Documents { since, seq, parts, expired });
    }

    pub(super) fn status(&self, frame: Arc<Frame>) {
        self.push(frame, Body::Status);
    }

    pub(super) fn raw(&self, frame: Arc<Frame>) {
        self.push(frame, Body::Raw);
    }

    /// Sends every viewer back to a snapshot.
    pub(super) fn start_anew(&self) {
        let next = {
            let mut log = self.lock();
            log.clear();
            log.next()
        };
        self.announce(next);
    }

    pub(super) fn next(&self) -> u64 {
        self.lock().next()
    }

    pub(super) fn after(&self, seen: Seq, reached: Seq) -> Option<u64> {
        self.lock().after(seen, reached)
    }

    /// Puts what comes after `cursor` into `out`, as much as goes into one
    /// write, and moves the cursor behind it.
    pub(super) fn pull(&self, cursor: &mut u64, now: UnixMs, out: &mut Vec<Arc<Frame>>) -> Pull {
        self.lock().pull(cursor, now, out)
    }

    /// The same for all who keep up; `false`: each must see to itself, and the
    /// cursor is where it would be afterwards.
    pub(super) fn pull_for_all(&self, cursor: &mut u64, out: &mut Vec<Arc<Frame>>) -> bool {
        let is_stopping = *self.head.borrow() == STOPPING;
        let log = self.lock();
        let pulled = log.pull(cursor, clock::now(), out);
        let has_all = !is_stopping && matches!(pulled, Pull::Frames);
        if !has_all {
            *cursor = log.next();
        }
        has_all
    }

    /// Tells when there is more than before.
    pub(super) fn news(&self) -> watch::Receiver<u64> {
        self.head.subscribe()
    }

    pub(super) fn has_viewers(&self) -> bool {
        self.head.receiver_count() > 0
    }
}
