//! Board + time → exactly what is drawn. Plain values, no browser.
//!
//! Components compare these values to decide what to draw anew, so that they
//! change only when what is seen changes: durations are instants here, and
//! tick elsewhere.

mod calls;
mod queues;
#[cfg(test)]
mod tests;

use std::rc::Rc;

use callboard_shared::figures::{Metrics, Thresholds};
use callboard_shared::wire::{StreamState, StreamStatus};
use callboard_shared::{Stream, UnixMs};
use yew::AttrValue;

use crate::store::Store;
pub(crate) use calls::{CallRow, RowCache, State};
pub(crate) use queues::QueueCard;

mod agents;
pub(crate) use agents::{AgentChip, Busy};

/// A longest wait of this is at risk, in ms: the answer target itself.
const RISK_MS: u64 = callboard_shared::figures::ANSWER_WITHIN_MS;
/// A longest wait of this is a breach, in ms.
const BREACH_MS: u64 = 3 * RISK_MS;
/// Without a message for this long the link is late, in ms.
const LATE_MS: f64 = 3_000.0;
/// Without a message, or without a live stream, for this long the board is
/// stale, in ms: it turns grey and stands still.
const STALE_MS: u64 = 10_000;

/// All that is drawn.
#[derive(Clone, Debug, Default, PartialEq)]
pub(crate) struct View {
    pub(crate) strip: Strip,
    pub(crate) notice: Option<Notice>,
    /// The board is old: grey, and its durations stand still since then.
    pub(crate) stale_since: Option<UnixMs>,
    pub(crate) hero: Hero,
    pub(crate) queues: Rc<[QueueCard]>,
    pub(crate) calls: Rc<[Rc<CallRow>]>,
    pub(crate) agents: Rc<[AgentChip]>,
    /// A message has come.
    pub(crate) ready: bool,
}

/// How bad it is.
#[derive(Clone, Copy, Debug, Default, Eq, Ord, PartialEq, PartialOrd)]
pub(crate) enum Urgency {
    #[default]
    Calm,
    Risk,
    Breach,
}

impl Urgency {
    /// Of a wait that began at `since`.
    fn of_wait(since: Option<UnixMs>, now: UnixMs) -> Urgency {
        match since.map(|since| now.since_ms(since)) {
            Some(BREACH_MS..) => Urgency::Breach,
            Some(RISK_MS..) => Urgency::Risk,
            Some(_) | None => Urgency::Calm,
        }
    }

    /// A name for the style sheet.
    pub(crate) fn class(self) -> &'static str {
        match self {
            Urgency::Calm => "calm",
            Urgency::Risk => "risk",
            Urgency::Breach => "breach",
        }
    }
}

/// How the browser's link to the proxy is.
#[derive(Clone, Copy, Debug, Default, Eq, PartialEq)]
pub(crate) enum LinkState {
    #[default]
    Connecting,
    Live,
    /// No message for a while; they come at least every two seconds.
    Late,
    Lost,
}

/// What the link tells the view: whether a socket is open, and when the last
/// message came by the monotonic clock.
#[derive(Clone, Copy, Debug, Default, PartialEq)]
pub(crate) struct Link {
    pub(crate) open: bool,
    pub(crate) heard_ms: Option<f64>,
    /// The proxy wants a key.
    pub(crate) locked: bool,
}

impl Link {
    fn state(self, monotonic_ms: f64) -> LinkState {
        match self.heard_ms {
            None if self.open => LinkState::Connecting,
            None => LinkState::Connecting,
            Some(_) if !self.open => LinkState::Lost,
            Some(heard) if monotonic_ms - heard > LATE_MS => LinkState::Late,
            Some(_) => LinkState::Live,
        }
    }
}

/// The strip at the top.
#[derive(Clone, Debug, Default, PartialEq)]
pub(crate) struct Strip {
    pub(crate) counting_since: Option<UnixMs>,
    pub(crate) link: LinkState,
    pub(crate) streams: Vec<(Stream, StreamStatus)>,
}

/// What is wrong with the data, and since when.
#[derive(Clone, Debug, PartialEq)]
pub(crate) struct Notice {
    pub(crate) text: AttrValue,
    pub(crate) since: UnixMs,
    pub(crate) severe: bool,
}

/// The figures of all queues together.
#[derive(Clone, Debug, Default, PartialEq)]
pub(crate) struct Hero {
    pub(crate) waiting: usize,
    /// The oldest waiting caller: since when, and in which queue.
    pub(crate) longest: Option<(UnixMs, AttrValue)>,
    pub(crate) urgency: Urgency,
    /// Callers of a queue who talk to an agent.
    pub(crate) talking: u32,
    pub(crate) level: Level,
    pub(crate) today: Today,
}

/// Counts since counting began.
#[derive(Clone, Copy, Debug, Default, Eq, PartialEq)]
pub(crate) struct Today {
    pub(crate) offered: u32,
    pub(crate) handled: u32,
    pub(crate) abandoned: u32,
    pub(crate) flow_out: u32,
}

