//! The reducer: documents in, one board out, the same in proxy and browser.

use std::collections::{BTreeMap, VecDeque};

use serde::Serialize;

use crate::audience::Scope;
use crate::call::Call;
use crate::document::Document;
use crate::figures::ledger::Ledger;
use crate::figures::metrics::{AgentMetrics, Settings};
use crate::figures::{Figures, Metrics};
use crate::ids::{AgentKey, CallId, QueueKey};
use crate::phase::Phase;
use crate::text::Text;
use crate::time::UnixMs;
use crate::words::Strategy;
use crate::{ByCall, ByKey};

/// How long an ended call stays on the board, in ms.
pub const ENDED_STAYS_MS: u64 = 2 * 60 * 1000;
/// After a gap: how long a waiting call stays that nobody has spoken of since.
pub const UNCONFIRMED_WAITING_MS: u64 = 15 * 60 * 1000;
/// After a gap: how long any other call stays that nobody has spoken of since.
pub const UNCONFIRMED_TALKING_MS: u64 = 4 * 60 * 60 * 1000;
/// How long a call that has left is known, in ms.
pub const GONE_KNOWN_MS: u64 = 24 * 60 * 60 * 1000;

mod fold;
mod present;
mod seen;
mod told;

pub use present::Present;
pub(crate) use told::Told;

/// All that is known of today's calls.
#[derive(Clone, Debug, Default, PartialEq, Serialize)]
pub struct Board {
    /// Since when it counts.
    pub since: UnixMs,
    /// Beginning of the day: what was booked earlier is in no figure, though
    /// its call may still be there.
    pub day: UnixMs,
    /// The queues that it is limited to; absent: all.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub scope: Scope,
    /// Active calls, and ended ones for a while.
    pub calls: ByCall<Box<Call>>,
    /// Queues as seen so far.
    pub queues: ByKey<QueueKey, Queue>,
    /// Agents as seen so far.
    pub agents: ByKey<AgentKey, Agent>,
    /// Today's counts, also of calls that have left the board.
    pub figures: Figures,
    /// Calls that have left, and when: a repeated document does not bring them
    /// back. Only the proxy needs it, as it sends no document of such a call.
    #[serde(skip)]
    gone: BTreeMap<CallId, UnixMs>,
    /// The same in the order of leaving: a look at all of them for each that
    /// leaves would cost the square of the day's calls.
    #[serde(skip)]
    left: VecDeque<(UnixMs, CallId)>,
    /// What each call counts for. Kept where it was asked for.
    #[serde(skip)]
    ledger: Option<Ledger>,
}

/// A queue as seen so far.
#[derive(Clone, Debug, Default, PartialEq, Serialize)]
pub struct Queue {
    /// The newest name told.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub name: Option<Text>,
    /// How it offers calls.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub strategy: Option<Strategy>,
    /// When the last of today's calls was offered that have left the board;
    /// 0: none has. [`Board::last_offered`] knows the others, too.
    #[serde(skip_serializing_if = "is_never")]
    pub last_offered: UnixMs,
}

fn is_never(at: &UnixMs) -> bool {
    *at == UnixMs::default()
}

/// An agent as seen so far. The stream has no log-in and no pause: an agent
/// nobody has called is not known at all.
#[derive(Clone, Debug, Default, PartialEq, Serialize)]
pub struct Agent {
    /// The newest full name told.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub name: Option<Text>,
    /// The last instant of an offer or a talk.
    pub last_seen: UnixMs,
}

