//! A day in intervals of sums, so that whoever has it can apply other
//! thresholds, and its worst moments.

use std::collections::{BTreeMap, BTreeSet};

use serde::Serialize;

use crate::ByKey;
use crate::figures::Tally;
use crate::figures::metrics::Settings;
use crate::ids::QueueKey;
use crate::stream::Stream;
use crate::time::UnixMs;

mod told;

/// How many worst moments are told.
pub const WORST: usize = 3;
/// Worst moments lie at least so far apart, in ms.
pub const APART_MS: u64 = 15 * 60 * 1000;

/// The answer of `/api/day`. Instants are epoch milliseconds.
#[derive(Clone, Debug, Default, PartialEq, Serialize)]
pub struct Day {
    /// What was booked at this instant or later.
    pub from: UnixMs,
    /// What was booked before this instant.
    pub to: UnixMs,
    /// Since when anything is known.
    pub since: UnixMs,
    /// Length of an interval, in s; the last one of a day may be shorter.
    pub interval_s: u32,
    /// What counts as in time, and as short.
    pub settings: Settings,
    /// When a stream was not live: what happened then is in no figure.
    pub gaps: Vec<Gap>,
    /// The moments at which most callers waited, the worst first.
    pub worst: Vec<Worst>,
    /// Intervals in which something was booked, in order.
    pub intervals: Vec<Interval>,
}

/// A time in which a stream was not live: what happened then is not known.
#[derive(Clone, Copy, Debug, Eq, PartialEq, Serialize)]
pub struct Gap {
    /// The stream.
    pub stream: Stream,
    /// Since when.
    pub from: UnixMs,
    /// Until when, or the end of what was asked for.
    pub to: UnixMs,
}

/// Sums over what was booked in an interval, by entry into the queue.
#[derive(Clone, Debug, Default, PartialEq, Serialize)]
pub struct Interval {
    /// Its beginning.
    pub from: UnixMs,
    /// Its end.
    pub to: UnixMs,
    /// All calls, each once, by their first queue.
    pub customers: ByKey<QueueKey, Tally>,
    /// Each queue's passages.
    pub queues: ByKey<QueueKey, Tally>,
}

/// A moment at which many waited.
#[derive(Clone, Debug, Default, PartialEq, Serialize)]
pub struct Worst {
    /// When: the entry of the last of them.
    pub at: UnixMs,
    /// The first of them left, or another one came.
    pub until: UnixMs,
    /// The queue in which more than half of them waited.
    pub queue: Option<QueueKey>,
    /// How many waited.
    pub waiting: u32,
    /// How long the first of them had waited by then, in s.
    pub longest_wait_s: f64,
}

/// One passage through a queue: the time in which its caller waited.
#[derive(Clone, Debug, Eq, PartialEq)]
pub struct Waited {
    /// The queue.
    pub queue: QueueKey,
    /// The entry.
    pub from: UnixMs,
    /// The answer, or whatever else ended the wait.
    pub to: UnixMs,
}

/// The moments within `from..to` at which most callers waited: at most
/// [`WORST`], the worst first, each at least [`APART_MS`] from the others.
/// Of moments with as many waiting, the one with the longest wait is worse.
pub fn worst(waits: &[Waited], from: UnixMs, to: UnixMs) -> Vec<Worst> {
    let mut chosen: Vec<Worst> = Vec::new();
    for (at, until, waiting, longest_ms) in by_badness(crowds(waits, from, to)) {
        if chosen.len() == WORST {
            break;
        }
        let apart = |other: &Worst| at.since_ms(other.at).max(other.at.since_ms(at)) >= APART_MS;
        if chosen.iter().all(apart) {
            let queue = crowded(waits, at, waiting);
            let longest_wait_s = longest_ms as f64 / 1000.0;
            chosen.push(Worst { at, until, queue, waiting, longest_wait_s });
        }
    }
    chosen
}

/// How many wait from each entry until the next one comes or leaves, and for how
/// long the first of them has.
type Crowd = (UnixMs, UnixMs, u32, u64);

/// Sweeps over entries and leaves. Nobody more waits between two entries.
fn crowds(waits: &[Waited], from: UnixMs, to: UnixMs) -> Vec<Crowd> {
    let mut entries: Vec<&Waited> = waits.iter().filter(|wait| wait.from < wait.to).collect();
    entries.sort_unstable_by_key(|wait| wait.from);
    let mut leaves: Vec<&Waited> = entries.clone();
    leaves.sort_unstable_by_key(|wait| wait.to);
    let mut leaves = leaves.into_iter().peekable();
    // Who entered when, and how many did in that millisecond.
    let mut there: BTreeMap<UnixMs, u32> = BTreeMap::new();
    let (mut waiting, mut crowds) = (0_u32, Vec::new());
    let mut entries = entries.into_iter().peekable();
    while let Some(entry) = entries.next() {
        // Who leaves at the instant of an entry waits no longer.
        while let Some(left) = leaves.next_if(|left| left.to <= entry.from) {
            waiting -= 1;
            if let Some(count) = there.get_mut(&left.from) {
                *count -= 1;
                if *count == 0 {
                    there.remove(&left.from);
                }
            }
        }
        waiting += 1;
        *there.entry(entry.from).or_default() += 1;
        if entry.from >= from && entry.from < to {
            let first = there.keys().next().copied().unwrap_or(entry.from);
            let next = entries.peek().map(|next| next.from);
            let until = leaves.peek().map(|left| left.to).into_iter().chain(next).min();
            let longest_ms = entry.from.since_ms(first);
            crowds.push((entry.from, until.unwrap_or(to), waiting, longest_ms));
        }
    }
    crowds
}

