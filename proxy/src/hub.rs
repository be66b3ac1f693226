//! The only writer of the board: frames in, numbered messages out.
//!
//! Board, numbers and messages change under one lock, so that messages leave
//! in the order of their numbers and a newcomer falls into no gap. Nothing
//! waits while the lock is held.
//!
//! - `frame`: a WebSocket frame, written once for all who get it
//! - `message`: the messages of `/api/live`, written straight into frames
//! - `listening`: since when silence counts
//! - `log`: the newest of them, and one instead of many for who lags
//! - `channel`: one audience's log and its viewers
//! - `fanout`: writes to those of them that keep up, in one loop
//! - `outbox`: frames on their way to one viewer
//! - `state`: board, numbers, and what each audience was told

pub mod channel;
pub mod fanout;
pub mod frame;
mod listening;
mod log;
mod message;
pub mod outbox;
mod state;

use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::time::Duration;

use axum::body::Bytes;
use callboard_shared::audience::Audience;
use callboard_shared::decode::{DecodeError, DurationUnit, decode_with};
use callboard_shared::figures::metrics::Settings;
use callboard_shared::glance::Glance;
use callboard_shared::wire::{HEARTBEAT_MS, Seq, Status, StreamState};
use callboard_shared::{Board, Document, QueueKey, Stream, UnixMs};
use tokio::sync::watch;

use crate::days::{Days, Hours};
use crate::store::rebuild::Rebuilt;
use crate::store::{self, Store};
use crate::telemetry::Counters;
use crate::{clock, upstream};
use channel::Channel;
use frame::{Frame, Opcode};
pub use log::Pull;
use state::State;

/// A larger document is counted and left out, in bytes.
pub const DOCUMENT_LIMIT: usize = 1024 * 1024;
/// A snapshot is shared by all who join within this time, in ms: a storm costs
/// one, and its clock is never further behind.
const SNAPSHOT_STAYS_MS: u64 = 200;
/// How often calls are looked for that should leave the board.
const EXPIRY_EVERY: Duration = Duration::from_secs(5);
/// Audiences told apart at the same time. A filter beyond them filters nothing.
const AUDIENCES: usize = 64;

/// The board, its numbers and its viewers.
pub struct Hub {
    state: Mutex<State>,
    /// The upstream's frames, byte for byte, by stream.
    raw: [Arc<Channel>; 3],
    stopping: watch::Sender<bool>,
    build: String,
    unit: DurationUnit,
    days: Days,
    silence_hours: Option<Hours>,
    store: Store,
    /// What was counted.
    pub counters: Arc<Counters>,
}

/// How documents are read.
#[derive(Clone, Debug, Default)]
pub struct Reading {
    /// What their durations are in.
    pub unit: DurationUnit,
    /// When a day begins.
    pub days: Days,
    /// What counts as in time, and as short.
    pub thresholds: Settings,
    /// Hours in which calls are expected. `None`: all.
    pub silence_hours: Option<Hours>,
}

/// What a viewer starts with.
pub struct Subscription {
    /// To be sent first: a snapshot, unless it goes on where it was, and a
    /// status.
    pub first: Vec<Arc<Frame>>,
    /// Where everything after it is.
    pub channel: Arc<Channel>,
    /// The number of the next message.
    pub cursor: u64,
    /// Tells when there is one.
    pub news: watch::Receiver<u64>,
}

impl Subscription {
    /// Puts the next frames into `out`, as many as go into one write.
    pub fn pull(&mut self, out: &mut Vec<Arc<Frame>>) -> Pull {
        self.channel.pull(&mut self.cursor, clock::now(), out)
    }
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
    /// Goes on with a board and a numbering.
    pub fn new(
        build: String,
        reading: Reading,
        counters: Arc<Counters>,
        store: Store,
        rebuilt: Rebuilt,
    ) -> Hub {
        let raw = Stream::ALL.map(|_| Arc::new(Channel::new(Audience::supervisor())));
        let (stopping, _) = watch::channel(false);
        let Reading { unit, days, thresholds, silence_hours } = reading;
        let thresholds = Settings { zone: days.zone().to_owned(), ..thresholds };
        let state = Mutex::new(State::new(rebuilt, thresholds, clock::now()));
        Hub { state, raw, stopping, build, unit, days, silence_hours, store, counters }
    }

