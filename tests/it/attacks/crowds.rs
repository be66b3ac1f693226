//! Row 24: more than there is room for.

use std::collections::BTreeSet;
use std::net::{IpAddr, SocketAddr};
use std::time::{Duration, Instant};

use support::viewer::{Socket, socket, socket_at};
use support::{Proxy, Rude, Simulator, Token, Viewer, http, until};

use super::{still_works, watched};
use crate::links::link;

/// A viewer from this address, or the status of the refusal.
async fn from(proxy: &Proxy, path: &str, address: &str) -> Result<Socket, u16> {
    socket_at(proxy, path, &[("x-forwarded-for", address)]).await
}

pub(super) async fn viewers(proxy: &Proxy) -> u64 {
    proxy.metric("callboard_viewers").await
}

#[tokio::test]
async fn row_24_one_address_takes_no_more_than_its_share() {
    let options = ["--max-viewers-per-address", "3", "--trusted-proxies", "127.0.0.0/8"];
    let (simulator, proxy, mut viewer) = watched(&options).await;
    let mut taken = Vec::new();
    for path in ["/api/live", "/calls", "/agents"] {
        taken.push(from(&proxy, path, "198.51.100.7").await.expect("a place"));
    }
    for path in ["/api/live", "/queues"] {
        assert_eq!(from(&proxy, path, "198.51.100.7").await.err(), Some(503), "{path}");
        // What it writes in front of its address does not help.
        let lie = from(&proxy, path, "203.0.113.9, 198.51.100.7").await.err();
        assert_eq!(lie, Some(503), "{path}");
    }
    let headers = [("host", "localhost"), ("x-forwarded-for", "198.51.100.7")];
    let answer = http::get(proxy.server.address(), "/api/events", &headers).await;
    assert_eq!((answer.status, answer.header("retry-after").is_some()), (503, true));
    // Others have their own, and a place that is left is free again.
    let other = from(&proxy, "/api/live", "198.51.100.8").await;
    assert_eq!(other.as_ref().err(), None);
    drop(taken.pop());
    let again = async || from(&proxy, "/api/live", "198.51.100.7").await.is_ok();
    until("a place to be free again", again, |is_free| *is_free).await;
    still_works(&simulator, &mut viewer).await;
}

#[tokio::test]
async fn row_24_there_are_no_more_viewers_than_allowed() {
    let (simulator, proxy, mut viewer) = watched(&["--max-viewers", "5"]).await;
    let mut taken = Vec::new();
    while let Ok(socket) = socket(&proxy, "", &[]).await {
        taken.push(socket);
        assert!(taken.len() < 5, "one place was taken before");
    }
    assert_eq!((taken.len(), viewers(&proxy).await), (4, 5));
    assert_eq!(socket(&proxy, "", &[]).await.err(), Some(503));
    // Who watches the proxy has no need for a place.
    assert_eq!(proxy.get("/readyz").await.status(), 200);
    drop(taken);
    until("the places to be free", async || viewers(&proxy).await, |count| *count == 1).await;
    Viewer::open(&proxy).await;
    still_works(&simulator, &mut viewer).await;
}

const ASK: &str = "GET /healthz HTTP/1.1\r\nhost: localhost\r\nconnection: close\r\n\r\n";

/// Connections that say nothing, more than are served at the same time.
async fn silence_from(greedy: IpAddr, address: SocketAddr) -> Vec<Rude> {
    let mut silent = Vec::new();
    for _ in 0..1100 {
        silent.push(Rude::connect_from(greedy, address).await);
    }
    // Its share is taken, and who comes beyond it is not kept waiting.
    assert_eq!(silent.pop().expect("one of them").silence().await, b"");
    silent
}

