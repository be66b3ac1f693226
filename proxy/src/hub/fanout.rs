//! Messages to all viewers of a channel that keep up, written in one loop.
//!
//! To wake a task for each viewer and message costs a sixth of what the write
//! itself costs. So the task of a viewer that has everything parks and lends
//! its stream to the channel, whose loop hands each message to the system for
//! one after the other. Who is not done with one attempt gets its stream back,
//! with what is left of it, and its task goes on from there: who is behind,
//! stalls or has something of its own to send costs the others nothing.
//!
//! One of the two has a viewer's turn at a time, and a slot behind a lock says
//! which. Nothing waits while a slot is locked, and nothing but slots is locked
//! while the loop writes.

use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::thread::available_parallelism;
use std::time::Duration;

use axum::body::Bytes;
use tokio::net::TcpStream;
use tokio::sync::Notify;
use tokio::task::yield_now;
use tokio::time::Instant;

use super::channel::Channel;
use super::frame::Frame;
use super::outbox::Outbox;

/// Every parked viewer's task gets a moment this often, at a message or at the
/// hub's beat: it looks whether the viewer may stay, and whether a ping is due.
const MOMENT_EVERY: Duration = Duration::from_secs(1);
/// Writes before others get their turn: about half a millisecond.
const AT_ONCE: usize = 64;
/// So many viewers are worth a second loop, on another core.
const LOOP_FROM: usize = 256;

/// How far a viewer is.
#[derive(Debug)]
pub struct Turn {
    /// The number of the next message.
    pub cursor: u64,
    /// To be written before it.
    pub rest: Outbox,
    /// When something was written last.
    pub written: Instant,
}

/// What the loop needs of a viewer.
struct Parked {
    stream: Arc<TcpStream>,
    deflate: bool,
    turn: Turn,
    since: Instant,
}

/// Whose turn it is.
enum Slot {
    /// The task's.
    Awake,
    /// The loop's.
    Parked(Parked),
    /// The task's, which has been called for it.
    Back(Turn),
    /// Nobody's: the viewer has left.
    Left,
}

/// A viewer among the others.
struct Lane {
    slot: Mutex<Slot>,
    called: Notify,
}

/// What is to be written next, in the forms that viewers may want.
struct Batch {
    /// The number of the first message, and of the one behind the last.
    messages: std::ops::Range<u64>,
    frames: Vec<Arc<Frame>>,
    forms: [Option<Bytes>; 2],
}

/// The loops of a channel.
pub(super) struct Fanout {
    loops: Box<[Loop]>,
}

/// One of them. It runs while it has viewers.
#[derive(Default)]
struct Loop {
    work: Notify,
    roster: Mutex<Roster>,
}

#[derive(Default)]
struct Roster {
    /// Not known to the loop yet.
    newcomers: Vec<Arc<Lane>>,
    /// Viewers, with those that have left and are not struck off yet.
    size: usize,
    left: usize,
    runs: bool,
}

/// A viewer's place in its channel's loop, given up when dropped.
pub struct Membership {
    channel: Arc<Channel>,
    place: usize,
    lane: Arc<Lane>,
}

impl Lane {
    fn lock(&self) -> MutexGuard<'_, Slot> {
        self.slot.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// Writes if it is the loop's turn; `None`: everything goes back to the
    /// tasks. Whether the viewer is still there.
    fn offer(&self, batch: Option<&mut Batch>, now: Instant) -> bool {
        let mut slot = self.lock();
        let parked = match &mut *slot {
            Slot::Parked(parked) => parked,
            Slot::Awake | Slot::Back(_) => return true,
            Slot::Left => return false,
        };
        let keeps_up = batch.is_some_and(|batch| parked.take(batch, now));
        if keeps_up && now - parked.since < MOMENT_EVERY {
            return true;
        }
        if let Slot::Parked(Parked { turn, .. }) = std::mem::replace(&mut *slot, Slot::Awake) {
            *slot = Slot::Back(turn);
            self.called.notify_one();
        }
        true
    }
}

impl Parked {
    /// Writes what the viewer lacks of it; whether it lacks nothing then.
    fn take(&mut self, batch: &mut Batch, now: Instant) -> bool {
        let Turn { cursor, rest, written } = &mut self.turn;
        if *cursor >= batch.messages.end {
            return true;
        }
        // It parked while the loop was behind, and has a part of it already.
        if *cursor != batch.messages.start {
            return false;
        }
        let bytes = batch.bytes(self.deflate);
        // Whatever is wrong, the task will find it out by trying the same.
        let Ok(taken @ 1..) = self.stream.try_write(bytes) else { return false };
        let is_all = taken == bytes.len();
        (*cursor, *written) = (batch.messages.end, now);
        if !is_all {
            *rest = Outbox::from(batch.frames.clone());
            rest.advance(taken, self.deflate);
        }
        is_all
    }
}

impl Batch {
    /// All of its frames in one piece.
    fn bytes(&mut self, deflate: bool) -> &Bytes {
        let frames = &self.frames;
        self.forms[usize::from(deflate)].get_or_insert_with(|| match &**frames {
            [frame] => frame.wire(deflate).clone(),
            several => {
                let wires: Vec<_> = several.iter().map(|frame| &**frame.wire(deflate)).collect();
                Bytes::from(wires.concat())
            }
        })
    }
}

