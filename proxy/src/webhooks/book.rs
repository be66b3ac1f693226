//! What one webhook has been told, and what it is to be told now. Pure: time
//! comes in.
//!
//! It is the state that is compared, not the changes that are handed on: what
//! was held back in quiet hours or by the cooldown is sent when these end, if
//! it is still so, and never if it is not.

use std::collections::{BTreeMap, BTreeSet};
use std::time::Duration;

use callboard_shared::alert::{Kind, Level, State, Turn};
use callboard_shared::{QueueKey, UnixMs};

/// A breach that was there at the first look is sent once it has lasted so
/// long, in ms: the process before this one may have sent it already.
const KNOWN_FOR_MS: u64 = 30_000;

/// An alert: of a queue, or of all calls.
pub(super) type Key = (Option<QueueKey>, Kind);

/// What a webhook wants to know.
#[derive(Clone, Copy, Debug)]
pub(super) struct Wants {
    /// From which level on.
    pub(super) least: Level,
    /// Between two that are raised.
    pub(super) cooldown: Duration,
    /// Whether it is over, too.
    pub(super) says_resolved: bool,
}

/// What is to be told.
#[derive(Clone, Debug, Eq, PartialEq)]
pub(super) struct News {
    pub(super) key: Key,
    pub(super) turn: Turn,
    /// How bad it is now.
    pub(super) level: Level,
    /// How bad the webhook last heard it was.
    pub(super) before: Level,
    pub(super) since: UnixMs,
    pub(super) value: Option<u32>,
}

/// How an alert stands as the webhook knows it.
#[derive(Clone, Copy, Debug)]
struct Told {
    level: Level,
    /// By us; else it was there at the first look.
    sent: bool,
    /// The worst that was raised, and when, for the cooldown.
    peak: Level,
    raised: UnixMs,
}

/// What one webhook knows.
#[derive(Debug, Default)]
pub(super) struct Book {
    told: BTreeMap<Key, Told>,
    begun: Option<UnixMs>,
}

impl Book {
    /// Compares what is with what was told. In quiet hours nothing is.
    pub(super) fn compare(
        &mut self,
        wants: Wants,
        now_is: &BTreeMap<Key, State>,
        is_quiet: bool,
        now: UnixMs,
    ) -> Vec<News> {
        let is_first = self.begun.is_none();
        let begun = *self.begun.get_or_insert(now);
        let keys: BTreeSet<_> = now_is.keys().chain(self.told.keys()).cloned().collect();
        let mut news = Vec::new();
        for key in keys {
            let state = now_is.get(&key).copied().unwrap_or_default();
            let level = if state.level >= wants.least { state.level } else { Level::Calm };
            if is_first {
                let told = Told { level, sent: false, peak: Level::Calm, raised: now };
                self.told.insert(key, told);
                continue;
            }
            let told = self.told.entry(key.clone()).or_insert(Told {
                level: Level::Calm,
                sent: false,
                peak: Level::Calm,
                raised: now,
            });
            let before = told.level;
            if let Some(turn) = told.turn(wants, state, level, is_quiet, begun, now) {
                let State { since, value, .. } = state;
                news.push(News { key, turn, level, before, since, value });
            }
        }
        self.told.retain(|_, told| {
            let cools = now.since_ms(told.raised) < as_ms(wants.cooldown);
            told.level > Level::Calm || told.peak > Level::Calm && cools
        });
        news
    }
}

impl Told {
    /// Notes what is told now; `None`: nothing.
    fn turn(
        &mut self,
        wants: Wants,
        state: State,
        level: Level,
        is_quiet: bool,
        begun: UnixMs,
        now: UnixMs,
    ) -> Option<Turn> {
        // There at the first look, and there for long: nobody may know of it.
        let lasts = !self.sent
            && self.level == Level::Breach
            && level == Level::Breach
            && !state.is_easing()
            && now.since_ms(begun) >= KNOWN_FOR_MS;
        if is_quiet {
            return None;
        }
        if level > self.level || lasts {
            if now.since_ms(self.raised) >= as_ms(wants.cooldown) {
                self.peak = Level::Calm;
            }
            if level <= self.peak {
                return None;
            }
            let turn =
                if self.sent && self.level > Level::Calm { Turn::Worse } else { Turn::Raised };
            *self = Told { level, sent: true, peak: level, raised: now };
            return Some(turn);
        }
        if level < self.level {
            // Resolved is told only of what was sent.
            let is_told = self.sent && wants.says_resolved;
            self.level = level;
            self.sent &= level > Level::Calm;
            let turn = if level == Level::Calm { Turn::Resolved } else { Turn::Better };
            return is_told.then_some(turn);
        }
        None
    }
}

fn as_ms(duration: Duration) -> u64 {
    u64::try_from(duration.as_millis()).unwrap_or(u64::MAX)
}

#[cfg(test)]
mod tests {
    use super::*;

