//! What waits for the disk, bounded by its bytes.

use std::collections::HashMap;
use std::sync::{Condvar, Mutex, MutexGuard, PoisonError};
use std::time::{Duration, Instant};

use axum::body::Bytes;
use callboard_shared::{Call, CallId, Stream, UnixMs};
use rusqlite::Connection;

/// Some hours of a large customer's day.
pub(super) const BYTES: usize = 64 * 1024 * 1024;
/// A commit begins when so many records wait,
const RECORDS: usize = 100;
/// or when the first of them has waited so long: the most that a power
/// failure takes.
const COMMIT_WITHIN: Duration = Duration::from_millis(200);
/// Documents of a call are counted with this, as their size is not known.
const DOCUMENT_BYTES: usize = 2 * 1024;
/// What a record costs besides its body.
const RECORD_BYTES: usize = 64;

/// One record in the order of arrival.
#[derive(Clone, Debug)]
pub(super) struct Record {
    pub(super) at: UnixMs,
    /// `None`: calls that left the board.
    pub(super) stream: Option<Stream>,
    pub(super) is_text: bool,
    pub(super) seq: u64,
    pub(super) body: Bytes,
    pub(super) left: Vec<CallId>,
}

/// A stream that is not live, or was not.
#[derive(Clone, Copy, Debug)]
pub(super) struct Gap {
    pub(super) stream: Stream,
    pub(super) from: UnixMs,
    pub(super) to: Option<UnixMs>,
}

/// All that goes into one commit.
#[derive(Default)]
pub(super) struct Batch {
    pub(super) records: Vec<Record>,
    /// The newest of each call.
    pub(super) calls: HashMap<CallId, Box<Call>>,
    pub(super) gaps: Vec<Gap>,
    pub(super) bytes: usize,
    /// When the oldest of it came.
    pub(super) since: Option<Instant>,
}

impl Batch {
    pub(super) fn is_empty(&self) -> bool {
        self.records.is_empty() && self.calls.is_empty() && self.gaps.is_empty()
    }

    /// Adds what came later.
    pub(super) fn absorb(&mut self, later: Batch) {
        self.records.extend(later.records);
        self.calls.extend(later.calls);
        self.gaps.extend(later.gaps);
        self.bytes += later.bytes;
        self.since = self.since.or(later.since);
    }
}

/// Something else for the writer's connection, between two commits.
pub(super) type Command = Box<dyn FnOnce(&mut Connection) + Send>;

/// How the store is asked to stop.
#[derive(Clone, Copy, Debug, Default, Eq, PartialEq)]
pub(super) enum Stop {
    #[default]
    No,
    /// In good order: all is written, and marked as complete.
    Close,
    /// Its owner is gone.
    Abandon,
}

/// What the writer takes at once.
pub(super) struct Taken {
    pub(super) batch: Batch,
    pub(super) commands: Vec<Command>,
    pub(super) stop: Stop,
}

#[derive(Default)]
struct Inner {
    batch: Batch,
    commands: Vec<Command>,
    /// Taken, and not durable yet.
    taken_bytes: usize,
    refusing_since: Option<UnixMs>,
    refused: u64,
    /// Records ever accepted.
    accepted: u64,
    hurry: bool,
    stop: Stop,
}

/// Between all who have something to keep and the writer.
#[derive(Default)]
pub(super) struct Queue {
    inner: Mutex<Inner>,
    wake: Condvar,
}

impl Queue {
    /// Every change is made in one go, so a panic elsewhere while the lock
    /// was held leaves the queue usable.
    fn lock(&self) -> MutexGuard<'_, Inner> {
        self.inner.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// Takes a record and the calls that it changed, or refuses both.
    pub(super) fn push(
        &self,
        record: Record,
        calls: impl IntoIterator<Item = (CallId, Box<Call>)>,
    ) -> bool {
        let mut inner = self.lock();
        let bytes = record.body.len() + RECORD_BYTES;
        if inner.batch.bytes + inner.taken_bytes + bytes > BYTES || inner.stop != Stop::No {
            inner.refusing_since.get_or_insert(record.at);
            inner.refused += 1;
            return false;
        }
        if let Some(from) = inner.refusing_since.take() {
            // What was refused is missing like what never came.
            let to = Some(record.at);
            inner.batch.gaps.extend(Stream::ALL.map(|stream| Gap { stream, from, to }));
        }
        inner.accepted += 1;
        inner.batch.bytes += bytes;
        inner.batch.records.push(record);
        for (id, call) in calls {
            inner.add_call(id, call);
        }
        self.awake(inner);
        true
    }

    /// Takes a call without a record.
    pub(super) fn push_call(&self, id: CallId, call: Box<Call>) {
        let mut inner = self.lock();
        inner.add_call(id, call);
        self.awake(inner);
    }

