//! One call as the centre knows it: menus, queue passages, agents' legs.
//!
//! Instants without another remark are epoch milliseconds, as they go into
//! the documents.

use std::sync::Arc;

use super::script::Script;

#[derive(Clone, Copy, Debug, Eq, PartialEq)]
pub(super) enum Direction {
    Incoming,
    Outgoing,
}

impl Direction {
    /// The word on the wire.
    pub(super) fn wire(self) -> &'static str {
        match self {
            Direction::Incoming => "incoming",
            Direction::Outgoing => "outgoing",
        }
    }
}

/// Whether the caller of a queue was asked to be called back instead of waiting.
#[derive(Clone, Copy, Debug, Eq, PartialEq)]
pub(super) enum Callback {
    NotAsked,
    Declined,
    /// Has hung up and keeps the place in the queue.
    Accepted,
    /// Was called back and talked.
    Reached,
    /// Was called back and did not answer.
    NoAnswer,
    /// Answered the callback and did not confirm.
    NotConfirmed,
}

/// A menu that the caller heard.
pub(super) struct Visit {
    pub(super) menu: usize,
    pub(super) at: i64,
}

/// One stay in one queue.
pub(super) struct Passage {
    pub(super) queue: usize,
    pub(super) entered: i64,
    /// When the stay in the line ended: answered, sent on or given up.
    pub(super) left: Option<i64>,
    /// A human talks, or talked, to the caller out of this queue.
    pub(super) answered: bool,
    /// Why the caller left, as a word of the wire.
    pub(super) fail: Option<&'static str>,
    /// When the queue's document was closed: next queue, or end of the call.
    pub(super) closed: Option<i64>,
}

/// How an agent came to be in a call.
#[derive(Clone, Copy, Debug, Eq, PartialEq)]
pub(super) enum Role {
    /// Offered by a queue.
    Queue,
    /// Called directly by a customer.
    Direct,
    /// Got the call by a blind transfer.
    Blind,
    /// Asked first, then given the call.
    Attended,
    /// Called by a colleague.
    Colleague,
    /// Dialled the call.
    Caller,
}

/// One agent's part in a call: at first a ringing phone.
pub(super) struct Leg {
    pub(super) agent: usize,
    pub(super) role: Role,
    /// Index of the queue passage it belongs to.
    pub(super) passage: Option<usize>,
    pub(super) ring_start: i64,
    /// When the agent picked up; for a dialling agent, when the other side did.
    pub(super) answered: Option<i64>,
    /// When the talk began; later than `answered` for a callback.
    pub(super) talk_from: Option<i64>,
    /// Time on hold within the talk, in milliseconds on the clock.
    pub(super) held: i64,
    pub(super) ended: Option<i64>,
    pub(super) end_reason: Option<&'static str>,
}

impl Leg {
    pub(super) fn rings(&self) -> bool {
        self.ended.is_none() && self.answered.is_none()
    }

    pub(super) fn talks(&self) -> bool {
        self.ended.is_none() && self.talk_from.is_some()
    }

    /// Rings, or calls a customer back who has not answered yet.
    pub(super) fn waits(&self) -> bool {
        self.ended.is_none() && self.talk_from.is_none()
    }

    /// The agent was called, rather than calling.
    pub(super) fn was_offered(&self) -> bool {
        self.role != Role::Caller
    }

    /// Time spent ringing, as far as it is over, in milliseconds.
    pub(super) fn rang(&self) -> i64 {
        self.answered.or(self.ended).map_or(0, |until| until - self.ring_start)
    }

    /// Time spent talking, without hold, once it is over, in milliseconds.
    pub(super) fn talked(&self) -> i64 {
        match (self.talk_from, self.ended) {
            (Some(from), Some(until)) => (until - from - self.held).max(0),
            _ => 0,
        }
    }
}

pub(super) struct Transfer {
    pub(super) kind: &'static str,
    pub(super) answered: bool,
}

/// What the caller pressed, and the queue reached by it.
pub(super) struct Digit {
    pub(super) dialed: u32,
    pub(super) queue: usize,
}

