//! The only writer of the board: frames in, numbered messages out.
//!
//! Board, number and messages change under one lock, and messages are sent
//! under it, so that they leave in the order of their numbers and a newcomer
//! falls into no gap. Nothing waits while the lock is held.

mod ring;

use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::time::Duration;

use axum::extract::ws::Utf8Bytes;
use callboard_shared::board::Applied;
use callboard_shared::decode::{DecodeError, DurationUnit, decode_with};
use callboard_shared::wire::{Entry, HEARTBEAT_MS, Seq, ServerMessage, Status, StreamState};
use callboard_shared::{Board, CallId, Stream, UnixMs};
use tokio::sync::{broadcast, watch};

use crate::clock;
use crate::telemetry::Counters;
use ring::Ring;

/// A larger document is counted and left out, in bytes.
pub const DOCUMENT_LIMIT: usize = 1024 * 1024;
/// Messages that a viewer may lag behind. One that lags further gets a fresh
/// snapshot.
const VIEWER_LAG: usize = 1024;
/// A snapshot is shared by all who join within this time, in ms: a storm costs
/// one, and its clock is never further behind.
const SNAPSHOT_STAYS_MS: u64 = 200;
/// How often calls are looked for that should leave the board.
const EXPIRY_EVERY: Duration = Duration::from_secs(5);

/// The board, its numbers and its viewers.
pub struct Hub {
    state: Mutex<State>,
    messages: broadcast::Sender<Utf8Bytes>,
    stopping: watch::Sender<bool>,
    build: String,
    unit: DurationUnit,
    /// What was counted.
    pub counters: Arc<Counters>,
}

struct State {
    board: Board,
    epoch: String,
    seq: Seq,
    status: Status,
    ring: Ring,
    /// The snapshot of `seq`, shared by all who join before the next document.
    snapshot: Option<(UnixMs, Utf8Bytes)>,
    last_sent: UnixMs,
}

/// What a viewer starts with.
pub struct Subscription {
    /// To be sent first: a snapshot, or what was missed.
    pub first: Vec<Utf8Bytes>,
    /// Everything after it.
    pub rest: broadcast::Receiver<Utf8Bytes>,
}

/// Where a viewer that comes back had got to.
#[derive(Clone, Debug)]
pub struct Resume {
    /// The numbering it knows.
    pub epoch: String,
    /// The last number it has.
    pub seq: Seq,
}

impl Hub {
    /// An empty board under a new numbering.
    pub fn new(build: String, unit: DurationUnit, counters: Arc<Counters>) -> Hub {
        let now = clock::now();
        let mut status = Status::default();
        for stream in Stream::ALL {
            status.get_mut(stream).since = now;
        }
        let state = State {
            board: Board::new(now).with_ledger(),
            epoch: format!("{:016x}", rand::random::<u64>()),
            seq: Seq(0),
            status,
            ring: Ring::default(),
            snapshot: None,
            last_sent: now,
        };
        let (messages, _) = broadcast::channel(VIEWER_LAG);
        let (stopping, _) = watch::channel(false);
        Hub { state: Mutex::new(state), messages, stopping, build, unit, counters }
    }

    /// Board and numbers are changed in one go, so a panic elsewhere while
    /// the lock was held leaves them usable.
    fn lock(&self) -> MutexGuard<'_, State> {
        self.state.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// Takes one frame of the upstream.
    pub fn receive(&self, stream: Stream, frame: &[u8]) {
        let now = clock::now();
        let decoded = if frame.len() > DOCUMENT_LIMIT {
            Err("larger than 1 MiB".to_owned())
        } else {
            decode_with(frame, self.unit).map_err(|error: DecodeError| error.to_string())
        };
        match decoded {
            Ok(decoded) => {
                self.counters.decoded(stream, &decoded);
                self.fold(stream, decoded.documents, now);
            }
            Err(reason) => self.counters.refused(stream, frame.len(), &reason),
        }
    }

