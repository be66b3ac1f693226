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

use callboard_shared::alert::{Change, Kind, Rule};
use callboard_shared::board::Present;
use callboard_shared::figures::{Metrics, Thresholds};
use callboard_shared::wire::{StreamState, StreamStatus};
use callboard_shared::{Board, Stream, UnixMs, durations};
use yew::AttrValue;

use crate::format;
use crate::params::{Page, Params};
use crate::store::Store;
use crate::text::{self, T, t};
pub(crate) use callboard_shared::Urgency;
pub(crate) use calls::{CallRow, Calls, Counts, RowCache, State, rows};
#[cfg(feature = "desk")]
pub(crate) use calls::{all_rows, number};
pub(crate) use queues::QueueCard;

mod agents;
pub(crate) use agents::{AgentChip, Busy};

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
    pub(crate) hero: Rc<Hero>,
    pub(crate) queues: Rc<[QueueCard]>,
    /// Of the calls, whose rows are drawn beside this.
    pub(crate) counts: Counts,
    pub(crate) agents: Rc<[AgentChip]>,
    /// Why no queue is shown: the choice matches none.
    pub(crate) no_queue: Option<AttrValue>,
    /// What is read out when it has changed.
    pub(crate) spoken: AttrValue,
    /// A message has come.
    pub(crate) ready: bool,
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
#[derive(Clone, Debug, PartialEq)]
pub(crate) struct Strip {
    pub(crate) counting_since: Option<UnixMs>,
    pub(crate) link: LinkState,
    pub(crate) streams: [Light; 3],
}

/// One stream's light.
#[derive(Clone, Copy, Debug, PartialEq)]
pub(crate) struct Light {
    pub(crate) stream: Stream,
    pub(crate) state: StreamState,
    /// When its last document came, to the second.
    pub(crate) last: Option<UnixMs>,
}

impl Light {
    fn of(stream: Stream, status: &StreamStatus) -> Light {
        let last = status.last_document.map(|at| UnixMs(at.0 - at.0 % 1000));
        Light { stream, state: status.state, last }
    }
}

impl View {
    /// The moment that waits are judged by, at `now`.
    pub(crate) fn at(&self, now: UnixMs) -> UnixMs {
        self.stale_since.unwrap_or(now)
    }
}

impl Default for Strip {
    fn default() -> Strip {
        let streams = Stream::ALL.map(|stream| Light::of(stream, &StreamStatus::default()));
        Strip { counting_since: None, link: LinkState::default(), streams }
    }
}

/// What is wrong with the data, and since when.
#[derive(Clone, Debug, PartialEq)]
pub(crate) struct Notice {
    pub(crate) text: AttrValue,
    pub(crate) since: UnixMs,
    pub(crate) severe: bool,
}

/// The figures of all queues together.
#[derive(Clone, Debug, Default, Eq, PartialEq)]
pub(crate) struct Hero {
    pub(crate) waiting: usize,
    /// The oldest waiting caller: since when, and in which queue.
    pub(crate) longest: Option<(UnixMs, AttrValue)>,
    pub(crate) urgency: Urgency,
    /// Callers of a queue who talk to an agent.
    pub(crate) talking: u32,
    pub(crate) level: Share,
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
        Today {
            offered: metrics.offered,
            handled: metrics.handled,
            abandoned: metrics.abandoned,
            flow_out: metrics.flow_out.all(),
        }
    }
}

/// A service level against its target.
#[derive(Clone, Copy, Debug, Default, Eq, PartialEq)]
pub(crate) struct Share {
    /// Whole percent, rounded down: a target not met is never shown as met.
    pub(crate) percent: Option<u32>,
    pub(crate) to_recover: u32,
    /// By the limits of its alert.
    pub(crate) urgency: Urgency,
    /// What is wanted: so many percent within so many seconds.
    pub(crate) wanted: Thresholds,
}

