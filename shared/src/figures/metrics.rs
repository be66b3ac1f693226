//! What is shown, from sums and thresholds. Each formula is in its doc
//! comment; H is handled, B abandoned, F flow-outs, and an index says which of
//! them: T within the answer threshold, s within the short-abandon one. W_T
//! are callers waiting now for longer than T.

use std::borrow::Cow;

use serde::Serialize;

use super::parts::seconds;
pub use super::parts::{
    AbandonWaits, AgentMetrics, AnswerWaits, Callback, FlowOut, ServiceLevel, Share,
};
use super::tally::Tally;
use super::waits::Waits;
use super::{ANSWER_WITHIN_MS, Figures, TARGET_PERCENT};
use crate::ByKey;
use crate::alert::Rules;
use crate::ids::QueueKey;
use crate::phone::Country;
use crate::time::UnixMs;

/// What counts as in time, and as short.
#[derive(Clone, Copy, Debug, Eq, PartialEq, Serialize)]
pub struct Thresholds {
    /// T, in s.
    pub answer_within_s: u32,
    /// s, in s.
    pub short_abandon_s: u32,
    /// The service level wanted, in percent, 0 to 99.
    pub target_percent: u32,
}

impl Default for Thresholds {
    fn default() -> Self {
        Thresholds {
            answer_within_s: (ANSWER_WITHIN_MS / 1000) as u32,
            short_abandon_s: 5,
            target_percent: TARGET_PERCENT,
        }
    }
}

/// Thresholds by queue.
#[derive(Clone, Debug, Default, Eq, PartialEq, Serialize)]
pub struct Settings {
    /// For queues that have none of their own.
    pub all: Thresholds,
    /// Those that have.
    pub queues: ByKey<QueueKey, Thresholds>,
    /// Limits of alerts; `None`: those of [`Rules::default`].
    #[serde(skip_serializing_if = "Option::is_none")]
    pub alerts: Option<Rules>,
    /// Where numbers without a country code are from, and are shown without
    /// one; absent: [`Country::default`].
    #[serde(skip_serializing_if = "is_usual")]
    pub home: Country,
    /// IANA name of the time zone in which days are counted, and in which times
    /// are shown; absent: not told.
    #[serde(skip_serializing_if = "String::is_empty")]
    pub zone: String,
}

fn is_usual(home: &Country) -> bool {
    *home == Country::default()
}

impl Settings {
    /// The thresholds of a queue.
    pub fn of(&self, queue: &QueueKey) -> Thresholds {
        self.queues.get(queue).copied().unwrap_or(self.all)
    }

    /// The limits of alerts that are in force.
    pub fn rules(&self) -> Cow<'_, Rules> {
        self.alerts.as_ref().map_or_else(|| Cow::Owned(Rules::default()), Cow::Borrowed)
    }
}

/// A caller who waits now.
#[derive(Clone, Copy, Debug, Eq, PartialEq)]
pub struct Waiting {
    /// The entry that the view's clock counts from.
    pub since: UnixMs,
    /// Not answered yet. Who was answered and waits again is decided, and can
    /// no longer be a miss.
    pub open: bool,
}

/// Callers in a scope now, beside the sums of its past.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct Now {
    /// Who waits.
    pub waiting: Vec<Waiting>,
    /// How many talk.
    pub talking: u32,
}

impl Now {
    /// Counts one caller: who waits since `waits`, or talks.
    pub(crate) fn note(&mut self, waits: Option<UnixMs>) {
        match waits {
            Some(since) => self.waiting.push(Waiting { since, open: true }),
            None => self.talking += 1,
        }
    }

    /// Entry of the caller who has waited longest.
    pub fn longest(&self) -> Option<UnixMs> {
        self.waiting.iter().map(|waiting| waiting.since).min()
    }
}

/// Verdicts by thresholds, which can be added over queues.
#[derive(Clone, Debug, Default, Eq, PartialEq)]
struct Counts {
    handled: u32,
    handled_within: u32,
    abandoned: u32,
    abandoned_short: u32,
    abandoned_within: u32,
    waiting: u32,
    waiting_beyond: u32,
}

