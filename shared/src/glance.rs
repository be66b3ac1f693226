//! The board at a glance: what a small or simple display shows, as plain
//! values. For displays that are not the page: `/lite` and the widget.
//!
//! Durations are instants here; who draws lets them tick.

use serde::Serialize;

use crate::alert::{Kind, Rule, Rules};
use crate::board::Board;
use crate::figures::Metrics;
use crate::figures::metrics::{Settings, Thresholds};
use crate::ids::{AgentKey, QueueKey};
use crate::phase::Phase;
use crate::phone::normalise;
use crate::stream::Stream;
use crate::time::UnixMs;
use crate::urgency::Urgency;
use crate::wire::{Status, StreamState};

/// The first moments of a start are no outage, in ms.
const START_MS: u64 = 1_000;
/// A pseudonym of an agent begins so.
const PSEUDONYM: char = '~';

/// All that is shown.
#[derive(Clone, Debug, Default, PartialEq, Serialize)]
pub struct Glance {
    /// The proxy's clock.
    pub now: UnixMs,
    /// Since when it counts.
    pub since: UnixMs,
    /// All queues that are shown, together.
    pub total: Figures,
    /// Each of them, in the order asked for, else of their names.
    pub queues: Vec<Queue>,
    /// Who waits, the longest first.
    pub waiting: Vec<Waiting>,
    /// Agents on calls, and whose phones ring, in the order of their names.
    pub agents: Vec<Busy>,
    /// What is wrong with the data.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub down: Option<Down>,
}

/// The figures of a scope.
#[derive(Clone, Copy, Debug, Default, PartialEq, Serialize)]
pub struct Figures {
    /// Waiting now.
    pub waiting: u32,
    /// Since when the one who has waited longest waits.
    pub longest_since: Option<UnixMs>,
    /// How bad that is, and how bad that so many wait: the worse of the two.
    pub wait_urgency: Urgency,
    /// Talking now.
    pub talking: u32,
    /// Service level in percent, rounded down: a target not met is never shown
    /// as met. `None`: no call has been decided yet.
    pub service_level: Option<u32>,
    /// What is wanted, in percent.
    pub target: u32,
    /// Within how many seconds.
    pub target_within_s: u32,
    /// How bad it is.
    pub level_urgency: Urgency,
    /// Calls that must be answered in time until the target is met.
    pub calls_to_recover: u32,
    /// Calls that entered a queue.
    pub offered: u32,
    /// Answered by a human.
    pub handled: u32,
    /// Gave up.
    pub abandoned: u32,
    /// Sent away by the queue.
    pub flow_out: u32,
}

impl Figures {
    fn of(metrics: &Metrics, wanted: Thresholds, rule: &Rule) -> Figures {
        Figures {
            waiting: metrics.waiting,
            longest_since: None,
            wait_urgency: Urgency::Calm,
            talking: metrics.talking,
            service_level: metrics.service_level.short_excluded.floor_percent(),
            target: wanted.target_percent,
            target_within_s: wanted.answer_within_s,
            level_urgency: Urgency::of(Kind::ServiceLevel, metrics, rule),
            calls_to_recover: metrics.calls_to_recover,
            offered: metrics.offered,
            handled: metrics.handled,
            abandoned: metrics.abandoned,
            flow_out: metrics.flow_out.all(),
        }
    }

    /// The same with those who wait; `crowd`: how bad it is that so many do.
    fn with(self, waiting: &[&Waiting], crowd: Urgency) -> Figures {
        let longest = waiting.first().map(|waiting| waiting.since);
        let worst = waiting.iter().map(|waiting| waiting.urgency).max();
        Figures {
            waiting: u32::try_from(waiting.len()).unwrap_or(u32::MAX),
            longest_since: longest,
            wait_urgency: worst.unwrap_or_default().max(crowd),
            ..self
        }
    }
}

/// A queue.
#[derive(Clone, Debug, Default, PartialEq, Serialize)]
pub struct Queue {
    /// Its key.
    pub id: QueueKey,
    /// Its name, else its key.
    pub name: String,
    /// Its figures, by the queue's own clock.
    #[serde(flatten)]
    pub figures: Figures,
}

