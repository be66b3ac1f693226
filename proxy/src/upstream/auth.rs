//! How the token is sent. The playbook does not say, so it is a setting.

use std::fmt;
use std::str::FromStr;

use axum::http::header::{AUTHORIZATION, SEC_WEBSOCKET_PROTOCOL};
use axum::http::{HeaderName, HeaderValue};
use tokio_tungstenite::tungstenite::client::IntoClientRequest;
use tokio_tungstenite::tungstenite::handshake::client::Request;

use super::ConnectError;
use crate::secret::Secret;

/// The setting `upstream-auth`.
#[derive(Clone, Debug, Default, Eq, PartialEq)]
pub enum UpstreamAuth {
    /// `Authorization: Bearer <token>`: the best guess.
    #[default]
    Bearer,
    /// `NAME: <token>`.
    Header(HeaderName),
    /// `?NAME=<token>`.
    Query(String),
    /// `Sec-WebSocket-Protocol: <token>`.
    Subprotocol,
    /// The first text frame, with `{token}` where the token goes.
    FirstMessage(String),
}

impl FromStr for UpstreamAuth {
    type Err = String;

    fn from_str(text: &str) -> Result<UpstreamAuth, String> {
        const FORMS: &str =
            "must be bearer, header:NAME, query:NAME, subprotocol or first-message:TEMPLATE";
        match text.split_once(':') {
            None if text == "bearer" => Ok(UpstreamAuth::Bearer),
            None if text == "subprotocol" => Ok(UpstreamAuth::Subprotocol),
            Some(("header", name)) => name
                .parse()
                .map(UpstreamAuth::Header)
                .map_err(|_| format!("`{name}` is not the name of a header")),
            Some(("query", name)) if is_plain(name) => Ok(UpstreamAuth::Query(name.to_owned())),
            Some(("query", name)) => Err(format!("`{name}` is not a plain parameter name")),
            Some(("first-message", template)) if template.contains("{token}") => {
                Ok(UpstreamAuth::FirstMessage(template.to_owned()))
            }
            Some(("first-message", _)) => Err("the template must contain {token}".to_owned()),
            _ => Err(FORMS.to_owned()),
        }
    }
}

/// As it is written in the settings.
impl fmt::Display for UpstreamAuth {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            UpstreamAuth::Bearer => f.write_str("bearer"),
            UpstreamAuth::Header(name) => write!(f, "header:{name}"),
            UpstreamAuth::Query(name) => write!(f, "query:{name}"),
            UpstreamAuth::Subprotocol => f.write_str("subprotocol"),
            UpstreamAuth::FirstMessage(template) => write!(f, "first-message:{template}"),
        }
    }
}

fn is_plain(name: &str) -> bool {
    let plain = |byte: u8| byte.is_ascii_alphanumeric() || matches!(byte, b'_' | b'-' | b'.');
    !name.is_empty() && name.bytes().all(plain)
}

/// The request that opens a stream at `url`, with the token where `auth` says.
pub(super) fn request(
    url: &str,
    auth: &UpstreamAuth,
    token: &Secret,
) -> Result<Request, ConnectError> {
    let token = token.expose();
    let header = |value: String| {
        let mut value = HeaderValue::try_from(value).map_err(|_| ConnectError::TokenForm)?;
        // Kept out of any debug print of the request.
        value.set_sensitive(true);
        Ok::<_, ConnectError>(value)
    };
    let url = match auth {
        UpstreamAuth::Query(name) => format!("{url}?{name}={}", percent_encoded(token)),
        _ => url.to_owned(),
    };
    let mut request = url.into_client_request().map_err(|_| ConnectError::Url)?;
    let headers = request.headers_mut();
    match auth {
        UpstreamAuth::Bearer => {
            headers.insert(AUTHORIZATION, header(format!("Bearer {token}"))?);
        }
        UpstreamAuth::Header(name) => {
            headers.insert(name.clone(), header(token.to_owned())?);
        }
        UpstreamAuth::Subprotocol => {
            headers.insert(SEC_WEBSOCKET_PROTOCOL, header(token.to_owned())?);
        }
        UpstreamAuth::Query(_) | UpstreamAuth::FirstMessage(_) => (),
    }
    Ok(request)
}

/// The first frame to send, if the token goes there.
pub(super) fn first_message(auth: &UpstreamAuth, token: &Secret) -> Option<String> {
    match auth {
        UpstreamAuth::FirstMessage(template) => Some(template.replace("{token}", token.expose())),
        _ => None,
    }
}

/// `text` with every byte escaped that is not unreserved in RFC 3986.
fn percent_encoded(text: &str) -> String {
    let unreserved = |byte: u8| byte.is_ascii_alphanumeric() || b"-._~".contains(&byte);
    text.bytes()
        .map(|byte| match byte {
            byte if unreserved(byte) => char::from(byte).to_string(),
            byte => format!("%{byte:02X}"),
        })
        .collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    const URL: &str = "ws://127.0.0.1:9/calls";

    /// Has signs that the handshake's random key, which is in base64, cannot have.
    const TOKEN: &str = "a.token/of-ours";

    #[track_caller]
    fn sent(auth: &str) -> Request {
        request(URL, &auth.parse().unwrap(), &Secret::new(TOKEN)).unwrap()
    }

    #[test]
    fn the_token_goes_where_the_setting_says() {
        assert_eq!(sent("bearer").headers()["authorization"], format!("Bearer {TOKEN}"));
        assert_eq!(sent("header:X-Key").headers()["x-key"], TOKEN);
        assert_eq!(sent("query:token").uri().query(), Some("token=a.token%2Fof-ours"));
        assert_eq!(sent("subprotocol").headers()["sec-websocket-protocol"], TOKEN);
        let auth = "first-message:{\"auth\":\"{token}\"}".parse().unwrap();
        let first = first_message(&auth, &Secret::new("t"));
        assert_eq!(first.as_deref(), Some("{\"auth\":\"t\"}"));
    }

    #[test]
    fn a_request_does_not_print_the_token() {
        let bearer = format!("{:?}", sent("bearer"));
        assert!(!bearer.contains(TOKEN), "{bearer}");
    }

    #[test]
    fn a_setting_is_written_as_it_is_read() {
        for text in ["bearer", "header:x-key", "query:t", "subprotocol", "first-message:{token}"] {
            assert_eq!(text.parse::<UpstreamAuth>().unwrap().to_string(), text);
        }
    }

    #[test]
    fn a_wrong_form_says_what_is_right() {
        let refused = |text: &str| text.parse::<UpstreamAuth>().unwrap_err();
        assert!(refused("basic").starts_with("must be bearer"));
        assert!(refused("header:a b").contains("not the name of a header"));
        assert!(refused("first-message:hello").contains("{token}"));
        assert!(refused("query:a&b").contains("not a plain"));
    }
}
