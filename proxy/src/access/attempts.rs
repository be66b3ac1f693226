//! Wrong keys, counted by address, so that keys cannot be tried out.

use std::collections::HashMap;
use std::net::IpAddr;
use std::sync::{Mutex, PoisonError};
use std::time::Duration;

use tokio::time::Instant;

use crate::source::Source;

/// So many wrong keys are forgiven from one address in [`WITHIN`].
const FORGIVEN: u32 = 20;
/// A minute.
const WITHIN: Duration = Duration::from_secs(60);
/// Addresses remembered. Who has more of them can try more, but fills no memory.
const ADDRESSES: usize = 10_000;

/// Counts them.
#[derive(Debug, Default)]
pub(super) struct Attempts(Mutex<HashMap<Source, (Instant, u32)>>);

impl Attempts {
    /// Counts a wrong key.
    pub(super) fn note(&self, address: IpAddr) {
        let mut attempts = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        if attempts.len() >= ADDRESSES {
            attempts.retain(|_, (begun, _)| begun.elapsed() < WITHIN);
        }
        if attempts.len() >= ADDRESSES {
            attempts.clear();
        }
        let now = Instant::now();
        let (begun, count) = attempts.entry(address.into()).or_insert((now, 0));
        if now - *begun >= WITHIN {
            (*begun, *count) = (now, 0);
        }
        *count += 1;
    }

    /// Whether nothing is looked at any longer that comes from there.
    pub(super) fn are_too_many(&self, address: IpAddr) -> bool {
        let attempts = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        let too_many =
            |(begun, count): &(Instant, u32)| *count > FORGIVEN && begun.elapsed() < WITHIN;
        attempts.get(&address.into()).is_some_and(too_many)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[tokio::test(start_paused = true)]
    async fn wrong_keys_are_forgiven_after_a_while() {
        let attempts = Attempts::default();
        let (one, other) = (IpAddr::from([192, 0, 2, 1]), IpAddr::from([192, 0, 2, 2]));
        for _ in 0..=FORGIVEN {
            assert!(!attempts.are_too_many(one));
            attempts.note(one);
        }
        assert!(attempts.are_too_many(one));
        assert!(!attempts.are_too_many(other));
        // Another address of the same IPv6 network is no other guesser.
        let [first, next] = ["2001:db8::1", "2001:db8::2"].map(|text| text.parse().unwrap());
        (0..=FORGIVEN).for_each(|_| attempts.note(first));
        assert!(attempts.are_too_many(next));
        tokio::time::advance(WITHIN).await;
        assert!(!attempts.are_too_many(one));
    }
}
