//! Hours of each day, as `08:00-17:00` or across midnight.

use callboard_shared::UnixMs;
use jiff::civil::Time;

use super::Days;

/// From one time of the day to another, on the wall of a time zone.
#[derive(Clone, Copy, Debug, Eq, PartialEq)]
pub struct Hours {
    from: Time,
    to: Time,
}

impl Hours {
    /// Reads `08:00-17:00`; `22:00-07:00` goes across midnight. `None`: these
    /// are no hours.
    pub fn new(text: &str) -> Option<Hours> {
        let (from, to) = text.split_once('-')?;
        let (from, to) = (super::time(from.trim())?, super::time(to.trim())?);
        (from != to).then_some(Hours { from, to })
    }

    /// Since when they last, if `at` lies in them.
    pub fn since(&self, days: &Days, at: UnixMs) -> Option<UnixMs> {
        let civil = days.civil(at)?;
        let (time, date) = (civil.time(), civil.date());
        let begun_today = time >= self.from;
        let is_within = match self.from < self.to {
            true => begun_today && time < self.to,
            false => begun_today || time < self.to,
        };
        let date = if begun_today { date } else { date.yesterday().ok()? };
        let since = is_within.then(|| days.instant(date.to_datetime(self.from))).flatten();
        // When clocks change, they may show the beginning twice.
        since.map(|since| since.min(at))
    }
}

#[cfg(test)]
mod tests {
    use jiff::Timestamp;

    use super::*;

    fn at(text: &str) -> UnixMs {
        UnixMs(text.parse::<Timestamp>().unwrap().as_millisecond())
    }

    #[test]
    fn hours_may_go_across_midnight() {
        let days = Days::new("Europe/Stockholm", "04:00").unwrap();
        let (day, night) = ("08:00-17:00", "22:00-07:00");
        for (hours, now, since) in [
            (day, "2026-11-22T06:59:59Z", None),
            (day, "2026-11-22T07:00:00Z", Some("2026-11-22T07:00:00Z")),
            (day, "2026-11-22T15:59:59Z", Some("2026-11-22T07:00:00Z")),
            (day, "2026-11-22T16:00:00Z", None),
            (night, "2026-11-22T20:59:59Z", None),
            (night, "2026-11-22T21:00:00Z", Some("2026-11-22T21:00:00Z")),
            (night, "2026-11-23T05:59:59Z", Some("2026-11-22T21:00:00Z")),
            (night, "2026-11-23T06:00:00Z", None),
            // Clocks go back at 03:00.
            (night, "2026-10-25T02:00:00Z", Some("2026-10-24T20:00:00Z")),
            ("00:00 - 23:59", "2026-11-22T12:00:00Z", Some("2026-11-21T23:00:00Z")),
        ] {
            let hours = Hours::new(hours).unwrap();
            assert_eq!(hours.since(&days, at(now)), since.map(at), "{hours:?} {now}");
        }
    }

    #[test]
    fn what_are_no_hours_is_refused() {
        for text in ["", "08:00", "8-17", "08:00-24:00", "08:00-08:00", "08:00–17:00", "a-b"] {
            assert_eq!(Hours::new(text), None, "{text}");
        }
    }
}
