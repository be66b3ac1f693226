//! Times of day as they are shown, in the browser's zone.

use callboard_shared::UnixMs;
use js_sys::Date;

fn date_of(at: UnixMs) -> Date {
    Date::new(&(at.0 as f64).into())
}

/// `n` in two digits.
fn two(to: &mut String, n: u32) {
    if n < 10 {
        to.push('0');
    }
    to.push_str(&n.to_string());
}

/// `09:05`.
pub(crate) fn hours_minutes(at: UnixMs) -> String {
    let (date, mut text) = (date_of(at), String::with_capacity(8));
    two(&mut text, date.get_hours());
    text.push(':');
    two(&mut text, date.get_minutes());
    text
}

/// `09:05:07`.
pub(crate) fn time_of_day(at: UnixMs) -> String {
    let mut text = hours_minutes(at);
    text.push(':');
    two(&mut text, date_of(at).get_seconds());
    text
}

/// `2026-11-22`, in the browser's zone.
#[cfg(feature = "desk")]
pub(crate) fn date(at: UnixMs) -> String {
    iso(&date_of(at))
}

#[cfg(feature = "desk")]
fn iso(date: &Date) -> String {
    let (month, day) = (date.get_month() + 1, date.get_date());
    format!("{:04}-{month:02}-{day:02}", date.get_full_year())
}

/// The date so many days before another.
#[cfg(feature = "desk")]
pub(crate) fn days_before(date: &str, days: i32) -> String {
    // At noon, so that no change of the clock leads into another day.
    let noon = Date::new(&format!("{date}T12:00:00").into());
    let ms = noon.get_time() - f64::from(days) * 86_400_000.0;
    if ms.is_nan() { date.to_owned() } else { iso(&Date::new(&ms.into())) }
}

/// Where a date begins or ends, as epoch milliseconds.
#[cfg(feature = "desk")]
pub(crate) fn day_bound(date: &str, end: bool) -> String {
    let midnight = Date::new(&format!("{date}T00:00:00").into());
    if end {
        midnight.set_date(midnight.get_date() + 1);
    }
    let ms = midnight.get_time();
    if ms.is_nan() { date.to_owned() } else { format!("{ms:.0}") }
}

/// A time of today, else with its date, as the language has it.
#[cfg(feature = "desk")]
pub(crate) fn moment(at: UnixMs) -> String {
    let time = time_of_day(at);
    let today = crate::clock::now().is_some_and(|now| date(now) == date(at));
    if today {
        return time;
    }
    let short = crate::desk::short_date();
    let day = date_of(at).to_locale_date_string(crate::text::lang().tag(), &short);
    format!("{} {time}", String::from(day))
}
