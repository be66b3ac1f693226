//! Documents on their way from the simulator to a viewer.

use callboard_shared::wire::{self, HEARTBEAT_MS, ServerMessage};
use callboard_shared::{Board, CallId, Phase};
use serde_json::{Value, json};
use support::{Counts, Proxy, Simulator, Truth, Viewer, of_each_kind, until, watch};

/// A quiet simulator, a proxy whose streams are live, and a viewer.
async fn quiet() -> (Simulator, Proxy, Viewer) {
    support::watch(Simulator::quiet().await).await
}

fn talks(viewer: &Viewer, id: &str, agent: &str) -> bool {
    matches!(
        viewer.phase(id),
        Some(Phase::Talking { agent: Some(key), .. }) if key.as_str() == agent
    )
}

fn has_ended(viewer: &Viewer, id: &str) -> bool {
    viewer.phase(id).is_some_and(Phase::is_ended)
}

/// Whether every document of an abandoned call has come. The streams are not
/// ordered against each other: the call's own may be first.
fn is_over(viewer: &Viewer, id: &str) -> bool {
    let call = viewer.board.calls.get(&CallId::from(id));
    call.is_some_and(|call| {
        !call.queues.is_empty() && call.documents().all(|document| document.active == Some(false))
    })
}

#[tokio::test]
async fn a_call_waits_talks_and_ends() {
    let (simulator, _proxy, mut viewer) = quiet().await;
    let script = json!({
        "queue": "71", "answer_after_ms": 1500, "ring_ms": 0, "talk_ms": 1500, "agent": "5551",
    });
    let id = &simulator.play(script).await;
    viewer.wait("the call to wait", |viewer| viewer.waits_in(id, "71")).await;
    viewer.wait("the call to talk", |viewer| talks(viewer, id, "5551")).await;
    viewer.wait("the call to end", |viewer| has_ended(viewer, id)).await;
    let expected = Counts { offered: 1, handled: 1, ..Counts::default() };
    assert_eq!(viewer.total(), expected);
    assert_eq!(Counts::of_queue(&viewer.board, "71"), expected);
    assert_eq!(Counts::of_queue(&viewer.board, "72"), Counts::default());
}

#[tokio::test]
async fn who_gives_up_is_abandoned() {
    let (simulator, _proxy, mut viewer) = quiet().await;
    let id = &simulator.play(json!({ "queue": "72", "abandon_after_ms": 300 })).await;
    viewer.wait("the call to end", |viewer| has_ended(viewer, id)).await;
    let expected = Counts { offered: 1, abandoned: 1, ..Counts::default() };
    assert_eq!(viewer.total(), expected);
    assert_eq!(Counts::of_queue(&viewer.board, "72"), expected);
}

#[tokio::test]
async fn documents_are_numbered_without_a_gap() {
    let (simulator, _proxy, mut viewer) = quiet().await;
    let first = viewer.seq;
    let script = json!({ "queue": "71", "answer_after_ms": 300, "talk_ms": 300 });
    let ids = [simulator.play(script.clone()).await, simulator.play(script).await];
    let all_ended = |viewer: &Viewer| ids.iter().all(|id| has_ended(viewer, id));
    viewer.wait("both calls to end", all_ended).await;
    let mut reached = first;
    for (since, seq) in &viewer.numbers {
        assert_eq!(*since, reached, "{:?}", viewer.numbers);
        assert!(seq > since, "{:?}", viewer.numbers);
        reached = *seq;
    }
    assert!(reached > first);
}

/// The board without what the proxy alone keeps.
///
/// `seen` tells when the proxy last had a document of a call. One that says
/// nothing new moves it, and is not passed on.
pub(crate) fn comparable(board: &Board) -> Value {
    let mut board = serde_json::to_value(board).expect("a board is JSON");
    for call in board["calls"].as_object_mut().expect("calls are an object").values_mut() {
        call.as_object_mut().expect("a call is an object").remove("seen");
    }
    board
}

