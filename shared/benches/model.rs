//! The model's speed, as ratios and rates taken in one run.
//!
//! - decode: MB/s, beside a plain serde parse of the same documents into typed
//!   structs that accept only the documented form
//! - apply: documents/s
//! - memory per active call
//! - rebuild of a day of 50,000 calls from canonical JSON
#![allow(clippy::print_stdout, reason = "its output is its purpose")]
#![allow(clippy::disallowed_methods, reason = "a benchmark has a clock")]

use std::hint::black_box;
use std::time::{Duration, Instant};

use callboard_shared::decode::decode;
use callboard_shared::{Board, Document, Stream, UnixMs};
use serde::Deserialize;
use stats_alloc::{INSTRUMENTED_SYSTEM, Region, StatsAlloc};

#[global_allocator]
static ALLOCATOR: &StatsAlloc<std::alloc::System> = &INSTRUMENTED_SYSTEM;

const FRAMES: &str = include_str!("../tests/golden/frames.ndjson");
/// Calls of the day that is rebuilt.
const DAY: usize = 50_000;
/// Calls at once, for the memory of one.
const ACTIVE: usize = 5_000;
/// Each figure is the best of so many runs.
const RUNS: usize = 7;

/// The documented form and nothing else, as one writes it first.
#[derive(Deserialize)]
#[expect(dead_code, reason = "read by nobody: the parse is what is measured")]
struct Plain {
    id_call: String,
    active: Option<u8>,
    answered: Option<u8>,
    #[serde(alias = "direction")]
    call_direction: Option<String>,
    internal: Option<u8>,
    time: Option<PlainTime>,
    customer_target: Option<PlainTarget>,
    terminated_call_reason: Option<String>,
    voicemail: Option<u8>,
    #[serde(alias = "transfer")]
    trasnfers: Option<u32>,
    on_hooked_calls: Option<PlainCallbacks>,
    queue_list: Option<Vec<String>>,
    queue: Option<PlainQueue>,
    queue_first: Option<PlainQueue>,
    queue_last: Option<PlainQueue>,
    agent: Option<PlainAgent>,
    agent_first: Option<PlainAnswer>,
    agent_last: Option<PlainAnswer>,
    ivr_first: Option<PlainMenu>,
    ivr_last: Option<PlainMenu>,
    agent_end_reason: Option<String>,
    duration: Option<PlainDuration>,
    transfer_first: Option<PlainTransfer>,
}

macro_rules! plain {
    ($($name:ident { $($field:ident: $type:ty),* })*) => { $(
        #[derive(Deserialize)]
        #[expect(dead_code, reason = "as above")]
        struct $name { $($field: $type),* }
    )* };
}

plain! {
    PlainTime { start: Option<i64>, end: Option<i64>, answered: Option<i64> }
    PlainTarget { number: Option<String> }
    PlainCallbacks { no_wait_request: Option<u32>, answer_wait_request: Option<u32>, customer_no_answer: Option<u32> }
    PlainQueue { id: Option<u64>, name: Option<String>, phone: Option<String>, strategy: Option<String>, timestart: Option<i64>, fail_reason: Option<String> }
    PlainAgent { id: Option<String>, name: Option<String> }
    PlainAnswer { id: Option<u64>, name: Option<String>, answered: Option<i64> }
    PlainMenu { id: Option<u64>, name: Option<String>, timestamp: Option<i64> }
    PlainDuration { ring: Option<f64>, talk: Option<f64>, hold: Option<f64> }
    PlainTransfer { answered: Option<u8> }
}

/// A frame as it comes, with its stream.
struct Frame {
    stream: Stream,
    at: UnixMs,
    raw: String,
}

fn frames() -> Vec<Frame> {
    let lines = FRAMES.lines().map(|line| {
        let frame: serde_json::Value = serde_json::from_str(line).expect("a line of JSON");
        Frame {
            stream: frame["stream"].as_str().and_then(Stream::from_name).expect("a stream"),
            at: UnixMs(frame["at"].as_i64().expect("an instant")),
            raw: frame["doc"].to_string(),
        }
    });
    lines.collect()
}