/// A caller who waits.
#[derive(Clone, Debug, PartialEq, Serialize)]
pub struct Waiting {
    /// The number as people write it, as far as it may be seen.
    pub caller: Option<String>,
    /// In which queue.
    pub queue: String,
    /// Its key.
    pub queue_id: QueueKey,
    /// Since when.
    pub since: UnixMs,
    /// How bad that is.
    pub urgency: Urgency,
    /// Phones ring.
    pub ringing: bool,
}

/// An agent who is busy.
#[derive(Clone, Debug, PartialEq, Serialize)]
pub struct Busy {
    /// The name, else the key; `None` where it may not be seen.
    pub name: Option<String>,
    /// Talking; else the phone rings.
    pub talking: bool,
    /// Since when.
    pub since: UnixMs,
    /// The queue that led to the call.
    pub queue: Option<String>,
}

/// Streams that do not come.
#[derive(Clone, Debug, PartialEq, Serialize)]
pub struct Down {
    /// Which.
    pub streams: Vec<Stream>,
    /// Since when the first of them.
    pub since: UnixMs,
    /// The upstream refuses the token.
    pub refused: bool,
}

impl Glance {
    /// Reads a board of which only `queues` are shown, in this order; none: all.
    pub fn of(
        board: &Board,
        settings: &Settings,
        status: &Status,
        queues: &[QueueKey],
        now: UnixMs,
    ) -> Glance {
        let shows = |queue: &QueueKey| queues.is_empty() || queues.contains(queue);
        let rules = settings.rules();
        let waiting = waiting(board, settings, &shows, now);
        let all: Vec<_> = waiting.iter().collect();
        let place = |key: &QueueKey| queues.iter().position(|asked| asked == key);
        let shown = board.queues_at(settings, now).filter(|(key, ..)| shows(key));
        let mut cards: Vec<_> = shown
            .map(|(key, _, metrics)| {
                let (wanted, rule) = (settings.of(key), rules.of_queue(key));
                let here: Vec<_> = all.iter().copied().filter(|w| w.queue_id == *key).collect();
                let crowd = Urgency::of(Kind::Waiting, &metrics, rule);
                let figures = Figures::of(&metrics, wanted, rule).with(&here, crowd);
                Queue { id: key.clone(), name: queue_name(board, key), figures }
            })
            .collect();
        cards.sort_by(|a, b| (place(&a.id), &a.name, &a.id).cmp(&(place(&b.id), &b.name, &b.id)));
        let total = total(&board.total_of(settings, now, shows), settings, &rules, &all);
        let down = down(status, now);
        let agents = agents(board, &shows, queues.is_empty());
        Glance { now, since: board.since, total, queues: cards, waiting, agents, down }
    }
}

/// All queues together: as bad as the worst who waits in one of them is for
/// that queue, and as the limits of all calls say, where there are any.
fn total(metrics: &Metrics, settings: &Settings, rules: &Rules, waiting: &[&Waiting]) -> Figures {
    let own = rules.of(None);
    let crowd = own.map(|rule| Urgency::of(Kind::Waiting, metrics, rule));
    let figures = Figures::of(metrics, settings.all, own.unwrap_or(&rules.all));
    figures.with(waiting, crowd.unwrap_or_default())
}

fn waiting(
    board: &Board,
    settings: &Settings,
    shows: &impl Fn(&QueueKey) -> bool,
    now: UnixMs,
) -> Vec<Waiting> {
    let (rules, home) = (settings.rules(), settings.home);
    let mut waiting: Vec<_> = board
        .present()
        .filter_map(|one| Some((one.call, &one.entry.queue, one.waits?)))
        .filter(|(_, queue, _)| shows(queue))
        .map(|(call, queue, since)| {
            let target = call.told(|document| document.customer_target.as_ref());
            let number = target.and_then(|target| target.number.as_deref());
            Waiting {
                caller: number.map(|told| normalise(Some(told), home).display(home)),
                queue: queue_name(board, queue),
                queue_id: queue.clone(),
                since,
                urgency: Urgency::of_wait(Some(since), now, rules.of_queue(queue)),
                ringing: matches!(call.phase, Phase::Ringing { .. }),
            }
        })
        .collect();
    waiting.sort_by_key(|waiting| waiting.since);
    waiting
}