async fn snapshot(proxy: &Proxy) -> (u64, Board) {
    match wire::read(&proxy.text("/api/snapshot").await) {
        Ok(ServerMessage::Snapshot { seq, board, .. }) => (seq.0, board),
        other => panic!("not a snapshot: {other:?}"),
    }
}

#[tokio::test]
async fn the_snapshot_is_what_a_viewer_has_folded() {
    let (simulator, proxy, mut viewer) = watch(Simulator::busy().await).await;
    let enough = |viewer: &Viewer| viewer.numbers.len() >= 200;
    viewer.live_through(&simulator, "some documents", enough).await;
    // Whatever the proxy has folded by now, the viewer will have.
    let (seq, _) = snapshot(&proxy).await;
    viewer.wait("the newest document", |viewer| viewer.seq >= seq).await;
    let look = async || snapshot(&proxy).await.1;
    let is_same = |board: &Board| comparable(board) == comparable(&viewer.board);
    until("the same board", look, is_same).await;
    assert_eq!(viewer.snapshots, 1);
}

#[tokio::test]
async fn who_comes_back_gets_exactly_what_was_missed() {
    let (simulator, proxy, mut viewer) = quiet().await;
    let earlier = Viewer::open(&proxy).await;
    let id = &simulator.play(json!({ "queue": "71", "abandon_after_ms": 300 })).await;
    viewer.wait("the call's last documents", |viewer| is_over(viewer, id)).await;
    let reached = viewer.seq;
    assert!(reached > earlier.seq);

    let mut back = Viewer::resume(&proxy, &earlier, &earlier.epoch).await;
    back.wait("what was missed", |viewer| viewer.seq == reached).await;
    assert_eq!(back.snapshots, 0);
    assert_eq!(back.numbers, viewer.numbers);
    assert_eq!(comparable(&back.board), comparable(&viewer.board));

    // Another numbering, and one who knows more than there is: all anew.
    let mut stranger = Viewer::resume(&proxy, &earlier, "no-such-epoch").await;
    stranger.wait("a snapshot", |viewer| viewer.snapshots == 1).await;
    assert_eq!((stranger.seq, stranger.epoch), (reached, viewer.epoch.clone()));
    viewer.seq += 1000;
    let mut prophet = Viewer::resume(&proxy, &viewer, &viewer.epoch).await;
    prophet.wait("a snapshot", |viewer| viewer.snapshots == 1).await;
    assert_eq!(prophet.seq, reached);
}

#[tokio::test]
async fn a_half_given_place_is_refused() {
    let (_simulator, proxy, viewer) = quiet().await;
    for query in ["?epoch=x", "?seq=1", "?epoch=x&seq=", "?epoch=x&seq=-1"] {
        let refusal = support::viewer::socket(&proxy, query, &[]).await.err();
        assert_eq!(refusal, Some(400), "{query}");
    }
    drop(viewer);
}

#[tokio::test]
async fn silence_never_lasts() {
    let (_simulator, _proxy, mut viewer) = quiet().await;
    let before = viewer.clock.len();
    viewer.wait("signs of life", |viewer| viewer.clock.len() >= before + 3).await;
    // By the proxy's own clock: how late they arrive is the machine's affair.
    for pair in viewer.clock[before..].windows(2) {
        assert!(pair[1].since_ms(pair[0]) <= HEARTBEAT_MS, "{:?}", viewer.clock);
    }
    assert!(viewer.numbers.is_empty(), "nothing has happened");
}

#[tokio::test]
async fn a_snapshot_tells_the_time() {
    let (simulator, proxy, mut viewer) = quiet().await;
    let told = async || {
        let text = proxy.text("/api/snapshot").await;
        let snapshot: Value = serde_json::from_str(&text).expect("a snapshot is JSON");
        snapshot["now"].as_i64().expect("`now` is a number")
    };
    // A snapshot of an earlier moment exists, and nothing changes.
    let earlier = told().await;
    let beats = viewer.clock.len();
    viewer.wait("time to pass", |viewer| viewer.clock.len() >= beats + 2).await;
    let now = viewer.clock.last().expect("there was a message").0;
    let told = told().await;
    assert!(told >= now && told > earlier, "told {told} at {now}, and before that {earlier}");
    drop(simulator);
}

