//! What lives on: restarts, crashes, disks that are full.

use std::collections::HashMap;
use std::path::Path;
use std::process::Command;

use callboard_shared::decode::decode;
use callboard_shared::wire::{self, ServerMessage};
use callboard_shared::{Board, CallId, Stream, UnixMs};
use rusqlite::{Connection, OpenFlags};
use serde_json::{Value, json};
use support::{Proxy, Simulator, Viewer, run, until};
use tempfile::TempDir;

/// What the file holds, read without the proxy's code.
#[derive(Debug)]
pub(crate) struct Stored {
    pub(crate) board: Board,
    /// Of the upstream, as opposed to records of calls that left.
    frames: u64,
    /// When the records came, in order.
    pub(crate) times: Vec<UnixMs>,
    seq: u64,
}

/// Folds all that is in the file up to an instant, as the contract says that it can be.
pub(crate) fn stored(folder: &Path, day: UnixMs, until: UnixMs) -> Stored {
    let file = Connection::open_with_flags(
        folder.join("callboard.db"),
        OpenFlags::SQLITE_OPEN_READ_ONLY | OpenFlags::SQLITE_OPEN_NO_MUTEX,
    )
    .expect("the file can be opened");
    let mut dictionaries = HashMap::from([(0, Vec::new())]);
    let mut statement = file.prepare("SELECT id, body FROM dictionaries").expect("the table");
    let rows = statement.query_map([], |row| Ok((row.get::<_, i64>(0)?, row.get(1)?)));
    dictionaries.extend(rows.expect("rows").map(|row| row.expect("a row")));
    let mut stored = Stored { board: Board::new(day), frames: 0, times: Vec::new(), seq: 0 };
    stored.board.begin_day(day);
    let sql = "SELECT at_ms, kind, seq, dictionary, body FROM frames ORDER BY id";
    let mut statement = file.prepare(sql).expect("the table");
    let mut rows = statement.query([]).expect("rows");
    while let Some(row) = rows.next().expect("a row") {
        let at = UnixMs(row.get(0).expect("an instant"));
        if at > until {
            break;
        }
        stored.times.push(at);
        let kind: u8 = row.get(1).expect("a kind");
        stored.seq = row.get::<_, i64>(2).expect("a number").try_into().expect("not negative");
        let dictionary = &dictionaries[&row.get::<_, i64>(3).expect("a dictionary")];
        let mut unpacker = zstd::bulk::Decompressor::with_dictionary(dictionary).expect("zstd");
        let body: Vec<u8> = row.get(4).expect("a body");
        let body = unpacker.decompress(&body, 8 * 1024 * 1024).expect("a whole body");
        match Stream::ALL.get(usize::from(kind)) {
            Some(stream) => {
                stored.frames += 1;
                for document in decode(&body).map(|d| d.documents).unwrap_or_default() {
                    stored.board.apply(*stream, document, at);
                }
            }
            None => {
                let ids: Vec<CallId> = serde_json::from_slice(&body).expect("a list of ids");
                stored.board.expire(&ids, at);
            }
        }
    }
    stored
}

/// Epoch, number and board.
async fn snapshot(proxy: &Proxy) -> (String, u64, Board) {
    match wire::read(&proxy.text("/api/snapshot").await) {
        Ok(ServerMessage::Snapshot { epoch, seq, board, .. }) => (epoch, seq.0, board),
        other => panic!("not a snapshot: {other:?}"),
    }
}

/// A board as JSON, without the instant at which recording began.
pub(crate) fn comparable(board: &Board) -> Value {
    let mut board = serde_json::to_value(board).expect("a board is JSON");
    board.as_object_mut().expect("a board is an object").remove("since");
    board
}

async fn store_state(proxy: &Proxy) -> String {
    let ready = proxy.json("/readyz").await;
    ready["store"]["state"].as_str().expect("the store has a state").to_owned()
}

/// Waits until the file folds to the board that the proxy shows.
pub(crate) async fn all_is_stored(proxy: &Proxy) -> Stored {
    let look = async || {
        let (_, seq, board) = snapshot(proxy).await;
        let stored = stored(&proxy.data_dir(), board.day, UnixMs(i64::MAX));
        let is_same = stored.seq == seq && comparable(&stored.board) == comparable(&board);
        is_same.then_some(stored)
    };
    until("the file to hold what is shown", look, Option::is_some).await.expect("it does")
}

