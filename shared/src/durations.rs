//! Durations as people read them.

/// `0:07`, `12:41`, `1:02:33`: whole seconds, rounded down, from ms. For what
/// ticks: the width changes with the digits only.
pub fn clock(ms: u64) -> String {
    let s = ms / 1000;
    let (hours, minutes, seconds) = (s / 3600, s / 60 % 60, s % 60);
    match hours {
        0 => format!("{minutes}:{seconds:02}"),
        _ => format!("{hours}:{minutes:02}:{seconds:02}"),
    }
}

/// `7 s`, `12 min 41 s`, `1 h 2 min`: the two largest units, rounded down,
/// from ms. For sentences, and for reading aloud.
pub fn words(ms: u64) -> String {
    let s = ms / 1000;
    let (hours, minutes, seconds) = (s / 3600, s / 60 % 60, s % 60);
    match (hours, minutes) {
        (0, 0) => format!("{seconds} s"),
        (0, _) if seconds == 0 => format!("{minutes} min"),
        (0, _) => format!("{minutes} min {seconds} s"),
        (_, 0) => format!("{hours} h"),
        _ => format!("{hours} h {minutes} min"),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn durations_are_rounded_down() {
        for (ms, on_a_clock, in_words) in [
            (0, "0:00", "0 s"),
            (7_999, "0:07", "7 s"),
            (60_000, "1:00", "1 min"),
            (761_000, "12:41", "12 min 41 s"),
            (3_600_000, "1:00:00", "1 h"),
            (3_753_999, "1:02:33", "1 h 2 min"),
        ] {
            assert_eq!((clock(ms).as_str(), words(ms).as_str()), (on_a_clock, in_words));
        }
        assert!(clock(u64::MAX).ends_with(":25:51"));
    }
}
