//! The store's speed and size, with the documents of the simulator.
//!
//! - frames per second that become durable, and bytes per call on the disk
//! - rebuild of a day of 50,000 calls
//! - figures of that day from columns
//! - the board of a late hour of it
#![allow(clippy::print_stdout, reason = "its output is its purpose")]
#![allow(clippy::disallowed_methods, reason = "a benchmark has a clock")]

use std::path::Path;
use std::time::{Duration, Instant};

use callboard_proxy::days::Days;
use callboard_proxy::simulator::{Center, Options};
use callboard_proxy::store::calls::Filter;
use callboard_proxy::store::past::Moment;
use callboard_proxy::store::rebuild::rebuild;
use callboard_proxy::store::sums::Range;
use callboard_proxy::store::{Frame, Place, Store};
use callboard_shared::audience::Audience;
use callboard_shared::board::Applied;
use callboard_shared::decode::{DurationUnit, decode};
use callboard_shared::figures::metrics::Settings;
use callboard_shared::{Board, UnixMs};

/// Calls of the day.
const CALLS: usize = 50_000;
/// 2026-11-22T00:00:00Z.
const DAY: i64 = 1_795_305_600_000;
/// How often calls that have ended leave the board, in ms.
const EXPIRY_MS: u64 = 5_000;

/// A day as it comes: folded and kept as the proxy does.
struct Day {
    board: Board,
    seq: u64,
    frames: u64,
    bytes: usize,
    calls: usize,
    expired: UnixMs,
    /// When the last frame came.
    last: UnixMs,
}

#[tokio::main]
async fn main() {
    let folder = tempfile::tempdir().expect("a temporary folder can be made");
    let place = Place::Folder(folder.path().into());
    let store = Store::open(&place, 100_000).expect("the store opens");
    let begun = Instant::now();
    let day = play(&store).await;
    let lasted = begun.elapsed();
    store.close().await;
    let size = size(folder.path());
    println!(
        "{} calls, {} frames of {} bytes",
        day.calls,
        day.frames,
        day.bytes as u64 / day.frames
    );
    println!("durable: {:.0} frames/s", day.frames as f64 / lasted.as_secs_f64());
    println!(
        "on the disk: {} bytes per call, {} per frame, {:.2} of the JSON",
        size / day.calls as u64,
        size / day.frames,
        size as f64 / day.bytes as f64,
    );
    drop(store);

    let store = Store::open(&place, 100_000).expect("the store opens");
    let now = UnixMs(DAY + 86_000_000);
    let begun = Instant::now();
    let rebuilt = rebuild(&store, &Days::default(), DurationUnit::Auto, now).await;
    let rebuilt = rebuilt.expect("the board can be rebuilt");
    println!("rebuild: {:.2?}", begun.elapsed());
    assert_eq!(rebuilt.board.figures, day.board.figures);

    let (from, to) = (UnixMs(DAY), UnixMs(DAY + 86_400_000));
    let every = Some((Days::default(), 900_000));
    let begun = Instant::now();
    let sums = store.sums(Range { from, to, scope: None, every }).await.expect("figures");
    println!("figures of the day: {:.2?}", begun.elapsed());
    assert_eq!(sums.figures, day.board.figures);

    look_back(&store, &day).await;

    let begun = Instant::now();
    let page = store.calls(Filter { from, to, ..Filter::default() }, None, 100).await;
    println!("a page of {}: {:.2?}", page.expect("a page").len(), begun.elapsed());
}

/// The board of late hours, and a quarter of an hour from there on.
async fn look_back(store: &Store, day: &Day) {
    // From 9 on a part of the way is known.
    for part in [5, 10, 9, 5] {
        let at = UnixMs(DAY + (day.last.0 - DAY) * part / 10);
        let asked = Moment {
            at,
            day: UnixMs(DAY),
            until: at.plus_ms(900_000),
            audience: Audience::supervisor(),
            unit: DurationUnit::Auto,
            settings: Settings::default(),
            build: String::new(),
        };
        let begun = Instant::now();
        let (mut past, _) = store.past(asked).await.expect("a board of the past");
        let seek = begun.elapsed();
        while !past.is_over {
            past = store.go_on(past, 500).await.expect("what came then").0;
        }
        let rest = begun.elapsed() - seek;
        println!("look back to {part}/10 of the day: {seek:.2?}, and its next quarter: {rest:.2?}");
    }
}

async fn play(store: &Store) -> Day {
    let options = Options {
        calls_per_hour: 2_200.0,
        agents: 150,
        queues: 8,
        start: Some(DAY),
        ..Options::default()
    };
    let mut center = Center::new(&options);
    let mut board = Board::new(UnixMs(DAY)).with_ledger();
    board.begin_day(UnixMs(DAY));
    let mut day = Day {
        board,
        seq: 0,
        frames: 0,
        bytes: 0,
        calls: 0,
        expired: UnixMs(DAY),
        last: UnixMs(DAY),
    };
    let mut at = DAY;
    while day.board.ledger().map_or(0, |ledger| ledger.len()) < CALLS && at < DAY + 85_000_000 {
        at += 1_000;
        for emission in center.advance(at) {
            day.take(store, UnixMs(emission.at), emission.stream, emission.json);
        }
        // As fast as the disk takes it, and no faster.
        while store.queued() > 8 * 1024 * 1024 {
            tokio::time::sleep(Duration::from_millis(1)).await;
        }
    }
    day.calls = day.board.ledger().map_or(0, |ledger| ledger.len());
    let mut written = store.written();
    let all = written.wait_for(|written| written.frames >= day.frames).await;
    assert!(all.is_ok(), "the store writes on");
    drop(all);
    day
}

impl Day {
    fn take(&mut self, store: &Store, at: UnixMs, stream: callboard_shared::Stream, json: String) {
        let mut calls = Vec::new();
        for document in decode(json.as_bytes()).map(|d| d.documents).unwrap_or_default() {
            let id = document.id_call.clone();
            if let Applied::Changed(..) = self.board.apply(stream, document, at) {
                self.seq += 1;
                calls.extend(self.board.calls.get(&id).map(|call| (id, call.clone())));
            }
        }
        self.frames += 1;
        self.last = at;
        self.bytes += json.len();
        let frame = Frame { stream, at, is_text: true, bytes: json.into(), seq: self.seq };
        store.keep_frame(frame, calls);
        if at.since_ms(self.expired) > EXPIRY_MS {
            self.expired = at;
            let due = self.board.due(at, UnixMs(DAY));
            self.board.expire(&due, at);
            store.keep_expired(at, &due, self.seq);
        }
    }
}

fn size(folder: &Path) -> u64 {
    let entries = std::fs::read_dir(folder).expect("the folder can be read");
    entries.map(|entry| entry.and_then(|entry| entry.metadata()).map_or(0, |m| m.len())).sum()
}