    /// Board and numbers are changed in one go, so a panic elsewhere while
    /// the lock was held leaves them usable.
    fn lock(&self) -> MutexGuard<'_, State> {
        self.state.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// Takes frames of the upstream that came together: viewers get one
    /// message about all of them.
    pub fn receive(&self, stream: Stream, frames: &[upstream::Frame]) {
        let now = clock::now();
        let decoded: Vec<_> = frames.iter().map(|frame| self.decoded(stream, frame)).collect();
        let mut news = Vec::new();
        let mut state = self.lock();
        for (frame, documents) in frames.iter().zip(decoded) {
            let changed = state.take(stream, documents, now, &mut news);
            // Under the lock, so that frames are kept in the order of their numbers.
            let upstream::Frame { bytes, is_text } = frame.clone();
            let kept = store::Frame { stream, at: now, is_text, bytes, seq: state.seq.0 };
            self.store.keep_frame(kept, changed);
        }
        state.tell(&news, now);
    }

    /// Passes a frame on as it is, and reads its documents.
    fn decoded(&self, stream: Stream, frame: &upstream::Frame) -> Vec<Document> {
        let channel = self.raw(stream);
        if channel.has_viewers() {
            let opcode = if frame.is_text { Opcode::Text } else { Opcode::Binary };
            channel.raw(Frame::new(opcode, &frame.bytes));
        }
        let decoded = if frame.bytes.len() > DOCUMENT_LIMIT {
            Err("larger than 1 MiB".to_owned())
        } else {
            let decoded = decode_with(&frame.bytes, self.unit);
            decoded.map_err(|error: DecodeError| error.to_string())
        };
        match decoded {
            Ok(decoded) => {
                self.counters.decoded(stream, &decoded);
                decoded.documents
            }
            Err(reason) => {
                self.counters.refused(stream, frame.bytes.len(), &reason);
                Vec::new()
            }
        }
    }

    /// Notes what became of a stream and tells the viewers at once.
    pub fn stream_state(&self, stream: Stream, to: StreamState) {
        let now = clock::now();
        let mut state = self.lock();
        let status = state.status.get_mut(stream);
        if status.state != to {
            // A lost stream stays lost while it is tried again: `since` tells
            // how old its data is.
            let (was_live, is_live) = (status.state == StreamState::Live, to == StreamState::Live);
            let from = if was_live { now } else { status.since };
            self.store.keep_gap(stream, from, is_live.then_some(now));
            if was_live != is_live {
                status.since = now;
            }
            status.state = to;
            state.forget_snapshots();
            self.send_status(&mut state, now);
        }
    }

    fn send_status(&self, state: &mut State, now: UnixMs) {
        let frame = message::status(now, &self.build, &state.status);
        state.last_sent = now;
        for told in state.audiences.values() {
            told.channel.status(Arc::clone(&frame));
        }
    }

    /// The numbering as an audience knows it.
    pub fn epoch_of(&self, audience: &Audience) -> String {
        self.lock().epoch_of(audience)
    }

    /// Starts a viewer: it gets a snapshot, or goes on where it was.
    pub fn subscribe(&self, audience: &Audience, resume: Option<&Resume>) -> Subscription {
        let now = clock::now();
        let mut state = self.lock();
        let epoch = state.epoch_of(audience);
        let resume = resume.filter(|resume| resume.epoch == epoch);
        let told = state.told(audience);
        let channel = Arc::clone(&told.channel);
        let missed = resume.and_then(|resume| channel.after(resume.seq, told.reached));
        let (mut first, cursor) = match missed {
            Some(cursor) => (Vec::new(), cursor),
            None => state.snapshot(audience, now),
        };
        // The build goes with the status; a newcomer should not wait for it.
        first.push(message::status(now, &self.build, &state.status));
        // Under the lock, or an audience without viewers could be forgotten.
        let news = channel.news();
        Subscription { first, channel, cursor, news }
    }

    /// Starts a viewer of one stream's frames, from now on.
    pub fn subscribe_raw(&self, stream: Stream) -> Subscription {
        let channel = Arc::clone(self.raw(stream));
        let (news, cursor) = (channel.news(), channel.next());
        Subscription { first: Vec::new(), channel, cursor, news }
    }

