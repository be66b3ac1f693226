//! One document of the upstream in canonical form: the playbook's names, one
//! type per field. `/calls`, `/queues` and `/agents` share it, because any
//! field may turn up in any of them.
//!
//! Presence: all but `id_call` may be missing. A missing field means "not
//! told yet", never "no". Instants are epoch milliseconds, durations seconds.

use std::borrow::Cow;

use serde::Serialize;

pub use crate::extra::Extra;
use crate::ids::CallId;
use crate::text::Text;
use crate::time::UnixMs;
use crate::words::{Direction, EndReason, Reason, Strategy};

/// A document of `/calls`, `/queues` or `/agents`.
#[derive(Clone, Debug, Default, PartialEq, Serialize)]
pub struct Document {
    /// The call's id, the same in all three streams. Opaque.
    pub id_call: CallId,
    /// The call (not only this leg, says the playbook) is going on.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub active: Option<bool>,
    /// A human answered at some time, anywhere in the call. Says nothing of a
    /// single queue or agent.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub answered: Option<bool>,
    /// Who called whom.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub call_direction: Option<Direction>,
    /// Between two agents, not over the public network. Not in queue documents.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub internal: Option<bool>,
    /// First and last interaction.
    #[serde(skip_serializing_if = "Times::is_empty")]
    pub time: Times,
    /// The customer. Present without a number: the number is hidden.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub customer_target: Option<CustomerTarget>,
    /// The Telavox account.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub customer_telavox: Option<Account>,
    /// Offers to agents that were answered.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub offered_and_answered: Option<u32>,
    /// Offers that rang for more than a second and were not answered. With
    /// ring-all every phone that did not pick up counts.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub offered_and_not_answered: Option<u32>,
    /// Why the call ended.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub terminated_call_reason: Option<Reason>,
    /// Devices that rang at the same time.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub simultaneous_device_calls: Option<u32>,
    /// Ended in a personal voicemail.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub voicemail: Option<bool>,
    /// Number of transfers; in queue and agent documents a flag (0 or 1).
    #[serde(skip_serializing_if = "Option::is_none")]
    pub transfers: Option<u32>,
    /// The call was recorded.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub recorded: Option<bool>,
    /// Callbacks asked for instead of waiting ("on hook").
    #[serde(skip_serializing_if = "Option::is_none")]
    pub on_hooked_calls: Option<OnHooked>,
    /// Names of all agents offered the call.
    pub agent_list: Vec<Text>,
    /// Names of those who answered.
    pub agent_list_answer: Vec<Text>,
    /// Names of those who did not. With ring-all these are no misses.
    pub agent_list_no_answer: Vec<Text>,
    /// Names of the queues passed.
    pub queue_list: Vec<Text>,
    /// Names of the menus passed.
    pub ivr_list: Vec<Text>,
    /// Durations as the upstream computed them; never recomputed.
    #[serde(skip_serializing_if = "Durations::is_empty")]
    pub duration: Durations,
    /// Choices made in menus, in order.
    pub menu_digit: Vec<MenuDigit>,
    /// The first menu.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub ivr_first: Option<Ivr>,
    /// The last menu so far.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub ivr_last: Option<Ivr>,
    /// Queue and agent documents: the menu before.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub ivr: Option<Ivr>,
    /// The first queue entered.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub queue_first: Option<QueueRef>,
    /// The last queue entered so far.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub queue_last: Option<QueueRef>,
    /// Queue documents: their queue. Agent documents: the queue that offered.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub queue: Option<QueueRef>,
    /// The first agent; may be one who never answered.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub agent_first: Option<AgentRef>,
    /// The last agent so far.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub agent_last: Option<AgentRef>,
    /// Agent documents: their agent.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub agent: Option<AgentRef>,
    /// How often and why the call was redirected.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub redirected: Option<Redirected>,
    /// The first transfer.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub transfer_first: Option<Transfer>,
    /// The last transfer so far.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub transfer_last: Option<Transfer>,
    /// Agent documents: who ended the talk.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub agent_end_reason: Option<EndReason>,
    /// Queue documents: why the call left the queue, where it is not inside
    /// `queue`.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub fail_reason: Option<Reason>,
    /// What is not in the playbook, by path (`queue_first.colour`).
    #[serde(skip_serializing_if = "Extra::is_empty")]
    pub extra: Extra,
}

/// `time`.
#[derive(Clone, Copy, Debug, Default, Eq, PartialEq, Serialize)]
pub struct Times {
    /// First interaction.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub start: Option<UnixMs>,
    /// Last interaction; filled in at the end.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub end: Option<UnixMs>,
    /// Agent documents: when this agent answered.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub answered: Option<UnixMs>,
}

impl Times {
    /// Nothing told yet.
    pub fn is_empty(&self) -> bool {
        *self == Times::default()
    }
}

/// `customer_target`.
#[derive(Clone, Debug, Default, Eq, PartialEq, Serialize)]
pub struct CustomerTarget {
    /// Caller of an incoming, callee of an outgoing call, as it came. `None`:
    /// hidden.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub number: Option<Text>,
}

/// `customer_telavox`.
#[derive(Clone, Debug, Default, Eq, PartialEq, Serialize)]
pub struct Account {
    /// The account's id.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub id: Option<Text>,
    /// The account's name.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub name: Option<Text>,
}

/// `on_hooked_calls`. Counts in call and queue documents, a flag in agents'.
#[derive(Clone, Copy, Debug, Default, Eq, PartialEq, Serialize)]
pub struct OnHooked {
    /// Callbacks that the customer did not accept.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub no_wait_request: Option<u32>,
    /// Callbacks that the customer accepted.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub answer_wait_request: Option<u32>,
    /// Callbacks that the customer then did not answer.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub customer_no_answer: Option<u32>,
    /// The flag form: this agent is in a callback.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub in_callback: Option<bool>,
}

