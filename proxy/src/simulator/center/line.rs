//! Waiting in a queue: entering, being offered, giving up, being sent on.

use super::{Center, Event};
use crate::simulator::call::{Call, Callback, Passage, Role};

/// Callers beyond this number find the queue full.
const LONGEST_LINE: usize = 40;

impl Center {
    pub(super) fn enter_queue(&mut self, key: u64, queue: usize) {
        let (clock, now) = (self.clock(), self.now);
        let Some(call) = self.calls.get_mut(&key) else { return };
        let first = !call.counts();
        let scripted = call.script.is_some();
        let earlier = call.passages.len().checked_sub(1);
        if let Some(passage) = call.passages.last_mut() {
            passage.closed = Some(clock);
        }
        call.passages.push(Passage {
            queue,
            entered: clock,
            left: None,
            answered: false,
            fail: None,
            closed: None,
        });
        let passage = call.passages.len() - 1;
        self.counted.offered += u64::from(first);
        self.counted.queues[queue].offered += 1;
        let refused = self.refuses(queue).filter(|_| !scripted);
        if refused.is_none() && !scripted {
            self.roster.queues[queue].line.insert((now, key));
            self.offer_callback(key, queue);
        }
        self.emit_call(key);
        if let Some(earlier) = earlier {
            self.emit_passage(key, earlier);
        }
        self.emit_passage(key, passage);
        match refused {
            Some(reason) => self.leave_queue(key, reason),
            None if scripted => self.plan_script(key, passage),
            None => {
                self.plan_wait(key, passage);
                self.offer_waiting();
            }
        }
    }

