//! A call in one line.

use callboard_shared::figures::contribution::{Entry, Stand};
use callboard_shared::outcome::Outcome;
use callboard_shared::reasons::{meaning, outcome_text};
use callboard_shared::text::Text;
use callboard_shared::{Phase, UnixMs};
use serde::Serialize;

use crate::store::calls::StoredCall;
use crate::store::rows::{over_legs, parties, waited};

/// A call in one line. Instants are epoch milliseconds.
#[derive(Debug, Serialize)]
pub(in super::super) struct Summary {
    pub(in super::super) id_call: Text,
    pub(in super::super) start: Option<UnixMs>,
    pub(in super::super) end: Option<UnixMs>,
    /// Going on, as far as is known: a call whose end was never told is not.
    pub(in super::super) active: bool,
    pub(in super::super) direction: Option<String>,
    pub(in super::super) internal: Option<bool>,
    pub(in super::super) outcome: Option<Outcome>,
    pub(in super::super) outcome_text: Option<&'static str>,
    pub(in super::super) reason: Option<String>,
    /// What the reason means.
    pub(in super::super) why: Option<String>,
    pub(in super::super) number: Option<Text>,
    pub(in super::super) answered: bool,
    pub(in super::super) waited_s: Option<f64>,
    pub(in super::super) talk_s: Option<f64>,
    pub(in super::super) hold_s: Option<f64>,
    pub(in super::super) queues: Vec<Party>,
    pub(in super::super) agents: Vec<Party>,
}

/// A queue or an agent.
#[derive(Debug, Serialize)]
pub(in super::super) struct Party {
    pub(in super::super) id: Text,
    pub(in super::super) name: Option<Text>,
}

impl Summary {
    /// Of a call as it may be seen: nothing here looks anywhere else.
    pub(in super::super) fn of(found: &StoredCall) -> Summary {
        let call = &found.call;
        let (end, outcome, reason) = match &call.phase {
            Phase::Ended { at, outcome, reason } => (Some(*at), Some(*outcome), reason.as_ref()),
            _ => (None, None, None),
        };
        let parties = parties(call);
        let stand = call.counted.customer.as_ref().map(|entry| entry.stand);
        let talked = call.counted.offers.iter().any(|offer| offer.answered);
        Summary {
            id_call: found.id.0.clone(),
            start: call.start(),
            end,
            active: call.is_active() && found.left.is_none(),
            direction: call.told(|d| d.call_direction.as_ref()).map(|w| w.as_str().to_owned()),
            internal: call.told(|d| d.internal),
            outcome,
            outcome_text: outcome.map(outcome_text),
            reason: reason.map(|reason| reason.as_str().to_owned()),
            why: reason.map(|reason| meaning(reason).text.to_owned()),
            number: call.told(|d| d.customer_target.as_ref()?.number.clone()),
            answered: talked
                || matches!(stand, Some(Stand::Handled { .. }))
                || call.told(|d| d.answered) == Some(true),
            waited_s: stand.and_then(waited).map(|ms| ms as f64 / 1000.0),
            talk_s: over_legs(call, |d| d.duration.talk.total),
            hold_s: over_legs(call, |d| d.duration.hold),
            queues: parties
                .queues
                .into_iter()
                .map(|(key, queue)| Party { id: key.0, name: queue.name })
                .collect(),
            agents: parties
                .agents
                .into_iter()
                .map(|(key, name)| Party { id: key.0, name })
                .collect(),
        }
    }
}

/// A call that stands for one entry into a queue.
#[derive(Debug, Serialize)]
pub(in super::super) struct Short {
    id_call: Text,
    start: Option<UnixMs>,
    /// The entry into the queue.
    at: UnixMs,
    queue: Party,
    /// From the entry to the answer or the end, once that is decided.
    waited_s: Option<f64>,
    outcome: Option<Outcome>,
    outcome_text: Option<&'static str>,
    number: Option<Text>,
    /// Who answered first.
    agent: Option<Party>,
}

impl Short {
    /// Of a call as it may be seen, and one of its entries.
    pub(in super::super) fn of(found: &StoredCall, entry: &Entry, queue: Party) -> Short {
        let whole = Summary::of(found);
        let answered = found.call.counted.offers.iter().find(|offer| offer.answered);
        let agent = answered.map(|offer| offer.agent.0.as_str());
        Short {
            id_call: whole.id_call,
            start: whole.start,
            at: entry.at,
            queue,
            waited_s: waited(entry.stand).map(|ms| ms as f64 / 1000.0),
            outcome: whole.outcome,
            outcome_text: whole.outcome_text,
            number: whole.number,
            agent: whole.agents.into_iter().find(|party| Some(party.id.as_str()) == agent),
        }
    }
}
