//! Who is there now: waiting in a queue, or talking out of one.

use super::Board;
use crate::ByKey;
use crate::call::Call;
use crate::figures::contribution::{Entry, Stand};
use crate::figures::metrics::{Now, Waiting};
use crate::ids::{CallId, QueueKey};
use crate::phase::Phase;
use crate::time::UnixMs;

/// A caller from outside who came through a queue and is there now.
#[derive(Clone, Copy, Debug)]
pub struct Present<'a> {
    /// The call's id.
    pub id: &'a CallId,
    /// The call.
    pub call: &'a Call,
    /// Its last passage through a queue.
    pub entry: &'a Entry,
    /// Waits there since then; `None`: talks.
    pub waits: Option<UnixMs>,
}

impl Board {
    /// Who is in one queue now, or talks out of it, by the queue's clock.
    pub fn queue_now(&self, queue: &QueueKey) -> Now {
        let mut present = Now::default();
        let calls = self.calls.values().filter_map(|call| at_last(call));
        calls.filter(|(last, _)| last.queue == *queue).for_each(|(_, what)| present.note(what));
        present
    }

    /// The same for every queue that anybody is in, in one look at the calls.
    pub fn queues_now(&self) -> ByKey<QueueKey, Now> {
        let mut present: ByKey<QueueKey, Now> = ByKey::new();
        for (last, what) in self.calls.values().filter_map(|call| at_last(call)) {
            match present.get_mut(&last.queue) {
                Some(now) => now.note(what),
                None => present.entry(last.queue.clone()).or_default().note(what),
            }
        }
        present
    }

    /// Each caller who came through a queue and is there now, by the clock of
    /// the queue that the call came to last.
    pub fn present(&self) -> impl Iterator<Item = Present<'_>> {
        self.calls.iter().filter_map(|(id, call)| {
            let (entry, waits) = at_last(call)?;
            Some(Present { id, call, entry, waits })
        })
    }

    /// Who is there now, by first queue and by the customer's clock.
    pub fn customers_now(&self) -> ByKey<QueueKey, Now> {
        let mut present: ByKey<QueueKey, Now> = ByKey::new();
        for call in self.calls.values() {
            let Some(entry) = &call.counted.customer else { continue };
            if !self.counts(&entry.queue) {
                continue;
            }
            let waits = call.phase.waiting_in().map(|(_, since)| since);
            if waits.is_none() && !talks(call, entry.stand) {
                continue;
            }
            let now = present.entry(entry.queue.clone()).or_default();
            match waits {
                // Answered before, and waiting again: a wait of its own.
                Some(since) if entry.stand != Stand::Open => {
                    now.waiting.push(Waiting { since, open: false });
                }
                Some(_) => now.waiting.push(Waiting { since: entry.at, open: true }),
                None => now.talking += 1,
            }
        }
        present
    }
}

/// The passage through the queue that a call came to last, and what its caller
/// does there, by the queue's clock: waits since then, or talks.
fn at_last(call: &Call) -> Option<(&Entry, Option<UnixMs>)> {
    let last = call.counted.passages.last()?;
    match call.phase.waiting_in() {
        Some((at, since)) if *at == last.queue => Some((last, Some(since))),
        _ => talks(call, last.stand).then_some((last, None)),
    }
}

/// A call talks from the answer until it ends or waits in another queue, also
/// while it is handed over and the next phone rings.
fn talks(call: &Call, stand: Stand) -> bool {
    let answered = matches!(stand, Stand::Handled { .. });
    match call.phase {
        Phase::Talking { .. } => true,
        Phase::Ringing { queue: None, .. } => answered,
        _ => false,
    }
}
