//! From a ringing phone to the end of a call: answers, transfers, callbacks, endings.

use super::{Center, Dialled, Event};
use crate::simulator::call::{Call, Callback, Direction, Redirect, Role, Transfer};

impl Center {
    pub(super) fn pick_up(&mut self, key: u64, leg: usize) {
        let clock = self.clock();
        let Some(call) = self.calls.get_mut(&key) else { return };
        if !call.legs[leg].rings() {
            return;
        }
        call.legs[leg].answered = Some(clock);
        let (agent, role) = (call.legs[leg].agent, call.legs[leg].role);
        if let Some(passage) = call.passages.last_mut().filter(|_| role == Role::Queue) {
            passage.left = Some(clock);
        }
        self.roster.agents[agent].count_answer();
        match role {
            Role::Colleague => self.caller_is_answered(key),
            Role::Attended => self.complete_transfer(key, leg),
            Role::Queue | Role::Direct | Role::Blind | Role::Caller => (),
        }
        let elsewhere = self.stop_ringing(key, "answered_elsewhere");
        if self.calls.get(&key).is_some_and(|call| call.callback == Callback::Accepted) {
            self.call_back(key, leg);
        } else {
            self.begin_talk(key, leg);
        }
        elsewhere.into_iter().for_each(|leg| self.emit_leg(key, leg));
    }

    fn begin_talk(&mut self, key: u64, leg: usize) {
        let clock = self.clock();
        let Some(call) = self.calls.get_mut(&key) else { return };
        call.legs[leg].talk_from = Some(clock);
        let role = call.legs[leg].role;
        if let Some(transfer) = call.transfers.last_mut().filter(|_| role != Role::Attended) {
            transfer.answered = true;
        }
        let queue_call = call.counts();
        if let Some(passage) = call.passages.last_mut()
            && !passage.answered
        {
            passage.answered = true;
            let queue = passage.queue;
            // Once in a while the agent takes the call out of the line by hand.
            let by_hand = call.script.is_none() && call.callback == Callback::NotAsked;
            if by_hand && self.chance.hits(0.01) {
                passage.fail = Some("queue_pick");
            }
            self.counted.queues[queue].handled += 1;
        }
        let Some(call) = self.calls.get_mut(&key) else { return };
        if queue_call && !call.handled {
            call.handled = true;
            self.counted.handled += 1;
            let called_back = call.callback == Callback::Accepted;
            if called_back {
                call.callback = Callback::Reached;
                self.counted.handled_by_callback += 1;
            }
        }
        if let Some(passage) = call.passages.last() {
            call.recorded |= self.roster.queues[passage.queue].records;
        }
        self.plan_talk(key, leg);
        self.emit_call(key);
        self.emit_last_passage(key);
        for index in 0..self.calls.get(&key).map_or(0, |call| call.legs.len()) {
            if self.calls.get(&key).is_some_and(|call| call.legs[index].talks()) {
                self.emit_leg(key, index);
            }
        }
    }

    /// Decides how long the talk lasts, and whether it is passed on.
    fn plan_talk(&mut self, key: u64, leg: usize) {
        let Some(call) = self.calls.get(&key) else { return };
        if let Some(script) = &call.script {
            if let Some(ms) = script.talk_ms {
                let after = self.life_of(ms);
                self.schedule(after, Event::TalkEnd { call: key, leg });
            }
            return;
        }
        let mean = if call.internal { 45_000.0 } else { 90_000.0 };
        let may_pass_on = call.direction == Direction::Incoming
            && call.transfers.len() < 2
            && call.callback != Callback::Reached;
        let talk = self.chance.log_normal(mean, 0.7).clamp(5_000, 1_800_000);
        if may_pass_on && self.chance.hits(0.1) {
            let after = talk * self.chance.between(30, 90) / 100;
            self.schedule(after, Event::Transfer { call: key, leg });
        } else {
            self.schedule(talk, Event::TalkEnd { call: key, leg });
        }
    }

    /// The other side of an internal call talks as well.
    fn caller_is_answered(&mut self, key: u64) {
        let clock = self.clock();
        let Some(call) = self.calls.get_mut(&key) else { return };
        for leg in call.legs.iter_mut().filter(|leg| leg.role == Role::Caller) {
            leg.answered = Some(clock);
            leg.talk_from = Some(clock);
        }
    }

