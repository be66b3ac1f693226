//! One call played by order, for tests that wait for something particular.

use serde::Deserialize;

/// A call with given times, counted from its entry to the queue, in milliseconds on the clock.
///
/// It goes through the same engine as the others: an answer takes a free
/// agent of the queue, and comes later when there is none.
#[derive(Clone, Debug, Default, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Script {
    /// Id of the queue, such as `71`.
    pub queue: String,
    /// When an agent picks up; never, if missing.
    #[serde(default)]
    pub answer_after_ms: Option<i64>,
    /// How long the phone rings before that: at most 3000 if missing.
    #[serde(default)]
    pub ring_ms: Option<i64>,
    /// When the caller gives up; never, if missing.
    #[serde(default)]
    pub abandon_after_ms: Option<i64>,
    /// Length of the talk; never ends, if missing.
    #[serde(default)]
    pub talk_ms: Option<i64>,
    /// Id of the agent, such as `5551`; the queue's strategy chooses if missing or busy.
    #[serde(default)]
    pub agent: Option<String>,
    /// The caller's number; drawn if missing.
    #[serde(default)]
    pub number: Option<String>,
}

/// Why a [`Script`] cannot be played.
#[derive(Clone, Debug, Eq, PartialEq, thiserror::Error)]
pub enum BadScript {
    /// No queue has this id.
    #[error("there is no queue {0:?}")]
    Queue(String),
    /// No agent has this id.
    #[error("there is no agent {0:?}")]
    Agent(String),
    /// A time is negative or longer than a day.
    #[error("{0} must be from 0 to 86400000 ms")]
    Time(&'static str),
}

impl Script {
    /// Checks the times; the ids are the centre's to check.
    pub(super) fn check_times(&self) -> Result<(), BadScript> {
        let times = [
            ("answer_after_ms", self.answer_after_ms),
            ("ring_ms", self.ring_ms),
            ("abandon_after_ms", self.abandon_after_ms),
            ("talk_ms", self.talk_ms),
        ];
        match times.iter().find(|(_, ms)| ms.is_some_and(|ms| !(0..=86_400_000).contains(&ms))) {
            Some((name, _)) => Err(BadScript::Time(name)),
            None => Ok(()),
        }
    }

    /// When the phone starts to ring.
    pub(super) fn ring_after_ms(&self) -> Option<i64> {
        self.answer_after_ms.map(|at| at - self.ring_ms.unwrap_or(3_000).min(at))
    }
}
