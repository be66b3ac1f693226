//! Settings that say where the streams are, and to whom the token may go.

use std::net::IpAddr;

use axum::http::Uri;

use super::check::refuse;
use super::{ConfigError, Settings, TOKEN_VARIABLE};
use crate::secret::Secret;
use crate::upstream::{Upstream, is_this_machine};

/// The vendor's own host, of all three streams.
const VENDOR: &str = "statistics-webhook.telavox.se";

pub(super) fn upstream(
    settings: &Settings,
    variable: Option<Secret>,
) -> Result<Upstream, ConfigError> {
    let hosts = hosts(settings.upstream_hosts.as_deref().unwrap_or_default())?;
    let base = match &settings.upstream {
        Some(url) => base_url(url, &hosts)?,
        None => format!("wss://{VENDOR}"),
    };
    let auth = match settings.upstream_auth.as_deref().unwrap_or("bearer").parse() {
        Ok(auth) => auth,
        Err(why) => return refuse("upstream-auth", why),
    };
    let token = match (variable, &settings.token_file) {
        (Some(_), Some(_)) => {
            return refuse("token-file", format!("{TOKEN_VARIABLE} is set too: give one of them"));
        }
        (Some(token), None) => token,
        (None, Some(path)) => match Secret::from_file(path) {
            Ok(token) => token,
            Err(error) => {
                return refuse("token-file", format!("cannot read {}: {error}", path.display()));
            }
        },
        (None, None) => {
            return refuse(
                "token-file",
                format!(
                    "there is no token: put it into a file and name the file here, set \
                 {TOKEN_VARIABLE}, or look around with --demo"
                ),
            );
        }
    };
    if token.expose().is_empty() {
        return refuse("token-file", "the token is empty");
    }
    Ok(Upstream { base, auth, token })
}

/// Hosts besides the vendor's, in lower case.
fn hosts(names: &[String]) -> Result<Vec<String>, ConfigError> {
    let names: Vec<_> = names.iter().map(|name| name.to_ascii_lowercase()).collect();
    match names.iter().find(|name| !is_name(name)) {
        Some(name) => {
            let why = format!("`{name}` is not a host's name: write it as upstream.example");
            refuse("upstream-hosts", why)
        }
        None => Ok(names),
    }
}

/// A name, and nothing that a resolver takes for an address: `0x7f.1` is one.
fn is_name(text: &str) -> bool {
    let last = text.rsplit('.').next().unwrap_or_default();
    let is_plain = |byte: u8| byte.is_ascii_alphanumeric() || b"-._".contains(&byte);
    text.bytes().all(is_plain) && last.starts_with(|c: char| c.is_ascii_alphabetic())
}

/// The base URL without a slash at the end. The playbook itself writes
/// `wss//host` once; that is understood.
fn base_url(text: &str, hosts: &[String]) -> Result<String, ConfigError> {
    let repaired = text.strip_prefix("wss//").map(|rest| format!("wss://{rest}"));
    let url = repaired.as_deref().unwrap_or(text).trim_end_matches('/');
    let (scheme, rest) = url.split_once("://").unwrap_or_default();
    if rest.contains(['@', '?', '#', '\\']) || rest.contains(char::is_whitespace) {
        let why = "write only scheme, host and path: the token has a setting of its own";
        return refuse("upstream", why);
    }
    let Some(host) = host(url) else {
        return refuse("upstream", "must be a WebSocket URL: wss://host");
    };
    let is_known = host == VENDOR || hosts.contains(&host);
    match scheme {
        "ws" | "wss" if is_this_machine(&host) => Ok(url.to_owned()),
        "ws" => refuse("upstream", "the token would cross the network unencrypted: use wss://"),
        "wss" if host.parse::<IpAddr>().is_ok() => {
            refuse("upstream", "certificates are for names: write the host's name, not its address")
        }
        "wss" if is_known => Ok(url.to_owned()),
        "wss" => refuse(
            "upstream-hosts",
            "the host of `upstream` is not the vendor's: name it here, too, if the token is to be \
             sent there",
        ),
        _ => refuse("upstream", "must be a WebSocket URL: wss://host"),
    }
}

/// The host in lower case, without brackets, as the one who connects reads it.
/// `None`: there is none, or more than a port stands behind it.
fn host(url: &str) -> Option<String> {
    let uri: Uri = url.parse().ok()?;
    let (authority, host) = (uri.authority()?.as_str(), uri.host()?);
    let behind = authority.strip_prefix(host)?;
    let is_port =
        |text: &str| text.strip_prefix(':').is_some_and(|port| port.parse::<u16>().is_ok());
    let bare = host.trim_start_matches('[').trim_end_matches(']');
    let is_fine = !bare.is_empty() && (behind.is_empty() || is_port(behind));
    is_fine.then(|| bare.to_ascii_lowercase())
}

#[cfg(test)]
mod tests {
    use super::*;

    /// What becomes of a URL where `relay.example` is allowed, too.
    fn read(url: &str) -> Result<String, String> {
        base_url(url, &["relay.example".to_owned()]).map_err(|error| error.to_string())
    }

    #[test]
    fn the_token_goes_to_hosts_that_were_named_and_to_no_other() {
        for url in [
            "wss://statistics-webhook.telavox.se",
            "wss://Statistics-Webhook.Telavox.SE:443/v2",
            "wss://relay.example:8443/board",
            "ws://127.0.0.1:9",
            "ws://[::1]:9",
            "ws://localhost",
            "wss://localhost:9",
        ] {
            assert_eq!(read(url), Ok(url.to_owned()), "{url}");
        }
        assert_eq!(read("wss//relay.example/"), Ok("wss://relay.example".to_owned()));
        for url in [
            "wss://elsewhere.example",
            "wss://evil.relay.example",
            "wss://relay.example.evil.example",
            "wss://statistics-webhook.telavox.se.evil.example",
            "wss://telavox.se",
            "wss://localhost.evil.example",
            // A resolver takes these for addresses.
            "wss://2130706433",
            "wss://0x7f.1",
            "wss://127.1",
        ] {
            let refused = read(url).unwrap_err();
            assert!(refused.starts_with("`upstream-hosts`"), "{url}: {refused}");
        }
        for url in [
            "wss://10.0.0.1",
            "wss://169.254.169.254/latest",
            "wss://[fd00::1]",
            "wss://[::ffff:10.0.0.1]:443",
            "wss://[2001:db8::1]",
            "ws://192.168.1.1",
            "ws://relay.example",
            "ws://[::1].evil.example",
            "wss://[::1].evil.example",
            "wss://relay.example:x",
            "wss://relay.example:99999",
            "wss://",
            "wss:///calls",
            "http://relay.example",
            "wss://relay.example@evil.example",
            "relay.example",
            "",
        ] {
            let refused = read(url).unwrap_err();
            assert!(refused.starts_with("`upstream`"), "{url}: {refused}");
        }
    }

    #[test]
    fn only_names_can_be_allowed() {
        let of = |name: &str| hosts(&[name.to_owned()]);
        assert_eq!(of("Relay.Example"), Ok(vec!["relay.example".to_owned()]));
        assert!(of("relay").is_ok());
        for text in ["10.0.0.1", "0x7f.1", "::1", "[::1]", "*", "*.example", "wss://x.example", ""]
        {
            let refused = of(text).unwrap_err().to_string();
            assert!(refused.starts_with("`upstream-hosts`"), "{text}: {refused}");
        }
    }
}