/// A busy centre that repeats nothing to whoever connects.
pub(crate) async fn busy(calls_per_hour: &str) -> Simulator {
    let rate = ["--speed", "20", "--agents", "160", "--calls-per-hour", calls_per_hour];
    Simulator::start(&rate).await
}

#[tokio::test]
async fn a_restart_goes_on_where_it_stopped() {
    let simulator = busy("4000").await;
    let mut proxy = Proxy::start(&simulator).await;
    let mut viewer = Viewer::open(&proxy).await;
    viewer.wait("some documents", |viewer| viewer.numbers.len() >= 150).await;
    // One who leaves now, and will come back after the restart.
    let earlier = viewer;
    let mut viewer = Viewer::open(&proxy).await;
    viewer.wait("more documents", |viewer| viewer.numbers.len() >= 150).await;
    simulator.pause().await;
    all_is_stored(&proxy).await;
    let before = snapshot(&proxy).await;

    proxy.stop_and_start().await;
    assert_eq!(snapshot(&proxy).await, before);

    let mut back = Viewer::resume(&proxy, &earlier, &earlier.epoch).await;
    back.wait("what was missed", |back| back.seq == before.1).await;
    assert_eq!(back.snapshots, 0, "nobody begins anew after a restart");
    let mut reached = earlier.seq;
    for (since, seq) in &back.numbers {
        assert_eq!(*since, reached, "a gap: {:?}", back.numbers);
        reached = *seq;
    }
    simulator.resume().await;
    back.wait("further documents", |back| back.seq > before.1 + 20).await;
}

/// The store promises that what it has reported is there, and the numbering
/// that none is used twice.
#[tokio::test]
async fn twenty_crashes_lose_nothing_that_was_reported() {
    const CRASHES: u64 = 20;
    // About 500 documents a second.
    let simulator = busy("12000").await;
    let mut proxy = Proxy::start(&simulator).await;
    let (epoch, _, _) = snapshot(&proxy).await;
    let (mut kept, mut highest) = (0, 0);
    for crash in 0..CRASHES {
        // At another moment each time.
        let enough = 5 + (crash * 37) % 130;
        let look = async || proxy.metric("callboard_store_frames_written_total").await;
        let reported = until("frames to be written", look, |frames| *frames >= enough).await;
        let told = snapshot(&proxy).await;
        assert!(told.0 == epoch && told.1 > highest, "crash {crash}: {} after {highest}", told.1);
        proxy.server.kill();
        let stored = stored(&proxy.data_dir(), told.2.day, UnixMs(i64::MAX));
        assert!(
            stored.frames >= kept + reported,
            "crash {crash}: {} of {kept} + {reported}",
            stored.frames
        );
        (kept, highest) = (stored.frames, told.1);
        proxy.server.restart().await;
        let (_, after, _) = snapshot(&proxy).await;
        assert!(after >= stored.seq + 1_000_000 && after > highest, "crash {crash}: {after}");
    }
    simulator.pause().await;
    all_is_stored(&proxy).await;
    assert_eq!(proxy.metric("callboard_store_frames_refused_total").await, 0);
}

#[tokio::test]
async fn after_a_crash_viewers_begin_anew() {
    let simulator = Simulator::quiet().await;
    let mut proxy = Proxy::start(&simulator).await;
    let mut viewer = Viewer::open(&proxy).await;
    viewer.wait_until_live().await;
    let id = &simulator.play(json!({ "queue": "71" })).await;
    viewer.wait("the call to wait", |viewer| viewer.waits_in(id, "71")).await;
    all_is_stored(&proxy).await;
    proxy.server.restart().await;
    let mut back = Viewer::resume(&proxy, &viewer, &viewer.epoch).await;
    back.wait("a snapshot", |back| back.snapshots == 1).await;
    assert_eq!(back.epoch, viewer.epoch);
    assert!(back.seq >= viewer.seq + 1_000_000, "{} after {}", back.seq, viewer.seq);
    assert!(back.waits_in(id, "71"), "{:?}", back.phase(id));
}

/// Limits the size of files that the process may write, as a full disk does.
fn limit_files(proxy: &Proxy, bytes: &str) {
    let pid = proxy.server.process().id().to_string();
    let limit = format!("--fsize={bytes}:unlimited");
    let status = Command::new("prlimit").args(["--pid", &pid, &limit]).status();
    assert!(status.is_ok_and(|status| status.success()), "prlimit (util-linux) is there");
}