impl Today {
    fn of(metrics: &Metrics) -> Today {
        let flow_out = &metrics.flow_out;
        Today {
            offered: metrics.offered,
            handled: metrics.handled,
            abandoned: metrics.abandoned,
            flow_out: flow_out.timeout + flow_out.full + flow_out.empty + flow_out.digit,
        }
    }
}

/// A service level against its target.
#[derive(Clone, Copy, Debug, Default, Eq, PartialEq)]
pub(crate) struct Level {
    /// Whole percent, rounded down: a target not met is never shown as met.
    pub(crate) percent: Option<u32>,
    pub(crate) to_recover: u32,
    /// What is wanted: so many percent within so many seconds.
    pub(crate) wanted: Thresholds,
}

impl Level {
    fn of(metrics: &Metrics, wanted: Thresholds) -> Level {
        Level {
            percent: metrics.service_level.short_excluded.floor_percent(),
            to_recover: metrics.calls_to_recover,
            wanted,
        }
    }

    /// Below target by little is at risk, by ten points a breach.
    pub(crate) fn urgency(self) -> Urgency {
        let target = self.wanted.target_percent;
        match self.percent {
            Some(percent) if percent + 10 < target => Urgency::Breach,
            Some(percent) if percent < target => Urgency::Risk,
            Some(_) | None => Urgency::Calm,
        }
    }
}

/// What a list is ordered by: a rank, an instant, a name.
type Order = (u8, i64, AttrValue);

/// Orders a list. One sort for all of them, as each further one would cost
/// the page some kilobytes.
fn ordered<T>(items: Vec<T>, order: impl Fn(&T) -> Order) -> Rc<[T]> {
    let mut keys: Vec<_> = items.iter().map(order).zip(0..).collect();
    sort(&mut keys);
    let mut items: Vec<_> = items.into_iter().map(Some).collect();
    keys.into_iter().filter_map(|(_, index)| items[index].take()).collect()
}

fn sort(keys: &mut [(Order, usize)]) {
    keys.sort_unstable();
}

/// Builds the view of `store` at `now` (the proxy's time).
pub(crate) fn view(
    store: &Store,
    link: Link,
    now: UnixMs,
    monotonic_ms: f64,
    cache: &mut RowCache,
) -> View {
    let link_state = link.state(monotonic_ms);
    let notice = notice(store, link_state, now);
    let stale_since = notice.as_ref().filter(|n| n.severe && now.since_ms(n.since) >= STALE_MS);
    let stale_since = stale_since.map(|notice| notice.since);
    // What stands still is judged by the moment it stopped.
    let at = stale_since.unwrap_or(now);
    let board = &store.board;
    View {
        strip: Strip {
            counting_since: (board.since.0 > 0).then_some(board.since),
            link: link_state,
            streams: Stream::ALL.map(|stream| (stream, *store.status.get(stream))).to_vec(),
        },
        stale_since,
        notice,
        hero: hero(store, at),
        queues: queues::cards(store, at),
        calls: calls::rows(store, at, cache),
        agents: agents::chips(board),
        ready: link.heard_ms.is_some(),
    }
}

fn hero(store: &Store, at: UnixMs) -> Hero {
    let board = &store.board;
    let waiting = || board.calls.values().filter_map(|call| call.phase.waiting_in());
    let longest = waiting().min_by_key(|(_, since)| *since);
    let total = board.total(&store.settings, at);
    Hero {
        waiting: waiting().count(),
        longest: longest.map(|(queue, since)| (since, queues::name(board, queue))),
        urgency: Urgency::of_wait(longest.map(|(_, since)| since), at),
        talking: total.talking,
        level: Level::of(&total, store.settings.all),
        today: Today::of(&total),
    }
}

/// The worst thing that is wrong with the data: our own link first, as
/// nothing is known without it.
fn notice(store: &Store, link: LinkState, now: UnixMs) -> Option<Notice> {
    let heard = store.heard?;
    let say = |text: &str, since, severe| {
        Some(Notice { text: AttrValue::from(text.to_owned()), since, severe })
    };
    match link {
        LinkState::Lost => return say("No connection to Callboard. Data is", heard, true),
        LinkState::Late => return say("Callboard is late. Data is", heard, true),
        LinkState::Live | LinkState::Connecting => (),
    }
    let status = |stream: Stream| store.status.get(stream);
    let down: Vec<_> = Stream::ALL
        .into_iter()
        .filter(|stream| status(*stream).state != StreamState::Live)
        .collect();
    let since = down.iter().map(|stream| status(*stream).since).min()?;
    let refused = down.iter().any(|stream| status(*stream).state == StreamState::AuthFailed);
    let all = down.len() == Stream::ALL.len();
    // The first second of a start is no outage.
    if now.since_ms(since) < 1_000 && down.iter().all(|s| status(*s).last_document.is_none()) {
        return None;
    }
    match (refused, all) {
        (true, _) => say("Telavox refuses the token. Data is", since, all),
        (false, true) => say("No connection to Telavox. Data is", since, true),
        (false, false) => {
            let names: Vec<_> = down.iter().map(|stream| stream.name()).collect();
            say(
                &format!("No data from {}: figures may be wrong. It is", names.join(" and ")),
                since,
                false,
            )
        }
    }
}
