//! Errors as `application/problem+json` (RFC 9457).

use std::ops::RangeInclusive;

use axum::http::header::{CACHE_CONTROL, CONNECTION, CONTENT_TYPE, RETRY_AFTER, WWW_AUTHENTICATE};
use axum::http::{HeaderValue, StatusCode};
use axum::response::{IntoResponse, Response};
use serde::Serialize;

/// Who was turned away for lack of room may come back after so many seconds:
/// not all at the same time, or there would be no room again.
const RETRY_AFTER_S: RangeInclusive<u32> = 5..=15;
/// Who tried too many keys.
const CALM_AFTER_S: &str = "60";

/// An error that a client reads. Its texts say what to do, and hold nothing
/// that the request brought.
#[derive(Debug, Serialize)]
pub struct Problem {
    status: u16,
    title: &'static str,
    detail: &'static str,
    /// The parameter at fault.
    #[serde(skip_serializing_if = "Option::is_none")]
    parameter: Option<&'static str>,
    /// The connection ends with it.
    #[serde(skip)]
    closes: bool,
}

impl Problem {
    /// An error with this status.
    pub fn new(status: StatusCode, detail: &'static str) -> Problem {
        let title = status.canonical_reason().unwrap_or("Error");
        Problem { status: status.as_u16(), title, detail, parameter: None, closes: false }
    }

    /// A parameter with an impossible value.
    pub fn parameter(name: &'static str, detail: &'static str) -> Problem {
        Problem { parameter: Some(name), ..Problem::new(StatusCode::BAD_REQUEST, detail) }
    }

    /// No room at the moment.
    pub fn busy(detail: &'static str) -> Problem {
        Problem::new(StatusCode::SERVICE_UNAVAILABLE, detail)
    }

    /// The same, and the connection's place is free for others.
    pub(super) fn and_close(self) -> Problem {
        Problem { closes: true, ..self }
    }
}

impl IntoResponse for Problem {
    fn into_response(self) -> Response {
        let status = StatusCode::from_u16(self.status).unwrap_or(StatusCode::BAD_REQUEST);
        let headers = [(CONTENT_TYPE, "application/problem+json"), (CACHE_CONTROL, "no-store")];
        let body = serde_json::to_vec(&self).unwrap_or_default();
        let mut response = (status, headers, body).into_response();
        let fixed = HeaderValue::from_static;
        let headers = response.headers_mut();
        match status {
            StatusCode::SERVICE_UNAVAILABLE => {
                let after = rand::random_range(RETRY_AFTER_S);
                headers.insert(RETRY_AFTER, after.into())
            }
            StatusCode::TOO_MANY_REQUESTS => headers.insert(RETRY_AFTER, fixed(CALM_AFTER_S)),
            StatusCode::UNAUTHORIZED => headers.insert(WWW_AUTHENTICATE, fixed("Bearer")),
            _ => None,
        };
        if self.closes {
            headers.insert(CONNECTION, fixed("close"));
        }
        response
    }
}
