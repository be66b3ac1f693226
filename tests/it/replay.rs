//! Recordings as an upstream.

use std::ffi::OsString;
use std::fs;
use std::path::Path;

use callboard_shared::wire::{self, ServerMessage, StreamState};
use callboard_shared::{Board, Stream, UnixMs, decode};
use futures_util::StreamExt as _;
use serde_json::{Value, json};
use support::{DEADLINE, Proxy, Server, Simulator, Token, Viewer, run, until};
use tokio::net::TcpStream;
use tokio::time::timeout;
use tokio_tungstenite::tungstenite::Message;
use tokio_tungstenite::tungstenite::client::IntoClientRequest as _;
use tokio_tungstenite::{MaybeTlsStream, WebSocketStream, connect_async};

use crate::record::{all_live, folder, record, safe};
use crate::streams::comparable;

/// Noon of 22 November 2026.
const NOON: i64 = 1_795_348_800_000;

/// Starts a replay of `file`.
async fn replay(file: &Path, token: &Token, options: &[&str]) -> Server {
    let mut arguments: Vec<OsString> = vec!["replay".into(), file.into()];
    arguments.extend(["--token-file".into(), token.file().into()]);
    arguments.extend(options.iter().map(OsString::from));
    Server::start(arguments).await
}

async fn proxy(replay: &Server, token: &Token, options: &[&str]) -> (Proxy, Viewer) {
    let proxy = Proxy::at(&format!("ws://{}", replay.address()), token, options).await;
    let viewer = Viewer::open(&proxy).await;
    (proxy, viewer)
}

/// A line of a recording: a caller who waits in queue 71.
fn line(at: i64, id: &str) -> String {
    let raw = json!({
        "id_call": id, "active": 1, "time": { "start": at },
        "queue": { "id": 71, "name": "Support", "timestart": at },
    });
    json!({ "at": at, "stream": "queues", "raw": raw }).to_string()
}

/// The board that the recording leads to, and how many lines are whole.
fn folded(file: &Path) -> (Board, usize) {
    let text = fs::read_to_string(file).expect("the recording can be read");
    let (mut board, mut whole) = (Board::new(UnixMs(0)), 0);
    for line in text.split_inclusive('\n').filter(|line| line.ends_with('\n')) {
        let line: Value = serde_json::from_str(line).expect("a whole line is JSON");
        let stream = Stream::from_name(line["stream"].as_str().expect("a word")).expect("a stream");
        let at = UnixMs(line["at"].as_i64().expect("a number"));
        for document in decode::decode(line["raw"].to_string().as_bytes()).expect("one").documents {
            board.apply(stream, document, at);
        }
        whole += 1;
    }
    (board, whole)
}

/// What must be equal: all but when the proxy began to count.
fn essence(board: &Board) -> Value {
    let mut board = comparable(board);
    let object = board.as_object_mut().expect("a board is an object");
    object.remove("since");
    object.remove("day");
    board
}

#[tokio::test]
async fn a_recording_leads_to_the_board_that_it_tells_of() {
    let simulator = Simulator::busy().await;
    let (_folder, file) = folder();
    let mut recorder = record(&simulator, simulator.token(), &file, &[]);
    all_live(&recorder).await;
    simulator.resume().await;
    until("some lines", async || safe(&recorder), |safe| *safe >= 500).await;
    recorder.kill();

    let (board, whole) = folded(&file);
    assert!(whole >= 500 && board.calls.len() > 20, "{whole} lines, {}", board.calls.len());
    let replay = replay(&file, simulator.token(), &["--speed", "0"]).await;
    let (proxy, _viewer) = proxy(&replay, simulator.token(), &[]).await;
    let look = async || match wire::read(&proxy.text("/api/snapshot").await) {
        Ok(ServerMessage::Snapshot { board, .. }) => essence(&board),
        other => panic!("not a snapshot: {other:?}"),
    };
    let expected = essence(&board);
    let total = |board: &Value| board["figures"].clone();
    until(
        "the same figures",
        async || total(&look().await),
        |figures| *figures == total(&expected),
    )
    .await;
    until("the same board", look, |board| *board == expected).await;
    let over = format!("{whole} frames sent");
    until("the end", async || replay.process().stderr(), |said| said.contains(&over)).await;
}

type Client = WebSocketStream<MaybeTlsStream<TcpStream>>;

async fn client(replay: &Server, token: &Token, stream: &str) -> Client {
    let url = format!("ws://{}/{stream}", replay.address());
    let mut request = url.into_client_request().expect("the URL is one");
    let value = format!("Bearer {}", token.text()).parse().expect("a header's value");
    request.headers_mut().insert("authorization", value);
    connect_async(request).await.expect("the replay takes clients").0
}

async fn next(client: &mut Client) -> Message {
    let message = timeout(DEADLINE, client.next()).await.expect("a message in time");
    message.expect("the socket is open").expect("a message")
}