/// The best of some runs: other work on the machine only ever adds.
fn best(mut run: impl FnMut()) -> Duration {
    let timed = |_| {
        let begun = Instant::now();
        run();
        begun.elapsed()
    };
    (0..RUNS).map(timed).min().unwrap_or_default()
}

fn row(name: &str, value: &str, target: &str) {
    println!("{name:<44} {value:>16}   {target}");
}

fn main() {
    let frames = frames();
    let bytes: usize = frames.iter().map(|frame| frame.raw.len()).sum();
    let mb_s = |time: Duration| bytes as f64 / 1e6 / time.as_secs_f64();

    let plain = best(|| {
        for frame in &frames {
            black_box(serde_json::from_str::<Plain>(&frame.raw).expect("the documented form"));
        }
    });
    let ours = best(|| {
        for frame in &frames {
            black_box(decode(frame.raw.as_bytes()).expect("a document"));
        }
    });
    row("decode, plain serde", &format!("{:.0} MB/s", mb_s(plain)), "");
    row("decode, tolerant", &format!("{:.0} MB/s", mb_s(ours)), "");
    let ratio = ours.as_secs_f64() / plain.as_secs_f64();
    row("decode, tolerant ÷ plain (time)", &format!("{ratio:.2} ×"), "at most 1.5 ×");

    let documents = decoded(&frames);
    let apply = best(|| {
        let mut board = Board::default().with_ledger();
        for (stream, at, document) in &documents {
            board.apply(*stream, document.clone(), *at);
        }
        black_box(board);
    });
    let rate = documents.len() as f64 / apply.as_secs_f64();
    row("apply", &format!("{:.0} k documents/s", rate / 1e3), "");

    memory(&documents);
    rebuild(&documents);
}

fn decoded(frames: &[Frame]) -> Vec<(Stream, UnixMs, Document)> {
    let documents = frames.iter().flat_map(|frame| {
        let decoded = decode(frame.raw.as_bytes()).expect("a document");
        decoded.documents.into_iter().map(|document| (frame.stream, frame.at, document))
    });
    documents.collect()
}

/// The documents of as many calls as wanted, made from the day's.
fn multiplied(
    documents: &[(Stream, UnixMs, Document)],
    calls: usize,
) -> Vec<(Stream, UnixMs, Document)> {
    let distinct =
        documents.iter().map(|(_, _, d)| &d.id_call).collect::<std::collections::BTreeSet<_>>();
    let rounds = calls.div_ceil(distinct.len());
    let mut all = Vec::new();
    for round in 0..rounds {
        all.extend(documents.iter().map(|(stream, at, document)| {
            let mut document = document.clone();
            document.id_call.0 = format!("{}-{round}", document.id_call.0).into();
            (*stream, *at, document)
        }));
    }
    all
}

fn memory(documents: &[(Stream, UnixMs, Document)]) {
    let active: Vec<_> =
        documents.iter().filter(|(_, _, d)| d.active == Some(true)).cloned().collect();
    let many = multiplied(&active, ACTIVE);
    let region = Region::new(ALLOCATOR);
    let mut board = Board::default();
    for (stream, at, document) in &many {
        board.apply(*stream, document.clone(), *at);
    }
    let change = region.change();
    let used = change.bytes_allocated - change.bytes_deallocated;
    let per_call = used as f64 / board.calls.len() as f64 / 1024.0;
    row("memory per active call", &format!("{per_call:.1} KiB"), "");
}

fn rebuild(documents: &[(Stream, UnixMs, Document)]) {
    let many = multiplied(documents, DAY);
    let stored: Vec<(Stream, UnixMs, String)> = many
        .iter()
        .map(|(stream, at, d)| (*stream, *at, serde_json::to_string(d).expect("JSON")))
        .collect();
    drop(many);
    let begun = Instant::now();
    let mut board = Board::default().with_ledger();
    for (stream, at, json) in &stored {
        board.apply(*stream, serde_json::from_str(json).expect("canonical"), *at);
    }
    let took = begun.elapsed();
    let calls = board.ledger().map_or(0, callboard_shared::figures::ledger::Ledger::len);
    let name = format!("rebuild of {calls} calls, {} documents", stored.len());
    row(&name, &format!("{:.2} s", took.as_secs_f64()), "under 2 s");
}
