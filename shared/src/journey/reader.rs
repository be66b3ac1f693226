//! Reads the steps of a journey off a call's documents.

use super::{Certainty, RingOutcome, SLACK_MS, Step, StepKind};
use crate::call::{Call, agent_key, queue_key, queue_of};
use crate::document::{AgentRef, Document, Ivr, Parts, QueueRef};
use crate::ids::{AgentKey, QueueKey};
use crate::outcome::Outcome;
use crate::phase::{Answer, Facts, Passage, Phase, phase};
use crate::text::Text;
use crate::time::UnixMs;
use crate::words::{EndReason, Reason};

pub(super) fn told_if(told: bool) -> Certainty {
    if told { Certainty::Known } else { Certainty::Inferred }
}

/// A duration in ms, unless it is zero: while a call goes on, zero means
/// "not told yet".
pub(super) fn length(seconds: Option<f64>) -> Option<u64> {
    let ms = (seconds? * 1e3) as u64;
    (ms > 0).then_some(ms)
}

pub(super) fn part(parts: &Parts) -> Option<u64> {
    length(parts.total.or(parts.last).or(parts.first))
}

pub(super) fn before(at: UnixMs, ms: u64) -> UnixMs {
    UnixMs(at.0.saturating_sub(i64::try_from(ms).unwrap_or(i64::MAX)))
}

/// One phone that rang, as an agent document tells it.
pub(super) struct Leg<'a> {
    pub(super) document: &'a Document,
    pub(super) agent: AgentKey,
    pub(super) queue: Option<QueueKey>,
    /// Entry into that queue.
    pub(super) entry: Option<UnixMs>,
    pub(super) answered: Option<UnixMs>,
    /// The document's times are this leg's, not the whole call's.
    pub(super) own: bool,
}

/// What the steps are read from.
pub(super) struct Reader<'a> {
    pub(super) call: &'a Call,
    pub(super) facts: Facts,
    pub(super) ended: Option<(UnixMs, Outcome)>,
    pub(super) legs: Vec<Leg<'a>>,
}

impl<'a> Reader<'a> {
    pub(super) fn new(call: &'a Call) -> Reader<'a> {
        let facts = Facts::of(call);
        let ended = match phase(call, &facts) {
            Phase::Ended { at, outcome, .. } => Some((at, outcome)),
            _ => None,
        };
        let mut reader = Reader { call, facts, ended, legs: Vec::new() };
        reader.legs = call.agents.iter().filter_map(|document| reader.leg(document)).collect();
        // The streams' accounts of one answer may differ a little: the agent
        // document's stands.
        let legs = &reader.legs;
        reader.facts.answers.retain(|answer| {
            let same = |leg: &&Leg<'_>| Some(&leg.agent) == answer.agent.as_ref();
            let told = || legs.iter().filter(same).filter_map(|leg| leg.answered);
            told().any(|at| at == answer.at)
                || !told().any(|at| at.0.abs_diff(answer.at.0) <= SLACK_MS)
        });
        reader
    }

    pub(super) fn ended(&self) -> Option<UnixMs> {
        self.ended.map(|(at, _)| at)
    }

    pub(super) fn reason(&self) -> Option<&'a Reason> {
        self.call.told(|document| document.terminated_call_reason.as_ref())
    }

    pub(super) fn agent_name(&self, key: &AgentKey) -> Option<Text> {
        let refs = |d: &'a Document| [&d.agent, &d.agent_first, &d.agent_last];
        let refs = self.call.documents().flat_map(refs).flatten();
        let names = refs.filter(|agent| agent_key(agent).as_ref() == Some(key));
        // The longer form has the surname with it.
        let name = names.filter_map(AgentRef::full_name).max_by_key(|name| name.len());
        name.map(Text::from)
    }

