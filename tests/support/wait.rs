//! Waiting for values, never for time.

use std::fmt::Debug;
use std::time::Duration;

use tokio::time::{Instant, sleep};

/// How long a value may take to come. Far more than it does, so that a busy
/// machine fails no test: 20 s were not enough for one that built something
/// beside a crowd of 500 viewers.
pub const DEADLINE: Duration = Duration::from_secs(90);
/// Between two looks.
const LOOK_EVERY: Duration = Duration::from_millis(25);

/// Looks until the value is the one that is waited for, and returns it.
///
/// # Panics
///
/// When it has not come within [`DEADLINE`]; the message has the last value.
pub async fn until<T: Debug>(
    what: &str,
    mut look: impl AsyncFnMut() -> T,
    is_it: impl Fn(&T) -> bool,
) -> T {
    let begun = Instant::now();
    loop {
        let value = look().await;
        if is_it(&value) {
            return value;
        }
        let waited = begun.elapsed();
        assert!(waited < DEADLINE, "{what}: not within {waited:.0?}; it is {value:?}");
        sleep(LOOK_EVERY).await;
    }
}

/// Looks for as long as `during`, at a value that must not change meanwhile.
///
/// # Panics
///
/// When it does change.
pub async fn stays<T: Debug + PartialEq>(
    what: &str,
    during: Duration,
    expected: T,
    mut look: impl AsyncFnMut() -> T,
) {
    let begun = Instant::now();
    while begun.elapsed() < during {
        assert_eq!(look().await, expected, "{what}");
        sleep(LOOK_EVERY).await;
    }
}
