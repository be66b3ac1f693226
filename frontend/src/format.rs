//! Times of day as they are shown: in the zone in which the centre counts its
//! days. A television may be set to another one, and a supervisor be abroad.

use std::cell::RefCell;

use callboard_shared::UnixMs;
use js_sys::{Date, JSON};
use wasm_bindgen::JsValue;
use wasm_bindgen::prelude::wasm_bindgen;

/// The language whose short form is `2026-11-22 10:05:07`.
const SORTABLE: &str = "sv-SE";

#[wasm_bindgen]
extern "C" {
    #[wasm_bindgen(js_namespace = Intl, js_name = DateTimeFormat)]
    type Calendar;

    #[wasm_bindgen(catch, constructor, js_namespace = Intl, js_class = "DateTimeFormat")]
    fn new(language: &str, options: &JsValue) -> Result<Calendar, JsValue>;

    #[wasm_bindgen(method)]
    fn format(this: &Calendar, ms: f64) -> String;
}

thread_local! {
    /// The zone's name, and its calendar once it was asked.
    static ZONE: RefCell<(String, Option<Calendar>)> = RefCell::default();
}

/// Times are shown as in this zone from now on.
pub(crate) fn in_zone(name: &str) {
    ZONE.with_borrow_mut(|zone| {
        if zone.0 != name {
            *zone = (name.to_owned(), None);
        }
    });
}

/// A calendar of the zone with this name; the browser's own where there is no
/// name, or one that the browser does not know.
fn calendar(zone: &str) -> Option<Calendar> {
    let make = |zone: &[&str]| {
        let options = [r#"{"dateStyle":"short","timeStyle":"medium""#, &*zone.concat(), "}"];
        Calendar::new(SORTABLE, &JSON::parse(&options.concat()).ok()?).ok()
    };
    let named = || make(&[r#","timeZone":""#, zone, r#"""#]);
    if zone.is_empty() { None } else { named() }.or_else(|| make(&[]))
}

/// `2026-11-22 10:05:07`.
fn written(ms: f64) -> String {
    ZONE.with_borrow_mut(|(name, known)| {
        if known.is_none() {
            *known = calendar(name);
        }
        known.as_ref().map_or_else(String::new, |calendar| calendar.format(ms))
    })
}

/// From one place of that to another.
fn part(at: UnixMs, from: usize, to: usize) -> String {
    written(at.0 as f64).get(from..to).unwrap_or_default().to_owned()
}

/// `09:05`.
pub(crate) fn hours_minutes(at: UnixMs) -> String {
    part(at, 11, 16)
}

/// `09:05:07`.
pub(crate) fn time_of_day(at: UnixMs) -> String {
    part(at, 11, 19)
}

/// `2026-11-22 09:05:07`.
pub(crate) fn date_and_time(at: UnixMs) -> String {
    part(at, 0, 19)
}

/// `2026-11-22`.
#[cfg(feature = "desk")]
pub(crate) fn date(at: UnixMs) -> String {
    part(at, 0, 10)
}

/// A time of day in UTC, as epoch milliseconds; NaN where it is none.
fn in_utc(date: &str, time: &str) -> f64 {
    Date::parse(&[date, "T", time, "Z"].concat())
}

/// How far the zone is ahead of UTC at a whole second, in ms.
fn ahead(ms: f64) -> f64 {
    let written = written(ms);
    let (date, time) = written.split_once(' ').unwrap_or_default();
    in_utc(date, time) - ms
}

/// The place that the zone is named for, where its clocks are not those around
/// the browser.
pub(crate) fn elsewhere(at: UnixMs) -> Option<String> {
    let ms = (at.0 / 1000 * 1000) as f64;
    let around = -60_000.0 * Date::new(&ms.into()).get_timezone_offset();
    let name = ZONE.with_borrow(|(name, _)| name.rsplit('/').next().map(|it| it.replace('_', " ")));
    name.filter(|name| !name.is_empty() && (ahead(ms) - around).abs() >= 60_000.0)
}

/// The date so many days before another.
#[cfg(feature = "desk")]
pub(crate) fn days_before(date: &str, days: i32) -> String {
    let ms = in_utc(date, "12:00:00") - f64::from(days) * 86_400_000.0;
    if ms.is_nan() {
        return date.to_owned();
    }
    let written = String::from(Date::new(&ms.into()).to_iso_string());
    written.get(..10).unwrap_or(date).to_owned()
}

/// Where a date begins or ends, as epoch milliseconds.
#[cfg(feature = "desk")]
pub(crate) fn day_bound(date: &str, end: bool) -> String {
    let day = if end { days_before(date, -1) } else { date.to_owned() };
    let shown = in_utc(&day, "00:00:00");
    if shown.is_nan() {
        return date.to_owned();
    }
    // Asked twice, as the clocks may be changed between the first guess and the
    // place.
    format!("{:.0}", shown - ahead(shown - ahead(shown)))
}

/// A time of today, else with its date, as the language has it.
#[cfg(feature = "desk")]
pub(crate) fn moment(at: UnixMs) -> String {
    let (day, time) = (date(at), time_of_day(at));
    if crate::clock::now().is_some_and(|now| date(now) == day) {
        return time;
    }
    let noon = Date::new(&in_utc(&day, "12:00:00").into());
    let options = crate::desk::short_date();
    let day = noon.to_locale_date_string(crate::text::lang().tag(), &options);
    format!("{} {time}", String::from(day))
}
