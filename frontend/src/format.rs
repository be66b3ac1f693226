//! Numbers and times of day as they are shown.

use callboard_shared::UnixMs;

/// `82 %`, or `N/A` where there is nothing to divide.
pub(crate) fn percent(percent: Option<u32>) -> String {
    percent.map_or_else(|| "N/A".to_owned(), |percent| format!("{percent} %"))
}

/// Time of day, to the second, in the browser's zone.
pub(crate) fn time_of_day(at: UnixMs) -> String {
    let date = js_sys::Date::new(&(at.0 as f64).into());
    format!("{:02}:{:02}:{:02}", date.get_hours(), date.get_minutes(), date.get_seconds())
}