pub(super) struct Call {
    pub(super) id: Arc<str>,
    pub(super) direction: Direction,
    pub(super) internal: bool,
    /// The customer's number; `None` between colleagues.
    pub(super) customer: Option<String>,
    pub(super) start: i64,
    pub(super) end: Option<i64>,
    pub(super) reason: Option<&'static str>,
    pub(super) recorded: bool,
    pub(super) voicemail: bool,
    pub(super) visits: Vec<Visit>,
    pub(super) digit: Option<Digit>,
    pub(super) passages: Vec<Passage>,
    pub(super) legs: Vec<Leg>,
    pub(super) transfers: Vec<Transfer>,
    /// Why the called agent's phone passed the call on.
    pub(super) redirect: Option<Redirect>,
    pub(super) callback: Callback,
    /// Most phones that rang at the same time.
    pub(super) devices: usize,
    /// A human answered at or after the first entry to a queue.
    pub(super) handled: bool,
    /// Given by hand instead of left to chance.
    pub(super) script: Option<Script>,
}

#[derive(Clone, Copy, Debug, Eq, PartialEq)]
pub(super) enum Redirect {
    NoAnswer,
    UserBusy,
}

impl Call {
    pub(super) fn new(id: Arc<str>, direction: Direction, start: i64) -> Self {
        Call {
            id,
            direction,
            internal: false,
            customer: None,
            start,
            end: None,
            reason: None,
            recorded: false,
            voicemail: false,
            visits: Vec::new(),
            digit: None,
            passages: Vec::new(),
            legs: Vec::new(),
            transfers: Vec::new(),
            redirect: None,
            callback: Callback::NotAsked,
            devices: 0,
            handled: false,
            script: None,
        }
    }

    /// A human has answered at some time.
    pub(super) fn answered(&self) -> bool {
        self.legs.iter().any(|leg| leg.talk_from.is_some())
    }

    /// An external caller who has been in a queue: what the board counts.
    pub(super) fn counts(&self) -> bool {
        self.direction == Direction::Incoming && !self.internal && !self.passages.is_empty()
    }

    /// Index and state of the queue in which the caller is, or has to be offered.
    pub(super) fn in_queue(&self) -> Option<(usize, &Passage)> {
        let index = self.passages.len().checked_sub(1)?;
        let passage = &self.passages[index];
        (passage.left.is_none() && passage.closed.is_none()).then_some((index, passage))
    }

    /// On the line and waiting in a queue; accepted callbacks are not.
    pub(super) fn waits(&self) -> bool {
        self.in_queue().is_some() && self.callback != Callback::Accepted
    }

    /// Answered since the last entry to a queue, and not over.
    pub(super) fn talks(&self) -> bool {
        self.passages.last().is_some_and(|passage| passage.answered)
    }

    pub(super) fn has_been_in(&self, queue: usize) -> bool {
        self.passages.iter().any(|passage| passage.queue == queue)
    }

    /// Time in `passage` during which at least one phone rang, in milliseconds.
    ///
    /// Phones of ring-all ring together; what the documents call queue time is
    /// the rest of the wait.
    pub(super) fn rang_in(&self, passage: usize) -> i64 {
        let Some(until) = self.passages[passage].left else { return 0 };
        let mut covered = self.passages[passage].entered;
        let mut rang = 0;
        for leg in self.legs.iter().filter(|leg| leg.passage == Some(passage)) {
            // Legs begin in the order of the list.
            let end = leg.answered.or(leg.ended).unwrap_or(until).min(until);
            rang += (end - leg.ring_start.max(covered)).max(0);
            covered = covered.max(end);
        }
        rang
    }

    /// Time in the line of `passage` while nothing rang, once it is over, in milliseconds.
    pub(super) fn queued_in(&self, passage: usize) -> i64 {
        let Passage { entered, left, .. } = self.passages[passage];
        left.map_or(0, |left| (left - entered - self.rang_in(passage)).max(0))
    }
}
