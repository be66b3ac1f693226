//! Where a call is, read from its documents.
//!
//! The upstream sends no state. What it sends are instants: of the start, of
//! a menu, of an entry into a queue, of an answer. The newest of them says
//! where the call is, which also holds for a call that was answered and then
//! sent back to a queue.

use crate::call::{Call, agent_key, queue_key, queue_name, queue_of};
use crate::document::{AgentRef, Document, QueueRef};
use crate::ids::{AgentKey, QueueKey};
use crate::outcome::{Outcome, outcome};
use crate::text::Text;
use crate::time::UnixMs;
use crate::words::Reason;

/// Where a call is. Each variant carries only what is true in that phase.
#[derive(Clone, Debug, PartialEq)]
pub enum Phase {
    /// Begun, and nothing more is known.
    Connecting {
        /// Start of the call.
        since: UnixMs,
    },
    /// In a menu.
    Menu {
        /// The menu's name.
        menu: Option<Text>,
        /// When the menu was reached.
        since: UnixMs,
    },
    /// In a queue; nobody's phone rings, as far as is known.
    Waiting {
        /// The queue.
        queue: QueueKey,
        /// Entry into this queue.
        since: UnixMs,
    },
    /// Phones ring. Inferred: ringing is not among the events that the
    /// playbook promises.
    Ringing {
        /// The queue, and when the caller entered it. `None`: a direct call.
        queue: Option<(QueueKey, UnixMs)>,
        /// Whose phones ring, at least one.
        agents: Vec<AgentKey>,
        /// When the first of them began.
        since: UnixMs,
    },
    /// The caller has accepted a callback and is not on the line.
    AwaitingCallback {
        /// The queue that will call back.
        queue: QueueKey,
        /// Entry into this queue.
        since: UnixMs,
    },
    /// A human answered.
    Talking {
        /// Who answered, where that is known.
        agent: Option<AgentKey>,
        /// The queue that led to the answer.
        queue: Option<QueueKey>,
        /// The answer.
        since: UnixMs,
    },
    /// Over.
    Ended {
        /// Last interaction.
        at: UnixMs,
        /// How it counts.
        outcome: Outcome,
        /// Why it ended, as told: why it left its last queue without an
        /// answer, else why it was terminated.
        reason: Option<Reason>,
    },
}

impl Default for Phase {
    fn default() -> Self {
        Phase::Connecting { since: UnixMs(0) }
    }
}

impl Phase {
    /// The queue the caller waits in, and since when. Phones may be ringing:
    /// until somebody answers the caller waits.
    pub fn waiting_in(&self) -> Option<(&QueueKey, UnixMs)> {
        match self {
            Phase::Waiting { queue, since } => Some((queue, *since)),
            Phase::Ringing { queue: Some((queue, since)), .. } => Some((queue, *since)),
            _ => None,
        }
    }

    /// Whether the call is over.
    pub fn is_ended(&self) -> bool {
        matches!(self, Phase::Ended { .. })
    }
}

/// One entry into a queue.
#[derive(Clone, Debug, PartialEq)]
pub struct Passage {
    /// The queue.
    pub queue: QueueKey,
    /// The entry.
    pub at: UnixMs,
    /// Why the caller left it, where that was told.
    pub left: Option<Reason>,
}

/// One answer by a human.
#[derive(Clone, Debug, PartialEq)]
pub struct Answer {
    /// When.
    pub at: UnixMs,
    /// Who, where that is known.
    pub agent: Option<AgentKey>,
    /// The queue that offered the call, where that was told.
    pub queue: Option<QueueKey>,
}

/// Entries and answers of a call in order of time, from all its documents.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct Facts {
    /// Entries into queues.
    pub passages: Vec<Passage>,
    /// Answers.
    pub answers: Vec<Answer>,
}

