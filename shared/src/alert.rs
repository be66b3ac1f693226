//! Alerts: which figure of which queue is beyond its limits, since when.
//!
//! An alert is raised, and gets worse, at once. It gets better only when the
//! figure has been within the limit for [`CALM_AFTER_MS`] on end, so that one
//! that goes to and fro about a limit is one alert, not many.
//!
//! What is old tells nothing: whoever asks does so while the streams are live.

use serde::{Deserialize, Serialize};

use crate::ByKey;
use crate::board::Board;
use crate::figures::Metrics;
use crate::figures::metrics::Settings;
use crate::ids::QueueKey;
use crate::time::UnixMs;

mod told;

/// So long a figure must be within a limit before its alert gets better, in ms.
pub const CALM_AFTER_MS: u64 = 30_000;
/// Silence is counted in minutes.
const MINUTE_MS: u64 = 60_000;

/// How bad it is.
#[derive(
    Clone, Copy, Debug, Default, Eq, Hash, Ord, PartialEq, PartialOrd, Serialize, Deserialize,
)]
#[serde(rename_all = "snake_case")]
pub enum Level {
    /// Within all limits.
    #[default]
    Calm,
    /// Beyond the first limit.
    Warn,
    /// Beyond the second.
    Breach,
}

/// What is watched.
#[derive(Clone, Copy, Debug, Eq, Hash, Ord, PartialEq, PartialOrd, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Kind {
    /// Callers waiting now: at least so many.
    Waiting,
    /// The longest of those waiting now, in s: at least so long.
    LongestWait,
    /// The default service level, in percent: less than so much.
    ServiceLevel,
    /// No call was offered, in min: for at least so long.
    Silence,
}

impl Kind {
    /// All of them.
    pub const ALL: [Kind; 4] =
        [Kind::Waiting, Kind::LongestWait, Kind::ServiceLevel, Kind::Silence];
}

/// The limits of one kind. `None`: this level is never reached.
#[derive(Clone, Copy, Debug, Default, Eq, PartialEq, Serialize)]
pub struct Limits {
    /// From here on it is a warning.
    pub warn: Option<u32>,
    /// From here on it is a breach.
    pub breach: Option<u32>,
}

impl Limits {
    /// Both limits.
    pub fn new(warn: u32, breach: u32) -> Limits {
        Limits { warn: Some(warn), breach: Some(breach) }
    }

    fn level(self, is_beyond: impl Fn(u32) -> bool) -> Level {
        match (self.warn.is_some_and(&is_beyond), self.breach.is_some_and(&is_beyond)) {
            (_, true) => Level::Breach,
            (true, false) => Level::Warn,
            (false, false) => Level::Calm,
        }
    }
}

/// The limits of one queue, or of all calls.
#[derive(Clone, Copy, Debug, Eq, PartialEq, Serialize)]
pub struct Rule {
    /// Callers waiting now.
    pub waiting: Limits,
    /// In s.
    pub longest_wait: Limits,
    /// In percent.
    pub service_level: Limits,
    /// Without a call offered, in min. A queue that is rarely called is silent
    /// for good reason: there are none unless told.
    pub silence: Limits,
    /// The service level is watched from so many decided calls on: the first
    /// miss of the morning is no alert.
    pub least_decided: u32,
}

impl Default for Rule {
    fn default() -> Rule {
        Rule {
            waiting: Limits::new(5, 10),
            longest_wait: Limits::new(20, 60),
            service_level: Limits::new(80, 60),
            silence: Limits::default(),
            least_decided: 20,
        }
    }
}

impl Rule {
    /// How bad a figure is at this moment, whatever it was before. Silence is
    /// in no figure, and always calm here.
    pub fn level(&self, kind: Kind, metrics: &Metrics) -> Level {
        self.judge(kind, metrics, None).1
    }

    /// How bad it is to have waited for so long, in ms.
    pub fn wait(&self, waited_ms: u64) -> Level {
        self.longest_wait.level(|s| waited_ms >= u64::from(s) * 1000)
    }

    /// The limits of one kind.
    pub fn limits(&self, kind: Kind) -> Limits {
        match kind {
            Kind::Waiting => self.waiting,
            Kind::LongestWait => self.longest_wait,
            Kind::ServiceLevel => self.service_level,
            Kind::Silence => self.silence,
        }
    }

