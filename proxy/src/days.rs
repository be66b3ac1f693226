//! Days as people count them: in a time zone, and from an hour of one's own.

mod hours;

use callboard_shared::UnixMs;
use jiff::civil::{Date, DateTime, Time};
use jiff::tz::TimeZone;
use jiff::{SignedDuration, Timestamp, ToSpan as _};

pub use hours::Hours;

/// An hour, in ms.
const HOUR_MS: u64 = 3_600_000;

/// When a day begins.
#[derive(Clone, Debug, Eq, PartialEq)]
pub struct Days {
    zone: TimeZone,
    start: Time,
}

impl Default for Days {
    /// Calendar days in UTC.
    fn default() -> Days {
        Days { zone: TimeZone::UTC, start: Time::midnight() }
    }
}

impl Days {
    /// Days in the time zone of this IANA name that begin at `start`, a time
    /// as `04:00`. `Err`: which of the two is none.
    pub fn new(zone: &str, start: &str) -> Result<Days, BadDays> {
        let zone = TimeZone::get(zone).map_err(|_| BadDays::Zone)?;
        let start = time(start).ok_or(BadDays::Start)?;
        Ok(Days { zone, start })
    }

    /// IANA name of the zone.
    pub fn zone(&self) -> &str {
        self.zone.iana_name().unwrap_or_default()
    }

    /// The beginning of the day in which `at` lies.
    pub fn start_of(&self, at: UnixMs) -> UnixMs {
        let Some(civil) = self.civil(at) else { return at };
        let today = self.instant(civil.date().to_datetime(self.start));
        match today {
            Some(start) if start > at => {
                let yesterday = civil.date().yesterday().ok();
                yesterday.and_then(|date| self.instant(date.to_datetime(self.start))).unwrap_or(at)
            }
            start => start.unwrap_or(at),
        }
    }

    /// The beginning of the day with this date, as `2026-11-22`.
    pub fn named(&self, date: &str) -> Option<UnixMs> {
        let well_formed = date.len() == 10 && date.is_ascii();
        let date: Date = well_formed.then(|| date.parse().ok()).flatten()?;
        self.instant(date.to_datetime(self.start))
    }

    /// The beginning of the day after the one in which `at` lies: 23 to 25
    /// hours after that one's.
    pub fn next(&self, at: UnixMs) -> UnixMs {
        let start = self.start_of(at);
        let tomorrow = self.civil(start).and_then(|civil| civil.date().tomorrow().ok());
        let next = tomorrow.and_then(|date| self.instant(date.to_datetime(self.start)));
        next.unwrap_or_else(|| start.plus_ms(24 * HOUR_MS))
    }

    /// The end of the interval in which `at` lies, of days that are cut into
    /// intervals of `every_ms` from their beginning.
    ///
    /// Up to an hour long, intervals are of the same length and a day of 25
    /// hours has more of them. Longer ones follow the clock on the wall: a
    /// shift is over at 14:00 on any day.
    pub fn interval_end(&self, at: UnixMs, every_ms: u64) -> UnixMs {
        let (start, next) = (self.start_of(at), self.next(at));
        let mut steps = at.since_ms(start) / every_ms.max(1);
        if every_ms <= HOUR_MS {
            return start.plus_ms((steps + 1) * every_ms).min(next);
        }
        // On the wall `at` may be an hour earlier or later.
        steps = steps.saturating_sub(1);
        loop {
            steps += 1;
            let end = self.on_the_wall(start, steps * every_ms).unwrap_or(next);
            if end > at {
                return end.min(next);
            }
        }
    }

    /// The instant at which clocks show `ms` more than at `start`.
    fn on_the_wall(&self, start: UnixMs, ms: u64) -> Option<UnixMs> {
        let later = SignedDuration::from_millis(i64::try_from(ms).ok()?);
        self.instant(self.civil(start)?.checked_add(later).ok()?)
    }

    fn civil(&self, at: UnixMs) -> Option<DateTime> {
        Some(self.zone.to_datetime(Timestamp::from_millisecond(at.0).ok()?))
    }

    /// The instant of a time on the wall; one that clocks leap over is taken
    /// as if they had not.
    fn instant(&self, at: DateTime) -> Option<UnixMs> {
        Some(UnixMs(self.zone.to_timestamp(at).ok()?.as_millisecond()))
    }

    /// What a clock on the wall shows, as `14:05`.
    pub fn on_clock(&self, at: UnixMs) -> String {
        self.civil(at).map(|civil| civil.strftime("%H:%M").to_string()).unwrap_or_default()
    }

    /// The instant that lies so many days before the day of `at` begins.
    pub fn days_before(&self, at: UnixMs, days: u32) -> UnixMs {
        let start = self.start_of(at);
        let civil =
            self.civil(start).and_then(|civil| civil.checked_sub(i64::from(days).days()).ok());
        civil.and_then(|civil| self.instant(civil)).unwrap_or(UnixMs(0))
    }
}

/// A time of the day as `04:00`.
fn time(text: &str) -> Option<Time> {
    let well_formed = text.len() == 5 && text.as_bytes()[2] == b':';
    well_formed.then(|| text.parse().ok()).flatten()
}

