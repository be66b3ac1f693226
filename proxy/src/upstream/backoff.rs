//! When to try again. Pure: time and chance come in.

use std::time::Duration;

use callboard_shared::wire::StreamState;

/// The first wait after a network error.
const NETWORK_FIRST: Duration = Duration::from_millis(500);
/// The longest wait after a network error.
const NETWORK_MOST: Duration = Duration::from_secs(30);
/// The first wait after a refused token. The upstream may block a customer
/// who hammers it.
const REFUSED_FIRST: Duration = Duration::from_secs(60);
/// The longest wait after a refused token.
const REFUSED_MOST: Duration = Duration::from_secs(15 * 60);
/// A connection that lasted this long was a good one: the next failure is
/// the first again.
const GOOD_AFTER: Duration = Duration::from_secs(10);
/// An orderly close after this long is the upstream's way of cutting long
/// connections, and no reason to wait.
const ROUTINE_AFTER: Duration = Duration::from_secs(5 * 60);

/// Why a stream is not live, as far as the next attempt depends on it.
#[derive(Clone, Copy, Debug, Eq, PartialEq)]
pub(super) enum Failure {
    /// The token was refused, in the handshake or afterwards.
    Refused,
    /// The upstream has had enough of us for now.
    TooOften,
    /// A close frame.
    Closed,
    /// Anything else: network, TLS, protocol.
    Network,
}

/// What went wrong in a row. Refusals count on their own: a bad network must
/// not make a first refusal wait for a quarter of an hour.
#[derive(Debug, Default)]
pub(super) struct Schedule {
    network: u32,
    refused: u32,
}

impl Schedule {
    /// Failures since the last good connection.
    pub(super) fn failures(&self) -> u32 {
        self.network.saturating_add(self.refused)
    }

    /// What the stream is now, and the wait before the next attempt.
    /// `lasted`: how long the connection was open; `chance`: 0 to 1.
    pub(super) fn after(
        &mut self,
        what: Failure,
        lasted: Duration,
        chance: f64,
    ) -> (StreamState, Duration) {
        if lasted >= GOOD_AFTER {
            *self = Schedule::default();
        }
        match what {
            Failure::Refused => {
                self.refused = self.refused.saturating_add(1);
                // Never less than the rule: no chance is taken here.
                (StreamState::AuthFailed, doubled(REFUSED_FIRST, REFUSED_MOST, self.refused))
            }
            Failure::Closed if lasted >= ROUTINE_AFTER => (StreamState::Connecting, Duration::ZERO),
            Failure::TooOften => {
                self.network = self.network.saturating_add(1);
                (StreamState::Backoff, NETWORK_MOST.mul_f64(1.0 + chance.clamp(0.0, 1.0)))
            }
            Failure::Closed | Failure::Network => {
                self.network = self.network.saturating_add(1);
                let wait = doubled(NETWORK_FIRST, NETWORK_MOST, self.network);
                // Between half and whole, so that three streams do not knock
                // at the same moment.
                (StreamState::Backoff, wait.mul_f64(0.5 + chance.clamp(0.0, 1.0) / 2.0))
            }
        }
    }
}

fn doubled(first: Duration, most: Duration, failures: u32) -> Duration {
    let factor = 1_u32.checked_shl(failures.saturating_sub(1)).unwrap_or(u32::MAX);
    first.checked_mul(factor).map_or(most, |wait| wait.min(most))
}

#[cfg(test)]
mod tests {
    use super::*;

    const SHORT: Duration = Duration::from_secs(1);
    const LONG: Duration = Duration::from_secs(5 * 60);

    /// The waits in ms after these failures in a row, without chance.
    fn waits(failures: &[(Failure, Duration)]) -> Vec<u128> {
        let mut schedule = Schedule::default();
        let wait = |(what, lasted): &(Failure, Duration)| {
            schedule.after(*what, *lasted, 1.0).1.as_millis()
        };
        failures.iter().map(wait).collect()
    }

    #[test]
    fn waits_double_up_to_a_limit() {
        let lost = waits(&[(Failure::Network, SHORT); 9]);
        assert_eq!(lost, [500, 1000, 2000, 4000, 8000, 16_000, 30_000, 30_000, 30_000]);
        let closed = waits(&[(Failure::Closed, SHORT); 2]);
        assert_eq!(closed, [500, 1000]);
        assert_eq!(doubled(NETWORK_FIRST, NETWORK_MOST, u32::MAX), NETWORK_MOST);
    }

    #[test]
    fn a_refused_token_is_tried_again_after_minutes() {
        let refused = waits(&[(Failure::Refused, SHORT); 6]);
        assert_eq!(refused, [60, 120, 240, 480, 900, 900].map(|s| s * 1000));
        // Chance never shortens it.
        let (state, wait) = Schedule::default().after(Failure::Refused, SHORT, 0.0);
        assert_eq!((state, wait), (StreamState::AuthFailed, REFUSED_FIRST));
        // Nor does a network that fails in between, nor lengthen it.
        let (network, refused) = ((Failure::Network, SHORT), (Failure::Refused, SHORT));
        let mixed = waits(&[network, network, network, refused, network, refused]);
        assert_eq!(mixed, [500, 1000, 2000, 60_000, 4000, 120_000]);
    }

    #[test]
    fn only_an_orderly_close_after_a_long_life_is_no_reason_to_wait() {
        assert_eq!(waits(&[(Failure::Closed, LONG)]), [0]);
        assert_eq!(waits(&[(Failure::Closed, LONG - SHORT)]), [500]);
        assert_eq!(waits(&[(Failure::Network, LONG)]), [500]);
        assert_eq!(waits(&[(Failure::Refused, LONG)]), [60_000]);
    }

    #[test]
    fn a_good_connection_makes_the_next_failure_the_first() {
        let (bad, good) = ((Failure::Network, SHORT), (Failure::Network, GOOD_AFTER));
        assert_eq!(waits(&[bad, bad, good, bad]), [500, 1000, 500, 1000]);
    }

    #[test]
    fn who_is_told_to_slow_down_does() {
        let (_, wait) = Schedule::default().after(Failure::TooOften, SHORT, 0.0);
        assert_eq!(wait, NETWORK_MOST);
    }

    #[test]
    fn chance_takes_at_most_half() {
        let (_, wait) = Schedule::default().after(Failure::Network, SHORT, 0.0);
        assert_eq!(wait, NETWORK_FIRST / 2);
    }
}
