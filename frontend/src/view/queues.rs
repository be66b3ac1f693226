//! One card per queue.

use std::rc::Rc;

use callboard_shared::alert::Kind;
use callboard_shared::board::Present;
use callboard_shared::{Board, ByKey, Phase, QueueKey, UnixMs};
use yew::AttrValue;

use super::{Share, Today, Urgency, calls, ordered};
use crate::day::Bar;
use crate::params::Params;
use crate::store::Store;
use crate::text;

/// A queue as it is drawn.
#[derive(Clone, Debug, Eq, PartialEq)]
pub(crate) struct QueueCard {
    pub(crate) key: AttrValue,
    pub(crate) name: AttrValue,
    pub(crate) strategy: Option<AttrValue>,
    pub(crate) waiting: u32,
    /// Of these, whose call makes phones ring. Inferred.
    pub(crate) ringing: u32,
    /// The oldest waiting caller.
    pub(crate) longest: Option<UnixMs>,
    pub(crate) talking: u32,
    pub(crate) urgency: Urgency,
    pub(crate) level: Share,
    pub(crate) today: Today,
    /// The day so far, in bars.
    pub(crate) day: Rc<[Bar]>,
}

/// A queue's name, else its key.
pub(super) fn name(board: &Board, queue: &QueueKey) -> AttrValue {
    let known = board.queues.get(queue).and_then(|queue| queue.name.as_deref());
    calls::words(known.unwrap_or(queue.as_str()))
}

/// Cards in the order that the URL has, else of their names: they stay where
/// they are. From afar the worst comes first.
pub(super) fn cards(
    store: &Store,
    at: UnixMs,
    params: &Params,
    by_trouble: bool,
) -> Rc<[QueueCard]> {
    let Store { board, settings, .. } = store;
    let rules = settings.rules();
    let mut ringing: ByKey<QueueKey, u32> = ByKey::new();
    let rings = |one: &Present<'_>| matches!(one.call.phase, Phase::Ringing { .. });
    for one in board.present().filter(|one| one.waits.is_some() && rings(one)) {
        *ringing.entry(one.entry.queue.clone()).or_default() += 1;
    }
    let shown = board.queues_at(settings, at).filter(|(key, ..)| params.shows(&key.0));
    let cards = shown.map(|(key, here, metrics)| {
        let longest = here.longest();
        let rule = rules.of_queue(key);
        let crowd = Urgency::of(Kind::Waiting, &metrics, rule);
        let level = Share::of(&metrics, settings.of(key), rule);
        QueueCard {
            key: AttrValue::from(key.to_string()),
            name: name(board, key),
            strategy: board
                .queues
                .get(key)
                .and_then(|queue| queue.strategy.as_ref())
                .map(|strategy| AttrValue::from(text::strategy(strategy).to_owned())),
            waiting: metrics.waiting,
            ringing: ringing.get(key).copied().unwrap_or_default(),
            longest,
            talking: metrics.talking,
            urgency: Urgency::of_wait(longest, at, rule).max(crowd),
            level,
            today: Today::of(&metrics),
            day: store.day.bars(key),
        }
    });
    let place = |card: &QueueCard| params.queues.iter().position(|key| **key == *card.key);
    ordered(cards.collect(), |card: &QueueCard| {
        if by_trouble {
            let worst = card.urgency.max(card.level.urgency) as u8;
            let oldest = card.longest.map_or(i64::MAX, |since| since.0);
            (2 - worst, oldest, card.name.clone())
        } else {
            let place = place(card).and_then(|place| u8::try_from(place).ok());
            (place.unwrap_or(u8::MAX), 0, card.name.clone())
        }
    })
}
