//! The calls behind a figure: its formula in words, its terms with their
//! values, and which calls are in it and which are not.

mod agent;
mod names;
mod now;
mod terms;

use super::contribution::{Contribution, Entry, Stand};
use super::ledger::Ledger;
use super::metrics::{Settings, Thresholds};
use crate::ids::{CallId, QueueKey};
use crate::time::UnixMs;
pub use agent::AgentFigure;
pub use names::{Figure, NowFigure};
pub use terms::{NAMES, Part, Term};

/// Whose figure.
#[derive(Clone, Debug, Eq, PartialEq)]
pub enum Scope {
    /// All calls, by the customer's clock.
    Total,
    /// A queue's passages, by its clock.
    Queue(QueueKey),
}

/// What holds while a figure is explained.
#[derive(Clone, Copy, Debug, Eq, PartialEq)]
pub struct Terms<'a> {
    /// What counts as in time, and as short, by queue: the same as the figure
    /// was computed with.
    pub settings: &'a Settings,
    /// The moment of the figure: who waits too long by then is a miss of
    /// [`Figure::Now`].
    pub now: UnixMs,
    /// Only what was booked from here on.
    pub from: UnixMs,
    /// Only what was booked before this.
    pub to: UnixMs,
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

/// The calls behind a figure, each list in order of their entry.
#[derive(Clone, Debug, Default, Eq, PartialEq)]
pub struct Explanation {
    /// The formula, in words.
    pub formula: &'static str,
    /// H, H_T, B and so on with today's values.
    pub terms: Vec<(&'static str, u32)>,
    /// In the count, or above the line of a share.
    pub counted: Vec<CallId>,
    /// Only below the line of a share: they pull it down.
    pub weighed: Vec<CallId>,
    /// Offered, and in neither.
    pub left_out: Vec<CallId>,
}

/// What is known of an entry once thresholds are given.
#[derive(Clone, Copy)]
struct Judged<'a> {
    entry: &'a Entry,
    /// Those of the entry's queue.
    thresholds: Thresholds,
    now: UnixMs,
    /// The call is still there, as far as is known.
    there: bool,
}

impl Judged<'_> {
    fn within(self, wait_ms: u64, seconds: u32) -> bool {
        wait_ms <= u64::from(seconds) * 1000
    }

    /// H.
    fn handled(self) -> bool {
        matches!(self.entry.stand, Stand::Handled { .. })
    }

    /// H_T.
    fn handled_within(self) -> bool {
        let limit = self.thresholds.answer_within_s;
        matches!(self.entry.stand, Stand::Handled { wait_ms } if self.within(wait_ms, limit))
    }

    /// B.
    fn abandoned(self) -> bool {
        matches!(self.entry.stand, Stand::Abandoned { .. })
    }

    /// B_s.
    fn short(self) -> bool {
        let limit = self.thresholds.short_abandon_s;
        matches!(self.entry.stand, Stand::Abandoned { wait_ms } if self.within(wait_ms, limit))
    }

    /// B_T.
    fn abandoned_within(self) -> bool {
        let limit = self.thresholds.answer_within_s;
        matches!(self.entry.stand, Stand::Abandoned { wait_ms } if self.within(wait_ms, limit))
    }

    /// F.
    fn flow_out(self) -> bool {
        matches!(self.entry.stand, Stand::Timeout | Stand::Full | Stand::Empty | Stand::Digit)
    }

    /// W_T.
    fn waits_too_long(self) -> bool {
        let limit = u64::from(self.thresholds.answer_within_s) * 1000;
        self.there && self.entry.stand == Stand::Open && self.now.since_ms(self.entry.at) > limit
    }

    /// A count: in it or not.
    fn count(self, figure: Figure) -> bool {
        let entry = self.entry;
        let stands = |stand: Stand| entry.stand == stand;
        match figure {
            Figure::Offered => true,
            Figure::Handled | Figure::AnswerWaits => self.handled(),
            Figure::HandledWithin => self.handled_within(),
            Figure::Abandoned | Figure::AbandonWaits => self.abandoned(),
            Figure::AbandonedShort => self.short(),
            Figure::AbandonedWithin => self.abandoned_within(),
            Figure::Timeout => stands(Stand::Timeout),
            Figure::Full => stands(Stand::Full),
            Figure::Empty => stands(Stand::Empty),
            Figure::Digit => stands(Stand::Digit),
            Figure::FlowOut => self.flow_out(),
            Figure::Voicemail => stands(Stand::Voicemail),
            Figure::Redirected => stands(Stand::Redirected),
            Figure::Other => stands(Stand::Other),
            Figure::Declined => entry.callbacks[0] > 0,
            Figure::Accepted => entry.callbacks[1] > 0,
            Figure::Failed => entry.callbacks[2] > 0,
            Figure::Transferred => entry.transferred,
            Figure::Handle => entry.talks > 0,
            Figure::AbandonRate => self.abandoned() && !self.short(),
            Figure::CreditAbandonedWithin => self.handled_within() || self.abandoned_within(),
            Figure::Strict
            | Figure::IgnoreAbandonedWithin
            | Figure::AnsweredOnly
            | Figure::ShortExcluded
            | Figure::WithFlowOuts
            | Figure::Now => self.handled_within(),
        }
    }

    /// Below the line of a share. Counts have no line.
    fn below(self, figure: Figure) -> bool {
        let decided = self.handled() || (self.abandoned() && !self.short());
        match figure {
            Figure::AbandonRate => !self.short(),
            Figure::Strict | Figure::CreditAbandonedWithin => self.handled() || self.abandoned(),
            Figure::IgnoreAbandonedWithin => {
                self.handled() || (self.abandoned() && !self.abandoned_within())
            }
            Figure::AnsweredOnly => self.handled(),
            Figure::ShortExcluded => decided,
            Figure::WithFlowOuts => decided || self.flow_out(),
            Figure::Now => decided || self.waits_too_long(),
            _ => false,
        }
    }

    fn verdict(self, figure: Figure) -> Verdict {
        match (self.count(figure), self.below(figure)) {
            (true, _) => Verdict::Counted,
            (false, true) => Verdict::Weighed,
            (false, false) => Verdict::LeftOut,
        }
    }
}

