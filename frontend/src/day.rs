//! The day so far, for the small drawings.

use std::rc::Rc;

use callboard_shared::day::Day as Told;
use callboard_shared::{ByKey, QueueKey, UnixMs};

/// Seconds of a bar.
pub(crate) const BAR_S: u32 = 1_800;
/// A stream that was away for less than this leaves no mark, in ms.
const GAP_MS: u64 = 5_000;

/// Calls offered and abandoned in one stretch of the day.
#[derive(Clone, Copy, Debug, Default, Eq, PartialEq)]
pub(crate) struct Bar {
    pub(crate) offered: u32,
    pub(crate) abandoned: u32,
    /// Nothing is known of a part of it.
    pub(crate) gap: bool,
}

/// Bars by queue.
#[derive(Debug, Default)]
pub(crate) struct Day {
    bars: ByKey<QueueKey, Rc<[Bar]>>,
    none: Rc<[Bar]>,
}

impl Day {
    /// The bars of a queue.
    pub(crate) fn bars(&self, queue: &QueueKey) -> Rc<[Bar]> {
        self.bars.get(queue).unwrap_or(&self.none).clone()
    }

    /// Takes what the proxy tells.
    pub(crate) fn take(&mut self, told: &Told) {
        let step = u64::from(told.interval_s.max(60)) * 1000;
        let count =
            usize::try_from(told.to.since_ms(told.from).div_ceil(step)).unwrap_or(0).min(400);
        let gap = |index: usize| {
            let from = told.from.plus_ms(index as u64 * step);
            is_gap(told, from, from.plus_ms(step))
        };
        let none: Vec<_> =
            (0..count).map(|index| Bar { gap: gap(index), ..Bar::default() }).collect();
        let mut bars: ByKey<QueueKey, Vec<Bar>> = ByKey::new();
        for interval in &told.intervals {
            let index = usize::try_from(interval.from.since_ms(told.from) / step).unwrap_or(0);
            for (queue, tally) in &interval.queues {
                let of_queue = bars.entry(queue.clone()).or_insert_with(|| none.clone());
                if let Some(bar) = of_queue.get_mut(index) {
                    bar.offered += tally.offered;
                    bar.abandoned += tally.abandoned.count();
                }
            }
        }
        self.bars = bars.into_iter().map(|(queue, bars)| (queue, bars.into())).collect();
        self.none = none.into();
    }
}

/// Whether something of this time is not known: a stream was away, or nobody
/// wrote it down yet.
pub(crate) fn is_gap(told: &Told, from: UnixMs, to: UnixMs) -> bool {
    let lies_within = |begin: UnixMs, end: UnixMs| {
        let (begin, end) = (begin.max(from), end.min(to));
        end > begin && end.since_ms(begin) >= GAP_MS
    };
    lies_within(told.from, told.since) || told.gaps.iter().any(|gap| lies_within(gap.from, gap.to))
}

#[cfg(test)]
mod tests {
    use callboard_shared::Stream;
    use callboard_shared::day::{Gap, Interval};
    use callboard_shared::figures::Tally;

    use super::*;

    #[test]
    fn bars_are_where_their_calls_came() {
        let mut tally = Tally { offered: 3, ..Tally::default() };
        tally.abandoned.add(9_000);
        let at = |bar: i64| UnixMs(bar * 1_800_000);
        let told = Told {
            from: at(0),
            to: at(4),
            since: at(1),
            interval_s: BAR_S,
            gaps: vec![
                Gap { stream: Stream::Calls, from: at(3), to: UnixMs(at(3).0 + 100) },
                Gap { stream: Stream::Agents, from: at(2), to: UnixMs(at(2).0 + 60_000) },
            ],
            intervals: vec![Interval {
                from: at(1),
                to: at(2),
                queues: [("71".into(), tally)].into(),
                ..Interval::default()
            }],
            ..Told::default()
        };
        let mut day = Day::default();
        day.take(&told);
        let bars = day.bars(&"71".into());
        assert_eq!((bars.len(), bars[1].offered, bars[1].abandoned), (4, 3, 1));
        // Before anybody wrote it down; and while a stream was away.
        assert_eq!(bars.iter().map(|bar| bar.gap).collect::<Vec<_>>(), [true, false, true, false]);
        assert_eq!(day.bars(&"72".into()).len(), 4);
    }
}
