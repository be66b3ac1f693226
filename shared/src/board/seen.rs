//! The board of another day, and the board as others may see it.

use std::borrow::Cow;
use std::collections::{BTreeMap, BTreeSet, VecDeque};

use super::{Agent, Board};
use crate::audience::{Audience, Role};
use crate::call::agent_key;
use crate::document::Document;
use crate::figures::contribution::Limits;
use crate::figures::ledger::Ledger;
use crate::figures::metrics::{Now, Settings};
use crate::figures::{Figures, Metrics};
use crate::ids::{AgentKey, QueueKey};
use crate::time::UnixMs;

impl Board {
    /// Begins another day at `day`: figures count from there on, calls that
    /// are there stay.
    pub fn begin_day(&mut self, day: UnixMs) {
        (self.day, self.since) = (day, day);
        self.figures = Figures::default();
        self.ledger.iter_mut().for_each(Ledger::clear);
        let limits = Limits { from: day, scope: self.scope.as_ref() };
        for (id, call) in self.calls.iter() {
            let counted = call.counted.within(limits);
            self.figures.add(&counted);
            if let Some(ledger) = &mut self.ledger {
                ledger.note(id, &counted);
            }
        }
        self.agents.retain(|_, agent| agent.last_seen >= day);
        self.queues.retain(|_, queue| {
            if queue.last_offered < day {
                queue.last_offered = UnixMs::default();
            }
            true
        });
    }

    /// Each queue in order, with who is there and its figures at `now`: one
    /// look at the calls for all of them.
    pub fn queues_at<'a>(
        &'a self,
        settings: &'a Settings,
        now: UnixMs,
    ) -> impl Iterator<Item = (&'a QueueKey, Now, Metrics)> {
        let mut present = self.queues_now();
        self.queues.keys().map(move |key| {
            let here = present.remove(key).unwrap_or_default();
            let metrics = self.figures.queue(key, settings, &here, now);
            (key, here, metrics)
        })
    }

    /// The figures at `now` of the calls whose first queue is one of `only`.
    pub fn total_of(
        &self,
        settings: &Settings,
        now: UnixMs,
        only: impl Fn(&QueueKey) -> bool,
    ) -> Metrics {
        let mut present = self.customers_now();
        present.retain(|queue, _| only(queue));
        self.figures.total_of(settings, &present, now, only)
    }

    /// The board as `audience` may see it. A board that is limited to queues
    /// has figures only if this one keeps a ledger.
    pub fn seen_by(&self, audience: &Audience) -> Cow<'_, Board> {
        if audience.sees_all() {
            return Cow::Borrowed(self);
        }
        let mut figures = match &audience.scope {
            None => self.figures.clone(),
            scope => self.figures_within(Limits { from: self.day, scope: scope.as_ref() }),
        };
        let visible = || self.calls.iter().filter(|(_, call)| audience.sees(call));
        // An agent is known by an offer that counts, or by a call that is there.
        let mut known: BTreeSet<_> = figures.agents.keys().cloned().collect();
        known.extend(visible().flat_map(|(_, call)| call.documents().flat_map(agents)));
        let calls = visible()
            .map(|(id, call)| {
                let mut call = call.clone();
                audience.mask_call(&mut call);
                (id.clone(), call)
            })
            .collect();
        let queues = self.queues.iter().filter(|(key, _)| audience.sees_queue(key));
        let is_known = |key: &AgentKey| audience.scope.is_none() || known.contains(key);
        let agents = self.agents.iter().filter(|(key, _)| is_known(key));
        let agents = agents.map(|(key, agent)| {
            let name = agent.name.clone().filter(|_| audience.role > Role::Public);
            (audience.agent_key(key), Agent { name, last_seen: agent.last_seen })
        });
        let agents = agents.collect();
        if audience.role == Role::Public {
            let tallies = std::mem::take(&mut figures.agents).into_iter();
            figures.agents =
                tallies.map(|(key, tally)| (audience.agent_key(&key), tally)).collect();
        }
        Cow::Owned(Board {
            since: self.since,
            day: self.day,
            scope: audience.scope.clone(),
            calls,
            queues: queues.map(|(key, queue)| (key.clone(), queue.clone())).collect(),
            agents,
            figures,
            gone: BTreeMap::new(),
            left: VecDeque::new(),
            ledger: None,
        })
    }

    fn figures_within(&self, limits: Limits<'_>) -> Figures {
        let mut figures = Figures::default();
        for (_, counted) in self.ledger.iter().flat_map(Ledger::calls) {
            figures.add(&counted.within(limits));
        }
        figures
    }
}

/// The agents that a document names.
fn agents(document: &Document) -> impl Iterator<Item = AgentKey> {
    let named = [&document.agent, &document.agent_first, &document.agent_last];
    named.into_iter().flatten().filter_map(agent_key)
}
