//! The only reader of the wall clock.

use std::time::{SystemTime, UNIX_EPOCH};

use callboard_shared::UnixMs;

/// Now. Before 1970 it is 1970.
pub fn now() -> UnixMs {
    let since = SystemTime::now().duration_since(UNIX_EPOCH).unwrap_or_default();
    UnixMs(i64::try_from(since.as_millis()).unwrap_or(i64::MAX))
}
