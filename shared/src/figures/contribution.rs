//! What one call counts for: once for the customer, once per passage through
//! a queue, once per offer to an agent.

use std::borrow::Cow;
use std::collections::BTreeSet;

use super::beside::Beside;
use crate::call::{Call, agent_key, queue_key, queue_of};
use crate::document::{Document, OnHooked};
use crate::ids::{AgentKey, QueueKey};
use crate::outcome::{Outcome, flow_out, is_external_incoming};
use crate::phase::{Answer, Facts, Passage, Phase};
use crate::time::UnixMs;
use crate::words::{Direction, EndReason, Reason};

/// An offer that rings shorter than this is no miss, in ms.
const MISS_FROM_MS: u64 = 1_000;

/// How a call, or a passage through a queue, stands.
#[derive(Clone, Copy, Debug, Eq, PartialEq)]
pub enum Stand {
    /// Offered, and not decided yet.
    Open,
    /// Answered after this wait.
    Handled {
        /// From the entry to the answer.
        wait_ms: u64,
    },
    /// Given up after this wait.
    Abandoned {
        /// From the entry to the end.
        wait_ms: u64,
    },
    /// The longest wait was reached.
    Timeout,
    /// The queue was full.
    Full,
    /// Nobody was signed in.
    Empty,
    /// The caller pressed a key.
    Digit,
    /// A callback was accepted: in no wait and no service level.
    Callback,
    /// Ended in a personal voicemail.
    Voicemail,
    /// Sent on.
    Redirected,
    /// None of these. Counted and shown, never dropped.
    Other,
}

/// What a call, or a passage, counts for.
#[derive(Clone, Debug, Eq, PartialEq)]
pub struct Entry {
    /// The queue: for the customer's view the first one.
    pub queue: QueueKey,
    /// The entry into it, by which it is booked.
    pub at: UnixMs,
    /// How it stands.
    pub stand: Stand,
    /// Callbacks declined, accepted, and failed.
    pub callbacks: [u32; 3],
    /// Handled, and then sent on.
    pub transferred: bool,
    /// Talks that are over.
    pub talks: u32,
    /// Their talk, in ms.
    pub talk_ms: u64,
    /// Their hold, in ms.
    pub hold_ms: u64,
}

/// What an offer to an agent counts for.
#[derive(Clone, Debug, Eq, PartialEq)]
pub struct Offer {
    /// To whom.
    pub agent: AgentKey,
    /// The queue that offered the call; `None`: another way.
    pub queue: Option<QueueKey>,
    /// Start of the offer, by which it is booked.
    pub at: UnixMs,
    /// The agent answered.
    pub answered: bool,
    /// The agent could have answered and nobody did.
    pub missed: bool,
    /// The agent hung up first.
    pub hung_up_first: bool,
    /// Ringing, in ms.
    pub ring_ms: u64,
    /// Talk, in ms.
    pub talk_ms: u64,
    /// Hold, in ms.
    pub hold_ms: u64,
}

/// All that a call counts for.
#[derive(Clone, Debug, Default, Eq, PartialEq)]
pub struct Contribution {
    /// Start of the call, by which `beside` is booked.
    pub start: Option<UnixMs>,
    /// By the customer's clock.
    pub customer: Option<Entry>,
    /// By each queue's clock.
    pub passages: Vec<Entry>,
    /// To each agent.
    pub offers: Vec<Offer>,
    /// Beside the queues.
    pub beside: Beside,
}

impl Contribution {
    /// What `call` counts for.
    pub fn of(call: &Call, facts: &Facts, phase: &Phase) -> Contribution {
        let (offers, beside) = (offers(call, facts), Beside::of(call, facts, phase));
        let start = call.start();
        let Some(first) = facts.passages.first().filter(|_| is_external_incoming(call)) else {
            return Contribution { start, offers, beside, ..Contribution::default() };
        };
        let callbacks = callbacks(call, phase);
        let stand = customer_stand(facts, phase, first, callbacks);
        let [talks, talk_ms, hold_ms] = talks(call, |leg| answered_at(leg) >= Some(first.at));
        let handled = matches!(stand, Stand::Handled { .. });
        let customer = Entry {
            queue: first.queue.clone(),
            at: first.at,
            stand,
            callbacks,
            transferred: handled && call.told(|d| d.transfers) >= Some(1),
            talks: u32::try_from(talks).unwrap_or(u32::MAX),
            talk_ms,
            hold_ms,
        };
        let last = facts.passages.len() - 1;
        let passages = facts.passages.iter().enumerate().map(|(i, passage)| {
            let callbacks = if i == last { callbacks } else { [0; 3] };
            passage_entry(call, facts, phase, i, passage, callbacks)
        });
        let passages = passages.collect();
        Contribution { start, customer: Some(customer), passages, offers, beside }
    }
}

