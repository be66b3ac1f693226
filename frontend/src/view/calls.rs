//! One row per active call, made anew only when its call has changed.

use std::cell::{Cell, RefCell};
use std::rc::Rc;

use callboard_shared::phone::{Country, Number, normalise};
use callboard_shared::words::Direction;
use callboard_shared::{AgentKey, Board, ByCall, Call, CallId, Phase, UnixMs};
use yew::AttrValue;

use super::{Urgency, ordered, queues};
use crate::params::Params;
use crate::store::{Moved, Store};
use crate::text::{self, T, t};

thread_local! {
    /// Where numbers without a country code are from, and are shown without one.
    static HOME: Cell<Country> = const { Cell::new(Country::Se) };
}

/// Shows numbers as in this country from now on.
pub(super) fn at_home_in(home: Country) {
    HOME.set(home);
}

/// What a call is doing, in the order of the list.
#[derive(Clone, Copy, Debug, Eq, PartialEq)]
pub(crate) enum State {
    Waiting,
    Ringing,
    Talking,
    Menu,
    Connecting,
    Callback,
}

impl State {
    /// A name for the style sheet.
    pub(crate) fn class(self) -> &'static str {
        match self {
            State::Waiting => "waiting",
            State::Ringing => "ringing",
            State::Talking => "talking",
            State::Menu => "menu",
            State::Connecting => "connecting",
            State::Callback => "callback",
        }
    }
}

