//! All documents of one call, and how its legs are told apart.
//!
//! The upstream gives its documents no ids, so identity is inferred: one call
//! document per `id_call`, one queue document per queue and entry, one agent
//! document per agent, queue and offer. The three streams are not ordered
//! against each other; a call is whatever has arrived of it.

use std::borrow::Cow;

use serde::Serialize;

use crate::document::{AgentRef, Document, QueueRef};
use crate::figures::Contribution;
use crate::ids::{AgentKey, CallId, QueueKey};
use crate::merge::Merge;
use crate::phase::Phase;
use crate::stream::Stream;
use crate::text::Text;
use crate::time::UnixMs;

/// Documents of a stream, one for each leg. In boxes: a document is a kilobyte,
/// and goes from message to call once for each time that it changes.
#[allow(clippy::vec_box, reason = "documents go in and out one by one")]
pub type Legs = Vec<Box<Document>>;

/// A call: its documents, and where they say it is.
#[derive(Clone, Debug, Default, PartialEq, Serialize)]
pub struct Call {
    /// The document of `/calls`.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub call: Option<Box<Document>>,
    /// The documents of `/queues`, one per passage, in order of arrival.
    #[serde(skip_serializing_if = "Vec::is_empty")]
    pub queues: Legs,
    /// The documents of `/agents`, one per offer, in order of arrival.
    #[serde(skip_serializing_if = "Vec::is_empty")]
    pub agents: Legs,
    /// When the proxy had the newest of them.
    pub seen: UnixMs,
    /// Where the call is, read from its documents.
    #[serde(skip)]
    pub phase: Phase,
    /// What it counts for at the moment.
    #[serde(skip)]
    pub counted: Contribution,
    /// Grows with every change, so that a view knows what to draw anew.
    #[serde(skip)]
    pub revision: u64,
}

impl Call {
    /// Folds a document in.
    pub fn fold(&mut self, stream: Stream, document: Document) -> Folded {
        match stream {
            Stream::Calls => match &mut self.call {
                Some(known) => Folded { leg: 0, changed: fold_into(known, document) },
                empty => {
                    *empty = Some(Box::new(document));
                    Folded { leg: 0, changed: true }
                }
            },
            Stream::Queues => {
                let leg = self.queues.iter().rposition(|leg| same_passage(leg, &document));
                fold_leg(&mut self.queues, leg, document)
            }
            Stream::Agents => {
                let leg = find_offer(&self.agents, &document);
                fold_leg(&mut self.agents, leg, document)
            }
        }
    }

    /// Puts a document in its place, as another board has merged it; whether
    /// that changed anything.
    pub(crate) fn put(&mut self, stream: Stream, leg: usize, document: Box<Document>) -> bool {
        let legs = match stream {
            Stream::Calls => {
                let changed = self.call.as_ref() != Some(&document);
                self.call = Some(document);
                return changed;
            }
            Stream::Queues => &mut self.queues,
            Stream::Agents => &mut self.agents,
        };
        match legs.get_mut(leg) {
            Some(known) => {
                let changed = *known != document;
                *known = document;
                changed
            }
            // Legs are told in their order, so this is the next one.
            None => {
                legs.push(document);
                true
            }
        }
    }

    /// The document of `stream` with number `leg`.
    pub fn leg(&self, stream: Stream, leg: usize) -> Option<&Document> {
        match stream {
            Stream::Calls => self.call.as_deref(),
            Stream::Queues => self.queues.get(leg).map(|leg| &**leg),
            Stream::Agents => self.agents.get(leg).map(|leg| &**leg),
        }
    }

    /// The id that all its documents have.
    pub fn id(&self) -> Option<&CallId> {
        self.documents().next().map(|document| &document.id_call)
    }

    /// All documents, the call's own first.
    pub fn documents(&self) -> impl Iterator<Item = &Document> {
        self.call.iter().chain(&self.queues).chain(&self.agents).map(|document| &**document)
    }

    /// The first value that a document gives, the call's own asked first.
    pub fn told<'a, T>(&'a self, field: impl Fn(&'a Document) -> Option<T>) -> Option<T> {
        self.documents().find_map(field)
    }

    /// Start of the call: the earliest told.
    pub fn start(&self) -> Option<UnixMs> {
        match self.call.as_ref().and_then(|call| call.time.start) {
            Some(start) => Some(start),
            None => self.documents().filter_map(|document| document.time.start).min(),
        }
    }

    /// Whether the call goes on. The call document decides; before it has
    /// come, any leg that goes on.
    pub fn is_active(&self) -> bool {
        match &self.call {
            Some(call) => call.active.unwrap_or(call.time.end.is_none()),
            None => {
                let legs = || self.queues.iter().chain(&self.agents);
                legs().any(|leg| leg.active.unwrap_or(leg.time.end.is_none()))
            }
        }
    }
}

/// Where a document went.
#[derive(Clone, Copy, Debug, Eq, PartialEq)]
pub struct Folded {
    /// Which of the stream's documents of this call it belongs to.
    pub leg: usize,
    /// Whether it told anything new.
    pub changed: bool,
}

fn fold_leg(legs: &mut Legs, leg: Option<usize>, document: Document) -> Folded {
    match leg {
        Some(leg) => Folded { leg, changed: fold_into(&mut legs[leg], document) },
        None => {
            legs.push(Box::new(document));
            Folded { leg: legs.len() - 1, changed: true }
        }
    }
}

