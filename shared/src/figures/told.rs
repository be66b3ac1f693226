//! Sums as they were written, read back.

use super::Figures;
use super::beside::Beside;
use super::tally::{AgentTally, Tally};
use super::waits::Waits;
use crate::decode::slot::{Numbers, Object, Slot};

impl Object for Figures {
    fn slot(&mut self, key: &str) -> Option<Slot<'_>> {
        Some(match key {
            "customers" => Slot::Map(&mut self.customers),
            "queues" => Slot::Map(&mut self.queues),
            "agents" => Slot::Map(&mut self.agents),
            "beside" => Slot::Object("beside", &mut self.beside),
            _ => return None,
        })
    }
}

object!(Tally {
    "offered" => Whole(offered),
    "handled" => Numbers(handled),
    "abandoned" => Numbers(abandoned),
    "timeout" => Whole(timeout),
    "full" => Whole(full),
    "empty" => Whole(empty),
    "digit" => Whole(digit),
    "voicemail" => Whole(voicemail),
    "redirected" => Whole(redirected),
    "other" => Whole(other),
    "callbacks" => Numbers(callbacks),
    "transferred" => Whole(transferred),
    "talks" => Whole(talks),
    "talk_ms" => Number(talk_ms),
    "hold_ms" => Number(hold_ms),
});

object!(AgentTally {
    "offered" => Whole(offered),
    "answered" => Whole(answered),
    "missed" => Whole(missed),
    "hung_up_first" => Whole(hung_up_first),
    "ring_ms" => Number(ring_ms),
    "talk_ms" => Number(talk_ms),
    "hold_ms" => Number(hold_ms),
});

object!(Beside {
    "outgoing" => Whole(outgoing),
    "outgoing_answered" => Whole(outgoing_answered),
    "menu" => Whole(menu),
    "menu_lost" => Whole(menu_lost),
    "menu_closed" => Whole(menu_closed),
    "internal" => Whole(internal),
    "transferred" => Whole(transferred),
    "transferred_blind" => Whole(transferred_blind),
    "transferred_in_vain" => Whole(transferred_in_vain),
});

read_by_slots!(Figures, Tally, AgentTally, Beside);

fn fit(n: u64) -> u32 {
    u32::try_from(n).unwrap_or(u32::MAX)
}

impl Numbers for [u32; 3] {
    fn put(&mut self, at: usize, n: u64) {
        if let Some(place) = self.get_mut(at) {
            *place = fit(n);
        }
    }
}

impl Numbers for Waits {
    /// `[sum_ms, step, count, step, count, …]`.
    fn put(&mut self, at: usize, n: u64) {
        self.put_number(at, n);
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::ids::{AgentKey, QueueKey};

    #[test]
    fn what_was_written_is_read() {
        let mut tally = Tally { callbacks: [1, 2, 3], talk_ms: 7, ..Tally::default() };
        tally.handled.add(20_000);
        tally.abandoned.add(1_500);
        tally.abandoned.add(9_500);
        let agent = AgentTally { missed: 4, ring_ms: 9, ..AgentTally::default() };
        let figures = Figures {
            customers: [(QueueKey("a".into()), tally.clone())].into(),
            queues: [(QueueKey("b".into()), tally)].into(),
            agents: [(AgentKey("c".into()), agent)].into(),
            beside: Beside { menu_lost: 5, transferred_in_vain: 6, ..Beside::default() },
        };
        let told = serde_json::to_string(&figures).unwrap();
        assert_eq!(serde_json::from_str::<Figures>(&told).unwrap(), figures);
        assert_eq!(serde_json::from_str::<Figures>("{}").unwrap(), Figures::default());
    }
}
