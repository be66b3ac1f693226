//! A later document of the same thing over an earlier one.
//!
//! The newest arrival wins field by field, and a missing field never erases a
//! known one: right for whole documents and for partial ones. Objects that
//! name a participant are merged only while they name the same one, otherwise
//! the new one replaces the old one whole, or the reason of the previous
//! queue would stick to the next.

use crate::document::{
    Account, AgentRef, CustomerTarget, Document, Durations, Ivr, OnHooked, Parts, QueueRef,
    Redirected, Times, Transfer,
};

/// Takes what `newer` tells.
pub trait Merge {
    /// Lays `newer` over `self`; whether that changed anything.
    fn merge(&mut self, newer: Self) -> bool;
}

/// Lays a plain field over another.
fn put<T: PartialEq>(field: &mut Option<T>, newer: Option<T>) -> bool {
    let changed = newer.is_some() && newer != *field;
    if changed {
        *field = newer;
    }
    changed
}

/// Lays an optional object over another, field by field.
fn put_object<T: Merge>(field: &mut Option<T>, newer: Option<T>) -> bool {
    match (field.as_mut(), newer) {
        (Some(old), Some(newer)) => old.merge(newer),
        (None, Some(newer)) => {
            *field = Some(newer);
            true
        }
        (_, None) => false,
    }
}

/// The newest list that says something replaces.
fn put_list<T: PartialEq>(field: &mut Vec<T>, newer: Vec<T>) -> bool {
    let changed = !newer.is_empty() && newer != *field;
    if changed {
        *field = newer;
    }
    changed
}

/// Lays a whole object over one that names something else.
fn replace<T: PartialEq>(old: &mut T, newer: T) -> bool {
    let changed = *old != newer;
    *old = newer;
    changed
}

/// `merge` for structs whose fields are all plain options.
macro_rules! merge_plain {
    ($type:ident: $($field:ident),*) => {
        impl Merge for $type {
            fn merge(&mut self, newer: Self) -> bool {
                let mut changed = false;
                $( changed |= put(&mut self.$field, newer.$field); )*
                changed
            }
        }
    };
}

merge_plain!(Times: start, end, answered);
merge_plain!(CustomerTarget: number);
merge_plain!(Account: id, name);
merge_plain!(OnHooked: no_wait_request, answer_wait_request, customer_no_answer, in_callback);
merge_plain!(Parts: first, last, total);
merge_plain!(Redirected: total, no_reason, no_answer, no_reachable, user_busy, unconditional);
merge_plain!(Transfer: kind, answered);

/// Two mentions differ when both name an identity and the names differ.
fn differs<T: PartialEq>(old: &Option<T>, newer: &Option<T>) -> bool {
    matches!((old, newer), (Some(old), Some(newer)) if old != newer)
}

impl Merge for Ivr {
    fn merge(&mut self, newer: Self) -> bool {
        let mut changed = false;
        if differs(&self.id, &newer.id)
            || (self.id.is_none() && differs(&self.name, &newer.name))
            || differs(&self.timestamp, &newer.timestamp)
        {
            return replace(self, newer);
        }
        changed |= put(&mut self.id, newer.id);
        changed |= put(&mut self.name, newer.name);
        changed |= put(&mut self.phone, newer.phone);
        changed |= put(&mut self.timestamp, newer.timestamp);
        changed
    }
}

impl Merge for QueueRef {
    fn merge(&mut self, newer: Self) -> bool {
        let mut changed = false;
        if differs(&self.id, &newer.id)
            || (self.id.is_none() && differs(&self.name, &newer.name))
            || differs(&self.timestart, &newer.timestart)
        {
            return replace(self, newer);
        }
        changed |= put(&mut self.id, newer.id);
        changed |= put(&mut self.name, newer.name);
        changed |= put(&mut self.phone, newer.phone);
        changed |= put(&mut self.strategy, newer.strategy);
        changed |= put(&mut self.timestart, newer.timestart);
        changed |= put(&mut self.fail_reason, newer.fail_reason);
        changed |= put(&mut self.answered, newer.answered);
        changed
    }
}

impl Merge for AgentRef {
    fn merge(&mut self, newer: Self) -> bool {
        let mut changed = false;
        if differs(&self.id, &newer.id) || (self.id.is_none() && differs(&self.name, &newer.name)) {
            return replace(self, newer);
        }
        changed |= put(&mut self.id, newer.id);
        changed |= put(&mut self.name, newer.name);
        changed |= put(&mut self.surname, newer.surname);
        changed |= put(&mut self.phone, newer.phone);
        changed |= put(&mut self.time_zone, newer.time_zone);
        changed |= put(&mut self.answered, newer.answered);
        changed |= put(&mut self.answered_flag, newer.answered_flag);
        changed
    }
}

