//! Real sockets on port 0: who gets in, what arrives, and what can be broken on purpose.

use std::io::{Read, Write};
use std::net::SocketAddr;

use futures_util::StreamExt;
use serde_json::Value;
use tokio::sync::oneshot;
use tokio::task::JoinHandle;
use tokio_tungstenite::tungstenite::client::IntoClientRequest;
use tokio_tungstenite::tungstenite::{self, Message};
use tokio_tungstenite::{MaybeTlsStream, WebSocketStream, connect_async};

use super::*;
use crate::simulator::Script;

/// Longer than anything here takes on a busy machine.
const DEADLINE: Duration = Duration::from_secs(20);

type Socket = WebSocketStream<MaybeTlsStream<tokio::net::TcpStream>>;

struct Running {
    address: SocketAddr,
    control: Control,
    stop: oneshot::Sender<()>,
    task: JoinHandle<io::Result<()>>,
}

async fn start(options: Options) -> Running {
    let listener = TcpListener::bind(("127.0.0.1", 0)).await.unwrap();
    let address = listener.local_addr().unwrap();
    let simulator = Simulator::new(Token::new("right"), options).unwrap();
    let control = simulator.control();
    let (stop, stopped) = oneshot::channel::<()>();
    let task = tokio::spawn(simulator.serve(listener, async move {
        let _ = stopped.await;
    }));
    Running { address, control, stop, task }
}

/// Nothing moves by itself.
fn quiet() -> Options {
    Options { calls_per_hour: 0.0, ..Options::default() }
}

