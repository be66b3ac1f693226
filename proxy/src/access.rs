//! Who is asking, and what may they see.
//!
//! Without a viewer key everybody sees everything, which is why the proxy
//! then listens on loopback only. With one, a request must carry the key, a
//! signed link, or the cookie that was given for either.
//!
//! - `token`: signed texts: links and sessions
//! - `attempts`: wrong keys, counted by address
//! - `seen`: when links were used last

mod attempts;
mod seen;
mod token;

use std::collections::{BTreeSet, HashMap};
use std::net::IpAddr;
use std::sync::{Mutex, PoisonError, RwLock};

use axum::http::header::{AUTHORIZATION, COOKIE, SEC_WEBSOCKET_PROTOCOL};
use axum::http::{HeaderMap, StatusCode};
use callboard_shared::audience::{Audience, Role};
use callboard_shared::{QueueKey, UnixMs};
use subtle::ConstantTimeEq as _;

use crate::clock;
use crate::http::problem::Problem;
use crate::secret::Secret;
use attempts::Attempts;
use seen::Seen;
pub use token::{Claim, Kind, Signer, new_id};

/// A session ends after this, in ms: 30 days.
pub const SESSION_LASTS_MS: u64 = 30 * 24 * 60 * 60 * 1000;
/// The cookie's name; behind TLS and without a path prefix with the prefix
/// that keeps other hosts of the domain from setting it.
pub const COOKIE_NAME: &str = "callboard";
/// The same, behind TLS.
pub const SECURE_COOKIE_NAME: &str = "__Host-callboard";

/// Keys, links and sessions.
pub struct Access {
    key: Option<Secret>,
    /// Of links.
    signer: Signer,
    /// Of sessions: a new viewer key ends them all.
    sessions: Signer,
    salt: u64,
    /// Ids of links and sessions that were ended before their time.
    over: RwLock<BTreeSet<String>>,
    /// Sessions that were ended here, and until when they would have been
    /// valid; the store does not know of them yet.
    ended: Mutex<HashMap<String, UnixMs>>,
    /// When a link was used last.
    seen: Seen,
    attempts: Attempts,
}

/// Who asks.
#[derive(Debug)]
pub struct Caller {
    /// From where, as far as can be known.
    pub address: IpAddr,
    /// Whether the connection is encrypted as far as the browser.
    pub is_secure: bool,
    /// By a cookie, which a browser also sends when another page asks.
    pub by_cookie: bool,
    /// Whether its connection is one of those that viewers may not keep, as
    /// the open files come to an end.
    pub in_reserve: bool,
    grant: Grant,
}

#[derive(Debug)]
enum Grant {
    /// Nobody is asked for a key here.
    Open(Audience),
    /// The viewer key.
    Key(Audience),
    /// A signed link or a session.
    Claim(Audience, Claim),
    /// Nothing was shown, or something wrong.
    Refused,
    /// Too many wrong keys came from there.
    TooMany,
}