    pub(super) fn push_gap(&self, gap: Gap) {
        let mut inner = self.lock();
        inner.batch.gaps.push(gap);
        self.awake(inner);
    }

    fn awake(&self, mut inner: MutexGuard<'_, Inner>) {
        let is_first = inner.batch.since.is_none();
        inner.batch.since.get_or_insert_with(Instant::now);
        // The writer is waked when it has a reason to look, not by each frame.
        if is_first || inner.batch.records.len() == RECORDS {
            drop(inner);
            self.wake.notify_all();
        }
    }

    pub(super) fn command(&self, command: Command) {
        self.lock().commands.push(command);
        self.wake.notify_all();
    }

    pub(super) fn stop(&self, stop: Stop) {
        self.lock().stop = stop;
        self.wake.notify_all();
    }

    /// Asks for a commit at once; the number of records accepted so far.
    pub(super) fn hurry(&self) -> u64 {
        let mut inner = self.lock();
        inner.hurry = !inner.batch.is_empty();
        let accepted = inner.accepted;
        drop(inner);
        self.wake.notify_all();
        accepted
    }

    /// Bytes that are not durable yet, and since when.
    pub(super) fn waiting(&self) -> (usize, Option<Instant>) {
        let inner = self.lock();
        (inner.batch.bytes + inner.taken_bytes, inner.batch.since)
    }

    pub(super) fn refused(&self) -> u64 {
        self.lock().refused
    }

    /// What was taken is durable.
    pub(super) fn done(&self) {
        self.lock().taken_bytes = 0;
    }

    /// Waits until there is a reason for a commit, at most for `idle`.
    pub(super) fn take(&self, idle: Duration) -> Taken {
        let mut inner = self.lock();
        let until = Instant::now() + idle;
        loop {
            let now = Instant::now();
            let due = inner.batch.since.map(|since| since + COMMIT_WITHIN);
            let ripe = inner.batch.records.len() >= RECORDS || due.is_some_and(|due| due <= now);
            let asked = inner.hurry || !inner.commands.is_empty() || inner.stop != Stop::No;
            if ripe || asked || until <= now {
                break;
            }
            let wait = due.unwrap_or(until).min(until) - now;
            inner = self.wake.wait_timeout(inner, wait).unwrap_or_else(PoisonError::into_inner).0;
        }
        inner.hurry = false;
        let batch = std::mem::take(&mut inner.batch);
        inner.taken_bytes += batch.bytes;
        Taken { batch, commands: std::mem::take(&mut inner.commands), stop: inner.stop }
    }

    /// Waits for a stop, at most for `time`.
    pub(super) fn rest(&self, time: Duration) {
        let until = Instant::now() + time;
        let mut inner = self.lock();
        while inner.stop == Stop::No {
            let Some(left) = until.checked_duration_since(Instant::now()) else { break };
            inner = self.wake.wait_timeout(inner, left).unwrap_or_else(PoisonError::into_inner).0;
        }
    }
}

impl Inner {
    fn add_call(&mut self, id: CallId, call: Box<Call>) {
        let documents = call.documents().count();
        if self.batch.calls.insert(id, call).is_none() {
            self.batch.bytes += documents * DOCUMENT_BYTES;
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn record(length: usize) -> Record {
        let body = vec![b'x'; length].into();
        let (at, stream) = (UnixMs(7), Some(Stream::Calls));
        Record { at, stream, is_text: true, seq: 0, body, left: Vec::new() }
    }

    #[test]
    fn a_full_queue_refuses_the_newest_until_there_is_room() {
        let queue = Queue::default();
        let mebibyte = 1024 * 1024;
        let taken = (0..70).filter(|_| queue.push(record(mebibyte), [])).count();
        assert_eq!(taken, 63, "each costs a little more than its body");
        assert_eq!(queue.refused(), 7);
        // Taken is not yet durable.
        let batch = queue.take(Duration::ZERO).batch;
        assert_eq!(batch.records.len(), 63);
        assert!(!queue.push(record(mebibyte), []));
        queue.done();
        assert!(queue.push(record(mebibyte), []));
        // The refused ones left a hole that is told of.
        let gaps = queue.take(Duration::ZERO).batch.gaps;
        assert_eq!(gaps.len(), Stream::ALL.len());
        assert!(gaps.iter().all(|gap| gap.to.is_some()));
    }

    #[test]
    fn the_newest_of_a_call_is_kept() {
        let queue = Queue::default();
        for seen in [1, 2] {
            let call = Call { seen: UnixMs(seen), ..Call::default() };
            queue.push(record(1), [(CallId::from("a"), Box::new(call))]);
        }
        let batch = queue.take(Duration::ZERO).batch;
        assert_eq!(batch.calls["a"].seen, UnixMs(2));
        assert_eq!(batch.records.len(), 2);
    }
}
