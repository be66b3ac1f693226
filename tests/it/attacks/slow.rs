//! Rows 6, 7, 16: who is slow, and requests that are none.

use std::time::Duration;

use support::{DEADLINE, Rude, Viewer, http, until};
use tokio::time::{MissedTickBehavior, interval, timeout};

use super::{still_works, upstream, watched};
use crate::streams::comparable;

#[tokio::test]
async fn row_6_who_never_finishes_a_request_is_cut_off() {
    let (simulator, proxy, mut viewer) = watched(&[]).await;
    let address = proxy.server.address();
    let begun = async |text: &str| {
        let mut rude = Rude::connect(address).await;
        assert!(rude.say(text).await);
        rude
    };
    let silent = async { Rude::connect(address).await.silence().await };
    let header =
        async { begun("GET / HTTP/1.1\r\nhost: localhost\r\nx-slow: ").await.drip(b"x").await };
    let lines =
        async { begun("GET / HTTP/1.1\r\nhost: localhost\r\n").await.drip(b"x: y\r\n").await };
    let body = async {
        let head = "POST /api/session HTTP/1.1\r\nhost: localhost\r\ncontent-length: 4000\r\n\r\n";
        begun(head).await.drip(b"{").await
    };
    // Answered, and then nothing more.
    let idle =
        async { begun("GET /healthz HTTP/1.1\r\nhost: localhost\r\n\r\n").await.silence().await };
    let (silent, header, lines, body, idle) = tokio::join!(silent, header, lines, body, idle);
    assert_eq!(silent, b"", "nobody asked");
    for answer in [header, lines] {
        let answer = String::from_utf8_lossy(&answer).into_owned();
        assert!(answer.is_empty() || answer.starts_with("HTTP/1.1 408 "), "{answer}");
    }
    let body = String::from_utf8_lossy(&body).into_owned();
    assert!(body.starts_with("HTTP/1.1 408 "), "{body}");
    assert!(idle.starts_with(b"HTTP/1.1 200 "), "{}", String::from_utf8_lossy(&idle));
    still_works(&simulator, &mut viewer).await;
}

#[tokio::test]
async fn row_6_a_header_of_a_megabyte_is_refused() {
    let (simulator, proxy, mut viewer) = watched(&[]).await;
    let large = "x".repeat(1 << 20);
    let many = "x-many: y\r\n".repeat(2000);
    for path in ["/", "/api/live", "/calls", "/api/session"] {
        for head in [
            format!("GET {path} HTTP/1.1\r\nhost: localhost\r\nx-large: {large}\r\n\r\n"),
            format!("GET {path} HTTP/1.1\r\nhost: localhost\r\ncookie: callboard={large}\r\n\r\n"),
            format!("GET {path} HTTP/1.1\r\nhost: localhost\r\n{many}\r\n"),
        ] {
            let mut rude = Rude::connect(proxy.server.address()).await;
            // The refusal may come before all of it is said.
            let _ = rude.say(head).await;
            let answer = rude.head().await;
            assert!(answer.starts_with("HTTP/1.1 431 "), "{path}: {answer}");
        }
    }
    still_works(&simulator, &mut viewer).await;
}

#[tokio::test]
async fn row_16_requests_that_could_be_read_in_two_ways_are_refused() {
    let (simulator, proxy, mut viewer) = watched(&[]).await;
    let hidden = "GET /api/snapshot HTTP/1.1\r\nhost: localhost\r\n\r\n";
    let chunk = format!("0\r\n\r\n{hidden}");
    let length = chunk.len();
    for lines in [
        format!("content-length: {length}\r\ntransfer-encoding: chunked\r\n"),
        format!("transfer-encoding: chunked\r\ncontent-length: {length}\r\n"),
        format!("content-length: {length}\r\ncontent-length: 0\r\n"),
        format!("content-length: {length}\r\ntransfer-encoding: identity\r\n"),
        "transfer-encoding: chunked, identity\r\n".to_owned(),
        "transfer-encoding: \u{b}chunked\r\n".to_owned(),
        "content-length: +5\r\n".to_owned(),
        "content-length: 5, 5, 6\r\n".to_owned(),
        "content-length : 5\r\n".to_owned(),
        " content-length: 5\r\n".to_owned(),
        "x: y\r\n\tz\r\n".to_owned(),
        "x\0: y\r\n".to_owned(),
    ] {
        for method in ["POST", "GET"] {
            let target = if method == "GET" { "/healthz" } else { "/api/session" };
            let mut rude = Rude::connect(proxy.server.address()).await;
            let head = format!("{method} {target} HTTP/1.1\r\nhost: localhost\r\n{lines}\r\n");
            let _ = rude.say([head, chunk.clone()].concat()).await;
            let all = String::from_utf8_lossy(&rude.silence().await).into_owned();
            assert!(all.starts_with("HTTP/1.1 400 "), "{method} {lines:?}: {all}");
            assert_eq!(all.matches("HTTP/1.1 ").count(), 1, "{method} {lines:?}: {all}");
        }
    }
    still_works(&simulator, &mut viewer).await;
}

