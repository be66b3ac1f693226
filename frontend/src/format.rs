//! Numbers and durations as they are shown.

use callboard_shared::UnixMs;

/// `0:07`, `12:41`, `1:02:33`: whole seconds, rounded down.
pub(crate) fn duration(ms: u64) -> String {
    let s = ms / 1000;
    let (hours, minutes, seconds) = (s / 3600, s / 60 % 60, s % 60);
    match hours {
        0 => format!("{minutes}:{seconds:02}"),
        _ => format!("{hours}:{minutes:02}:{seconds:02}"),
    }
}

/// `82 %`, or `N/A` where there is nothing to divide.
pub(crate) fn percent(percent: Option<u32>) -> String {
    percent.map_or_else(|| "N/A".to_owned(), |percent| format!("{percent} %"))
}

/// Time of day, to the second, in the browser's zone.
pub(crate) fn time_of_day(at: UnixMs) -> String {
    let date = js_sys::Date::new(&(at.0 as f64).into());
    format!("{:02}:{:02}:{:02}", date.get_hours(), date.get_minutes(), date.get_seconds())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn durations_are_rounded_down_to_seconds() {
        for (ms, shown) in
            [(0, "0:00"), (7_999, "0:07"), (761_000, "12:41"), (3_753_000, "1:02:33")]
        {
            assert_eq!(duration(ms), shown);
        }
    }
}
