//! From the state of a call to its three kinds of documents.

use super::call::{Call, Callback, Leg, Passage, Redirect, Role, Visit};
use super::document::{
    Account, Agent, AgentDocument, AgentLists, AgentRef, CallDocument, CallDuration, Customer,
    FirstLastTotal, Flag, Ivr, LegDuration, MenuDigit, OnHook, Queue, QueueDocument, Redirected,
    Seconds, Time, Transfer,
};
use super::names::ACCOUNT;
use super::roster::{MENUS, Roster};

/// Draws documents; borrows what the centre knows.
pub(super) struct Renderer<'a> {
    pub(super) roster: &'a Roster,
    /// Milliseconds on the clock that are one second of the centre's life.
    pub(super) second: f64,
}

impl<'a> Renderer<'a> {
    /// The call overview.
    pub(super) fn call(&self, call: &'a Call) -> CallDocument<'a> {
        let all: Vec<&Leg> = call.legs.iter().collect();
        let (first, last) = first_and_last(&all);
        let menu_digit = call.digit.as_ref().map(|digit| MenuDigit {
            dialed_number: digit.dialed,
            destination: &self.roster.queues[digit.queue].name,
            kind: "queue",
        });
        CallDocument {
            id_call: &call.id,
            answered: Flag(call.answered()),
            internal: Flag(call.internal),
            offered_and_answered: self.offers(call, true),
            offered_and_not_answered: self.offers(call, false),
            terminated_call_reason: call.reason,
            simultaneous_device_calls: call.devices,
            active: Flag(call.end.is_none()),
            voicemail: Flag(call.voicemail),
            trasnfers: call.transfers.len(),
            recorded: Flag(call.recorded),
            call_direction: call.direction.wire(),
            time: Time { start: call.start, end: call.end, answered: None },
            customer_target: customer(call),
            customer_telavox: account(),
            on_hooked_calls: on_hook(call),
            agents: self.lists(&all),
            queue_list: call
                .passages
                .iter()
                .map(|passage| self.roster.queues[passage.queue].name.as_str())
                .collect(),
            ivr_list: call.visits.iter().map(|visit| MENUS[visit.menu].name).collect(),
            duration: call_duration(call, first, last),
            menu_digit,
            ivr_first: call.visits.first().map(|visit| ivr(visit, true)),
            ivr_last: call.visits.last().map(|visit| ivr(visit, true)),
            queue_first: call.passages.first().map(|passage| self.queue(passage)),
            queue_last: call.passages.last().map(|passage| self.queue(passage)),
            agent_first: first.map(|leg| self.agent_ref(leg)),
            agent_last: last.map(|leg| self.agent_ref(leg)),
            redirected: call.redirect.map(redirected),
            transfer_first: call.transfers.first().map(transfer),
            transfer_last: call.transfers.last().map(transfer),
        }
    }

    /// The document of one queue passage.
    pub(super) fn passage(&self, call: &'a Call, index: usize) -> QueueDocument<'a> {
        let passage = &call.passages[index];
        let legs: Vec<&Leg> = call.legs.iter().filter(|leg| leg.passage == Some(index)).collect();
        let (first, last) = first_and_last(&legs);
        let sum = |part: fn(&Leg) -> i64| Seconds(legs.iter().map(|leg| part(leg)).sum());
        QueueDocument {
            id_call: &call.id,
            answered: Flag(call.answered()),
            active: Flag(passage.closed.is_none()),
            voicemail: Flag(call.voicemail),
            recorded: Flag(call.recorded),
            transfer: Flag(!call.transfers.is_empty()),
            direction: call.direction.wire(),
            time: Time { start: call.start, end: passage.closed, answered: None },
            customer_target: customer(call),
            customer_telavox: account(),
            on_hooked_calls: on_hook(call),
            agents: self.lists(&legs),
            agent_first: first.map(|leg| self.agent_ref(leg)),
            agent_last: last.map(|leg| self.agent_ref(leg)),
            queue: self.queue(passage),
            ivr: call.visits.last().map(|visit| ivr(visit, false)),
            duration: LegDuration {
                total: Seconds(passage.closed.map_or(0, |closed| closed - call.start)),
                queue: Some(Seconds(call.queued_in(index))),
                ring: sum(Leg::rang),
                talk: sum(Leg::talked),
                hold: sum(|leg| leg.held),
            },
        }
    }

    /// The document of one agent's leg.
    pub(super) fn leg(&self, call: &'a Call, index: usize) -> AgentDocument<'a> {
        let leg = &call.legs[index];
        let agent = &self.roster.agents[leg.agent];
        let transferred = matches!(leg.role, Role::Blind | Role::Attended)
            || matches!(leg.end_reason, Some("blind_transferred" | "at_complete"));
        let called_back = !matches!(call.callback, Callback::NotAsked | Callback::Declined);
        AgentDocument {
            id_call: &call.id,
            answered: Flag(call.answered()),
            active: Flag(leg.ended.is_none()),
            recorded: Flag(call.recorded),
            transfer: Flag(transferred),
            call_direction: call.direction.wire(),
            agent_end_reason: leg.end_reason,
            internal: Flag(call.internal),
            simultaneous_device_calls: call.devices,
            time: Time { start: leg.ring_start, end: leg.ended, answered: leg.answered },
            customer_target: customer(call),
            customer_telavox: account(),
            agent: Agent {
                id: agent.id.to_string(),
                name: &agent.full_name,
                phone: &agent.phone,
                time_zone: agent.time_zone,
            },
            on_hooked_calls: Flag(called_back),
            queue: leg.passage.map(|passage| self.queue(&call.passages[passage])),
            ivr: call.visits.last().map(|visit| ivr(visit, false)),
            duration: LegDuration {
                total: Seconds(leg.ended.map_or(0, |ended| ended - leg.ring_start)),
                queue: None,
                ring: Seconds(leg.rang()),
                talk: Seconds(leg.talked()),
                hold: Seconds(leg.held),
            },
        }
    }

    /// Offers that were answered, or were not though the phone rang for more than a second.
    fn offers(&self, call: &Call, answered: bool) -> usize {
        let counts = |leg: &&Leg| match leg.answered {
            Some(_) => answered,
            None => !answered && leg.ended.is_some() && leg.rang() as f64 > self.second,
        };
        call.legs.iter().filter(|leg| leg.was_offered()).filter(counts).count()
    }

    fn lists(&self, legs: &[&Leg]) -> Option<AgentLists<'a>> {
        if legs.is_empty() {
            return None;
        }
        // Someone offered the same call twice is named once.
        let names = |wanted: &dyn Fn(&Leg) -> bool| {
            let mut agents: Vec<usize> = Vec::new();
            for leg in legs.iter().filter(|leg| wanted(leg)) {
                if !agents.contains(&leg.agent) {
                    agents.push(leg.agent);
                }
            }
            agents.iter().map(|agent| self.roster.agents[*agent].full_name.as_str()).collect()
        };
        Some(AgentLists {
            agent_list: names(&|_| true),
            agent_list_answer: names(&|leg| leg.answered.is_some()),
            agent_list_no_answer: names(&|leg| leg.answered.is_none() && leg.ended.is_some()),
        })
    }

    fn queue(&self, passage: &Passage) -> Queue<'a> {
        let queue = &self.roster.queues[passage.queue];
        Queue {
            id: queue.id,
            name: &queue.name,
            phone: &queue.phone,
            strategy: queue.strategy.wire(),
            timestart: passage.entered,
            fail_reason: passage.fail,
        }
    }

    fn agent_ref(&self, leg: &Leg) -> AgentRef<'a> {
        let agent = &self.roster.agents[leg.agent];
        AgentRef {
            id: agent.id,
            name: &agent.name,
            surname: agent.surname,
            phone: &agent.phone,
            answered: leg.answered,
        }
    }
}

