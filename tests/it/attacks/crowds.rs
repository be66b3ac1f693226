//! Rows 24, 25: more than there is room for.

use std::net::IpAddr;
use std::time::{Duration, Instant};

use support::viewer::{Socket, socket, socket_at};
use support::{Proxy, Rude, Viewer, http, until};

use super::{still_works, watched};

/// A viewer from this address, or the status of the refusal.
async fn from(proxy: &Proxy, path: &str, address: &str) -> Result<Socket, u16> {
    socket_at(proxy, path, &[("x-forwarded-for", address)]).await
}

async fn viewers(proxy: &Proxy) -> u64 {
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

#[tokio::test]
async fn row_24_silent_connections_of_one_address_take_no_place_of_others() {
    let (simulator, proxy, mut viewer) = watched(&[]).await;
    let address = proxy.server.address();
    let [greedy, other] = [[127, 0, 0, 2], [127, 0, 0, 3]].map(IpAddr::from);
    let begun = Instant::now();
    // More than are served at the same time.
    let mut silent = Vec::new();
    for _ in 0..1100 {
        silent.push(Rude::connect_from(greedy, address).await);
    }
    // Its share is taken, and who comes beyond it is not kept waiting.
    assert_eq!(silent.pop().expect("one of them").silence().await, b"");
    proxy.logged("one address has 256 connections open").await;
    let ask = "GET /healthz HTTP/1.1\r\nhost: localhost\r\nconnection: close\r\n\r\n";
    for from in [other, IpAddr::from([127, 0, 0, 1])] {
        let mut other = Rude::connect_from(from, address).await;
        assert!(other.say(ask).await);
        let answer = other.head().await;
        assert!(answer.starts_with("HTTP/1.1 200 "), "{answer}");
    }
    // The silent ones are cut off after 10 s.
    assert!(begun.elapsed() < Duration::from_secs(9), "others had to wait");
    let log = proxy.log();
    assert!(!log.contains("127.0.0.2"), "an address is nobody's business: {log}");
    still_works(&simulator, &mut viewer).await;
    // When they are cut off, the address has its places back.
    drop(silent);
    let again = async || {
        let mut again = Rude::connect_from(greedy, address).await;
        again.say(ask).await && again.head().await.starts_with("HTTP/1.1 200 ")
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

#[tokio::test]
async fn row_25_two_thousand_that_come_and_go_leave_nothing_behind() {
    const CROWD: usize = 2000;
    let (simulator, proxy, mut viewer) = watched(&[]).await;
    let crowd = async || {
        let mut sockets = Vec::new();
        for _ in 0..CROWD {
            let rude = Rude::connect(proxy.server.address()).await;
            sockets.push(rude.open("/api/live", &[]).await);
        }
        let all = CROWD as u64 + 1;
        until("all to be there", async || viewers(&proxy).await, |count| *count == all).await;
        let memory = proxy.server.process().memory();
        drop(sockets);
        until("all to be gone", async || viewers(&proxy).await, |count| *count == 1).await;
        memory
    };
    let first = crowd().await;
    let second = crowd().await;
    // What the first crowd used, the second has used again.
    assert!(second < first + (8 << 20), "{first} bytes with the first, {second} with the second");
    still_works(&simulator, &mut viewer).await;
}
