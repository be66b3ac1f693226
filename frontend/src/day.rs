//! The day so far, for the small drawings: asked for once, then its newest
//! part again and again.

use std::collections::BTreeMap;
use std::rc::Rc;

use callboard_shared::QueueKey;

/// Calls offered and abandoned in one stretch of the day.
#[derive(Clone, Copy, Debug, Default, Eq, PartialEq)]
pub(crate) struct Bar {
    pub(crate) offered: u32,
    pub(crate) abandoned: u32,
    /// Nothing is known of a part of it: a stream was not live.
    pub(crate) gap: bool,
}

/// Bars by queue.
#[derive(Debug, Default)]
pub(crate) struct Day {
    bars: BTreeMap<QueueKey, Rc<[Bar]>>,
}

impl Day {
    /// The bars of a queue.
    pub(crate) fn bars(&self, queue: &QueueKey) -> Rc<[Bar]> {
        self.bars.get(queue).cloned().unwrap_or_default()
    }
}
