//! What the upstream's reasons and our outcomes mean, in plain words.
//!
//! The playbook gives the reasons without their meanings. Text and class are
//! inferred from the words themselves, from the telephony system they come
//! from and from the vendor's queue export; [`Sure`] says how firmly.

use serde::Serialize;

use crate::outcome::Outcome;
use crate::words::Reason;

/// What a reason says of the call or of its way out of a queue.
#[derive(Clone, Copy, Debug, Eq, Hash, PartialEq, Serialize)]
#[serde(rename_all = "snake_case")]
pub enum ReasonClass {
    /// Ended normally. Lost all the same if nobody had answered.
    Ended,
    /// Nobody was reached.
    Lost,
    /// Technical failure.
    Failed,
    /// Went on somewhere else.
    Forwarded,
    /// Says nothing about success.
    Neutral,
    /// The caller gave up.
    Abandoned,
    /// The queue could not keep the call.
    Overflow,
    /// A human took it.
    Answered,
    /// A promised callback did not reach the customer.
    CallbackFailed,
    /// Outside opening hours.
    Closed,
    /// A word that is not in the playbook.
    Unknown,
}

/// How sure a meaning is. None is the vendor's own.
#[derive(Clone, Copy, Debug, Eq, Hash, PartialEq, Serialize)]
#[serde(rename_all = "snake_case")]
pub enum Sure {
    /// The word hardly allows another meaning.
    High,
    /// Likely.
    Med,
    /// A guess.
    Low,
}

/// What a reason means.
#[derive(Clone, Copy, Debug, Eq, PartialEq, Serialize)]
pub struct Meaning<'a> {
    /// In plain English, without a full stop. The word itself, as it came,
    /// where it is not in the playbook.
    pub text: &'a str,
    /// What it says of the call.
    pub class: ReasonClass,
    /// How sure both are.
    pub sure: Sure,
}

/// The meaning of `reason`.
///
/// `bridged` may be an answer or none; it is [`ReasonClass::Neutral`], which
/// claims less.
pub fn meaning(reason: &Reason) -> Meaning<'_> {
    use ReasonClass as Class;
    use Sure::{High, Low, Med};
    let (text, class, sure) = match reason {
        Reason::Hangup => ("Somebody hung up", Class::Ended, High),
        Reason::NoAnswer => ("It rang and nobody answered", Class::Lost, High),
        Reason::Busy => ("The line was busy", Class::Lost, High),
        Reason::Failed => ("Technical failure", Class::Failed, High),
        Reason::Redirect => ("Sent on", Class::Forwarded, High),
        Reason::RedirectNoAnswer => ("Sent on: nobody answered", Class::Forwarded, High),
        Reason::RedirectNotReachable => {
            ("Sent on: nobody could be reached", Class::Forwarded, High)
        }
        Reason::RedirectUserBusy => ("Sent on: the line was busy", Class::Forwarded, High),
        Reason::Toggle => ("Moved to another device or line", Class::Neutral, Low),
        Reason::QueueLeaveAbandon => ("The caller gave up in the queue", Class::Abandoned, High),
        Reason::QueueLeaveDigit => {
            ("The caller pressed a key to leave the queue", Class::Forwarded, High)
        }
        Reason::QueueLeaveEmpty => ("No agents in the queue", Class::Overflow, High),
        Reason::QueueLeaveTimeout => {
            ("The longest waiting time was reached", Class::Overflow, High)
        }
        Reason::QueueLeaveFull => ("The queue was full", Class::Overflow, High),
        Reason::QueuePick => ("An agent picked the call out of the queue", Class::Answered, High),
        Reason::QueueOhwNoAnswer => {
            ("The customer did not answer the callback", Class::CallbackFailed, Med)
        }
        Reason::QueueOhwNoConfirmation => (
            "The customer answered the callback and did not confirm it",
            Class::CallbackFailed,
            Med,
        ),
        Reason::AnsweredElsewhere => ("Another phone or agent took it", Class::Answered, High),
        Reason::AnsweredByOtherTerminal => {
            ("Another device of the same user took it", Class::Answered, High)
        }
        Reason::BlindTransferred => ("Handed over unannounced", Class::Forwarded, High),
        Reason::AttendedComplete => {
            ("Handed over after a word with the next agent", Class::Forwarded, Med)
        }
        Reason::AttendedCancel => ("An announced transfer was cancelled", Class::Neutral, Med),
        Reason::IvrTimeout => ("No choice was made in the menu", Class::Lost, High),
        Reason::IvrClosed => ("Closed at that time", Class::Closed, High),
        Reason::Bridged => ("Joined to another leg of the call", Class::Neutral, Med),
        Reason::Other(text) => (&**text, Class::Unknown, Low),
    };
    Meaning { text, class, sure }
}

