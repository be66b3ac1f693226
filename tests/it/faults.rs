//! What breaks: upstream gone, token refused, frames that are no documents.

use std::sync::Arc;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::time::{Duration, SystemTime};

use callboard_shared::wire::{SILENCE_MS, StreamState};
use callboard_shared::{CallId, Stream, UnixMs};
use serde_json::json;
use support::{Proxy, Simulator, Token, Viewer, stays, until};
use tokio::io::{AsyncReadExt as _, AsyncWriteExt as _};
use tokio::net::TcpListener;

use crate::streams::{shown, wanted};

fn all_are(viewer: &Viewer, state: StreamState) -> bool {
    Stream::ALL.iter().all(|stream| viewer.status.get(*stream).state == state)
}

fn none_is_live(viewer: &Viewer) -> bool {
    Stream::ALL.iter().all(|stream| viewer.status.get(*stream).state != StreamState::Live)
}

fn now() -> UnixMs {
    let since = SystemTime::now().duration_since(SystemTime::UNIX_EPOCH);
    let ms = since.expect("it is after 1970").as_millis();
    UnixMs(i64::try_from(ms).expect("it is before the end of time"))
}

#[tokio::test]
async fn an_upstream_that_dies_is_noticed_and_found_again() {
    let mut simulator = Simulator::quiet().await;
    let proxy = Proxy::start(&simulator).await;
    let mut viewer = Viewer::open(&proxy).await;
    viewer.wait_until_live().await;
    let id = &simulator.play(json!({ "queue": "71" })).await;
    viewer.wait("the call to wait", |viewer| viewer.waits_in(id, "71")).await;

    let killed = now();
    simulator.server.kill();
    viewer.wait("streams that are not live", none_is_live).await;
    for stream in Stream::ALL {
        // By the clock that both have: how soon we hear of it is our affair.
        let since = viewer.status.get(stream).since;
        assert!(since.since_ms(killed) <= SILENCE_MS, "{stream}: {since:?}, killed {killed:?}");
    }
    assert_eq!(proxy.get("/readyz").await.status(), 503);
    assert_eq!(proxy.get("/healthz").await.status(), 200);
    assert!(viewer.waits_in(id, "71"), "what was known is still shown");

    simulator.server.restart().await;
    viewer.wait_until_live().await;
    assert_eq!(proxy.get("/readyz").await.status(), 200);
    let next = &simulator.play(json!({ "queue": "72" })).await;
    viewer.wait("a call of the new upstream", |viewer| viewer.waits_in(next, "72")).await;
    assert_eq!(viewer.snapshots, 1, "one socket, one snapshot");
}

#[tokio::test]
async fn streams_that_the_upstream_closes_come_back() {
    let simulator = Simulator::quiet().await;
    let proxy = Proxy::start(&simulator).await;
    let mut viewer = Viewer::open(&proxy).await;
    viewer.wait_until_live().await;
    simulator.close(1001).await;
    viewer.wait("streams that are not live", none_is_live).await;
    viewer.wait_until_live().await;
    let id = &simulator.play(json!({ "queue": "71" })).await;
    viewer.wait("a call afterwards", |viewer| viewer.waits_in(id, "71")).await;
}

/// An upstream that refuses everybody, and counts how often it was asked.
async fn refusing() -> (String, Arc<AtomicUsize>) {
    let listener = TcpListener::bind("127.0.0.1:0").await.expect("a free port");
    let address = listener.local_addr().expect("it has an address");
    let count = Arc::new(AtomicUsize::new(0));
    let counting = count.clone();
    tokio::spawn(async move {
        while let Ok((mut stream, _)) = listener.accept().await {
            counting.fetch_add(1, Ordering::SeqCst);
            let mut request = [0; 4096];
            let _ = stream.read(&mut request).await;
            let answer =
                b"HTTP/1.1 401 Unauthorized\r\ncontent-length: 0\r\nconnection: close\r\n\r\n";
            let _ = stream.write_all(answer).await;
        }
    });
    (format!("ws://{address}"), count)
}

#[tokio::test]
async fn a_refused_token_is_not_tried_again_at_once() {
    let (upstream, count) = refusing().await;
    let proxy = Proxy::at(&upstream, &Token::new(), &[]).await;
    let mut viewer = Viewer::open(&proxy).await;
    let refused = |viewer: &Viewer| all_are(viewer, StreamState::AuthFailed);
    viewer.wait("refused streams", refused).await;
    // The first waits are a minute: one attempt per stream is all there is.
    let look = async || count.load(Ordering::SeqCst);
    stays("connections", Duration::from_secs(3), Stream::ALL.len(), look).await;
    assert_eq!(proxy.log().matches("stream could not be opened").count(), Stream::ALL.len());
}