    /// Every mention of a queue.
    pub(super) fn queue_refs(&self, key: &QueueKey) -> impl Iterator<Item = &'a QueueRef> {
        let refs = |d: &'a Document| [&d.queue, &d.queue_first, &d.queue_last];
        let refs = self.call.documents().flat_map(refs).flatten();
        refs.filter(move |queue| queue_key(queue).as_ref() == Some(key))
    }

    /// Whether the instant of an answer was told, not concluded.
    pub(super) fn told_answer(&self, at: UnixMs) -> bool {
        self.call.documents().any(|document| {
            let agents = [&document.agent, &document.agent_first, &document.agent_last];
            document.time.answered == Some(at)
                || agents.into_iter().flatten().any(|agent| agent.answered == Some(at))
        })
    }

    pub(super) fn start(&self) -> Option<Step> {
        let direction = self.call.told(|document| document.call_direction.clone());
        let at = self.call.start()?;
        // A leg's start, without the call's document, may be later.
        let told = self.call.call.as_ref().is_some_and(|document| document.time.start.is_some());
        Some(Step::new(at, Some(at), StepKind::Start { direction }, told_if(told)))
    }

    pub(super) fn end(&self) -> Option<Step> {
        let (at, outcome) = self.ended?;
        let told = self.call.documents().any(|document| document.time.end == Some(at));
        let kind = StepKind::End { reason: self.reason().cloned(), outcome };
        Some(Step::new(at, Some(at), kind, told_if(told)))
    }

    pub(super) fn menus(&self) -> Vec<Step> {
        let refs = |d: &'a Document| [&d.ivr_first, &d.ivr_last, &d.ivr];
        let all = || self.call.documents().flat_map(refs).flatten();
        let mut menus: Vec<_> = all().filter_map(|menu| Some((menu.timestamp?, menu))).collect();
        menus.sort_by_key(|(at, _)| *at);
        menus.dedup_by_key(|(at, _)| *at);
        if menus.is_empty() {
            menus.extend(self.call.start().zip(all().next()));
        }
        let step = |(at, menu): (UnixMs, &Ivr)| {
            let kind = StepKind::Menu { name: menu.name.clone() };
            Step::new(at, None, kind, told_if(menu.timestamp.is_some()))
        };
        menus.into_iter().map(step).collect()
    }

    /// A passage; its end only where the queue's document has it.
    pub(super) fn queue(&self, passage: &Passage) -> Step {
        let Passage { queue, at, left } = passage.clone();
        let told = self.queue_refs(&queue).any(|told| told.timestart == Some(at));
        let is_here = |document: &Document| {
            queue_of(document).is_some_and(|told| {
                queue_key(told).as_ref() == Some(&queue) && told.timestart.is_none_or(|t| t == at)
            })
        };
        // The end it tells may be the call's, and says nothing after an answer.
        let unanswered = !matches!(left, None | Some(Reason::QueuePick));
        let document = self.call.queues.iter().find(|leg| is_here(leg)).filter(|_| unanswered);
        let end = document.and_then(|d| d.time.end).filter(|end| Some(*end) != self.ended());
        // Time in the queue is told without the ringing, which may be a sum.
        let silent = document.filter(|d| part(&d.duration.ring).is_none());
        let queued = silent.and_then(|d| part(&d.duration.queue)).map(|ms| at.plus_ms(ms));
        let is_last = self.facts.passages.last() == Some(passage);
        let queued = queued.filter(|_| is_last && left != Some(Reason::QueueLeaveAbandon));
        let certainty = told_if(told && (end.is_some() || queued.is_none()));
        let name = self.queue_refs(&queue).find_map(|queue| queue.name.clone());
        Step::new(at, end.or(queued), StepKind::Queue { queue, name, left }, certainty)
    }

    fn leg(&self, document: &'a Document) -> Option<Leg<'a>> {
        let agent = agent_key(document.agent.as_ref()?)?;
        let queue = document.queue.as_ref().and_then(queue_key);
        let entry = document.queue.as_ref().and_then(|queue| queue.timestart).or_else(|| {
            let mut passages = self.facts.passages.iter();
            passages.find(|passage| Some(&passage.queue) == queue.as_ref()).map(|p| p.at)
        });
        // As it tells, else as another document tells of this agent.
        let told = |d: &Document| d.time.answered.or_else(|| d.agent.as_ref()?.answered);
        let (start, end) = (document.time.start, document.time.end);
        let free = |answer: &&Answer| {
            answer.agent.as_ref() == Some(&agent)
                && start.is_none_or(|start| answer.at >= start)
                && end.is_none_or(|end| answer.at <= end)
                && !self.call.agents.iter().any(|leg| told(leg) == Some(answer.at))
        };
        let answered =
            told(document).or_else(|| self.facts.answers.iter().find(free).map(|answer| answer.at));
        let own = self.has_own_times(document, entry, answered);
        Some(Leg { document, agent, queue, entry, answered, own })
    }

    /// Whether an agent document's times are its leg's. The playbook calls
    /// them the call's; a start within the call, or one that fits the length
    /// of the ring, says otherwise.
    fn has_own_times(
        &self,
        document: &Document,
        entry: Option<UnixMs>,
        answered: Option<UnixMs>,
    ) -> bool {
        let Some(start) = document.time.start else { return false };
        if entry.is_some_and(|entry| start < entry) {
            return false;
        }
        let others = self.call.call.iter().chain(&self.call.queues);
        let call_start = others.filter_map(|document| document.time.start).min();
        match (answered.or(document.time.end), part(&document.duration.ring)) {
            _ if call_start.is_some_and(|call_start| start > call_start) => true,
            (Some(stop), Some(ring)) => stop.since_ms(start).abs_diff(ring) <= SLACK_MS,
            // A direct call begins with its only phone.
            _ => self.call.told(|d| d.ivr_first.as_ref()).is_none() && self.call.agents.len() == 1,
        }
    }

    pub(super) fn ring(&self, leg: &Leg<'_>) -> Option<Step> {
        let (time, ring) = (leg.document.time, part(&leg.document.duration.ring));
        let own_start = time.start.filter(|_| leg.own);
        let from = own_start.or(leg.entry).or(time.start);
        let later = |at: &UnixMs| from.is_none_or(|from| *at >= from);
        // Answers by others, in this queue as far as is known.
        let others = self.facts.answers.iter().filter(|answer| {
            answer.agent.as_ref() != Some(&leg.agent)
                && (answer.queue.is_none() || leg.queue.is_none() || answer.queue == leg.queue)
        });
        let other = others.map(|answer| answer.at).filter(later).min();
        let next = self.facts.passages.iter().map(|passage| passage.at);
        let next = next.filter(|at| from.is_some_and(|from| *at > from)).min();
        let (until, ended) = match (leg.answered, time.end.filter(|_| leg.own)) {
            (Some(answered), _) => (Some(answered), told_if(self.told_answer(answered))),
            (None, Some(end)) => (Some(end), Certainty::Known),
            // No phone of a queue rings after its call has left.
            (None, None) => {
                let until = [other, next, time.end, self.ended()].into_iter().flatten().min();
                (until, told_if(until.is_none()))
            }
        };
        let concluded = || Some(before(until?, ring?)).max(leg.entry.filter(|_| ring.is_some()));
        let at = own_start.or_else(concluded).or(leg.entry).or(time.start).or(until)?;
        let outcome = self.ring_outcome(leg, (at, until), other);
        let (agent, queue) = (leg.agent.clone(), leg.queue.clone());
        let kind = StepKind::Ring { name: self.agent_name(&agent), agent, queue, outcome };
        Some(Step::new(at, until, kind, ended.max(told_if(own_start.is_some()))))
    }

    fn ring_outcome(
        &self,
        leg: &Leg<'_>,
        (at, until): (UnixMs, Option<UnixMs>),
        other: Option<UnixMs>,
    ) -> RingOutcome {
        let Some(until) = until else { return RingOutcome::StillRinging };
        let during = |instant: UnixMs| instant >= at && instant <= until.plus_ms(SLACK_MS);
        let elsewhere = matches!(
            leg.document.terminated_call_reason,
            Some(Reason::AnsweredElsewhere | Reason::AnsweredByOtherTerminal)
        );
        let caller_left = match (&leg.document.agent_end_reason, self.reason()) {
            (Some(EndReason::CustomerHangup), _) => true,
            (Some(EndReason::AgentHangup), _) => false,
            (
                _,
                Some(Reason::Hangup | Reason::QueueLeaveAbandon | Reason::QueueLeaveDigit) | None,
            ) => {
                let voicemail = self.call.told(|document| document.voicemail) == Some(true);
                !voicemail && self.ended().is_some_and(during)
            }
            _ => false,
        };
        match leg.answered {
            Some(_) => RingOutcome::Answered,
            None if elsewhere || other.is_some_and(during) => RingOutcome::AnsweredElsewhere,
            None if caller_left => RingOutcome::CallerLeft,
            None => RingOutcome::NotAnswered,
        }
    }

    /// A talk, and behind it its hold.
    pub(super) fn talk(&self, answer: &Answer) -> Vec<Step> {
        let here = |leg: &&Leg<'_>| {
            leg.answered == Some(answer.at) && answer.agent.as_ref().is_none_or(|a| *a == leg.agent)
        };
        let leg = self.legs.iter().find(here);
        let talked = leg.and_then(|leg| part(&leg.document.duration.talk));
        // An agent who calls back and reaches nobody has an answer stamp, too.
        if matches!(self.ended, Some((_, Outcome::CallbackFailed))) && talked.is_none() {
            return Vec::new();
        }
        let held = match leg {
            Some(leg) => length(leg.document.duration.hold),
            None if self.legs.is_empty() && self.facts.answers.last() == Some(answer) => {
                self.call.told(|document| length(document.duration.hold))
            }
            None => None,
        };
        let lasted = talked.map(|ms| answer.at.plus_ms(ms.saturating_add(held.unwrap_or(0))));
        let own_end = leg.filter(|leg| leg.own).and_then(|leg| leg.document.time.end);
        let told = self.told_answer(answer.at) && (own_end.is_some() || lasted.is_none());
        let entered = |passage: &&Passage| passage.at <= answer.at;
        let queue = match leg {
            Some(leg) => leg.queue.clone(),
            None => answer.queue.clone().or_else(|| {
                self.facts.passages.iter().rev().find(entered).map(|passage| passage.queue.clone())
            }),
        };
        let agent = leg.map(|leg| leg.agent.clone()).or_else(|| answer.agent.clone());
        let name = agent.as_ref().and_then(|agent| self.agent_name(agent));
        let ended_by = leg.and_then(|leg| leg.document.agent_end_reason.clone());
        let kind = StepKind::Talk { agent, name, queue, ended_by };
        let talk = Step::new(answer.at, own_end.or(lasted), kind, told_if(told));
        let hold = held.map(|ms| StepKind::Hold { seconds: ms.saturating_add(500) / 1_000 });
        let hold = hold.map(|hold| Step::new(answer.at, None, hold, Certainty::Inferred));
        [talk].into_iter().chain(hold).collect()
    }
}
