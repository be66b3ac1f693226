//! A day under thresholds that may be others than those in force. Plain
//! values, no browser.

use callboard_shared::day::Interval;
use callboard_shared::figures::metrics::{Now, Part, Settings, Share};
use callboard_shared::figures::{Metrics, Thresholds};
use callboard_shared::{QueueKey, UnixMs};

/// Which share is drawn.
#[derive(Clone, Copy, Debug, Default, Eq, PartialEq)]
pub(crate) enum Formula {
    Strict,
    IgnoreWithin,
    CreditWithin,
    AnsweredOnly,
    #[default]
    ShortExcluded,
    WithFlowOuts,
}

impl Formula {
    pub(crate) const ALL: [Formula; 6] = [
        Formula::ShortExcluded,
        Formula::Strict,
        Formula::IgnoreWithin,
        Formula::CreditWithin,
        Formula::AnsweredOnly,
        Formula::WithFlowOuts,
    ];

    /// Its name in the contract.
    pub(crate) fn name(self) -> &'static str {
        match self {
            Formula::Strict => "strict",
            Formula::IgnoreWithin => "ignore_abandoned_within",
            Formula::CreditWithin => "credit_abandoned_within",
            Formula::AnsweredOnly => "answered_only",
            Formula::ShortExcluded => "short_excluded",
            Formula::WithFlowOuts => "with_flow_outs",
        }
    }

    /// The figure that it gives.
    pub(crate) fn figure(self) -> String {
        ["service_level.", self.name()].concat()
    }

    pub(crate) fn of_name(name: &str) -> Option<Formula> {
        Formula::ALL.into_iter().find(|formula| formula.name() == name)
    }

    /// The share that it gives.
    pub(crate) fn share(self, metrics: &Metrics) -> Share {
        let level = &metrics.service_level;
        match self {
            Formula::Strict => level.strict,
            Formula::IgnoreWithin => level.ignore_abandoned_within,
            Formula::CreditWithin => level.credit_abandoned_within,
            Formula::AnsweredOnly => level.answered_only,
            Formula::ShortExcluded => level.short_excluded,
            Formula::WithFlowOuts => level.with_flow_outs,
        }
    }
}

/// What is asked of the day.
#[derive(Clone, Debug, Default, PartialEq)]
pub(crate) struct WhatIf {
    /// Thresholds in place of those in force, in s.
    pub(crate) answer_within_s: Option<u32>,
    pub(crate) short_abandon_s: Option<u32>,
    pub(crate) formula: Formula,
    /// One queue's view, else the customers'.
    pub(crate) queue: Option<QueueKey>,
    /// Only these first queues; none: all.
    pub(crate) only: Vec<String>,
}

impl WhatIf {
    /// Whether anything differs from what is in force.
    pub(crate) fn differs(&self) -> bool {
        self.answer_within_s.is_some() || self.short_abandon_s.is_some()
    }

    fn thresholds(&self, queue: &QueueKey, settings: &Settings) -> Thresholds {
        let own = settings.of(queue);
        Thresholds {
            answer_within_s: self.answer_within_s.unwrap_or(own.answer_within_s),
            short_abandon_s: self.short_abandon_s.unwrap_or(own.short_abandon_s),
            ..own
        }
    }

    /// The figures of intervals together.
    pub(crate) fn figures<'a>(
        &self,
        intervals: impl IntoIterator<Item = &'a Interval>,
        settings: &Settings,
    ) -> Metrics {
        let nobody = Now::default();
        let tallies = intervals.into_iter().flat_map(|interval| match &self.queue {
            Some(_) => interval.queues.iter(),
            None => interval.customers.iter(),
        });
        let counts = |queue: &QueueKey| match &self.queue {
            Some(only) => only == queue,
            None => self.only.is_empty() || self.only.iter().any(|only| only == queue.as_str()),
        };
        let parts = tallies.filter(|(queue, _)| counts(queue)).map(|(queue, tally)| Part {
            tally,
            now: &nobody,
            thresholds: self.thresholds(queue, settings),
        });
        Metrics::of(parts, UnixMs::default())
    }
}

#[cfg(test)]
mod tests {
    use callboard_shared::figures::Tally;

    use super::*;

    fn interval(from: i64, waits: &[u64], gave_up: &[u64]) -> Interval {
        let mut tally = Tally { offered: (waits.len() + gave_up.len()) as u32, ..Tally::default() };
        waits.iter().for_each(|ms| tally.handled.add(*ms));
        gave_up.iter().for_each(|ms| tally.abandoned.add(*ms));
        Interval {
            from: UnixMs(from),
            customers: [(QueueKey("71".into()), tally.clone())].into(),
            queues: [(QueueKey("71".into()), tally)].into(),
            ..Interval::default()
        }
    }

    #[test]
    fn other_thresholds_give_another_level_for_the_same_calls() {
        let day = [interval(0, &[10_000, 30_000], &[3_000]), interval(900, &[15_000], &[40_000])];
        let settings = Settings::default();
        let percent = |what: &WhatIf| {
            what.formula.share(&what.figures(&day, &settings)).floor_percent().unwrap()
        };
        // 2 in time of 3 answered and 1 given up beyond 5 s.
        assert_eq!(percent(&WhatIf::default()), 50);
        let longer = WhatIf { answer_within_s: Some(30), ..WhatIf::default() };
        assert!(longer.differs());
        assert_eq!(percent(&longer), 75);
        let no_short = WhatIf { short_abandon_s: Some(0), ..WhatIf::default() };
        assert_eq!(percent(&no_short), 40);
        let answered = WhatIf { formula: Formula::AnsweredOnly, ..WhatIf::default() };
        assert_eq!(percent(&answered), 66);
        assert_eq!(Formula::of_name("strict"), Some(Formula::Strict));
    }

    #[test]
    fn a_queue_that_is_not_meant_does_not_count() {
        let day = [interval(0, &[10_000], &[])];
        let offered = |what: WhatIf| what.figures(&day, &Settings::default()).offered;
        assert_eq!(offered(WhatIf { queue: Some(QueueKey("71".into())), ..WhatIf::default() }), 1);
        assert_eq!(offered(WhatIf { queue: Some(QueueKey("9".into())), ..WhatIf::default() }), 0);
        assert_eq!(offered(WhatIf { only: vec!["9".into()], ..WhatIf::default() }), 0);
    }
}
