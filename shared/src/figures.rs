//! Today's figures, kept up to date call by call.
//!
//! Each call counts for a [`Contribution`] at any moment. When a document
//! changes the call, its old contribution is taken off and the new one added,
//! so that figures never depend on the order of documents, and one costs the
//! same on the first and on the last call of the day.
//!
//! - [`contribution`]: what a call counts for
//! - [`waits`]: waits by their length
//! - [`tally`]: sums of contributions, which can be added and taken off
//! - [`metrics`]: what is shown, from sums and thresholds
//! - [`beside`]: calls that are in no queue figure: outgoing ones, menus
//! - [`ledger`]: every call's contribution, for figures of any hours
//! - [`explain`]: the calls behind a figure

pub mod beside;
pub mod contribution;
pub mod explain;
pub mod ledger;
pub mod metrics;
mod parts;
pub mod tally;
mod told;
pub mod waits;

use serde::Serialize;

use crate::ByKey;
use crate::ids::{AgentKey, QueueKey};
pub use beside::Beside;
pub use contribution::Contribution;
pub use metrics::{Metrics, Share, Thresholds};
pub use tally::{AgentTally, Tally};

/// The longest wait that is "within target", in ms. A wait of exactly this is.
pub const ANSWER_WITHIN_MS: u64 = 20_000;
/// The share of calls that should be answered in time, in percent.
pub const TARGET_PERCENT: u32 = 80;

/// The sums of a board.
#[derive(Clone, Debug, Default, Eq, PartialEq, Serialize)]
pub struct Figures {
    /// All calls, each once, by their first queue, whose thresholds hold.
    /// Never the sum of the queues: one call may pass several.
    pub customers: ByKey<QueueKey, Tally>,
    /// Each queue's passages.
    pub queues: ByKey<QueueKey, Tally>,
    /// Each agent's offers.
    pub agents: ByKey<AgentKey, AgentTally>,
    /// Calls that are in no queue figure.
    pub beside: Beside,
}

impl Figures {
    /// Counts a call.
    pub fn add(&mut self, call: &Contribution) {
        if let Some(entry) = &call.customer {
            self.customers.entry(entry.queue.clone()).or_default().add(entry);
        }
        for entry in &call.passages {
            self.queues.entry(entry.queue.clone()).or_default().add(entry);
        }
        for offer in &call.offers {
            self.agents.entry(offer.agent.clone()).or_default().add(offer);
        }
        self.beside.add(&call.beside);
    }

    /// Takes a call off again.
    pub fn remove(&mut self, call: &Contribution) {
        if let Some(entry) = &call.customer {
            take_off(&mut self.customers, &entry.queue, |tally| tally.remove(entry));
        }
        for entry in &call.passages {
            take_off(&mut self.queues, &entry.queue, |tally| tally.remove(entry));
        }
        for offer in &call.offers {
            take_off(&mut self.agents, &offer.agent, |tally| tally.remove(offer));
        }
        self.beside.remove(&call.beside);
    }

    /// Share of `window_ms` that the agents seen in it were busy with offers
    /// booked there: ringing, talk and hold. Not occupancy, which would need
    /// the time that agents were logged in.
    pub fn observed_busy_share(&self, window_ms: u64) -> Share {
        let busy_s = |agent: &AgentTally| (agent.ring_ms + agent.talk_ms + agent.hold_ms) / 1000;
        let busy: u64 = self.agents.values().map(busy_s).sum();
        let there = (window_ms / 1000).saturating_mul(self.agents.len() as u64);
        let fit = |seconds: u64| u32::try_from(seconds).unwrap_or(u32::MAX);
        Share::of(fit(busy), fit(there))
    }

    /// Adds the sums of `other`.
    pub fn merge(&mut self, other: &Figures) {
        for (queue, tally) in &other.customers {
            self.customers.entry(queue.clone()).or_default().merge(tally);
        }
        for (queue, tally) in &other.queues {
            self.queues.entry(queue.clone()).or_default().merge(tally);
        }
        for (agent, tally) in &other.agents {
            self.agents.entry(agent.clone()).or_default().merge(tally);
        }
        self.beside.add(&other.beside);
    }
}

/// Takes something off a sum. What has come down to nothing was never there.
fn take_off<K: Ord, T: Default + PartialEq>(
    sums: &mut ByKey<K, T>,
    key: &K,
    take: impl FnOnce(&mut T),
) {
    if let Some(sum) = sums.get_mut(key) {
        take(sum);
        if *sum == T::default() {
            sums.remove(key);
        }
    }
}