#[tokio::test]
async fn row_16_nothing_of_a_request_becomes_a_header() {
    let (_simulator, proxy, _viewer) = watched(&[]).await;
    let injected = "%0d%0ax-injected:%201";
    for target in [
        format!("/{injected}"),
        format!("/api/live?epoch={injected}&seq=1"),
        format!("/api/snapshot?link={injected}"),
        format!("/healthz?{injected}"),
        format!("//evil.example/{injected}"),
    ] {
        for name in ["origin", "x-forwarded-proto", "x-forwarded-for", "sec-websocket-protocol"] {
            let headers = [("host", "localhost"), (name, "x-injected: 1, evil.example")];
            let answer = http::get(proxy.server.address(), &target, &headers).await;
            let head = answer.head.to_ascii_lowercase();
            for word in ["injected", "evil", "location:"] {
                assert!(!head.contains(word), "{target} with {name}: {head}");
            }
        }
    }
}

/// A call's document, unlike the one before.
fn document(nth: usize, calls: usize) -> String {
    let call = nth % calls;
    format!(
        r#"{{"id_call":"c{call}","active":1,"duration":{{"talk":{nth}}},"text":"{}"}}"#,
        "x".repeat(1500)
    )
}

#[tokio::test]
async fn row_7_who_reads_nothing_is_closed_and_nobody_else_notices() {
    let (_fake, proxy) = upstream(async |mut peer| {
        let mut tick = interval(Duration::from_millis(2));
        tick.set_missed_tick_behavior(MissedTickBehavior::Delay);
        let mut nth = 0;
        while peer.text(&document(nth, 50)).await {
            nth += 1;
            tick.tick().await;
        }
    })
    .await;
    let mut healthy = Viewer::open(&proxy).await;
    // The log of messages is full: from now on it grows no more.
    let mut stalled = Vec::new();
    for path in ["/api/live", "/calls"] {
        for _ in 0..10 {
            let rude = Rude::narrow(proxy.server.address()).await;
            stalled.push(rude.open(path, &[]).await);
        }
    }
    let count = async || proxy.metric("callboard_viewers").await;
    until("all to be there", count, |count| *count == 21).await;
    // It reads on while the others do not.
    let reading = async {
        loop {
            healthy.next().await;
        }
    };
    let gone = async { until("the stalled ones to go", count, |count| *count == 1).await };
    tokio::select! {
        () = reading => (),
        _ = gone => (),
    }
    let seq = healthy.seq;
    healthy.wait("documents afterwards", |viewer| viewer.seq > seq + 100).await;
    assert_eq!(healthy.snapshots, 1, "no gap, and nothing left out");
    let whole = healthy.numbers.windows(2).all(|pair| pair[0].1 == pair[1].0);
    assert!(whole, "{:?}", healthy.numbers);
    for mut rude in stalled {
        // What had been sent before comes first; the farewell no longer fits.
        let code = timeout(DEADLINE, rude.attack(&[], 0)).await.expect("an end");
        assert!(matches!(code, 4408 | 1006), "{code}");
    }
    // What is allowed to each, and the log that all share.
    let memory = proxy.server.process().memory();
    assert!(memory < 128 << 20, "{memory} bytes");
}

#[tokio::test]
async fn row_7_who_reads_slowly_gets_the_newest_of_each_call_and_ends_with_the_same_board() {
    const DOCUMENTS: usize = 3000;
    let (begin, begun) = tokio::sync::watch::channel(false);
    let (_fake, proxy) = upstream(move |mut peer| {
        let mut begun = begun.clone();
        async move {
            let _ = begun.wait_for(|begun| *begun).await;
            for nth in 0..DOCUMENTS {
                if !peer.text(&document(nth, 50)).await {
                    return;
                }
            }
            peer.wait().await;
        }
    })
    .await;
    let mut slow = Viewer::narrow(&proxy).await;
    let mut healthy = Viewer::open(&proxy).await;
    begin.send_replace(true);
    let all = |viewer: &Viewer| viewer.seq == DOCUMENTS as u64;
    healthy.wait("all documents", all).await;
    // Only now, while most of it could not be sent.
    slow.wait("the end", all).await;
    assert_eq!(slow.snapshots, 1);
    let whole = slow.numbers.windows(2).all(|pair| pair[0].1 == pair[1].0);
    assert!(whole, "a gap: {:?}", slow.numbers);
    let leap = slow.numbers.iter().map(|(since, seq)| seq - since).max().unwrap_or_default();
    assert!(leap > 256, "nothing was left out: {leap}");
    // The system itself holds little: what arrives is what is so now.
    assert!(slow.numbers.len() < DOCUMENTS / 10, "{} messages", slow.numbers.len());
    assert_eq!(comparable(&slow.board), comparable(&healthy.board));
}