#[tokio::test]
async fn row_24_silent_connections_of_one_address_take_no_place_of_others() {
    let (simulator, proxy, mut viewer) = watched(&[]).await;
    let address = proxy.server.address();
    let [greedy, other] = [[127, 0, 0, 2], [127, 0, 0, 3]].map(IpAddr::from);
    // They are cut off after 10 s: a machine that takes that long gets another go.
    let mut goes = 0..4;
    let silent = loop {
        let begun = Instant::now();
        let silent = silence_from(greedy, address).await;
        proxy.logged("one address has 256 connections open").await;
        for from in [other, IpAddr::from([127, 0, 0, 1])] {
            let mut other = Rude::connect_from(from, address).await;
            assert!(other.say(ASK).await);
            let answer = other.head().await;
            assert!(answer.starts_with("HTTP/1.1 200 "), "{answer}");
        }
        if begun.elapsed() < Duration::from_secs(9) {
            break silent;
        }
        assert!(goes.next().is_some(), "others had to wait");
    };
    let log = proxy.log();
    assert!(!log.contains("127.0.0.2"), "an address is nobody's business: {log}");
    still_works(&simulator, &mut viewer).await;
    // When they are cut off, the address has its places back.
    drop(silent);
    let again = async || {
        let mut again = Rude::connect_from(greedy, address).await;
        again.say(ASK).await && again.head().await.starts_with("HTTP/1.1 200 ")
    };
    until("a place to be free again", again, |is_free| *is_free).await;
}

#[tokio::test]
async fn row_24_a_trusted_proxy_has_as_many_connections_as_it_likes() {
    let (simulator, proxy, mut viewer) = watched(&["--trusted-proxies", "127.0.0.2"]).await;
    let address = proxy.server.address();
    let mut silent = Vec::new();
    for _ in 0..300 {
        silent.push(Rude::connect_from([127, 0, 0, 2].into(), address).await);
    }
    let mut last = silent.pop().expect("one of them");
    let ask = "GET /healthz HTTP/1.1\r\nhost: localhost\r\nconnection: close\r\n\r\n";
    assert!(last.say(ask).await);
    assert!(last.head().await.starts_with("HTTP/1.1 200 "), "all before it are open");
    still_works(&simulator, &mut viewer).await;
}

#[tokio::test]
async fn row_24_connections_that_ask_for_nothing_hold_nobody_up_for_long() {
    let (simulator, proxy, mut viewer) = watched(&[]).await;
    // More than are served at the same time, from an address without a share.
    let mut silent = Vec::new();
    for _ in 0..1100 {
        silent.push(Rude::connect(proxy.server.address()).await);
    }
    // Within the deadline of any test, that is: they are cut off after 10 s.
    Viewer::open(&proxy).await;
    still_works(&simulator, &mut viewer).await;
    drop(silent);
}

/// Whether this is a refusal that says when to come back, and after how long, in s.
fn come_back_after(head: &str) -> Option<u32> {
    let refused = head.starts_with("HTTP/1.1 503 ");
    let after = head.lines().find_map(|line| line.strip_prefix("retry-after: "));
    after.filter(|_| refused).and_then(|after| after.parse().ok())
}

/// Opens boards until one is refused; gives them, and the refusal.
async fn as_many_as_go(proxy: &Proxy, headers: &[(&str, &str)]) -> (Vec<Rude>, String) {
    let mut taken = Vec::new();
    loop {
        let mut rude = Rude::connect(proxy.server.address()).await;
        let head = rude.knock("/api/live", headers).await;
        if !head.starts_with("HTTP/1.1 101 ") {
            return (taken, head);
        }
        taken.push(rude);
    }
}

async fn refused(proxy: &Proxy, reason: &str) -> u64 {
    proxy.metric(&format!("callboard_viewers_refused_total{{reason=\"{reason}\"}}")).await
}

