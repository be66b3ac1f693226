//! A board's figures in a form that can be laid beside the truth.

use callboard_shared::figures::Metrics;
use callboard_shared::figures::metrics::Settings;
use callboard_shared::{Board, Phase, QueueKey, UnixMs};

/// Counts of all calls, or of one queue's passages.
#[derive(Clone, Copy, Debug, Default, Eq, PartialEq)]
pub struct Counts {
    /// Callers waiting now.
    pub waiting: u32,
    /// Callers talking now.
    pub talking: u32,
    /// Calls that entered.
    pub offered: u32,
    /// Answered by a human while the caller was on the line.
    pub handled: u32,
    /// Callers who gave up.
    pub abandoned: u32,
    /// Callers who were called back and reached. They are not in `handled`.
    pub called_back: u32,
}

impl Counts {
    /// All calls, each once.
    pub fn total(board: &Board) -> Counts {
        // Counts depend on no threshold and on no clock.
        let metrics = board.total(&Settings::default(), UnixMs(0));
        Counts::of(&metrics, callbacks_open(board, None))
    }

    /// The passages through one queue.
    pub fn of_queue(board: &Board, queue: &str) -> Counts {
        let metrics = board.queue(&QueueKey::from(queue), &Settings::default(), UnixMs(0));
        Counts::of(&metrics, callbacks_open(board, Some(queue)))
    }

    fn of(metrics: &Metrics, callbacks_open: u32) -> Counts {
        let Metrics { waiting, talking, offered, handled, abandoned, callback, .. } = metrics;
        Counts {
            waiting: *waiting,
            talking: *talking,
            offered: *offered,
            handled: *handled,
            abandoned: *abandoned,
            called_back: callback.accepted - callback.failed - callbacks_open,
        }
    }
}

/// Callers who wait for a callback now.
fn callbacks_open(board: &Board, queue: Option<&str>) -> u32 {
    let waits = |phase: &Phase| match phase {
        Phase::AwaitingCallback { queue: key, .. } => {
            queue.is_none_or(|queue| key.as_str() == queue)
        }
        _ => false,
    };
    let open = board.calls.values().filter(|call| waits(&call.phase)).count();
    u32::try_from(open).expect("few calls")
}
