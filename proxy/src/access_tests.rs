//! Keys, links, sessions: what each opens, and for how long.

use axum::http::{HeaderName, HeaderValue};
use callboard_shared::audience::Role;

use super::*;

const KEY: &str = "correct-horse-battery";

fn access(key: Option<&str>) -> Access {
    Access::new(key.map(Secret::new), b"seed")
}

fn from(access: &Access, headers: &[(&'static str, &str)], link: Option<&str>) -> Caller {
    let mut map = HeaderMap::new();
    for (name, value) in headers {
        map.append(HeaderName::from_static(name), HeaderValue::try_from(*value).unwrap());
    }
    access.caller(&map, link, IpAddr::from([192, 0, 2, 1]), false)
}

fn role(caller: &Caller) -> Option<Role> {
    caller.audience().map(|audience| audience.role)
}

fn link(access: &Access, until: UnixMs) -> (Claim, String) {
    let claim = Claim {
        kind: Kind::Link,
        id: token::new_id(),
        role: Role::Floor,
        queues: queues(&["71".to_owned()]),
        until,
        link: None,
    };
    let text = access.sign(&claim);
    (claim, text)
}

fn tomorrow() -> UnixMs {
    clock::now().plus_ms(24 * 60 * 60 * 1000)
}

#[test]
fn the_key_opens_by_every_way_it_may_be_sent() {
    let access = access(Some(KEY));
    for (name, value) in [
        ("authorization", format!("Bearer {KEY}")),
        ("authorization", format!("bearer {KEY}")),
        ("authorization", KEY.to_owned()),
        ("sec-websocket-protocol", format!("callboard.v1, key.{KEY}")),
        ("sec-websocket-protocol", format!("key.{KEY},callboard.v1")),
    ] {
        assert_eq!(
            role(&from(&access, &[(name, &value)], None)),
            Some(Role::Supervisor),
            "{value}"
        );
    }
    // A key in an address would end up in logs and histories.
    assert_eq!(role(&from(&access, &[], Some(KEY))), None);
    assert_eq!(role(&from(&access, &[("cookie", &format!("callboard={KEY}"))], None)), None);
}

#[test]
fn what_is_wrong_opens_nothing() {
    let access = access(Some(KEY));
    for wrong in ["", "correct-horse-batter", "correct-horse-battery1", "cb1.e30.AAAA"] {
        let bearer = format!("Bearer {wrong}");
        assert_eq!(role(&from(&access, &[("authorization", &bearer)], None)), None, "{wrong}");
    }
    assert_eq!(role(&from(&access, &[], None)), None);
    // A wrong key is not forgiven because of a right cookie.
    let caller = from(&access, &[("authorization", &format!("Bearer {KEY}"))], None);
    let cookie = format!("x=1; callboard={}", access.sign(&access.session(&caller).unwrap()));
    assert_eq!(role(&from(&access, &[("cookie", &cookie)], None)), Some(Role::Supervisor));
    let both = [("cookie", &*cookie), ("authorization", "Bearer wrong")];
    assert_eq!(role(&from(&access, &both, None)), None);
}

#[test]
fn a_link_gives_its_role_until_it_ends() {
    let access = access(Some(KEY));
    let (claim, text) = link(&access, tomorrow());
    let caller = from(&access, &[], Some(&text));
    let audience = caller.audience().unwrap();
    assert_eq!((audience.role, &audience.scope), (Role::Floor, &claim.queues));
    assert!(!access.is_over(&caller));
    access.end_id(&claim.id);
    assert!(access.is_over(&caller));
    assert_eq!(role(&from(&access, &[], Some(&text))), None);
    let (_, old) = link(&access, clock::now());
    assert_eq!(role(&from(&access, &[], Some(&old))), None);
}

#[test]
fn a_session_sees_no_more_than_its_link_and_ends_with_it() {
    let access = access(Some(KEY));
    let (claim, text) = link(&access, tomorrow());
    let session = access.session(&from(&access, &[], Some(&text))).unwrap();
    assert_eq!((session.role, session.until), (Role::Floor, claim.until));
    let cookie = format!("callboard={}", access.sign(&session));
    let caller = from(&access, &[("cookie", &cookie)], None);
    assert_eq!(role(&caller), Some(Role::Floor));
    assert!(caller.by_cookie);
    let elsewhere = Access::new(Some(Secret::new(KEY)), b"seed");
    let same = from(&elsewhere, &[("cookie", &cookie)], None);
    elsewhere.end(&same);
    assert!(elsewhere.is_over(&same) && elsewhere.ended().contains_key(&session.id));
    // Until it is kept, nothing that the store says brings it back.
    elsewhere.replace_over(BTreeSet::new());
    assert!(elsewhere.is_over(&same));
    elsewhere.kept_ended(&elsewhere.ended());
    assert!(elsewhere.ended().is_empty());
    // A session is no link: its text opens nothing elsewhere.
    assert_eq!(role(&from(&access, &[], Some(&access.sign(&session)))), None);
    access.end_id(&claim.id);
    assert!(access.is_over(&caller));
    assert_eq!(role(&from(&access, &[("cookie", &cookie)], None)), None);
}

#[test]
fn where_no_key_is_asked_for_a_link_still_narrows() {
    let access = access(None);
    assert_eq!(role(&from(&access, &[], None)), Some(Role::Supervisor));
    let (_, text) = link(&access, tomorrow());
    assert_eq!(role(&from(&access, &[], Some(&text))), Some(Role::Floor));
    assert_eq!(role(&from(&access, &[], Some("nonsense"))), None);
    // What is left of another installation's session does no harm.
    assert_eq!(role(&from(&access, &[("cookie", "callboard=old")], None)), Some(Role::Supervisor));
}

#[test]
fn too_many_wrong_keys_are_too_many() {
    let access = access(Some(KEY));
    for _ in 0..40 {
        from(&access, &[("authorization", "Bearer wrong")], None);
    }
    let right = from(&access, &[("authorization", &format!("Bearer {KEY}"))], None);
    assert!(matches!(right.grant, Grant::TooMany));
    let (_, old) = link(&access, clock::now());
    let elsewhere = Access::new(Some(Secret::new(KEY)), b"seed");
    for _ in 0..40 {
        from(&elsewhere, &[], Some(&old));
    }
    let neighbour = from(&elsewhere, &[("authorization", &format!("Bearer {KEY}"))], None);
    assert_eq!(role(&neighbour), Some(Role::Supervisor), "an old link is no guess");
}

#[test]
fn a_new_key_ends_the_sessions_and_leaves_the_links() {
    let old = access(Some(KEY));
    let caller = from(&old, &[("authorization", &format!("Bearer {KEY}"))], None);
    let cookie = format!("callboard={}", old.sign(&old.session(&caller).unwrap()));
    let (_, text) = link(&old, tomorrow());
    let new = access(Some("another-horse-battery"));
    assert_eq!(role(&from(&new, &[("cookie", &cookie)], None)), None);
    assert_eq!(role(&from(&new, &[], Some(&text))), Some(Role::Floor));
}