/// A call found, with the entry or offer that was judged.
struct Found<'a, T> {
    at: UnixMs,
    id: &'a CallId,
    of: &'a T,
    verdict: Verdict,
}

/// The entries behind a figure, each list in order of time.
#[derive(Clone, Debug)]
pub struct Behind<'a, T = Entry> {
    /// H, H_T, B and so on with their values.
    pub sums: [(&'static str, u32); 8],
    /// In the count, or above the line of a share.
    pub counted: Vec<(&'a CallId, &'a T)>,
    /// Only below the line of a share.
    pub weighed: Vec<(&'a CallId, &'a T)>,
    /// In neither.
    pub left_out: Vec<(&'a CallId, &'a T)>,
}

impl Ledger {
    /// The calls behind `figure` of `scope`.
    pub fn explain(&self, figure: Figure, scope: &Scope, terms: Terms<'_>) -> Explanation {
        let behind = self.behind(figure, scope, terms);
        Explanation { terms: behind.sums.to_vec(), ..behind.told(figure.formula()) }
    }

    /// The same with the entries that were judged: one call may have several
    /// in a queue.
    pub fn behind<'a>(&'a self, figure: Figure, scope: &'a Scope, terms: Terms<'_>) -> Behind<'a> {
        let mut found = Vec::new();
        let mut sums = NAMES.map(|name| (name, 0_u32));
        for (id, call) in self.calls() {
            let there = !self.has_left(id);
            for entry in entries(call, scope) {
                if entry.at < terms.from || entry.at >= terms.to {
                    continue;
                }
                let thresholds = terms.settings.of(&entry.queue);
                let judged = Judged { entry, thresholds, now: terms.now, there };
                let is = [
                    true,
                    judged.handled(),
                    judged.handled_within(),
                    judged.abandoned(),
                    judged.short(),
                    judged.abandoned_within(),
                    judged.flow_out(),
                    judged.waits_too_long(),
                ];
                sums.iter_mut().zip(is).for_each(|((_, sum), is)| *sum += u32::from(is));
                found.push(Found { at: entry.at, id, of: entry, verdict: judged.verdict(figure) });
            }
        }
        Behind { sums, ..Found::sorted(found) }
    }
}

fn entries<'a>(
    call: &'a Contribution,
    scope: &'a Scope,
) -> Box<dyn Iterator<Item = &'a Entry> + 'a> {
    match scope {
        Scope::Total => Box::new(call.customer.iter()),
        Scope::Queue(queue) => {
            Box::new(call.passages.iter().filter(move |entry| entry.queue == *queue))
        }
    }
}

impl<'a, T> Found<'a, T> {
    fn sorted(mut found: Vec<Found<'a, T>>) -> Behind<'a, T> {
        found.sort_by_key(|found| (found.at, found.id));
        let those = |wanted: Verdict| {
            let of = found.iter().filter(|found| found.verdict == wanted);
            of.map(|found| (found.id, found.of)).collect()
        };
        Behind {
            sums: NAMES.map(|name| (name, 0)),
            counted: those(Verdict::Counted),
            weighed: those(Verdict::Weighed),
            left_out: those(Verdict::LeftOut),
        }
    }
}

impl<T> Behind<'_, T> {
    /// The calls alone.
    fn told(&self, formula: &'static str) -> Explanation {
        let ids = |found: &[(&CallId, &T)]| found.iter().map(|(id, _)| (*id).clone()).collect();
        Explanation {
            formula,
            terms: Vec::new(),
            counted: ids(&self.counted),
            weighed: ids(&self.weighed),
            left_out: ids(&self.left_out),
        }
    }
}
