//! Moves the instants in a document.

use axum::body::Bytes;
use callboard_shared::UnixMs;
use serde_json::Value;

/// An integer this near to the moment at which the frame came is an instant:
/// calls do not last for longer, and telephone numbers are far off.
const NEAR_MS: u64 = 48 * 3_600_000;

/// The frame with all its instants moved by `by` ms, or nothing if it is no
/// JSON. Instants are epoch milliseconds near to `at`, as numbers or as text.
pub(super) fn shifted(frame: &[u8], at: UnixMs, by: i64) -> Option<Bytes> {
    let mut value: Value = serde_json::from_slice(frame).ok()?;
    shift(&mut value, at, by);
    serde_json::to_vec(&value).ok().map(Bytes::from)
}

fn shift(value: &mut Value, at: UnixMs, by: i64) {
    let is_near = |ms: i64| ms.abs_diff(at.0) <= NEAR_MS;
    match value {
        Value::Number(number) => {
            if let Some(ms) = number.as_i64().filter(|ms| is_near(*ms)) {
                *value = Value::from(ms.saturating_add(by));
            }
        }
        Value::String(text) => {
            if let Some(ms) = text.parse().ok().filter(|ms| is_near(*ms)) {
                *value = Value::from(ms.saturating_add(by).to_string());
            }
        }
        Value::Array(values) => values.iter_mut().for_each(|value| shift(value, at, by)),
        Value::Object(fields) => fields.values_mut().for_each(|value| shift(value, at, by)),
        Value::Null | Value::Bool(_) => (),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn instants_are_moved_and_nothing_else() {
        let frame = br#"{"id_call":"1795337000000-x","active":1,"n":46701234567,
            "time":{"start":1795337000000,"end":"1795337004000","iso":"2026"},
            "list":[{"timestamp":1795336000000},34986267549,0,-1,1.5]}"#;
        let moved = shifted(frame, UnixMs(1_795_337_000_500), 1_000).unwrap();
        let moved: Value = serde_json::from_slice(&moved).unwrap();
        let expected = serde_json::json!({
            "id_call": "1795337000000-x", "active": 1, "n": 46_701_234_567_i64,
            "time": { "start": 1_795_337_001_000_i64, "end": "1795337005000", "iso": "2026" },
            "list": [{ "timestamp": 1_795_336_001_000_i64 }, 34_986_267_549_i64, 0, -1, 1.5],
        });
        assert_eq!(moved, expected);
        assert_eq!(shifted(b"no JSON", UnixMs(0), 1), None);
    }
}
