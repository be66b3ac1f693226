//! The engine: a discrete-event simulation of a call centre, without clock or sockets.
//!
//! Events happen in the centre's own time (milliseconds of its life since the
//! beginning). Documents carry clock time: `beginning + life / speed`.

mod arrive;
mod line;
mod talk;

use std::cmp::Reverse;
use std::collections::{BTreeMap, BinaryHeap, VecDeque};
use std::sync::Arc;

use serde::Serialize;

use callboard_shared::Stream;

use super::Options;
use super::call::{Call, Callback};
use super::chance::Chance;
use super::render::Renderer;
use super::roster::{Presence, Roster};
use super::script::{BadScript, Script};
use super::truth::{QueueTruth, Truth};

/// A document to be sent.
#[derive(Clone, Debug, Eq, PartialEq)]
pub struct Emission {
    /// When it is due, in epoch milliseconds.
    pub at: i64,
    /// Where it goes.
    pub stream: Stream,
    /// The call it is about.
    pub id_call: Arc<str>,
    /// The document.
    pub json: String,
}

/// How a dialled number reacts.
#[derive(Clone, Copy, Debug, Eq, Ord, PartialEq, PartialOrd)]
enum Dialled {
    Answers,
    NoAnswer,
    Busy,
    Failed,
    /// Answers a callback and does not confirm it.
    Declines,
}

/// What can happen. Calls are named by key, their parts by index.
///
/// Events are never taken back: each handler checks whether it still applies.
#[derive(Clone, Copy, Debug, Eq, Ord, PartialEq, PartialOrd)]
enum Event {
    Arrival,
    MenuDone { call: u64 },
    Enter { call: u64, queue: usize },
    ScriptedOffer { call: u64 },
    OutOfPatience { call: u64, passage: usize },
    WaitedTooLong { call: u64, passage: usize },
    PressedDigit { call: u64, passage: usize },
    Pickup { call: u64, leg: usize },
    RingOut { call: u64, leg: usize },
    Reached { call: u64, leg: usize, dialled: Dialled },
    Transfer { call: u64, leg: usize },
    TalkEnd { call: u64, leg: usize },
    AgentFree { agent: usize },
}

/// The simulated call centre.
pub struct Center {
    /// Clock time of the beginning, in epoch milliseconds.
    beginning: i64,
    speed: f64,
    calls_per_hour: f64,
    ring_events: bool,
    /// The centre's time, in milliseconds of its life.
    now: i64,
    chance: Chance,
    roster: Roster,
    /// Active calls, by key; the order is that of their beginning.
    calls: BTreeMap<u64, Call>,
    events: BinaryHeap<Reverse<(i64, u64, Event)>>,
    /// Number of the next call and of the next event.
    next: (u64, u64),
    /// Customers who may call again.
    callers: VecDeque<String>,
    out: Vec<Emission>,
    /// Counters of what is over; what goes on is counted when asked for.
    counted: Truth,
}

impl Center {
    /// A centre at its beginning, without calls.
    ///
    /// The beginning is [`Options::start`], or 1970 if that is missing: the
    /// engine has no clock to ask.
    pub fn new(options: &Options) -> Self {
        let roster = Roster::new(options);
        let of_queue = |queue: &super::roster::Queue| QueueTruth {
            id: queue.id.to_string(),
            name: queue.name.clone(),
            ..QueueTruth::default()
        };
        let queues = roster.queues.iter().map(of_queue).collect();
        let mut center = Center {
            beginning: options.start.unwrap_or(0),
            speed: options.speed,
            calls_per_hour: options.calls_per_hour,
            ring_events: !options.no_ring_events,
            now: 0,
            chance: Chance::new(options.seed),
            roster,
            calls: BTreeMap::new(),
            events: BinaryHeap::new(),
            next: (0, 0),
            callers: VecDeque::new(),
            out: Vec::new(),
            counted: Truth { queues, ..Truth::default() },
        };
        center.schedule_arrival();
        center
    }

    /// When something happens next, in epoch milliseconds; `None` if nothing ever will.
    pub fn next_at(&self) -> Option<i64> {
        self.events.peek().map(|Reverse((at, ..))| self.on_clock(*at))
    }

    /// Lets everything happen that is due by `until` (epoch milliseconds, included).
    ///
    /// Documents come in the order in which they are due.
    pub fn advance(&mut self, until: i64) -> Vec<Emission> {
        while self.next_at().is_some_and(|at| at <= until)
            && let Some(Reverse((at, _, event))) = self.events.pop()
        {
            // An event may be scheduled for the past when the clock was moved.
            self.now = self.now.max(at);
            self.handle(event);
        }
        self.now = self.now.max(self.in_life(until));
        std::mem::take(&mut self.out)
    }

    /// Moves all that is still to come by `ms` milliseconds on the clock.
    ///
    /// For a pause: what was sent stays true, as documents keep their own times.
    pub fn postpone(&mut self, ms: i64) {
        self.beginning += ms;
    }

