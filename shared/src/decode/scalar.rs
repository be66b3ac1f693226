//! What each kind of value accepts: the documented form, and every other form
//! that can only mean the same.

use super::{IS_FOREIGN, IssueKind};
use crate::text::Text;
use crate::time::UnixMs;

/// A JSON value that is not a list or an object.
#[derive(Clone, Copy, Debug)]
pub(super) enum Scalar<'a> {
    Bool(bool),
    Int(i64),
    Float(f64),
    Text(&'a str),
}

impl Scalar<'_> {
    /// The value as a number, also out of a text.
    fn number(self) -> Option<f64> {
        match self {
            // Exact up to 2^53, far beyond every count and instant.
            Scalar::Int(n) => Some(n as f64),
            Scalar::Float(n) => Some(n),
            Scalar::Text(text) => foreign::number(text),
            Scalar::Bool(_) => None,
        }
    }
}

/// A value read from a scalar, with what was odd about it.
pub(super) type Read<T> = (Option<T>, Option<IssueKind>);

fn plain<T>(value: T) -> Read<T> {
    (Some(value), None)
}

fn coerced<T>(value: T) -> Read<T> {
    (Some(value), Some(IssueKind::Coerced))
}

fn bad<T>(kind: IssueKind) -> Read<T> {
    (None, Some(kind))
}

/// Flags: 0/1, true/false, and both as text. A large number is an instant
/// where a flag was expected, and means yes.
pub(super) fn flag(scalar: Scalar<'_>) -> Read<bool> {
    match scalar {
        Scalar::Bool(flag) => plain(flag),
        _ if !IS_FOREIGN => bad(IssueKind::WrongType),
        Scalar::Int(0) => plain(false),
        Scalar::Int(1) => plain(true),
        Scalar::Int(n) if n > 0 => coerced(true),
        Scalar::Float(n) if n >= 0.0 => coerced(n > 0.0),
        Scalar::Int(_) | Scalar::Float(_) => bad(IssueKind::OutOfRange),
        Scalar::Text(text) => match text.trim().to_ascii_lowercase().as_str() {
            "" => (None, Some(IssueKind::Coerced)),
            "1" | "true" | "yes" => coerced(true),
            "0" | "false" | "no" => coerced(false),
            _ => bad(IssueKind::WrongType),
        },
    }
}

/// Counts: integers, also as float, text or flag.
pub(super) fn count(scalar: Scalar<'_>) -> Read<u32> {
    match scalar {
        Scalar::Int(n) => match u32::try_from(n) {
            Ok(n) => plain(n),
            Err(_) => bad(IssueKind::OutOfRange),
        },
        _ if !IS_FOREIGN => bad(IssueKind::WrongType),
        Scalar::Bool(flag) => coerced(u32::from(flag)),
        Scalar::Text("") => (None, Some(IssueKind::Coerced)),
        Scalar::Float(_) | Scalar::Text(_) => match scalar.number() {
            Some(n) if (0.0..=f64::from(u32::MAX)).contains(&n) => coerced(n as u32),
            Some(_) => bad(IssueKind::OutOfRange),
            None => bad(IssueKind::WrongType),
        },
    }
}

/// Ids and texts. Ids come as numbers here and as strings there, so a number
/// is no oddity. An empty text is nothing.
pub(super) fn text(scalar: Scalar<'_>) -> Read<Text> {
    match scalar {
        Scalar::Text(text) if IS_FOREIGN && text.trim().is_empty() => (None, None),
        Scalar::Text(text) => plain(Text::read(text)),
        _ if !IS_FOREIGN => bad(IssueKind::WrongType),
        Scalar::Int(n) => plain(n.to_string().into()),
        Scalar::Float(n) => coerced(foreign::text(n).into()),
        Scalar::Bool(_) => bad(IssueKind::WrongType),
    }
}

/// No duration is this long, in s: thirty years.
const LONGEST_S: f64 = 1e9;

