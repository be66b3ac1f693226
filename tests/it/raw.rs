//! The streams as they came, and the messages as events.

use futures_util::StreamExt as _;
use reqwest::Response;
use serde_json::{Value, json};
use support::viewer::{Socket, socket_at};
use support::{DEADLINE, Proxy, Simulator, Viewer};
use tokio::time::timeout;
use tokio_tungstenite::tungstenite::Message;

async fn quiet() -> (Simulator, Proxy, Viewer) {
    support::watch(Simulator::quiet().await).await
}

async fn next(socket: &mut Socket) -> Message {
    let message = timeout(DEADLINE, socket.next()).await.expect("a message in time");
    message.expect("the socket is open").expect("a message")
}

#[tokio::test]
async fn frames_go_through_byte_for_byte() {
    let (simulator, proxy, _viewer) = quiet().await;
    for stream in ["calls", "queues", "agents"] {
        let mut socket = socket_at(&proxy, &format!("/{stream}"), &[]).await.expect("a socket");
        // Odd spacing, a field that nobody knows, no JSON at all.
        for text in [
            "{ \"id_call\" : \"a\",\n\t\"active\":1.0e0, \"x\":[ ] }",
            "{\"id_call\":\"ö\\u00f6\",\"id_call\":\"twice\"}",
            "not json",
        ] {
            simulator.send(stream, text).await;
            assert_eq!(next(&mut socket).await, Message::text(text), "{stream}");
        }
        let bytes = [&b"{\"id_call\":\"b\"}"[..], &[0xFF, 0x00]].concat();
        simulator.send(stream, bytes.clone()).await;
        assert_eq!(next(&mut socket).await, Message::binary(bytes), "{stream}");
        let long = format!("{{\"id_call\":\"c\",\"x\":\"{}\"}}", "y".repeat(300_000));
        simulator.send(stream, long.clone()).await;
        assert_eq!(next(&mut socket).await, Message::text(long), "{stream}");
    }
}

#[tokio::test]
async fn a_stream_carries_its_own_documents_only() {
    let (simulator, proxy, _viewer) = quiet().await;
    let mut socket = socket_at(&proxy, "/queues", &[]).await.expect("a socket");
    simulator.send("calls", "{\"id_call\":\"a\"}").await;
    simulator.send("agents", "{\"id_call\":\"a\"}").await;
    simulator.send("queues", "{\"id_call\":\"b\"}").await;
    assert_eq!(next(&mut socket).await, Message::text("{\"id_call\":\"b\"}"));
}

/// Server-Sent Events, read as they come.
struct Events {
    answer: Response,
    text: String,
}

impl Events {
    async fn open(proxy: &Proxy, last: Option<&str>) -> Events {
        let mut request = reqwest::Client::new().get(proxy.url("/api/events"));
        if let Some(last) = last {
            request = request.header("last-event-id", last);
        }
        let answer = request.send().await.expect("an answer");
        assert_eq!(answer.status(), 200);
        assert_eq!(answer.headers()["content-type"], "text/event-stream");
        assert_eq!(answer.headers()["x-accel-buffering"], "no");
        Events { answer, text: String::new() }
    }

    /// The next event: its id and its message.
    async fn next(&mut self) -> (Option<String>, Value) {
        loop {
            if let Some((event, rest)) = self.text.split_once("\n\n") {
                let field = |name: &str| event.lines().find_map(|line| line.strip_prefix(name));
                let id = field("id: ").map(ToOwned::to_owned);
                let data = serde_json::from_str(field("data: ").expect("data")).expect("JSON");
                self.text = rest.to_owned();
                return (id, data);
            }
            let piece = timeout(DEADLINE, self.answer.chunk()).await.expect("events in time");
            let piece = piece.expect("a piece").expect("the answer goes on");
            self.text.push_str(std::str::from_utf8(&piece).expect("text"));
        }
    }

    /// The next event that is no sign of life.
    async fn next_news(&mut self) -> (Option<String>, Value) {
        loop {
            let (id, message) = self.next().await;
            if message["type"] != "status" {
                return (id, message);
            }
            assert_eq!(id, None, "a status has no number");
        }
    }
}

#[tokio::test]
async fn events_say_what_the_socket_says_and_go_on_after_a_break() {
    let (simulator, proxy, mut viewer) = quiet().await;
    let mut events = Events::open(&proxy, None).await;
    let (id, snapshot) = events.next_news().await;
    assert_eq!(snapshot["type"], "snapshot");
    assert_eq!(id.as_deref(), Some(&*format!("{}:{}", viewer.epoch, viewer.seq)));
    simulator.send("calls", json!({"id_call": "a", "active": 1}).to_string()).await;
    let (id, documents) = events.next_news().await;
    assert_eq!(documents["documents"][0]["doc"]["id_call"], "a");
    viewer.wait("the call", |viewer| viewer.seq == 1).await;
    let last = viewer.texts.iter().rfind(|text| text.contains("documents")).expect("a message");
    assert_eq!(documents, serde_json::from_str::<Value>(last).expect("JSON"));
    drop(events);
    simulator.send("calls", json!({"id_call": "b", "active": 1}).to_string()).await;
    viewer.wait("the next call", |viewer| viewer.seq == 2).await;
    let mut events = Events::open(&proxy, id.as_deref()).await;
    let (_, missed) = events.next_news().await;
    assert_eq!((&missed["type"], &missed["since"]), (&json!("documents"), &json!(1)));
    // An id that nobody gave: all anew, not stuck.
    let mut events = Events::open(&proxy, Some("elsewhere:7")).await;
    assert_eq!(events.next_news().await.1["type"], "snapshot");
}

#[tokio::test]
async fn events_end_when_the_proxy_stops() {
    let (_simulator, mut proxy, _viewer) = quiet().await;
    let mut events = Events::open(&proxy, None).await;
    events.next_news().await;
    proxy.server.process().terminate();
    let ended = async { while let Ok(Some(_)) = events.answer.chunk().await {} };
    timeout(DEADLINE, ended).await.expect("the events end");
    assert_eq!(proxy.server.process_mut().ended().await.code(), Some(0), "{}", proxy.log());
}

#[tokio::test]
async fn a_filter_narrows_what_is_sent() {
    let (simulator, _proxy, mut viewer) = quiet().await;
    let call = |id: &str, queue: u32| {
        json!({"id_call": id, "active": 1, "call_direction": "incoming",
            "queue_first": {"id": queue, "timestart": 1_700_000_000_000_u64}})
        .to_string()
    };
    simulator.send("calls", call("a", 71)).await;
    simulator.send("calls", call("b", 72)).await;
    viewer.wait("both calls", |viewer| viewer.board.calls.len() == 2).await;
    viewer.say(r#"{"type":"filter","queues":["72"]}"#).await;
    viewer.wait("a snapshot of one queue", |viewer| viewer.snapshots == 2).await;
    assert_eq!(viewer.board.calls.keys().map(|id| id.as_str()).collect::<Vec<_>>(), ["b"]);
    simulator.send("calls", call("c", 71)).await;
    simulator.send("calls", call("d", 72)).await;
    viewer.wait("its call", |viewer| viewer.board.calls.contains_key("d")).await;
    assert!(!viewer.board.calls.contains_key("c"));
    viewer.say(r#"{"type":"filter"}"#).await;
    viewer.wait("all of it", |viewer| viewer.snapshots == 3 && viewer.board.calls.len() == 4).await;
}