/// An outcome in plain English, without a full stop.
pub fn outcome_text(outcome: Outcome) -> &'static str {
    match outcome {
        Outcome::Handled => "Answered from the queue",
        Outcome::Abandoned => "The caller gave up in the queue",
        Outcome::CallbackOpen => "Callback promised and still owed",
        Outcome::CallbackFailed => "Callback promised, customer not reached",
        Outcome::Voicemail => "Went to voicemail",
        Outcome::FlowOutTimeout => "Left the queue: the longest waiting time was reached",
        Outcome::FlowOutFull => "Left the queue: it was full",
        Outcome::FlowOutEmpty => "Left the queue: no agents in it",
        Outcome::FlowOutDigit => "Left the queue: the caller pressed a key",
        Outcome::Redirected => "Sent on",
        Outcome::Answered => "Answered without a queue",
        Outcome::Closed => "Called while closed",
        Outcome::LeftInMenu => "The caller left in the menu",
        Outcome::NotReached => "Nobody was reached",
        Outcome::Other => "Ended in another way",
    }
}

#[cfg(test)]
mod tests {
    use std::collections::BTreeSet;

    use super::*;

    /// The table of meanings, as researched: word, class, how sure.
    const TABLE: &str = "
        hangup                     ended           high
        no_answer                  lost            high
        busy                       lost            high
        failed                     failed          high
        redirect                   forwarded       high
        redirect_no_answer         forwarded       high
        redirect_not_reachable     forwarded       high
        redirect_user_busy         forwarded       high
        toggle                     neutral         low
        queue_leave_abandon        abandoned       high
        queue_leave_digit          forwarded       high
        queue_leave_empty          overflow        high
        queue_leave_timeout        overflow        high
        queue_leave_full           overflow        high
        queue_pick                 answered        high
        queue_ohw_no_answer        callback_failed med
        queue_ohw_no_confirmation  callback_failed med
        answered_elsewhere         answered        high
        answered_by_other_terminal answered        high
        blind_transferred          forwarded       high
        at_complete                forwarded       med
        at_cancel                  neutral         med
        ivr_timeout                lost            high
        ivr_closed                 closed          high
        bridged                    neutral         med
    ";

    #[test]
    fn every_known_reason_has_its_meaning() {
        let mut texts = BTreeSet::new();
        for line in TABLE.lines().map(str::trim).filter(|line| !line.is_empty()) {
            let [word, class, sure] = line.split_whitespace().collect::<Vec<_>>()[..] else {
                panic!("three words a line: {line}");
            };
            let reason = Reason::parse(word);
            assert!(reason.is_known(), "{word}");
            let meaning = meaning(&reason);
            let told = serde_json::to_value(meaning).unwrap();
            assert_eq!((&told["class"], &told["sure"]), (&class.into(), &sure.into()), "{word}");
            assert!(!meaning.text.is_empty() && !meaning.text.ends_with('.'), "{word}");
            assert!(texts.insert(meaning.text.to_owned()), "{word}: a text of its own");
        }
        // As many as the playbook has words.
        assert_eq!(texts.len(), 25);
    }

    #[test]
    fn an_unknown_reason_speaks_for_itself() {
        let reason = Reason::parse("Eaten by the Dog");
        let expected =
            Meaning { text: "Eaten by the Dog", class: ReasonClass::Unknown, sure: Sure::Low };
        assert_eq!(meaning(&reason), expected);
    }

    #[test]
    fn every_outcome_has_words_of_its_own() {
        let names = "handled abandoned callback_open callback_failed voicemail flow_out_timeout \
            flow_out_full flow_out_empty flow_out_digit redirected answered closed left_in_menu \
            not_reached other";
        let outcome = |name: &str| serde_json::from_value::<Outcome>(name.into()).unwrap();
        let texts = names.split(' ').map(|name| outcome_text(outcome(name)));
        assert_eq!(texts.collect::<BTreeSet<_>>().len(), 15);
    }
}