#[tokio::test]
async fn a_wrong_token_is_said_to_be_wrong() {
    let simulator = Simulator::quiet().await;
    let proxy = Proxy::with(&simulator, &Token::new(), &[]).await;
    let mut viewer = Viewer::open(&proxy).await;
    viewer.wait("refused streams", |viewer| all_are(viewer, StreamState::AuthFailed)).await;
    assert_eq!(proxy.get("/readyz").await.status(), 503);
    assert!(proxy.text("/readyz").await.contains("auth_failed"));
    proxy.logged("the upstream refused the token").await;
}

const REFUSED: &str = r#"callboard_upstream_frames_refused_total{stream="calls"}"#;

/// Frames that hold no document, each with a text that must not be logged.
fn bad_frames(canary: &str) -> Vec<Vec<u8>> {
    let deep = format!(r#"{{"id_call":"{canary}","a":{}"#, "[".repeat(20_000));
    let large = format!(r#"{{"id_call":"{canary}","x":"{}"}}"#, "y".repeat(2 << 20));
    let mut binary = canary.as_bytes().to_vec();
    binary.extend([0xff, 0xfe, 0x00]);
    vec![
        format!("this is not JSON: {canary}").into(),
        format!(r#"{{"type":"{canary}","{canary}":1}}"#).into(),
        format!(r#"{{"id_call":"","x":"{canary}"}}"#).into(),
        format!(r#"["{canary}"]"#).into(),
        deep.into(),
        large.into(),
        binary,
    ]
}

#[tokio::test]
async fn bad_frames_are_counted_and_cost_nothing_else() {
    let simulator = Simulator::quiet().await;
    let proxy = Proxy::with(&simulator, simulator.token(), &["--log", "debug"]).await;
    let mut viewer = Viewer::open(&proxy).await;
    viewer.wait_until_live().await;
    let canary = Token::new();
    let frames = bad_frames(canary.text());
    for (sent, frame) in (1..).zip(&frames) {
        simulator.send("calls", frame.clone()).await;
        let what = format!("frame {sent} to be counted");
        until(&what, async || proxy.metric(REFUSED).await, |refused| *refused == sent).await;
    }
    let id = &simulator.play(json!({ "queue": "71" })).await;
    viewer.wait("a call afterwards", |viewer| viewer.waits_in(id, "71")).await;
    assert!(viewer.status.all_live());
    let live = async || proxy.log().matches("stream is live").count();
    until("a line for each stream", live, |count| *count == Stream::ALL.len()).await;
    assert_eq!(viewer.board.calls.len(), 1);

    let log = proxy.logged("frame left out").await;
    assert!(!log.contains(canary.text()), "{log}");
    let said = [proxy.server.process().stdout(), proxy.text("/metrics").await].concat();
    assert!(!said.contains(canary.text()), "{said}");
}

#[tokio::test]
async fn odd_fields_do_not_lose_the_document() {
    let simulator = Simulator::quiet().await;
    let proxy = Proxy::start(&simulator).await;
    let mut viewer = Viewer::open(&proxy).await;
    viewer.wait_until_live().await;
    let canary = Token::new();
    let odd = json!({
        "id_call": 4711, "active": "1", "answered": [], "call_direction": "sideways",
        "time": { "start": "1700000000000", "end": "soon" },
        "queue_last": { "id": 71, "name": "Support", "timestart": 1_700_000_004_000_i64 },
        "duration": 7, "no_such_field": canary.text(), "customer_target": { "number": 46701234567_i64 },
    });
    simulator.send("calls", odd.to_string()).await;
    viewer.wait("the odd call", |viewer| viewer.waits_in("4711", "71")).await;
    let log = proxy.logged("odd field").await;
    assert!(!log.contains(canary.text()) && !log.contains("46701234567"), "{log}");
    assert_eq!(proxy.metric(REFUSED).await, 0);
}

#[tokio::test]
async fn the_largest_frame_is_left_out_and_the_stream_lives() {
    let simulator = Simulator::quiet().await;
    let proxy = Proxy::start(&simulator).await;
    let mut viewer = Viewer::open(&proxy).await;
    viewer.wait_until_live().await;
    // Just what the proxy reads at all; a larger one ends the connection.
    let frame = format!(r#"{{"id_call":"a","x":"{}"}}"#, "y".repeat((4 << 20) - 64));
    simulator.send("calls", frame).await;
    until("the frame to be counted", async || proxy.metric(REFUSED).await, |n| *n == 1).await;
    let id = &simulator.play(json!({ "queue": "71" })).await;
    viewer.wait("a call afterwards", |viewer| viewer.waits_in(id, "71")).await;
    assert!(viewer.status.all_live());
}

#[tokio::test]
async fn a_call_that_is_confirmed_after_an_outage_is_so_for_every_viewer() {
    let simulator = Simulator::start(&["--calls-per-hour", "0", "--greet"]).await;
    let proxy = Proxy::start(&simulator).await;
    let mut viewer = Viewer::open(&proxy).await;
    viewer.wait_until_live().await;
    let id = &simulator.play(json!({ "queue": "71" })).await;
    viewer.wait("the call to wait", |viewer| viewer.waits_in(id, "71")).await;
    // Whoever reconnects is greeted with the same documents.
    simulator.close(1001).await;
    viewer.wait("streams that are not live", none_is_live).await;
    viewer.wait_until_live().await;
    let is_confirmed = |viewer: &Viewer| {
        let call = viewer.board.calls.get(&CallId::from(&**id));
        call.is_some_and(|call| call.seen >= viewer.status.calls.since)
    };
    let newcomer = async || Viewer::open(&proxy).await;
    until("a newcomer to see the call confirmed", newcomer, is_confirmed).await;
    viewer.wait("the first viewer to see so, too", is_confirmed).await;
}

/// A busy centre that stands still, a proxy and a viewer of it.
async fn busy() -> (Simulator, Proxy, Viewer) {
    support::watch(Simulator::busy().await).await
}

/// Lets time go on until so many further documents have come.
async fn live_on(simulator: &Simulator, viewer: &mut Viewer, documents: u64) {
    simulator.resume().await;
    let enough = viewer.seq + documents;
    viewer.wait("further documents", |viewer| viewer.seq >= enough).await;
}

/// Stops time and waits until the board shows what the simulator counts.
async fn the_truth_is_shown(simulator: &Simulator, viewer: &mut Viewer, after: &str) {
    simulator.pause().await;
    let truth = simulator.truth().await;
    assert!(truth.offered > 0, "{truth:?}");
    let is_so = |viewer: &Viewer| shown(&viewer.board, &truth) == wanted(&truth);
    viewer.wait(&format!("the truth after {after}: {truth:?}"), is_so).await;
}

const DOCUMENTS: &str = r#"callboard_upstream_documents_total{stream="calls"}"#;

#[tokio::test]
async fn frames_that_come_twice_count_once() {
    let simulator = Simulator::quiet().await;
    let proxy = Proxy::start(&simulator).await;
    let mut viewer = Viewer::open(&proxy).await;
    viewer.wait_until_live().await;
    simulator.fault("kind=duplicate&stream=calls&count=1").await;
    for sent in [2, 3] {
        simulator.send("calls", r#"{"id_call":"a"}"#).await;
        let what = format!("{sent} documents");
        until(&what, async || proxy.metric(DOCUMENTS).await, |documents| *documents == sent).await;
    }

    let (simulator, _proxy, mut viewer) = busy().await;
    simulator.fault("kind=duplicate&count=100").await;
    live_on(&simulator, &mut viewer, 400).await;
    the_truth_is_shown(&simulator, &mut viewer, "duplicates").await;
}

#[tokio::test]
async fn frames_out_of_order_lead_to_the_same_board() {
    let (simulator, _proxy, mut viewer) = busy().await;
    simulator.fault("kind=reorder&stream=calls&count=3&for_ms=600000").await;
    for id in ["reordered-1", "reordered-2", "reordered-3"] {
        let frame =
            json!({ "id_call": id, "active": 1, "time": { "start": 1_700_000_000_000_i64 } });
        simulator.send("calls", frame.to_string()).await;
    }
    let all = |viewer: &Viewer| viewer.phase("reordered-1").is_some();
    viewer.wait("the first, which comes last", all).await;
    let texts = viewer.texts.concat();
    let places = ["3", "2", "1"].map(|n| texts.find(&format!("reordered-{n}")).expect("all came"));
    assert!(places.is_sorted(), "{places:?}");

    let (simulator, _proxy, mut viewer) = busy().await;
    for _ in 0..5 {
        simulator.fault("kind=reorder&count=15").await;
        live_on(&simulator, &mut viewer, 100).await;
    }
    the_truth_is_shown(&simulator, &mut viewer, "frames out of order").await;
}

#[tokio::test]
async fn what_a_stalled_stream_owes_comes_afterwards() {
    let (simulator, _proxy, mut viewer) = busy().await;
    simulator.fault("kind=stall&stream=queues&for_ms=600000").await;
    live_on(&simulator, &mut viewer, 200).await;
    let passages = |viewer: &Viewer| {
        viewer.board.calls.values().filter(|call| !call.queues.is_empty()).count()
    };
    assert_eq!(passages(&viewer), 0, "the stream stands still");
    assert!(viewer.status.all_live(), "and nobody can know");
    simulator.fault("kind=clear").await;
    viewer.wait("what is owed", |viewer| passages(viewer) > 0).await;
    the_truth_is_shown(&simulator, &mut viewer, "a stall").await;
}

#[tokio::test]
async fn connections_that_break_off_are_opened_again() {
    let (simulator, proxy, mut viewer) = busy().await;
    live_on(&simulator, &mut viewer, 100).await;
    simulator.pause().await;
    // Nothing happens meanwhile, so that nothing is lost: there is no replay.
    simulator.fault("kind=drop").await;
    viewer.wait("streams that are not live", none_is_live).await;
    viewer.wait_until_live().await;
    assert!(!proxy.log().contains("closed by the upstream (code 100"), "{}", proxy.log());
    live_on(&simulator, &mut viewer, 100).await;
    the_truth_is_shown(&simulator, &mut viewer, "lost connections").await;
}

#[tokio::test]
async fn an_upstream_that_is_busy_is_asked_again() {
    let (simulator, proxy, mut viewer) = busy().await;
    simulator.fault("kind=refuse&for_ms=600000&status=503").await;
    simulator.fault("kind=drop").await;
    viewer.wait("streams that wait", |viewer| all_are(viewer, StreamState::Backoff)).await;
    until("attempts", async || proxy.log(), |log| log.contains("answered 503")).await;
    simulator.fault("kind=clear").await;
    viewer.wait_until_live().await;
    live_on(&simulator, &mut viewer, 100).await;
    the_truth_is_shown(&simulator, &mut viewer, "refused handshakes").await;

    simulator.fault("kind=refuse&for_ms=600000&status=401&stream=agents").await;
    simulator.fault("kind=drop&stream=agents").await;
    let refused = |viewer: &Viewer| viewer.status.agents.state == StreamState::AuthFailed;
    viewer.wait("one refused stream", refused).await;
    assert_eq!(viewer.status.calls.state, StreamState::Live);
}

#[tokio::test]
async fn a_burst_is_taken_in_full() {
    let (simulator, _proxy, mut viewer) = busy().await;
    live_on(&simulator, &mut viewer, 50).await;
    // A quarter of an hour of the centre's life, in a moment.
    simulator.fault("kind=burst&for_ms=45000").await;
    the_truth_is_shown(&simulator, &mut viewer, "a burst").await;
    assert!(viewer.total().offered > 300, "{:?}", viewer.total());
}

#[tokio::test]
async fn garbled_frames_are_counted_and_later_ones_heal_the_call() {
    let simulator = Simulator::quiet().await;
    let proxy = Proxy::start(&simulator).await;
    let mut viewer = Viewer::open(&proxy).await;
    viewer.wait_until_live().await;
    // The call's beginning and its entry into the queue.
    simulator.fault("kind=garble&stream=calls&count=2").await;
    let script = json!({
        "queue": "71", "answer_after_ms": 500, "ring_ms": 0, "talk_ms": 500, "agent": "5551",
    });
    simulator.play(script).await;
    until("garbled frames", async || proxy.metric(REFUSED).await, |refused| *refused == 2).await;
    let over = |viewer: &Viewer| viewer.total().handled == 1 && viewer.total().talking == 0;
    viewer.wait("the call to end", over).await;
    the_truth_is_shown(&simulator, &mut viewer, "garbled frames").await;
    assert!(viewer.status.all_live());
    proxy.logged("frame left out").await;
}

#[tokio::test]
async fn a_centre_where_things_break_now_and_then_is_survived() {
    let options =
        ["--seed", "5", "--faults", "0.1", "--greet", "--speed", "20", "--calls-per-hour", "2000"];
    let simulator = Simulator::start(&options).await;
    let proxy = Proxy::start(&simulator).await;
    let mut viewer = Viewer::open(&proxy).await;
    let log = async || simulator.server.process().stderr();
    until("faults", log, |log| log.matches(" fault").count() >= 40).await;
    simulator.fault("kind=clear").await;
    let seen = viewer.seq;
    viewer.wait("documents all the same", |viewer| viewer.seq > seen + 50).await;
    assert_eq!(proxy.get("/healthz").await.status(), 200);
    assert!(!proxy.log().contains("panicked"), "{}", proxy.log());
}
