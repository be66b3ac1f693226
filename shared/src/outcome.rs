//! How an ended call counts.

use serde::{Deserialize, Serialize};

use crate::call::Call;
use crate::phase::{Facts, accepted_callback};
use crate::words::{Direction, Reason};

/// How an ended call counts. One call has one outcome.
#[derive(Clone, Copy, Debug, Eq, PartialEq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Outcome {
    /// A human answered at or after the entry into the queue.
    Handled,
    /// The caller gave up in the queue.
    Abandoned,
    /// A callback was accepted and is still owed.
    CallbackOpen,
    /// A callback was accepted and the customer could not be reached.
    CallbackFailed,
    /// Ended in a personal voicemail.
    Voicemail,
    /// Left its last queue: the longest wait was reached.
    FlowOutTimeout,
    /// Left its last queue: it was full.
    FlowOutFull,
    /// Left its last queue: nobody was signed in.
    FlowOutEmpty,
    /// Left its last queue: the caller pressed a key.
    FlowOutDigit,
    /// Sent on.
    Redirected,
    /// Without a queue: answered.
    Answered,
    /// Without a queue: the menu said "closed".
    Closed,
    /// Without a queue: the caller left in the menu.
    LeftInMenu,
    /// Without a queue: nobody was reached.
    NotReached,
    /// None of these. Counted and shown, never dropped.
    Other,
}

/// An incoming call from outside: the kind that queue figures are about.
pub fn is_external_incoming(call: &Call) -> bool {
    let incoming = call.told(|d| d.call_direction.as_ref()) == Some(&Direction::Incoming);
    incoming && call.told(|d| d.internal) != Some(true)
}

/// The outcome of `call`, which has ended; the first rule that matches.
pub fn outcome(call: &Call, facts: &Facts) -> Outcome {
    let reason = call.told(|d| d.terminated_call_reason.as_ref());
    if facts.passages.is_empty() {
        return without_queue(call, facts, reason);
    }
    let left = facts.passages.last().and_then(|passage| passage.left.as_ref());
    let is = |wanted: Reason| left == Some(&wanted) || reason == Some(&wanted);
    let counts = |read: fn(&crate::document::OnHooked) -> Option<u32>| {
        call.told(|d| read(d.on_hooked_calls.as_ref()?)).unwrap_or(0)
    };
    let (accepted, missed) = (counts(|o| o.answer_wait_request), counts(|o| o.customer_no_answer));
    if is(Reason::QueueOhwNoAnswer)
        || is(Reason::QueueOhwNoConfirmation)
        || (accepted >= 1 && missed >= accepted)
    {
        return Outcome::CallbackFailed;
    }
    if facts.first_queue_answer().is_some() || left == Some(&Reason::QueuePick) {
        return Outcome::Handled;
    }
    if accepted_callback(call) {
        return Outcome::CallbackOpen;
    }
    if call.told(|d| d.voicemail) == Some(true) {
        return Outcome::Voicemail;
    }
    if is(Reason::QueueLeaveAbandon) || (left.is_none() && reason == Some(&Reason::Hangup)) {
        return Outcome::Abandoned;
    }
    flow_out(left.or(reason)).unwrap_or(match reason {
        Some(reason) if is_redirect(reason) => Outcome::Redirected,
        _ => Outcome::Other,
    })
}

/// The flow-out that a reason for leaving a queue names.
pub fn flow_out(reason: Option<&Reason>) -> Option<Outcome> {
    match reason? {
        Reason::QueueLeaveTimeout => Some(Outcome::FlowOutTimeout),
        Reason::QueueLeaveFull => Some(Outcome::FlowOutFull),
        Reason::QueueLeaveEmpty => Some(Outcome::FlowOutEmpty),
        Reason::QueueLeaveDigit => Some(Outcome::FlowOutDigit),
        _ => None,
    }
}

fn is_redirect(reason: &Reason) -> bool {
    matches!(
        reason,
        Reason::Redirect
            | Reason::RedirectNoAnswer
            | Reason::RedirectNotReachable
            | Reason::RedirectUserBusy
            | Reason::BlindTransferred
            | Reason::Bridged
            | Reason::AttendedComplete
            | Reason::AttendedCancel
    )
}

fn without_queue(call: &Call, facts: &Facts, reason: Option<&Reason>) -> Outcome {
    let in_menu = call.told(|d| d.ivr_first.as_ref().or(d.ivr_last.as_ref())).is_some();
    match reason {
        _ if !facts.answers.is_empty() => Outcome::Answered,
        _ if call.told(|d| d.voicemail) == Some(true) => Outcome::Voicemail,
        Some(Reason::IvrClosed) => Outcome::Closed,
        Some(Reason::IvrTimeout) => Outcome::LeftInMenu,
        Some(Reason::Hangup) | None if in_menu => Outcome::LeftInMenu,
        Some(Reason::Busy | Reason::Failed | Reason::NoAnswer | Reason::Hangup) => {
            Outcome::NotReached
        }
        Some(reason) if is_redirect(reason) => Outcome::Redirected,
        _ => Outcome::Other,
    }
}
