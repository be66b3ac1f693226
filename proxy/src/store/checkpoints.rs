//! Boards of one past day, so that not each look back folds the whole day.
//!
//! Measured: a frame costs 11 us, a day of 10,000 calls has 160,000 of them.
//! With a board every 25,000 frames a look back costs 0.3 s at most, after
//! the first.

use std::sync::Arc;

use callboard_shared::wire::Status;
use callboard_shared::{Board, UnixMs};

/// Frames between two of them.
#[cfg(not(test))]
const STEP: usize = 25_000;
#[cfg(test)]
pub(super) const STEP: usize = 20;
/// Each is a whole board, with what every call of the day counted for.
pub(super) const MOST: usize = 8;

/// A board on its way through a day.
pub(super) struct Checkpoint {
    /// When the newest record came that it has.
    pub(super) at: UnixMs,
    /// The record that comes next.
    pub(super) next: i64,
    pub(super) board: Board,
    /// Its last documents; states are read from gaps.
    pub(super) status: Status,
}

/// Those of the day that was asked for last.
pub(super) struct Checkpoints {
    day: UnixMs,
    /// Frames between two of them.
    pub(super) step: usize,
    pub(super) kept: Vec<Arc<Checkpoint>>,
}

impl Default for Checkpoints {
    fn default() -> Checkpoints {
        Checkpoints { day: UnixMs(i64::MIN), step: STEP, kept: Vec::new() }
    }
}

impl Checkpoints {
    /// The last of a day that has nothing later than `at`, and the step.
    pub(super) fn before(&self, day: UnixMs, at: UnixMs) -> (Option<Arc<Checkpoint>>, usize) {
        if self.day != day {
            return (None, STEP);
        }
        let before = self.kept.iter().rev().find(|checkpoint| checkpoint.at <= at);
        (before.cloned(), self.step)
    }

    /// Keeps further ones of a day; of too many every second.
    pub(super) fn keep(&mut self, day: UnixMs, further: Vec<Checkpoint>) {
        if self.day != day {
            *self = Checkpoints { day, ..Checkpoints::default() };
        }
        for checkpoint in further {
            if self.kept.last().is_none_or(|last| last.next < checkpoint.next) {
                self.kept.push(Arc::new(checkpoint));
            }
            self.step *= thin(&mut self.kept);
        }
    }
}

/// Of too many every second; how much longer steps are now.
pub(super) fn thin<T>(kept: &mut Vec<T>) -> usize {
    if kept.len() <= MOST {
        return 1;
    }
    let mut odd = true;
    kept.retain(|_| {
        odd = !odd;
        odd
    });
    2
}