    /// The value of a figure, if it has one, and how bad it is.
    fn judge(&self, kind: Kind, metrics: &Metrics, silent_ms: Option<u64>) -> (Option<u32>, Level) {
        let whole = |n: u64| u32::try_from(n).unwrap_or(u32::MAX);
        let value = match kind {
            Kind::Waiting => Some(metrics.waiting),
            Kind::LongestWait => metrics.longest_wait_now_s.map(whole),
            Kind::ServiceLevel => {
                let decided = metrics.handled + metrics.abandoned - metrics.abandoned_short;
                let share = metrics.service_level.short_excluded.floor_percent();
                share.filter(|_| decided >= self.least_decided)
            }
            Kind::Silence => silent_ms.map(|ms| whole(ms / MINUTE_MS)),
        };
        let Some(known) = value else { return (None, Level::Calm) };
        let is_beyond = |limit| match kind {
            Kind::ServiceLevel => known < limit,
            Kind::Waiting | Kind::LongestWait | Kind::Silence => known >= limit,
        };
        (value, self.limits(kind).level(is_beyond))
    }
}

/// The limits of all.
#[derive(Clone, Debug, Default, Eq, PartialEq, Serialize)]
pub struct Rules {
    /// For queues that have none of their own.
    pub all: Rule,
    /// For all calls together.
    pub total: Option<Rule>,
    /// Those that have.
    pub queues: ByKey<QueueKey, Rule>,
}

impl Rules {
    /// The limits of a queue.
    pub fn of_queue(&self, queue: &QueueKey) -> &Rule {
        self.queues.get(queue).unwrap_or(&self.all)
    }

    /// The limits of a queue; of all calls, where they have any.
    pub fn of(&self, scope: Option<&QueueKey>) -> Option<&Rule> {
        match scope {
            Some(queue) => Some(self.of_queue(queue)),
            None => self.total.as_ref(),
        }
    }
}

/// How an alert stands.
#[derive(Clone, Copy, Debug, Default, Eq, PartialEq)]
pub struct State {
    /// How bad it is.
    pub level: Level,
    /// Since when it is so.
    pub since: UnixMs,
    /// The newest value, where there is one.
    pub value: Option<u32>,
    /// Since when it is less bad, and the worst that it was since.
    easing: Option<(UnixMs, Level)>,
}

impl State {
    /// Less bad already, though not for long enough.
    pub fn is_easing(&self) -> bool {
        self.easing.is_some()
    }

    /// Takes what was found; the level before, if it is another now.
    fn take(&mut self, value: Option<u32>, found: Level, now: UnixMs) -> Option<Level> {
        self.value = value;
        let next = if found < self.level {
            let (from, worst) = self.easing.map_or((now, found), |(from, w)| (from, w.max(found)));
            self.easing = Some((from, worst));
            if now.since_ms(from) < CALM_AFTER_MS {
                return None;
            }
            worst
        } else {
            found
        };
        self.easing = None;
        if next == self.level {
            return None;
        }
        self.since = now;
        Some(std::mem::replace(&mut self.level, next))
    }
}

/// What has become of an alert.
#[derive(Clone, Copy, Debug, Eq, PartialEq, Serialize)]
#[serde(rename_all = "snake_case")]
pub enum Turn {
    /// There was none before.
    Raised,
    /// A warning has become a breach.
    Worse,
    /// A breach has become a warning.
    Better,
    /// It is over.
    Resolved,
}

/// An alert that has changed.
#[derive(Clone, Debug, Eq, PartialEq, Serialize)]
pub struct Change {
    /// The queue; `None`: all calls.
    pub queue: Option<QueueKey>,
    /// Which figure.
    pub kind: Kind,
    /// What has become of it.
    pub turn: Turn,
    /// How bad it is now.
    pub level: Level,
    /// The figure: callers, s, percent or min.
    pub value: Option<u32>,
    /// When.
    pub at: UnixMs,
}

/// All alerts, as they stand.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct Watch {
    states: ByKey<(Option<QueueKey>, Kind), State>,
}

impl Watch {
    /// Looks at the board; what has changed since the last look, all calls
    /// first, then queue by queue.
    ///
    /// `listening`: since when a call would have been heard and is expected;
    /// silence counts from there at the earliest. `None`: not now.
    pub fn look(
        &mut self,
        rules: &Rules,
        board: &Board,
        settings: &Settings,
        listening: Option<UnixMs>,
        now: UnixMs,
    ) -> Vec<Change> {
        let mut changes = Vec::new();
        let total = rules.of(None).map(|_| (None, board.total(settings, now)));
        let queues = board.queues_at(settings, now);
        let queues = queues.map(|(queue, _, metrics)| (Some(queue), metrics));
        for (scope, metrics) in total.into_iter().chain(queues) {
            let Some(rule) = rules.of(scope) else { continue };
            let is_watched = rule.silence != Limits::default();
            let silent_ms = listening.filter(|_| is_watched).map(|since| {
                let last = board.last_offered(scope).unwrap_or_default();
                now.since_ms(since.max(last))
            });
            for kind in Kind::ALL {
                let (value, found) = rule.judge(kind, &metrics, silent_ms);
                let state = self.states.entry((scope.cloned(), kind)).or_default();
                if let Some(before) = state.take(value, found, now) {
                    let (queue, level) = (scope.cloned(), state.level);
                    let turn = turn(before, level);
                    changes.push(Change { queue, kind, turn, level, value, at: now });
                }
            }
        }
        changes
    }