impl Running {
    /// Connects to `path` with `headers`.
    async fn connect(
        &self,
        path: &str,
        headers: &[(&'static str, &str)],
    ) -> tungstenite::Result<Socket> {
        let mut request = format!("ws://{}{path}", self.address).into_client_request()?;
        for (name, value) in headers {
            request.headers_mut().insert(*name, value.parse().unwrap());
        }
        timeout(DEADLINE, connect_async(request)).await.unwrap().map(|(socket, _)| socket)
    }

    async fn stream(&self, path: &str) -> Socket {
        self.connect(path, &[("authorization", "Bearer right")]).await.unwrap()
    }

    /// One request; returns the status and the body.
    async fn http(&self, head: &str, body: &str) -> (u16, String) {
        let address = self.address;
        let request = format!(
            "{head} HTTP/1.1\r\nhost: x\r\nconnection: close\r\nauthorization: Bearer right\r\n\
             content-length: {}\r\n\r\n{body}",
            body.len(),
        );
        let answer = tokio::task::spawn_blocking(move || {
            let mut socket = std::net::TcpStream::connect(address).unwrap();
            socket.set_read_timeout(Some(DEADLINE)).unwrap();
            socket.write_all(request.as_bytes()).unwrap();
            let mut answer = String::new();
            socket.read_to_string(&mut answer).unwrap();
            answer
        });
        let answer = answer.await.unwrap();
        let (head, body) = answer.split_once("\r\n\r\n").unwrap();
        (head[9..12].parse().unwrap(), body.to_owned())
    }

    async fn stop(self) {
        let _ = self.stop.send(());
        timeout(DEADLINE, self.task).await.unwrap().unwrap().unwrap();
    }
}

async fn next(socket: &mut Socket) -> Message {
    timeout(DEADLINE, socket.next()).await.unwrap().unwrap().unwrap()
}

async fn next_json(socket: &mut Socket) -> Value {
    serde_json::from_str(next(socket).await.to_text().unwrap()).unwrap()
}

async fn close_code(socket: &mut Socket) -> u16 {
    loop {
        if let Message::Close(frame) = next(socket).await {
            return frame.unwrap().code.into();
        }
    }
}

#[track_caller]
fn status(result: tungstenite::Result<Socket>) -> u16 {
    match result {
        Err(tungstenite::Error::Http(answer)) => answer.status().as_u16(),
        Err(error) => panic!("{error}"),
        Ok(_) => panic!("the upgrade went through"),
    }
}

#[tokio::test]
async fn without_the_token_there_is_no_upgrade() {
    let running = start(quiet()).await;
    for (path, headers) in [
        ("/calls", &[][..]),
        ("/calls", &[("authorization", "Bearer wrong")][..]),
        ("/queues", &[("authorization", "wrong")][..]),
        ("/agents?token=wrong", &[][..]),
        ("/calls?token=", &[("authorization", "")][..]),
        ("/calls", &[("sec-websocket-protocol", "wrong")][..]),
        ("/control/truth", &[][..]),
        ("/nowhere", &[][..]),
    ] {
        assert_eq!(status(running.connect(path, headers).await), 401, "{path} {headers:?}");
    }
    let lost = running.connect("/nowhere", &[("authorization", "Bearer right")]).await;
    assert_eq!(status(lost), 404);
    assert_eq!(running.http("GET /calls", "").await.0, 426);
}

#[tokio::test]
async fn each_way_of_sending_the_token_gets_the_documents() {
    let running = start(quiet()).await;
    for (path, headers) in [
        ("/calls", &[("authorization", "Bearer right")][..]),
        ("/calls", &[("authorization", "bearer right")][..]),
        ("/calls", &[("authorization", "right")][..]),
        ("/calls?token=right", &[][..]),
        ("/calls", &[("sec-websocket-protocol", "right")][..]),
        ("/calls", &[("sec-websocket-protocol", "other, right")][..]),
    ] {
        let mut socket = running.connect(path, headers).await.unwrap();
        let script = Script { queue: "71".to_owned(), ..Script::default() };
        // The answer to the upgrade may be here before the socket listens.
        while running.control.send_raw(Stream::Calls, "hello") == 0 {
            sleep(Duration::from_millis(1)).await;
        }
        assert_eq!(next(&mut socket).await, Message::text("hello"), "{path} {headers:?}");
        let id = running.control.play(script).unwrap();
        assert_eq!(next_json(&mut socket).await["id_call"], *id);
        drop(socket);
        while running.control.send_raw(Stream::Calls, "bye") > 0 {
            sleep(Duration::from_millis(1)).await;
        }
    }
}

#[tokio::test]
async fn each_stream_brings_its_own_documents() {
    let options = Options { speed: 200.0, ..Options::default() };
    let running = start(options).await;
    for (path, own) in [("/calls", "trasnfers"), ("/queues", "direction"), ("/agents", "agent")] {
        let mut socket = running.stream(path).await;
        for _ in 0..20 {
            let doc = next_json(&mut socket).await;
            assert!(!doc[own].is_null(), "{path}: {doc}");
        }
    }
}

#[tokio::test]
async fn a_scripted_call_appears_is_answered_and_ends() {
    let running = start(quiet()).await;
    let mut calls = running.stream("/calls").await;
    let script = r#"{"queue":"71","answer_after_ms":60,"talk_ms":40}"#;
    let (status, body) = running.http("POST /control/call", script).await;
    assert_eq!(status, 200, "{body}");
    let started: Value = serde_json::from_str(&body).unwrap();
    let mut seen = Vec::new();
    for _ in 0..4 {
        let doc = next_json(&mut calls).await;
        assert_eq!(doc["id_call"], started["id_call"]);
        seen.push((doc["active"].clone(), doc["answered"].clone()));
    }
    assert_eq!(seen, [(1, 0), (1, 0), (1, 1), (0, 1)].map(|(a, b)| (a.into(), b.into())));
    let (status, body) = running.http("GET /control/truth", "").await;
    let truth: Value = serde_json::from_str(&body).unwrap();
    assert_eq!((status, &truth["handled"], &truth["calls_active"]), (200, &1.into(), &0.into()));
    assert_eq!(truth["queues"][0]["id"], "71");
}

#[tokio::test]
async fn after_a_pause_nothing_is_sent_until_time_goes_on() {
    let running = start(Options { speed: 300.0, ..Options::default() }).await;
    let mut calls = running.stream("/calls").await;
    next(&mut calls).await;
    assert_eq!(running.http("POST /control/pause", "").await.0, 204);
    let still = running.control.truth();
    running.control.send_raw(Stream::Calls, "mark");
    while next(&mut calls).await != Message::text("mark") {}
    sleep(Duration::from_millis(100)).await;
    assert_eq!(running.control.truth(), still);
    running.control.send_raw(Stream::Calls, "second mark");
    assert_eq!(next(&mut calls).await, Message::text("second mark"));
    assert_eq!(running.http("POST /control/resume", "").await.0, 204);
    assert!(next_json(&mut calls).await["time"]["start"].is_i64());
}

#[tokio::test]
async fn any_frame_can_be_sent() {
    let running = start(quiet()).await;
    let mut agents = running.stream("/agents").await;
    let large = "x".repeat(2 << 20);
    for body in ["not JSON", "{\"no\":\"id_call\"}", "", &large] {
        let (status, answer) = running.http("POST /control/frame?stream=agents", body).await;
        assert_eq!((status, answer.as_str()), (200, "{\"sockets\":1}"));
        assert_eq!(next(&mut agents).await, Message::text(body));
    }
    running.control.send_raw(Stream::Agents, vec![0xff, 0xfe]);
    assert_eq!(next(&mut agents).await, Message::binary(vec![0xff, 0xfe]));
    assert_eq!(running.http("POST /control/frame?stream=chats", "x").await.0, 400);
}

#[tokio::test]
async fn pings_are_answered() {
    let running = start(quiet()).await;
    let mut calls = running.stream("/calls").await;
    calls.send(Message::Ping("there?".into())).await.unwrap();
    assert_eq!(next(&mut calls).await, Message::Pong("there?".into()));
}

#[tokio::test]
async fn who_does_not_read_is_dropped() {
    let running = start(quiet()).await;
    let _lazy = running.stream("/calls").await;
    while running.control.send_raw(Stream::Calls, "hello") == 0 {
        sleep(Duration::from_millis(1)).await;
    }
    let flood = async {
        while running.control.send_raw(Stream::Calls, "x".repeat(1_000)) > 0 {
            // One in thousand: the flood must not be slowed down to the reader's pace.
            if rand::random_ratio(1, 1_000) {
                tokio::task::yield_now().await;
            }
        }
    };
    timeout(DEADLINE, flood).await.unwrap();
}

#[tokio::test]
async fn sockets_can_be_closed_and_come_back() {
    let running = start(quiet()).await;
    let mut socket = running.stream("/queues").await;
    assert_eq!(running.http("POST /control/close", "").await.0, 204);
    assert_eq!(close_code(&mut socket).await, 1001);
    let mut socket = running.stream("/queues").await;
    assert_eq!(running.http("POST /control/close?code=4401", "").await.0, 204);
    assert_eq!(close_code(&mut socket).await, 4401);
    assert_eq!(running.http("POST /control/close?code=1006", "").await.0, 400);
}

#[tokio::test]
async fn who_connects_late_is_greeted_if_asked_for() {
    let running = start(Options { greet: true, ..quiet() }).await;
    let script = Script { queue: "72".to_owned(), ..Script::default() };
    let id = running.control.play(script).unwrap();
    let mut calls = running.stream("/calls").await;
    let doc = next_json(&mut calls).await;
    assert_eq!(doc["id_call"], *id);
    assert_eq!(doc["queue_last"]["name"], "Sales");
}

#[tokio::test]
async fn a_stopping_server_says_goodbye_with_1001() {
    let running = start(Options { speed: 100.0, ..Options::default() }).await;
    let mut sockets = Vec::new();
    for path in ["/calls", "/queues", "/agents"] {
        sockets.push(running.stream(path).await);
    }
    let reader = tokio::spawn(async move {
        for socket in &mut sockets {
            assert_eq!(close_code(socket).await, 1001);
        }
    });
    running.stop().await;
    reader.await.unwrap();
}

#[tokio::test]
async fn the_documents_of_a_flood_all_arrive_in_order() {
    let options = Options { speed: 1_000.0, calls_per_hour: 20_000.0, ..Options::default() };
    let running = start(options).await;
    let mut calls = running.stream("/calls").await;
    let mut active = std::collections::BTreeMap::new();
    for _ in 0..20_000 {
        let doc = next_json(&mut calls).await;
        let id = doc["id_call"].as_str().unwrap().to_owned();
        assert_ne!(active.insert(id, doc["active"] == 1), Some(false), "{doc}");
    }
    assert!(active.len() > 5_000, "only {} calls", active.len());
}