/// What a document did to the board.
#[derive(Debug, PartialEq)]
pub enum Applied<'a> {
    /// It told something new: the leg, and its document as merged so far.
    Changed(usize, &'a Document),
    /// It said nothing new: the leg, and its document as known.
    Known(usize, &'a Document),
    /// Its call has left the board.
    Late,
}

impl Board {
    /// An empty board that counts from `since`.
    pub fn new(since: UnixMs) -> Board {
        Board { since, ..Board::default() }
    }

    /// Keeps what each call counts for from now on, for figures of single
    /// hours and for the calls behind a figure.
    #[must_use]
    pub fn with_ledger(self) -> Board {
        Board { ledger: Some(Ledger::default()), ..self }
    }

    /// What each call counts for, if that is kept.
    pub fn ledger(&self) -> Option<&Ledger> {
        self.ledger.as_ref()
    }

    /// The figures of all calls at `now`.
    pub fn total(&self, settings: &Settings, now: UnixMs) -> Metrics {
        self.figures.total(settings, &self.customers_now(), now)
    }

    /// The figures of one queue at `now`.
    pub fn queue(&self, queue: &QueueKey, settings: &Settings, now: UnixMs) -> Metrics {
        self.figures.queue(queue, settings, &self.queue_now(queue), now)
    }

    /// The figures of one agent.
    pub fn agent(&self, agent: &AgentKey) -> AgentMetrics {
        let tally = self.figures.agents.get(agent).copied().unwrap_or_default();
        AgentMetrics::of(&tally, self.agents.get(agent).map(|agent| agent.last_seen))
    }

    /// Takes calls off the board at `now`, and late documents of theirs for
    /// nothing from then on. They stay in the figures.
    pub fn expire(&mut self, ids: &[CallId], now: UnixMs) {
        self.remove(ids);
        let is_old = |(left, _): &mut (UnixMs, CallId)| now.since_ms(*left) >= GONE_KNOWN_MS;
        while let Some((left, id)) = self.left.pop_front_if(is_old) {
            // One that came back and left again is known from then on.
            if self.gone.get(&id) == Some(&left) {
                self.gone.remove(&id);
            }
        }
        self.gone.extend(ids.iter().map(|id| (id.clone(), now)));
        self.left.extend(ids.iter().map(|id| (now, id.clone())));
    }

    /// Takes calls off the board, as the proxy said.
    pub fn remove(&mut self, ids: &[CallId]) {
        for id in ids {
            let Some(call) = self.calls.remove(id) else { continue };
            for entry in call.counted.passages.iter().filter(|entry| entry.at >= self.day) {
                if let Some(queue) = self.queues.get_mut(&entry.queue) {
                    queue.last_offered = queue.last_offered.max(entry.at);
                }
            }
        }
    }

    /// When a call was last offered to a queue, or to any, as far as is known.
    pub fn last_offered(&self, queue: Option<&QueueKey>) -> Option<UnixMs> {
        let is_asked = |key: &QueueKey| queue.is_none_or(|queue| queue == key);
        let left = self.queues.iter().filter(|(key, _)| is_asked(key));
        let left = left.map(|(_, queue)| queue.last_offered).filter(|at| !is_never(at));
        let there = self.calls.values().flat_map(|call| &call.counted.passages);
        let there = there.filter(|entry| is_asked(&entry.queue)).map(|entry| entry.at);
        left.chain(there).max()
    }

    /// The calls that should leave the board at `now`: ended a while ago, or
    /// not spoken of since the stream came back at `live_since`, for longer
    /// than a call of that kind lasts.
    ///
    /// Only the proxy asks. The browser is told, or the two boards would
    /// drift apart.
    pub fn due(&self, now: UnixMs, live_since: UnixMs) -> Vec<CallId> {
        let due = |call: &Call| match &call.phase {
            Phase::Ended { .. } => now.since_ms(call.seen) > ENDED_STAYS_MS,
            phase if call.seen < live_since => {
                let waiting = phase.waiting_in().is_some();
                let stays = if waiting { UNCONFIRMED_WAITING_MS } else { UNCONFIRMED_TALKING_MS };
                now.since_ms(live_since) > stays
            }
            _ => false,
        };
        self.calls.iter().filter(|(_, call)| due(call)).map(|(id, _)| id.clone()).collect()
    }

    /// Whether the queue is one that this board counts.
    fn counts(&self, queue: &QueueKey) -> bool {
        self.scope.as_ref().is_none_or(|scope| scope.contains(queue))
    }
}

#[cfg(test)]
#[path = "board/tests.rs"]
mod tests;
