//! Limits as they were written, read back.

use super::{Limits, Rule, Rules};
use crate::decode::slot::{Object, Slot};

impl Object for Limits {
    fn slot(&mut self, key: &str) -> Option<Slot<'_>> {
        Some(match key {
            "warn" => Slot::Count(&mut self.warn),
            "breach" => Slot::Count(&mut self.breach),
            _ => return None,
        })
    }

    /// Limits that were written hold alone: one that is missing is none.
    fn begin(&mut self) {
        *self = Limits::default();
    }
}

impl Object for Rule {
    fn slot(&mut self, key: &str) -> Option<Slot<'_>> {
        Some(match key {
            "waiting" => Slot::Object("waiting", &mut self.waiting),
            "longest_wait" => Slot::Object("longest_wait", &mut self.longest_wait),
            "service_level" => Slot::Object("service_level", &mut self.service_level),
            "silence" => Slot::Object("silence", &mut self.silence),
            "least_decided" => Slot::Whole(&mut self.least_decided),
            _ => return None,
        })
    }
}

impl Object for Rules {
    fn slot(&mut self, key: &str) -> Option<Slot<'_>> {
        Some(match key {
            "all" => Slot::Object("all", &mut self.all),
            "total" => Slot::Object("total", &mut self.total),
            "queues" => Slot::Map(&mut self.queues),
            _ => return None,
        })
    }
}

read_by_slots!(Rules);
