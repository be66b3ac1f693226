//! The calls behind a figure of this moment.

use super::{Behind, Found, NowFigure, Verdict};
use crate::Board;
use crate::board::Present;
use crate::ids::QueueKey;
use crate::time::UnixMs;

impl Board {
    /// A figure at `now` of those queues that are `asked` for, and the calls
    /// behind it: others who came through these queues are left out of it.
    pub fn behind_now(
        &self,
        figure: NowFigure,
        now: UnixMs,
        asked: impl Fn(&QueueKey) -> bool,
    ) -> (u64, Behind<'_>) {
        let there: Vec<_> = self.present().filter(|one| asked(&one.entry.queue)).collect();
        let oldest = there.iter().filter_map(|one| Some((one.waits?, one.id))).min();
        let counts = |one: &Present<'_>| match (figure, one.waits) {
            (NowFigure::Waiting, waits) => waits.is_some(),
            (NowFigure::LongestWait, waits) => waits.is_some_and(|at| Some((at, one.id)) == oldest),
            (NowFigure::Talking, waits) => waits.is_none(),
        };
        let counted = there.iter().filter(|one| counts(one)).count();
        let value = match figure {
            NowFigure::LongestWait => oldest.map_or(0, |(since, _)| now.since_ms(since) / 1000),
            NowFigure::Waiting | NowFigure::Talking => counted as u64,
        };
        let found = there.iter().map(|one| {
            let verdict = if counts(one) { Verdict::Counted } else { Verdict::LeftOut };
            Found { at: one.entry.at, id: one.id, of: one.entry, verdict }
        });
        (value, Found::sorted(found.collect()))
    }
}
