//! Every sentence and word of the page, in one place.
//!
//! English is in the page; other languages come as a file when they are asked
//! for (`lang/`), with the same names in the same order, which a test holds.
//! A text may hold places such as `{n}`; two forms, for one and for several,
//! are parted by `|`: the languages here have no others for whole numbers.

mod lang;

use callboard_shared::Stream;
use callboard_shared::words::Strategy;

use crate::view::{LinkState, State, Urgency};

#[cfg(feature = "desk")]
pub(crate) use lang::tenths;
pub(crate) use lang::{Lang, current as lang, set as set_lang, whole};

/// A text by its name.
pub(crate) trait Text: Copy {
    /// The text in the language of the page.
    fn text(self) -> &'static str;
}

/// Names each text of a part of the page, and gives it in English. One part
/// to a module.
macro_rules! texts {
    ($(#[$doc:meta])* $part:ident { $( $name:ident = $text:literal, )* }) => {
        $(#[$doc])*
        #[derive(Clone, Copy, Debug, Eq, PartialEq)]
        pub(crate) enum $part { $( $name, )* }

        /// All of them in English, in order.
        pub(super) const ENGLISH: &[&str] = &[ $( $text, )* ];

        /// Their names, in order.
        #[cfg(test)]
        pub(super) const NAMES: &[&str] = &[ $( stringify!($name), )* ];

        thread_local! {
            /// The texts in use. A language that was loaded stays for the
            /// page's life.
            static TEXTS: std::cell::Cell<&'static [&'static str]> =
                const { std::cell::Cell::new(ENGLISH) };
        }

        /// Uses these from now on.
        pub(super) fn speak(texts: &'static [&'static str]) {
            TEXTS.set(texts);
        }

        impl $crate::text::Text for $part {
            fn text(self) -> &'static str {
                TEXTS.get().get(self as usize).copied().unwrap_or_default()
            }
        }
    };
}

mod board;
#[cfg(feature = "desk")]
mod desk;

pub(crate) use board::T;
#[cfg(feature = "desk")]
pub(crate) use desk::D;

/// The parts of a language's file that this page uses.
#[cfg(feature = "desk")]
pub(crate) const PARTS: &[&str] = &["board", "desk"];
#[cfg(not(feature = "desk"))]
pub(crate) const PARTS: &[&str] = &["board"];

/// Uses these texts from now on, part after part, if they are all there.
pub(crate) fn use_texts(texts: Vec<String>) -> bool {
    let tables = tables();
    if texts.len() != tables.iter().map(|(english, _)| english.len()).sum::<usize>() {
        return false;
    }
    let mut texts: &'static [&'static str] =
        texts.into_iter().map(|text| &*text.leak()).collect::<Vec<_>>().leak();
    for (english, speak) in tables {
        let (part, rest) = texts.split_at(english.len());
        speak(part);
        texts = rest;
    }
    true
}

/// All texts of this page in English.
pub(crate) fn english() -> Vec<String> {
    let tables = tables();
    tables.iter().flat_map(|(english, _)| english.iter()).map(|text| (*text).into()).collect()
}

/// A part: its texts in English, and how others are used in their place.
type Table = (&'static [&'static str], fn(&'static [&'static str]));

fn tables() -> Vec<Table> {
    vec![
        (board::ENGLISH, board::speak),
        #[cfg(feature = "desk")]
        (desk::ENGLISH, desk::speak),
    ]
}

/// The text in the language of the page.
pub(crate) fn t(text: impl Text) -> &'static str {
    text.text()
}

/// A text with what belongs into its places.
pub(crate) fn fill(text: impl Text, places: &[(&str, &str)]) -> String {
    put(t(text), places)
}

/// A text for `n` things, with `n` in its place.
pub(crate) fn count(text: impl Text, n: usize, places: &[(&str, &str)]) -> String {
    counted(t(text), n, places)
}

fn counted(text: &str, n: usize, places: &[(&str, &str)]) -> String {
    let (one, several) = text.split_once('|').unwrap_or((text, text));
    let form = if n == 1 { one } else { several };
    put(&put(form, places), &[("n", &lang::whole(n as u64))])
}

fn put(text: &str, places: &[(&str, &str)]) -> String {
    let mut filled = String::with_capacity(text.len() + 16);
    let mut rest = text;
    while let Some((before, after)) = rest.split_once('{') {
        let (name, after) = after.split_once('}').unwrap_or((after, ""));
        let value = places.iter().find(|(known, _)| *known == name).map(|(_, value)| *value);
        filled.push_str(before);
        match value {
            Some(value) => filled.push_str(value),
            None => {
                filled.push('{');
                filled.push_str(name);
                filled.push('}');
            }
        }
        rest = after;
    }
    filled.push_str(rest);
    filled
}

/// The queue's way of offering calls. Unknown ones are shown as they come.
pub(crate) fn strategy(strategy: &Strategy) -> &str {
    t(match strategy {
        Strategy::RingAll => T::RingAll,
        Strategy::RoundRobin => T::RoundRobin,
        Strategy::RoundRobinOrdered => T::RoundRobinOrdered,
        Strategy::LeastRecent => T::LongestIdle,
        Strategy::FewestCalls => T::FewestCalls,
        Strategy::Random => T::Random,
        Strategy::WeightedRandom => T::RandomWeighted,
        Strategy::Linear => T::InOrder,
        Strategy::Other(word) => return word,
    })
}