    /// How one of them stands.
    pub fn state(&self, queue: Option<&QueueKey>, kind: Kind) -> State {
        self.states.get(&(queue.cloned(), kind)).copied().unwrap_or_default()
    }

    /// Those that are not calm, in order of their queues.
    pub fn raised(&self) -> impl Iterator<Item = (Option<&QueueKey>, Kind, State)> {
        self.states().filter(|(_, _, state)| state.level > Level::Calm)
    }

    /// All of them, calm ones included, in order of their queues.
    pub fn states(&self) -> impl Iterator<Item = (Option<&QueueKey>, Kind, State)> {
        self.states.iter().map(|((queue, kind), state)| (queue.as_ref(), *kind, *state))
    }
}

fn turn(before: Level, now: Level) -> Turn {
    match (before, now) {
        (Level::Calm, _) => Turn::Raised,
        (_, Level::Calm) => Turn::Resolved,
        (before, now) if now > before => Turn::Worse,
        _ => Turn::Better,
    }
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;
    use crate::decode::decode;
    use crate::stream::Stream;

    const T0: i64 = 1_795_337_000_000;

    /// So many callers wait in queue 71, the first since `T0`.
    fn waiting(board: &mut Board, callers: i64) {
        for n in 0..callers {
            let frame = format!(
                r#"{{"id_call":"{n}","active":1,"call_direction":"incoming","internal":0,"time":{{"start":{T0}}},"queue":{{"id":71,"timestart":{}}}}}"#,
                T0 + n
            );
            for document in decode(frame.as_bytes()).unwrap().documents {
                board.apply(Stream::Queues, document, UnixMs(T0));
            }
        }
    }

    fn end(board: &mut Board) {
        let ids: Vec<_> = board.calls.keys().cloned().collect();
        board.remove(&ids);
    }

    #[test]
    fn it_is_raised_at_once_and_over_after_a_while() {
        let (mut board, mut watch, rules) = (Board::default(), Watch::default(), Rules::default());
        let settings = Settings::default();
        let look = |watch: &mut Watch, board: &Board, s: u64| {
            let changes = watch.look(&rules, board, &settings, None, UnixMs(T0).plus_ms(s * 1000));
            changes.into_iter().map(|c| (c.kind, c.turn, c.value)).collect::<Vec<_>>()
        };
        waiting(&mut board, 5);
        assert_eq!(look(&mut watch, &board, 1), [(Kind::Waiting, Turn::Raised, Some(5))]);
        assert_eq!(look(&mut watch, &board, 2), []);
        waiting(&mut board, 10);
        assert_eq!(look(&mut watch, &board, 3), [(Kind::Waiting, Turn::Worse, Some(10))]);
        assert_eq!(look(&mut watch, &board, 60), [(Kind::LongestWait, Turn::Raised, Some(60))]);
        end(&mut board);
        assert_eq!(look(&mut watch, &board, 61), []);
        // Back for a moment: the while begins anew.
        waiting(&mut board, 10);
        assert_eq!(look(&mut watch, &board, 70), []);
        end(&mut board);
        assert_eq!(look(&mut watch, &board, 71), []);
        assert_eq!(look(&mut watch, &board, 100), []);
        assert_eq!(watch.raised().count(), 2);
        assert_eq!(
            look(&mut watch, &board, 101),
            [(Kind::Waiting, Turn::Resolved, Some(0)), (Kind::LongestWait, Turn::Resolved, None)]
        );
        assert_eq!(watch.raised().count(), 0);
        let state = watch.state(Some(&"71".into()), Kind::Waiting);
        assert_eq!((state.level, state.since), (Level::Calm, UnixMs(T0 + 101_000)));
    }

    #[test]
    fn a_queue_may_have_limits_of_its_own_and_the_total_has_none_unless_told() {
        let (mut board, settings) = (Board::default(), Settings::default());
        waiting(&mut board, 5);
        let none = Rule { waiting: Limits::default(), ..Rule::default() };
        let rules = Rules { queues: [("71".into(), none)].into(), ..Rules::default() };
        assert_eq!(Watch::default().look(&rules, &board, &settings, None, UnixMs(T0)), []);
        let strict = Rule { waiting: Limits::new(1, 5), ..Rule::default() };
        let rules = Rules { total: Some(strict), ..rules };
        let changes = Watch::default().look(&rules, &board, &settings, None, UnixMs(T0));
        assert_eq!((changes.len(), &changes[0].queue), (1, &None));
        assert_eq!((changes[0].turn, changes[0].level), (Turn::Raised, Level::Breach));
    }

    #[test]
    fn silence_counts_from_the_last_call_and_only_while_one_would_be_heard() {
        let (mut board, mut watch, settings) =
            (Board::default(), Watch::default(), Settings::default());
        let (all, none) = (Rule::default(), Limits::default());
        let own = Rule { silence: Limits::new(30, 60), waiting: none, longest_wait: none, ..all };
        let rules = Rules { queues: [("71".into(), own)].into(), ..Rules::default() };
        let mut look = |board: &Board, listening: Option<u64>, min: u64| {
            let at = |min: u64| UnixMs(T0).plus_ms(min * MINUTE_MS);
            let changes = watch.look(&rules, board, &settings, listening.map(at), at(min));
            changes.into_iter().map(|c| (c.kind, c.turn, c.value)).collect::<Vec<_>>()
        };
        waiting(&mut board, 1);
        assert_eq!(look(&board, Some(0), 29), []);
        // Also when the call has left.
        end(&mut board);
        assert_eq!(look(&board, Some(0), 30), [(Kind::Silence, Turn::Raised, Some(30))]);
        assert_eq!(look(&board, Some(0), 60), [(Kind::Silence, Turn::Worse, Some(60))]);
        // Nobody listens: that is no silence.
        assert_eq!(look(&board, None, 61), []);
        assert_eq!(look(&board, None, 62), [(Kind::Silence, Turn::Resolved, None)]);
        assert_eq!(look(&board, Some(62), 91), []);
        assert_eq!(look(&board, Some(62), 92), [(Kind::Silence, Turn::Raised, Some(30))]);
        let told = serde_json::to_value(&board).unwrap();
        let read: Board = serde_json::from_value(told).unwrap();
        assert_eq!(read.last_offered(Some(&"71".into())), Some(UnixMs(T0)));
        assert_eq!(read.last_offered(None), Some(UnixMs(T0)));
    }

    #[test]
    fn the_service_level_is_watched_once_there_are_enough_calls() {
        let mut metrics = Board::default().total(&Settings::default(), UnixMs(T0));
        let rule = Rule::default();
        let judge = |metrics: &Metrics| rule.judge(Kind::ServiceLevel, metrics, None);
        for (handled, within, expected) in [
            (0, 0, (None, Level::Calm)),
            (19, 0, (None, Level::Calm)),
            (20, 16, (Some(80), Level::Calm)),
            (20, 15, (Some(75), Level::Warn)),
            (20, 11, (Some(55), Level::Breach)),
        ] {
            (metrics.handled, metrics.handled_within) = (handled, within);
            let share = crate::figures::Share::of(within, handled);
            metrics.service_level.short_excluded = share;
            assert_eq!(judge(&metrics), expected, "{within} of {handled}");
        }
    }

    proptest! {
        /// Never better than what was found last, and never worse than the
        /// worst of the last while.
        #[test]
        fn it_follows_what_is_found(
            found in prop::collection::vec((0_u64..20, 0_usize..3), 1..60),
        ) {
            let levels = [Level::Calm, Level::Warn, Level::Breach];
            let (mut state, mut now, mut heard) = (State::default(), UnixMs(T0), Vec::new());
            for (seconds, level) in found {
                now = now.plus_ms(seconds * 1000);
                let (before, since) = (state.level, state.since);
                let changed = state.take(None, levels[level], now);
                heard.push((now, levels[level]));
                prop_assert_eq!(changed, (state.level != before).then_some(before));
                prop_assert_eq!(state.since, if changed.is_some() { now } else { since });
                prop_assert!(state.level >= levels[level]);
                if state.level < before {
                    let recent = heard.iter().filter(|(at, _)| now.since_ms(*at) < CALM_AFTER_MS);
                    prop_assert!(recent.map(|(_, level)| *level).max() <= Some(state.level));
                }
            }
        }
    }
}
