//! One row per active call, made anew only when its call has changed.

use std::rc::Rc;

use callboard_shared::phone::{Country, normalise};
use callboard_shared::words::Direction;
use callboard_shared::{AgentKey, Board, Call, CallId, Phase, UnixMs};
use yew::AttrValue;

use super::{Urgency, ordered, queues};
use crate::params::Params;
use crate::store::Store;
use crate::text::{self, T, t};

/// Where numbers without a country code are from, and are shown without one.
const HOME: Country = Country::Se;

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

/// Rows of an earlier view, in the order of the board.
#[derive(Debug, Default)]
pub(crate) struct RowCache {
    rows: Vec<(CallId, Made, Rc<CallRow>)>,
}

/// What a row was made of.
#[derive(Clone, Copy, Debug, Eq, PartialEq)]
struct Made {
    revision: u64,
    urgency: Urgency,
    unconfirmed: bool,
}

/// Rows: the waiting first, the oldest on top.
pub(super) fn rows(
    store: &Store,
    at: UnixMs,
    params: &Params,
    cache: &mut RowCache,
) -> Rc<[Rc<CallRow>]> {
    let board = &store.board;
    let (live_since, rules) = (store.status.calls.since, store.settings.rules());
    // Both are in the order of their ids, so one pass finds what is known.
    let mut earlier = std::mem::take(&mut cache.rows).into_iter().peekable();
    let shown = |call: &Call| !call.phase.is_ended() && belongs(call, params);
    for (id, call) in board.calls.iter().filter(|(_, call)| shown(call)) {
        let waits = call.phase.waiting_in();
        let rule = waits.map_or(&rules.all, |(queue, _)| rules.of_queue(queue));
        let made = Made {
            revision: call.revision,
            urgency: Urgency::of_wait(waits.map(|(_, since)| since), at, rule),
            unconfirmed: call.seen < live_since,
        };
        while earlier.next_if(|(known, ..)| known < id).is_some() {}
        let known = earlier.next_if(|(known, ..)| known == id);
        let entry = match known.filter(|(_, known, _)| *known == made) {
            Some(entry) => entry,
            None => (id.clone(), made, Rc::new(row(board, id, call, made))),
        };
        cache.rows.push(entry);
    }
    let rows = cache.rows.iter().map(|(_, _, row)| row.clone()).collect();
    ordered(rows, |row: &Rc<CallRow>| (row.state as u8, row.since.0, row.id.clone()))
}

/// Whether a call is of a queue that is shown.
fn belongs(call: &Call, params: &Params) -> bool {
    let waits = call.phase.waiting_in().map(|(queue, _)| queue);
    let last = || call.counted.passages.last().map(|passage| &passage.queue);
    params.queues.is_empty() || waits.or_else(last).is_some_and(|queue| params.shows(&queue.0))
}

fn row(board: &Board, id: &CallId, call: &Call, made: Made) -> CallRow {
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
        urgency: made.urgency,
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
        unconfirmed: made.unconfirmed,
    }
}

/// The number at the other end, as people write it.
pub(super) fn caller(call: &Call) -> AttrValue {
    let target = call.told(|d| d.customer_target.as_ref());
    AttrValue::from(number(target.and_then(|target| target.number.as_deref())))
}

/// A number as people write it.
pub(crate) fn number(told: Option<&str>) -> String {
    told.map_or_else(|| "–".to_owned(), |told| normalise(Some(told), HOME).display(HOME))
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