impl Facts {
    /// Reads the facts of a call.
    pub fn of(call: &Call) -> Facts {
        let mut facts = Facts::default();
        let (queue_legs, agent_legs) = (&call.queues, &call.agents);
        for leg in queue_legs {
            if let Some(queue) = queue_of(leg) {
                facts.passage(queue, leg.fail_reason.as_ref(), leg.time.start);
            }
        }
        if let Some(document) = &call.call {
            for queue in [&document.queue_first, &document.queue_last].into_iter().flatten() {
                facts.passage(queue, None, document.time.start);
            }
        }
        for leg in agent_legs {
            let queue = leg.queue.as_ref();
            if let Some(queue) = queue.filter(|queue| queue.timestart.is_some()) {
                facts.passage(queue, None, None);
            }
            let at = leg.time.answered.or_else(|| leg.agent.as_ref().and_then(|a| a.answered));
            facts.answer(at, leg.agent.as_ref(), queue.and_then(queue_key));
        }
        for document in call.call.iter().chain(queue_legs) {
            for agent in [&document.agent_first, &document.agent_last].into_iter().flatten() {
                facts.answer(agent.answered, Some(agent), None);
            }
        }
        facts.answer_by_talk(agent_legs);
        facts.answer_by_flag(call);
        // Two entries in one millisecond happen: the call document knows
        // which was the first, and which is the last.
        let named = |queue: Option<&QueueRef>, passage: &Passage| {
            queue.is_some_and(|q| {
                queue_name(q) == Some(&*passage.queue.0) && q.timestart == Some(passage.at)
            })
        };
        let document = call.call.as_ref();
        let (first, last) = (
            document.and_then(|document| document.queue_first.as_ref()),
            document.and_then(|document| document.queue_last.as_ref()),
        );
        facts.passages.sort_by_key(|passage| {
            (passage.at, !named(first, passage), named(last, passage), passage.left.is_none())
        });
        facts.answers.sort_by_key(|answer| answer.at);
        facts
    }

    /// Notes an entry, or more about one that is known.
    fn passage(&mut self, queue: &QueueRef, left: Option<&Reason>, fallback: Option<UnixMs>) {
        let Some(key) = queue_name(queue) else { return };
        let left = queue.fail_reason.as_ref().or(left).cloned();
        let same = |passage: &&mut Passage| {
            passage.queue.0 == key && queue.timestart.is_none_or(|at| at == passage.at)
        };
        match (self.passages.iter_mut().rev().find(same), queue.timestart.or(fallback)) {
            (Some(known), _) => known.left = left.or(known.left.take()),
            (None, Some(at)) => self.passages.push(Passage { queue: key.into(), at, left }),
            (None, None) => (),
        }
    }

    /// Notes an answer, or more about one that is known.
    fn answer(&mut self, at: Option<UnixMs>, agent: Option<&AgentRef>, queue: Option<QueueKey>) {
        let Some(at) = at else { return };
        let agent = agent.and_then(agent_key);
        match self.answers.iter_mut().find(|answer| answer.at == at) {
            Some(known) => {
                known.agent = known.agent.take().or(agent);
                known.queue = known.queue.take().or(queue);
            }
            None => self.answers.push(Answer { at, agent, queue }),
        }
    }

    /// A leg that talked was answered, even where no instant says so: at its
    /// end less talk and hold.
    fn answer_by_talk(&mut self, legs: &[Box<Document>]) {
        if !self.answers.is_empty() {
            return;
        }
        for leg in legs {
            let (talk, hold) = (leg.duration.talk.total, leg.duration.hold.unwrap_or(0.0));
            if let (Some(end), Some(talk)) = (leg.time.end, talk.filter(|talk| *talk > 0.0)) {
                let at = UnixMs(end.0.saturating_sub(((talk + hold) * 1e3) as i64));
                self.answer(Some(at), leg.agent.as_ref(), leg.queue.as_ref().and_then(queue_key));
            }
        }
    }

    /// "Answered" without any instant, anywhere: the only source is the flag.
    /// The instant is then the end less the talk, else the newest one known.
    fn answer_by_flag(&mut self, call: &Call) {
        let Some(document) = &call.call else { return };
        if !self.answers.is_empty() || document.answered != Some(true) {
            return;
        }
        let talk_ms = document.duration.talk.total.map(|s| (s * 1e3) as i64);
        let at = match (document.time.end, talk_ms) {
            (Some(end), Some(talk_ms)) => Some(UnixMs(end.0.saturating_sub(talk_ms))),
            _ => self.passages.iter().map(|passage| passage.at).max().or(document.time.start),
        };
        self.answer(at, document.agent_last.as_ref(), None);
    }

    /// The first answer at or after the first entry into a queue: the one
    /// that ends the customer's wait. An earlier one belongs to whoever sent
    /// the caller to the queue.
    pub fn first_queue_answer(&self) -> Option<(&Passage, &Answer)> {
        let entry = self.passages.first()?;
        let answer = self.answers.iter().find(|answer| answer.at >= entry.at)?;
        Some((entry, answer))
    }
}

