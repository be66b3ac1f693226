//! Calls that are in no queue figure: outgoing ones, menus, and what became
//! of transfers.

use serde::Serialize;

use super::metrics::Share;
use crate::call::Call;
use crate::outcome::{Outcome, is_external_incoming};
use crate::phase::{Facts, Phase};
use crate::text::Text;
use crate::words::Direction;

/// Counts of calls beside the queues; of one call, or of many.
#[derive(Clone, Copy, Debug, Default, Eq, PartialEq, Serialize)]
pub struct Beside {
    /// Calls to customers. In no service level.
    pub outgoing: u32,
    /// Of these, answered.
    pub outgoing_answered: u32,
    /// Calls from outside that reached a menu.
    pub menu: u32,
    /// Of these, left in the menu: in no queue, and not answered.
    pub menu_lost: u32,
    /// Of these, met a menu that said "closed". Not lost.
    pub menu_closed: u32,
    /// Calls between agents. In no figure of customers.
    pub internal: u32,
    /// Calls from outside with a transfer whose kind is told.
    pub transferred: u32,
    /// Of these, handed over unannounced the last time.
    pub transferred_blind: u32,
    /// Of these, not answered the last time.
    pub transferred_in_vain: u32,
}

impl Beside {
    /// What one call counts for.
    pub fn of(call: &Call, facts: &Facts, phase: &Phase) -> Beside {
        let one = u32::from;
        if call.told(|d| d.internal) == Some(true) {
            return Beside { internal: 1, ..Beside::default() };
        }
        if call.told(|d| d.call_direction.as_ref()) == Some(&Direction::Outgoing) {
            let answered = !facts.answers.is_empty();
            return Beside { outgoing: 1, outgoing_answered: one(answered), ..Beside::default() };
        }
        if !is_external_incoming(call) {
            return Beside::default();
        }
        let menu = call.told(|d| d.ivr_first.as_ref().or(d.ivr_last.as_ref())).is_some();
        let ended = |wanted| matches!(phase, Phase::Ended { outcome, .. } if *outcome == wanted);
        let transfer = call.told(|d| d.transfer_last.as_ref().or(d.transfer_first.as_ref()));
        let is_blind = |kind: &Text| kind.eq_ignore_ascii_case("blind");
        Beside {
            menu: one(menu),
            menu_lost: one(menu && ended(Outcome::LeftInMenu)),
            menu_closed: one(menu && ended(Outcome::Closed)),
            transferred: one(transfer.is_some()),
            transferred_blind: one(transfer.and_then(|t| t.kind.as_ref()).is_some_and(is_blind)),
            transferred_in_vain: one(transfer.is_some_and(|t| t.answered == Some(false))),
            ..Beside::default()
        }
    }

    /// Adds counts.
    pub fn add(&mut self, other: &Beside) {
        self.each(other, u32::saturating_add);
    }

    /// Takes counts off again.
    pub fn remove(&mut self, other: &Beside) {
        self.each(other, u32::saturating_sub);
    }

    fn each(&mut self, other: &Beside, change: fn(u32, u32) -> u32) {
        for (count, by) in [
            (&mut self.outgoing, other.outgoing),
            (&mut self.outgoing_answered, other.outgoing_answered),
            (&mut self.menu, other.menu),
            (&mut self.menu_lost, other.menu_lost),
            (&mut self.menu_closed, other.menu_closed),
            (&mut self.internal, other.internal),
            (&mut self.transferred, other.transferred),
            (&mut self.transferred_blind, other.transferred_blind),
            (&mut self.transferred_in_vain, other.transferred_in_vain),
        ] {
            *count = change(*count, by);
        }
    }

    /// Contact rate: answered ÷ outgoing.
    pub fn contact_rate(&self) -> Share {
        Share::of(self.outgoing_answered, self.outgoing)
    }

    /// Menu loss: left in the menu ÷ calls that reached one.
    pub fn menu_loss(&self) -> Share {
        Share::of(self.menu_lost, self.menu)
    }
}