fn agents(board: &Board, shows: &impl Fn(&QueueKey) -> bool, all: bool) -> Vec<Busy> {
    let mut busy: Vec<(AgentKey, Busy)> = Vec::new();
    let mut note = |key: &AgentKey, talking, since, queue: Option<&QueueKey>| {
        if !all && !queue.is_some_and(shows) {
            return;
        }
        let queue = queue.map(|queue| queue_name(board, queue));
        let one = Busy { name: agent_name(board, key), talking, since, queue };
        match busy.iter_mut().find(|(known, _)| known == key) {
            // Who talks on one call may be rung by another.
            Some((_, known)) if one.talking && !known.talking => *known = one,
            Some(_) => (),
            None => busy.push((key.clone(), one)),
        }
    };
    for call in board.calls.values() {
        match &call.phase {
            Phase::Talking { agent: Some(agent), queue, since } => {
                note(agent, true, *since, queue.as_ref());
            }
            Phase::Ringing { agents, queue, since } => {
                let queue = queue.as_ref().map(|(queue, _)| queue);
                agents.iter().for_each(|agent| note(agent, false, *since, queue));
            }
            _ => (),
        }
    }
    let mut busy: Vec<_> = busy.into_iter().map(|(_, busy)| busy).collect();
    busy.sort_by(|a, b| (!a.talking, &a.name, a.since).cmp(&(!b.talking, &b.name, b.since)));
    busy
}

fn queue_name(board: &Board, queue: &QueueKey) -> String {
    let known = board.queues.get(queue).and_then(|queue| queue.name.as_deref());
    known.unwrap_or(queue.as_str()).to_owned()
}

fn agent_name(board: &Board, agent: &AgentKey) -> Option<String> {
    let known = board.agents.get(agent).and_then(|agent| agent.name.as_deref());
    let key = || Some(agent.as_str()).filter(|key| !key.starts_with(PSEUDONYM));
    known.or_else(key).map(str::to_owned)
}

