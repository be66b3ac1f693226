//! Every call's contribution: for figures of any hours, and for the calls
//! behind a figure. Only the proxy keeps one; a page asks it.

use std::collections::{BTreeMap, HashMap, HashSet};

use super::contribution::{Contribution, Entry};
use super::{Figures, Tally};
use crate::ByKey;
use crate::ids::{CallId, QueueKey};
use crate::time::UnixMs;

/// Contributions of the day's calls, also of those that have left the board.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct Ledger {
    calls: HashMap<CallId, Contribution>,
    /// Calls that are gone although no end was told.
    left: HashSet<CallId>,
}

impl Ledger {
    /// Whether anybody keeps one here: no page does.
    pub(crate) const IS_KEPT: bool = cfg!(not(target_arch = "wasm32"));

    /// Notes what a call counts for from now on.
    pub fn note(&mut self, id: &CallId, contribution: &Contribution) {
        match self.calls.get_mut(id) {
            Some(known) => known.clone_from(contribution),
            None => drop(self.calls.insert(id.clone(), contribution.clone())),
        }
    }

    /// Notes that a call is gone: who waited in it waits no longer.
    pub fn note_left(&mut self, id: CallId) {
        self.left.insert(id);
    }

    /// Whether that was noted.
    pub fn has_left(&self, id: &CallId) -> bool {
        self.left.contains(id)
    }

    /// Forgets all: the day is over.
    pub fn clear(&mut self) {
        self.calls.clear();
        self.left.clear();
    }

    /// Calls noted.
    pub fn len(&self) -> usize {
        self.calls.len()
    }

    /// Whether no call was noted.
    pub fn is_empty(&self) -> bool {
        self.calls.is_empty()
    }

    /// Sums over what was booked in `from..to`, by intervals of `every_ms`
    /// counted from `from`. A call is booked at its entry into the queue, an
    /// offer at its start.
    pub fn intervals(&self, from: UnixMs, to: UnixMs, every_ms: u64) -> BTreeMap<UnixMs, Figures> {
        let mut intervals: BTreeMap<UnixMs, Figures> = BTreeMap::new();
        let begin = |at: UnixMs| {
            let within = at >= from && at < to;
            let steps = at.since_ms(from).checked_div(every_ms).unwrap_or(0);
            within.then(|| from.plus_ms(steps.saturating_mul(every_ms)))
        };
        for call in self.calls.values() {
            let customer = call.customer.as_ref();
            if let Some((entry, at)) = customer.and_then(|entry| Some((entry, begin(entry.at)?))) {
                add(&mut intervals.entry(at).or_default().customers, entry);
            }
            for entry in &call.passages {
                if let Some(at) = begin(entry.at) {
                    add(&mut intervals.entry(at).or_default().queues, entry);
                }
            }
            for offer in &call.offers {
                if let Some(at) = begin(offer.at) {
                    let agents = &mut intervals.entry(at).or_default().agents;
                    agents.entry(offer.agent.clone()).or_default().add(offer);
                }
            }
        }
        intervals
    }

    /// All that was noted.
    pub fn calls(&self) -> impl Iterator<Item = (&CallId, &Contribution)> {
        self.calls.iter()
    }
}

fn add(tallies: &mut ByKey<QueueKey, Tally>, entry: &Entry) {
    tallies.entry(entry.queue.clone()).or_default().add(entry);
}