    const T0: i64 = 1_795_337_000_000;
    const WANTS: Wants =
        Wants { least: Level::Breach, cooldown: Duration::from_secs(300), says_resolved: true };

    struct Day {
        book: Book,
        wants: Wants,
    }

    impl Day {
        /// One whose first look found this.
        fn new(wants: Wants, level: Level) -> Day {
            let mut day = Day { book: Book::default(), wants };
            assert_eq!(day.at(0, level, false), None);
            day
        }

        fn at(&mut self, s: u64, level: Level, is_quiet: bool) -> Option<Turn> {
            let now = UnixMs(T0).plus_ms(s * 1000);
            let mut state = State::default();
            (state.level, state.since, state.value) = (level, now, Some(7));
            let key = (Some(QueueKey::from("71")), Kind::Waiting);
            let states = match level {
                Level::Calm => BTreeMap::new(),
                _ => BTreeMap::from([(key, state)]),
            };
            let news = self.book.compare(self.wants, &states, is_quiet, now);
            assert!(news.len() <= 1);
            news.first().map(|news| news.turn)
        }
    }

    use Level::{Breach, Calm, Warn};
    use Turn::{Better, Raised, Resolved, Worse};

    #[test]
    fn an_alert_is_told_once_and_its_end() {
        let mut day = Day::new(WANTS, Calm);
        let heard = [(1, Warn), (2, Breach), (3, Breach), (9, Breach), (40, Calm), (41, Calm)];
        let heard = heard.map(|(s, level)| day.at(s, level, false));
        assert_eq!(heard, [None, Some(Raised), None, None, Some(Resolved), None]);
        let mut day = Day::new(Wants { says_resolved: false, ..WANTS }, Calm);
        assert_eq!([1, 2].map(|s| day.at(s, Breach, false)), [Some(Raised), None]);
        assert_eq!(day.at(3, Calm, false), None);
    }

    #[test]
    fn warnings_are_told_to_those_who_want_them() {
        let mut day = Day::new(Wants { least: Warn, ..WANTS }, Calm);
        let heard = [(1, Warn), (2, Breach), (3, Warn), (4, Calm)];
        let heard = heard.map(|(s, level)| day.at(s, level, false));
        assert_eq!(heard, [Some(Raised), Some(Worse), Some(Better), Some(Resolved)]);
    }

    #[test]
    fn what_comes_back_within_the_cooldown_waits_for_its_end() {
        let mut day = Day::new(WANTS, Calm);
        let heard = [(1, Breach), (40, Calm), (60, Breach), (300, Breach), (301, Breach)];
        let heard = heard.map(|(s, level)| day.at(s, level, false));
        assert_eq!(heard, [Some(Raised), Some(Resolved), None, None, Some(Raised)]);
        // One that is over by then is not told, and neither is its end.
        let mut day = Day::new(WANTS, Calm);
        let heard = [(1, Breach), (40, Calm), (60, Breach), (299, Calm), (400, Calm)];
        let heard = heard.map(|(s, level)| day.at(s, level, false));
        assert_eq!(heard, [Some(Raised), Some(Resolved), None, None, None]);
        // What is worse than all that was told does not wait.
        let mut day = Day::new(Wants { least: Warn, ..WANTS }, Calm);
        let heard = [(1, Warn), (40, Calm), (41, Breach)];
        assert_eq!(
            heard.map(|(s, level)| day.at(s, level, false)),
            [Some(Raised), Some(Resolved), Some(Raised)]
        );
    }

    #[test]
    fn quiet_hours_hold_back_what_is_still_there_at_their_end() {
        let mut day = Day::new(WANTS, Calm);
        assert_eq!([1, 2, 3].map(|s| day.at(s, Breach, true)), [None; 3]);
        assert_eq!(day.at(4, Breach, false), Some(Raised));
        // Its end, too.
        assert_eq!([5, 6].map(|s| day.at(s, Calm, true)), [None; 2]);
        assert_eq!(day.at(7, Calm, false), Some(Resolved));
        // What came and went in them is nobody's business.
        let mut day = Day::new(WANTS, Calm);
        assert_eq!([day.at(1, Breach, true), day.at(2, Calm, true)], [None; 2]);
        assert_eq!(day.at(3, Calm, false), None);
    }

    #[test]
    fn after_a_restart_only_a_breach_that_lasts_is_told() {
        let mut day = Day::new(WANTS, Breach);
        assert_eq!([1, 29].map(|s| day.at(s, Breach, false)), [None; 2]);
        assert_eq!([30, 31].map(|s| day.at(s, Breach, false)), [Some(Raised), None]);
        assert_eq!(day.at(70, Calm, false), Some(Resolved));
        // The end of what another process has sent, or has not.
        let mut day = Day::new(WANTS, Breach);
        assert_eq!([day.at(1, Breach, false), day.at(20, Calm, false)], [None; 2]);
        assert_eq!(day.at(25, Breach, false), Some(Raised));
    }
}
