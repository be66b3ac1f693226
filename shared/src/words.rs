//! The upstream's words as open enums: what is known has a name of its own,
//! what is not is kept as it came.

use std::borrow::Cow;
use std::fmt;

use serde::de::{Deserialize, Deserializer};
use serde::ser::{Serialize, Serializer};

use crate::decode::IS_FOREIGN;

/// Lower-case letters and digits of `word`: `Ring all`, `ring_all` and
/// `RINGALL` are one word.
pub fn normalise(word: &str) -> Cow<'_, str> {
    let plain = |byte: u8| byte.is_ascii_lowercase() || byte.is_ascii_digit();
    if word.bytes().all(plain) {
        return Cow::Borrowed(word);
    }
    let kept = word.chars().filter(|c| !matches!(c, '_' | '-' | ' ' | '.' | '/'));
    Cow::Owned(kept.map(|c| c.to_ascii_lowercase()).collect())
}

/// A place for a word.
pub(crate) trait Word {
    /// Takes the word that `text` spells; whether it is a known one.
    fn put(&mut self, text: &str) -> bool;
}

/// Declares an open enum: `Variant = "canonical" | "other normalised forms"`.
macro_rules! open_enum {
    (
        $(#[$doc:meta])* $name:ident {
            $( $(#[$vdoc:meta])* $variant:ident = $word:literal $(| $alias:literal)* ),* $(,)?
        }
    ) => {
        $(#[$doc])*
        #[derive(Clone, Debug, Eq, Hash, PartialEq)]
        pub enum $name {
            $( $(#[$vdoc])* $variant, )*
            /// A word that is not in the playbook, as it came.
            Other(Box<str>),
        }

        impl $name {
            /// The words of the playbook, in its spelling.
            pub const KNOWN: &[&str] = &[ $( $word ),* ];

            /// The known word that `text` spells, whatever its case and
            /// separators, else the text itself.
            pub fn parse(text: &str) -> Self {
                match text {
                    $( $word => return Self::$variant, )*
                    _ => (),
                }
                $( if IS_FOREIGN && (*normalise(text) == *normalise($word) $(|| &*normalise(text) == $alias)*) {
                    return Self::$variant;
                } )*
                Self::Other(text.into())
            }

            /// The word in the playbook's spelling, or as it came.
            pub fn as_str(&self) -> &str {
                match self {
                    $( Self::$variant => $word, )*
                    Self::Other(text) => text,
                }
            }

            /// Whether the playbook has this word.
            pub fn is_known(&self) -> bool {
                !matches!(self, Self::Other(_))
            }
        }

        impl fmt::Display for $name {
            fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
                f.write_str(self.as_str())
            }
        }

        impl Serialize for $name {
            fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
                serializer.serialize_str(self.as_str())
            }
        }

        impl Word for Option<$name> {
            fn put(&mut self, text: &str) -> bool {
                self.insert($name::parse(text)).is_known()
            }
        }

        impl<'de> Deserialize<'de> for $name {
            fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
                <Cow<'_, str>>::deserialize(deserializer).map(|text| Self::parse(&text))
            }
        }
    };
}

open_enum! {
    /// `call_direction`.
    Direction {
        /// The customer called.
        Incoming = "incoming" | "in" | "inbound",
        /// An agent called the customer.
        Outgoing = "outgoing" | "out" | "outbound",
        /// Between two agents. The playbook has no such word, but a flag.
        Internal = "internal",
    }
}

open_enum! {
    /// `strategy`: how a queue offers its calls to agents. Only `rrmemory` and
    /// "ring all" are in the playbook; the other names are Asterisk's.
    Strategy {
        /// All free agents' phones at once.
        RingAll = "ringall",
        /// The next after the last one tried.
        RoundRobin = "rrmemory" | "roundrobin",
        /// Round robin in the configured order.
        RoundRobinOrdered = "rrordered",
        /// Longest idle.
        LeastRecent = "leastrecent",
        /// Fewest completed calls.
        FewestCalls = "fewestcalls",
        /// By chance.
        Random = "random",
        /// By weighted chance.
        WeightedRandom = "wrandom",
        /// Always from the top.
        Linear = "linear",
    }
}

open_enum! {
    /// `terminated_call_reason` and `fail_reason`. The playbook gives the
    /// words without their meanings; the meanings here are inferred.
    Reason {
        /// Somebody hung up normally.
        Hangup = "hangup",
        /// It rang and nobody answered.
        NoAnswer = "no_answer",
        /// Busy.
        Busy = "busy",
        /// Technical failure.
        Failed = "failed",
        /// Sent on, without a reason.
        Redirect = "redirect",
        /// Sent on because nobody answered.
        RedirectNoAnswer = "redirect_no_answer",
        /// Sent on because nobody could be reached.
        RedirectNotReachable = "redirect_not_reachable" | "redirectnoreachable",
        /// Sent on because the phone was busy.
        RedirectUserBusy = "redirect_user_busy",
        /// Moved between devices or lines.
        Toggle = "toggle",
        /// The caller gave up in the queue.
        QueueLeaveAbandon = "queue_leave_abandon",
        /// The caller pressed a key to leave the queue.
        QueueLeaveDigit = "queue_leave_digit",
        /// No agents in the queue.
        QueueLeaveEmpty = "queue_leave_empty",
        /// The longest waiting time was reached.
        QueueLeaveTimeout = "queue_leave_timeout",
        /// The queue was full.
        QueueLeaveFull = "queue_leave_full",
        /// An agent picked this call out of the queue.
        QueuePick = "queue_pick",
        /// The customer did not answer the callback.
        QueueOhwNoAnswer = "queue_ohw_no_answer",
        /// The customer answered the callback and did not confirm.
        QueueOhwNoConfirmation = "queue_ohw_no_confirmation",
        /// Another phone or agent took it.
        AnsweredElsewhere = "answered_elsewhere",
        /// Another device of the same user took it.
        AnsweredByOtherTerminal = "answered_by_other_terminal",
        /// Handed over unannounced.
        BlindTransferred = "blind_transferred",
        /// An attended transfer was completed.
        AttendedComplete = "at_complete",
        /// An attended transfer was cancelled.
        AttendedCancel = "at_cancel",
        /// No choice was made in the menu.
        IvrTimeout = "ivr_timeout",
        /// The menu said "closed".
        IvrClosed = "ivr_closed",
        /// Joined to another leg.
        Bridged = "bridged",
    }
}

open_enum! {
    /// `agent_end_reason`: who ended the talk.
    EndReason {
        /// The agent hung up.
        AgentHangup = "agent_hangup",
        /// The customer hung up (inferred from the playbook's prose).
        CustomerHangup = "customer_hangup",
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_word_is_known_in_any_spelling() {
        for text in ["ringall", "ring all", "ring_all", "Ring-All"] {
            assert_eq!(Strategy::parse(text), Strategy::RingAll);
        }
        assert_eq!(Direction::parse("IN"), Direction::Incoming);
        assert_eq!(Reason::parse("Queue Leave Abandon"), Reason::QueueLeaveAbandon);
    }

    #[test]
    fn an_unknown_word_is_kept_as_it_came() {
        let word = Reason::parse("Eaten by the Dog");
        assert_eq!(word.as_str(), "Eaten by the Dog");
        assert!(!word.is_known());
    }
}
