//! One chip per agent seen so far.

use std::rc::Rc;

use callboard_shared::{Board, Phase, UnixMs};
use yew::AttrValue;

use super::calls::{agent_name, caller};
use super::{ordered, queues};
use crate::text::{T, t};

/// What an agent does, in the order of the list.
#[derive(Clone, Copy, Debug, Eq, PartialEq)]
pub(crate) enum Busy {
    Talking,
    /// Inferred: ringing is not among the promised events.
    Ringing,
    /// Seen before, on no call now. Logged in or not: the stream cannot tell.
    Free,
}

impl Busy {
    /// A name for the style sheet.
    pub(crate) fn class(self) -> &'static str {
        match self {
            Busy::Talking => "talking",
            Busy::Ringing => "ringing",
            Busy::Free => "free",
        }
    }

    /// In words.
    pub(crate) fn word(self) -> &'static str {
        t(match self {
            Busy::Talking => T::OnCall,
            Busy::Ringing => T::Ringing,
            Busy::Free => T::LastCallEnded,
        })
    }
}

/// An agent as drawn.
#[derive(Clone, Debug, Eq, PartialEq)]
pub(crate) struct AgentChip {
    pub(crate) key: AttrValue,
    pub(crate) name: AttrValue,
    pub(crate) busy: Busy,
    pub(crate) since: UnixMs,
    /// The queue that led to the call.
    pub(crate) queue: Option<AttrValue>,
    /// The call, and who is at its other end.
    pub(crate) with: Option<(AttrValue, AttrValue)>,
}

/// Chips: who talks, whose phone rings, then the rest, each in order of names.
pub(super) fn chips(board: &Board) -> Rc<[AgentChip]> {
    let mut on_calls = Vec::new();
    for (id, call) in board.calls.iter() {
        match &call.phase {
            Phase::Talking { agent: Some(agent), queue, since } => {
                on_calls.push((agent, Busy::Talking, *since, queue.as_ref(), id, call));
            }
            Phase::Ringing { agents, queue, since } => {
                let queue = queue.as_ref().map(|(queue, _)| queue);
                let rings = |agent| (agent, Busy::Ringing, *since, queue, id, call);
                on_calls.extend(agents.iter().map(rings));
            }
            _ => (),
        }
    }
    // Talks first: who talks on one call may be rung by another.
    on_calls.sort_unstable_by_key(|(agent, busy, since, ..)| (*agent, *busy as u8, *since));
    let chips = board.agents.iter().map(|(key, agent)| {
        let first = on_calls.partition_point(|(agent, ..)| *agent < key);
        let busy = on_calls.get(first).filter(|(agent, ..)| *agent == key);
        let (busy, since, queue, with) = match busy {
            Some((_, busy, since, queue, id, call)) => (*busy, *since, *queue, Some((*id, *call))),
            None => (Busy::Free, agent.last_seen, None, None),
        };
        AgentChip {
            key: AttrValue::from(key.to_string()),
            name: agent_name(board, key),
            busy,
            since,
            queue: queue.map(|queue| queues::name(board, queue)),
            with: with.map(|(id, call)| (AttrValue::from(id.to_string()), caller(call))),
        }
    });
    let chips = chips.collect();
    ordered(chips, |chip: &AgentChip| (chip.busy as u8, 0, chip.name.clone()))
}