/// `duration`, in seconds.
#[derive(Clone, Copy, Debug, Default, PartialEq, Serialize)]
pub struct Durations {
    /// The whole call.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub total: Option<f64>,
    /// The customer's wait: ring + queue. Inflated where a queue rings all.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub wait_time: Option<f64>,
    /// On hold.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub hold: Option<f64>,
    /// In queues.
    #[serde(skip_serializing_if = "Parts::is_empty")]
    pub queue: Parts,
    /// Ringing; with ring-all the sum over all phones.
    #[serde(skip_serializing_if = "Parts::is_empty")]
    pub ring: Parts,
    /// Talking.
    #[serde(skip_serializing_if = "Parts::is_empty")]
    pub talk: Parts,
}

impl Durations {
    /// Nothing told yet.
    pub fn is_empty(&self) -> bool {
        *self == Durations::default()
    }

    /// Divides every duration: from another unit to seconds.
    pub fn divide(&mut self, by: f64) {
        let Durations { total, wait_time, hold, queue, ring, talk } = self;
        let parts = [queue, ring, talk].into_iter();
        let parts = parts.flat_map(|Parts { first, last, total }| [first, last, total]);
        for seconds in [total, wait_time, hold].into_iter().chain(parts).flatten() {
            *seconds = (*seconds / by * 1000.0).round() / 1000.0;
        }
    }
}

/// A duration by first and last participant, in seconds.
#[derive(Clone, Copy, Debug, Default, PartialEq, Serialize)]
pub struct Parts {
    /// With the first queue or agent.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub first: Option<f64>,
    /// With the last; after a transfer the transfer's.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub last: Option<f64>,
    /// With all; a plain number of the upstream is this.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub total: Option<f64>,
}

impl Parts {
    /// Nothing told yet.
    pub fn is_empty(&self) -> bool {
        *self == Parts::default()
    }
}

/// `menu_digit`: one choice.
#[derive(Clone, Debug, Default, Eq, PartialEq, Serialize)]
pub struct MenuDigit {
    /// Keys pressed: `1`, `*`, `12`.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub dialed_number: Option<Text>,
    /// Name of what was reached.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub destination: Option<Text>,
    /// Its kind; `queue` is the one in the playbook.
    #[serde(rename = "type", skip_serializing_if = "Option::is_none")]
    pub kind: Option<Text>,
}

/// `ivr`, `ivr_first`, `ivr_last`.
#[derive(Clone, Debug, Default, Eq, PartialEq, Serialize)]
pub struct Ivr {
    /// The menu's id.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub id: Option<Text>,
    /// The menu's name.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub name: Option<Text>,
    /// The menu's number.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub phone: Option<Text>,
    /// When it was reached; only in `ivr_first` and `ivr_last`.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub timestamp: Option<UnixMs>,
}

/// `queue`, `queue_first`, `queue_last`.
#[derive(Clone, Debug, Default, Eq, PartialEq, Serialize)]
pub struct QueueRef {
    /// The queue's id.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub id: Option<Text>,
    /// The queue's name.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub name: Option<Text>,
    /// The queue's number.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub phone: Option<Text>,
    /// How it offers calls.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub strategy: Option<Strategy>,
    /// When the call entered.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub timestart: Option<UnixMs>,
    /// Why the call left without an answer.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub fail_reason: Option<Reason>,
    /// When it was answered here; named once in the playbook, in a text that
    /// seems to be another object's.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub answered: Option<UnixMs>,
}

/// `agent`, `agent_first`, `agent_last`.
#[derive(Clone, Debug, Default, Eq, PartialEq, Serialize)]
pub struct AgentRef {
    /// The agent's id.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub id: Option<Text>,
    /// Name, sometimes with the surname.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub name: Option<Text>,
    /// Surname; undocumented.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub surname: Option<Text>,
    /// The agent's number.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub phone: Option<Text>,
    /// IANA time zone; only in agent documents.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub time_zone: Option<Text>,
    /// When this agent answered.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub answered: Option<UnixMs>,
    /// A flag where the instant of the answer was expected.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub answered_flag: Option<bool>,
}

impl AgentRef {
    /// Name and surname, the latter only where the name does not end with it.
    pub fn full_name(&self) -> Option<Cow<'_, str>> {
        match (self.name.as_deref(), self.surname.as_deref()) {
            (Some(name), Some(surname)) if !name.ends_with(surname) => {
                Some(Cow::Owned([name, " ", surname].concat()))
            }
            (name, surname) => name.or(surname).map(Cow::Borrowed),
        }
    }
}

/// `redirected`: counts.
#[derive(Clone, Copy, Debug, Default, Eq, PartialEq, Serialize)]
pub struct Redirected {
    /// All redirections.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub total: Option<u32>,
    /// Without a reason.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub no_reason: Option<u32>,
    /// Nobody answered.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub no_answer: Option<u32>,
    /// Nobody could be reached.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub no_reachable: Option<u32>,
    /// Busy.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub user_busy: Option<u32>,
    /// Always.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub unconditional: Option<u32>,
}

/// `transfer_first`, `transfer_last`.
#[derive(Clone, Debug, Default, Eq, PartialEq, Serialize)]
pub struct Transfer {
    /// `blind`; the word for attended ones is not known.
    #[serde(rename = "type", skip_serializing_if = "Option::is_none")]
    pub kind: Option<Text>,
    /// The transfer was answered.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub answered: Option<bool>,
}
