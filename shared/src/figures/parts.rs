//! The parts of what is shown, under the names of the contract.

use serde::{Serialize, Serializer};

use super::tally::AgentTally;
use crate::time::UnixMs;

/// A share, 0 to 1, with four decimals; `None` where nothing can be divided.
#[derive(Clone, Copy, Debug, Eq, PartialEq)]
pub struct Share(Option<(u32, u32)>);

impl Share {
    /// `part` of `whole`.
    pub fn of(part: u32, whole: u32) -> Share {
        Share((whole > 0).then_some((part, whole)))
    }

    /// Ten-thousandths, rounded to the nearest, a half upwards.
    pub fn ten_thousandths(self) -> Option<u32> {
        let (part, whole) = self.0?;
        let (part, whole) = (u64::from(part), u64::from(whole));
        u32::try_from((part * 20_000 + whole) / (2 * whole)).ok()
    }

    /// Whole percent, rounded down: a target not met is never shown as met.
    pub fn floor_percent(self) -> Option<u32> {
        let (part, whole) = self.0?;
        u32::try_from(u64::from(part) * 100 / u64::from(whole)).ok()
    }
}

impl Serialize for Share {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        self.ten_thousandths().map(|n| f64::from(n) / 10_000.0).serialize(serializer)
    }
}

/// Seconds, from ms.
pub(super) fn seconds(ms: Option<u64>) -> Option<f64> {
    ms.map(|ms| ms as f64 / 1000.0)
}

/// The six formulas of the field, and ours.
#[derive(Clone, Copy, Debug, PartialEq, Serialize)]
pub struct ServiceLevel {
    /// H_T ÷ (H + B).
    pub strict: Share,
    /// H_T ÷ (H + B − B_T).
    pub ignore_abandoned_within: Share,
    /// (H_T + B_T) ÷ (H + B).
    pub credit_abandoned_within: Share,
    /// H_T ÷ H.
    pub answered_only: Share,
    /// H_T ÷ (H + B − B_s). The default.
    pub short_excluded: Share,
    /// H_T ÷ (H + B − B_s + F).
    pub with_flow_outs: Share,
    /// H_T ÷ (H + B − B_s + W_T): who waits beyond T is a certain miss.
    pub now: Share,
}

/// Flow-outs by reason.
#[derive(Clone, Copy, Debug, Eq, PartialEq, Serialize)]
pub struct FlowOut {
    /// The longest wait was reached.
    pub timeout: u32,
    /// The queue was full.
    pub full: u32,
    /// Nobody was signed in: an alarm, not a statistic.
    pub empty: u32,
    /// The caller pressed a key.
    pub digit: u32,
}

impl FlowOut {
    /// F: all of them.
    pub fn all(&self) -> u32 {
        self.timeout + self.full + self.empty + self.digit
    }
}

/// Callbacks.
#[derive(Clone, Copy, Debug, Eq, PartialEq, Serialize)]
pub struct Callback {
    /// Not wanted.
    pub declined: u32,
    /// Wanted.
    pub accepted: u32,
    /// Of these, the customer could not be reached.
    pub failed: u32,
}

impl Callback {
    /// Accepted ÷ (declined + accepted).
    pub fn acceptance(&self) -> Share {
        Share::of(self.accepted, self.declined + self.accepted)
    }

    /// (Accepted − failed) ÷ accepted.
    pub fn success(&self) -> Share {
        Share::of(self.accepted.saturating_sub(self.failed), self.accepted)
    }
}

/// Waits for an answer, in s.
#[derive(Clone, Copy, Debug, PartialEq, Serialize)]
pub struct AnswerWaits {
    /// ASA: the mean.
    pub mean: Option<f64>,
    /// Half waited at most so long.
    pub median: Option<u32>,
    /// Nine of ten waited at most so long.
    pub p90: Option<u32>,
    /// The longest.
    pub max: Option<u32>,
}

/// Waits of those who gave up, in s.
#[derive(Clone, Copy, Debug, PartialEq, Serialize)]
pub struct AbandonWaits {
    /// The mean.
    pub mean: Option<f64>,
    /// Nine of ten waited at most so long.
    pub p90: Option<u32>,
}

/// An agent's figures, under the names of the contract. Means in s.
#[derive(Clone, Debug, PartialEq, Serialize)]
pub struct AgentMetrics {
    /// Offers.
    pub offered: u32,
    /// Answered ones.
    pub answered: u32,
    /// True misses.
    pub missed: u32,
    /// Mean talk per answered offer.
    pub talk_s: Option<f64>,
    /// Mean hold per answered offer.
    pub hold_s: Option<f64>,
    /// Mean ringing per offer.
    pub ring_s: Option<f64>,
    /// Talks that the agent ended.
    pub hung_up_first: u32,
    /// The last instant of an offer or a talk.
    pub last_seen: Option<UnixMs>,
}

impl AgentMetrics {
    /// Answered ÷ (answered + true misses).
    pub fn answer_rate(&self) -> Share {
        Share::of(self.answered, self.answered + self.missed)
    }

    /// Of an agent's sums.
    pub fn of(tally: &AgentTally, last_seen: Option<UnixMs>) -> AgentMetrics {
        let mean = |ms: u64, count: u32| seconds(ms.checked_div(u64::from(count)));
        AgentMetrics {
            offered: tally.offered,
            answered: tally.answered,
            missed: tally.missed,
            talk_s: mean(tally.talk_ms, tally.answered),
            hold_s: mean(tally.hold_ms, tally.answered),
            ring_s: mean(tally.ring_ms, tally.offered),
            hung_up_first: tally.hung_up_first,
            last_seen,
        }
    }
}
