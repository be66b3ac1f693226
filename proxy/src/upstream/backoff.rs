//! How long to wait before the next attempt. Pure: chance comes in.

use std::time::Duration;

/// The first wait after a network error.
const NETWORK_FIRST: Duration = Duration::from_millis(500);
/// The longest wait after a network error.
const NETWORK_MOST: Duration = Duration::from_secs(30);
/// The first wait after a refused token. The upstream may block a customer
/// who hammers it.
const REFUSED_FIRST: Duration = Duration::from_secs(60);
/// The longest wait after a refused token.
const REFUSED_MOST: Duration = Duration::from_secs(15 * 60);

/// The wait before attempt `failures + 1` after a network error: doubling,
/// and of that a random part between half and whole (`chance` 0 to 1), so
/// that three streams do not knock at the same moment.
pub(super) fn after_network_error(failures: u32, chance: f64) -> Duration {
    doubled(NETWORK_FIRST, NETWORK_MOST, failures).mul_f64(0.5 + chance.clamp(0.0, 1.0) / 2.0)
}

/// The wait after the token was refused for the `failures`-th time.
pub(super) fn after_refusal(failures: u32) -> Duration {
    doubled(REFUSED_FIRST, REFUSED_MOST, failures)
}

fn doubled(first: Duration, most: Duration, failures: u32) -> Duration {
    let factor = 1_u32.checked_shl(failures.saturating_sub(1)).unwrap_or(u32::MAX);
    first.checked_mul(factor).map_or(most, |wait| wait.min(most))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn waits_double_up_to_a_limit() {
        let waits = |f: fn(u32) -> Duration| [1, 2, 3, 7, 40, u32::MAX].map(f);
        let ms = Duration::from_millis;
        assert_eq!(
            waits(|n| after_network_error(n, 1.0)),
            [ms(500), ms(1000), ms(2000), ms(30_000), ms(30_000), ms(30_000)]
        );
        let s = Duration::from_secs;
        assert_eq!(waits(after_refusal), [s(60), s(120), s(240), s(900), s(900), s(900)]);
    }

    #[test]
    fn chance_takes_at_most_half() {
        assert_eq!(after_network_error(1, 0.0), Duration::from_millis(250));
    }
}