/// Which part of [`Days`] is wrong.
#[derive(Clone, Copy, Debug, Eq, PartialEq)]
pub enum BadDays {
    /// No time zone has this name.
    Zone,
    /// Not a time as `04:00`.
    Start,
}

#[cfg(test)]
mod tests {
    use super::*;

    fn days(start: &str) -> Days {
        Days::new("Europe/Stockholm", start).unwrap()
    }

    fn at(text: &str) -> UnixMs {
        UnixMs(text.parse::<Timestamp>().unwrap().as_millisecond())
    }

    #[test]
    fn a_day_begins_where_the_setting_says() {
        for (start, now, expected) in [
            ("00:00", "2026-11-22T12:00:00Z", "2026-11-21T23:00:00Z"),
            ("00:00", "2026-11-21T23:00:00Z", "2026-11-21T23:00:00Z"),
            ("00:00", "2026-11-21T22:59:59.999Z", "2026-11-20T23:00:00Z"),
            ("00:00", "2026-07-01T21:59:00Z", "2026-06-30T22:00:00Z"),
            ("04:00", "2026-11-22T02:59:00Z", "2026-11-21T03:00:00Z"),
            ("04:00", "2026-11-22T03:00:00Z", "2026-11-22T03:00:00Z"),
        ] {
            assert_eq!(days(start).start_of(at(now)), at(expected), "{start} {now}");
        }
    }

    #[test]
    fn days_have_23_and_25_hours_when_clocks_change() {
        for (noon, hours) in [
            ("2026-03-29T12:00:00Z", 23),
            ("2026-10-25T12:00:00Z", 25),
            ("2026-11-22T12:00:00Z", 24),
        ] {
            let (days, noon) = (days("00:00"), at(noon));
            let length = days.next(noon).since_ms(days.start_of(noon));
            assert_eq!(length, hours * HOUR_MS, "{noon:?}");
        }
        // The day that begins at 04:00 is over before clocks change at 03:00.
        let (days, before) = (days("04:00"), at("2026-10-24T12:00:00Z"));
        assert_eq!(days.next(before).since_ms(days.start_of(before)), 25 * HOUR_MS);
    }

    #[test]
    fn a_start_that_clocks_leap_over_is_an_hour_later() {
        let days = days("02:30");
        assert_eq!(days.start_of(at("2026-03-29T12:00:00Z")), at("2026-03-29T01:30:00Z"));
    }

    #[test]
    fn a_date_names_a_day() {
        let days = days("04:00");
        assert_eq!(days.named("2026-11-22"), Some(at("2026-11-22T03:00:00Z")));
        for wrong in ["2026-02-30", "2026-1-1", "20261122", "2026-W47-7", "today", ""] {
            assert_eq!(days.named(wrong), None, "{wrong}");
        }
    }

    #[test]
    fn every_instant_lies_in_its_day() {
        let days = days("02:30");
        let mut now = at("2026-03-27T00:00:00Z");
        while now < at("2026-03-31T00:00:00Z") {
            let (start, next) = (days.start_of(now), days.next(now));
            assert!(start <= now && now < next, "{now:?}: {start:?} {next:?}");
            assert_eq!(days.start_of(next), next);
            now = now.plus_ms(17 * 60_000);
        }
    }

    /// Lengths of the intervals of the day in which `noon` lies, in minutes.
    fn intervals(noon: &str, every_ms: u64) -> Vec<u64> {
        let (days, noon) = (days("00:00"), at(noon));
        let (mut from, end) = (days.start_of(noon), days.next(noon));
        let mut lengths = Vec::new();
        while from < end {
            let to = days.interval_end(from, every_ms);
            assert_eq!(days.interval_end(UnixMs(to.0 - 1), every_ms), to);
            lengths.push(to.since_ms(from) / 60_000);
            from = to;
        }
        assert_eq!(from, end);
        lengths
    }

    #[test]
    fn intervals_fill_their_day() {
        let quarter = HOUR_MS / 4;
        assert_eq!(intervals("2026-10-25T12:00:00Z", quarter), vec![15; 100]);
        assert_eq!(intervals("2026-03-29T12:00:00Z", quarter), vec![15; 92]);
        assert_eq!(intervals("2026-10-25T12:00:00Z", 8 * HOUR_MS), [540, 480, 480]);
        assert_eq!(intervals("2026-03-29T12:00:00Z", 8 * HOUR_MS), [420, 480, 480]);
        assert_eq!(intervals("2026-10-25T12:00:00Z", 24 * HOUR_MS), [25 * 60]);
        assert_eq!(intervals("2026-03-29T12:00:00Z", 24 * HOUR_MS), [23 * 60]);
    }

    #[test]
    fn what_is_no_zone_and_no_time_is_refused() {
        assert_eq!(Days::new("Europe/Atlantis", "00:00"), Err(BadDays::Zone));
        for start in ["24:00", "4:00", "04:00:00", "noon", "", "åä:ö"] {
            assert_eq!(Days::new("UTC", start), Err(BadDays::Start), "{start}");
        }
    }
}