    /// Folds documents in and tells the viewers what they changed.
    fn fold(&self, stream: Stream, documents: Vec<callboard_shared::Document>, now: UnixMs) {
        if documents.is_empty() {
            return;
        }
        let mut state = self.lock();
        let State { board, seq, status, .. } = &mut *state;
        status.get_mut(stream).last_document = Some(now);
        let since = *seq;
        let mut changed = Vec::with_capacity(documents.len());
        for document in documents {
            // After a gap also a repetition is news: the call is still there.
            let unconfirmed = board.calls.get(&document.id_call);
            let unconfirmed = unconfirmed.is_some_and(|call| call.seen < status.calls.since);
            match board.apply(stream, document, now) {
                Applied::Changed(leg, doc) => changed.push(Entry { stream, leg, doc: doc.clone() }),
                Applied::Known(leg, doc) if unconfirmed => {
                    changed.push(Entry { stream, leg, doc: doc.clone() });
                }
                Applied::Known(..) | Applied::Late => continue,
            }
            seq.0 += 1;
        }
        if !changed.is_empty() {
            self.send_documents(&mut state, since, now, changed, Vec::new());
        }
    }

    fn send_documents(
        &self,
        state: &mut State,
        since: Seq,
        now: UnixMs,
        documents: Vec<Entry>,
        expired: Vec<CallId>,
    ) {
        let seq = state.seq;
        let message = ServerMessage::Documents { since, seq, now, documents, expired };
        let text = encode(&message);
        state.ring.push(since, seq, text.clone());
        state.snapshot = None;
        self.send(state, text, now);
    }

    fn send(&self, state: &mut State, text: Utf8Bytes, now: UnixMs) {
        state.last_sent = now;
        // An error means that nobody is watching.
        let _ = self.messages.send(text);
    }

    /// Notes what became of a stream and tells the viewers at once.
    pub fn stream_state(&self, stream: Stream, to: StreamState) {
        let now = clock::now();
        let mut state = self.lock();
        let status = state.status.get_mut(stream);
        if status.state != to {
            // A lost stream stays lost while it is tried again: `since` tells
            // how old its data is.
            if (status.state == StreamState::Live) != (to == StreamState::Live) {
                status.since = now;
            }
            status.state = to;
            state.snapshot = None;
            self.send_status(&mut state, now);
        }
    }

    fn send_status(&self, state: &mut State, now: UnixMs) {
        let (build, status) = (self.build.clone(), state.status);
        let text = encode(&ServerMessage::Status { now, build, status });
        self.send(state, text, now);
    }

    /// Starts a viewer. The receiver is taken under the same lock as what
    /// comes first, or a message could fall between the two.
    pub fn subscribe(&self, resume: Option<&Resume>) -> Subscription {
        let mut state = self.lock();
        let rest = self.messages.subscribe();
        let missed = resume
            .filter(|resume| resume.epoch == state.epoch)
            .and_then(|resume| state.ring.after(resume.seq, state.seq));
        let mut first = match missed {
            Some(missed) => missed,
            None => vec![snapshot(&mut state)],
        };
        // The build goes with the status; a newcomer should not wait for it.
        let (build, status) = (self.build.clone(), state.status);
        first.push(encode(&ServerMessage::Status { now: clock::now(), build, status }));
        Subscription { first, rest }
    }

    /// The snapshot of this moment.
    pub fn snapshot(&self) -> Utf8Bytes {
        snapshot(&mut self.lock())
    }

    /// How the streams are.
    pub fn status(&self) -> Status {
        self.lock().status
    }

    /// The build of page and proxy.
    pub fn build(&self) -> &str {
        &self.build
    }

    /// Tells viewers to go, now and from now on.
    pub fn stop(&self) {
        self.stopping.send_replace(true);
    }

    /// A viewer's presence: [`Hub::all_gone`] waits until it is dropped.
    pub fn presence(&self) -> watch::Receiver<bool> {
        self.stopping.subscribe()
    }

    /// Completes when the last viewer is gone.
    pub async fn all_gone(&self) {
        self.stopping.closed().await;
    }

    /// Completes when the proxy stops.
    pub async fn stopped(&self) {
        // The sender lives as long as the hub.
        let _ = self.stopping.subscribe().wait_for(|stopping| *stopping).await;
    }

    /// Sends signs of life and takes calls off the board, for ever.
    pub async fn tend(&self) {
        let mut beat = tokio::time::interval(Duration::from_millis(HEARTBEAT_MS / 4));
        let mut expiry = tokio::time::interval(EXPIRY_EVERY);
        loop {
            tokio::select! {
                _ = beat.tick() => self.beat(clock::now()),
                _ = expiry.tick() => self.expire(clock::now()),
            }
        }
    }

    /// A status, unless something else was sent within half a heartbeat.
    fn beat(&self, now: UnixMs) {
        let mut state = self.lock();
        if now.since_ms(state.last_sent) >= HEARTBEAT_MS / 2 {
            self.send_status(&mut state, now);
        }
    }