impl Share {
    fn of(metrics: &Metrics, wanted: Thresholds, rule: &Rule) -> Share {
        Share {
            urgency: Urgency::of(Kind::ServiceLevel, metrics, rule),
            percent: metrics.service_level.short_excluded.floor_percent(),
            to_recover: metrics.calls_to_recover,
            wanted,
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

/// When a view is of.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Look {
    /// How the browser's link is.
    pub(crate) link: Link,
    /// The proxy's time.
    pub(crate) now: UnixMs,
    /// The browser's monotonic clock.
    pub(crate) monotonic_ms: f64,
}

/// Builds the view of `store`, as `params` ask for it. The calls are beside
/// it, in [`rows`]. `figures`: a view whose figures are to be shown again.
pub(crate) fn view(store: &Store, look: Look, params: &Params, figures: Option<&View>) -> View {
    let Look { link, now, monotonic_ms } = look;
    calls::at_home_in(store.settings.home);
    format::in_zone(&store.settings.zone);
    let link_state = link.state(monotonic_ms);
    let notice = notice(store, link_state, now);
    let stale_since = notice.as_ref().filter(|n| n.severe && now.since_ms(n.since) >= STALE_MS);
    let stale_since = stale_since.map(|notice| notice.since);
    // What stands still is judged by the moment it stopped.
    let at = stale_since.unwrap_or(now);
    let board = &store.board;
    let figures = figures.cloned().unwrap_or_else(|| figured(store, at, params));
    View {
        strip: Strip {
            counting_since: (board.since.0 > 0).then_some(board.since),
            link: link_state,
            streams: Stream::ALL.map(|stream| Light::of(stream, store.status.get(stream))),
        },
        stale_since,
        notice,
        ready: link.heard_ms.is_some(),
        ..figures
    }
}

/// The part of a view that is read off all calls.
fn figured(store: &Store, at: UnixMs, params: &Params) -> View {
    let hero = hero(store, at, params);
    let (spoken, hero) = (spoken(&hero), Rc::new(hero));
    if params.view == Page::Calls {
        return View { spoken, hero, ..View::default() };
    }
    View {
        spoken,
        hero,
        queues: queues::cards(store, at, params, params.view == Page::Wall || params.tv),
        agents: agents::chips(&store.board),
        no_queue: no_queue(&store.board, params),
        ..View::default()
    }
}

/// Says which queues there are, when the choice matches none of them.
fn no_queue(board: &Board, params: &Params) -> Option<AttrValue> {
    let known = || board.queues.keys();
    if params.queues.is_empty() || known().any(|queue| params.shows(&queue.0)) {
        return None;
    }
    let mut names = String::new();
    for queue in known() {
        if !names.is_empty() {
            names.push_str(", ");
        }
        names.push_str(&queue.0);
        names.push(' ');
        names.push_str(&queues::name(board, queue));
    }
    let asked = params.queues.join(", ");
    let text = text::fill(T::NoSuchQueue, &[("name", &asked), ("known", &names)]);
    Some(AttrValue::from(text))
}

/// What is said when a figure has gone beyond its limit.
pub(crate) fn alarm(board: &Board, change: &Change) -> AttrValue {
    let what = t(match change.kind {
        Kind::Waiting => T::Waiting,
        Kind::LongestWait => T::LongestWait,
        Kind::ServiceLevel => T::ServiceLevel,
        Kind::Silence => T::Silence,
    });
    let value = change.value.unwrap_or_default();
    let value = match change.kind {
        Kind::Waiting => text::whole(value.into()),
        Kind::Silence => durations::clock(u64::from(value) * 60_000),
        Kind::LongestWait => durations::clock(u64::from(value) * 1000),
        Kind::ServiceLevel => text::percent(Some(value)),
    };
    let queue = change.queue.as_ref().map(|queue| queues::name(board, queue));
    let queue = queue.as_deref().unwrap_or_else(|| t(T::AllQueues));
    AttrValue::from(text::fill(T::Alarm, &[("queue", queue), ("what", what), ("value", &value)]))
}

/// The first look in one sentence, without what changes every second.
fn spoken(hero: &Hero) -> AttrValue {
    let level = text::percent(hero.level.percent);
    AttrValue::from(match hero.longest {
        None => text::fill(T::SpokenCalm, &[("p", &level)]),
        Some((_, ref queue)) => {
            let urgency = text::urgency(hero.urgency);
            let places = [("queue", &**queue), ("urgency", urgency), ("p", &level)];
            text::count(T::Spoken, hero.waiting, &places)
        }
    })
}

fn hero(store: &Store, at: UnixMs, params: &Params) -> Hero {
    let board = &store.board;
    // By the queue's clock, as on its card: the cards add up to what is here.
    let (mut waiting, mut talking) = (Vec::new(), 0);
    for Present { entry, waits, .. } in board.present() {
        match waits {
            _ if !params.shows(&entry.queue.0) => (),
            Some(since) => waiting.push((&entry.queue, since)),
            None => talking += 1,
        }
    }
    let longest = waiting.iter().min_by_key(|(_, since)| *since);
    let total = board.total_of(&store.settings, at, |queue| params.shows(&queue.0));
    let rules = store.settings.rules();
    let rule = rules.of(None).unwrap_or(&rules.all);
    // The worst of the queues that are shown is how bad it is.
    let waits = waiting
        .iter()
        .map(|(queue, since)| Urgency::of_wait(Some(*since), at, rules.of_queue(queue)));
    let crowd = rules.of(None).map(|rule| Urgency::of(Kind::Waiting, &total, rule));
    Hero {
        waiting: waiting.len(),
        longest: longest.map(|(queue, since)| (*since, queues::name(board, queue))),
        urgency: waits.chain(crowd).max().unwrap_or_default(),
        talking,
        level: Share::of(&total, store.settings.all, rule),
        today: Today::of(&total),
    }
}

/// The worst thing that is wrong with the data: our own link first, as
/// nothing is known without it.
fn notice(store: &Store, link: LinkState, now: UnixMs) -> Option<Notice> {
    let heard = store.heard?;
    let say =
        |text: String, since, severe| Some(Notice { text: AttrValue::from(text), since, severe });
    match link {
        LinkState::Lost => return say(t(T::NoLink).into(), heard, true),
        LinkState::Late => return say(t(T::LateLink).into(), heard, true),
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
        (true, _) => say(t(T::Refused).into(), since, all),
        (false, true) => say(t(T::NoUpstream).into(), since, true),
        (false, false) => {
            let names: Vec<_> = down.iter().map(|stream| text::stream(*stream)).collect();
            let names = match names[..] {
                [a, b] => text::fill(T::And, &[("a", a), ("b", b)]),
                _ => names.concat(),
            };
            say(text::fill(T::PartsMissing, &[("streams", &names)]), since, false)
        }
    }
}
