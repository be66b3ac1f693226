//! What was found, in plain words: nothing that a document or the token says.

use std::collections::{BTreeMap, BTreeSet};

use base64::Engine as _;
use base64::engine::general_purpose::URL_SAFE_NO_PAD;
use callboard_shared::decode::{Decoded, decode};
use callboard_shared::{Document, UnixMs};
use serde::Deserialize;

use super::Outcome;
use crate::secret::Secret;
use crate::upstream::{ConnectError, First, Frame, UpstreamAuth};

pub(super) fn of(outcome: &Outcome) -> String {
    match outcome {
        Outcome::NotOpened(ConnectError::Answer { status }) => {
            format!("not opened, status {status} ({})", status_means(*status))
        }
        Outcome::NotOpened(error) => format!("not opened: {error}"),
        Outcome::Opened(First::Silence) => "opened, and silent".to_owned(),
        Outcome::Opened(First::Closed(code)) => {
            format!("opened, then closed with code {code} ({})", code_means(*code))
        }
        Outcome::Opened(First::Lost(why)) => format!("opened, then {why}"),
        Outcome::Opened(First::Frame(frame)) => of_frame(frame),
    }
}

fn status_means(status: u16) -> &'static str {
    match status {
        300..=399 => "it points elsewhere, where the token is not sent: is `upstream` right?",
        404 | 410 => "there is no such stream: is `upstream` right?",
        426 => "it wants another protocol",
        429 => "too many attempts: wait for some minutes",
        500..=599 => "the upstream is in trouble: try again later",
        _ => "no WebSocket",
    }
}

fn code_means(code: u16) -> &'static str {
    match code {
        1008 | 4400..=4499 => "refused",
        1000 | 1001 => "an ordinary goodbye",
        1005 | 1006 => "without a reason",
        1011..=1013 => "the upstream is in trouble",
        _ => "see its documentation",
    }
}

fn of_frame(frame: &Frame) -> String {
    let kind = if frame.is_text { "text" } else { "binary" };
    let size = frame.bytes.len();
    match decode(&frame.bytes) {
        Ok(decoded) if !decoded.documents.is_empty() => {
            let count = decoded.documents.len();
            let fields = fields(&decoded.documents).join(", ");
            let odd = odd(&decoded);
            format!(
                "opened, and a {kind} frame of {size} bytes came with {count} document(s)\n    \
                 known fields: {fields}\n    odd: {odd}"
            )
        }
        Ok(_) => format!("opened, and a {kind} frame of {size} bytes came without a document"),
        Err(error) => {
            format!("opened, and a {kind} frame of {size} bytes came that is no document: {error}")
        }
    }
}

/// Names of the fields that the documents have, of those that we know.
fn fields(documents: &[Document]) -> Vec<String> {
    let mut names = BTreeSet::new();
    for document in documents {
        // Its own names, not the upstream's: unknown ones are under `extra`.
        let Ok(serde_json::Value::Object(fields)) = serde_json::to_value(document) else {
            continue;
        };
        names.extend(fields.into_iter().map(|(name, _)| name).filter(|name| name != "extra"));
    }
    names.into_iter().collect()
}

fn odd(decoded: &Decoded) -> String {
    let mut kinds = BTreeMap::<_, usize>::new();
    for issue in &decoded.issues {
        *kinds.entry(issue).or_default() += 1;
    }
    if kinds.is_empty() {
        return "nothing".to_owned();
    }
    let one = |(issue, count): (&callboard_shared::decode::FieldIssue, usize)| match count {
        1 => format!("{} ({})", issue.path, issue.kind),
        count => format!("{} ({}, {count} times)", issue.path, issue.kind),
    };
    kinds.into_iter().map(one).collect::<Vec<_>>().join(", ")
}

/// The line for `callboard.toml`.
pub(super) fn setting(way: &UpstreamAuth) -> String {
    let way = way.to_string();
    // In single quotes nothing needs to be escaped.
    let quote = if way.contains('"') && !way.contains('\'') { '\'' } else { '"' };
    let way = if quote == '"' { way.replace('\\', "\\\\").replace('"', "\\\"") } else { way };
    format!("upstream-auth = {quote}{way}{quote}")
}