#[tokio::test]
async fn frames_come_byte_for_byte_as_soon_as_each_stream_has_a_client() {
    let (_folder, file) = folder();
    let lines = [
        r#"{"at":1,"stream":"calls","raw":{"n":1.10 , "n":[ ]}}"#,
        r#"{"at":2,"stream":"calls","raw_text":"{\n}"}"#,
        r#"{"at":2,"stream":"calls","raw":{"b":1},"binary":true}"#,
        r#"{"at":3,"stream":"calls","raw_base64":"/wA="}"#,
    ];
    fs::write(&file, lines.join("\n")).expect("it can be written");
    let token = Token::new();
    let replay = replay(&file, &token, &["--once"]).await;
    // Had it begun with these two, the third would be too late for its frames.
    let _queues = client(&replay, &token, "queues").await;
    let _agents = client(&replay, &token, "agents").await;
    let mut calls = client(&replay, &token, "calls").await;
    assert_eq!(next(&mut calls).await, Message::text(r#"{"n":1.10 , "n":[ ]}"#));
    assert_eq!(next(&mut calls).await, Message::text("{\n}"));
    assert_eq!(next(&mut calls).await, Message::binary(&br#"{"b":1}"#[..]));
    assert_eq!(next(&mut calls).await, Message::binary(&[0xff_u8, 0][..]));
    let Message::Close(Some(frame)) = next(&mut calls).await else { panic!("no goodbye") };
    assert_eq!(u16::from(frame.code), 1001);
}

#[tokio::test]
async fn the_spacing_is_kept_and_divided_by_the_speed() {
    let (_folder, file) = folder();
    let hour = 3_600_000;
    fs::write(&file, [line(NOON, "a"), line(NOON + hour, "b")].join("\n")).expect("written");
    let token = Token::new();
    let slow = replay(&file, &token, &[]).await;
    let (_proxy, mut viewer) = proxy(&slow, &token, &[]).await;
    viewer.wait("the first call", |viewer| viewer.waits_in("a", "71")).await;
    let beats = viewer.clock.len();
    viewer.wait("signs of life", |viewer| viewer.clock.len() >= beats + 2).await;
    assert!(viewer.phase("b").is_none(), "the second is due in an hour");

    let fast = replay(&file, &token, &["--speed", "36000"]).await;
    let (_proxy, mut viewer) = proxy(&fast, &token, &[]).await;
    viewer.wait("the second call", |viewer| viewer.waits_in("b", "71")).await;
}

#[tokio::test]
async fn bad_lines_are_named_by_number_and_left_out() {
    let (_folder, file) = folder();
    let lines = [
        line(NOON, "a"),
        "hunter2".to_owned(),
        r#"{"at":1,"stream":"chats","raw":{"x":"hunter2"}}"#.to_owned(),
        r#"{"at":1,"stream":"calls"}"#.to_owned(),
        line(NOON, "b"),
        r#"{"at":1,"stream":"calls","raw":{"x":"hun"#.to_owned(),
    ];
    fs::write(&file, lines.join("\n")).expect("it can be written");
    let token = Token::new();
    let mut replay = replay(&file, &token, &["--speed", "0", "--once"]).await;
    let (_proxy, mut viewer) = proxy(&replay, &token, &[]).await;
    viewer
        .wait("the calls", |viewer| viewer.waits_in("a", "71") && viewer.waits_in("b", "71"))
        .await;
    let status = replay.process_mut().ended().await;
    replay.kill();
    let said = replay.process().stderr();
    assert_eq!(status.code(), Some(0), "{said}");
    for number in [2, 3, 4, 6] {
        assert!(said.contains(&format!("line {number} of ")), "{number}: {said}");
    }
    assert!(said.contains("2 frames sent, 4 bad lines"), "{said}");
    assert!(!said.contains("hunter2") && !said.contains(token.text()), "{said}");
}

#[tokio::test]
async fn a_replay_wants_the_token_as_the_simulator_does() {
    let (_folder, file) = folder();
    fs::write(&file, line(NOON, "a")).expect("it can be written");
    let token = Token::new();
    let replay = replay(&file, &token, &["--auth", "query:key"]).await;
    let (_wrong, mut viewer) = proxy(&replay, &token, &["--upstream-auth", "bearer"]).await;
    let refused = |viewer: &Viewer| {
        let state = |stream| viewer.status.get(stream).state;
        Stream::ALL.into_iter().all(|stream| state(stream) == StreamState::AuthFailed)
    };
    viewer.wait("refused streams", refused).await;
    let (_right, mut viewer) = proxy(&replay, &token, &["--upstream-auth", "query:key"]).await;
    viewer.wait("the call", |viewer| viewer.waits_in("a", "71")).await;
}

#[tokio::test]
async fn without_clients_it_begins_when_told_to() {
    let (_folder, file) = folder();
    fs::write(&file, line(NOON, "a")).expect("it can be written");
    let token = Token::new();
    let replay = replay(&file, &token, &["--start-after", "0"]).await;
    until("the end", async || replay.process().stderr(), |said| said.contains("1 frames sent"))
        .await;
}

#[tokio::test]
async fn instants_can_be_moved_to_now() {
    let (_folder, file) = folder();
    // A year before.
    let then = NOON - 365 * 86_400_000;
    fs::write(&file, line(then, "a")).expect("it can be written");
    let token = Token::new();
    let since = async |options: &[&str]| {
        let replay = replay(&file, &token, options).await;
        let (_proxy, mut viewer) = proxy(&replay, &token, &[]).await;
        viewer.wait("the call", |viewer| viewer.waits_in("a", "71")).await;
        let now = *viewer.clock.last().expect("there was a message");
        let (_, since) = viewer.phase("a").and_then(|phase| phase.waiting_in()).expect("it waits");
        now.since_ms(since)
    };
    assert!(since(&[]).await > 86_400_000, "as it was recorded");
    assert!(since(&["--shift-to-now"]).await < 60_000, "the call has just begun");
}

#[test]
fn a_recording_that_is_not_there_is_named() {
    let token = [("CALLBOARD_TOKEN", "t")];
    let output = run(&["replay", "/no/such/file", "--listen", "127.0.0.1:0"], &token);
    let stderr = String::from_utf8_lossy(&output.stderr);
    assert_eq!(output.status.code(), Some(2), "{stderr}");
    assert!(stderr.contains("/no/such/file") && output.stdout.is_empty(), "{stderr}");
    for wrong in [&["replay"][..], &["replay", "x", "--speed", "-1"]] {
        assert_eq!(run(wrong, &token).status.code(), Some(2), "{wrong:?}");
    }
}