#[tokio::test]
async fn row_24_one_link_takes_no_more_than_its_share() {
    let (simulator, proxy, mut viewer) = watched(&["--max-viewers-per-link", "3"]).await;
    let folder = proxy.data_dir();
    let [one, other] = ["one", "other"].map(|name| {
        format!("Bearer {}", link(&folder, &["--role", "floor", "--expires", "1d", "--name", name]))
    });
    let (mut taken, refusal) = as_many_as_go(&proxy, &[("authorization", &one)]).await;
    assert_eq!(taken.len(), 3);
    assert!(come_back_after(&refusal).is_some(), "{refusal}");
    // A session that was begun with it is it.
    let client = reqwest::Client::new();
    let asked = client.post(proxy.url("/api/session")).header("authorization", &one).send().await;
    let session = asked.expect("the proxy answers");
    let cookie = session.headers()["set-cookie"].to_str().expect("a text").to_owned();
    let cookie = cookie.split(';').next().expect("name and value");
    let origin = proxy.url("");
    let with_cookie = [("cookie", cookie), ("origin", &*origin)];
    assert_eq!(socket_at(&proxy, "/api/live", &with_cookie).await.err(), Some(503));
    let events = [("host", "localhost"), ("authorization", &*one)];
    assert_eq!(http::get(proxy.server.address(), "/api/events", &events).await.status, 503);
    assert_eq!(refused(&proxy, "link").await, 3);
    // Others have their own, and a place that is left is free again.
    assert_eq!(as_many_as_go(&proxy, &[("authorization", &other)]).await.0.len(), 3);
    drop(taken.pop());
    let again = async || socket_at(&proxy, "/api/live", &with_cookie).await.is_ok();
    until("a place to be free again", again, |is_free| *is_free).await;
    still_works(&simulator, &mut viewer).await;
}

#[tokio::test]
async fn row_24_who_come_too_fast_are_told_to_come_back_at_different_times() {
    let (simulator, proxy, mut viewer) = watched(&["--new-viewers-per-second", "2"]).await;
    // Five seconds' worth come at once, one of them before.
    let (taken, refusal) = as_many_as_go(&proxy, &[]).await;
    assert!(taken.len() >= 9, "{}", taken.len());
    assert!(come_back_after(&refusal).is_some(), "{refusal}");
    assert!(refusal.contains("connection: close"), "{refusal}");
    let mut after = BTreeSet::new();
    while after.len() < 5 {
        let mut rude = Rude::connect(proxy.server.address()).await;
        after.extend(come_back_after(&rude.knock("/api/live", &[]).await));
    }
    assert!(after.iter().all(|after| (5..=15).contains(after)), "{after:?}");
    assert!(refused(&proxy, "pace").await >= 5);
    // Who comes back finds a place; nobody had to go for it.
    let again = async || socket(&proxy, "", &[]).await.is_ok();
    until("a place", again, |is_there| *is_there).await;
    still_works(&simulator, &mut viewer).await;
    drop(taken);
}

#[tokio::test]
async fn row_24_who_shows_nothing_keeps_nobody_out_who_has_a_key() {
    let key = Token::new();
    let file = key.file().to_str().expect("a plain path");
    let simulator = Simulator::quiet().await;
    let options = ["--viewer-key-file", file, "--new-viewers-per-second", "1"];
    let proxy = Proxy::with(&simulator, simulator.token(), &options).await;
    let (_, refusal) = as_many_as_go(&proxy, &[]).await;
    assert!(come_back_after(&refusal).is_some(), "{refusal}");
    let right = format!("Bearer {}", key.text());
    let (taken, _) = as_many_as_go(&proxy, &[("authorization", &right)]).await;
    assert!(taken.len() >= 5, "{}", taken.len());
}