fn by_badness(mut crowds: Vec<Crowd>) -> Vec<Crowd> {
    crowds.sort_unstable_by_key(|(at, _, waiting, longest)| {
        (std::cmp::Reverse((*waiting, *longest)), *at)
    });
    crowds
}

/// The queue in which more than half of those wait who wait at `at`.
fn crowded(waits: &[Waited], at: UnixMs, waiting: u32) -> Option<QueueKey> {
    let there = || waits.iter().filter(|wait| wait.from <= at && at < wait.to);
    let queues: BTreeSet<_> = there().map(|wait| &wait.queue).collect();
    let share = |queue: &QueueKey| there().filter(|wait| wait.queue == *queue).count();
    let most = queues.into_iter().max_by_key(|queue| share(queue))?;
    (share(most) * 2 > usize::try_from(waiting).ok()?).then(|| most.clone())
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    const MINUTE: i64 = 60_000;

    fn waited(queue: &str, from: i64, to: i64) -> Waited {
        Waited { queue: queue.into(), from: UnixMs(from), to: UnixMs(to) }
    }

    #[test]
    fn the_worst_moments_lie_apart_and_most_waiting_is_first() {
        let waits = [
            // Two at minute 10, three at minute 40, one at minute 41 and one at 60.
            waited("71", 9 * MINUTE, 12 * MINUTE),
            waited("72", 10 * MINUTE, 11 * MINUTE),
            waited("71", 38 * MINUTE, 41 * MINUTE),
            waited("72", 39 * MINUTE, 41 * MINUTE),
            waited("71", 40 * MINUTE, 41 * MINUTE),
            waited("72", 41 * MINUTE, 50 * MINUTE),
            waited("72", 60 * MINUTE, 61 * MINUTE),
            // Turned away: waited for nothing.
            waited("72", 40 * MINUTE, 40 * MINUTE),
        ];
        let found = worst(&waits, UnixMs(0), UnixMs(90 * MINUTE));
        let told: Vec<_> = found
            .iter()
            .map(|worst| {
                let queue = worst.queue.as_ref().map(QueueKey::as_str);
                let span = (worst.at.0 / MINUTE, worst.until.0 / MINUTE);
                (span, queue, worst.waiting, worst.longest_wait_s)
            })
            .collect();
        let expected = [
            ((40, 41), Some("71"), 3, 120.0),
            ((10, 11), None, 2, 60.0),
            ((60, 61), Some("72"), 1, 0.0),
        ];
        assert_eq!(told, expected);
        assert_eq!(worst(&waits, UnixMs(0), UnixMs(9 * MINUTE)), []);
    }

    #[test]
    fn as_many_waiting_are_worse_when_they_have_waited_longer() {
        let waits = [
            waited("71", 0, 10 * MINUTE),
            waited("71", MINUTE, 2 * MINUTE),
            waited("71", 5 * MINUTE, 6 * MINUTE),
        ];
        let found = worst(&waits, UnixMs(0), UnixMs(90 * MINUTE));
        assert_eq!((found[0].at.0, found[0].waiting), (5 * MINUTE, 2));
    }

    #[test]
    fn a_day_is_read_as_it_was_written() {
        let mut interval = Interval { from: UnixMs(1), to: UnixMs(2), ..Interval::default() };
        interval.queues.entry("71".into()).or_default().handled.add(7_500);
        let day = Day {
            interval_s: 900,
            gaps: vec![Gap { stream: Stream::Calls, from: UnixMs(1), to: UnixMs(2) }],
            worst: worst(&[waited("71", 0, 5)], UnixMs(0), UnixMs(9)),
            intervals: vec![interval],
            ..Day::default()
        };
        let text = serde_json::to_string(&day).unwrap();
        assert_eq!(serde_json::from_str::<Day>(&text).unwrap(), day);
    }

    proptest! {
        #[test]
        fn nobody_more_waits_at_any_other_instant(
            spans in prop::collection::vec((0_i64..200, 0_i64..40), 1..40),
        ) {
            let waits: Vec<_> = spans.iter().map(|(from, long)| waited("71", *from, from + long)).collect();
            let at = |at: i64| waits.iter().filter(|wait| wait.from.0 <= at && at < wait.to.0).count();
            let most = (0..240).map(at).max().unwrap();
            let found = worst(&waits, UnixMs(0), UnixMs(240));
            prop_assert_eq!(found.first().map_or(0, |worst| worst.waiting as usize), most);
            for worst in &found {
                // Until then; several may come in one instant.
                for instant in worst.at.0..worst.until.0.max(worst.at.0 + 1) {
                    prop_assert_eq!(at(instant), worst.waiting as usize);
                }
            }
        }
    }
}