#[tokio::test]
async fn a_disk_that_is_full_stops_nothing_and_loses_nothing() {
    let simulator = Simulator::quiet().await;
    // The signal would end it before it sees the error that a full disk gives.
    let starter = &["env", "--ignore-signal=XFSZ"];
    let proxy = Proxy::under(starter, &simulator.url(), simulator.token(), &[]).await;
    let mut viewer = Viewer::open(&proxy).await;
    viewer.wait_until_live().await;
    assert_eq!(
        (store_state(&proxy).await.as_str(), proxy.get("/readyz").await.status().as_u16()),
        ("writing", 200)
    );

    limit_files(&proxy, "4096");
    let id = &simulator.play(json!({ "queue": "71", "abandon_after_ms": 300 })).await;
    viewer
        .wait("the call, as ever", |viewer| {
            viewer.board.calls.contains_key(&CallId::from(id.as_str()))
        })
        .await;
    until("the trouble to be told", async || store_state(&proxy).await, |state| state == "failing")
        .await;
    assert_eq!(proxy.get("/readyz").await.status(), 503);
    assert_eq!(proxy.metric("callboard_store_failing").await, 1);
    let written = proxy.metric("callboard_store_frames_written_total").await;
    let next = &simulator.play(json!({ "queue": "72" })).await;
    viewer.wait("the next call", |viewer| viewer.waits_in(next, "72")).await;
    assert_eq!(proxy.metric("callboard_store_frames_written_total").await, written);

    limit_files(&proxy, "unlimited");
    until("the end of it", async || store_state(&proxy).await, |state| state == "writing").await;
    simulator.pause().await;
    let stored = all_is_stored(&proxy).await;
    assert!(stored.board.calls.len() >= 2);
    assert_eq!(proxy.get("/readyz").await.status(), 200);
}

/// Starts a proxy on this folder, which must be refused in one line.
#[track_caller]
fn refused(folder: &Path, words: &[&str]) {
    let folder = folder.to_str().expect("a plain path");
    let arguments =
        ["--data-dir", folder, "--upstream", "ws://127.0.0.1:1", "--listen", "127.0.0.1:0"];
    let output = run(&arguments, &[("CALLBOARD_TOKEN", "t")]);
    let stderr = String::from_utf8_lossy(&output.stderr);
    assert_eq!(output.status.code(), Some(1), "{stderr}");
    assert_eq!(stderr.trim_end().lines().count(), 1, "{stderr}");
    assert!(output.stdout.is_empty(), "nothing was announced");
    for word in words.iter().chain(&["data-dir", folder]) {
        assert!(stderr.contains(word), "`{word}` is missing: {stderr}");
    }
}

#[tokio::test]
async fn one_process_has_a_folder() {
    let simulator = Simulator::quiet().await;
    let proxy = Proxy::start(&simulator).await;
    refused(&proxy.data_dir(), &["another callboard", "stop it"]);
    assert_eq!(store_state(&proxy).await, "writing");
}

#[tokio::test]
async fn a_file_that_is_damaged_or_too_new_is_refused_and_left_alone() {
    let simulator = Simulator::quiet().await;
    let folder = TempDir::new().expect("a temporary folder can be made");
    let path = folder.path().to_str().expect("a plain path");
    let mut proxy = Proxy::with(&simulator, simulator.token(), &["--data-dir", path]).await;
    proxy.server.process().terminate();
    assert!(proxy.server.process_mut().ended().await.success(), "{}", proxy.log());
    let file = folder.path().join("callboard.db");
    let log = std::fs::metadata(folder.path().join("callboard.db-wal"));
    assert_eq!(log.map_or(0, |log| log.len()), 0, "after an orderly stop the file is all there is");
    let whole = std::fs::read(&file).expect("the file is there");

    let damages = [&whole[..whole.len() / 3], b"SQLite format 3\0 and then only text, only text"];
    for damaged in damages {
        std::fs::write(&file, damaged).expect("it can be written");
        refused(folder.path(), &["damaged", ".recover", "away"]);
        assert_eq!(std::fs::read(&file).expect("it is there"), damaged);
    }
    std::fs::write(&file, whole).expect("it can be written");
    let database = Connection::open(&file).expect("it is whole again");
    database.pragma_update(None, "user_version", 99).expect("it can be changed");
    drop(database);
    refused(folder.path(), &["newer callboard"]);
}
