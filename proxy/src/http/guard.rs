//! Who may ask: known hosts only, and sockets only from known pages.
//!
//! A browser sends `Host` and `Origin` truthfully whatever page it shows. An
//! unknown `Host` is how a foreign page reaches a loopback server by its own
//! name, an unknown `Origin` how it opens a socket with the user's rights.

use std::net::IpAddr;
use std::sync::Arc;

use axum::extract::{Query, Request, State};
use axum::http::header::{
    ACCESS_CONTROL_ALLOW_HEADERS, ACCESS_CONTROL_ALLOW_ORIGIN, ACCESS_CONTROL_MAX_AGE, CONNECTION,
    CONTENT_SECURITY_POLICY, HOST, HeaderName, ORIGIN, REFERRER_POLICY, STRICT_TRANSPORT_SECURITY,
    TRANSFER_ENCODING, UPGRADE, VARY, X_CONTENT_TYPE_OPTIONS, X_FRAME_OPTIONS,
};
use axum::http::{HeaderMap, HeaderValue, Method, StatusCode, Uri};
use axum::middleware::Next;
use axum::response::{IntoResponse, Response};
use ipnet::IpNet;
use serde::Deserialize;

use super::App;
use super::problem::Problem;
use crate::access::Caller;
use crate::server::Peer;

/// Names of this machine as seen from itself.
const LOOPBACK: [&str; 3] = ["localhost", "127.0.0.1", "[::1]"];
/// What reverse proxies add for each hop.
const FORWARDED_FOR: &str = "x-forwarded-for";
/// What they say of the browser's own connection.
const FORWARDED_PROTO: &str = "x-forwarded-proto";
/// The page for an iframe.
const EMBED: &str = "/embed";
/// What pages of `allowed-origins` may read with a link of theirs.
const SHARED: [&str; 4] = ["/api/snapshot", "/api/events", "/api/metrics", "/widget.js"];
/// How the paths of other files begin that the widget loads into them.
const OF_WIDGET: [&str; 2] = ["/callboard-widget-", "/lang/"];

/// Which hosts and origins are known.
#[derive(Clone, Debug, Default)]
pub struct Guard {
    /// Host names besides the loopback ones, lower-case, without ports.
    pub hosts: Vec<String>,
    /// Origins besides the board's own: `https://intranet.example`.
    pub origins: Vec<String>,
    /// Whose word on addresses counts.
    pub proxies: Proxies,
}

/// Reverse proxies that tell the truth about where a request comes from.
#[derive(Clone, Debug, Default)]
pub struct Proxies(pub Vec<IpNet>);

impl Proxies {
    /// Whether this address is one of them.
    pub fn trusts(&self, address: IpAddr) -> bool {
        self.0.iter().any(|net| net.contains(&address.to_canonical()))
    }

    /// Where a request comes from, and whether it was encrypted on its way.
    /// The last address that no trusted proxy added is the client's: what
    /// stands before it, the client may have written itself.
    fn origin(&self, peer: Peer, headers: &HeaderMap) -> (IpAddr, bool) {
        let direct = peer.address.ip().to_canonical();
        if !self.trusts(direct) {
            return (direct, peer.is_tls);
        }
        let lines = headers.get_all(FORWARDED_FOR).iter().filter_map(|line| line.to_str().ok());
        let hops: Vec<_> = lines.flat_map(|line| line.split(',')).map(str::trim).collect();
        let mut address = direct;
        for hop in hops.iter().rev() {
            let Ok(hop) = hop.parse::<IpAddr>() else { break };
            address = hop.to_canonical();
            if !self.trusts(address) {
                break;
            }
        }
        let proto = headers.get(FORWARDED_PROTO).and_then(|proto| proto.to_str().ok());
        let told = proto.and_then(|list| list.rsplit(',').next()).map(str::trim);
        (address, told.map_or(peer.is_tls, |proto| proto.eq_ignore_ascii_case("https")))
    }
}

impl Guard {
    /// Whether this `Host` header is ours.
    fn knows_host(&self, host: &str) -> bool {
        let name = host_name(host).to_ascii_lowercase();
        LOOPBACK.contains(&name.as_str()) || self.hosts.contains(&name)
    }

    /// Whether a page of `origin` may open a socket at `host`.
    pub(super) fn knows_origin(&self, origin: &str, host: &str) -> bool {
        let origin = origin.to_ascii_lowercase();
        let own = origin.split_once("://").is_some_and(|(scheme, at)| {
            matches!(scheme, "http" | "https") && at.eq_ignore_ascii_case(host)
        });
        own || self.origins.contains(&origin)
    }

    fn refuse_host(&self, uri: &Uri, headers: &HeaderMap) -> Option<Problem> {
        if headers.get_all(HOST).iter().nth(1).is_some() {
            let detail = "A request has one `Host` header.";
            return Some(Problem::new(StatusCode::BAD_REQUEST, detail));
        }
        let host = text(headers, &HOST).unwrap_or("");
        // A name in the request line counts before the header.
        let named = uri.authority().is_none_or(|named| self.knows_host(named.as_str()));
        (!named || !self.knows_host(host)).then(|| {
            Problem::new(
                StatusCode::MISDIRECTED_REQUEST,
                "This host name is not known here. Add it to `allowed-hosts`.",
            )
        })
    }

