//! The raw documents, in the playbook's spelling and with its oddities.
//!
//! Flags are 0 or 1. Ids are numbers, except those of the account and of the
//! agent in an agent document. `trasnfers` is a count here and `transfer` a
//! flag there. Durations are seconds: objects in the call overview, numbers
//! elsewhere.

use serde::{Serialize, Serializer};

/// A duration in milliseconds, written in seconds: whole ones without a decimal point.
#[derive(Clone, Copy)]
pub(super) struct Seconds(pub(super) i64);

impl Serialize for Seconds {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        if self.0 % 1_000 == 0 {
            serializer.serialize_i64(self.0 / 1_000)
        } else {
            serializer.serialize_f64(self.0 as f64 / 1_000.0)
        }
    }
}

/// A flag, written as 0 or 1.
#[derive(Clone, Copy)]
pub(super) struct Flag(pub(super) bool);

impl Serialize for Flag {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        serializer.serialize_u8(self.0.into())
    }
}

#[derive(Serialize)]
pub(super) struct Time {
    pub(super) start: i64,
    pub(super) end: Option<i64>,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub(super) answered: Option<i64>,
}

#[derive(Serialize)]
pub(super) struct Customer<'a> {
    pub(super) number: &'a str,
}

#[derive(Serialize)]
pub(super) struct Account {
    pub(super) id: &'static str,
    pub(super) name: &'static str,
}

#[derive(Serialize)]
pub(super) struct OnHook {
    pub(super) no_wait_request: u8,
    pub(super) answer_wait_request: u8,
    pub(super) customer_no_answer: u8,
}

#[derive(Serialize)]
pub(super) struct FirstLastTotal {
    pub(super) first: Seconds,
    pub(super) last: Seconds,
    pub(super) total: Seconds,
}

#[derive(Serialize)]
pub(super) struct CallDuration {
    #[serde(skip_serializing_if = "Option::is_none")]
    pub(super) queue: Option<FirstLastTotal>,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub(super) ring: Option<FirstLastTotal>,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub(super) talk: Option<FirstLastTotal>,
    pub(super) total: Seconds,
    pub(super) wait_time: Seconds,
    pub(super) hold: Seconds,
}

#[derive(Serialize)]
pub(super) struct LegDuration {
    pub(super) total: Seconds,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub(super) queue: Option<Seconds>,
    pub(super) ring: Seconds,
    pub(super) talk: Seconds,
    pub(super) hold: Seconds,
}

#[derive(Serialize)]
pub(super) struct MenuDigit<'a> {
    pub(super) dialed_number: u32,
    pub(super) destination: &'a str,
    #[serde(rename = "type")]
    pub(super) kind: &'static str,
}

#[derive(Serialize)]
pub(super) struct Ivr {
    pub(super) id: u32,
    pub(super) name: &'static str,
    pub(super) phone: &'static str,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub(super) timestamp: Option<i64>,
}

#[derive(Serialize)]
pub(super) struct Queue<'a> {
    pub(super) id: u32,
    pub(super) name: &'a str,
    pub(super) phone: &'a str,
    pub(super) strategy: &'static str,
    pub(super) timestart: i64,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub(super) fail_reason: Option<&'static str>,
}

#[derive(Serialize)]
pub(super) struct AgentRef<'a> {
    pub(super) id: u32,
    pub(super) name: &'a str,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub(super) surname: Option<&'static str>,
    pub(super) phone: &'a str,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub(super) answered: Option<i64>,
}

#[derive(Serialize)]
pub(super) struct Agent<'a> {
    pub(super) id: String,
    pub(super) name: &'a str,
    pub(super) phone: &'a str,
    pub(super) time_zone: &'static str,
}

#[derive(Default, Serialize)]
pub(super) struct Redirected {
    pub(super) total: u32,
    pub(super) no_reason: u32,
    pub(super) no_answer: u32,
    pub(super) no_reachable: u32,
    pub(super) user_busy: u32,
    pub(super) unconditional: u32,
}

