//! Sums of contributions, which can be added, taken off and merged.

use serde::Serialize;

use super::contribution::{Entry, Offer, Stand};
use super::waits::Waits;

/// Sum over calls, or over passages through a queue. All counts; times in ms.
#[derive(Clone, Debug, Default, Eq, PartialEq, Serialize)]
pub struct Tally {
    /// Entered the queue.
    pub offered: u32,
    /// Waits of those answered by a human at or after the entry.
    pub handled: Waits,
    /// Waits of those who gave up.
    pub abandoned: Waits,
    /// Left: the longest wait was reached.
    pub timeout: u32,
    /// Left: the queue was full.
    pub full: u32,
    /// Left: nobody was signed in.
    pub empty: u32,
    /// Left: the caller pressed a key.
    pub digit: u32,
    /// Ended in a personal voicemail.
    pub voicemail: u32,
    /// Sent on.
    pub redirected: u32,
    /// Ended in any other way.
    pub other: u32,
    /// Callbacks declined, accepted, failed.
    pub callbacks: [u32; 3],
    /// Handled, and then sent on.
    pub transferred: u32,
    /// Talks that are over.
    pub talks: u32,
    /// Their talk.
    pub talk_ms: u64,
    /// Their hold.
    pub hold_ms: u64,
}

/// Adds or takes off.
#[derive(Clone, Copy)]
enum Change {
    Add,
    Remove,
}

impl Change {
    fn count(self, field: &mut u32, by: u32) {
        *field = match self {
            Change::Add => field.saturating_add(by),
            Change::Remove => field.saturating_sub(by),
        };
    }

    fn time(self, field: &mut u64, by: u64) {
        *field = match self {
            Change::Add => field.saturating_add(by),
            Change::Remove => field.saturating_sub(by),
        };
    }

    fn wait(self, field: &mut Waits, wait_ms: u64) {
        match self {
            Change::Add => field.add(wait_ms),
            Change::Remove => field.remove(wait_ms),
        }
    }
}

impl Tally {
    /// Counts a call or passage.
    pub fn add(&mut self, entry: &Entry) {
        self.change(Change::Add, entry);
    }

    /// Takes one off again.
    pub fn remove(&mut self, entry: &Entry) {
        self.change(Change::Remove, entry);
    }

    fn change(&mut self, change: Change, entry: &Entry) {
        change.count(&mut self.offered, 1);
        match entry.stand {
            // A callback is counted by its own counts.
            Stand::Open | Stand::Callback => (),
            Stand::Handled { wait_ms } => change.wait(&mut self.handled, wait_ms),
            Stand::Abandoned { wait_ms } => change.wait(&mut self.abandoned, wait_ms),
            Stand::Timeout => change.count(&mut self.timeout, 1),
            Stand::Full => change.count(&mut self.full, 1),
            Stand::Empty => change.count(&mut self.empty, 1),
            Stand::Digit => change.count(&mut self.digit, 1),
            Stand::Voicemail => change.count(&mut self.voicemail, 1),
            Stand::Redirected => change.count(&mut self.redirected, 1),
            Stand::Other => change.count(&mut self.other, 1),
        }
        for (field, by) in self.callbacks.iter_mut().zip(entry.callbacks) {
            change.count(field, by);
        }
        change.count(&mut self.transferred, u32::from(entry.transferred));
        change.count(&mut self.talks, entry.talks);
        change.time(&mut self.talk_ms, entry.talk_ms);
        change.time(&mut self.hold_ms, entry.hold_ms);
    }

    /// Adds the sums of `other`.
    pub fn merge(&mut self, other: &Tally) {
        self.handled.merge(&other.handled);
        self.abandoned.merge(&other.abandoned);
        let counts = [
            (&mut self.offered, other.offered),
            (&mut self.timeout, other.timeout),
            (&mut self.full, other.full),
            (&mut self.empty, other.empty),
            (&mut self.digit, other.digit),
            (&mut self.voicemail, other.voicemail),
            (&mut self.redirected, other.redirected),
            (&mut self.other, other.other),
            (&mut self.transferred, other.transferred),
            (&mut self.talks, other.talks),
        ];
        for (field, by) in counts.into_iter().chain(self.callbacks.iter_mut().zip(other.callbacks))
        {
            Change::Add.count(field, by);
        }
        Change::Add.time(&mut self.talk_ms, other.talk_ms);
        Change::Add.time(&mut self.hold_ms, other.hold_ms);
    }

    /// Left the queue by timeout, full, empty or digit.
    pub fn flow_out(&self) -> u32 {
        self.timeout + self.full + self.empty + self.digit
    }
}

/// Sum over offers to an agent. Counts; times in ms.
#[derive(Clone, Copy, Debug, Default, Eq, PartialEq, Serialize)]
pub struct AgentTally {
    /// Offers.
    pub offered: u32,
    /// Answered ones.
    pub answered: u32,
    /// True misses: rang for more than a second, nobody else answered
    /// meanwhile, and the caller did not leave meanwhile.
    pub missed: u32,
    /// Talks that the agent ended.
    pub hung_up_first: u32,
    /// Ringing, over all offers.
    pub ring_ms: u64,
    /// Talk, over answered offers.
    pub talk_ms: u64,
    /// Hold, over answered offers.
    pub hold_ms: u64,
}

impl AgentTally {
    /// Counts an offer.
    pub fn add(&mut self, offer: &Offer) {
        self.change(Change::Add, offer);
    }

    /// Takes one off again.
    pub fn remove(&mut self, offer: &Offer) {
        self.change(Change::Remove, offer);
    }

    fn change(&mut self, change: Change, offer: &Offer) {
        change.count(&mut self.offered, 1);
        change.count(&mut self.answered, u32::from(offer.answered));
        change.count(&mut self.missed, u32::from(offer.missed));
        change.count(&mut self.hung_up_first, u32::from(offer.hung_up_first));
        change.time(&mut self.ring_ms, offer.ring_ms);
        if offer.answered {
            change.time(&mut self.talk_ms, offer.talk_ms);
            change.time(&mut self.hold_ms, offer.hold_ms);
        }
    }

    /// Adds the sums of `other`.
    pub fn merge(&mut self, other: &AgentTally) {
        Change::Add.count(&mut self.offered, other.offered);
        Change::Add.count(&mut self.answered, other.answered);
        Change::Add.count(&mut self.missed, other.missed);
        Change::Add.count(&mut self.hung_up_first, other.hung_up_first);
        Change::Add.time(&mut self.ring_ms, other.ring_ms);
        Change::Add.time(&mut self.talk_ms, other.talk_ms);
        Change::Add.time(&mut self.hold_ms, other.hold_ms);
    }
}