    /// The refusal of a socket or of a change, if there is one.
    fn refuse_origin(
        &self,
        method: &Method,
        headers: &HeaderMap,
        caller: &Caller,
    ) -> Option<Problem> {
        let is_socket = headers.contains_key(UPGRADE);
        if !is_socket && !matches!(*method, Method::POST | Method::DELETE) {
            return None;
        }
        let host = text(headers, &HOST).unwrap_or("");
        match text(headers, &ORIGIN) {
            Some(origin) if self.knows_origin(origin, host) => None,
            Some(_) => Some(Problem::new(
                StatusCode::FORBIDDEN,
                "Pages of this origin may not open a socket. Add it to `allowed-origins`.",
            )),
            // No page, or one that hides where it is from: then it must show
            // a key that no browser sends by itself.
            None if is_socket && caller.by_cookie => Some(Problem::new(
                StatusCode::FORBIDDEN,
                "A socket without `Origin` needs a key or a link of its own.",
            )),
            None => None,
        }
    }

    /// The policy with the origins that may put the page into a frame. An older
    /// browser knows no list in `X-Frame-Options`, so that is left out there.
    fn framed(&self, csp: &HeaderValue) -> HeaderValue {
        let frames =
            self.origins.iter().fold("'self'".to_owned(), |all, origin| all + " " + origin);
        let policy = csp.to_str().unwrap_or_default();
        let policy = policy.replace("frame-ancestors 'none'", &format!("frame-ancestors {frames}"));
        // Origins were checked to be plain.
        HeaderValue::try_from(policy).unwrap_or_else(|_| csp.clone())
    }

    /// The origin that may read this answer, if it is another than our own.
    fn shares_with(&self, uri: &Uri, headers: &HeaderMap) -> Option<HeaderValue> {
        let origin = headers.get(ORIGIN)?;
        let known = self
            .origins
            .iter()
            .any(|known| origin.as_bytes().eq_ignore_ascii_case(known.as_bytes()));
        let path = uri.path();
        let shared =
            SHARED.contains(&path) || OF_WIDGET.iter().any(|begin| path.starts_with(begin));
        (known && shared).then(|| origin.clone())
    }
}

/// Where a body ends shall never be a question of who reads it: a proxy in
/// front that counts otherwise would take what follows for a request of
/// somebody else's. The bodies here are short, so their length is known.
fn refuse_chunks(headers: &HeaderMap) -> Option<Problem> {
    let detail = "Send a body with `Content-Length` and without `Transfer-Encoding`.";
    let is_chunked = headers.contains_key(TRANSFER_ENCODING);
    is_chunked.then(|| Problem::new(StatusCode::BAD_REQUEST, detail))
}

/// The connection ends with the refusal: what else came over it is nobody's.
fn and_close(problem: Problem) -> Response {
    let mut response = problem.into_response();
    response.headers_mut().insert(CONNECTION, HeaderValue::from_static("close"));
    response
}

/// A header's text; one that is none counts as empty.
fn text<'a>(headers: &'a HeaderMap, name: &HeaderName) -> Option<&'a str> {
    headers.get(name).map(|value| value.to_str().unwrap_or(""))
}

/// `host:port` without the port; brackets of IPv6 stay.
fn host_name(host: &str) -> &str {
    match host.rsplit_once(':') {
        Some((name, port)) if port.bytes().all(|byte| byte.is_ascii_digit()) => name,
        _ => host,
    }
}

/// A link may stand in the address.
#[derive(Deserialize)]
struct Linked {
    link: Option<String>,
}

/// Finds out who asks, refuses unknown hosts and origins, and puts the
/// security headers on every answer.
pub(super) async fn check(State(app): State<Arc<App>>, request: Request, next: Next) -> Response {
    let caller = caller(&app, &request);
    let shared = app.guard.shares_with(request.uri(), request.headers());
    let framed = request.uri().path() == EMBED;
    let is_preflight = request.method() == Method::OPTIONS && shared.is_some();
    let refused = app.guard.refuse_origin(request.method(), request.headers(), &caller);
    let allowed = Allowed { is_secure: caller.is_secure, shared, framed };
    pass(&app, caller, allowed, request, async |request| match refused {
        Some(problem) => problem.into_response(),
        None if is_preflight => StatusCode::NO_CONTENT.into_response(),
        None => next.run(request).await,
    })
    .await
}

/// The same for the listener that shows no call: hosts only.
pub(super) async fn check_host(
    State(app): State<Arc<App>>,
    request: Request,
    next: Next,
) -> Response {
    let caller = caller(&app, &request);
    let allowed = Allowed { is_secure: caller.is_secure, shared: None, framed: false };
    pass(&app, caller, allowed, request, async |request| next.run(request).await).await
}

