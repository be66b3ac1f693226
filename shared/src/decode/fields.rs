//! The keys of each object, and where their values go.
//!
//! Keys are listed in the playbook's spelling and, where that has more than
//! letters, without it. Further spellings are those of the playbook's own
//! slips, and of the vendor's other interface. The page knows the first ones
//! only: those are what the proxy writes.

use super::slot::{Object, Slot};
use crate::document::{
    Account, AgentRef, CustomerTarget, Document, Durations, Ivr, MenuDigit, OnHooked, Parts,
    QueueRef, Redirected, Times, Transfer,
};

/// A key in all its spellings.
#[cfg(not(target_arch = "wasm32"))]
macro_rules! key {
    ($($spelling:literal)|+) => { $($spelling)|+ };
}

/// A key as the proxy writes it.
#[cfg(target_arch = "wasm32")]
macro_rules! key {
    ($first:literal $(| $other:literal)*) => {
        $first
    };
}

/// `"key" | "other" => Slot(field)`, one a line; after `plain`, what a value
/// means that is no object, and whether the playbook has it so.
macro_rules! object {
    (
        $type:ident { $( $($key:literal)|+ => $slot:ident ( $field:ident ), )* }
        $( plain $plain:ident ( $to:ident ), $documented:literal )?
    ) => {
        impl $crate::decode::slot::Object for $type {
            fn slot(&mut self, key: &str) -> Option<$crate::decode::slot::Slot<'_>> {
                Some(match key {
                    $( key!($($key)|+) => $crate::decode::slot::Slot::$slot(&mut self.$field), )*
                    _ => return None,
                })
            }

            $( fn plain(&mut self) -> Option<($crate::decode::slot::Slot<'_>, bool)> {
                Some(($crate::decode::slot::Slot::$plain(&mut self.$to), $documented))
            } )?
        }
    };
}

object!(Times {
    "start" => Instant(start),
    "end" => Instant(end),
    "answered" => Instant(answered),
} plain Instant(start), false);

object!(CustomerTarget {
    "number" => Text(number),
} plain Text(number), false);

object!(Account {
    "id" => Text(id),
    "name" => Text(name),
} plain Text(name), false);

object!(OnHooked {
    "no_wait_request" | "nowaitrequest" => Count(no_wait_request),
    "answer_wait_request" | "answerwaitrequest" => Count(answer_wait_request),
    "customer_no_answer" | "customernoanswer" => Count(customer_no_answer),
    "in_callback" | "incallback" => Flag(in_callback),
} plain Flag(in_callback), true);

object!(Parts {
    "first" => Seconds(first),
    "last" => Seconds(last),
    "total" => Seconds(total),
} plain Seconds(total), true);

object!(MenuDigit {
    "dialed_number" | "dialednumber" => Text(dialed_number),
    "destination" => Text(destination),
    "type" => Text(kind),
} plain Text(dialed_number), false);

object!(Ivr {
    "id" => Text(id),
    "name" => Text(name),
    "phone" => Text(phone),
    "timestamp" => Instant(timestamp),
} plain Text(name), false);

object!(QueueRef {
    "id" => Text(id),
    "name" => Text(name),
    "phone" => Text(phone),
    "strategy" => Word(strategy),
    "timestart" | "timestamp" | "time_start" | "start" => Instant(timestart),
    "fail_reason" | "failreason" => Word(fail_reason),
    "answered" => Instant(answered),
} plain Text(name), false);

object!(Redirected {
    "total" => Count(total),
    "no_reason" | "noreason" => Count(no_reason),
    "no_answer" | "noanswer" => Count(no_answer),
    "no_reachable" | "noreachable" | "not_reachable" | "notreachable" => Count(no_reachable),
    "user_busy" | "userbusy" => Count(user_busy),
    "unconditional" => Count(unconditional),
} plain Count(total), false);

object!(Transfer {
    "type" => Text(kind),
    "answered" => Flag(answered),
} plain Text(kind), false);

impl Object for AgentRef {
    fn slot(&mut self, key: &str) -> Option<Slot<'_>> {
        Some(match key {
            "id" => Slot::Text(&mut self.id),
            "name" => Slot::Text(&mut self.name),
            "surname" => Slot::Text(&mut self.surname),
            "phone" => Slot::Text(&mut self.phone),
            key!("time_zone" | "timezone") => Slot::Text(&mut self.time_zone),
            "answered" => Slot::Answered(&mut self.answered, &mut self.answered_flag),
            key!("answered_flag" | "answeredflag") => Slot::Flag(&mut self.answered_flag),
            _ => return None,
        })
    }

    fn plain(&mut self) -> Option<(Slot<'_>, bool)> {
        Some((Slot::Text(&mut self.name), false))
    }
}

