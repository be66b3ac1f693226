//! Callers who gave up, and whether anybody has spoken to them since.
//!
//! A caller is a number. One who gave up is lost until a call with the same
//! number, in or out, is answered later than the last time that they gave up.
//! A call without a number is a caller of its own, whom nobody can reach.

use std::collections::HashMap;
use std::hash::Hash;

use serde::Serialize;

use crate::phone::{Country, Number, normalise};
use crate::time::UnixMs;

/// What tells callers apart: digits of the number, normalised; `home` is where
/// numbers without a country code belong. `None`: the number is hidden, or none.
pub fn caller(number: Option<&str>, home: Country) -> Option<String> {
    let digits = |text: &str| text.chars().filter(char::is_ascii_digit).collect::<String>();
    let digits = match normalise(number, home) {
        Number::Hidden => return None,
        Number::International { e164, .. } => digits(&e164),
        _ => digits(number?),
    };
    (!digits.is_empty()).then_some(digits)
}

/// How somebody was reached.
#[derive(Clone, Copy, Debug, Eq, PartialEq, Serialize)]
#[serde(rename_all = "snake_case")]
pub enum How {
    /// They called again.
    Incoming,
    /// They were called.
    Outgoing,
}

/// Something heard of a caller.
#[derive(Clone, Copy, Debug, Eq, PartialEq)]
pub enum Heard {
    /// Gave up in a queue, or accepted a callback that did not reach them.
    Lost,
    /// A human answered, in or out.
    Reached(How),
}

/// One thing that was heard: of whom, when, and in which call.
#[derive(Clone, Debug, Eq, PartialEq)]
pub struct Word<K, C> {
    /// The caller; `None`: unknown.
    pub caller: Option<K>,
    /// When they gave up, or were answered.
    pub at: UnixMs,
    /// The call.
    pub call: C,
    /// Which of the two.
    pub heard: Heard,
}

/// A caller who gave up.
#[derive(Clone, Debug, Eq, PartialEq)]
pub struct Lost<C> {
    /// The last time.
    pub at: UnixMs,
    /// The call of that time.
    pub call: C,
    /// How often they gave up since they were last reached.
    pub attempts: u32,
    /// The first time that they were reached after it.
    pub reached: Option<(UnixMs, How, C)>,
}

impl<C> Lost<C> {
    fn of(at: UnixMs, call: C) -> Lost<C> {
        Lost { at, call, attempts: 1, reached: None }
    }
}

/// Callers who gave up, the last to do so first.
pub fn lost<K: Eq + Hash, C>(mut words: Vec<Word<K, C>>) -> Vec<Lost<C>> {
    // Of one millisecond: who is answered as they give up is reached.
    words.sort_by_key(|word| (word.at, word.heard != Heard::Lost));
    let (mut unknown, mut known) = (Vec::new(), HashMap::<K, Lost<C>>::new());
    for Word { caller, at, call, heard } in words {
        match (caller, heard) {
            (None, Heard::Lost) => unknown.push(Lost::of(at, call)),
            (None, Heard::Reached(_)) => (),
            (Some(caller), Heard::Lost) => {
                let before = known.remove(&caller).filter(|before| before.reached.is_none());
                let attempts = before.map_or(1, |before| before.attempts.saturating_add(1));
                known.insert(caller, Lost { attempts, ..Lost::of(at, call) });
            }
            (Some(caller), Heard::Reached(how)) => {
                if let Some(lost) = known.get_mut(&caller) {
                    lost.reached.get_or_insert((at, how, call));
                }
            }
        }
    }
    let mut all: Vec<_> = unknown.into_iter().chain(known.into_values()).collect();
    all.sort_by_key(|lost| std::cmp::Reverse(lost.at));
    all
}

#[cfg(test)]
mod tests {
    use super::*;

    fn word(caller: &'static str, at: i64, heard: Heard) -> Word<&'static str, i64> {
        let caller = (!caller.is_empty()).then_some(caller);
        Word { caller, at: UnixMs(at), call: at, heard }
    }

    #[test]
    fn whoever_is_answered_later_is_reached() {
        let (gave_up, in_, out) =
            (Heard::Lost, Heard::Reached(How::Incoming), Heard::Reached(How::Outgoing));
        let found = lost(vec![
            // Twice in vain, then called back, and called again.
            word("a", 20, gave_up),
            word("a", 10, gave_up),
            word("a", 40, in_),
            word("a", 30, out),
            // Reached, and lost again: that is what counts.
            word("b", 10, gave_up),
            word("b", 20, in_),
            word("b", 50, gave_up),
            // Was answered before, not since.
            word("c", 5, in_),
            word("c", 45, gave_up),
            // Nobody knows who these are.
            word("", 60, gave_up),
            word("", 61, gave_up),
            word("", 62, in_),
            // Never lost.
            word("d", 10, in_),
        ]);
        let told: Vec<_> = found
            .iter()
            .map(|lost| (lost.at.0, lost.attempts, lost.reached.map(|(at, how, _)| (at.0, how))))
            .collect();
        let expected = [
            (61, 1, None),
            (60, 1, None),
            (50, 1, None),
            (45, 1, None),
            (20, 2, Some((30, How::Outgoing))),
        ];
        assert_eq!(told, expected);
    }

    #[test]
    fn a_number_is_one_caller_in_each_of_its_forms() {
        let of = |number| caller(Some(number), Country::Se);
        assert_eq!(of("0701234567"), of("+46 70-123 45 67"));
        assert_eq!(of("0046701234567"), of("0701234567"));
        assert_ne!(of("0701234567"), of("0701234568"));
        for unknown in ["anonymous", "", "private"] {
            assert_eq!(of(unknown), None, "{unknown}");
        }
        assert_eq!(caller(None, Country::Se), None);
    }

    #[test]
    fn a_number_without_a_country_code_is_of_the_home_country() {
        for (home, national, abroad) in [
            (Country::No, "41234567", "+47 412 34 567"),
            (Country::No, "22 33 44 55", "004722334455"),
            (Country::Fi, "040 1234567", "+358 (0)40 1234567"),
            (Country::Fi, "091234567", "0035891234567"),
            (Country::Dk, "12 34 56 78", "+4512345678"),
            (Country::Es, "612345678", "34612345678"),
        ] {
            let found = caller(Some(national), home);
            assert_eq!(found, caller(Some(abroad), home), "{national}");
            // In Sweden it is somebody else's.
            assert_ne!(found, caller(Some(national), Country::Se), "{national}");
        }
    }
}