/// What holds for every request of every listener.
async fn pass(
    app: &App,
    caller: Caller,
    allowed: Allowed,
    mut request: Request,
    rest: impl AsyncFnOnce(Request) -> Response,
) -> Response {
    let mut response = if let Some(problem) = refuse_chunks(request.headers()) {
        and_close(problem)
    } else if let Some(problem) = app.guard.refuse_host(request.uri(), request.headers()) {
        problem.into_response()
    } else {
        request.extensions_mut().insert(Arc::new(caller));
        rest(request).await
    };
    secure(app, allowed, response.headers_mut());
    response
}

fn caller(app: &App, request: &Request) -> Caller {
    // Every request of our own listeners has one.
    let nowhere = Peer { address: ([0, 0, 0, 0], 0).into(), is_tls: false, in_reserve: false };
    let peer = request.extensions().get::<Peer>().copied().unwrap_or(nowhere);
    let headers = request.headers();
    let (address, is_secure) = app.guard.proxies.origin(peer, headers);
    let linked = Query::<Linked>::try_from_uri(request.uri()).ok().and_then(|query| query.0.link);
    let mut caller = app.access.caller(headers, linked.as_deref(), address, is_secure);
    caller.in_reserve = peer.in_reserve;
    caller
}

/// What an answer is allowed to others.
struct Allowed {
    /// The browser's connection is encrypted.
    is_secure: bool,
    /// May be read by pages of this origin.
    shared: Option<HeaderValue>,
    /// May be framed by pages of `allowed-origins`.
    framed: bool,
}

fn secure(app: &App, allowed: Allowed, headers: &mut HeaderMap) {
    let Allowed { is_secure, shared, framed } = allowed;
    let fixed = HeaderValue::from_static;
    headers.insert(X_CONTENT_TYPE_OPTIONS, fixed("nosniff"));
    if !framed {
        headers.insert(X_FRAME_OPTIONS, fixed("DENY"));
    }
    headers.insert(REFERRER_POLICY, fixed("no-referrer"));
    headers.insert("cross-origin-opener-policy", fixed("same-origin"));
    headers.insert("permissions-policy", fixed("camera=(), microphone=(), geolocation=()"));
    if is_secure {
        headers.insert(STRICT_TRANSPORT_SECURITY, fixed("max-age=31536000"));
    }
    let resource = if shared.is_some() { "cross-origin" } else { "same-origin" };
    headers.insert("cross-origin-resource-policy", fixed(resource));
    if let Some(origin) = shared {
        headers.insert(ACCESS_CONTROL_ALLOW_ORIGIN, origin);
        headers.insert(ACCESS_CONTROL_ALLOW_HEADERS, fixed("authorization"));
        headers.insert(ACCESS_CONTROL_MAX_AGE, fixed("600"));
    }
    if !app.guard.origins.is_empty() {
        headers.append(VARY, fixed("origin"));
    }
    let csp = app.page.csp().unwrap_or_else(|| fixed("default-src 'none'"));
    let csp = if framed { app.guard.framed(&csp) } else { csp };
    headers.entry(CONTENT_SECURITY_POLICY).or_insert(csp);
}

#[cfg(test)]
mod tests {
    use super::*;

    fn guard() -> Guard {
        Guard {
            hosts: vec!["board.example".into()],
            origins: vec!["https://intranet.example".into()],
            proxies: Proxies(vec!["10.0.0.0/8".parse().unwrap()]),
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

    #[test]
    fn only_trusted_proxies_tell_where_a_request_comes_from() {
        let origin = |from: &str, told: &[&'static str]| {
            let mut headers = HeaderMap::new();
            for line in told {
                headers.append(FORWARDED_FOR, HeaderValue::from_static(line));
            }
            headers.insert(FORWARDED_PROTO, HeaderValue::from_static("https"));
            let address = (from.parse::<IpAddr>().unwrap(), 1).into();
            let peer = Peer { address, is_tls: false, in_reserve: false };
            let (address, is_secure) = guard().proxies.origin(peer, &headers);
            (address.to_string(), is_secure)
        };
        let as_is = |address: &str| (address.to_owned(), false);
        let told = |address: &str| (address.to_owned(), true);
        assert_eq!(origin("192.0.2.1", &["198.51.100.7"]), as_is("192.0.2.1"));
        assert_eq!(origin("10.0.0.1", &["198.51.100.7"]), told("198.51.100.7"));
        // What a client writes itself stands further to the left.
        assert_eq!(origin("10.0.0.1", &["203.0.113.9, 198.51.100.7"]), told("198.51.100.7"));
        assert_eq!(
            origin("10.0.0.1", &["203.0.113.9", "198.51.100.7, 10.0.0.2"]),
            told("198.51.100.7")
        );
        assert_eq!(origin("10.0.0.1", &["203.0.113.9, nonsense"]), told("10.0.0.1"));
        assert_eq!(origin("10.0.0.1", &[]), told("10.0.0.1"));
        assert_eq!(origin("::ffff:10.0.0.1", &["198.51.100.7"]), told("198.51.100.7"));
    }
}