/// What a request shows.
enum Shown<'a> {
    Nothing,
    /// A key or a link, in a header.
    Text(&'a str),
    /// A link, in the address.
    Link(&'a str),
    Cookie(&'a str),
}

impl Access {
    /// `key` is the viewer key, `seed` what links are signed with.
    pub fn new(key: Option<Secret>, seed: &[u8]) -> Access {
        let signer = Signer::new(seed);
        let own = key.as_ref().map_or(&b""[..], |key| key.expose().as_bytes());
        let sessions = Signer::new(&[b"session", seed, own].concat());
        let salt = signer.salt();
        let (over, ended, seen) = (RwLock::default(), Mutex::default(), Seen::default());
        Access { key, signer, sessions, salt, over, ended, seen, attempts: Attempts::default() }
    }

    /// Signs a claim.
    pub fn sign(&self, claim: &Claim) -> String {
        self.signer_of(claim.kind).sign(claim)
    }

    fn signer_of(&self, kind: Kind) -> &Signer {
        match kind {
            Kind::Link => &self.signer,
            Kind::Session => &self.sessions,
        }
    }

    /// Who asks, by what the request carries.
    pub fn caller(
        &self,
        headers: &HeaderMap,
        link: Option<&str>,
        address: IpAddr,
        is_secure: bool,
    ) -> Caller {
        let shown = shown(headers, link);
        let by_cookie = matches!(shown, Shown::Cookie(_));
        let grant = self.grant(&shown, address);
        Caller { address, is_secure, by_cookie, in_reserve: false, grant }
    }

    fn grant(&self, shown: &Shown<'_>, address: IpAddr) -> Grant {
        let (text, kind) = match shown {
            Shown::Nothing if self.key.is_none() => return Grant::Open(Audience::supervisor()),
            Shown::Nothing => return Grant::Refused,
            Shown::Text(text) | Shown::Link(text) => (*text, Kind::Link),
            Shown::Cookie(text) => (*text, Kind::Session),
        };
        if self.attempts.are_too_many(address) {
            return Grant::TooMany;
        }
        if let (Shown::Text(text), Some(key)) = (shown, &self.key)
            && bool::from(text.as_bytes().ct_eq(key.expose().as_bytes()))
        {
            return Grant::Key(Audience::supervisor());
        }
        match self.signer_of(kind).read(text).filter(|claim| claim.kind == kind) {
            // Signed by us, so nobody is guessing: a screen with an old link
            // must not lock its neighbours out.
            Some(claim) if self.is_ended(&claim) => Grant::Refused,
            Some(claim) => {
                self.seen.note(claim.link_id(), clock::now());
                Grant::Claim(self.audience(&claim), claim)
            }
            // A stale cookie is no reason to refuse what is open anyway.
            None if self.key.is_none() && kind == Kind::Session => {
                Grant::Open(Audience::supervisor())
            }
            None => {
                self.attempts.note(address);
                Grant::Refused
            }
        }
    }

    /// What a claim lets see. Only where there are pseudonyms there is a salt:
    /// all who see the same belong to one audience.
    fn audience(&self, claim: &Claim) -> Audience {
        let salt = if claim.role == Role::Public { self.salt } else { 0 };
        Audience { role: claim.role, scope: claim.queues.clone(), salt }
    }

    fn is_ended(&self, claim: &Claim) -> bool {
        let over = self.over.read().unwrap_or_else(PoisonError::into_inner);
        claim.until <= clock::now() || claim.ids().any(|id| over.contains(id))
    }

    /// Whether a caller that was let in must go; who stays was seen.
    pub fn is_over(&self, caller: &Caller) -> bool {
        let Grant::Claim(_, claim) = &caller.grant else { return false };
        let is_ended = self.is_ended(claim);
        if !is_ended {
            self.seen.note(claim.link_id(), clock::now());
        }
        is_ended
    }

    /// Who came by this link has left.
    pub fn left(&self, link: &str) {
        self.seen.left(link, clock::now());
    }

    /// Ends the caller's session, if there is one.
    pub fn end(&self, caller: &Caller) {
        let Grant::Claim(_, claim) = &caller.grant else { return };
        if claim.kind == Kind::Session {
            self.end_id(&claim.id);
            let mut ended = self.ended.lock().unwrap_or_else(PoisonError::into_inner);
            ended.insert(claim.id.clone(), claim.until);
        }
    }

    fn end_id(&self, id: &str) {
        let mut over = self.over.write().unwrap_or_else(PoisonError::into_inner);
        over.insert(id.to_owned());
    }

    /// Sessions that were ended here and are not kept yet.
    pub fn ended(&self) -> HashMap<String, UnixMs> {
        self.ended.lock().unwrap_or_else(PoisonError::into_inner).clone()
    }

    /// They are kept.
    pub fn kept_ended(&self, kept: &HashMap<String, UnixMs>) {
        let mut ended = self.ended.lock().unwrap_or_else(PoisonError::into_inner);
        ended.retain(|id, _| !kept.contains_key(id));
    }

    /// Takes the ids that are over from the store. What was ended here
    /// meanwhile stays so.
    pub fn replace_over(&self, mut ids: BTreeSet<String>) {
        let ended = self.ended.lock().unwrap_or_else(PoisonError::into_inner);
        ids.extend(ended.keys().cloned());
        *self.over.write().unwrap_or_else(PoisonError::into_inner) = ids;
    }

    /// When links were used, as far as it should be kept by now.
    pub fn seen(&self) -> HashMap<String, UnixMs> {
        self.seen.news()
    }

    /// It is kept.
    pub fn kept_seen(&self, kept: &HashMap<String, UnixMs>) {
        self.seen.told(kept, clock::now());
    }

    /// A session for who has shown a key or a link; `None`: no session is
    /// needed, or there is nothing to base one on.
    pub fn session(&self, caller: &Caller) -> Option<Claim> {
        let now = clock::now();
        let id = token::new_id();
        let longest = now.plus_ms(SESSION_LASTS_MS);
        match &caller.grant {
            Grant::Key(audience) => Some(Claim {
                kind: Kind::Session,
                id,
                role: audience.role,
                queues: None,
                until: longest,
                link: None,
            }),
            Grant::Claim(_, claim) => Some(Claim {
                kind: Kind::Session,
                id,
                role: claim.role,
                queues: claim.queues.clone(),
                until: longest.min(claim.until),
                link: Some(claim.link_id().to_owned()),
            }),
            Grant::Open(_) | Grant::Refused | Grant::TooMany => None,
        }
    }

    /// A caller who shows `text` in place of what the request carries.
    pub fn caller_with(&self, caller: &Caller, text: &str) -> Caller {
        let grant = self.grant(&Shown::Text(text), caller.address);
        Caller { by_cookie: false, grant, ..*caller }
    }
}

impl Caller {
    /// What the caller may see; `None`: nothing.
    pub fn audience(&self) -> Option<&Audience> {
        match &self.grant {
            Grant::Open(audience) | Grant::Key(audience) | Grant::Claim(audience, _) => {
                Some(audience)
            }
            Grant::Refused | Grant::TooMany => None,
        }
    }

    /// The link that the caller came by, if it was one.
    pub fn link(&self) -> Option<&str> {
        match &self.grant {
            Grant::Claim(_, claim) => Some(claim.link_id()),
            _ => None,
        }
    }

    /// The same as [`Caller::audience`], or why not.
    ///
    /// # Errors
    ///
    /// 401, or 429 after too many wrong keys.
    pub fn authorized(&self) -> Result<&Audience, Problem> {
        self.audience().ok_or_else(|| match self.grant {
            Grant::TooMany => Problem::new(
                StatusCode::TOO_MANY_REQUESTS,
                "Too many wrong keys came from this address. Try again in a minute.",
            ),
            _ => Problem::new(
                StatusCode::UNAUTHORIZED,
                "Send the viewer key or a link as `Authorization: Bearer …`.",
            ),
        })
    }
}

/// The first of: header, subprotocol, address, cookie.
fn shown<'a>(headers: &'a HeaderMap, link: Option<&'a str>) -> Shown<'a> {
    let text =
        |name| headers.get(name).and_then(|value: &axum::http::HeaderValue| value.to_str().ok());
    if let Some(value) = text(AUTHORIZATION) {
        let bearer = value.get(..7).filter(|scheme| scheme.eq_ignore_ascii_case("bearer "));
        return Shown::Text(bearer.map_or(value, |_| value[7..].trim()));
    }
    let protocols = text(SEC_WEBSOCKET_PROTOCOL).into_iter().flat_map(|list| list.split(','));
    if let Some(key) = protocols.filter_map(|word| word.trim().strip_prefix("key.")).next() {
        return Shown::Text(key);
    }
    if let Some(link) = link {
        return Shown::Link(link);
    }
    let cookies = text(COOKIE).into_iter().flat_map(|list| list.split(';'));
    let mut ours = cookies.filter_map(|cookie| {
        let (name, value) = cookie.trim().split_once('=')?;
        matches!(name, COOKIE_NAME | SECURE_COOKIE_NAME).then_some(value)
    });
    ours.next_back().map_or(Shown::Nothing, Shown::Cookie)
}

/// The queues of a claim, as they are typed: `71,72`.
pub fn queues(list: &[String]) -> Option<BTreeSet<QueueKey>> {
    (!list.is_empty()).then(|| list.iter().map(|queue| QueueKey::from(queue.as_str())).collect())
}

#[cfg(test)]
#[path = "access_tests.rs"]
mod tests;
