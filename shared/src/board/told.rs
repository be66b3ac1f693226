//! The board as it was written, read back.

use std::collections::BTreeSet;

use serde::{Deserialize, Deserializer};

use super::fold::read_off;
use super::{Agent, Board, Queue};
use crate::audience::Scope;
use crate::call::Call;
use crate::decode::slot::{self, Object, Slot};
use crate::ids::QueueKey;
use crate::text::Text;

impl<'de> Deserialize<'de> for Board {
    fn deserialize<D: Deserializer<'de>>(from: D) -> Result<Board, D::Error> {
        let mut told = Told::default();
        slot::read(from, Slot::Object("", &mut told))?;
        Ok(told.board())
    }
}

/// A board without what its documents say.
#[derive(Default)]
pub(crate) struct Told {
    board: Board,
    scope: Option<Vec<Text>>,
}

impl Told {
    /// The board, with phases and counts read off its documents.
    pub(crate) fn board(self) -> Board {
        let scope = self.scope.map(|queues| queues.into_iter().map(QueueKey));
        let scope: Scope = scope.map(Iterator::collect::<BTreeSet<_>>);
        let mut board = Board { scope, ..self.board };
        board.calls.values_mut().for_each(|call| drop(read_off(call)));
        board
    }
}

impl Object for Told {
    fn slot(&mut self, key: &str) -> Option<Slot<'_>> {
        Some(match key {
            "since" => Slot::At(&mut self.board.since),
            "day" => Slot::At(&mut self.board.day),
            "scope" => Slot::Names(self.scope.get_or_insert_default()),
            "calls" => Slot::Map(&mut self.board.calls),
            "queues" => Slot::Map(&mut self.board.queues),
            "agents" => Slot::Map(&mut self.board.agents),
            "figures" => Slot::Object("figures", &mut self.board.figures),
            _ => return None,
        })
    }
}

object!(Queue {
    "name" => Text(name),
    "strategy" => Word(strategy),
    "last_offered" => At(last_offered),
});

object!(Agent {
    "name" => Text(name),
    "last_seen" => At(last_seen),
});

read_by_slots!(Call);

impl Object for Call {
    fn slot(&mut self, key: &str) -> Option<Slot<'_>> {
        Some(match key {
            "call" => Slot::Document(self.call.get_or_insert_default()),
            "queues" => Slot::Documents(&mut self.queues),
            "agents" => Slot::Documents(&mut self.agents),
            "seen" => Slot::At(&mut self.seen),
            _ => return None,
        })
    }
}