/// The figures of one scope, under the names of the contract.
#[derive(Clone, Debug, PartialEq, Serialize)]
pub struct Metrics {
    /// External incoming calls that entered a queue, callbacks included.
    pub offered: u32,
    /// H: answered by a human at or after the entry.
    pub handled: u32,
    /// H_T.
    pub handled_within: u32,
    /// B, the short ones included.
    pub abandoned: u32,
    /// B_s.
    pub abandoned_short: u32,
    /// B_T.
    pub abandoned_within: u32,
    /// F.
    pub flow_out: FlowOut,
    /// Ended in a personal voicemail.
    pub voicemail: u32,
    /// Sent on.
    pub redirected: u32,
    /// Ended in any other way.
    pub other: u32,
    /// Callbacks; in no wait and no service level.
    pub callback: Callback,
    /// Handled, and then sent on.
    pub transferred: u32,
    /// Waiting now, without those who will be called back.
    pub waiting: u32,
    /// Talking now.
    pub talking: u32,
    /// The longest of those waiting now, in s.
    pub longest_wait_now_s: Option<u64>,
    /// The longest of all, past and present, in s.
    pub longest_wait_s: Option<u64>,
    /// Speed of answer.
    pub answer_s: AnswerWaits,
    /// How long those waited who gave up.
    pub abandon_s: AbandonWaits,
    /// Mean talk per talk, in s.
    pub talk_s: Option<f64>,
    /// Mean hold per talk, in s.
    pub hold_s: Option<f64>,
    /// Talk and hold; the stream has no wrap-up.
    pub handle_s: Option<f64>,
    /// (B − B_s) ÷ (offered − B_s).
    pub abandon_rate: Share,
    /// By each formula.
    pub service_level: ServiceLevel,
    /// Calls that must be answered in time, without a miss, until the default
    /// service level is at its target.
    pub calls_to_recover: u32,
}

/// One part of a scope: a queue's sums, its callers, its thresholds.
pub struct Part<'a> {
    /// Its past.
    pub tally: &'a Tally,
    /// Its present.
    pub now: &'a Now,
    /// What holds for it.
    pub thresholds: Thresholds,
}

impl Metrics {
    /// The figures of a scope at `now`, from its parts. Averages are computed
    /// from all calls, never from averages of parts.
    pub fn of<'a>(parts: impl IntoIterator<Item = Part<'a>>, now: UnixMs) -> Metrics {
        let (mut sum, mut counts) = (Tally::default(), Counts::default());
        let (mut talking, mut oldest) = (0, None::<UnixMs>);
        let mut target_percent = None;
        for part in parts {
            sum.merge(part.tally);
            counts.add(&part, now);
            talking += part.now.talking;
            oldest = part.now.waiting.iter().map(|waiting| waiting.since).chain(oldest).min();
            target_percent.get_or_insert(part.thresholds.target_percent);
        }
        let target_percent = target_percent.unwrap_or(TARGET_PERCENT);
        Metrics::from_sums(
            &sum,
            &counts,
            target_percent,
            talking,
            oldest.map(|o| now.since_ms(o) / 1000),
        )
    }

    /// Transferred ÷ handled.
    pub fn transfer_rate(&self) -> Share {
        Share::of(self.transferred, self.handled)
    }

    fn from_sums(
        sum: &Tally,
        counts: &Counts,
        target_percent: u32,
        talking: u32,
        longest_now: Option<u64>,
    ) -> Metrics {
        let longest = |waits: &Waits| waits.longest_s().map(u64::from);
        let past = longest(&sum.handled).max(longest(&sum.abandoned));
        let per_talk = |ms: u64| seconds(ms.checked_div(u64::from(sum.talks)));
        let [declined, accepted, failed] = sum.callbacks;
        Metrics {
            offered: sum.offered,
            handled: counts.handled,
            handled_within: counts.handled_within,
            abandoned: counts.abandoned,
            abandoned_short: counts.abandoned_short,
            abandoned_within: counts.abandoned_within,
            flow_out: FlowOut {
                timeout: sum.timeout,
                full: sum.full,
                empty: sum.empty,
                digit: sum.digit,
            },
            voicemail: sum.voicemail,
            redirected: sum.redirected,
            other: sum.other,
            callback: Callback { declined, accepted, failed },
            transferred: sum.transferred,
            waiting: counts.waiting,
            talking,
            longest_wait_now_s: longest_now,
            longest_wait_s: past.max(longest_now),
            answer_s: AnswerWaits {
                mean: seconds(sum.handled.mean_ms()),
                median: sum.handled.percentile_s(50),
                p90: sum.handled.percentile_s(90),
                max: sum.handled.longest_s(),
            },
            abandon_s: AbandonWaits {
                mean: seconds(sum.abandoned.mean_ms()),
                p90: sum.abandoned.percentile_s(90),
            },
            talk_s: per_talk(sum.talk_ms),
            hold_s: per_talk(sum.hold_ms),
            handle_s: per_talk(sum.talk_ms.saturating_add(sum.hold_ms)),
            abandon_rate: Share::of(
                counts.abandoned - counts.abandoned_short,
                sum.offered.saturating_sub(counts.abandoned_short),
            ),
            service_level: counts.service_level(sum.flow_out()),
            calls_to_recover: calls_to_recover(
                counts.handled_within,
                counts.decided(),
                target_percent,
            ),
        }
    }
}