/// What a board shows, to be laid beside the truth.
#[derive(Debug, PartialEq)]
pub(crate) struct Shown {
    queue: String,
    waiting: u32,
    talking: u32,
    offered: u32,
    /// By callback included.
    handled: u32,
    abandoned: u32,
}

pub(crate) fn shown(board: &Board, truth: &Truth) -> Vec<Shown> {
    let of = |queue: Option<&str>| {
        let counts =
            queue.map_or_else(|| Counts::total(board), |queue| Counts::of_queue(board, queue));
        Shown {
            queue: queue.unwrap_or("total").to_owned(),
            waiting: counts.waiting,
            talking: counts.talking,
            offered: counts.offered,
            handled: counts.handled + counts.called_back,
            abandoned: counts.abandoned,
        }
    };
    let queues = truth.queues.iter().map(|queue| of(Some(&queue.id)));
    std::iter::once(of(None)).chain(queues).collect()
}

pub(crate) fn wanted(truth: &Truth) -> Vec<Shown> {
    let total = Shown {
        queue: "total".to_owned(),
        waiting: truth.waiting,
        talking: truth.talking,
        offered: truth.offered,
        handled: truth.handled,
        abandoned: truth.abandoned,
    };
    let queues = truth.queues.iter().map(|queue| Shown {
        queue: queue.id.clone(),
        waiting: queue.waiting,
        talking: queue.talking,
        offered: queue.offered,
        handled: queue.handled,
        abandoned: queue.abandoned,
    });
    std::iter::once(total).chain(queues).collect()
}

#[tokio::test]
async fn a_busy_centre_is_shown_as_it_is() {
    let (simulator, _proxy, mut viewer) = watch(Simulator::busy().await).await;
    let enough = of_each_kind(150, 60, 10);
    let truth = viewer.live_through(&simulator, "some calls of each kind", enough).await;
    let in_full = |viewer: &Viewer| {
        shown(&viewer.board, &truth) == wanted(&truth)
            && viewer.total().called_back == truth.handled_by_callback
    };
    viewer.wait(&format!("the truth: {truth:?}"), in_full).await;
}

#[tokio::test]
async fn thresholds_change_while_the_proxy_runs() {
    let simulator = Simulator::quiet().await;
    let folder = tempfile::tempdir().expect("a temporary folder can be made");
    let file = folder.path().join("callboard.toml");
    let write = |text: &str| std::fs::write(&file, text).expect("a file can be written");
    write("answer-within-s = 30\n[queues.71]\ntarget-percent = 90\n");
    let options = ["--config", file.to_str().expect("a plain path")];
    let proxy = Proxy::with(&simulator, simulator.token(), &options).await;
    let mut viewer = Viewer::open(&proxy).await;
    let own = |viewer: &Viewer| viewer.settings.of(&"71".into());
    assert_eq!((own(&viewer).answer_within_s, own(&viewer).target_percent), (30, 90));

    write("answer-within-s = 45\n");
    proxy.server.process().signal("HUP");
    viewer.wait("other thresholds", |viewer| viewer.settings.all.answer_within_s == 45).await;
    assert_eq!(own(&viewer).target_percent, 80);
    let figures = proxy.json("/api/metrics").await;
    assert_eq!(figures["settings"]["answer_within_s"], 45, "{figures}");
    // Whoever comes back with the number of before is told as well.
    let mut back = Viewer::resume(&proxy, &viewer, &viewer.epoch).await;
    back.wait("the number", |back| back.seq == viewer.seq).await;

    write("answer-within-s = \"soon\"\n");
    proxy.server.process().signal("HUP");
    until("a word in the log", async || proxy.log(), |log| log.contains("the old thresholds stay"))
        .await;
    assert!(!proxy.log().contains("soon"), "values are in no log");
    let settings = proxy.json("/api/snapshot").await["settings"].clone();
    assert_eq!(settings["all"]["answer_within_s"], 45);
}
