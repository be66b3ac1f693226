//! Query parameters: known, given once, and checked.

use std::collections::{BTreeMap, BTreeSet};

use axum::http::StatusCode;
use callboard_shared::audience::{Audience, Scope};
use callboard_shared::figures::metrics::Settings;
use callboard_shared::{QueueKey, UnixMs};
use jiff::Timestamp;

use super::problem::Problem;
use crate::days::Days;

/// Longer values are no values.
const LENGTH: usize = 200;
/// The year 2200.
const LATEST: i64 = 7_258_118_400_000;
const SPAN_MOST_MS: u64 = 32 * 24 * 60 * 60 * 1000;
/// A quarter of an hour, in s.
const INTERVAL_S: u32 = 900;
const DAY_S: u32 = 86_400;
const LIMIT: u32 = 100;
const LIMIT_MOST: u32 = 1_000;

/// The parameters of one request.
#[derive(Debug)]
pub(super) struct Parameters {
    given: BTreeMap<&'static str, String>,
}

impl Parameters {
    /// Takes those that are `known`. An empty one is like none: forms send
    /// them.
    pub(super) fn read(
        pairs: Vec<(String, String)>,
        known: &[&'static str],
    ) -> Result<Parameters, Problem> {
        let mut given = BTreeMap::new();
        for (name, value) in pairs {
            let Some(name) = known.iter().find(|known| **known == name) else {
                let what = "The query has a parameter that there is not here.";
                return Err(Problem::new(StatusCode::BAD_REQUEST, what));
            };
            if value.len() > LENGTH {
                return Err(Problem::parameter(name, "At most 200 bytes."));
            }
            if !value.is_empty() && given.insert(*name, value).is_some() {
                return Err(Problem::parameter(name, "May be given once."));
            }
        }
        Ok(Parameters { given })
    }

    pub(super) fn text(&self, name: &str) -> Option<&str> {
        self.given.get(name).map(String::as_str)
    }

    /// A whole number within limits, which `what` names.
    pub(super) fn number(
        &self,
        name: &'static str,
        limits: std::ops::RangeInclusive<u32>,
        what: &'static str,
    ) -> Result<Option<u32>, Problem> {
        let Some(text) = self.text(name) else { return Ok(None) };
        match text.parse() {
            Ok(number) if limits.contains(&number) => Ok(Some(number)),
            _ => Err(Problem::parameter(name, what)),
        }
    }

    pub(super) fn flag(&self, name: &'static str) -> Result<Option<bool>, Problem> {
        match self.text(name) {
            None => Ok(None),
            Some("true" | "1") => Ok(Some(true)),
            Some("false" | "0") => Ok(Some(false)),
            Some(_) => Err(Problem::parameter(name, "Must be true or false.")),
        }
    }

    /// `from` and `to`; by default today.
    pub(super) fn range(&self, days: &Days, now: UnixMs) -> Result<(UnixMs, UnixMs), Problem> {
        let from = self.instant("from")?.unwrap_or_else(|| days.start_of(now));
        let to = self.instant("to")?.unwrap_or_else(|| days.next(now));
        if from >= to {
            return Err(Problem::parameter("to", "Must be later than `from`."));
        }
        Ok((from, to))
    }

    /// `date`, else `from` and `to`; by default today. At most 32 days: what
    /// needs each call may not ask for all calls there are.
    pub(super) fn span(&self, days: &Days, now: UnixMs) -> Result<(UnixMs, UnixMs), Problem> {
        let Some(date) = self.text("date") else {
            let (from, to) = self.range(days, now)?;
            if to.since_ms(from) > SPAN_MOST_MS {
                return Err(Problem::parameter("to", "Must be at most 32 days after `from`."));
            }
            return Ok((from, to));
        };
        if self.text("from").is_some() || self.text("to").is_some() {
            let what = "Either `date`, or `from` and `to`.";
            return Err(Problem::parameter("date", what));
        }
        let from = days.named(date).filter(|day| (0..=LATEST).contains(&day.0));
        let from = from.ok_or(Problem::parameter("date", "Must be a day, as 2026-11-22."))?;
        Ok((from, days.next(from)))
    }

    /// The queues asked for by this parameter, of those that may be seen.
    pub(super) fn scope(&self, name: &str, audience: &Audience) -> Scope {
        let Some(asked) = self.text(name) else { return audience.scope.clone() };
        let asked: BTreeSet<_> = asked.split(',').map(QueueKey::from).collect();
        Some(asked.into_iter().filter(|queue| audience.sees_queue(queue)).collect())
    }

    /// `interval_s`.
    pub(super) fn interval_s(&self) -> Result<u32, Problem> {
        let what = "Must be 300 to 86400 and a part of a day without a rest, as 900 or 3600.";
        let interval_s = self.number("interval_s", 300..=DAY_S, what)?.unwrap_or(INTERVAL_S);
        let fits = DAY_S.is_multiple_of(interval_s);
        fits.then_some(interval_s).ok_or(Problem::parameter("interval_s", what))
    }

    /// `answer_within_s` and `short_abandon_s`, over those that hold. What is
    /// asked for holds for all, also for queues that have their own.
    pub(super) fn thresholds(&self, mut settings: Settings) -> Result<Settings, Problem> {
        let within = self.number("answer_within_s", 1..=3_600, "Must be 1 to 3600.")?;
        let short = self.number("short_abandon_s", 0..=600, "Must be 0 to 600.")?;
        for own in std::iter::once(&mut settings.all).chain(settings.queues.values_mut()) {
            own.answer_within_s = within.unwrap_or(own.answer_within_s);
            own.short_abandon_s = short.unwrap_or(own.short_abandon_s);
        }
        Ok(settings)
    }

    /// `limit`: 100 unless told, at most 1000.
    pub(super) fn limit(&self) -> Result<usize, Problem> {
        let limit = self.number("limit", 1..=LIMIT_MOST, "Must be 1 to 1000.")?;
        Ok(usize::try_from(limit.unwrap_or(LIMIT)).unwrap_or(usize::MAX))
    }

    pub(super) fn instant(&self, name: &'static str) -> Result<Option<UnixMs>, Problem> {
        let Some(text) = self.text(name) else { return Ok(None) };
        let ms = text.parse::<i64>().ok().or_else(|| {
            // A `+` that nobody escaped has become a space.
            let text = text.replace(' ', "+");
            Some(text.parse::<Timestamp>().ok()?.as_millisecond())
        });
        match ms.filter(|ms| (0..=LATEST).contains(ms)) {
            Some(ms) => Ok(Some(UnixMs(ms))),
            None => {
                let what = "Must be epoch milliseconds or RFC 3339, as 2026-11-22T08:00:00Z.";
                Err(Problem::parameter(name, what))
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn read(query: &str) -> Result<Parameters, Problem> {
        let pairs = query.split('&').filter_map(|pair| pair.split_once('='));
        let pairs = pairs.map(|(name, value)| (name.to_owned(), value.to_owned())).collect();
        Parameters::read(pairs, &["from", "to", "n", "on"])
    }

    #[test]
    fn instants_come_in_two_forms() {
        let range = |query| read(query).unwrap().range(&Days::default(), UnixMs(90_000_000));
        let expected = Ok((UnixMs(1_795_334_400_000), UnixMs(1_795_334_400_001)));
        let in_ms = |range: Result<_, Problem>| range.map_err(|_| ());
        assert_eq!(in_ms(range("from=1795334400000&to=1795334400001")), expected);
        let texts = "from=2026-11-22T08:00:00Z&to=2026-11-22T09:00:00.001 01:00";
        assert_eq!(in_ms(range(texts)), expected);
        let today = Ok((UnixMs(86_400_000), UnixMs(172_800_000)));
        assert_eq!(in_ms(range("")), today);
        assert_eq!(in_ms(range("from=")), today);
        for wrong in
            ["from=5&to=5", "from=yesterday", "to=-1", "from=99999999999999", "to=2026-11-22"]
        {
            assert!(range(wrong).is_err(), "{wrong}");
        }
    }

    #[test]
    fn what_is_unknown_repeated_or_out_of_range_is_refused() {
        assert!(read("x=1").is_err());
        assert!(read("n=1&n=2").is_err());
        assert!(read(&format!("n={}", "9".repeat(300))).is_err());
        let number = |query| read(query).unwrap().number("n", 1..=5, "1 to 5").map_err(|_| ());
        assert_eq!((number("n=5"), number("n=6"), number("n=x")), (Ok(Some(5)), Err(()), Err(())));
        let flag = |query| read(query).unwrap().flag("on").map_err(|_| ());
        assert_eq!(
            (flag("on=1"), flag("on=false"), flag("on=?")),
            (Ok(Some(true)), Ok(Some(false)), Err(()))
        );
    }
}
