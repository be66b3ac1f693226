//! Settings that say who may come in, by which way.

use std::net::SocketAddr;

use ipnet::IpNet;

use super::check::refuse;
use super::{ConfigError, Settings, VIEWER_KEY_VARIABLE};
use crate::http::Limits;
use crate::secret::Secret;
use crate::server::{Tls, TlsFiles};

/// Far beyond a company's screens, and well within a small machine.
const MAX_VIEWERS: usize = 10_000;
/// An office behind one address.
const MAX_VIEWERS_PER_ADDRESS: usize = 500;
/// A quarter of all: a link that goes round leaves room for others.
const MAX_VIEWERS_PER_LINK: usize = 2_500;
/// What a core can serve beside its other work. Five times as many come at once:
/// all that there may be.
const NEW_VIEWERS_PER_SECOND: u32 = 2_000;
/// A shorter key could be tried out.
const KEY_LENGTH: usize = 12;

/// Where people reach the board.
pub(super) struct Reached {
    pub(super) hosts: Vec<String>,
    pub(super) origins: Vec<String>,
    pub(super) prefix: Option<String>,
}

pub(super) fn viewer_key(
    settings: &Settings,
    variable: Option<Secret>,
) -> Result<Option<Secret>, ConfigError> {
    let key = match (variable, &settings.viewer_key_file) {
        (Some(_), Some(_)) => {
            let why = format!("{VIEWER_KEY_VARIABLE} is set too: give one of them");
            return refuse("viewer-key-file", why);
        }
        (None, None) => return Ok(None),
        (Some(key), None) => key,
        (None, Some(path)) => match Secret::from_file(path) {
            Ok(key) => key,
            Err(error) => {
                let why = format!("cannot read {}: {error}", path.display());
                return refuse("viewer-key-file", why);
            }
        },
    };
    let text = key.expose();
    if text.len() < KEY_LENGTH {
        let why = format!("the viewer key needs at least {KEY_LENGTH} characters");
        return refuse("viewer-key-file", why);
    }
    // It travels in a header and as the name of a subprotocol.
    let travels = |byte: u8| byte.is_ascii_alphanumeric() || b"-._~!#$%&'*+^`|".contains(&byte);
    if !text.bytes().all(travels) {
        let why = "the viewer key may hold letters, digits and -._~!#$%&'*+^`| only";
        return refuse("viewer-key-file", why);
    }
    Ok(Some(key))
}

pub(super) fn is_closed_enough(
    settings: &Settings,
    listen: SocketAddr,
    has_key: bool,
) -> Result<(), ConfigError> {
    if listen.ip().is_loopback() || has_key || settings.public == Some(true) {
        return Ok(());
    }
    let why = format!(
        "{listen} can be reached by others, who would be asked for nothing: listen on \
         127.0.0.1, give viewers a key (`viewer-key-file`), or set `public = true`"
    );
    refuse("listen", why)
}

pub(super) fn reached(settings: &Settings) -> Result<Reached, ConfigError> {
    let mut origins = lower(settings.allowed_origins.as_deref());
    if let Some(origin) = origins.iter().find(|origin| !is_origin(origin)) {
        let why = format!("`{origin}` is not an origin: write it as https://intranet.example");
        return refuse("allowed-origins", why);
    }
    let mut hosts = lower(settings.allowed_hosts.as_deref());
    if let Some(host) = hosts.iter().find(|host| host.contains([':', '/', '*'])) {
        let why = format!("`{host}` is not a host name: leave out scheme and port");
        return refuse("allowed-hosts", why);
    }
    let mut prefix = None;
    if let Some(url) = &settings.public_url {
        let trimmed = url.trim_end_matches('/');
        let rest = trimmed.split_once("://").map_or("", |(_, rest)| rest);
        let (authority, path) = rest.split_once('/').unwrap_or((rest, ""));
        let origin = trimmed[..trimmed.len() - rest.len() + authority.len()].to_ascii_lowercase();
        let is_plain = |byte: u8| byte.is_ascii_alphanumeric() || b"-._~/".contains(&byte);
        if !is_origin(&origin) || !path.bytes().all(is_plain) || path.contains("..") {
            let why = format!("`{url}` must be written as https://intranet.example/board/");
            return refuse("public-url", why);
        }
        let host = authority.rsplit_once(':').map_or(authority, |(host, _)| host);
        hosts.push(host.to_ascii_lowercase());
        origins.push(origin);
        prefix = (!path.is_empty()).then(|| format!("/{path}/"));
    }
    Ok(Reached { hosts, origins, prefix })
}

pub(super) fn proxies(settings: &Settings) -> Result<Vec<IpNet>, ConfigError> {
    let list = settings.trusted_proxies.as_deref().unwrap_or_default();
    let net = |text: &String| {
        let address = || text.parse::<std::net::IpAddr>().map(IpNet::from);
        text.parse::<IpNet>().or_else(|_| address()).or_else(|_| {
            refuse("trusted-proxies", format!("`{text}` is no address and no network: 10.0.0.0/8"))
        })
    };
    list.iter().map(net).collect()
}

pub(super) fn tls(settings: &Settings) -> Result<Option<TlsFiles>, ConfigError> {
    let files = match (&settings.tls_cert, &settings.tls_key) {
        (None, None) => return Ok(None),
        (Some(cert), Some(key)) => TlsFiles { cert: cert.clone(), key: key.clone() },
        (Some(_), None) => return refuse("tls-key", "`tls-cert` needs its key"),
        (None, Some(_)) => return refuse("tls-cert", "`tls-key` needs its certificate"),
    };
    Tls::load(&files).map_err(ConfigError)?;
    Ok(Some(files))
}

pub(super) fn limits(settings: &Settings) -> Result<Limits, ConfigError> {
    let at_least_one = |setting, count: Option<usize>, default| match count {
        Some(0) => refuse(setting, "must be at least 1"),
        count => Ok(count.unwrap_or(default)),
    };
    Ok(Limits {
        viewers: at_least_one("max-viewers", settings.max_viewers, MAX_VIEWERS)?,
        per_address: at_least_one(
            "max-viewers-per-address",
            settings.max_viewers_per_address,
            MAX_VIEWERS_PER_ADDRESS,
        )?,
        per_link: at_least_one(
            "max-viewers-per-link",
            settings.max_viewers_per_link,
            MAX_VIEWERS_PER_LINK,
        )?,
        new_per_second: settings.new_viewers_per_second.unwrap_or(NEW_VIEWERS_PER_SECOND),
    })
}

fn lower(list: Option<&[String]>) -> Vec<String> {
    list.unwrap_or_default().iter().map(|text| text.to_ascii_lowercase()).collect()
}

/// `scheme://host[:port]` and nothing more.
fn is_origin(text: &str) -> bool {
    let Some((scheme, host)) = text.split_once("://") else { return false };
    matches!(scheme, "http" | "https")
        && !host.is_empty()
        && !host.contains(['/', '?', '#', '*', '@'])
}
