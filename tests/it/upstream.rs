//! Upstreams that misbehave: what the proxy does about each, and what not.

use std::sync::Arc;
use std::time::Duration;

use callboard_shared::Stream;
use callboard_shared::wire::StreamState;
use support::{Fake, Peer, Proxy, Simulator, Token, Viewer, until};
use tokio::sync::Notify;

fn state(viewer: &Viewer, stream: Stream) -> StreamState {
    viewer.status.get(stream).state
}

/// The first connection on `/queues` does what `attack` says, all others are
/// fine. The proxy must say so in `words`, live on and show the call.
async fn check_attack<F>(
    what: &str,
    words: &str,
    attack: impl Fn(Peer) -> F + Send + Sync + 'static,
) where
    F: Future<Output = ()> + Send + 'static,
{
    let attack = Arc::new(attack);
    let fake = Fake::start(move |peer| {
        let attack = attack.clone();
        async move {
            match (peer.path(), peer.nth) {
                ("/queues", 1) => attack(peer).await,
                _ => Peer::welcome(peer).await,
            }
        }
    })
    .await;
    let token = Token::new();
    let proxy = Proxy::at(&fake.url(), &token, &["--log", "debug"]).await;
    let mut viewer = Viewer::open(&proxy).await;
    viewer.wait(&format!("the call after {what}"), |viewer| viewer.waits_in("a", "71")).await;
    viewer.wait_until_live().await;
    assert!(fake.requests("/queues") >= 2, "{what}: it was tried again");
    assert_eq!(fake.requests("/calls"), 1, "{what}: the other streams never noticed");
    let log = proxy.logged(words).await;
    assert!(!log.contains(token.text()), "{what}: {log}");
}