/// What a call is doing.
pub(crate) fn state(state: State) -> &'static str {
    t(match state {
        State::Waiting => T::Waiting,
        State::Ringing => T::Ringing,
        State::Talking => T::Talking,
        State::Menu => T::InMenu,
        State::Connecting => T::CallConnecting,
        State::Callback => T::Callback,
    })
}

/// How bad it is, beside colour and shape.
pub(crate) fn urgency(urgency: Urgency) -> &'static str {
    t(match urgency {
        Urgency::Calm => T::Calm,
        Urgency::Risk => T::AtRisk,
        Urgency::Breach => T::Breach,
    })
}

/// A stream of the upstream.
pub(crate) fn stream(stream: Stream) -> &'static str {
    t(match stream {
        Stream::Calls => T::LinkCalls,
        Stream::Queues => T::LinkQueues,
        Stream::Agents => T::LinkAgents,
    })
}

/// `82 %`, or `N/A` where there is nothing to divide.
pub(crate) fn percent(percent: Option<u32>) -> String {
    percent.map_or_else(|| t(T::NotAvailable).to_owned(), lang::percent)
}

/// The browser's link to the proxy.
pub(crate) fn link(state: LinkState) -> &'static str {
    t(match state {
        LinkState::Connecting => T::IsConnecting,
        LinkState::Live => T::IsLive,
        LinkState::Late => T::IsLate,
        LinkState::Lost => T::IsLost,
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    /// A language's file, by part.
    type File = serde_json::Value;

    fn places(text: &str) -> Vec<&str> {
        let mut places: Vec<_> =
            text.split('{').skip(1).filter_map(|rest| rest.split('}').next()).collect();
        places.sort_unstable();
        places
    }

    fn check(lang: Lang, part: &str, file: &File, names: &[&str], english: &[&str]) {
        let tag = lang.tag();
        let texts = file[part].as_object().unwrap_or_else(|| panic!("{tag}: no part {part}"));
        // The page takes them by their order.
        let text = std::fs::read_to_string(path(lang)).unwrap();
        let begin = text.find(&format!("\"{part}\":")).unwrap();
        let mut from = begin;
        for (name, english) in names.iter().zip(english) {
            let told = texts.get(*name).and_then(File::as_str);
            let told = told.unwrap_or_else(|| panic!("{tag}: {part}: add {name}: {english:?}"));
            let at = text[from..].find(&format!("\"{name}\":"));
            from +=
                at.unwrap_or_else(|| panic!("{tag}: {part}: {name} is not where English has it"));
            assert!(!told.trim().is_empty(), "{tag}: {name}");
            assert_eq!(told.matches('|').count(), english.matches('|').count(), "{tag}: {name}");
            for form in told.split('|') {
                assert_eq!(
                    places(form),
                    places(english.split('|').next().unwrap()),
                    "{tag}: {name}"
                );
            }
        }
        assert_eq!(texts.len(), names.len(), "{tag}: {part}: texts that nobody asks for");
    }

    fn path(lang: Lang) -> String {
        format!("{}/lang/{}.json", env!("CARGO_MANIFEST_DIR"), lang.tag())
    }

    #[test]
    fn every_language_is_complete() {
        for lang in Lang::ALL.into_iter().filter(|lang| *lang != Lang::En) {
            let text = std::fs::read_to_string(path(lang)).unwrap();
            let file: File = serde_json::from_str(&text).unwrap();
            check(lang, "board", &file, board::NAMES, board::ENGLISH);
            #[cfg(feature = "desk")]
            check(lang, "desk", &file, desk::NAMES, desk::ENGLISH);
        }
    }

    /// Or somebody would read English in the middle of an explanation.
    #[cfg(feature = "desk")]
    #[test]
    fn formulas_and_reasons_are_english_in_english_only() {
        for lang in Lang::ALL.into_iter().filter(|lang| *lang != Lang::En) {
            let text = std::fs::read_to_string(path(lang)).unwrap();
            let file: File = serde_json::from_str(&text).unwrap();
            for (name, english) in desk::NAMES.iter().zip(desk::ENGLISH) {
                let is_meant = ["Means", "Formula", "Figure", "Reason", "Outcome", "Step"]
                    .iter()
                    .any(|begin| name.starts_with(begin));
                let same = file["desk"][*name].as_str() == Some(*english);
                // A word of theirs, too.
                let shared = english.starts_with("Menu ");
                assert!(!is_meant || !same || shared, "{}: {name}", lang.tag());
            }
        }
    }

    #[test]
    fn texts_of_another_count_are_left_out() {
        assert!(!use_texts(vec!["one".to_owned()]));
        assert!(use_texts(english()));
        assert_eq!(t(T::Waiting), "Waiting");
    }

    #[test]
    fn places_are_filled_and_unknown_ones_stay_visible() {
        assert_eq!(put("a {x} b {y}", &[("x", "1")]), "a 1 b {y}");
        assert_eq!(put("{x}", &[("x", "{y}"), ("y", "2")]), "{y}");
    }

    #[test]
    fn one_and_several_have_their_forms() {
        assert_eq!(count(T::ToRecover, 1, &[("p", "80 %")]), "1 call in time → 80 %");
        assert_eq!(count(T::ToRecover, 9, &[("p", "80 %")]), "9 calls in time → 80 %");
        assert_eq!(count(T::Seen, 1, &[]), "1 seen");
    }
}
