//! One card per queue.

use std::rc::Rc;

use callboard_shared::{Board, QueueKey, UnixMs};
use yew::AttrValue;

use super::{Level, Today, Urgency, ordered};
use crate::store::Store;
use crate::text;

/// A queue as it is drawn.
#[derive(Clone, Debug, PartialEq)]
pub(crate) struct QueueCard {
    pub(crate) key: AttrValue,
    pub(crate) name: AttrValue,
    pub(crate) strategy: Option<AttrValue>,
    pub(crate) waiting: u32,
    /// The oldest waiting caller.
    pub(crate) longest: Option<UnixMs>,
    pub(crate) talking: u32,
    pub(crate) urgency: Urgency,
    pub(crate) level: Level,
    pub(crate) today: Today,
}

/// A queue's name, else its key.
pub(super) fn name(board: &Board, queue: &QueueKey) -> AttrValue {
    let known = board.queues.get(queue).and_then(|queue| queue.name.clone());
    AttrValue::from(known.unwrap_or_else(|| queue.to_string()))
}

/// Cards in order of their names: they stay where they are.
pub(super) fn cards(store: &Store, at: UnixMs) -> Rc<[QueueCard]> {
    let Store { board, settings, .. } = store;
    let cards = board.queues.iter().map(|(key, queue)| {
        let metrics = board.queue(key, settings, at);
        let longest = longest(board, key);
        QueueCard {
            key: AttrValue::from(key.to_string()),
            name: name(board, key),
            strategy: queue
                .strategy
                .as_ref()
                .map(|strategy| AttrValue::from(text::strategy(strategy).to_owned())),
            waiting: metrics.waiting,
            longest,
            talking: metrics.talking,
            urgency: Urgency::of_wait(longest, at),
            level: Level::of(&metrics, settings.of(key)),
            today: Today::of(&metrics),
        }
    });
    ordered(cards.collect(), |card: &QueueCard| (0, 0, card.name.clone()))
}

/// Entry of the caller who has waited longest in a queue.
fn longest(board: &Board, key: &QueueKey) -> Option<UnixMs> {
    let waiting = board.calls.values().filter_map(|call| call.phase.waiting_in());
    waiting.filter(|(queue, _)| *queue == key).map(|(_, since)| since).min()
}