    /// Begins one call by order, now; returns its id. [`Center::advance`] emits it.
    pub fn play(&mut self, script: Script) -> Result<Arc<str>, BadScript> {
        script.check_times()?;
        let queue = self
            .roster
            .queue_by_id(&script.queue)
            .ok_or_else(|| BadScript::Queue(script.queue.clone()))?;
        if let Some(agent) = &script.agent
            && self.roster.agent_by_id(agent).is_none()
        {
            return Err(BadScript::Agent(agent.clone()));
        }
        Ok(self.start_scripted(script, queue))
    }

    /// The current documents of all active calls, oldest call first.
    pub fn current(&self) -> Vec<Emission> {
        let mut documents = Vec::new();
        for call in self.calls.values() {
            documents.push(self.emission(Stream::Calls, call, &self.renderer().call(call)));
            for index in 0..call.passages.len() {
                let document = self.renderer().passage(call, index);
                documents.push(self.emission(Stream::Queues, call, &document));
            }
            for (index, leg) in call.legs.iter().enumerate() {
                if self.ring_events || !leg.rings() {
                    let document = self.renderer().leg(call, index);
                    documents.push(self.emission(Stream::Agents, call, &document));
                }
            }
        }
        documents
    }

    /// The count of what was and what is, as of the last [`Center::advance`].
    pub fn truth(&self) -> Truth {
        let mut truth = self.counted.clone();
        truth.now = self.clock();
        for call in self.calls.values() {
            truth.calls_active += 1;
            for leg in &call.legs {
                truth.ringing += u64::from(leg.was_offered() && leg.waits());
                truth.agents_talking += u64::from(leg.talks());
            }
            let Some(passage) = call.passages.last().filter(|_| call.counts()) else { continue };
            let queue = &mut truth.queues[passage.queue];
            if call.talks() {
                truth.talking += 1;
                queue.talking += 1;
            } else if call.waits() {
                truth.waiting += 1;
                queue.waiting += 1;
            } else if call.callback == Callback::Accepted {
                truth.callback_open += 1;
            }
        }
        truth
    }

    fn handle(&mut self, event: Event) {
        match event {
            Event::Arrival => self.arrive(),
            Event::MenuDone { call } => self.menu_done(call),
            Event::Enter { call, queue } => self.enter_queue(call, queue),
            Event::ScriptedOffer { call } => self.scripted_offer(call),
            Event::OutOfPatience { call, passage } => self.out_of_patience(call, passage),
            Event::WaitedTooLong { call, passage } => self.waited_too_long(call, passage),
            Event::PressedDigit { call, passage } => self.pressed_digit(call, passage),
            Event::Pickup { call, leg } => self.pick_up(call, leg),
            Event::RingOut { call, leg } => self.ring_out(call, leg),
            Event::Reached { call, leg, dialled } => self.reached(call, leg, dialled),
            Event::Transfer { call, leg } => self.transfer(call, leg),
            Event::TalkEnd { call, leg } => self.talk_end(call, leg),
            Event::AgentFree { agent } => self.agent_free(agent),
        }
    }

    fn schedule(&mut self, after: i64, event: Event) {
        self.events.push(Reverse((self.now + after.max(0), self.next.1, event)));
        self.next.1 += 1;
    }

    /// Clock time of an instant of the centre's life.
    fn on_clock(&self, life: i64) -> i64 {
        self.beginning + (life as f64 / self.speed).floor() as i64
    }

    /// The centre's time at an instant on the clock.
    fn in_life(&self, clock: i64) -> i64 {
        ((clock - self.beginning) as f64 * self.speed).floor() as i64
    }

    /// Clock time now.
    fn clock(&self) -> i64 {
        self.on_clock(self.now)
    }

    fn agent_free(&mut self, agent: usize) {
        self.roster.agents[agent].become_idle(self.now);
        self.offer_waiting();
    }

    /// Ends an agent's part; the next call can come after `rest` milliseconds of life.
    fn release(&mut self, agent: usize, rest: i64) {
        self.roster.agents[agent].presence = Presence::Resting;
        self.schedule(rest, Event::AgentFree { agent });
    }

    fn renderer(&self) -> Renderer<'_> {
        Renderer { roster: &self.roster, second: 1_000.0 / self.speed }
    }

    fn emission(&self, stream: Stream, call: &Call, document: &impl Serialize) -> Emission {
        let json = serde_json::to_string(document).expect("documents have string keys only");
        Emission { at: self.clock(), stream, id_call: Arc::clone(&call.id), json }
    }

    fn emit_call(&mut self, key: u64) {
        let Some(call) = self.calls.get(&key) else { return };
        let emission = self.emission(Stream::Calls, call, &self.renderer().call(call));
        self.out.push(emission);
    }

    fn emit_passage(&mut self, key: u64, index: usize) {
        let Some(call) = self.calls.get(&key) else { return };
        let emission = self.emission(Stream::Queues, call, &self.renderer().passage(call, index));
        self.out.push(emission);
    }

    fn emit_leg(&mut self, key: u64, index: usize) {
        let Some(call) = self.calls.get(&key) else { return };
        let emission = self.emission(Stream::Agents, call, &self.renderer().leg(call, index));
        self.out.push(emission);
    }

    /// Says that a phone rings, if this centre does.
    fn emit_ring(&mut self, key: u64, index: usize) {
        if self.ring_events {
            self.emit_leg(key, index);
        }
    }
}

#[cfg(test)]
mod tests;
