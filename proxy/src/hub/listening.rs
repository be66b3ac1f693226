//! Since when a call would have been heard, and is expected: what silence is
//! counted from.

use callboard_shared::UnixMs;

use crate::days::{Days, Hours};

/// Streams that were away for less have missed no call to speak of: silence
/// goes on, in ms.
const MISSED_NOTHING_MS: u64 = 60_000;

/// Since when the streams are live, but for moments.
#[derive(Debug, Default)]
pub(super) struct Listening {
    since: Option<UnixMs>,
    last: UnixMs,
}

impl Listening {
    /// Notes that they are live now; since when silence may count, within
    /// `hours` if there are any.
    pub(super) fn note(
        &mut self,
        now: UnixMs,
        hours: Option<&Hours>,
        days: &Days,
    ) -> Option<UnixMs> {
        let lasts = now.since_ms(self.last) < MISSED_NOTHING_MS;
        let heard = self.since.filter(|_| lasts).unwrap_or(now);
        (self.since, self.last) = (Some(heard), now);
        match hours {
            Some(hours) => hours.since(days, now).map(|since| since.max(heard)),
            None => Some(heard),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_moment_without_streams_does_not_end_a_silence() {
        let at = |s: u64| UnixMs(1_795_337_000_000).plus_ms(s * 1000);
        let (mut listening, days) = (Listening::default(), Days::default());
        assert_eq!(listening.note(at(0), None, &days), Some(at(0)));
        assert_eq!(listening.note(at(1), None, &days), Some(at(0)));
        assert_eq!(listening.note(at(60), None, &days), Some(at(0)));
        assert_eq!(listening.note(at(120), None, &days), Some(at(120)));
    }

    #[test]
    fn outside_of_the_hours_no_call_is_expected() {
        // 2026-11-22T07:30:00Z, half past eight in Stockholm.
        let at = |min: u64| UnixMs(1_795_332_600_000).plus_ms(min * 60_000);
        let days = Days::new("Europe/Stockholm", "00:00").unwrap();
        let hours = Hours::new("09:00-17:00").unwrap();
        let mut listening = Listening::default();
        let mut note = |min| {
            let mut since = None;
            for second in 0..60 {
                since = listening.note(at(min).plus_ms(second * 1000), Some(&hours), &days);
            }
            since
        };
        assert_eq!(note(0), None);
        assert_eq!(note(29), None);
        // Heard since the beginning of this minute, which is the hours' own.
        assert_eq!(note(30), Some(at(30)));
        assert_eq!(note(31), Some(at(30)));
    }
}
