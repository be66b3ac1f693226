//! The newest messages, for viewers that come back after a short break.

use std::collections::VecDeque;

use axum::extract::ws::Utf8Bytes;
use callboard_shared::wire::Seq;

/// Bytes kept: some minutes of a large customer's day.
const BYTES: usize = 8 * 1024 * 1024;

/// Messages in order, bounded by their size.
#[derive(Default)]
pub(super) struct Ring {
    messages: VecDeque<Kept>,
    bytes: usize,
}

struct Kept {
    since: Seq,
    seq: Seq,
    text: Utf8Bytes,
}

impl Ring {
    pub(super) fn push(&mut self, since: Seq, seq: Seq, text: Utf8Bytes) {
        self.bytes += text.len();
        self.messages.push_back(Kept { since, seq, text });
        while self.bytes > BYTES {
            let Some(oldest) = self.messages.pop_front() else { break };
            self.bytes -= oldest.text.len();
        }
    }

    /// What came after `seen`, if all of it is still here; `newest` is the
    /// number reached.
    ///
    /// Messages that only take calls off the board reach no new number. They
    /// are repeated when they stand at `seen`: taking a call off twice is the
    /// same as once.
    pub(super) fn after(&self, seen: Seq, newest: Seq) -> Option<Vec<Utf8Bytes>> {
        let oldest = self.messages.front().map_or(newest, |kept| kept.since);
        if seen < oldest || seen > newest {
            return None;
        }
        let missed = |kept: &&Kept| kept.seq > seen || (kept.seq == seen && kept.since == seen);
        Some(self.messages.iter().filter(missed).map(|kept| kept.text.clone()).collect())
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn ring(numbers: &[(u64, u64)]) -> Ring {
        let mut ring = Ring::default();
        for (since, seq) in numbers {
            ring.push(Seq(*since), Seq(*seq), format!("{since}-{seq}").into());
        }
        ring
    }

    fn after(ring: &Ring, seen: u64, newest: u64) -> Option<Vec<String>> {
        let missed = ring.after(Seq(seen), Seq(newest))?;
        Some(missed.iter().map(ToString::to_string).collect())
    }

    #[test]
    fn what_was_missed_is_complete_or_refused() {
        let ring = ring(&[(3, 4), (4, 4), (4, 6)]);
        assert_eq!(after(&ring, 3, 6).unwrap(), ["3-4", "4-4", "4-6"]);
        assert_eq!(after(&ring, 4, 6).unwrap(), ["4-4", "4-6"]);
        assert_eq!(after(&ring, 6, 6).unwrap(), Vec::<String>::new());
        assert_eq!(after(&ring, 2, 6), None);
        assert_eq!(after(&ring, 7, 6), None);
    }

    #[test]
    fn the_oldest_go_first_when_it_is_full() {
        let mut ring = Ring::default();
        let text = Utf8Bytes::from("x".repeat(BYTES / 4));
        for seq in 0..6 {
            ring.push(Seq(seq), Seq(seq + 1), text.clone());
        }
        assert!(ring.bytes <= BYTES);
        assert_eq!(ring.after(Seq(0), Seq(6)), None);
        assert_eq!(ring.after(Seq(5), Seq(6)).unwrap().len(), 1);
    }
}
