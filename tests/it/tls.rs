//! Certificates of the upstream: which of them get the token.

use callboard_shared::Stream;
use callboard_shared::wire::StreamState;
use support::certificate::{Authority, self_signed_server};
use support::{Fake, Peer, Proxy, Token, Viewer};

/// The proxy must try, refuse the server in these words, and tell it nothing.
async fn check_refusal(server: &Fake, certificates: &str, words: &str) {
    let token = Token::new();
    let variables = [("SSL_CERT_FILE", certificates)];
    let proxy = Proxy::at_with(&server.url(), &token, &[], &variables).await;
    let mut viewer = Viewer::open(&proxy).await;
    let refused = |viewer: &Viewer| {
        let backoff = |stream| viewer.status.get(stream).state == StreamState::Backoff;
        Stream::ALL.into_iter().all(backoff)
    };
    viewer.wait("refused servers", refused).await;
    // And again: a certificate may be put right.
    let tried = server.connections();
    let look = async || server.connections();
    support::until("further attempts", look, |count| *count > tried + 1).await;
    proxy.logged(words).await;
    assert_eq!(server.heard(), "", "not a byte of the request has left");
    let log = viewer.texts.concat();
    assert!(!log.contains(r#""live""#), "never live: {log}");
}

#[tokio::test]
async fn a_server_that_vouches_for_itself_is_refused() {
    let server = Fake::with_tls(self_signed_server("localhost"), Peer::welcome).await;
    check_refusal(&server, Authority::new().path(), "comes from nobody").await;
    // Nor does a store that is broken make the proxy trust everybody.
    check_refusal(&server, "/no/such/file", "comes from nobody").await;
}

#[tokio::test]
async fn a_certificate_for_another_name_is_refused() {
    let authority = Authority::new();
    let server = Fake::with_tls(authority.server("elsewhere.example"), Peer::welcome).await;
    check_refusal(&server, authority.path(), "is for another name").await;
}

#[tokio::test]
async fn an_expired_certificate_is_refused() {
    let authority = Authority::new();
    let server = Fake::with_tls(authority.expired_server("localhost"), Peer::welcome).await;
    check_refusal(&server, authority.path(), "has expired").await;
}

#[tokio::test]
async fn a_server_that_the_machine_trusts_gets_the_token() {
    let authority = Authority::new();
    let server = Fake::with_tls(authority.server("localhost"), Peer::welcome).await;
    let token = Token::new();
    let variables = [("SSL_CERT_FILE", authority.path())];
    let proxy = Proxy::at_with(&server.url(), &token, &[], &variables).await;
    let mut viewer = Viewer::open(&proxy).await;
    viewer.wait_until_live().await;
    viewer.wait("the call", |viewer| viewer.waits_in("a", "71")).await;
    assert!(server.heard().contains(&format!("Bearer {}", token.text())));
}