fn down(status: &Status, now: UnixMs) -> Option<Down> {
    let of = |stream: &Stream| status.get(*stream);
    let lost = Stream::ALL.into_iter().filter(|stream| of(stream).state != StreamState::Live);
    let streams: Vec<_> = lost.collect();
    let since = streams.iter().map(|stream| of(stream).since).min()?;
    let unheard = streams.iter().all(|stream| of(stream).last_document.is_none());
    let refused = streams.iter().any(|stream| of(stream).state == StreamState::AuthFailed);
    let starts = unheard && now.since_ms(since) < START_MS;
    (!starts).then_some(Down { streams, since, refused })
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::alert::Limits;
    use crate::decode::decode;

    /// A time that a document may hold.
    const T: i64 = 1_700_000_000_000;

    fn board() -> Board {
        let mut board = Board::new(UnixMs(T));
        for (id, queue, name, at) in [("a", 72, "Beta", T + 1_000), ("b", 71, "Älpha", T + 30_000)]
        {
            let text = format!(
                r#"{{"id_call":"{id}","active":1,"call_direction":"incoming","internal":0,
                "time":{{"start":{at}}},"customer_target":{{"number":"0046701234567"}},
                "queue_first":{{"id":{queue},"name":"{name}","timestart":{at}}}}}"#
            );
            let document = decode(text.as_bytes()).unwrap().documents.remove(0);
            board.apply(Stream::Calls, document, UnixMs(at));
        }
        board
    }

    fn glance(queues: &[&str], now: i64) -> Glance {
        glance_by(Settings::default(), queues, now)
    }

    fn glance_by(settings: Settings, queues: &[&str], now: i64) -> Glance {
        let queues: Vec<_> = queues.iter().map(|queue| QueueKey::from(*queue)).collect();
        Glance::of(&board(), &settings, &Status::default(), &queues, UnixMs(T + now))
    }

    fn by_rules(rules: Rules, now: i64) -> Glance {
        glance_by(Settings { alerts: Some(rules), ..Settings::default() }, &[], now)
    }

    #[test]
    fn those_who_wait_are_seen_with_the_longest_first() {
        let glance = glance(&[], 61_000);
        assert_eq!((glance.total.waiting, glance.total.offered), (2, 2));
        assert_eq!(glance.total.longest_since, Some(UnixMs(T + 1_000)));
        assert_eq!(glance.total.wait_urgency, Urgency::Breach);
        assert_eq!(glance.waiting[0].queue, "Beta");
        assert_eq!(glance.waiting[1].urgency, Urgency::Risk);
        assert_eq!(glance.waiting[1].caller.as_deref(), Some("070-123 45 67"));
        let names: Vec<_> = glance.queues.iter().map(|queue| &*queue.name).collect();
        assert_eq!(names, ["Beta", "Älpha"]);
    }

    #[test]
    fn limits_are_those_of_the_alerts() {
        let waits = |warn, breach| Rule {
            longest_wait: Limits::new(warn, breach),
            waiting: Limits::default(),
            ..Rule::default()
        };
        let queues = [(QueueKey::from("72"), waits(100, 200))].into();
        let rules = Rules { all: waits(5, 30), total: None, queues };
        // In 71 one has waited for 31 s, in 72 one for 60 s.
        let glance = by_rules(rules, 61_000);
        let waits: Vec<_> = glance.waiting.iter().map(|waiting| waiting.urgency).collect();
        assert_eq!(waits, [Urgency::Calm, Urgency::Breach]);
        let cards: Vec<_> = glance.queues.iter().map(|q| q.figures.wait_urgency).collect();
        assert_eq!(cards, [Urgency::Calm, Urgency::Breach]);
        // The worst of its queues, though another has waited longer.
        assert_eq!(glance.total.wait_urgency, Urgency::Breach);
    }

    #[test]
    fn a_crowd_is_as_bad_as_a_long_wait() {
        let crowd = |limits| Rule { waiting: limits, ..Rule::default() };
        let none = crowd(Limits::default());
        let of = |all, total| by_rules(Rules { all, total, ..Rules::default() }, 31_000);
        let calm = of(none, None);
        assert_eq!(calm.queues[1].figures.wait_urgency, Urgency::Calm);
        let each = of(crowd(Limits::new(1, 2)), None);
        assert_eq!(each.queues[1].figures.wait_urgency, Urgency::Risk);
        let both = of(none, Some(crowd(Limits::new(1, 2))));
        assert_eq!(both.total.wait_urgency, Urgency::Breach);
    }

    #[test]
    fn a_service_level_is_watched_from_the_configured_count_on() {
        let mut board = board();
        for n in 0..4 {
            let (start, end) = (T + 40_000 + n, T + 70_000 + n);
            let text = format!(
                r#"{{"id_call":"gone{n}","active":0,"call_direction":"incoming","internal":0,
                "time":{{"start":{start},"end":{end}}},
                "terminated_call_reason":"queue_leave_abandon",
                "queue_first":{{"id":71,"name":"Älpha","timestart":{start},
                "fail_reason":"queue_leave_abandon"}}}}"#
            );
            let document = decode(text.as_bytes()).unwrap().documents.remove(0);
            board.apply(Stream::Calls, document, UnixMs(end));
        }
        let level = |least_decided| {
            let all = Rule { least_decided, ..Rule::default() };
            let alerts = Some(Rules { all, ..Rules::default() });
            let settings = Settings { alerts, ..Settings::default() };
            let now = UnixMs(T + 80_000);
            let glance = Glance::of(&board, &settings, &Status::default(), &[], now);
            (glance.total.service_level, glance.total.level_urgency)
        };
        assert_eq!(level(5), (Some(0), Urgency::Calm));
        assert_eq!(level(4), (Some(0), Urgency::Breach));
    }

    #[test]
    fn queues_stand_in_the_order_that_was_asked_for() {
        let ids = |queues: &[&str]| -> Vec<_> {
            glance(queues, 61_000).queues.into_iter().map(|queue| queue.id.0).collect()
        };
        assert_eq!(ids(&["71", "72"]), ["71", "72"]);
        let one = glance(&["71"], 61_000);
        assert_eq!((one.total.waiting, one.total.offered, one.waiting.len()), (1, 1, 1));
    }

    #[test]
    fn a_start_is_no_outage() {
        let mut status = Status::default();
        Stream::ALL.into_iter().for_each(|stream| status.get_mut(stream).since = UnixMs(T));
        assert_eq!(down(&status, UnixMs(T + 500)), None);
        assert_eq!(down(&status, UnixMs(T + 5_000)).unwrap().streams, Stream::ALL);
    }
}