/// Seconds to the nearest ms, so that they are written and read the same.
fn whole_ms(seconds: f64) -> f64 {
    (seconds * 1000.0).round() / 1000.0
}

/// Durations in seconds.
pub(super) fn seconds(scalar: Scalar<'_>) -> Read<f64> {
    if !IS_FOREIGN {
        return (scalar.number(), None);
    }
    match (scalar, scalar.number()) {
        (Scalar::Text(text), None) if text.trim().is_empty() => (None, Some(IssueKind::Coerced)),
        (_, None) => bad(IssueKind::WrongType),
        (_, Some(n)) if !(0.0..LONGEST_S).contains(&n) => bad(IssueKind::OutOfRange),
        (Scalar::Text(_), Some(n)) => coerced(whole_ms(n)),
        (_, Some(n)) => plain(whole_ms(n)),
    }
}

/// Smallest epoch value that is taken for milliseconds (in 1973); smaller
/// ones are seconds, and larger than `MICROS_FROM` microseconds.
const MILLIS_FROM: f64 = 1e11;
const MICROS_FROM: f64 = 1e14;

/// Instants: epoch milliseconds, also seconds or microseconds, as number or
/// text, or RFC 3339. Zero, negative and empty mean "not yet".
pub(super) fn instant(scalar: Scalar<'_>) -> Read<UnixMs> {
    if !IS_FOREIGN {
        return (scalar.number().map(|n| UnixMs(n as i64)), None);
    }
    let issue = match scalar {
        Scalar::Bool(_) => return bad(IssueKind::WrongType),
        Scalar::Int(_) => None,
        Scalar::Float(_) | Scalar::Text(_) => Some(IssueKind::Coerced),
    };
    if let (Scalar::Text(text), None) = (scalar, scalar.number()) {
        return match foreign::rfc3339(text) {
            _ if text.trim().is_empty() => (None, issue),
            Some(instant) if (MILLIS_FROM..MICROS_FROM).contains(&(instant.0 as f64)) => {
                (Some(instant), issue)
            }
            Some(_) => bad(IssueKind::OutOfRange),
            None => bad(IssueKind::WrongType),
        };
    }
    match scalar.number() {
        Some(n) if n <= 0.0 => (None, issue),
        Some(n) if n < 1e9 => bad(IssueKind::OutOfRange),
        Some(n) if n < MILLIS_FROM => (Some(UnixMs((n * 1e3) as i64)), Some(IssueKind::Coerced)),
        Some(n) if n < MICROS_FROM => (Some(UnixMs(n as i64)), issue),
        Some(n) if n < 1e17 => (Some(UnixMs((n / 1e3) as i64)), Some(IssueKind::Coerced)),
        Some(_) => bad(IssueKind::OutOfRange),
        None => bad(IssueKind::WrongType),
    }
}

/// Forms that only the upstream could send.
#[cfg(not(target_arch = "wasm32"))]
mod foreign {
    use crate::time::UnixMs;

    pub(super) fn number(text: &str) -> Option<f64> {
        text.trim().parse().ok().filter(|n: &f64| n.is_finite())
    }

    pub(super) fn text(number: f64) -> String {
        number.to_string()
    }

    /// RFC 3339, with a space for the `T` allowed, and UTC where no offset is
    /// given.
    pub(super) fn rfc3339(text: &str) -> Option<UnixMs> {
        let text = text.trim();
        let instant = text.parse::<jiff::Timestamp>().or_else(|_| format!("{text}Z").parse());
        instant.ok().map(|instant| UnixMs(instant.as_millisecond()))
    }
}

/// The page reads what the proxy wrote, which has none of these forms; the
/// tables for them would be a tenth of the page.
#[cfg(target_arch = "wasm32")]
mod foreign {
    use crate::time::UnixMs;

    pub(super) fn number(_: &str) -> Option<f64> {
        None
    }

    pub(super) fn text(_: f64) -> String {
        String::new()
    }

    pub(super) fn rfc3339(_: &str) -> Option<UnixMs> {
        None
    }
}