/// What is counted of calls: from when on, and of which queues.
#[derive(Clone, Copy, Debug, Default)]
pub struct Limits<'a> {
    /// What was booked earlier belongs to another day.
    pub from: UnixMs,
    /// The queues that count; `None`: all.
    pub scope: Option<&'a BTreeSet<QueueKey>>,
}

impl Limits<'_> {
    fn counts(&self, at: UnixMs, queue: Option<&QueueKey>) -> bool {
        let in_scope = |scope: &BTreeSet<_>| queue.is_some_and(|queue| scope.contains(queue));
        at >= self.from && self.scope.is_none_or(in_scope)
    }
}

impl Contribution {
    /// What is left of it within `limits`.
    pub fn within(&self, limits: Limits<'_>) -> Cow<'_, Contribution> {
        let entry = |entry: &Entry| limits.counts(entry.at, Some(&entry.queue));
        let offer = |offer: &Offer| limits.counts(offer.at, offer.queue.as_ref());
        let beside = limits.scope.is_none() && self.start.is_none_or(|at| at >= limits.from);
        if self.customer.iter().all(entry)
            && self.passages.iter().all(entry)
            && self.offers.iter().all(offer)
            && (beside || self.beside == Beside::default())
        {
            return Cow::Borrowed(self);
        }
        let mut left = self.clone();
        left.customer.take_if(|customer| !entry(customer));
        left.passages.retain(entry);
        left.offers.retain(offer);
        if !beside {
            left.beside = Beside::default();
        }
        Cow::Owned(left)
    }
}

fn customer_stand(facts: &Facts, phase: &Phase, first: &Passage, callbacks: [u32; 3]) -> Stand {
    if callbacks[1] >= 1 {
        return Stand::Callback;
    }
    if let Some((_, answer)) = facts.first_queue_answer() {
        return Stand::Handled { wait_ms: answer.at.since_ms(first.at) };
    }
    match phase {
        Phase::Ended { at, outcome, .. } => ended(*outcome, at.since_ms(first.at)),
        _ => Stand::Open,
    }
}

/// How a call stands that ended without an answer.
fn ended(outcome: Outcome, wait_ms: u64) -> Stand {
    match outcome {
        Outcome::Abandoned => Stand::Abandoned { wait_ms },
        // Picked out of the queue, without an instant: handled at the end.
        Outcome::Handled => Stand::Handled { wait_ms },
        Outcome::FlowOutTimeout => Stand::Timeout,
        Outcome::FlowOutFull => Stand::Full,
        Outcome::FlowOutEmpty => Stand::Empty,
        Outcome::FlowOutDigit => Stand::Digit,
        Outcome::CallbackOpen | Outcome::CallbackFailed => Stand::Callback,
        Outcome::Voicemail => Stand::Voicemail,
        Outcome::Redirected => Stand::Redirected,
        Outcome::Answered
        | Outcome::Closed
        | Outcome::LeftInMenu
        | Outcome::NotReached
        | Outcome::Other => Stand::Other,
    }
}

fn passage_entry(
    call: &Call,
    facts: &Facts,
    phase: &Phase,
    index: usize,
    passage: &Passage,
    callbacks: [u32; 3],
) -> Entry {
    let next = facts.passages.get(index + 1);
    let stand = if callbacks[1] >= 1 {
        Stand::Callback
    } else {
        passage_stand(passage, next, &facts.answers, phase)
    };
    let here = |leg: &Document| {
        let queue = leg.queue.as_ref().and_then(queue_key);
        queue.as_ref() == Some(&passage.queue) && answered_at(leg) >= Some(passage.at)
    };
    let [talks, talk_ms, hold_ms] = talks(call, here);
    let handled = matches!(stand, Stand::Handled { .. });
    let flagged = call.queues.iter().any(|leg| {
        let same = queue_of(leg).and_then(queue_key).as_ref() == Some(&passage.queue);
        same && leg.transfers >= Some(1)
    });
    Entry {
        queue: passage.queue.clone(),
        at: passage.at,
        stand,
        callbacks,
        transferred: handled && flagged,
        talks: u32::try_from(talks).unwrap_or(u32::MAX),
        talk_ms,
        hold_ms,
    }
}

/// One passage by its queue's clock. An earlier queue of the journey that was
/// left without an answer is a flow-out there.
fn passage_stand(
    passage: &Passage,
    next: Option<&Passage>,
    answers: &[Answer],
    phase: &Phase,
) -> Stand {
    let here = |answer: &&Answer| {
        answer.at >= passage.at
            && next.is_none_or(|next| answer.at < next.at)
            && answer.queue.as_ref().is_none_or(|queue| *queue == passage.queue)
    };
    if let Some(answer) = answers.iter().find(here) {
        return Stand::Handled { wait_ms: answer.at.since_ms(passage.at) };
    }
    match (next, phase) {
        (None, Phase::Ended { at, outcome, .. }) => {
            // The outcome is the whole call's; an answer elsewhere is none here.
            match (outcome, passage.left.as_ref()) {
                (Outcome::Handled, left) if left != Some(&Reason::QueuePick) => {
                    left_by(left, at.since_ms(passage.at))
                }
                _ => ended(*outcome, at.since_ms(passage.at)),
            }
        }
        (None, _) if passage.left.is_none() => Stand::Open,
        _ => left_by(passage.left.as_ref(), 0),
    }
}

/// How a passage stands that was left for this reason. Who was answered in an
/// earlier queue and gives up in this one is lost to this one.
fn left_by(reason: Option<&Reason>, wait_ms: u64) -> Stand {
    if reason == Some(&Reason::QueueLeaveAbandon) {
        return Stand::Abandoned { wait_ms };
    }
    flow_out(reason).map_or(Stand::Other, |outcome| ended(outcome, 0))
}

/// Declined, accepted, failed; never more failed than accepted.
fn callbacks(call: &Call, phase: &Phase) -> [u32; 3] {
    let count = |read: fn(&OnHooked) -> Option<u32>| {
        call.told(|d| read(d.on_hooked_calls.as_ref()?)).unwrap_or(0)
    };
    let failed_by_reason = matches!(phase, Phase::Ended { outcome: Outcome::CallbackFailed, .. });
    let told = count(|o| o.answer_wait_request);
    // The reason tells of a callback even where the counts do not.
    let accepted = told.max(u32::from(failed_by_reason));
    let failed = count(|o| o.customer_no_answer).max(u32::from(failed_by_reason));
    [count(|o| o.no_wait_request), accepted, failed.min(accepted)]
}

fn answered_at(leg: &Document) -> Option<UnixMs> {
    leg.time.answered
}

fn ms(seconds: Option<f64>) -> u64 {
    // Decoded durations are not negative; the cast saturates.
    (seconds.unwrap_or(0.0) * 1000.0).round() as u64
}

/// Number, talk and hold of talks that are over, over the legs that `counts`.
fn talks(call: &Call, counts: impl Fn(&Document) -> bool) -> [u64; 3] {
    let over = |leg: &Document| {
        leg.active == Some(false)
            && leg.time.answered.is_some()
            && leg.duration.talk.total.is_some()
    };
    let legs = call.agents.iter().filter(|leg| over(leg) && counts(leg));
    legs.fold([0, 0, 0], |[talks, talk, hold], leg| {
        let duration = &leg.duration;
        [talks + 1, talk + ms(duration.talk.total), hold + ms(duration.hold)]
    })
}

/// Offers of this call. An outgoing call is none: the agent made it.
fn offers(call: &Call, facts: &Facts) -> Vec<Offer> {
    if call.told(|d| d.call_direction.as_ref()) == Some(&Direction::Outgoing) {
        return Vec::new();
    }
    let ended = call.call.as_ref().and_then(|call| call.time.end);
    let legs = call.agents.iter();
    legs.filter_map(|leg| {
        let at = leg.time.start.or(leg.time.answered).or(call.start())?;
        Some(Offer {
            agent: agent_key(leg.agent.as_ref()?)?,
            queue: leg.queue.as_ref().and_then(queue_key),
            at,
            answered: leg.time.answered.is_some(),
            missed: is_true_miss(leg, call, facts, ended),
            hung_up_first: leg.time.answered.is_some()
                && leg.agent_end_reason == Some(EndReason::AgentHangup),
            ring_ms: ms(leg.duration.ring.total),
            talk_ms: ms(leg.duration.talk.total),
            hold_ms: ms(leg.duration.hold),
        })
    })
    .collect()
}

/// Rang for more than a second, nobody else answered meanwhile, and the
/// caller did not leave meanwhile.
fn is_true_miss(leg: &Document, call: &Call, facts: &Facts, ended: Option<UnixMs>) -> bool {
    let (None, Some(false), Some(end)) = (leg.time.answered, leg.active, leg.time.end) else {
        return false;
    };
    let told = ms(leg.duration.ring.total);
    let start = leg.time.start.unwrap_or(end);
    let ring_ms = if told > 0 { told } else { end.since_ms(start) };
    let begun = UnixMs(end.0.saturating_sub(i64::try_from(ring_ms).unwrap_or(i64::MAX)));
    let during = |at: UnixMs| at >= begun && at <= end;
    let elsewhere = facts.answers.iter().any(|answer| during(answer.at));
    let left = ended.is_some_and(during) && !call.is_active();
    ring_ms > MISS_FROM_MS && !elsewhere && !left
}
