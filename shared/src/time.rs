//! Instants, and differences that are never negative.

use serde::{Deserialize, Serialize};

/// Milliseconds since the Unix epoch, in UTC.
#[derive(
    Clone, Copy, Debug, Default, Eq, Hash, Ord, PartialEq, PartialOrd, Serialize, Deserialize,
)]
#[serde(transparent)]
pub struct UnixMs(pub i64);

impl UnixMs {
    /// Time from `earlier` to `self`, in milliseconds.
    ///
    /// Zero when `earlier` lies in the future: the upstream's clock and ours
    /// differ by some hundred milliseconds, and a wait is never negative.
    pub fn since_ms(self, earlier: UnixMs) -> u64 {
        u64::try_from(self.0.saturating_sub(earlier.0)).unwrap_or(0)
    }

    /// The instant `ms` milliseconds later, at most the largest one.
    pub fn plus_ms(self, ms: u64) -> UnixMs {
        UnixMs(self.0.saturating_add(i64::try_from(ms).unwrap_or(i64::MAX)))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_wait_is_never_negative() {
        assert_eq!(UnixMs(5).since_ms(UnixMs(9)), 0);
        assert_eq!(UnixMs(9).since_ms(UnixMs(5)), 4);
        assert_eq!(UnixMs(i64::MAX).since_ms(UnixMs(i64::MIN)), i64::MAX as u64);
    }
}