    /// Why nobody can wait in `queue`.
    fn refuses(&self, queue: usize) -> Option<&'static str> {
        let queue = &self.roster.queues[queue];
        if queue.agents.is_empty() {
            Some("queue_leave_empty")
        } else if queue.line.len() >= LONGEST_LINE {
            Some("queue_leave_full")
        } else {
            None
        }
    }

    /// Asks, on a bad moment, whether the customer would rather be called back.
    ///
    /// Asked at the entry, because a later request would be in no document:
    /// the upstream has no such event.
    fn offer_callback(&mut self, key: u64, queue: usize) {
        let waiting = self.roster.queues[queue].line.len();
        // In a flood nobody is asked: callbacks are patient and would push out everybody else.
        let busy = (3..=12).contains(&waiting) && !self.roster.has_idle(queue);
        let Some(call) = self.calls.get_mut(&key) else { return };
        let known = call.customer.as_ref().is_some_and(|number| number.starts_with("00"));
        let unasked = call.callback == Callback::NotAsked && !call.answered();
        if busy && known && unasked && self.chance.hits(0.4) {
            let accepts = self.chance.hits(0.25);
            call.callback = if accepts { Callback::Accepted } else { Callback::Declined };
            self.counted.callback_accepted += u64::from(accepts);
        }
    }

    fn plan_wait(&mut self, key: u64, passage: usize) {
        let Some(call) = self.calls.get(&key) else { return };
        if call.callback == Callback::Accepted {
            return;
        }
        let max_wait = self.roster.queues[call.passages[passage].queue].max_wait;
        let patience = self.chance.log_normal(90_000.0, 0.9).max(2_000);
        self.schedule(patience, Event::OutOfPatience { call: key, passage });
        self.schedule(max_wait, Event::WaitedTooLong { call: key, passage });
        if self.chance.hits(0.04) {
            let after = self.chance.between(10_000, 60_000);
            self.schedule(after, Event::PressedDigit { call: key, passage });
        }
    }

    fn plan_script(&mut self, key: u64, passage: usize) {
        let Some(script) = self.calls.get(&key).and_then(|call| call.script.as_ref()) else {
            return;
        };
        let (ring, abandon) = (script.ring_after_ms(), script.abandon_after_ms);
        if let Some(ms) = ring {
            let after = self.life_of(ms);
            self.schedule(after, Event::ScriptedOffer { call: key });
        }
        if let Some(ms) = abandon {
            let after = self.life_of(ms);
            self.schedule(after, Event::OutOfPatience { call: key, passage });
        }
    }

    pub(super) fn scripted_offer(&mut self, key: u64) {
        let now = self.now;
        let Some((_, passage)) = self.calls.get(&key).and_then(Call::in_queue) else { return };
        self.roster.queues[passage.queue].line.insert((now, key));
        self.offer_waiting();
    }

    /// Milliseconds of life in `ms` milliseconds on the clock.
    pub(super) fn life_of(&self, ms: i64) -> i64 {
        (ms as f64 * self.speed).round() as i64
    }

    /// Offers waiting calls, the longest waiting first, to whoever is free.
    pub(super) fn offer_waiting(&mut self) {
        loop {
            let heads = self.roster.queues.iter().enumerate().filter_map(|(index, queue)| {
                queue.line.first().map(|(entered, key)| (*entered, *key, index))
            });
            let head = heads.filter(|(.., queue)| self.roster.has_idle(*queue)).min();
            let Some((entered, key, queue)) = head else { return };
            self.roster.queues[queue].line.remove(&(entered, key));
            self.offer(key, queue);
        }
    }

    fn offer(&mut self, key: u64, queue: usize) {
        let mut agents = self.roster.choose(queue, &mut self.chance);
        let Some(call) = self.calls.get(&key) else { return };
        let passage = call.passages.len().checked_sub(1);
        let mut scripted_wait = None;
        if let Some(script) = &call.script {
            let wanted = script.agent.as_ref().and_then(|id| self.roster.agent_by_id(id));
            if let Some(agent) = wanted.filter(|agent| self.roster.is_idle(*agent)) {
                agents = vec![agent];
            }
            let entered = passage.map_or(0, |passage| call.passages[passage].entered);
            scripted_wait = Some(entered + script.answer_after_ms.unwrap_or(0) - self.clock());
        }
        // All legs first: each document names the number of phones that ring.
        let legs: Vec<usize> = agents
            .into_iter()
            .map(|agent| self.add_leg(key, agent, Role::Queue, passage))
            .collect();
        match scripted_wait {
            Some(wait) => {
                legs.iter().for_each(|leg| self.emit_ring(key, *leg));
                if let Some(leg) = legs.first() {
                    let after = self.life_of(wait);
                    self.schedule(after, Event::Pickup { call: key, leg: *leg });
                }
            }
            None => legs.into_iter().for_each(|leg| self.start_ringing(key, leg)),
        }
    }

    /// Rings one agent, for a call that no queue offers.
    pub(super) fn ring(&mut self, key: u64, agent: usize, role: Role, passage: Option<usize>) {
        let leg = self.add_leg(key, agent, role, passage);
        self.start_ringing(key, leg);
    }

    fn start_ringing(&mut self, key: u64, leg: usize) {
        self.emit_ring(key, leg);
        if self.chance.hits(0.9) {
            let after = self.chance.between(2_000, 15_000);
            self.schedule(after, Event::Pickup { call: key, leg });
        } else {
            let after = self.chance.between(15_000, 20_000);
            self.schedule(after, Event::RingOut { call: key, leg });
        }
    }

    /// Puts a call that was offered in vain back to its place in the line.
    pub(super) fn back_to_line(&mut self, key: u64) {
        let Some(call) = self.calls.get(&key) else { return };
        let Some((_, passage)) = call.in_queue() else { return };
        if call.legs.iter().any(|leg| leg.rings()) {
            return;
        }
        let entered = self.in_life(passage.entered);
        self.roster.queues[passage.queue].line.insert((entered, key));
        self.offer_waiting();
    }

    pub(super) fn out_of_patience(&mut self, key: u64, passage: usize) {
        if self.is_waiting_in(key, passage) {
            self.leave_queue(key, "queue_leave_abandon");
        }
    }

    pub(super) fn waited_too_long(&mut self, key: u64, passage: usize) {
        if self.is_waiting_in(key, passage) {
            self.leave_queue(key, "queue_leave_timeout");
        }
    }

    pub(super) fn pressed_digit(&mut self, key: u64, passage: usize) {
        if self.is_waiting_in(key, passage) {
            self.leave_queue(key, "queue_leave_digit");
        }
    }

    fn is_waiting_in(&self, key: u64, passage: usize) -> bool {
        self.calls.get(&key).and_then(Call::in_queue).is_some_and(|(index, _)| index == passage)
    }

    /// Takes the caller out of the queue unanswered: to the next one, or to the end.
    fn leave_queue(&mut self, key: u64, reason: &'static str) {
        let clock = self.clock();
        let abandons = reason == "queue_leave_abandon";
        let silenced = self.stop_ringing(key, if abandons { "customer_hangup" } else { reason });
        silenced.into_iter().for_each(|leg| self.emit_leg(key, leg));
        let Some(call) = self.calls.get_mut(&key) else { return };
        let Some(passage) = call.passages.last_mut() else { return };
        passage.left = Some(clock);
        passage.fail = Some(reason);
        let queue = passage.queue;
        self.roster.queues[queue].line.retain(|(_, waiting)| *waiting != key);
        let counted = &mut self.counted.queues[queue];
        if abandons {
            counted.abandoned += 1;
        } else {
            counted.flow_out += 1;
        }
        let next =
            self.roster.queues[queue].overflow.filter(|next| !abandons && !call.has_been_in(*next));
        match next {
            Some(next) => self.enter_queue(key, next),
            None => self.end_call(key, reason, None),
        }
    }

    /// Silences the phones that ring for a call; returns their legs, whose documents are due.
    pub(super) fn stop_ringing(&mut self, key: u64, reason: &'static str) -> Vec<usize> {
        let clock = self.clock();
        let mut silenced = Vec::new();
        let Some(call) = self.calls.get_mut(&key) else { return silenced };
        for (index, leg) in call.legs.iter_mut().enumerate() {
            if leg.rings() {
                leg.ended = Some(clock);
                leg.end_reason = Some(reason);
                silenced.push(index);
            }
        }
        let agents: Vec<usize> = silenced.iter().map(|leg| call.legs[*leg].agent).collect();
        agents.into_iter().for_each(|agent| self.release(agent, 500));
        silenced
    }
}
