//! The proxy's time in this browser.
//!
//! The browser's wall clock is not trusted: every message carries the proxy's
//! clock, and between messages the browser's monotonic clock counts on.

use std::cell::RefCell;

use callboard_shared::UnixMs;
use web_sys::Performance;

/// An offset that is this far off is a new fact, not a slow message.
const JUMP_MS: f64 = 500.0;
/// How much older the estimate is trusted with each message.
const DRIFT_MS: f64 = 0.5;

/// Milliseconds of the monotonic clock, from the page's start.
pub(crate) fn monotonic_ms() -> f64 {
    PERFORMANCE.with(|performance| performance.as_ref().map_or(0.0, Performance::now))
}

/// Notes in the browser's own timeline when the first data is drawn, for
/// whoever measures.
pub(crate) fn mark_first_data() {
    if let Some(performance) = web_sys::window().and_then(|window| window.performance()) {
        // Fails only for names that the browser uses itself.
        let _ = performance.mark("callboard-first-data");
    }
}

/// How the proxy's clock stands against the monotonic one.
#[derive(Debug, Default)]
pub(crate) struct Offset {
    ms: Option<f64>,
}

impl Offset {
    /// Learns from a message that was sent at `sent` and came at `arrived`.
    ///
    /// Each message was a little late; the one that was least late tells most.
    pub(crate) fn learn(&mut self, sent: UnixMs, arrived: f64) {
        let told = sent.0 as f64 - arrived;
        self.ms = Some(match self.ms {
            Some(known) if (told - known).abs() < JUMP_MS => told.max(known - DRIFT_MS),
            _ => told,
        });
    }

    /// The proxy's time at `monotonic`, once a message has come.
    pub(crate) fn at(&self, monotonic: f64) -> Option<UnixMs> {
        self.ms.map(|ms| UnixMs((ms + monotonic) as i64))
    }
}

thread_local! {
    // Asked with each message: the way to it is longer than the question.
    static PERFORMANCE: Option<Performance> =
        web_sys::window().and_then(|window| window.performance());
    static SHOWN: RefCell<Shown> = RefCell::default();
}

/// The time that the page shows.
#[derive(Debug, Default)]
struct Shown {
    offset: Offset,
    /// Set while the data is stale: durations stand still.
    stopped_at: Option<UnixMs>,
    /// Set while the board is one of the past.
    #[cfg(feature = "desk")]
    past: Option<UnixMs>,
}

/// Learns from a message that came at `arrived` by the monotonic clock.
pub(crate) fn learn(sent: UnixMs, arrived: f64) {
    SHOWN.with_borrow_mut(|shown| shown.offset.learn(sent, arrived));
}

/// The proxy's time now. `None` before the first message.
pub(crate) fn now() -> Option<UnixMs> {
    SHOWN.with_borrow(|shown| shown.offset.at(monotonic_ms()))
}

/// The time for durations of calls: the proxy's, or the moment it stopped.
pub(crate) fn shown_now() -> Option<UnixMs> {
    #[cfg(feature = "desk")]
    if let Some(past) = SHOWN.with_borrow(|shown| shown.past) {
        return Some(past);
    }
    SHOWN.with_borrow(|shown| shown.stopped_at).or_else(now)
}

/// Shows durations as of a moment of the past, or of now again.
#[cfg(feature = "desk")]
pub(crate) fn travel(at: Option<UnixMs>) {
    SHOWN.with_borrow_mut(|shown| shown.past = at);
    crate::ticker::write_all();
}

/// Stops durations at `at`, or lets them run again.
pub(crate) fn stop(at: Option<UnixMs>) {
    SHOWN.with_borrow_mut(|shown| {
        // The first moment counts: data does not get younger.
        if at.is_none() || shown.stopped_at.is_none() {
            shown.stopped_at = at;
        }
    });
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_least_late_message_tells_most() {
        let mut offset = Offset::default();
        assert_eq!(offset.at(0.0), None);
        offset.learn(UnixMs(1_000_000), 80.0);
        offset.learn(UnixMs(1_001_000), 1_010.0);
        assert_eq!(offset.at(1_010.0), Some(UnixMs(1_001_000)));
        // A late message hardly moves it.
        offset.learn(UnixMs(1_002_000), 2_200.0);
        assert_eq!(offset.at(2_000.0), Some(UnixMs(1_001_989)));
    }

    #[test]
    fn a_proxy_whose_clock_was_set_is_believed() {
        let mut offset = Offset::default();
        offset.learn(UnixMs(1_000_000), 0.0);
        offset.learn(UnixMs(900_000), 1_000.0);
        assert_eq!(offset.at(1_000.0), Some(UnixMs(900_000)));
    }
}
