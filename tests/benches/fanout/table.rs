//! The table: a figure, its target, and whether it is met.

use std::time::Duration;

/// Prints a line without a target.
pub(crate) fn row(name: &str, value: &str) {
    println!("  {name:<62} {value:>16}");
}

/// Prints a line with a target that the figure should not exceed.
pub(crate) fn target(name: &str, value: f64, unit: &str, most: f64) {
    let sign = if value <= most { '✓' } else { '✗' };
    let value = format!("{value:.2} {unit}");
    println!("{sign} {name:<62} {value:>16}   at most {most} {unit}");
}

/// Microseconds.
pub(crate) fn us(time: Duration) -> String {
    format!("{:.2} µs", time.as_secs_f64() * 1e6)
}

/// Milliseconds.
pub(crate) fn ms(time: Duration) -> f64 {
    time.as_secs_f64() * 1e3
}

/// Kibibytes.
pub(crate) fn kib(bytes: i64) -> f64 {
    bytes as f64 / 1024.0
}
