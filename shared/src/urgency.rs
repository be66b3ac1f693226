//! How bad it is, as displays show it: by the limits that the owner has set,
//! for the page, `/lite` and the widget alike.

use serde::Serialize;

use crate::alert::{Kind, Level, Rule};
use crate::figures::Metrics;
use crate::time::UnixMs;

/// How bad it is.
#[derive(Clone, Copy, Debug, Default, Eq, Ord, PartialEq, PartialOrd, Serialize)]
#[serde(rename_all = "snake_case")]
pub enum Urgency {
    /// Within all limits.
    #[default]
    Calm,
    /// Beyond the first.
    Risk,
    /// Beyond the second.
    Breach,
}

impl From<Level> for Urgency {
    fn from(level: Level) -> Urgency {
        match level {
            Level::Calm => Urgency::Calm,
            Level::Warn => Urgency::Risk,
            Level::Breach => Urgency::Breach,
        }
    }
}

impl Urgency {
    /// Of a wait that began at `since`, by its queue's limits.
    pub fn of_wait(since: Option<UnixMs>, now: UnixMs, rule: &Rule) -> Urgency {
        since.map_or(Urgency::Calm, |since| rule.wait(now.since_ms(since)).into())
    }

    /// Of one of the figures of a scope, by its limits.
    pub fn of(kind: Kind, metrics: &Metrics, rule: &Rule) -> Urgency {
        rule.level(kind, metrics).into()
    }

    /// Its name for style sheets and in JSON.
    pub fn class(self) -> &'static str {
        match self {
            Urgency::Calm => "calm",
            Urgency::Risk => "risk",
            Urgency::Breach => "breach",
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::alert::Limits;

    #[test]
    fn a_wait_is_as_bad_as_its_queues_limits_say() {
        let rule = Rule { longest_wait: Limits::new(5, 10), ..Rule::default() };
        let urgency = |ms: i64| Urgency::of_wait(Some(UnixMs(1_000)), UnixMs(1_000 + ms), &rule);
        assert_eq!([0, 4_999].map(urgency), [Urgency::Calm; 2]);
        assert_eq!([5_000, 9_999].map(urgency), [Urgency::Risk; 2]);
        assert_eq!(urgency(10_000), Urgency::Breach);
        assert_eq!(Urgency::of_wait(None, UnixMs(1), &rule), Urgency::Calm);
        // A limit that is not set is never reached.
        let none = Rule { longest_wait: Limits::default(), ..rule };
        assert_eq!(Urgency::of_wait(Some(UnixMs(0)), UnixMs(i64::MAX), &none), Urgency::Calm);
    }

    #[test]
    fn names_are_those_of_the_json() {
        for urgency in [Urgency::Calm, Urgency::Risk, Urgency::Breach] {
            assert_eq!(serde_json::to_value(urgency).unwrap(), urgency.class());
        }
    }
}
