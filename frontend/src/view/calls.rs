//! One row per active call, made anew only when its call has changed.

use std::cell::Cell;
use std::ops::Deref;
use std::rc::Rc;

use callboard_shared::phone::{Country, Number, normalise};
use callboard_shared::words::Direction;
use callboard_shared::{AgentKey, Board, ByKey, Call, CallId, Phase, UnixMs};
use yew::AttrValue;

use super::{Urgency, ordered, queues};
use crate::params::Params;
use crate::store::{Store, Touched};
use crate::text::{self, T, t};

thread_local! {
    /// Where numbers without a country code are from, and are shown without one.
    static HOME: Cell<Country> = const { Cell::new(Country::Se) };
}

/// Shows numbers as in this country from now on; whether that is another one.
pub(super) fn at_home_in(home: Country) -> bool {
    HOME.replace(home) != home
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

/// The list. Two are the same if what is in view is: a change further down is
/// no reason to draw.
#[derive(Clone, Debug)]
pub(crate) struct Calls {
    rows: Rc<[Rc<CallRow>]>,
    /// The rows in view, as whoever draws them says: the first, and how many.
    pub(crate) in_view: Rc<Cell<(usize, usize)>>,
}

impl Default for Calls {
    fn default() -> Calls {
        Calls { rows: Rc::default(), in_view: Rc::new(Cell::new((0, usize::MAX))) }
    }
}

impl Calls {
    /// How many wait: they are the first.
    pub(crate) fn waiting(&self) -> usize {
        self.partition_point(|row| row.state == State::Waiting)
    }

    fn seen(&self) -> impl Iterator<Item = &Rc<CallRow>> {
        let (first, count) = self.in_view.get();
        self.iter().skip(first).take(count)
    }
}

impl Deref for Calls {
    type Target = [Rc<CallRow>];

    fn deref(&self) -> &[Rc<CallRow>] {
        &self.rows
    }
}

impl PartialEq for Calls {
    fn eq(&self, other: &Calls) -> bool {
        (self.len(), self.waiting()) == (other.len(), other.waiting())
            && self.seen().eq(other.seen())
    }
}

/// Rows of an earlier view: only what has changed since is made anew.
#[derive(Debug, Default)]
pub(crate) struct RowCache {
    /// By call.
    known: ByKey<CallId, Rc<CallRow>>,
    /// In the order of the list.
    order: Vec<Rc<CallRow>>,
    /// The list as it was told last.
    told: Calls,
    /// Of the stream of calls: what was seen before is unconfirmed.
    live_since: Option<UnixMs>,
    /// When waits were judged last, in s.
    judged: i64,
}

/// Rows: the waiting first, the oldest on top.
pub(super) fn rows(store: &Store, at: UnixMs, params: &Params, cache: &mut RowCache) -> Calls {
    let touched = store.touched.replace(Touched::Only(Vec::new()));
    let live_since = store.status.calls.since;
    let maker = Maker { store, at, params, live_since };
    let mut changed = false;
    match touched {
        Touched::Only(ids) if cache.live_since == Some(live_since) => {
            for id in &ids {
                changed |= cache.put(id, maker.row(id));
            }
        }
        _ => {
            *cache = maker.all();
            changed = true;
        }
    }
    // A wait gets worse without a document.
    let second = at.0 / 1000;
    if std::mem::replace(&mut cache.judged, second) != second {
        for row in cache.waiting() {
            let id = CallId(row.id.to_string());
            changed |= cache.put(&id, maker.row(&id));
        }
    }
    if changed {
        cache.told.rows = cache.order.iter().cloned().collect();
    }
    cache.told.clone()
}

impl RowCache {
    /// Puts a call's row in its place, or takes it away; whether that changed
    /// anything.
    fn put(&mut self, id: &CallId, row: Option<Rc<CallRow>>) -> bool {
        let known = self.known.get(id).cloned();
        if known == row {
            return false;
        }
        let place = |order: &[Rc<CallRow>], row: &CallRow| {
            order.binary_search_by(|other| place_of(other).cmp(&place_of(row)))
        };
        let from = known.and_then(|known| place(&self.order, &known).ok());
        let Some(row) = row else {
            self.known.remove(id);
            from.map(|at| self.order.remove(at));
            return true;
        };
        self.known.insert(id.clone(), row.clone());
        match (from, place(&self.order, &row)) {
            // The same place, with another content.
            (Some(_), Ok(at)) => self.order[at] = row,
            (Some(from), Err(to)) => {
                self.order.remove(from);
                self.order.insert(to - usize::from(from < to), row);
            }
            (None, Ok(to) | Err(to)) => self.order.insert(to, row),
        }
        true
    }

    /// The rows that wait: they are the first.
    fn waiting(&self) -> Vec<Rc<CallRow>> {
        let waits = |row: &&Rc<CallRow>| matches!(row.state, State::Waiting | State::Ringing);
        self.order.iter().take_while(waits).cloned().collect()
    }
}

/// What the list is ordered by.
fn place_of(row: &CallRow) -> (u8, i64, &str) {
    (row.state as u8, row.since.0, &row.id)
}

/// What rows are made from.
struct Maker<'a> {
    store: &'a Store,
    at: UnixMs,
    params: &'a Params,
    live_since: UnixMs,
}