impl Object for Durations {
    fn slot(&mut self, key: &str) -> Option<Slot<'_>> {
        Some(match key {
            "total" => Slot::Seconds(&mut self.total),
            key!("wait_time" | "waittime") => Slot::Seconds(&mut self.wait_time),
            "hold" => Slot::Seconds(&mut self.hold),
            "queue" => Slot::Object("duration.queue", &mut self.queue),
            "ring" => Slot::Object("duration.ring", &mut self.ring),
            "talk" => Slot::Object("duration.talk", &mut self.talk),
            _ => return None,
        })
    }

    fn plain(&mut self) -> Option<(Slot<'_>, bool)> {
        Some((Slot::Seconds(&mut self.total), false))
    }
}

impl Object for Document {
    fn slot(&mut self, key: &str) -> Option<Slot<'_>> {
        Some(match key {
            key!("id_call" | "idcall") => Slot::Key(&mut self.id_call.0),
            "active" => Slot::Flag(&mut self.active),
            key!("answered" | "answer") => Slot::Flag(&mut self.answered),
            key!("call_direction" | "direction" | "calldirection") => {
                Slot::Word(&mut self.call_direction)
            }
            "internal" => Slot::Flag(&mut self.internal),
            "time" => Slot::Object("time", &mut self.time),
            "start" => Slot::Instant(&mut self.time.start),
            "end" => Slot::Instant(&mut self.time.end),
            key!("customer_target" | "customertarget") => {
                Slot::Object("customer_target", &mut self.customer_target)
            }
            key!("customer_telavox" | "customertelavox") => {
                Slot::Object("customer_telavox", &mut self.customer_telavox)
            }
            "duration" => Slot::Object("duration", &mut self.duration),
            "voicemail" => Slot::Flag(&mut self.voicemail),
            key!("transfers" | "transfer" | "trasnfers" | "trasnfer") => {
                Slot::CountOrFlag(&mut self.transfers)
            }
            "recorded" => Slot::Flag(&mut self.recorded),
            "extra" => Slot::Extra,
            _ => return further(self, key),
        })
    }
}

/// Two tables, as one would be too long to be read.
fn further<'a>(d: &'a mut Document, key: &str) -> Option<Slot<'a>> {
    if counts_and_lists(d, key).is_some() { counts_and_lists(d, key) } else { participants(d, key) }
}

/// Queues, agents, menus and transfers of a document.
fn participants<'a>(d: &'a mut Document, key: &str) -> Option<Slot<'a>> {
    Some(match key {
        key!("queue_first" | "queuefirst") => Slot::Object("queue_first", &mut d.queue_first),
        key!("queue_last" | "queuelast") => Slot::Object("queue_last", &mut d.queue_last),
        "queue" => Slot::Object("queue", &mut d.queue),
        key!("agent_first" | "agentfirst") => Slot::Object("agent_first", &mut d.agent_first),
        key!("agent_last" | "agentlast") => Slot::Object("agent_last", &mut d.agent_last),
        "agent" => Slot::Object("agent", &mut d.agent),
        key!("ivr_first" | "ivrfirst") => Slot::Object("ivr_first", &mut d.ivr_first),
        key!("ivr_last" | "ivrlast") => Slot::Object("ivr_last", &mut d.ivr_last),
        "ivr" => Slot::Object("ivr", &mut d.ivr),
        key!("transfer_first" | "transferfirst") => {
            Slot::Object("transfer_first", &mut d.transfer_first)
        }
        key!("transfer_last" | "transferlast") => {
            Slot::Object("transfer_last", &mut d.transfer_last)
        }
        "redirected" => Slot::Object("redirected", &mut d.redirected),
        key!("menu_digit" | "menudigit") => Slot::List("menu_digit", &mut d.menu_digit),
        _ => return None,
    })
}

/// The rest of a document.
fn counts_and_lists<'a>(d: &'a mut Document, key: &str) -> Option<Slot<'a>> {
    Some(match key {
        key!("offered_and_answered" | "offeredandanswered") => {
            Slot::Count(&mut d.offered_and_answered)
        }
        key!("offered_and_not_answered" | "offeredandnotanswered") => {
            Slot::Count(&mut d.offered_and_not_answered)
        }
        key!("terminated_call_reason" | "terminatedcallreason") => {
            Slot::Word(&mut d.terminated_call_reason)
        }
        key!("agent_end_reason" | "agentendreason") => Slot::Word(&mut d.agent_end_reason),
        key!("fail_reason" | "failreason") => Slot::Word(&mut d.fail_reason),
        key!("simultaneous_device_calls" | "simultaneousdevicecalls") => {
            Slot::Count(&mut d.simultaneous_device_calls)
        }
        key!("on_hooked_calls" | "onhookedcalls") => {
            Slot::Object("on_hooked_calls", &mut d.on_hooked_calls)
        }
        key!("agent_list" | "agentlist") => Slot::Names(&mut d.agent_list),
        key!("agent_list_answer" | "agentlistanswer") => Slot::Names(&mut d.agent_list_answer),
        key!("agent_list_no_answer" | "agentlistnoanswer") => {
            Slot::Names(&mut d.agent_list_no_answer)
        }
        key!("queue_list" | "queuelist") => Slot::Names(&mut d.queue_list),
        key!("ivr_list" | "ivrlist") => Slot::Names(&mut d.ivr_list),
        _ => return None,
    })
}