/// Lays a document over the known one, or under it when it tells an earlier
/// state: a repeated or late document changes nothing that is known.
fn fold_into(known: &mut Document, mut document: Document) -> bool {
    if progress(&document) >= progress(known) {
        return known.merge(document);
    }
    let before = known.clone();
    std::mem::swap(known, &mut document);
    known.merge(document);
    *known != before
}

/// How far a document has come: ended or not, then its newest instant.
fn progress(document: &Document) -> (bool, Option<UnixMs>) {
    let agents = [&document.agent, &document.agent_first, &document.agent_last];
    let queues = [&document.queue, &document.queue_first, &document.queue_last];
    let menus = [&document.ivr_first, &document.ivr_last];
    let time = document.time;
    let newest = [time.start, time.end, time.answered]
        .into_iter()
        .chain(agents.into_iter().flatten().map(|agent| agent.answered))
        .chain(queues.into_iter().flatten().map(|queue| queue.timestart))
        .chain(menus.into_iter().flatten().map(|menu| menu.timestamp))
        .max();
    (document.active == Some(false), newest.flatten())
}

/// The queue that a queue document is about.
pub fn queue_of(document: &Document) -> Option<&QueueRef> {
    let named = [&document.queue, &document.queue_last, &document.queue_first];
    named.into_iter().flatten().next()
}

/// What a queue is told apart by, as a document names it.
pub fn queue_name(queue: &QueueRef) -> Option<&str> {
    queue_text(queue).map(Text::as_str)
}

/// The same as a key.
pub fn queue_key(queue: &QueueRef) -> Option<QueueKey> {
    queue_text(queue).cloned().map(QueueKey)
}

fn queue_text(queue: &QueueRef) -> Option<&Text> {
    queue.id.as_ref().or(queue.name.as_ref())
}

/// What an agent is told apart by, as a document names them.
pub fn agent_name(agent: &AgentRef) -> Option<Cow<'_, str>> {
    agent_text(agent).map(|text| Cow::Borrowed(text.as_str())).or_else(|| agent.full_name())
}

/// The same as a key.
pub fn agent_key(agent: &AgentRef) -> Option<AgentKey> {
    agent_text(agent).cloned().or_else(|| agent.full_name().map(Text::from)).map(AgentKey)
}

/// What comes before the name.
fn agent_text(agent: &AgentRef) -> Option<&Text> {
    agent.id.as_ref().or(agent.phone.as_ref())
}

/// Two values that may both be missing are taken for the same unless they differ.
fn compatible<T: PartialEq>(a: Option<T>, b: Option<T>) -> bool {
    match (a, b) {
        (Some(a), Some(b)) => a == b,
        _ => true,
    }
}

fn same_passage(leg: &Document, document: &Document) -> bool {
    let (Some(known), Some(told)) = (queue_of(leg), queue_of(document)) else {
        let name = |d: &Document| d.queue_list.last().cloned();
        return compatible(name(leg), name(document));
    };
    queue_key(known) == queue_key(told) && compatible(known.timestart, told.timestart)
}

/// The offer that an agent document continues, if it does not open a new one.
///
/// The same agent may be offered the same call again: a document that is
/// active and starts later than an offer that has ended is a new offer.
fn find_offer(legs: &[Box<Document>], document: &Document) -> Option<usize> {
    let begins = |d: &Document| {
        let entered = d.queue.as_ref().and_then(|queue| queue.timestart);
        (d.time.start, entered)
    };
    let same_parties = |leg: &Document| {
        let agent = |d: &Document| d.agent.as_ref().and_then(agent_key);
        let queue = |d: &Document| d.queue.as_ref().and_then(queue_key);
        agent(leg) == agent(document) && compatible(queue(leg), queue(document))
    };
    let exact = legs.iter().rposition(|leg| same_parties(leg) && begins(leg) == begins(document));
    exact.or_else(|| {
        let leg = legs.iter().rposition(|leg| same_parties(leg))?;
        let ended = legs[leg].active == Some(false);
        let later = begins(document) > begins(&legs[leg]);
        (!(ended && later && document.active != Some(false))).then_some(leg)
    })
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::decode::decode;

    fn document(json: &str) -> Document {
        decode(json.as_bytes()).unwrap().documents.remove(0)
    }

    #[test]
    fn a_late_document_does_not_take_the_call_back() {
        let mut call = Call::default();
        call.fold(
            Stream::Calls,
            document(r#"{"id_call":"a","active":1,"time":{"start":1795337000000}}"#),
        );
        call.fold(
            Stream::Calls,
            document(
                r#"{"id_call":"a","active":0,"time":{"start":1795337000000,"end":1795337009000}}"#,
            ),
        );
        let ended = call.clone();
        call.fold(
            Stream::Calls,
            document(r#"{"id_call":"a","active":1,"time":{"start":1795337000000}}"#),
        );
        assert_eq!(call, ended);
        assert!(!call.is_active());
    }

    #[test]
    fn the_same_agent_offered_again_is_a_second_offer() {
        let mut call = Call::default();
        let offer = |active: u8, start: u64| {
            document(&format!(
                r#"{{"id_call":"a","active":{active},"agent":{{"id":"7"}},"queue":{{"id":71}},"time":{{"start":{start}}}}}"#
            ))
        };
        call.fold(Stream::Agents, offer(1, 1_795_337_000_000));
        call.fold(Stream::Agents, offer(0, 1_795_337_000_000));
        call.fold(Stream::Agents, offer(1, 1_795_337_020_000));
        assert_eq!(call.agents.len(), 2);
        // A repetition of the first opens nothing.
        call.fold(Stream::Agents, offer(1, 1_795_337_000_000));
        assert_eq!(call.agents.len(), 2);
        assert_eq!(call.agents[0].active, Some(false));
    }
}