    /// The agent has picked up and now dials the customer who hung up in the queue.
    fn call_back(&mut self, key: u64, leg: usize) {
        let (dialled, after) = match self.chance.between(0, 99) {
            0..=79 => (Dialled::Answers, self.chance.between(4_000, 15_000)),
            80..=93 => (Dialled::NoAnswer, self.chance.between(20_000, 30_000)),
            _ => (Dialled::Declines, self.chance.between(6_000, 12_000)),
        };
        self.schedule(after, Event::Reached { call: key, leg, dialled });
    }

    /// A number that an agent dialled has reacted.
    pub(super) fn reached(&mut self, key: u64, leg: usize, dialled: Dialled) {
        let clock = self.clock();
        let Some(call) = self.calls.get_mut(&key) else { return };
        let callback = call.callback == Callback::Accepted;
        match dialled {
            Dialled::Answers => {
                call.legs[leg].answered.get_or_insert(clock);
                self.begin_talk(key, leg);
            }
            Dialled::NoAnswer if callback => {
                call.callback = Callback::NoAnswer;
                self.counted.callback_failed += 1;
                self.end_call(key, "queue_ohw_no_answer", None);
            }
            Dialled::Declines => {
                call.callback = Callback::NotConfirmed;
                self.counted.callback_failed += 1;
                self.end_call(key, "queue_ohw_no_confirmation", None);
            }
            Dialled::NoAnswer => self.end_call(key, "no_answer", None),
            Dialled::Busy => self.end_call(key, "busy", None),
            Dialled::Failed => self.end_call(key, "failed", None),
        }
    }

    /// Nobody picked this phone up.
    pub(super) fn ring_out(&mut self, key: u64, leg: usize) {
        let clock = self.clock();
        let Some(call) = self.calls.get_mut(&key) else { return };
        let leg_index = leg;
        let leg = &mut call.legs[leg_index];
        if !leg.rings() {
            return;
        }
        leg.ended = Some(clock);
        leg.end_reason = Some("no_answer");
        let (agent, role) = (leg.agent, leg.role);
        // Whoever let a phone ring is taken to be away from the desk for a moment.
        let away = self.chance.between(10_000, 30_000);
        self.emit_leg(key, leg_index);
        self.release(agent, away);
        match role {
            Role::Queue => self.back_to_line(key),
            Role::Direct if self.chance.hits(0.6) => {
                self.pass_to_voicemail(key, Redirect::NoAnswer);
            }
            Role::Direct | Role::Blind | Role::Colleague => {
                self.end_call(key, "no_answer", None);
            }
            Role::Attended => self.take_back(key),
            Role::Caller => (),
        }
    }

    /// The talking agent passes the caller on, or changes their mind if nobody is free.
    pub(super) fn transfer(&mut self, key: u64, leg: usize) {
        let Some(call) = self.calls.get(&key) else { return };
        let passage = call.passages.len().checked_sub(1);
        let kind = self.chance.between(0, 9);
        if kind < 5 {
            let open = |queue: &usize| !call.has_been_in(*queue);
            let queues: Vec<usize> = (0..self.roster.queues.len()).filter(open).collect();
            if let Some(at) = self.chance.index(queues.len()) {
                self.add_transfer(key, "blind");
                self.hand_over(key, leg, "blind_transferred");
                self.enter_queue(key, queues[at]);
                return;
            }
        } else if let Some(agent) = self.roster.any_idle(&mut self.chance) {
            if kind < 8 {
                self.add_transfer(key, "attended");
                self.ring(key, agent, Role::Attended, passage);
            } else {
                self.add_transfer(key, "blind");
                self.hand_over(key, leg, "blind_transferred");
                self.ring(key, agent, Role::Blind, passage);
            }
            return;
        }
        let after = self.chance.between(5_000, 60_000);
        self.schedule(after, Event::TalkEnd { call: key, leg });
    }

    fn add_transfer(&mut self, key: u64, kind: &'static str) {
        if let Some(call) = self.calls.get_mut(&key) {
            call.transfers.push(Transfer { kind, answered: false });
        }
    }

