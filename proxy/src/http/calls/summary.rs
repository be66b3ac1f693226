//! A call in one line.

use callboard_shared::figures::contribution::Stand;
use callboard_shared::outcome::Outcome;
use callboard_shared::reasons::{meaning, outcome_text};
use callboard_shared::{Phase, UnixMs};
use serde::Serialize;

use crate::store::calls::StoredCall;
use crate::store::rows::{over_legs, parties, waited};

/// A call in one line. Instants are epoch milliseconds.
#[derive(Debug, Serialize)]
pub(super) struct Summary {
    pub(super) id_call: String,
    pub(super) start: Option<UnixMs>,
    pub(super) end: Option<UnixMs>,
    /// Going on, as far as is known: a call whose end was never told is not.
    pub(super) active: bool,
    pub(super) direction: Option<String>,
    pub(super) internal: Option<bool>,
    pub(super) outcome: Option<Outcome>,
    pub(super) outcome_text: Option<&'static str>,
    pub(super) reason: Option<String>,
    /// What the reason means.
    pub(super) why: Option<String>,
    pub(super) number: Option<String>,
    pub(super) answered: bool,
    pub(super) waited_s: Option<f64>,
    pub(super) talk_s: Option<f64>,
    pub(super) hold_s: Option<f64>,
    pub(super) queues: Vec<Party>,
    pub(super) agents: Vec<Party>,
}

/// A queue or an agent.
#[derive(Debug, Serialize)]
pub(super) struct Party {
    pub(super) id: String,
    pub(super) name: Option<String>,
}

impl Summary {
    /// Of a call as it may be seen: nothing here looks anywhere else.
    pub(super) fn of(found: &StoredCall) -> Summary {
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
