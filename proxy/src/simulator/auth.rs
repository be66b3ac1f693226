//! The token, and the ways in which a request may carry it.

use std::fmt;

use axum::extract::Query;
use axum::http::{HeaderMap, HeaderValue, Uri, header};
use zeroize::Zeroizing;

use crate::upstream::UpstreamAuth;

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

    /// Whether the token stands in `text`.
    pub(super) fn is_in(&self, text: &str) -> bool {
        !self.0.is_empty() && text.contains(&**self.0)
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
    /// In a header or in the query.
    Plain,
    /// As a WebSocket subprotocol, which the answer has to name.
    Subprotocol(HeaderValue),
    /// Not yet: the first message will have it.
    Awaited,
}

/// Who is let in to the streams.
#[derive(Clone, Debug)]
pub(crate) struct Gate {
    pub(crate) token: Token,
    /// The one way of sending the token. `None`: any of the ways that need no
    /// setting, as nobody knows which one the real upstream wants.
    pub(crate) only: Option<UpstreamAuth>,
}

impl Gate {
    /// Looks for the token in a request for a stream.
    pub(super) fn find(&self, headers: &HeaderMap, uri: &Uri) -> Option<Proof> {
        let Gate { token, only } = self;
        let plain = |found: bool| found.then_some(Proof::Plain);
        match only {
            None => anywhere(token, headers, uri),
            Some(UpstreamAuth::Bearer) => plain(in_authorization(headers, |value| {
                bearer(value).is_some_and(|value| token.is(value))
            })),
            Some(UpstreamAuth::Header(name)) => {
                let value = headers.get(name).and_then(|value| value.to_str().ok());
                plain(value.is_some_and(|value| token.is(value)))
            }
            Some(UpstreamAuth::Query(name)) => plain(in_query(token, uri, name)),
            Some(UpstreamAuth::Subprotocol) => as_subprotocol(token, headers),
            Some(UpstreamAuth::FirstMessage(_)) => Some(Proof::Awaited),
        }
    }
}

/// Looks for the token in each place where the real upstream might want it.
pub(super) fn anywhere(token: &Token, headers: &HeaderMap, uri: &Uri) -> Option<Proof> {
    let found = in_authorization(headers, |value| {
        token.is(value) || bearer(value).is_some_and(|value| token.is(value))
    });
    if found || in_query(token, uri, "token") {
        return Some(Proof::Plain);
    }
    as_subprotocol(token, headers)
}

fn in_authorization(headers: &HeaderMap, is_it: impl Fn(&str) -> bool) -> bool {
    let value = headers.get(header::AUTHORIZATION).and_then(|value| value.to_str().ok());
    value.is_some_and(is_it)
}

fn in_query(token: &Token, uri: &Uri, name: &str) -> bool {
    let pairs = Query::<Vec<(String, String)>>::try_from_uri(uri);
    pairs.is_ok_and(|Query(pairs)| pairs.iter().any(|(key, value)| key == name && token.is(value)))
}

fn as_subprotocol(token: &Token, headers: &HeaderMap) -> Option<Proof> {
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