/// What to do when nothing worked.
pub(super) fn why_none(found: &[(UpstreamAuth, Outcome)]) -> String {
    let refused = |outcome: &Outcome| match outcome {
        Outcome::NotOpened(ConnectError::Refused { .. }) => true,
        Outcome::Opened(First::Closed(code)) => matches!(code, 1008 | 4400..=4499),
        _ => false,
    };
    match found.last() {
        Some((_, Outcome::NotOpened(ConnectError::Answer { status: 429 }))) => {
            "the upstream has had enough; wait for some minutes".to_owned()
        }
        Some((_, last)) if last.ends_it() => match last {
            Outcome::NotOpened(error) => error.to_string(),
            Outcome::Opened(_) => String::new(),
        },
        _ if found.iter().any(|(_, outcome)| refused(outcome)) => {
            "the token is refused; is it a Statistics Token, whole, and still valid?".to_owned()
        }
        _ => "the stream was never open; is `upstream` right?".to_owned(),
    }
}

#[derive(Deserialize)]
struct Claims {
    /// Seconds since 1970.
    exp: f64,
}

/// When the token expires, if it says so itself. Nothing is verified.
pub(super) fn expiry(token: &Secret, now: UnixMs) -> Option<String> {
    let mut parts = token.expose().split('.');
    let claims = match (parts.next(), parts.next(), parts.next(), parts.next()) {
        (Some(_), Some(claims), Some(_), None) => claims,
        _ => return None,
    };
    let claims = URL_SAFE_NO_PAD.decode(claims).ok()?;
    let Claims { exp } = serde_json::from_slice(&claims).ok()?;
    let expires = jiff::Timestamp::from_second(exp as i64).ok()?;
    let days = expires.as_millisecond().saturating_sub(now.0) / 86_400_000;
    Some(if expires.as_millisecond() <= now.0 {
        format!("The token says that it expired at {expires}: make a new one.")
    } else {
        format!("The token says that it expires at {expires}, in {days} days.")
    })
}

#[cfg(test)]
mod tests {
    use axum::body::Bytes;

    use super::*;

    fn frame(text: &'static str) -> Outcome {
        let bytes = Bytes::from_static(text.as_bytes());
        Outcome::Opened(First::Frame(Frame { bytes, is_text: true }))
    }

    #[test]
    fn a_document_is_told_by_its_fields_only() {
        let said = of(&frame(
            r#"{"id_call":"secret-id","active":"1","time":{"start":1700000000000},
                "customer_target":{"number":"46701234567"},"nickname":"Anna","hold":"Anna"}"#,
        ));
        for word in ["1 document(s)", "active", "time", "customer_target", "nickname (unknown"] {
            assert!(said.contains(word), "{word}: {said}");
        }
        for secret in ["secret-id", "4670", "Anna", "17000"] {
            assert!(!said.contains(secret), "{secret}: {said}");
        }
        assert!(frame(r#"{"id_call":"a"}"#).delivers());
        assert!(!frame(r#"{"error":"Anna is not allowed"}"#).delivers());
        assert!(!of(&frame(r#"{"error":"Anna is not allowed"}"#)).contains("Anna"));
    }

    #[test]
    fn the_setting_is_valid_toml() {
        for way in ["bearer", r#"first-message:{"token":"{token}"}"#, r#"first-message:'"\{token}"#]
        {
            let line = setting(&way.parse().unwrap());
            let table: toml::Table = toml::from_str(&line).unwrap();
            assert_eq!(table["upstream-auth"].as_str(), Some(way), "{line}");
        }
    }

    #[test]
    fn a_token_that_says_when_it_expires_is_believed() {
        let token = |claims: &str| {
            let claims = URL_SAFE_NO_PAD.encode(claims);
            Secret::new(&format!("eyJhbGciOiJIUzI1NiJ9.{claims}.c2lnbmF0dXJl"))
        };
        // 22 November 2026, noon.
        let now = UnixMs(1_795_348_800_000);
        let said = expiry(&token(r#"{"exp":1796212800,"name":"Anna"}"#), now).unwrap();
        assert!(said.contains("2026-12-02T12:00:00Z, in 10 days"), "{said}");
        let said = expiry(&token(r#"{"exp":1700000000}"#), now).unwrap();
        assert!(said.contains("expired at 2023-11-14"), "{said}");
        assert_eq!(expiry(&token(r#"{"name":"Anna"}"#), now), None);
        for other in ["plain", "a.b", "a.b.c.d", "a.?.c"] {
            assert_eq!(expiry(&Secret::new(other), now), None);
        }
    }
}
