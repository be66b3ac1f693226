//! Row 23: an upstream's address that leads elsewhere than to the upstream.

use std::net::{SocketAddr, ToSocketAddrs as _};

use callboard_shared::Stream;
use callboard_shared::wire::StreamState;
use support::certificate::Authority;
use support::{Fake, Peer, Proxy, Token, Viewer, run, until};

#[test]
fn row_23_a_host_that_nobody_allowed_stops_the_start() {
    let check = |upstream: &str, hosts: &[&str]| {
        let arguments = [&["check", "--upstream", upstream][..], hosts].concat();
        let output = run(&arguments, &[("CALLBOARD_TOKEN", "t")]);
        (output.status.code(), String::from_utf8_lossy(&output.stderr).into_owned())
    };
    for (upstream, setting) in [
        ("wss://elsewhere.example", "`upstream-hosts`"),
        ("wss://statistics-webhook.telavox.se.evil.example", "`upstream-hosts`"),
        ("wss://169.254.169.254", "`upstream`"),
        ("wss://[fd00::1]", "`upstream`"),
        ("ws://10.0.0.1", "`upstream`"),
    ] {
        let (code, said) = check(upstream, &[]);
        assert_eq!(code, Some(2), "{upstream}: {said}");
        assert!(said.contains(setting) && said.lines().count() == 1, "{upstream}: {said}");
    }
    for upstream in ["wss://statistics-webhook.telavox.se", "ws://127.0.0.1:9", "wss://localhost"] {
        assert_eq!(check(upstream, &[]), (Some(0), String::new()), "{upstream}");
    }
    let allowed = check("wss://elsewhere.example", &["--upstream-hosts", "elsewhere.example"]);
    assert_eq!(allowed, (Some(0), String::new()));
    let (code, said) = check("wss://10.0.0.1", &["--upstream-hosts", "10.0.0.1"]);
    assert!(code == Some(2) && said.contains("`upstream-hosts`"), "{said}");
}

/// A name of this machine other than `localhost`: every machine has one in its
/// file of hosts.
fn own_name() -> String {
    let hosts = std::fs::read_to_string("/etc/hosts").expect("a file of hosts");
    let lines = hosts.lines().filter_map(|line| line.split('#').next());
    let mut names = lines.flat_map(|line| line.split_whitespace().skip(1));
    let leads_here = |name: &&str| {
        let found = (*name, 0).to_socket_addrs().into_iter().flatten();
        let mut addresses = found.map(|address: SocketAddr| address.ip()).peekable();
        addresses.peek().is_some() && addresses.all(|address| address.is_loopback())
    };
    let other = |name: &&str| !name.to_ascii_lowercase().contains("localhost") && leads_here(name);
    let name = names.find(other);
    name.expect("a name of this machine in /etc/hosts besides localhost").to_owned()
}

#[tokio::test]
async fn row_23_a_name_that_leads_into_the_own_network_is_not_connected() {
    let (authority, name) = (Authority::new(), own_name());
    let server = Fake::with_tls(authority.server(&name), Peer::welcome).await;
    let (token, variables) = (Token::new(), [("SSL_CERT_FILE", authority.path())]);
    let port = server.url().rsplit(':').next().expect("a port").to_owned();
    let (url, allowed) = (format!("wss://{name}:{port}"), ["--upstream-hosts", &*name]);
    let proxy = Proxy::at_with(&url, &token, &allowed, &variables).await;
    let mut viewer = Viewer::open(&proxy).await;
    let refused = |viewer: &Viewer| {
        let backoff = |stream| viewer.status.get(stream).state == StreamState::Backoff;
        Stream::ALL.into_iter().all(backoff)
    };
    viewer.wait("streams that are not opened", refused).await;
    let log = proxy.logged("where the token is not sent").await;
    assert!(!log.contains(token.text()), "{log}");
    assert_eq!(server.connections(), 0, "not even connected");
    assert!(proxy.text("/readyz").await.contains("backoff"));
    // Written as this machine, the same server is asked.
    let here = Proxy::at_with(&server.url(), &token, &[], &variables).await;
    let asked = async || server.connections();
    until("connections to this machine", asked, |connections| *connections > 0).await;
    here.logged("is for another name").await;
}