    fn expire(&self, now: UnixMs) {
        let mut state = self.lock();
        let live_since = state.status.calls.since;
        let due = state.board.due(now, live_since);
        if !due.is_empty() {
            state.board.expire(&due, now);
            let seq = state.seq;
            self.send_documents(&mut state, seq, now, Vec::new(), due);
        }
    }
}

/// Serialises the board once for all who join before the next change.
fn snapshot(state: &mut State) -> Utf8Bytes {
    let now = clock::now();
    if let Some((made, text)) = &state.snapshot
        && now.since_ms(*made) < SNAPSHOT_STAYS_MS
    {
        return text.clone();
    }
    let message = ServerMessage::Snapshot {
        epoch: state.epoch.clone(),
        seq: state.seq,
        now,
        board: state.board.clone(),
        status: state.status,
    };
    let text = encode(&message);
    state.snapshot = Some((now, text.clone()));
    text
}

fn encode(message: &ServerMessage) -> Utf8Bytes {
    // Our own types have text keys and finite numbers only.
    serde_json::to_string(message).expect("messages can be written as JSON").into()
}

#[cfg(test)]
mod tests {
    use callboard_shared::wire::read;

    use super::*;

    fn hub() -> Hub {
        Hub::new("test".into(), DurationUnit::Auto, Arc::new(Counters::default()))
    }

    fn frame(id: &str, active: u8) -> String {
        format!(r#"{{"id_call":"{id}","active":{active},"time":{{"start":1700000000000}}}}"#)
    }

    fn numbers(messages: &[Utf8Bytes]) -> Vec<(u64, u64)> {
        let read = messages.iter().map(|text| read(text).unwrap());
        read.filter_map(|message| match message {
            ServerMessage::Snapshot { seq, .. } => Some((seq.0, seq.0)),
            ServerMessage::Documents { since, seq, .. } => Some((since.0, seq.0)),
            ServerMessage::Status { .. } => None,
        })
        .collect()
    }

    #[test]
    fn a_newcomer_gets_the_board_and_then_each_document() {
        let hub = hub();
        hub.receive(Stream::Calls, frame("a", 1).as_bytes());
        let mut viewer = hub.subscribe(None);
        assert_eq!(numbers(&viewer.first), [(1, 1)]);
        hub.receive(Stream::Calls, frame("b", 1).as_bytes());
        assert_eq!(numbers(&[viewer.rest.try_recv().unwrap()]), [(1, 2)]);
    }

    #[test]
    fn who_comes_back_gets_what_was_missed() {
        let hub = hub();
        for id in ["a", "b", "c"] {
            hub.receive(Stream::Calls, frame(id, 1).as_bytes());
        }
        let epoch = hub.lock().epoch.clone();
        let back = |seq| Resume { epoch: epoch.clone(), seq: Seq(seq) };
        assert_eq!(numbers(&hub.subscribe(Some(&back(1))).first), [(1, 2), (2, 3)]);
        assert_eq!(numbers(&hub.subscribe(Some(&back(3))).first), []);
        // From the future or another numbering: all anew.
        assert_eq!(numbers(&hub.subscribe(Some(&back(9))).first), [(3, 3)]);
        let other = Resume { epoch: "x".into(), seq: Seq(1) };
        assert_eq!(numbers(&hub.subscribe(Some(&other)).first), [(3, 3)]);
    }

    #[test]
    fn a_bad_frame_changes_nothing() {
        let hub = hub();
        let large = format!(r#"{{"id_call":"a","x":"{}"}}"#, "y".repeat(2 * 1024 * 1024));
        for frame in ["not json", r#"{"type":"ping"}"#, &large] {
            hub.receive(Stream::Calls, frame.as_bytes());
        }
        assert_eq!(hub.lock().seq, Seq(0));
        assert!(hub.lock().board.calls.is_empty());
    }

    #[test]
    fn an_ended_call_leaves_by_a_message() {
        let hub = hub();
        hub.receive(Stream::Calls, frame("a", 0).as_bytes());
        let mut viewer = hub.subscribe(None);
        hub.expire(clock::now().plus_ms(10 * 60_000));
        match read(&viewer.rest.try_recv().unwrap()).unwrap() {
            ServerMessage::Documents { since, seq, expired, .. } => {
                assert_eq!((since, seq), (Seq(1), Seq(1)));
                assert_eq!(expired, ["a".into()]);
            }
            other => panic!("{other:?}"),
        }
        assert_eq!(numbers(&hub.subscribe(None).first), [(1, 1)]);
    }
}