impl Maker<'_> {
    /// The row of a call that is shown.
    fn row(&self, id: &CallId) -> Option<Rc<CallRow>> {
        let call = self.store.board.calls.get(id)?;
        self.shows(call).then(|| self.make(id, call))
    }

    /// Every row.
    fn all(&self) -> RowCache {
        let shown = self.store.board.calls.iter().filter(|(_, call)| self.shows(call));
        let known: ByKey<_, _> =
            shown.map(|(id, call)| (id.clone(), self.make(id, call))).collect();
        let rows = known.values().cloned().collect();
        let order = |row: &Rc<CallRow>| (row.state as u8, row.since.0, row.id.clone());
        let order = ordered(rows, order).to_vec();
        let judged = self.at.0 / 1000;
        RowCache { known, order, live_since: Some(self.live_since), judged, told: Calls::default() }
    }

    fn shows(&self, call: &Call) -> bool {
        !call.phase.is_ended() && belongs(call, self.params)
    }

    fn make(&self, id: &CallId, call: &Call) -> Rc<CallRow> {
        let rules = self.store.settings.rules();
        let waits = call.phase.waiting_in();
        let rule = waits.map_or(&rules.all, |(queue, _)| rules.of_queue(queue));
        let urgency = Urgency::of_wait(waits.map(|(_, since)| since), self.at, rule);
        let unconfirmed = call.seen < self.live_since;
        Rc::new(row(&self.store.board, id, call, urgency, unconfirmed))
    }
}

/// Whether a call is of a queue that is shown.
fn belongs(call: &Call, params: &Params) -> bool {
    let waits = call.phase.waiting_in().map(|(queue, _)| queue);
    let last = || call.counted.passages.last().map(|passage| &passage.queue);
    params.queues.is_empty() || waits.or_else(last).is_some_and(|queue| params.shows(&queue.0))
}

fn row(board: &Board, id: &CallId, call: &Call, urgency: Urgency, unconfirmed: bool) -> CallRow {
    let (state, since) = match &call.phase {
        Phase::Waiting { since, .. } => (State::Waiting, *since),
        Phase::Ringing { queue, since, .. } => {
            (State::Ringing, queue.as_ref().map_or(*since, |(_, entered)| *entered))
        }
        Phase::Talking { since, .. } => (State::Talking, *since),
        Phase::Menu { since, .. } => (State::Menu, *since),
        Phase::AwaitingCallback { since, .. } => (State::Callback, *since),
        Phase::Connecting { since } | Phase::Ended { at: since, .. } => (State::Connecting, *since),
    };
    let internal = call.told(|d| d.internal) == Some(true);
    CallRow {
        id: AttrValue::from(id.to_string()),
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
        Phase::Menu { menu, .. } => return AttrValue::from(menu.clone().unwrap_or_default()),
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
    let known = board.agents.get(agent).and_then(|agent| agent.name.clone());
    AttrValue::from(known.unwrap_or_else(|| agent.to_string()))
}