impl Counts {
    fn add(&mut self, part: &Part<'_>, now: UnixMs) {
        let Thresholds { answer_within_s, short_abandon_s, .. } = part.thresholds;
        let Tally { handled, abandoned, .. } = part.tally;
        let beyond = |waiting: &&Waiting| {
            waiting.open && now.since_ms(waiting.since) > u64::from(answer_within_s) * 1000
        };
        let count = |n: usize| u32::try_from(n).unwrap_or(u32::MAX);
        self.handled += handled.count();
        self.handled_within += handled.within(answer_within_s);
        self.abandoned += abandoned.count();
        self.abandoned_short += abandoned.within(short_abandon_s);
        self.abandoned_within += abandoned.within(answer_within_s);
        self.waiting += count(part.now.waiting.len());
        self.waiting_beyond += count(part.now.waiting.iter().filter(beyond).count());
    }

    /// H + B − B_s, the divisor of the default formula.
    fn decided(&self) -> u32 {
        self.handled + self.abandoned - self.abandoned_short
    }

    fn service_level(&self, flow_out: u32) -> ServiceLevel {
        let Counts { handled, handled_within, abandoned, abandoned_within, .. } = *self;
        let all = handled + abandoned;
        ServiceLevel {
            strict: Share::of(handled_within, all),
            ignore_abandoned_within: Share::of(handled_within, all - abandoned_within),
            credit_abandoned_within: Share::of(handled_within + abandoned_within, all),
            answered_only: Share::of(handled_within, handled),
            short_excluded: Share::of(handled_within, self.decided()),
            with_flow_outs: Share::of(handled_within, self.decided() + flow_out),
            now: Share::of(handled_within, self.decided() + self.waiting_beyond),
        }
    }
}

/// n = ⌈(p·D − H_T) ÷ (1 − p)⌉ in whole numbers: binary fractions would give
/// one too many. A target of 100 % can never be reached again after a miss.
pub fn calls_to_recover(handled_within: u32, divisor: u32, target_percent: u32) -> u32 {
    let target = u64::from(target_percent.min(99));
    let (within, divisor) = (u64::from(handled_within), u64::from(divisor));
    let short = (target * divisor).saturating_sub(100 * within);
    u32::try_from(short.div_ceil(100 - target)).unwrap_or(u32::MAX)
}

impl Figures {
    /// The figures of all calls: the customer's view. `now_of` gives who is
    /// there now, by first queue.
    pub fn total(
        &self,
        settings: &Settings,
        now_of: &ByKey<QueueKey, Now>,
        now: UnixMs,
    ) -> Metrics {
        self.total_of(settings, now_of, now, |_| true)
    }

    /// The same of those calls whose first queue is one of `only`.
    pub fn total_of(
        &self,
        settings: &Settings,
        now_of: &ByKey<QueueKey, Now>,
        now: UnixMs,
        only: impl Fn(&QueueKey) -> bool,
    ) -> Metrics {
        parts(&self.customers, settings, now_of, now, only)
    }

    /// The figures of one queue: the queue's view.
    pub fn queue(
        &self,
        queue: &QueueKey,
        settings: &Settings,
        present: &Now,
        now: UnixMs,
    ) -> Metrics {
        let none = Tally::default();
        let tally = self.queues.get(queue).unwrap_or(&none);
        Metrics::of([Part { tally, now: present, thresholds: settings.of(queue) }], now)
    }
}

fn parts(
    tallies: &ByKey<QueueKey, Tally>,
    settings: &Settings,
    now_of: &ByKey<QueueKey, Now>,
    now: UnixMs,
    only: impl Fn(&QueueKey) -> bool,
) -> Metrics {
    let (no_past, nobody) = (Tally::default(), Now::default());
    let queues = tallies.keys().chain(now_of.keys().filter(|queue| !tallies.contains_key(*queue)));
    let part = |queue: &QueueKey| Part {
        tally: tallies.get(queue).unwrap_or(&no_past),
        now: now_of.get(queue).unwrap_or(&nobody),
        thresholds: settings.of(queue),
    };
    Metrics::of(queues.filter(|queue| only(queue)).map(part), now)
}

#[cfg(test)]
#[path = "metrics_tests.rs"]
mod tests;