impl Fanout {
    pub(super) fn new() -> Fanout {
        let cores = available_parallelism().map_or(1, usize::from);
        Fanout { loops: (0..cores).map(|_| Loop::default()).collect() }
    }

    /// There is something to write, or a moment to be given.
    pub(super) fn call(&self) {
        for one in &self.loops {
            // Under the lock, or a newcomer's look for news and this could miss
            // each other.
            if one.lock().runs {
                one.work.notify_one();
            }
        }
    }

    /// Where another viewer goes: one loop is filled before the next one, as
    /// each costs a wake-up per message.
    fn place(&self) -> usize {
        let size = |one: &Loop| one.lock().size;
        let room = self.loops.iter().position(|one| size(one) < LOOP_FROM);
        let least = || (0..self.loops.len()).min_by_key(|place| size(&self.loops[*place]));
        room.or_else(least).unwrap_or_default()
    }
}

impl Loop {
    fn lock(&self) -> MutexGuard<'_, Roster> {
        self.roster.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// Strikes off who has left; whether nobody is there any more.
    fn strike(&self, gone: usize, nobody: bool) -> bool {
        let mut roster = self.lock();
        roster.left -= gone;
        roster.size -= gone;
        roster.runs = !nobody || !roster.newcomers.is_empty();
        !roster.runs
    }
}

impl Membership {
    /// Takes a place in the channel's loop, which begins if it does not run.
    pub fn join(channel: &Arc<Channel>) -> Membership {
        let lane = Arc::new(Lane { slot: Mutex::new(Slot::Awake), called: Notify::new() });
        let place = channel.fanout.place();
        let one = &channel.fanout.loops[place];
        let mut roster = one.lock();
        roster.newcomers.push(Arc::clone(&lane));
        roster.size += 1;
        if !std::mem::replace(&mut roster.runs, true) {
            // Nobody before has parked: what has come by now is the task's.
            tokio::spawn(run(Arc::clone(channel), place, channel.next()));
        }
        drop(roster);
        Membership { channel: Arc::clone(channel), place, lane }
    }

    /// Whether it is a place in this channel's loop.
    pub fn is_of(&self, channel: &Arc<Channel>) -> bool {
        Arc::ptr_eq(&self.channel, channel)
    }

    /// Leaves the writing to the loop until it calls, or until [`take_back`].
    /// The caller looks afterwards whether there is news: what came before
    /// this the loop has perhaps passed over.
    ///
    /// [`take_back`]: Membership::take_back
    pub fn park(&self, stream: &Arc<TcpStream>, deflate: bool, turn: Turn, since: Instant) {
        let stream = Arc::clone(stream);
        *self.lane.lock() = Slot::Parked(Parked { stream, deflate, turn, since });
    }

    /// Completes when the task is needed.
    pub async fn called(&self) {
        self.lane.called.notified().await;
    }

    /// From now on the task writes; `None`: it did all along.
    pub fn take_back(&self) -> Option<Turn> {
        match std::mem::replace(&mut *self.lane.lock(), Slot::Awake) {
            Slot::Parked(Parked { turn, .. }) | Slot::Back(turn) => Some(turn),
            Slot::Awake | Slot::Left => None,
        }
    }
}

impl Drop for Membership {
    fn drop(&mut self) {
        let one = &self.channel.fanout.loops[self.place];
        let mut roster = one.lock();
        // Counted before it is seen.
        roster.left += 1;
        *self.lane.lock() = Slot::Left;
        // Not for each: a pass looks at all of them.
        if roster.left * 2 >= roster.size {
            one.work.notify_one();
        }
    }
}

/// Writes what comes, until all viewers have left.
async fn run(channel: Arc<Channel>, place: usize, mut cursor: u64) {
    let one = &channel.fanout.loops[place];
    let mut lanes = Vec::new();
    loop {
        one.work.notified().await;
        loop {
            // First the messages, then the viewers: who comes in between looks
            // for news itself.
            let begin = cursor;
            let mut frames = Vec::new();
            let has_all = channel.pull_for_all(&mut cursor, &mut frames);
            let messages = begin..cursor;
            let mut batch = has_all.then(|| Batch { messages, frames, forms: [None, None] });
            lanes.append(&mut one.lock().newcomers);
            let gone = pass(&mut lanes, batch.as_mut()).await;
            if one.strike(gone, lanes.is_empty()) {
                return;
            }
            if !has_all || cursor >= channel.next() {
                break;
            }
        }
    }
}

/// Goes over all viewers once; how many of them had left.
async fn pass(lanes: &mut Vec<Arc<Lane>>, mut batch: Option<&mut Batch>) -> usize {
    let before = lanes.len();
    let (mut at, mut now) = (0, Instant::now());
    let mut offers = 0;
    while let Some(lane) = lanes.get(at) {
        if lane.offer(batch.as_deref_mut(), now) {
            at += 1;
        } else {
            lanes.swap_remove(at);
        }
        offers += 1;
        if offers % AT_ONCE == 0 {
            yield_now().await;
            now = Instant::now();
        }
    }
    before - lanes.len()
}

#[cfg(test)]
#[path = "fanout_tests.rs"]
mod tests;