#[derive(Serialize)]
pub(super) struct Transfer {
    #[serde(rename = "type")]
    pub(super) kind: &'static str,
    pub(super) answered: Flag,
}

/// Everybody whose phone rang, and who of them answered.
#[derive(Serialize)]
pub(super) struct AgentLists<'a> {
    pub(super) agent_list: Vec<&'a str>,
    pub(super) agent_list_answer: Vec<&'a str>,
    pub(super) agent_list_no_answer: Vec<&'a str>,
}

/// A document of `/calls`.
#[derive(Serialize)]
pub(super) struct CallDocument<'a> {
    pub(super) id_call: &'a str,
    pub(super) answered: Flag,
    pub(super) internal: Flag,
    pub(super) offered_and_answered: usize,
    pub(super) offered_and_not_answered: usize,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub(super) terminated_call_reason: Option<&'static str>,
    pub(super) simultaneous_device_calls: usize,
    pub(super) active: Flag,
    pub(super) voicemail: Flag,
    pub(super) trasnfers: usize,
    pub(super) recorded: Flag,
    pub(super) call_direction: &'static str,
    pub(super) time: Time,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub(super) customer_target: Option<Customer<'a>>,
    pub(super) customer_telavox: Account,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub(super) on_hooked_calls: Option<OnHook>,
    #[serde(flatten, skip_serializing_if = "Option::is_none")]
    pub(super) agents: Option<AgentLists<'a>>,
    #[serde(skip_serializing_if = "Vec::is_empty")]
    pub(super) queue_list: Vec<&'a str>,
    #[serde(skip_serializing_if = "Vec::is_empty")]
    pub(super) ivr_list: Vec<&'a str>,
    pub(super) duration: CallDuration,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub(super) menu_digit: Option<MenuDigit<'a>>,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub(super) ivr_first: Option<Ivr>,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub(super) ivr_last: Option<Ivr>,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub(super) queue_first: Option<Queue<'a>>,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub(super) queue_last: Option<Queue<'a>>,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub(super) agent_first: Option<AgentRef<'a>>,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub(super) agent_last: Option<AgentRef<'a>>,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub(super) redirected: Option<Redirected>,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub(super) transfer_first: Option<Transfer>,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub(super) transfer_last: Option<Transfer>,
}

/// A document of `/queues`.
#[derive(Serialize)]
pub(super) struct QueueDocument<'a> {
    pub(super) id_call: &'a str,
    pub(super) answered: Flag,
    pub(super) active: Flag,
    pub(super) voicemail: Flag,
    pub(super) recorded: Flag,
    pub(super) transfer: Flag,
    pub(super) direction: &'static str,
    pub(super) time: Time,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub(super) customer_target: Option<Customer<'a>>,
    pub(super) customer_telavox: Account,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub(super) on_hooked_calls: Option<OnHook>,
    #[serde(flatten, skip_serializing_if = "Option::is_none")]
    pub(super) agents: Option<AgentLists<'a>>,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub(super) agent_first: Option<AgentRef<'a>>,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub(super) agent_last: Option<AgentRef<'a>>,
    pub(super) queue: Queue<'a>,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub(super) ivr: Option<Ivr>,
    pub(super) duration: LegDuration,
}

/// A document of `/agents`.
#[derive(Serialize)]
pub(super) struct AgentDocument<'a> {
    pub(super) id_call: &'a str,
    pub(super) answered: Flag,
    pub(super) active: Flag,
    pub(super) recorded: Flag,
    pub(super) transfer: Flag,
    pub(super) call_direction: &'static str,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub(super) agent_end_reason: Option<&'static str>,
    pub(super) internal: Flag,
    pub(super) simultaneous_device_calls: usize,
    pub(super) time: Time,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub(super) customer_target: Option<Customer<'a>>,
    pub(super) customer_telavox: Account,
    pub(super) agent: Agent<'a>,
    pub(super) on_hooked_calls: Flag,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub(super) queue: Option<Queue<'a>>,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub(super) ivr: Option<Ivr>,
    pub(super) duration: LegDuration,
}
