//! Who may ask: known hosts only, and sockets only from known pages.
//!
//! A browser sends `Host` and `Origin` truthfully whatever page it shows. An
//! unknown `Host` is how a foreign page reaches a loopback server by its own
//! name, an unknown `Origin` how it opens a socket with the user's rights.

use std::sync::Arc;

use axum::extract::{Request, State};
use axum::http::header::{
    CONTENT_SECURITY_POLICY, HOST, HeaderName, ORIGIN, REFERRER_POLICY, UPGRADE,
    X_CONTENT_TYPE_OPTIONS, X_FRAME_OPTIONS,
};
use axum::http::{HeaderMap, HeaderValue, StatusCode};
use axum::middleware::Next;
use axum::response::{IntoResponse, Response};

use super::App;
use super::problem::Problem;

/// Names of this machine as seen from itself.
const LOOPBACK: [&str; 3] = ["localhost", "127.0.0.1", "[::1]"];

/// Which hosts and origins are known.
#[derive(Clone, Debug, Default)]
pub struct Guard {
    /// Host names besides the loopback ones, lower-case, without ports.
    pub hosts: Vec<String>,
    /// Origins besides the board's own: `https://intranet.example`.
    pub origins: Vec<String>,
}

impl Guard {
    /// Whether this `Host` header is ours.
    fn knows_host(&self, host: &str) -> bool {
        let name = host_name(host).to_ascii_lowercase();
        LOOPBACK.contains(&name.as_str()) || self.hosts.contains(&name)
    }

    /// Whether a page of `origin` may open a socket at `host`.
    fn knows_origin(&self, origin: &str, host: &str) -> bool {
        let origin = origin.to_ascii_lowercase();
        let own = origin.split_once("://").is_some_and(|(scheme, at)| {
            matches!(scheme, "http" | "https") && at.eq_ignore_ascii_case(host)
        });
        own || self.origins.contains(&origin)
    }

    /// The refusal, if there is one.
    fn refuse(&self, headers: &HeaderMap) -> Option<Problem> {
        let text = |name: HeaderName| headers.get(name).map(|value| value.to_str().unwrap_or(""));
        let host = text(HOST).unwrap_or("");
        if !self.knows_host(host) {
            return Some(Problem::new(
                StatusCode::MISDIRECTED_REQUEST,
                "This host name is not known here. Add it to `allowed-hosts`.",
            ));
        }
        let is_socket = headers.contains_key(UPGRADE);
        if is_socket && text(ORIGIN).is_some_and(|origin| !self.knows_origin(origin, host)) {
            return Some(Problem::new(
                StatusCode::FORBIDDEN,
                "Pages of this origin may not open a socket. Add it to `allowed-origins`.",
            ));
        }
        None
    }
}

/// `host:port` without the port; brackets of IPv6 stay.
fn host_name(host: &str) -> &str {
    match host.rsplit_once(':') {
        Some((name, port)) if port.bytes().all(|byte| byte.is_ascii_digit()) => name,
        _ => host,
    }
}

/// Refuses unknown hosts and origins, and puts the security headers on every
/// answer.
pub(super) async fn check(State(app): State<Arc<App>>, request: Request, next: Next) -> Response {
    let mut response = match app.guard.refuse(request.headers()) {
        Some(problem) => problem.into_response(),
        None => next.run(request).await,
    };
    let fixed = HeaderValue::from_static;
    let headers = response.headers_mut();
    headers.insert(X_CONTENT_TYPE_OPTIONS, fixed("nosniff"));
    headers.insert(X_FRAME_OPTIONS, fixed("DENY"));
    headers.insert(REFERRER_POLICY, fixed("no-referrer"));
    headers.insert("cross-origin-opener-policy", fixed("same-origin"));
    headers.insert("cross-origin-resource-policy", fixed("same-origin"));
    headers.insert("permissions-policy", fixed("camera=(), microphone=(), geolocation=()"));
    let csp = app.page.csp().unwrap_or_else(|| fixed("default-src 'none'"));
    headers.entry(CONTENT_SECURITY_POLICY).or_insert(csp);
    response
}

#[cfg(test)]
mod tests {
    use super::*;

    fn guard() -> Guard {
        Guard {
            hosts: vec!["board.example".into()],
            origins: vec!["https://intranet.example".into()],
        }
    }

    #[test]
    fn only_known_hosts_are_ours() {
        for host in ["localhost:8080", "127.0.0.1", "[::1]:80", "Board.Example:443"] {
            assert!(guard().knows_host(host), "{host}");
        }
        for host in ["", "evil.example", "127.0.0.1.evil.example", "localhost.evil:80"] {
            assert!(!guard().knows_host(host), "{host}");
        }
    }

    #[test]
    fn only_own_and_named_origins_open_sockets() {
        let knows = |origin| guard().knows_origin(origin, "board.example:8080");
        assert!(knows("http://board.example:8080"));
        assert!(knows("https://intranet.example"));
        for origin in [
            "null",
            "http://board.example",
            "http://board.example:8081",
            "https://intranet.example.evil.example",
            "http://intranet.example",
            "file://board.example:8080",
        ] {
            assert!(!knows(origin), "{origin}");
        }
    }
}