/// Where `call` is, given its facts.
pub fn phase(call: &Call, facts: &Facts) -> Phase {
    if !call.is_active() {
        let at = call.documents().filter_map(|document| document.time.end).max();
        let at = at.or_else(|| call.start()).unwrap_or(call.seen);
        let left = facts.passages.last().and_then(|passage| passage.left.as_ref());
        let reason = left.or_else(|| call.told(|d| d.terminated_call_reason.as_ref())).cloned();
        return Phase::Ended { at, outcome: outcome(call, facts), reason };
    }
    let answer = facts.answers.last();
    let in_queue = |passage: &&Passage| passage.left.is_none();
    let passage = facts.passages.last().filter(in_queue);
    let menu = call.told(|document| document.ivr_last.as_ref().or(document.ivr_first.as_ref()));
    let reached = menu.and_then(|menu| menu.timestamp);
    let ringing = Ringing::of(call);

    match (answer, passage) {
        (Some(answer), _)
            if passage.is_none_or(|passage| answer.at >= passage.at)
                && reached.is_none_or(|reached| answer.at >= reached) =>
        {
            talking(call, facts, answer, ringing)
        }
        (_, Some(passage)) if reached.is_none_or(|reached| passage.at >= reached) => {
            let (queue, since) = (passage.queue.clone(), passage.at);
            match ringing {
                _ if accepted_callback(call) => Phase::AwaitingCallback { queue, since },
                Some(Ringing { agents, since: rang }) => {
                    Phase::Ringing { queue: Some((queue, since)), agents, since: rang }
                }
                None => Phase::Waiting { queue, since },
            }
        }
        _ => match (ringing, reached) {
            (Some(Ringing { agents, since }), _) => Phase::Ringing { queue: None, agents, since },
            (None, Some(since)) if facts.passages.last().is_none_or(|p| p.at <= since) => {
                Phase::Menu { menu: menu.and_then(|menu| menu.name.clone()), since }
            }
            _ => Phase::Connecting { since: call.start().unwrap_or(call.seen) },
        },
    }
}

/// Talking, unless that agent has hung up and another's phone rings.
fn talking(call: &Call, facts: &Facts, answer: &Answer, ringing: Option<Ringing>) -> Phase {
    let over = call.agents.iter().any(|leg| {
        leg.active == Some(false)
            && leg.time.answered == Some(answer.at)
            && leg.agent.as_ref().and_then(agent_key) == answer.agent
    });
    if let (true, Some(Ringing { agents, since })) = (over, ringing) {
        return Phase::Ringing { queue: None, agents, since };
    }
    let entered = |passage: &&Passage| passage.at <= answer.at;
    let queue = answer
        .queue
        .clone()
        .or_else(|| facts.passages.iter().rev().find(entered).map(|passage| passage.queue.clone()));
    Phase::Talking { agent: answer.agent.clone(), queue, since: answer.at }
}

/// A callback was accepted: the customer is not on the line.
pub fn accepted_callback(call: &Call) -> bool {
    let accepted = |document: &Document| document.on_hooked_calls?.answer_wait_request;
    call.told(accepted).is_some_and(|count| count >= 1)
}

/// Phones that ring.
struct Ringing {
    agents: Vec<AgentKey>,
    since: UnixMs,
}