    /// Ends an agent's part while the call goes on.
    fn hand_over(&mut self, key: u64, leg: usize, reason: &'static str) {
        let clock = self.clock();
        let rest = self.chance.between(2_000, 6_000);
        let Some(call) = self.calls.get_mut(&key) else { return };
        let leg_index = leg;
        let leg = &mut call.legs[leg_index];
        leg.ended = Some(clock);
        leg.end_reason = Some(reason);
        let agent = leg.agent;
        self.emit_leg(key, leg_index);
        self.release(agent, rest);
    }

    /// The asked colleague takes the call; the caller was on hold until now.
    fn complete_transfer(&mut self, key: u64, leg: usize) {
        let clock = self.clock();
        let Some(call) = self.calls.get_mut(&key) else { return };
        let asked = call.legs[leg].ring_start;
        if let Some(transfer) = call.transfers.last_mut() {
            transfer.answered = true;
        }
        let Some(asker) = call.legs.iter().position(|leg| leg.talks()) else { return };
        call.legs[asker].held += clock - asked;
        self.hand_over(key, asker, "at_complete");
    }

    /// The asked colleague did not answer: the agent goes on talking.
    fn take_back(&mut self, key: u64) {
        let clock = self.clock();
        let Some(call) = self.calls.get_mut(&key) else { return };
        let asked = call.legs.last().map_or(clock, |leg| leg.ring_start);
        let Some(asker) = call.legs.iter().position(|leg| leg.talks()) else { return };
        call.legs[asker].held += clock - asked;
        let after = self.chance.between(5_000, 60_000);
        self.schedule(after, Event::TalkEnd { call: key, leg: asker });
    }

    /// Somebody hangs up.
    pub(super) fn talk_end(&mut self, key: u64, leg: usize) {
        let by_hand = self.calls.get(&key).is_some_and(|call| call.script.is_none());
        let holds = by_hand && self.chance.hits(0.15);
        let share = self.chance.between(5, 25);
        let customer = !by_hand || self.chance.hits(0.55);
        let clock = self.clock();
        let Some(call) = self.calls.get_mut(&key) else { return };
        // After the last leg there is only a message on the voicemail to end.
        if let Some(leg) = call.legs.get_mut(leg)
            && let Some(from) = leg.talk_from.filter(|_| holds && leg.held == 0)
        {
            leg.held = (clock - from) * share / 100;
        }
        let ended_by = if customer { "customer_hangup" } else { "agent_hangup" };
        self.end_call(key, "hangup", Some(ended_by));
    }

    /// Ends a call: closes what is open, frees who is busy, counts, and forgets it.
    pub(super) fn end_call(
        &mut self,
        key: u64,
        reason: &'static str,
        ended_by: Option<&'static str>,
    ) {
        let clock = self.clock();
        let Some(call) = self.calls.get_mut(&key) else { return };
        call.end = Some(clock);
        call.reason = Some(reason);
        if let Some(passage) = call.passages.last_mut() {
            passage.left.get_or_insert(clock);
            passage.closed = Some(clock);
        }
        let open: Vec<usize> =
            (0..call.legs.len()).filter(|index| call.legs[*index].ended.is_none()).collect();
        for index in &open {
            let leg = &mut call.legs[*index];
            leg.ended = Some(clock);
            leg.end_reason = ended_by.or(Some(reason));
        }
        self.count_end(key, reason);
        for index in open {
            self.emit_leg(key, index);
            let rest = self.chance.between(1_000, 6_000);
            let agent = self.calls.get(&key).map(|call| call.legs[index].agent);
            if let Some(agent) = agent {
                self.release(agent, rest);
            }
        }
        self.emit_last_passage(key);
        self.emit_call(key);
        self.calls.remove(&key);
    }

    /// Counts a call that ends without ever having been answered out of a queue.
    fn count_end(&mut self, key: u64, reason: &str) {
        let unhandled = |call: &&Call| call.counts() && !call.handled;
        if self.calls.get(&key).filter(unhandled).is_none() {
            return;
        }
        match reason {
            "queue_leave_abandon" => self.counted.abandoned += 1,
            "queue_leave_timeout"
            | "queue_leave_digit"
            | "queue_leave_full"
            | "queue_leave_empty" => self.counted.flow_out += 1,
            // A failed callback has been counted already.
            _ => (),
        }
    }

    fn emit_last_passage(&mut self, key: u64) {
        let last = self.calls.get(&key).and_then(|call| call.passages.len().checked_sub(1));
        if let Some(last) = last {
            self.emit_passage(key, last);
        }
    }
}