/// The first and last agent who answered, or as long as nobody did, whose phone rang.
fn first_and_last<'b>(legs: &[&'b Leg]) -> (Option<&'b Leg>, Option<&'b Leg>) {
    let answered = || legs.iter().filter(|leg| leg.answered.is_some());
    let first = answered().next().or(legs.first());
    let last = answered().next_back().or(legs.last());
    (first.copied(), last.copied())
}

fn call_duration(call: &Call, first: Option<&Leg>, last: Option<&Leg>) -> CallDuration {
    let queue = call.passages.len().checked_sub(1).map(|last| FirstLastTotal {
        first: Seconds(call.queued_in(0)),
        last: Seconds(call.queued_in(last)),
        total: Seconds((0..=last).map(|index| call.queued_in(index)).sum()),
    });
    let over_legs = |part: fn(&Leg) -> i64| {
        Some(FirstLastTotal {
            first: Seconds(part(first?)),
            last: Seconds(part(last?)),
            total: Seconds(call.legs.iter().map(part).sum()),
        })
    };
    let ring = over_legs(Leg::rang);
    let total = |part: &Option<FirstLastTotal>| part.as_ref().map_or(0, |part| part.total.0);
    CallDuration {
        wait_time: Seconds(total(&queue) + total(&ring)),
        queue,
        ring,
        talk: over_legs(Leg::talked),
        total: Seconds(call.end.map_or(0, |end| end - call.start)),
        hold: Seconds(call.legs.iter().map(|leg| leg.held).sum()),
    }
}

fn customer(call: &Call) -> Option<Customer<'_>> {
    call.customer.as_deref().map(|number| Customer { number })
}

fn account() -> Account {
    Account { id: ACCOUNT.0, name: ACCOUNT.1 }
}

fn on_hook(call: &Call) -> Option<OnHook> {
    let (no_wait_request, answer_wait_request, customer_no_answer) = match call.callback {
        Callback::NotAsked => return None,
        Callback::Declined => (1, 0, 0),
        Callback::Accepted | Callback::Reached | Callback::NotConfirmed => (0, 1, 0),
        Callback::NoAnswer => (0, 1, 1),
    };
    Some(OnHook { no_wait_request, answer_wait_request, customer_no_answer })
}

fn ivr(visit: &Visit, with_time: bool) -> Ivr {
    let menu = &MENUS[visit.menu];
    Ivr {
        id: menu.id,
        name: menu.name,
        phone: menu.phone,
        timestamp: with_time.then_some(visit.at),
    }
}

fn redirected(redirect: Redirect) -> Redirected {
    match redirect {
        Redirect::NoAnswer => Redirected { total: 1, no_answer: 1, ..Redirected::default() },
        Redirect::UserBusy => Redirected { total: 1, user_busy: 1, ..Redirected::default() },
    }
}

fn transfer(transfer: &super::call::Transfer) -> Transfer {
    Transfer { kind: transfer.kind, answered: Flag(transfer.answered) }
}
