//! The token, and the ways in which a request may carry it.

use std::fmt;

use axum::http::{HeaderMap, HeaderValue, header};
use zeroize::Zeroizing;

/// The secret that every request must carry.
///
/// Cannot be printed: its `Debug` form is a placeholder.
#[derive(Clone)]
pub struct Token(Zeroizing<String>);

impl Token {
    /// Takes `secret` as the token.
    pub fn new(secret: impl Into<String>) -> Self {
        Token(Zeroizing::new(secret.into()))
    }

    /// Whether `candidate` is the token. The empty token is equal to nothing.
    fn is(&self, candidate: &str) -> bool {
        !self.0.is_empty() && *self.0 == candidate
    }
}

impl fmt::Debug for Token {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("Token(…)")
    }
}

/// How a request proved that it has the token.
///
/// Not `Debug`: the subprotocol is the token.
pub(super) enum Proof {
    /// In `Authorization`, with or without `Bearer`, or as `?token=`.
    Plain,
    /// As a WebSocket subprotocol, which the answer has to name.
    Subprotocol(HeaderValue),
}

/// Looks for the token in each place where the real upstream might want it.
pub(super) fn find(token: &Token, headers: &HeaderMap, query: Option<&str>) -> Option<Proof> {
    let authorization = headers.get(header::AUTHORIZATION).and_then(|value| value.to_str().ok());
    if let Some(value) = authorization
        && (token.is(value) || bearer(value).is_some_and(|value| token.is(value)))
    {
        return Some(Proof::Plain);
    }
    if query.is_some_and(|query| token.is(query)) {
        return Some(Proof::Plain);
    }
    headers
        .get_all(header::SEC_WEBSOCKET_PROTOCOL)
        .iter()
        .filter_map(|value| value.to_str().ok())
        .flat_map(|value| value.split(','))
        .map(str::trim)
        .find(|offered| token.is(offered))
        .and_then(|offered| HeaderValue::from_str(offered).ok())
        .map(Proof::Subprotocol)
}

fn bearer(authorization: &str) -> Option<&str> {
    let (scheme, rest) = authorization.split_once(' ')?;
    scheme.eq_ignore_ascii_case("bearer").then(|| rest.trim_start())
}
