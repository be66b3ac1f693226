//! One chip per agent seen so far.

use std::collections::HashMap;
use std::rc::Rc;

use callboard_shared::{Board, Phase, UnixMs};
use yew::AttrValue;

use super::calls::agent_name;
use super::{ordered, queues};

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
        match self {
            Busy::Talking => "On call",
            Busy::Ringing => "Ringing",
            Busy::Free => "Last call ended",
        }
    }
}

/// An agent as drawn.
#[derive(Clone, Debug, PartialEq)]
pub(crate) struct AgentChip {
    pub(crate) key: AttrValue,
    pub(crate) name: AttrValue,
    pub(crate) busy: Busy,
    pub(crate) since: UnixMs,
    /// The queue that led to the call.
    pub(crate) queue: Option<AttrValue>,
}

/// Chips: who talks, whose phone rings, then the rest, each in order of names.
pub(super) fn chips(board: &Board) -> Rc<[AgentChip]> {
    let mut busy = HashMap::new();
    for call in board.calls.values() {
        match &call.phase {
            Phase::Talking { agent: Some(agent), queue, since } => {
                busy.insert(agent, (Busy::Talking, *since, queue.as_ref()));
            }
            Phase::Ringing { agents, queue, since } => {
                let queue = queue.as_ref().map(|(queue, _)| queue);
                for agent in agents {
                    // Who talks on one call may be rung by another.
                    busy.entry(agent).or_insert((Busy::Ringing, *since, queue));
                }
            }
            _ => (),
        }
    }
    let chips: Vec<_> = board
        .agents
        .iter()
        .map(|(key, agent)| {
            let free = (Busy::Free, agent.last_seen, None);
            let (busy, since, queue) = busy.remove(key).unwrap_or(free);
            AgentChip {
                key: AttrValue::from(key.to_string()),
                name: agent_name(board, key),
                busy,
                since,
                queue: queue.map(|queue| queues::name(board, queue)),
            }
        })
        .collect();
    ordered(chips, |chip: &AgentChip| (chip.busy as u8, 0, chip.name.clone()))
}