/// A call as it is drawn.
#[derive(Clone, Debug, Eq, PartialEq)]
pub(crate) struct CallRow {
    pub(crate) id: AttrValue,
    pub(crate) state: State,
    pub(crate) urgency: Urgency,
    /// When the state began; for a caller in a queue, the entry.
    pub(crate) since: UnixMs,
    pub(crate) caller: AttrValue,
    /// `↙` incoming, `↗` outgoing, `↔` internal, with its word.
    pub(crate) direction: Option<(&'static str, T)>,
    pub(crate) place: AttrValue,
    pub(crate) agent: AttrValue,
    /// Not spoken of since the stream came back.
    pub(crate) unconfirmed: bool,
}

/// How many calls there are, and how many of them wait.
#[derive(Clone, Copy, Debug, Default, Eq, PartialEq)]
pub(crate) struct Counts {
    pub(crate) all: usize,
    pub(crate) waiting: usize,
}

/// The part of the list that is in view.
#[derive(Clone, Debug, Default, PartialEq)]
pub(crate) struct Calls {
    /// Which of all calls the first row is.
    pub(crate) first: usize,
    pub(crate) rows: Vec<Rc<CallRow>>,
    pub(crate) counts: Counts,
}

impl Calls {
    /// The part of a whole list that is in view.
    pub(crate) fn part(&self, in_view: impl Fn(usize) -> (usize, usize)) -> Calls {
        let (first, count) = in_view(self.rows.len());
        let rows = self.rows.iter().skip(first).take(count).cloned().collect();
        Calls { first, rows, counts: self.counts }
    }
}

/// All calls in their order. Rows are made of those in view only, and anew
/// when their call has changed.
#[derive(Debug, Default)]
pub(crate) struct RowCache {
    known: ByCall<Rc<Place>>,
    order: Vec<Rc<Place>>,
    /// Since when the stream of calls is live, as what was seen before is
    /// unconfirmed, and where numbers are from.
    basis: Option<(UnixMs, Country)>,
    /// When waits were judged last, in s.
    judged: i64,
}

/// A call's place in the list.
#[derive(Debug)]
struct Place {
    state: State,
    since: UnixMs,
    id: CallId,
    /// Made when it came into view, and kept until the call changes.
    row: RefCell<Option<(Version, Rc<CallRow>)>>,
}

/// What a row was made from: the call's revision, and whether it was confirmed.
type Version = (u64, bool);

impl Place {
    fn order(&self) -> (u8, i64, &str) {
        (self.state as u8, self.since.0, &self.id.0)
    }
}

/// The rows in view, the waiting first, the oldest on top. `in_view` tells of
/// a number of rows which one is the first in view, and how many are.
pub(crate) fn rows(
    store: &Store,
    at: UnixMs,
    params: &Params,
    in_view: &dyn Fn(usize) -> (usize, usize),
    cache: &mut RowCache,
) -> Calls {
    let moved = store.moved.replace(Moved::Only(Vec::new()));
    let maker = Maker { store, at, params };
    match moved {
        Moved::Only(ids) if cache.basis == Some(maker.basis()) => {
            for id in &ids {
                cache.put(id, maker.place(id));
            }
        }
        _ => *cache = maker.all(),
    }
    let (first, count) = in_view(cache.order.len());
    let first = first.min(cache.order.len());
    let in_view = || cache.order[first..].iter().take(count);
    // A wait gets worse without a document.
    let second = at.0 / 1000;
    if std::mem::replace(&mut cache.judged, second) != second {
        let waits = |place: &&Rc<Place>| matches!(place.state, State::Waiting | State::Ringing);
        in_view().filter(waits).for_each(|place| drop(place.row.take()));
    }
    let row = |place: &Rc<Place>| {
        let call = store.board.calls.get(&place.id)?;
        let version = maker.version(call);
        let mut known = place.row.borrow_mut();
        if let Some((_, row)) = known.as_ref().filter(|(known, _)| *known == version) {
            return Some(row.clone());
        }
        let row = maker.row(&place.id, call);
        *known = Some((version, row.clone()));
        Some(row)
    };
    let waiting = cache.order.partition_point(|place| place.state == State::Waiting);
    let counts = Counts { all: cache.order.len(), waiting };
    Calls { first, rows: in_view().filter_map(row).collect(), counts }
}

/// The rows of all calls, for a table of them.
#[cfg(feature = "desk")]
pub(crate) fn all_rows(store: &Store, at: UnixMs, params: &Params) -> Vec<Rc<CallRow>> {
    let maker = Maker { store, at, params };
    let calls = &store.board.calls;
    let row = |place: &Rc<Place>| Some(maker.row(&place.id, calls.get(&place.id)?));
    maker.all().order.iter().filter_map(row).collect()
}

impl RowCache {
    /// Puts a call in its place, or takes it away.
    fn put(&mut self, id: &CallId, place: Option<(State, UnixMs)>) {
        let known = self.known.get(id).cloned();
        if known.as_ref().map(|known| (known.state, known.since)) == place {
            return;
        }
        let find = |order: &[Rc<Place>], place: &Place| {
            order.binary_search_by(|other| other.order().cmp(&place.order()))
        };
        if let Some(from) = known.and_then(|known| find(&self.order, &known).ok()) {
            self.order.remove(from);
        }
        let Some((state, since)) = place else {
            self.known.remove(id);
            return;
        };
        let place = Rc::new(Place { state, since, id: id.clone(), row: RefCell::default() });
        let (Ok(to) | Err(to)) = find(&self.order, &place);
        self.order.insert(to, place.clone());
        self.known.insert(id.clone(), place);
    }
}

/// What rows are made from.
struct Maker<'a> {
    store: &'a Store,
    at: UnixMs,
    params: &'a Params,
}

impl Maker<'_> {
    fn basis(&self) -> (UnixMs, Country) {
        (self.store.status.calls.since, self.store.settings.home)
    }

    /// The place of a call that is shown.
    fn place(&self, id: &CallId) -> Option<(State, UnixMs)> {
        let call = self.store.board.calls.get(id)?;
        self.shows(call).then(|| state(call))
    }

    /// Every call.
    fn all(&self) -> RowCache {
        let place = |id: &CallId| {
            let (state, since) = self.place(id)?;
            let place = Place { state, since, id: id.clone(), row: RefCell::default() };
            Some((id.clone(), Rc::new(place)))
        };
        let known: ByCall<_> = self.store.board.calls.keys().filter_map(place).collect();
        let places = known.values().cloned().collect();
        let order =
            |place: &Rc<Place>| (place.state as u8, place.since.0, words(place.id.as_str()));
        let order = ordered(places, order).to_vec();
        let judged = self.at.0 / 1000;
        RowCache { known, order, basis: Some(self.basis()), judged }
    }

    fn shows(&self, call: &Call) -> bool {
        !call.phase.is_ended() && belongs(call, self.params)
    }

    fn version(&self, call: &Call) -> Version {
        (call.revision, call.seen < self.store.status.calls.since)
    }

    fn row(&self, id: &CallId, call: &Call) -> Rc<CallRow> {
        let rules = self.store.settings.rules();
        let waits = call.phase.waiting_in();
        let rule = waits.map_or(&rules.all, |(queue, _)| rules.of_queue(queue));
        let urgency = Urgency::of_wait(waits.map(|(_, since)| since), self.at, rule);
        let (_, unconfirmed) = self.version(call);
        Rc::new(row(&self.store.board, id, call, urgency, unconfirmed))
    }
}

