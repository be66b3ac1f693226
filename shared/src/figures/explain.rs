//! The calls behind a figure: its formula in words, its terms with their
//! values, and which calls are in it and which are not.

mod agent;
mod terms;

use super::contribution::{Contribution, Entry, Stand};
use super::ledger::Ledger;
use super::metrics::{Settings, Thresholds};
use crate::ids::{CallId, QueueKey};
use crate::time::UnixMs;
pub use agent::AgentFigure;
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

macro_rules! figures {
    ($( $(#[$doc:meta])* $figure:ident $name:literal = $formula:literal, )*) => {
        /// A figure of calls that can be explained; each has a field of that
        /// meaning in [`super::Metrics`].
        #[derive(Clone, Copy, Debug, Eq, PartialEq)]
        pub enum Figure {
            $( $(#[$doc])* $figure, )*
        }

        impl Figure {
            /// All of them.
            pub const ALL: &'static [Figure] = &[ $( Figure::$figure, )* ];

            /// Its name in the contract.
            pub fn name(self) -> &'static str {
                match self { $( Figure::$figure => $name, )* }
            }

            /// Its formula, in words.
            pub fn formula(self) -> &'static str {
                match self { $( Figure::$figure => $formula, )* }
            }
        }
    };
}

figures! {
    /// Entered a queue.
    Offered "offered" = "calls from outside that entered a queue",
    /// Answered.
    Handled "handled" = "calls answered by a human at or after they entered the queue",
    /// Answered within T.
    HandledWithin "handled_within" = "calls answered within the answer threshold",
    /// Gave up.
    Abandoned "abandoned" = "calls given up in the queue, short ones included",
    /// Gave up within s.
    AbandonedShort "abandoned_short" = "calls given up within the short-abandon threshold",
    /// Gave up within T.
    AbandonedWithin "abandoned_within" = "calls given up within the answer threshold",
    /// The longest wait was reached.
    Timeout "flow_out.timeout" = "calls that left as the longest wait was reached",
    /// The queue was full.
    Full "flow_out.full" = "calls that left as the queue was full",
    /// Nobody was signed in.
    Empty "flow_out.empty" = "calls that left as nobody was signed in",
    /// A key was pressed.
    Digit "flow_out.digit" = "calls that left by a key",
    /// Ended in a voicemail.
    Voicemail "voicemail" = "calls that ended in a personal voicemail",
    /// Sent on.
    Redirected "redirected" = "calls that were sent on without an answer",
    /// Any other end.
    Other "other" = "calls that ended in any other way",
    /// Did not want a callback.
    Declined "callback.declined" = "calls whose customer declined a callback",
    /// Wanted a callback.
    Accepted "callback.accepted" = "calls whose customer accepted a callback",
    /// Could not be called back.
    Failed "callback.failed" = "accepted callbacks that did not reach the customer",
    /// Handled, and then sent on.
    Transferred "transferred" = "answered calls that were then sent on",
    /// Waits for an answer: mean, median, P90, longest.
    AnswerWaits "answer_s" = "waits of answered calls, from the entry into the queue to the answer",
    /// Waits of those who gave up.
    AbandonWaits "abandon_s" = "waits of calls given up, from the entry into the queue to the end",
    /// Talk and hold per talk.
    Handle "handle_s" = "(talk + hold) ÷ talks that are over; the stream has no wrap-up",
    /// Share of those who gave up.
    AbandonRate "abandon_rate" = "(given up − shortly) ÷ (offered − given up shortly)",
    /// H_T ÷ (H + B).
    Strict "service_level.strict" = "answered in time ÷ (answered + given up)",
    /// H_T ÷ (H + B − B_T).
    IgnoreAbandonedWithin "service_level.ignore_abandoned_within"
        = "answered in time ÷ (answered + given up − given up in time)",
    /// (H_T + B_T) ÷ (H + B).
    CreditAbandonedWithin "service_level.credit_abandoned_within"
        = "(answered in time + given up in time) ÷ (answered + given up)",
    /// H_T ÷ H.
    AnsweredOnly "service_level.answered_only" = "answered in time ÷ answered",
    /// H_T ÷ (H + B − B_s).
    ShortExcluded "service_level.short_excluded"
        = "answered in time ÷ (answered + given up − given up shortly)",
    /// H_T ÷ (H + B − B_s + F).
    WithFlowOuts "service_level.with_flow_outs"
        = "answered in time ÷ (answered + given up − given up shortly + flow-outs)",
    /// H_T ÷ (H + B − B_s + W_T).
    Now "service_level.now"
        = "answered in time ÷ (answered + given up − given up shortly + waiting too long now)",
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
