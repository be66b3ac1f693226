//! The newest messages of one channel: what is sent, what a viewer that comes
//! back gets, and what one that lags gets instead.

use std::collections::{HashMap, VecDeque};
use std::ops::Range;
use std::sync::Arc;

use callboard_shared::wire::Seq;
use callboard_shared::{CallId, Stream, UnixMs};

use super::frame::{Draft, Frame, Opcode};
use super::message;

/// A viewer this far behind gets the newest document per key instead of each.
const LAG_MESSAGES: u64 = 256;
/// The same, in bytes.
const LAG_BYTES: usize = 256 * 1024;
/// Joined into one write, at most. A stalled viewer holds on to no more.
const WRITE_BYTES: usize = 48 * 1024;
/// The same, in frames.
const WRITE_FRAMES: usize = 64;

/// Which document it is: its stream, its call, its leg.
pub(super) type Key = (Stream, CallId, usize);

/// A message, and what of it is needed to make one of many.
pub(super) struct Kept {
    pub(super) frame: Arc<Frame>,
    /// Bytes of all messages before it, ever.
    pub(super) before: usize,
    pub(super) body: Body,
}

/// What a message says.
pub(super) enum Body {
    /// Documents, by their place in the text, and calls that left.
    Documents { since: Seq, seq: Seq, parts: Vec<(Key, Range<usize>)>, expired: Vec<CallId> },
    /// A sign of life.
    Status,
    /// A frame of the upstream, as it came.
    Raw,
}

/// Messages in order, each with a number of its own, bounded by their size.
pub(super) struct Log {
    kept: VecDeque<Kept>,
    /// The number of the oldest message kept.
    first: u64,
    /// Bytes of all messages, ever.
    total: usize,
    limit: usize,
}

/// What a viewer gets next.
#[derive(Debug)]
pub enum Pull {
    /// These frames, or none yet.
    Frames,
    /// What it missed is no longer here: it must start anew.
    Fallen,
}

impl Log {
    pub(super) fn new(limit: usize) -> Log {
        Log { kept: VecDeque::new(), first: 0, total: 0, limit }
    }

    /// The number that the next message will have.
    pub(super) fn next(&self) -> u64 {
        self.first + self.kept.len() as u64
    }

    pub(super) fn push(&mut self, frame: Arc<Frame>, body: Body) {
        let before = self.total;
        self.total += frame.wire(false).len();
        self.kept.push_back(Kept { frame, before, body });
        while self.kept.front().is_some_and(|oldest| self.total - oldest.before > self.limit)
            && self.kept.len() > 1
        {
            self.kept.pop_front();
            self.first += 1;
        }
    }

    /// Forgets all: whoever has not got it yet starts anew.
    pub(super) fn clear(&mut self) {
        // The number moves on, so that also who had it all is told.
        self.first = self.next() + 1;
        self.kept.clear();
    }

    /// The messages from `cursor` on, as many as go into one write; one of
    /// many if they are too many.
    pub(super) fn pull(&self, cursor: &mut u64, now: UnixMs, out: &mut Vec<Arc<Frame>>) -> Pull {
        if *cursor >= self.next() {
            return Pull::Frames;
        }
        let Some(skip) = cursor.checked_sub(self.first) else { return Pull::Fallen };
        let skip = skip as usize;
        let waiting = self.total - self.kept[skip].before;
        let lags = self.next() - *cursor > LAG_MESSAGES || waiting > LAG_BYTES;
        let is_board = !matches!(self.kept[skip].body, Body::Raw);
        if lags && is_board && self.next() - *cursor > 1 {
            out.extend(self.conflated(skip, now));
            *cursor = self.next();
            return Pull::Frames;
        }
        let mut bytes = 0;
        for kept in self.kept.range(skip..).take(WRITE_FRAMES) {
            let length = kept.frame.wire(false).len();
            if bytes > 0 && bytes + length > WRITE_BYTES {
                break;
            }
            bytes += length;
            out.push(Arc::clone(&kept.frame));
            *cursor += 1;
        }
        Pull::Frames
    }

    /// One message with the newest document per key, and the newest status.
    fn conflated(&self, skip: usize, now: UnixMs) -> Vec<Arc<Frame>> {
        let mut newest: HashMap<&Key, (usize, &[u8])> = HashMap::new();
        let (mut gone, mut numbers, mut status) = (Vec::new(), None::<(Seq, Seq)>, None);
        let payloads: Vec<_> = self.kept.range(skip..).map(|kept| kept.frame.payload()).collect();
        for (kept, payload) in self.kept.range(skip..).zip(&payloads) {
            match &kept.body {
                Body::Documents { since, seq, parts, expired } => {
                    numbers = Some((numbers.map_or(*since, |(since, _)| since), *seq));
                    gone.extend(expired.iter().cloned());
                    for (key, range) in parts {
                        // The place of the first: a call's legs keep their order.
                        let place = newest.len();
                        let entry = newest.entry(key).or_insert((place, &[]));
                        entry.1 = &payload[range.clone()];
                    }
                }
                Body::Status => status = Some(Arc::clone(&kept.frame)),
                Body::Raw => (),
            }
        }
        let mut parts: Vec<_> = newest.into_values().collect();
        parts.sort_unstable_by_key(|(place, _)| *place);
        let documents = numbers.map(|(since, seq)| {
            let mut draft = Draft::new();
            message::begin_documents(&mut draft, since, seq, now);
            for (index, (_, part)) in parts.iter().enumerate() {
                if index > 0 {
                    draft.bytes().push(b',');
                }
                draft.bytes().extend_from_slice(part);
            }
            message::end_documents(&mut draft, &gone);
            draft.finish(Opcode::Text, Some(seq))
        });
        documents.into_iter().chain(status).collect()
    }

    /// The number of the first message that who has seen `seen` lacks, if all
    /// of them are still here; `reached` is the number reached.
    ///
    /// Messages that only take calls off the board reach no new number. They
    /// are repeated when they stand at `seen`: taking a call off twice is the
    /// same as once.
    pub(super) fn after(&self, seen: Seq, reached: Seq) -> Option<u64> {
        let numbers = |kept: &Kept| match &kept.body {
            Body::Documents { since, seq, .. } => Some((*since, *seq)),
            Body::Status | Body::Raw => None,
        };
        let oldest = self.kept.iter().find_map(numbers).map_or(reached, |(since, _)| since);
        if seen < oldest || seen > reached {
            return None;
        }
        let missed = |kept: &Kept| {
            numbers(kept).is_some_and(|(since, seq)| seq > seen || (seq == seen && since == seen))
        };
        let index = self.kept.iter().position(missed).unwrap_or(self.kept.len());
        Some(self.first + index as u64)
    }
}

#[cfg(test)]
#[path = "log_tests.rs"]
mod tests;