/// Whether a call is of a queue that is shown.
fn belongs(call: &Call, params: &Params) -> bool {
    let waits = call.phase.waiting_in().map(|(queue, _)| queue);
    let last = || call.counted.passages.last().map(|passage| &passage.queue);
    params.queues.is_empty() || waits.or_else(last).is_some_and(|queue| params.shows(&queue.0))
}

/// What a call is doing, and since when.
fn state(call: &Call) -> (State, UnixMs) {
    match &call.phase {
        Phase::Waiting { since, .. } => (State::Waiting, *since),
        Phase::Ringing { queue, since, .. } => {
            (State::Ringing, queue.as_ref().map_or(*since, |(_, entered)| *entered))
        }
        Phase::Talking { since, .. } => (State::Talking, *since),
        Phase::Menu { since, .. } => (State::Menu, *since),
        Phase::AwaitingCallback { since, .. } => (State::Callback, *since),
        Phase::Connecting { since } | Phase::Ended { at: since, .. } => (State::Connecting, *since),
    }
}

fn row(board: &Board, id: &CallId, call: &Call, urgency: Urgency, unconfirmed: bool) -> CallRow {
    let (state, since) = state(call);
    let internal = call.told(|d| d.internal) == Some(true);
    CallRow {
        id: words(id.as_str()),
        state,
        urgency,
        since,
        caller: caller(call),
        direction: match call.told(|d| d.call_direction.as_ref()) {
            _ if internal => Some(("↔", T::Internal)),
            Some(Direction::Incoming) => Some(("↙", T::Incoming)),
            Some(Direction::Outgoing) => Some(("↗", T::Outgoing)),
            Some(Direction::Internal) => Some(("↔", T::Internal)),
            Some(Direction::Other(_)) | None => None,
        },
        place: place(board, call),
        agent: agent(board, call),
        unconfirmed,
    }
}

/// The number at the other end, as people write it.
pub(super) fn caller(call: &Call) -> AttrValue {
    let target = call.told(|d| d.customer_target.as_ref());
    AttrValue::from(number(target.and_then(|target| target.number.as_deref())))
}

/// Words of the model as words of the page.
pub(super) fn words(told: &str) -> AttrValue {
    AttrValue::from(Rc::<str>::from(told))
}

/// A number as people write it.
pub(crate) fn number(told: Option<&str>) -> String {
    let Some(told) = told else { return "–".to_owned() };
    let home = HOME.get();
    match normalise(Some(told), home) {
        Number::Hidden => t(T::HiddenNumber).to_owned(),
        number => number.display(home),
    }
}

/// The queue or menu a call is in, or came by.
fn place(board: &Board, call: &Call) -> AttrValue {
    let queue = match &call.phase {
        Phase::Menu { menu, .. } => return words(menu.as_deref().unwrap_or_default()),
        Phase::Talking { queue, .. } => queue.as_ref(),
        Phase::AwaitingCallback { queue, .. } => Some(queue),
        phase => phase.waiting_in().map(|(queue, _)| queue),
    };
    queue.map_or_else(|| AttrValue::from(t(T::Direct)), |queue| queues::name(board, queue))
}

/// Who talks, or whose phones ring.
fn agent(board: &Board, call: &Call) -> AttrValue {
    match &call.phase {
        Phase::Talking { agent: Some(agent), .. } => agent_name(board, agent),
        Phase::Ringing { agents, .. } => match agents.as_slice() {
            [one] => agent_name(board, one),
            many => AttrValue::from(text::count(T::Phones, many.len(), &[])),
        },
        _ => AttrValue::from(""),
    }
}

/// An agent's name, else the key.
pub(super) fn agent_name(board: &Board, agent: &AgentKey) -> AttrValue {
    let known = board.agents.get(agent).and_then(|agent| agent.name.as_deref());
    words(known.unwrap_or(agent.as_str()))
}
