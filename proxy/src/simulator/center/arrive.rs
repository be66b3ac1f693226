//! How calls begin: customers who call in, agents who dial, and scripts.

use std::sync::Arc;

use super::{Center, Dialled, Event};
use crate::simulator::call::{Call, Digit, Direction, Leg, Redirect, Role, Visit};
use crate::simulator::roster::{MENUS, Presence};
use crate::simulator::script::Script;

/// How many recent customers may call again.
const KNOWN_CALLERS: usize = 200;

impl Center {
    pub(super) fn schedule_arrival(&mut self) {
        if self.calls_per_hour <= 0.0 {
            return;
        }
        // Two slow waves, of 17 and of 5 minutes: busy and quiet spells.
        let minutes = self.now as f64 / 60_000.0;
        let wave = |period: f64| (minutes / period * std::f64::consts::TAU).sin();
        let rate = self.calls_per_hour * (1.0 + 0.2 * wave(17.0) + 0.1 * wave(5.0));
        let wait = self.chance.exponential(3_600_000.0 / rate);
        self.schedule(wait, Event::Arrival);
    }

    pub(super) fn arrive(&mut self) {
        self.schedule_arrival();
        match self.chance.between(0, 99) {
            0..=84 => self.call_in(),
            85..=92 => self.call_out(),
            93..=96 => self.call_colleague(),
            _ => self.call_agent(),
        }
    }

    /// A customer calls the company: through a menu, or straight to a queue.
    fn call_in(&mut self) {
        let key = self.add_call(Direction::Incoming);
        if self.chance.hits(0.6) {
            self.hear_menu(key, 0);
            self.emit_call(key);
        } else {
            self.emit_call(key);
            let queue = self.wanted_queue();
            let after = self.chance.between(200, 900);
            self.schedule(after, Event::Enter { call: key, queue });
        }
    }

    fn hear_menu(&mut self, key: u64, menu: usize) {
        let at = self.clock();
        let Some(call) = self.calls.get_mut(&key) else { return };
        call.visits.push(Visit { menu, at });
        let after = self.chance.between(2_000, 8_000);
        self.schedule(after, Event::MenuDone { call: key });
    }

    pub(super) fn menu_done(&mut self, key: u64) {
        let Some(call) = self.calls.get(&key) else { return };
        let heard = call.visits.len();
        match self.chance.between(0, 99) {
            0 => self.end_call(key, "ivr_closed", None),
            1..=4 => self.end_call(key, "hangup", None),
            5..=6 => self.end_call(key, "ivr_timeout", None),
            7..=14 if heard < MENUS.len() => self.hear_menu(key, heard),
            _ => {
                let queue = self.wanted_queue();
                let dialed = u32::try_from(queue + 1).unwrap_or(0);
                if let Some(call) = self.calls.get_mut(&key) {
                    call.digit = Some(Digit { dialed, queue });
                }
                self.enter_queue(key, queue);
            }
        }
    }

    fn wanted_queue(&mut self) -> usize {
        let shares = self.roster.queues.iter().map(|queue| queue.share);
        self.chance.weighted(shares)
    }

    /// An agent calls a customer; nobody does while all are busy.
    fn call_out(&mut self) {
        let Some(agent) = self.roster.any_idle(&mut self.chance) else { return };
        let key = self.add_call(Direction::Outgoing);
        let leg = self.add_leg(key, agent, Role::Caller, None);
        self.emit_call(key);
        self.emit_ring(key, leg);
        let (dialled, after) = match self.chance.between(0, 99) {
            0..=71 => (Dialled::Answers, self.chance.between(4_000, 18_000)),
            72..=89 => (Dialled::NoAnswer, self.chance.between(25_000, 40_000)),
            90..=97 => (Dialled::Busy, self.chance.between(1_000, 3_000)),
            _ => (Dialled::Failed, self.chance.between(500, 2_000)),
        };
        self.schedule(after, Event::Reached { call: key, leg, dialled });
    }

