//! How a document changes the board.

use super::{Agent, Applied, Board, Queue};
use crate::ByCall;
use crate::call::{Call, agent_name, queue_name};
use crate::document::{AgentRef, Document, QueueRef};
use crate::figures::contribution::Limits;
use crate::figures::ledger::Ledger;
use crate::figures::{Contribution, Figures};
use crate::ids::{AgentKey, CallId, QueueKey};
use crate::phase::{Facts, Phase, phase};
use crate::stream::Stream;
use crate::text::Text;
use crate::time::UnixMs;
use crate::wire::Entry;

impl Board {
    /// Folds in a document that the proxy had at `at`.
    pub fn apply(&mut self, stream: Stream, document: Document, at: UnixMs) -> Applied<'_> {
        if self.gone.contains_key(&document.id_call) {
            return Applied::Late;
        }
        self.see(&document, at);
        let (mut books, calls) = self.books();
        let call = calls.entry(document.id_call.clone()).or_default();
        call.seen = call.seen.max(at);
        let folded = call.fold(stream, document);
        if folded.changed {
            books.count(call);
        }
        // A document that was just folded in is there.
        let Some(document) = call.leg(stream, folded.leg) else { return Applied::Late };
        if folded.changed {
            Applied::Changed(folded.leg, document)
        } else {
            Applied::Known(folded.leg, document)
        }
    }

    /// Takes a document as another board has merged it, at `at`. Gives the
    /// call where it is new, or has another phase, or counts for something else.
    pub fn tell(&mut self, entry: Entry, at: UnixMs) -> Option<CallId> {
        let Entry { stream, leg, doc } = entry;
        self.see(&doc, at);
        let (mut books, calls) = self.books();
        if let Some(call) = calls.get_mut(&doc.id_call) {
            return books.tell(call, stream, leg, doc, at);
        }
        let id = doc.id_call.clone();
        books.tell(calls.entry(id.clone()).or_default(), stream, leg, doc, at);
        Some(id)
    }

    /// What calls are counted in, and the calls.
    fn books(&mut self) -> (Books<'_>, &mut ByCall<Box<Call>>) {
        let Board { calls, figures, ledger, scope, day, .. } = self;
        let limits = Limits { from: *day, scope: scope.as_ref() };
        (Books { figures, ledger: ledger.as_mut(), limits }, calls)
    }

    /// Notes the queues and agents that a document names.
    fn see(&mut self, document: &Document, at: UnixMs) {
        let Document { queue, queue_first, queue_last, agent_first, agent_last, .. } = document;
        let queues = [queue.as_ref(), queue_first.as_ref(), another(queue_last, queue_first)];
        queues.into_iter().flatten().for_each(|queue| self.see_queue(queue));
        let named = [agent_first.as_ref(), another(agent_last, agent_first)];
        named.into_iter().flatten().for_each(|agent| self.see_agent(agent, agent.answered));
        if let Some(agent) = &document.agent {
            let time = document.time;
            self.see_agent(agent, time.end.or(time.answered).or(time.start).or(Some(at)));
        }
    }

    fn see_queue(&mut self, queue: &QueueRef) {
        let Some(key) = queue_name(queue) else { return };
        if let Some(known) = self.queues.get_mut(key) {
            return known.name_as(queue);
        }
        let key = QueueKey::from(key);
        if self.counts(&key) {
            self.queues.entry(key).or_default().name_as(queue);
        }
    }

    fn see_agent(&mut self, agent: &AgentRef, seen: Option<UnixMs>) {
        let Some(key) = agent_name(agent) else { return };
        match self.agents.get_mut(&*key) {
            Some(known) => known.see(agent, seen),
            None => self.agents.entry(AgentKey::from(&*key)).or_default().see(agent, seen),
        }
    }
}

/// The last one, unless it is the first: in most calls it is.
fn another<'a, T: PartialEq>(last: &'a Option<T>, first: &Option<T>) -> Option<&'a T> {
    last.as_ref().filter(|_| last != first)
}

impl Queue {
    fn name_as(&mut self, told: &QueueRef) {
        if told.name.is_some() && self.name != told.name {
            self.name.clone_from(&told.name);
        }
        if told.strategy.is_some() && self.strategy != told.strategy {
            self.strategy.clone_from(&told.strategy);
        }
    }
}

impl Agent {
    fn see(&mut self, told: &AgentRef, seen: Option<UnixMs>) {
        if let Some(name) = told.full_name() {
            // The longer form has the surname with it.
            if self.name.as_ref().is_none_or(|known| name.len() > known.len()) {
                self.name = Some(Text::from(name));
            }
        }
        self.last_seen = self.last_seen.max(seen.unwrap_or_default());
    }
}

/// What calls are counted in.
struct Books<'a> {
    figures: &'a mut Figures,
    ledger: Option<&'a mut Ledger>,
    limits: Limits<'a>,
}

impl Books<'_> {
    /// Puts a document into its call; see [`Board::tell`].
    fn tell(
        &mut self,
        call: &mut Call,
        stream: Stream,
        leg: usize,
        doc: Box<Document>,
        at: UnixMs,
    ) -> Option<CallId> {
        call.seen = call.seen.max(at);
        if !call.put(stream, leg, doc) {
            return None;
        }
        self.count(call).then(|| call.id().cloned()).flatten()
    }

    /// Counts a call anew whose documents have changed; whether its phase has,
    /// or what it counts for.
    fn count(&mut self, call: &mut Call) -> bool {
        let before = std::mem::take(&mut call.counted);
        let was = read_off(call);
        if call.counted == before {
            return call.phase != was;
        }
        let counted = call.counted.within(self.limits);
        self.figures.remove(&before.within(self.limits));
        self.figures.add(&counted);
        let ledger = self.ledger.as_mut().filter(|_| Ledger::IS_KEPT);
        if let (Some(ledger), Some(id)) = (ledger, call.id()) {
            ledger.note(id, &counted);
        }
        true
    }
}

/// Reads phase and contribution off the documents; the phase until now.
pub(super) fn read_off(call: &mut Call) -> Phase {
    let facts = Facts::of(call);
    let phase = phase(call, &facts);
    call.counted = Contribution::of(call, &facts, &phase);
    call.revision += 1;
    std::mem::replace(&mut call.phase, phase)
}