#[tokio::test]
async fn an_answer_with_a_wrong_key_opens_nothing() {
    check_attack("a wrong key", "the answer is not a WebSocket's", |mut peer| async move {
        peer.accept_as("s3pPLMBiTxaQ9kYGzzhZRbK+xOo=").await;
        peer.text(r#"{"id_call":"evil","active":1}"#).await;
        peer.wait().await;
    })
    .await;
}

#[tokio::test]
async fn an_answer_without_end_is_given_up() {
    check_attack("a flood of headers", "the answer is not a WebSocket's", |mut peer| async move {
        peer.say("HTTP/1.1 101 Switching Protocols\r\n").await;
        while peer.say("x-more: and more\r\n".repeat(100)).await {}
    })
    .await;
}

#[tokio::test]
async fn a_handshake_that_never_ends_is_given_up() {
    check_attack("a slow handshake", "no answer within 10 s", |mut peer| async move {
        peer.say("HTTP/1.1 101 Switching Protocols\r\n").await;
        // A byte now and then, so that the connection looks alive.
        while peer.say("x").await {
            tokio::time::sleep(Duration::from_millis(200)).await;
        }
    })
    .await;
}

#[tokio::test]
async fn fragments_without_end_are_cut_off() {
    check_attack("endless fragments", "a frame over 4 MiB", |mut peer| async move {
        peer.accept().await;
        let part = [b' '; 32 * 1024];
        peer.frame(0x01, &part).await;
        while peer.frame(0x00, &part).await {}
    })
    .await;
}

#[tokio::test]
async fn a_frame_that_claims_to_be_huge_is_not_waited_for() {
    for length in [(1_u64 << 63) - 1, u64::MAX, 5 << 20] {
        let words = if length == u64::MAX { "stream ended" } else { "a frame over 4 MiB" };
        check_attack("a huge length", words, move |mut peer| async move {
            peer.accept().await;
            peer.say([&[0x82, 127][..], &length.to_be_bytes(), b"{"].concat()).await;
            peer.wait().await;
        })
        .await;
    }
}

#[tokio::test]
async fn text_that_is_not_utf8_ends_the_connection() {
    check_attack("bad UTF-8", "not UTF-8", |mut peer| async move {
        peer.accept().await;
        peer.frame(0x81, b"{\"id_call\":\"\xff\xfe\"}").await;
        peer.wait().await;
    })
    .await;
}

#[tokio::test]
async fn frames_that_break_the_protocol_end_the_connection() {
    // Compressed without having agreed on it; an opcode that does not exist;
    // a continuation of nothing; a ping in fragments; a frame with a mask.
    for first in [0xc1, 0x83, 0x80, 0x09] {
        let what = format!("first byte {first:#x}");
        check_attack(&what, "breaks the protocol", move |mut peer| async move {
            peer.accept().await;
            peer.frame(first, b"{}").await;
            peer.wait().await;
        })
        .await;
    }
    check_attack("a masked frame", "breaks the protocol", |mut peer| async move {
        peer.accept().await;
        peer.say([0x81, 0x82, 0, 0, 0, 0, b'{', b'}']).await;
        peer.wait().await;
    })
    .await;
}

#[tokio::test]
async fn an_orderly_close_of_a_young_connection_is_no_routine() {
    check_attack("a close", "closed by the upstream (code 1001)", |mut peer| async move {
        peer.accept().await;
        peer.close(1001).await;
    })
    .await;
}

#[tokio::test]
async fn redirects_are_not_followed() {
    let elsewhere = Fake::start(Peer::welcome).await;
    let target = elsewhere.url().replace("ws:", "http:");
    for status in ["301 Moved Permanently", "302 Found", "307 Temporary Redirect"] {
        let location = format!("location: {target}/queues\r\n");
        let words = format!("answered {} instead", &status[..3]);
        check_attack(status, &words, move |peer| {
            let location = location.clone();
            async move { peer.refuse(status, &location).await }
        })
        .await;
    }
    assert_eq!(elsewhere.connections(), 0, "the token goes where it was configured to go");
}

#[tokio::test]
async fn pings_of_the_upstream_are_answered() {
    check_attack("a ping", "closed by the upstream (code 1000)", |mut peer| async move {
        peer.accept().await;
        peer.frame(0x89, b"are you there?").await;
        // Without the right answer the connection is not closed in this way.
        if peer.client_frame().await == Some((0x8a, b"are you there?".to_vec())) {
            peer.close(1000).await;
        }
    })
    .await;
}

#[tokio::test]
async fn a_refused_stream_stays_refused_while_the_others_come_and_go() {
    for how in ["401", "403", "1008", "4401"] {
        let fake = Fake::start(move |mut peer| async move {
            match (peer.path(), how) {
                ("/calls", "401") => peer.refuse("401 Unauthorized", "").await,
                ("/calls", "403") => peer.refuse("403 Forbidden", "").await,
                ("/calls", code) => {
                    peer.accept().await;
                    peer.close(code.parse().expect("a close code")).await;
                }
                _ => {
                    peer.accept().await;
                    peer.close(1012).await;
                }
            }
        })
        .await;
        let proxy = Proxy::at(&fake.url(), &Token::new(), &[]).await;
        let mut viewer = Viewer::open(&proxy).await;
        let refused = |viewer: &Viewer| state(viewer, Stream::Calls) == StreamState::AuthFailed;
        viewer.wait(&format!("a stream refused with {how}"), refused).await;
        // The others have waited half a second, a second and two by then.
        let look = async || fake.requests("/agents");
        until("further attempts of another stream", look, |requests| *requests >= 4).await;
        assert_eq!(fake.requests("/calls"), 1, "{how}");
        assert!(proxy.text("/readyz").await.contains("auth_failed"), "{how}");
    }
}

/// All that can be heard of a proxy whose token is sent in this way.
async fn sent_by(auth: &str) -> String {
    let simulator = Simulator::start(&["--calls-per-hour", "0", "--auth", auth]).await;
    let options = ["--upstream-auth", auth, "--log", "trace"];
    let proxy = Proxy::with(&simulator, simulator.token(), &options).await;
    let mut viewer = Viewer::open(&proxy).await;
    viewer.wait_until_live().await;
    let id = &simulator.play(serde_json::json!({ "queue": "71" })).await;
    viewer.wait(&format!("a call by {auth}"), |viewer| viewer.waits_in(id, "71")).await;

    let wrong = Token::new();
    let stranger = Proxy::with(&simulator, &wrong, &options).await;
    let mut watching = Viewer::open(&stranger).await;
    let refused = |viewer: &Viewer| {
        Stream::ALL.iter().all(|stream| state(viewer, *stream) == StreamState::AuthFailed)
    };
    watching.wait(&format!("a refusal by {auth}"), refused).await;

    let mut heard = [viewer.texts.concat(), watching.texts.concat()].concat();
    for (server, proxy) in [(&proxy.server, &proxy), (&stranger.server, &stranger)] {
        heard.push_str(&server.process().stdout());
        heard.push_str(&proxy.log());
        for path in ["/metrics", "/readyz", "/api/snapshot"] {
            heard.push_str(&proxy.text(path).await);
        }
    }
    heard.push_str(&simulator.server.process().stdout());
    heard.push_str(&simulator.server.process().stderr());
    for token in [simulator.token(), &wrong] {
        assert!(!heard.contains(token.text()), "{auth}: the token was said: {heard}");
    }
    heard
}

#[tokio::test]
async fn the_token_arrives_by_each_way_and_is_heard_by_nobody_else() {
    for auth in [
        "bearer",
        "header:authorization",
        "header:x-api-key",
        "query:access_token",
        "subprotocol",
        r#"first-message:{"type":"auth","token":"{token}"}"#,
    ] {
        let heard = Box::pin(sent_by(auth)).await;
        assert!(heard.contains("the upstream refused the token"), "{auth}: {heard}");
    }
}

#[tokio::test]
async fn what_comes_in_one_go_is_told_in_one_go_and_nothing_of_it_is_lost() {
    const CALLS: usize = 60;
    let go = Arc::new(Notify::new());
    let fake = Fake::start({
        let go = go.clone();
        move |mut peer| {
            let go = go.clone();
            async move {
                peer.accept().await;
                if peer.path() == "/calls" && peer.nth == 1 {
                    go.notified().await;
                    let call = |id| format!(r#"{{"id_call":"c{id}","active":1}}"#);
                    let frames = (0..CALLS).map(|id| Peer::framed(0x81, call(id).as_bytes()));
                    // The end comes with the last of them.
                    let end = Peer::framed(0x88, &1000_u16.to_be_bytes());
                    peer.say(frames.chain([end]).collect::<Vec<_>>().concat()).await;
                }
                peer.wait().await;
            }
        }
    })
    .await;
    let proxy = Proxy::at(&fake.url(), &Token::new(), &[]).await;
    let mut viewer = Viewer::open(&proxy).await;
    go.notify_one();
    viewer.wait("all calls", |viewer| viewer.board.calls.len() == CALLS).await;
    assert_eq!(viewer.seq, CALLS as u64);
    // They fit into one read; the system may cut it in two or three.
    assert!(viewer.numbers.len() < CALLS / 4, "{:?}", viewer.numbers);
    let look = async || fake.requests("/calls");
    until("the stream to be opened again", look, |times| *times == 2).await;
}
