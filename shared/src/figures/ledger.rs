//! Every call's contribution: figures of any hours, and the calls behind a
//! figure. Only the proxy keeps one; a page asks it.

use std::collections::{BTreeMap, HashMap};

use super::contribution::{Contribution, Entry, Stand};
use super::metrics::Thresholds;
use super::{Figures, Tally};
use crate::ids::{CallId, QueueKey};
use crate::time::UnixMs;

/// Contributions of the day's calls, also of those that have left the board.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct Ledger {
    calls: HashMap<CallId, Contribution>,
}

impl Ledger {
    /// Notes what a call counts for from now on.
    pub fn note(&mut self, id: &CallId, contribution: &Contribution) {
        match self.calls.get_mut(id) {
            Some(known) => known.clone_from(contribution),
            None => drop(self.calls.insert(id.clone(), contribution.clone())),
        }
    }

    /// Forgets calls whose customer entered before `at`: the day is over.
    pub fn forget_before(&mut self, at: UnixMs) {
        self.calls.retain(|_, call| call.customer.as_ref().is_none_or(|entry| entry.at >= at));
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

    /// The calls behind a figure, each list in order of their entry.
    pub fn explain(&self, figure: Figure, scope: &Scope, thresholds: Thresholds) -> Explanation {
        let mut found: Vec<(UnixMs, &CallId, Verdict)> = Vec::new();
        for (id, call) in &self.calls {
            let entries: Vec<&Entry> = match scope {
                Scope::Total => call.customer.iter().collect(),
                Scope::Queue(queue) => {
                    call.passages.iter().filter(|entry| entry.queue == *queue).collect()
                }
            };
            let verdicts = entries.iter().map(|e| (e.at, id, figure.verdict(e, thresholds)));
            found.extend(verdicts);
        }
        found.sort_unstable_by_key(|(at, id, _)| (*at, *id));
        let those = |wanted: Verdict| {
            let of = found.iter().filter(|(_, _, verdict)| *verdict == wanted);
            of.map(|(_, id, _)| (*id).clone()).collect()
        };
        Explanation {
            formula: figure.formula(),
            counted: those(Verdict::Counted),
            weighed: those(Verdict::Weighed),
            left_out: those(Verdict::LeftOut),
        }
    }
}

fn add(tallies: &mut BTreeMap<QueueKey, Tally>, entry: &Entry) {
    tallies.entry(entry.queue.clone()).or_default().add(entry);
}

/// Whose figure.
#[derive(Clone, Debug, Eq, PartialEq)]
pub enum Scope {
    /// All calls, by the customer's clock.
    Total,
    /// A queue's passages, by its clock.
    Queue(QueueKey),
}

/// A figure that can be explained.
#[derive(Clone, Copy, Debug, Eq, PartialEq)]
pub enum Figure {
    /// Entered a queue.
    Offered,
    /// Answered.
    Handled,
    /// Answered within T.
    HandledWithin,
    /// Gave up.
    Abandoned,
    /// Gave up within s.
    AbandonedShort,
    /// Left for another place.
    FlowOut,
    /// Accepted a callback.
    Callback,
    /// Service level, short abandonments left out.
    ServiceLevel,
    /// Share of those who gave up.
    AbandonRate,
    /// Mean wait for an answer.
    AnswerMean,
}

/// What a call is to a figure.
#[derive(Clone, Copy, Debug, Eq, PartialEq)]
enum Verdict {
    /// In the count, or above the line of a share.
    Counted,
    /// Only below the line of a share.
    Weighed,
    /// In neither.
    LeftOut,
}

/// The calls behind a figure.
#[derive(Clone, Debug, Eq, PartialEq)]
pub struct Explanation {
    /// The formula, in words.
    pub formula: &'static str,
    /// In the count, or above the line of a share.
    pub counted: Vec<CallId>,
    /// Only below the line of a share: they pull it down.
    pub weighed: Vec<CallId>,
    /// Offered, and in neither.
    pub left_out: Vec<CallId>,
}

impl Figure {
    /// The formula, in words.
    pub fn formula(self) -> &'static str {
        match self {
            Figure::Offered => "calls from outside that entered a queue",
            Figure::Handled => "calls answered by a human at or after they entered the queue",
            Figure::HandledWithin => "calls answered within the answer threshold",
            Figure::Abandoned => "calls given up in the queue, short ones included",
            Figure::AbandonedShort => "calls given up within the short-abandon threshold",
            Figure::FlowOut => "calls that left by timeout, full or empty queue, or a key",
            Figure::Callback => "calls whose customer accepted a callback",
            Figure::ServiceLevel => {
                "answered within the threshold ÷ (answered + given up − given up shortly)"
            }
            Figure::AbandonRate => "(given up − given up shortly) ÷ (offered − given up shortly)",
            Figure::AnswerMean => "sum of waits of answered calls ÷ answered calls",
        }
    }

    fn verdict(self, entry: &Entry, thresholds: Thresholds) -> Verdict {
        let within = |wait_ms: u64, s: u32| wait_ms <= u64::from(s) * 1000;
        let in_time = |wait_ms| within(wait_ms, thresholds.answer_within_s);
        let short = |wait_ms| within(wait_ms, thresholds.short_abandon_s);
        let counted = |yes: bool| if yes { Verdict::Counted } else { Verdict::LeftOut };
        match (self, entry.stand) {
            (Figure::Offered, _) => Verdict::Counted,
            (Figure::Handled | Figure::AnswerMean, stand) => {
                counted(matches!(stand, Stand::Handled { .. }))
            }
            (Figure::HandledWithin, Stand::Handled { wait_ms }) => counted(in_time(wait_ms)),
            (Figure::Abandoned, stand) => counted(matches!(stand, Stand::Abandoned { .. })),
            (Figure::AbandonedShort, Stand::Abandoned { wait_ms }) => counted(short(wait_ms)),
            (Figure::FlowOut, stand) => {
                counted(matches!(stand, Stand::Timeout | Stand::Full | Stand::Empty | Stand::Digit))
            }
            (Figure::Callback, stand) => counted(stand == Stand::Callback),
            (Figure::ServiceLevel, Stand::Handled { wait_ms }) if in_time(wait_ms) => {
                Verdict::Counted
            }
            (Figure::ServiceLevel, Stand::Handled { .. }) => Verdict::Weighed,
            (Figure::ServiceLevel, Stand::Abandoned { wait_ms }) if !short(wait_ms) => {
                Verdict::Weighed
            }
            (Figure::AbandonRate, Stand::Abandoned { wait_ms }) => counted(!short(wait_ms)),
            (Figure::AbandonRate, _) => Verdict::Weighed,
            (Figure::HandledWithin | Figure::AbandonedShort | Figure::ServiceLevel, _) => {
                Verdict::LeftOut
            }
        }
    }
}