    /// Whether a viewer may ask for this audience without making one too many.
    pub fn has_room_for(&self, audience: &Audience) -> bool {
        let state = self.lock();
        state.audiences.len() < AUDIENCES || state.audiences.contains_key(audience)
    }

    fn raw(&self, stream: Stream) -> &Arc<Channel> {
        let [calls, queues, agents] = &self.raw;
        match stream {
            Stream::Calls => calls,
            Stream::Queues => queues,
            Stream::Agents => agents,
        }
    }

    /// The snapshot of this moment, as text.
    pub fn snapshot(&self, audience: &Audience) -> Bytes {
        let mut state = self.lock();
        // Who asks without listening on shall not get what was a moment ago.
        state.forget_old_snapshot(audience);
        let (frames, _) = state.snapshot(audience, clock::now());
        frames.first().map(|frame| frame.payload()).unwrap_or_default()
    }

    /// Reads the board. Nobody else does meanwhile: be quick.
    pub fn read<R>(&self, read: impl FnOnce(&Board) -> R) -> R {
        read(&self.lock().board)
    }

    /// The board at a glance, as an audience sees it; of its queues only
    /// these, none: all.
    pub fn glance(&self, audience: &Audience, queues: &[QueueKey]) -> Glance {
        let state = self.lock();
        let board = state.board.seen_by(audience);
        Glance::of(&board, &state.thresholds, &state.status, queues, clock::now())
    }

    /// Looks at the board while all streams are live; `None`: what it shows is
    /// old. Nobody else does meanwhile: be quick.
    pub fn read_live<R>(&self, read: impl FnOnce(&Board, &Settings) -> R) -> Option<R> {
        let state = self.lock();
        state.status.all_live().then(|| read(&state.board, &state.thresholds))
    }

    /// What counts as in time, and as short.
    pub fn thresholds(&self) -> Settings {
        self.lock().thresholds.clone()
    }

    /// Changes what counts as in time; everybody is told.
    pub fn set_thresholds(&self, thresholds: Settings) {
        let thresholds = Settings { zone: self.days.zone().to_owned(), ..thresholds };
        let mut state = self.lock();
        if state.thresholds != thresholds {
            state.thresholds = thresholds;
            state.start_anew();
            // Nobody left; the number must live on.
            self.store.keep_expired(clock::now(), &[], state.seq.0);
        }
    }

    /// How the streams are.
    pub fn status(&self) -> Status {
        self.lock().status
    }

    /// What durations are in.
    pub fn unit(&self) -> DurationUnit {
        self.unit
    }

    /// The build of page and proxy.
    pub fn build(&self) -> &str {
        &self.build
    }

    /// Tells viewers to go, now and from now on.
    pub fn stop(&self) {
        self.stopping.send_replace(true);
        let state = self.lock();
        let told = state.audiences.values().map(|told| &told.channel);
        told.chain(&self.raw).for_each(|channel| channel.stop());
    }

    /// Whether the proxy is stopping.
    pub fn is_stopping(&self) -> bool {
        *self.stopping.borrow()
    }

    /// A viewer's presence: [`Hub::all_gone`] waits until it is dropped.
    pub fn presence(&self) -> watch::Receiver<bool> {
        self.stopping.subscribe()
    }

    /// Completes when the last viewer is gone.
    pub async fn all_gone(&self) {
        self.stopping.closed().await;
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
        self.raw.iter().for_each(|channel| channel.wake());
        let mut state = self.lock();
        state.listen(now, self.silence_hours.as_ref(), &self.days);
        // Who sees only a part may have heard nothing of what was sent.
        let parts = state.audiences.len() > 1;
        if parts || now.since_ms(state.last_sent) >= HEARTBEAT_MS / 2 {
            self.send_status(&mut state, now);
        }
    }

    fn expire(&self, now: UnixMs) {
        let mut state = self.lock();
        let live_since = state.status.calls.since;
        let due = state.board.due(now, live_since);
        state.forget_the_gone();
        if !due.is_empty() {
            self.store.keep_expired(now, &due, state.seq.0);
            state.expire(&due, now);
        }
        let day = self.days.start_of(now);
        if day > state.board.day {
            state.begin_day(day);
            // Nobody left; the number must live on.
            self.store.keep_expired(now, &[], state.seq.0);
        }
    }
}

#[cfg(test)]
#[path = "hub_tests.rs"]
mod tests;