    /// An agent calls a colleague.
    fn call_colleague(&mut self) {
        let Some(caller) = self.roster.any_idle(&mut self.chance) else { return };
        self.roster.agents[caller].presence = Presence::Busy;
        let Some(callee) = self.roster.any_idle(&mut self.chance) else {
            self.roster.agents[caller].presence = Presence::Idle;
            return;
        };
        let key = self.add_call(Direction::Outgoing);
        if let Some(call) = self.calls.get_mut(&key) {
            call.internal = true;
            call.customer = None;
        }
        let caller = self.add_leg(key, caller, Role::Caller, None);
        self.emit_call(key);
        self.emit_ring(key, caller);
        self.ring(key, callee, Role::Colleague, None);
    }

    /// A customer calls an agent's own number.
    fn call_agent(&mut self) {
        let Some(agent) = self.chance.index(self.roster.agents.len()) else { return };
        let key = self.add_call(Direction::Incoming);
        if self.roster.agents[agent].presence == Presence::Idle {
            self.emit_call(key);
            self.ring(key, agent, Role::Direct, None);
        } else if self.chance.hits(0.5) {
            self.emit_call(key);
            self.end_call(key, "busy", None);
        } else {
            self.emit_call(key);
            self.pass_to_voicemail(key, Redirect::UserBusy);
        }
    }

    /// The agent's phone passes the caller on, who leaves a message.
    pub(super) fn pass_to_voicemail(&mut self, key: u64, redirect: Redirect) {
        let Some(call) = self.calls.get_mut(&key) else { return };
        call.redirect = Some(redirect);
        call.voicemail = true;
        let leg = call.legs.len();
        let message = self.chance.between(8_000, 40_000);
        self.schedule(message, Event::TalkEnd { call: key, leg });
    }

    /// Begins a call whose times are given.
    pub(super) fn start_scripted(&mut self, script: Script, queue: usize) -> Arc<str> {
        let key = self.add_call(Direction::Incoming);
        let number = script.number.clone();
        let mut id: Arc<str> = Arc::from("");
        if let Some(call) = self.calls.get_mut(&key) {
            id = Arc::clone(&call.id);
            call.script = Some(script);
            call.customer = number.or_else(|| call.customer.take());
        }
        self.emit_call(key);
        self.schedule(0, Event::Enter { call: key, queue });
        id
    }

    fn add_call(&mut self, direction: Direction) -> u64 {
        let key = self.next.0;
        self.next.0 += 1;
        let id = Arc::from(self.chance.uuid());
        let mut call = Call::new(id, direction, self.clock());
        call.customer = Some(self.customer());
        self.calls.insert(key, call);
        key
    }

    /// A customer's number: one in six has called before.
    fn customer(&mut self) -> String {
        if self.chance.hits(0.15)
            && let Some(at) = self.chance.index(self.callers.len())
        {
            return self.callers[at].clone();
        }
        let number = self.chance.customer();
        if number.starts_with("00") {
            self.callers.push_back(number.clone());
            if self.callers.len() > KNOWN_CALLERS {
                self.callers.pop_front();
            }
        }
        number
    }

    /// Puts `agent` into the call, with a phone that rings or dials; returns the leg's index.
    pub(super) fn add_leg(
        &mut self,
        key: u64,
        agent: usize,
        role: Role,
        passage: Option<usize>,
    ) -> usize {
        let ring_start = self.clock();
        self.roster.agents[agent].presence = Presence::Busy;
        let Some(call) = self.calls.get_mut(&key) else { return 0 };
        call.legs.push(Leg {
            agent,
            role,
            passage,
            ring_start,
            answered: None,
            talk_from: None,
            held: 0,
            ended: None,
            end_reason: None,
        });
        let ringing = call.legs.iter().filter(|leg| leg.rings() && leg.was_offered()).count();
        call.devices = call.devices.max(ringing);
        call.legs.len() - 1
    }
}