impl Merge for Durations {
    fn merge(&mut self, newer: Self) -> bool {
        let mut changed = false;
        changed |= put(&mut self.total, newer.total);
        changed |= put(&mut self.wait_time, newer.wait_time);
        changed |= put(&mut self.hold, newer.hold);
        changed |= self.queue.merge(newer.queue);
        changed |= self.ring.merge(newer.ring);
        changed |= self.talk.merge(newer.talk);
        changed
    }
}

impl Merge for Document {
    fn merge(&mut self, newer: Self) -> bool {
        let mut changed = false;
        changed |= put(&mut self.active, newer.active);
        changed |= put(&mut self.answered, newer.answered);
        changed |= put(&mut self.call_direction, newer.call_direction);
        changed |= put(&mut self.internal, newer.internal);
        changed |= self.time.merge(newer.time);
        changed |= put_object(&mut self.customer_target, newer.customer_target);
        changed |= put_object(&mut self.customer_telavox, newer.customer_telavox);
        changed |= put(&mut self.offered_and_answered, newer.offered_and_answered);
        changed |= put(&mut self.offered_and_not_answered, newer.offered_and_not_answered);
        changed |= put(&mut self.terminated_call_reason, newer.terminated_call_reason);
        changed |= put(&mut self.simultaneous_device_calls, newer.simultaneous_device_calls);
        changed |= put(&mut self.voicemail, newer.voicemail);
        changed |= put(&mut self.transfers, newer.transfers);
        changed |= put(&mut self.recorded, newer.recorded);
        changed |= put_object(&mut self.on_hooked_calls, newer.on_hooked_calls);
        changed |= put_list(&mut self.agent_list, newer.agent_list);
        changed |= put_list(&mut self.agent_list_answer, newer.agent_list_answer);
        changed |= put_list(&mut self.agent_list_no_answer, newer.agent_list_no_answer);
        changed |= put_list(&mut self.queue_list, newer.queue_list);
        changed |= put_list(&mut self.ivr_list, newer.ivr_list);
        changed |= self.duration.merge(newer.duration);
        changed |= put_list(&mut self.menu_digit, newer.menu_digit);
        changed |= put_object(&mut self.ivr_first, newer.ivr_first);
        changed |= put_object(&mut self.ivr_last, newer.ivr_last);
        changed |= put_object(&mut self.ivr, newer.ivr);
        changed |= put_object(&mut self.queue_first, newer.queue_first);
        changed |= put_object(&mut self.queue_last, newer.queue_last);
        changed |= put_object(&mut self.queue, newer.queue);
        changed |= put_object(&mut self.agent_first, newer.agent_first);
        changed |= put_object(&mut self.agent_last, newer.agent_last);
        changed |= put_object(&mut self.agent, newer.agent);
        changed |= put_object(&mut self.redirected, newer.redirected);
        changed |= put_object(&mut self.transfer_first, newer.transfer_first);
        changed |= put_object(&mut self.transfer_last, newer.transfer_last);
        changed |= put(&mut self.agent_end_reason, newer.agent_end_reason);
        changed |= put(&mut self.fail_reason, newer.fail_reason);
        for (path, value) in newer.extra {
            changed |= self.extra.get(&path) != Some(&value);
            self.extra.insert(path, value);
        }
        changed
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::words::Reason;

    fn queue(id: &str, fail_reason: Option<Reason>) -> Option<QueueRef> {
        Some(QueueRef { id: Some(id.into()), fail_reason, ..QueueRef::default() })
    }

    #[test]
    fn a_missing_field_never_erases_a_known_one() {
        let mut old = Document { answered: Some(true), ..Document::default() };
        old.agent_list = vec!["Ada".into()];
        old.merge(Document { active: Some(false), ..Document::default() });
        assert_eq!(old.answered, Some(true));
        assert_eq!(old.active, Some(false));
        assert_eq!(old.agent_list, ["Ada"]);
    }

    #[test]
    fn the_reason_of_a_queue_does_not_stick_to_the_next_one() {
        let mut old = Document {
            queue_last: queue("71", Some(Reason::QueueLeaveTimeout)),
            ..Document::default()
        };
        old.merge(Document { queue_last: queue("72", None), ..Document::default() });
        assert_eq!(old.queue_last, queue("72", None));
    }
}
