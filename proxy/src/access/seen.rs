//! When links were used last: told once a minute while somebody looks on by
//! them, and once more when they leave.

use std::collections::HashMap;
use std::sync::{Mutex, MutexGuard, PoisonError};

use callboard_shared::UnixMs;

/// So old may be what is told of a link that is in use, in ms: people read it
/// in minutes.
const EVERY_MS: u64 = 60_000;

/// Links by their ids.
#[derive(Debug, Default)]
pub(super) struct Seen(Mutex<HashMap<String, Last>>);

#[derive(Clone, Copy, Debug)]
struct Last {
    at: UnixMs,
    told: Option<UnixMs>,
}

impl Seen {
    fn lock(&self) -> MutexGuard<'_, HashMap<String, Last>> {
        self.0.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// Somebody uses it.
    pub(super) fn note(&self, id: &str, now: UnixMs) {
        let mut seen = self.lock();
        match seen.get_mut(id) {
            Some(last) => last.at = now,
            None => {
                seen.insert(id.to_owned(), Last { at: now, told: None });
            }
        }
    }

    /// Somebody uses it no longer.
    pub(super) fn left(&self, id: &str, now: UnixMs) {
        self.lock().insert(id.to_owned(), Last { at: now, told: None });
    }

    /// What should be told by now.
    pub(super) fn news(&self) -> HashMap<String, UnixMs> {
        let seen = self.lock();
        let is_due = |last: &Last| last.told.is_none_or(|told| last.at.since_ms(told) >= EVERY_MS);
        let due = seen.iter().filter(|(_, last)| is_due(last));
        due.map(|(id, last)| (id.clone(), last.at)).collect()
    }

    /// It was told. Who has not been seen since is forgotten after a while.
    pub(super) fn told(&self, news: &HashMap<String, UnixMs>, now: UnixMs) {
        let mut seen = self.lock();
        for (id, at) in news {
            if let Some(last) = seen.get_mut(id)
                && (last.told.is_some() || last.at == *at)
            {
                last.told = Some(*at);
            }
        }
        seen.retain(|_, last| last.told.is_none() || now.since_ms(last.at) < EVERY_MS);
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    /// What is told at this moment.
    fn tell(seen: &Seen, now: i64) -> Option<i64> {
        let news = seen.news();
        seen.told(&news, UnixMs(now));
        news.get("a").map(|at| at.0)
    }

    #[test]
    fn a_link_in_use_is_told_of_once_a_minute() {
        let seen = Seen::default();
        let mut told = Vec::new();
        for second in 0..150 {
            let now = second * 1000;
            seen.note("a", UnixMs(now));
            told.extend(tell(&seen, now));
        }
        assert_eq!(told, [0, 60_000, 120_000]);
    }

    #[test]
    fn who_leaves_is_told_of_at_once_and_then_forgotten() {
        let seen = Seen::default();
        seen.note("a", UnixMs(0));
        assert_eq!(tell(&seen, 0), Some(0));
        seen.note("a", UnixMs(7_000));
        assert_eq!(tell(&seen, 7_000), None);
        seen.left("a", UnixMs(9_000));
        assert_eq!(tell(&seen, 9_000), Some(9_000));
        assert_eq!(tell(&seen, 69_000), None);
        assert!(seen.lock().is_empty());
    }

    #[test]
    fn what_could_not_be_written_is_told_again() {
        let seen = Seen::default();
        seen.left("a", UnixMs(5));
        let lost = seen.news();
        assert_eq!(lost, seen.news());
        // Who left while it was being written is told of, too.
        seen.left("a", UnixMs(6));
        seen.told(&lost, UnixMs(6));
        assert_eq!(tell(&seen, 7), Some(6));
    }
}
