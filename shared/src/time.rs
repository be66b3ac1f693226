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

    /// As RFC 3339 has it, in UTC: `2026-11-22T08:00:07.250Z`, for instants of
    /// the years 0 to 9999.
    pub fn rfc3339(self) -> String {
        let (days, ms) = (self.0.div_euclid(86_400_000), self.0.rem_euclid(86_400_000));
        let (year, month, day) = date(days);
        let (s, ms) = (ms / 1000, ms % 1000);
        let (hour, minute, second) = (s / 3600, s / 60 % 60, s % 60);
        format!("{year:04}-{month:02}-{day:02}T{hour:02}:{minute:02}:{second:02}.{ms:03}Z")
    }
}

/// Year, month and day, so many days after the epoch. Years are counted from
/// March, so that the leap day is the last of its year.
fn date(days: i64) -> (i64, i64, i64) {
    let days = days + 719_468;
    let (era, of_era) = (days.div_euclid(146_097), days.rem_euclid(146_097));
    let year = (of_era - of_era / 1_460 + of_era / 36_524 - of_era / 146_096) / 365;
    let of_year = of_era - (365 * year + year / 4 - year / 100);
    let month = (5 * of_year + 2) / 153;
    let day = of_year - (153 * month + 2) / 5 + 1;
    let month = if month < 10 { month + 3 } else { month - 9 };
    (year + era * 400 + i64::from(month <= 2), month, day)
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

    #[test]
    fn instants_are_written_as_other_programs_read_them() {
        for (ms, text) in [
            (0, "1970-01-01T00:00:00.000Z"),
            (951_782_400_123, "2000-02-29T00:00:00.123Z"),
            (1_709_251_199_999, "2024-02-29T23:59:59.999Z"),
            (1_795_392_000_000, "2026-11-23T00:00:00.000Z"),
            (4_107_542_400_000, "2100-03-01T00:00:00.000Z"),
            (-1, "1969-12-31T23:59:59.999Z"),
        ] {
            assert_eq!(UnixMs(ms).rfc3339(), text);
        }
    }
}
