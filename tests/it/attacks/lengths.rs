//! Row 10: whoever sees the lengths of compressed messages, and can make a
//! viewer's browser send something, learns nothing: what was sent is in none of
//! them, and they are the same for all who may see the same.

use std::io::Read as _;

use flate2::read::DeflateDecoder;
use serde_json::json;
use support::rude::frame;
use support::{Proxy, Rude, Simulator, http};

use super::{still_works, watched};
use crate::links::link;

/// In everything that a viewer sends.
const OWN: [&str; 3] = ["Zaphod-Kanarie-1", "Zaphod-Kanarie-2", "Zaphod-Kanarie-3"];

/// What a message says, and whether it came compressed.
fn text(frame: &[u8]) -> (String, bool) {
    let header = match frame[1] & 0x7F {
        126 => 4,
        127 => 10,
        _ => 2,
    };
    let payload = &frame[header..];
    if frame[0] & 0x40 == 0 {
        return (String::from_utf8_lossy(payload).into_owned(), false);
    }
    let stream = [payload, &[0, 0, 0xFF, 0xFF]].concat();
    let mut read = Vec::new();
    // The stream has no end of its own.
    let _ = DeflateDecoder::new(&stream[..]).read_to_end(&mut read);
    (String::from_utf8_lossy(&read).into_owned(), true)
}

/// One who may see what `shown` lets see, and sends much else of its own.
async fn viewer(proxy: &Proxy, own: &str, shown: (&str, &str)) -> Rude {
    let cookie = format!("other={own}; {}", cookie_of(shown));
    let protocols = format!("callboard.v1, {own}");
    let path = format!("/api/live?theme={own}&{own}=1&view=wall");
    let mut headers = vec![
        ("sec-websocket-extensions", "permessage-deflate; client_max_window_bits"),
        ("origin", "http://localhost"),
        ("cookie", &*cookie),
        ("user-agent", own),
        ("referer", own),
        ("accept-language", own),
        ("x-forwarded-for", own),
        ("sec-websocket-protocol", &*protocols),
    ];
    headers.extend((shown.0 == "authorization").then_some(shown));
    let mut rude = Rude::connect(proxy.server.address()).await.open(&path, &headers).await;
    // Nor does what is said later come back.
    let said = format!(r#"{{"type":"filter","note":"{own}"}}"#);
    assert!(rude.say(frame(0x81, said.as_bytes())).await);
    assert!(rude.say(frame(0x89, own.as_bytes())).await);
    rude
}

fn cookie_of(shown: (&str, &str)) -> String {
    if shown.0 == "cookie" { shown.1.to_owned() } else { String::new() }
}

/// All messages up to the one about the call `last`.
async fn heard(rude: &mut Rude, last: &str) -> Vec<Vec<u8>> {
    let mut frames = Vec::new();
    loop {
        let frame = rude.hear().await;
        // An answer to a ping says what the ping said, to who has sent it, and
        // is not compressed.
        if frame[0] == 0x8A {
            continue;
        }
        let is_last = text(&frame).0.contains(last);
        frames.push(frame);
        if is_last {
            return frames;
        }
    }
}

/// Some calls whose documents are worth compressing; the first one's id and the last one's.
async fn calls(simulator: &Simulator, name: &str) -> [String; 2] {
    let [first, last] = [1, 20].map(|nth| format!("{name}-{nth:02}"));
    for nth in 1..=20 {
        let call = json!({"id_call": format!("{name}-{nth:02}"), "active": 1,
            "call_direction": "incoming", "customer_target": {"number": "0701987654"},
            "queue_first": {"id": "71", "name": "Support"},
            "comment": "the customer asked for the second order ".repeat(20)});
        simulator.send("calls", call.to_string()).await;
        // What comes together is told together: these are to be messages of their own.
        tokio::time::sleep(std::time::Duration::from_millis(20)).await;
    }
    [first, last]
}

/// From the message about the call `first` on.
fn since<'a>(frames: &'a [Vec<u8>], first: &str) -> &'a [Vec<u8>] {
    let at = frames.iter().position(|frame| text(frame).0.contains(first));
    &frames[at.expect("the first call")..]
}

#[tokio::test]
async fn row_10_compressed_messages_hold_nothing_of_who_gets_them() {
    let (simulator, proxy, mut watching) = watched(&[]).await;
    let folder = proxy.data_dir();
    let [one, other] = ["one", "other"].map(|name| {
        format!("Bearer {}", link(&folder, &["--role", "floor", "--expires", "1d", "--name", name]))
    });
    let asked = reqwest::Client::new().post(proxy.url("/api/session"));
    let session = asked.header("authorization", &other).send().await.expect("an answer");
    let session = session.headers()["set-cookie"].to_str().expect("a text").to_owned();
    let session = session.split(';').next().expect("name and value");
    let floor = [("authorization", &*one), ("authorization", &*other), ("cookie", session)];
    let open = [("cookie", "callboard=a-stale-one"), ("cookie", "a=b"), ("x-nothing", "")];
    for (audience, who) in [("open", open), ("floor", floor)] {
        let mut viewers = Vec::new();
        for (own, shown) in OWN.into_iter().zip(who) {
            viewers.push(viewer(&proxy, own, shown).await);
        }
        // Until all are there, and nobody gets a snapshot any more.
        let [_, ready] = calls(&simulator, &format!("before-{audience}")).await;
        let mut all = Vec::new();
        for viewer in &mut viewers {
            all.extend(heard(viewer, &ready).await);
        }
        let [first, last] = calls(&simulator, audience).await;
        let mut each = Vec::new();
        for viewer in &mut viewers {
            let frames = heard(viewer, &last).await;
            each.push(since(&frames, &first).to_vec());
            all.extend(frames);
        }
        let compressed = each[0].iter().filter(|frame| text(frame).1).count();
        assert!(compressed >= 5, "{audience}: {compressed} of {}", each[0].len());
        for others in &each[1..] {
            assert!(each[0] == *others, "{audience}: not the same bytes for all");
        }
        let secrets = [&one, &other, session].map(|text| &text[text.len() - 40..]);
        let token = [simulator.token().text(), "a-stale-one", "accept-language", "dGhlIHNhbXBsZ"];
        for frame in &all {
            let text = text(frame).0;
            for told in OWN.iter().chain(&secrets).chain(&token) {
                assert!(!text.contains(told), "{audience}: {told} in {text}");
            }
        }
    }
    still_works(&simulator, &mut watching).await;
}

#[tokio::test]
async fn row_10_answers_that_a_request_has_a_part_in_are_not_compressed() {
    let (_simulator, proxy, _viewer) = watched(&[]).await;
    let headers = [("host", "localhost"), ("accept-encoding", "gzip, br, deflate, zstd")];
    for path in [
        "/api/snapshot",
        "/api/calls?search=Zaphod",
        "/api/metrics",
        "/api/day",
        "/api/calls.csv?search=Zaphod",
        "/lite?queues=71",
        "/lite?part=1",
        "/api/calls/Zaphod",
        "/metrics",
    ] {
        let answer = http::get(proxy.server.address(), path, &headers).await;
        assert_eq!(answer.header("content-encoding"), None, "{path}");
    }
}