impl Ringing {
    fn of(call: &Call) -> Option<Ringing> {
        let rings = |leg: &Document| leg.active == Some(true) && leg.time.answered.is_none();
        let legs = || call.agents.iter().filter(|leg| rings(leg));
        let agents: Vec<_> = legs().filter_map(|leg| agent_key(leg.agent.as_ref()?)).collect();
        let since = legs().filter_map(|leg| leg.time.start).min().unwrap_or(call.seen);
        (!agents.is_empty()).then_some(Ringing { agents, since })
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::board::Board;
    use crate::decode::decode;
    use crate::stream::Stream;

    /// Folds one frame a line (`stream {json}`) and gives the phase of call `a`.
    #[track_caller]
    fn check(script: &str, expected: Phase) {
        let mut board = Board::default();
        for line in script.lines().map(str::trim).filter(|line| !line.is_empty()) {
            let (stream, json) = line.split_once(' ').unwrap();
            let stream = Stream::from_name(stream).unwrap();
            for document in decode(json.as_bytes()).unwrap().documents {
                board.apply(stream, document, UnixMs(1));
            }
        }
        assert_eq!(board.calls["a"].phase, expected);
    }

    fn at(s: i64) -> UnixMs {
        UnixMs(1_700_000_000_000 + s * 1000)
    }

    #[test]
    fn a_caller_waits_from_the_entry_into_the_queue() {
        check(
            r#"calls {"id_call":"a","active":1,"time":{"start":1700000000000},"queue_last":{"id":71,"timestart":1700000004000}}"#,
            Phase::Waiting { queue: "71".into(), since: at(4) },
        );
    }

    #[test]
    fn a_caller_whose_call_rings_still_waits() {
        let script = r#"
            calls {"id_call":"a","active":1,"time":{"start":1700000000000},"queue_last":{"id":71,"timestart":1700000004000}}
            agents {"id_call":"a","active":1,"time":{"start":1700000009000},"agent":{"id":"7"},"queue":{"id":71,"timestart":1700000004000}}
        "#;
        let expected = Phase::Ringing {
            queue: Some(("71".into(), at(4))),
            agents: vec!["7".into()],
            since: at(9),
        };
        check(script, expected.clone());
        assert_eq!(expected.waiting_in(), Some((&"71".into(), at(4))));
    }

    #[test]
    fn an_answer_before_the_queue_does_not_end_the_wait() {
        check(
            r#"calls {"id_call":"a","active":1,"answered":1,"time":{"start":1700000000000},
               "agent_last":{"id":7,"answered":1700000002000},
               "queue_last":{"id":71,"timestart":1700000004000}}"#
                .replace('\n', " ")
                .as_str(),
            Phase::Waiting { queue: "71".into(), since: at(4) },
        );
    }

    #[test]
    fn talk_counts_from_the_answer_and_not_from_the_wait() {
        check(
            r#"agents {"id_call":"a","active":1,"time":{"start":1700000009000,"answered":1700000012000},"agent":{"id":"7"},"queue":{"id":71,"timestart":1700000004000}}"#,
            Phase::Talking { agent: Some("7".into()), queue: Some("71".into()), since: at(12) },
        );
    }

    #[test]
    fn an_accepted_callback_is_not_on_the_line() {
        check(
            r#"calls {"id_call":"a","active":1,"on_hooked_calls":{"answer_wait_request":1},"queue_last":{"id":71,"timestart":1700000004000}}"#,
            Phase::AwaitingCallback { queue: "71".into(), since: at(4) },
        );
    }

    #[test]
    fn row_16_answered_says_nothing_of_a_single_queue() {
        // The call was answered before it came here; the flag is the call's.
        check(
            r#"queues {"id_call":"a","active":1,"answered":1,"time":{"start":1700000000000},"queue":{"id":71,"timestart":1700000004000}}"#,
            Phase::Waiting { queue: "71".into(), since: at(4) },
        );
    }

    #[test]
    fn rows_55_and_56_a_queue_that_was_left_is_left_although_its_document_is_active() {
        let script = r#"
            queues {"id_call":"a","active":1,"time":{"start":1700000000000},"queue":{"id":71,"timestart":1700000004000}}
            calls {"id_call":"a","active":1,"time":{"start":1700000000000},"queue_first":{"id":71,"timestart":1700000004000},"queue_last":{"id":72,"timestart":1700000034000}}
        "#;
        // The wait counts from the queue's own entry, not from the document's time.
        check(script, Phase::Waiting { queue: "72".into(), since: at(34) });
    }

    #[test]
    fn a_leg_that_talked_was_answered_although_no_instant_says_so() {
        let script = r#"
            calls {"id_call":"a","active":0,"call_direction":"incoming","terminated_call_reason":"hangup","time":{"start":1700000000000,"end":1700000060000},"queue_last":{"id":71,"timestart":1700000004000}}
            agents {"id_call":"a","active":0,"time":{"start":1700000009000,"end":1700000060000},"agent":{"id":"7"},"queue":{"id":71},"duration":{"ring":3,"talk":40,"hold":8}}
        "#;
        let reason = Some(Reason::Hangup);
        check(script, Phase::Ended { at: at(60), outcome: Outcome::Handled, reason });
    }

    #[test]
    fn a_flag_alone_is_the_last_resort() {
        check(
            r#"calls {"id_call":"a","active":1,"answered":1,"time":{"start":1700000000000},"queue_last":{"id":71,"timestart":1700000004000}}"#,
            Phase::Talking { agent: None, queue: Some("71".into()), since: at(4) },
        );
    }
}