#[tokio::test]
async fn row_24_viewers_use_up_no_file_that_others_need() {
    let simulator = Simulator::quiet().await;
    let few = ["prlimit", "--nofile=256:256"];
    let options = ["--metrics-listen", "127.0.0.1:0"];
    let proxy = Proxy::under(&few, &simulator.url(), simulator.token(), &options).await;
    proxy.logged("256 open files are room for about 176 viewers").await;
    let mut viewer = Viewer::open(&proxy).await;
    viewer.wait_until_live().await;
    let (mut taken, refusal) = as_many_as_go(&proxy, &[]).await;
    assert!((100..192).contains(&taken.len()), "{}", taken.len());
    assert!(come_back_after(&refusal).is_some(), "{refusal}");
    // However often they come, also by the other ways.
    for _ in 0..300 {
        let mut rude = Rude::connect(proxy.server.address()).await;
        let head = rude.knock("/api/live", &[]).await;
        assert!(come_back_after(&head).is_some(), "{head}");
    }
    for path in ["/api/events", "/lite/events"] {
        let head = http::get(proxy.server.address(), path, &[("host", "localhost")]).await.head;
        assert!(come_back_after(&head).is_some(), "{path}: {head}");
    }
    assert_eq!(refused(&proxy, "files").await, 303);
    // The upstream goes, and can be reached again.
    simulator.close(1012).await;
    viewer.wait("streams that are gone", |viewer| !viewer.status.all_live()).await;
    viewer.wait_until_live().await;
    // The board, the store, and who watches the proxy are as ever.
    still_works(&simulator, &mut viewer).await;
    for path in ["/readyz", "/metrics", "/", "/api/calls"] {
        assert_eq!(proxy.get(path).await.status(), 200, "{path}");
    }
    // Nor do silent connections use them up, for whom other files are.
    let mut silent = Vec::new();
    for last in 2..20 {
        for _ in 0..8 {
            let from = [127, 0, 0, last].into();
            silent.push(Rude::connect_from(from, proxy.server.address()).await);
        }
    }
    let watching = second_address(&proxy);
    for path in ["/readyz", "/metrics", "/healthz"] {
        let answer = http::get(watching, path, &[("host", "localhost")]).await;
        assert_eq!(answer.status, 200, "{path}");
    }
    simulator.close(1012).await;
    viewer.wait("streams that are gone", |viewer| !viewer.status.all_live()).await;
    viewer.wait_until_live().await;
    still_works(&simulator, &mut viewer).await;
    drop(silent);
    // Who leaves makes room for another, and for no more than that.
    taken.truncate(90);
    until("some to be gone", async || viewers(&proxy).await, |count| *count == 91).await;
    let (more, refusal) = as_many_as_go(&proxy, &[]).await;
    assert!((10..102).contains(&more.len()), "{}", more.len());
    assert!(come_back_after(&refusal).is_some(), "{refusal}");
    assert!(!proxy.log().contains("no further connections"), "{}", proxy.log());
}

#[tokio::test]
async fn row_24_event_streams_take_no_place_of_requests() {
    let simulator = Simulator::quiet().await;
    // Room for 32 requests at the same time.
    let few = ["prlimit", "--nofile=256:256"];
    let proxy = Proxy::under(&few, &simulator.url(), simulator.token(), &[]).await;
    let mut streams = Vec::new();
    for nth in 0..80 {
        let path = ["/api/events", "/lite/events"][nth % 2];
        let mut rude = Rude::connect(proxy.server.address()).await;
        assert!(rude.say(format!("GET {path} HTTP/1.1\r\nhost: localhost\r\n\r\n")).await);
        let head = rude.head().await;
        assert!(head.starts_with("HTTP/1.1 200 ") && head.contains("connection: close"), "{head}");
        streams.push(rude);
    }
    assert_eq!(viewers(&proxy).await, 80);
    proxy.until_live().await;
    assert_eq!(proxy.get("/readyz").await.status(), 200);
    drop(streams);
    until("all to be gone", async || viewers(&proxy).await, |count| *count == 0).await;
}

/// Where those are answered who watch the proxy: the second line tells.
fn second_address(proxy: &Proxy) -> SocketAddr {
    let said = proxy.server.process().stdout();
    let address = said.lines().nth(1).and_then(|line| line.split("://").nth(1));
    address.and_then(|address| address.parse().ok()).expect("an address")
}
