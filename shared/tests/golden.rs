//! The golden day: some hundred constructed calls, and figures that an
//! independent script computed from what it had constructed.

#![allow(clippy::unwrap_used, reason = "a test that fails is what it is for")]

use callboard_shared::decode::decode;
use callboard_shared::figures::explain::{Figure, Scope, Terms};
use callboard_shared::figures::metrics::{Settings, Thresholds};
use callboard_shared::{Board, Stream, UnixMs};
use serde_json::Value;

const FRAMES: &str = include_str!("golden/frames.ndjson");
const EXPECTED: &str = include_str!("golden/expected.json");

/// Plays the day as the proxy would: through the decoder.
fn play() -> Board {
    let mut board = Board::default().with_ledger();
    for line in FRAMES.lines() {
        let frame: Value = serde_json::from_str(line).unwrap();
        let stream = Stream::from_name(frame["stream"].as_str().unwrap()).unwrap();
        let decoded = decode(frame["doc"].to_string().as_bytes()).unwrap();
        for document in decoded.documents {
            board.apply(stream, document, UnixMs(frame["at"].as_i64().unwrap()));
        }
    }
    board
}

fn expected() -> Value {
    serde_json::from_str(EXPECTED).unwrap()
}

/// Every figure that is expected, by its path; what is not is not compared.
#[track_caller]
fn compare(path: &str, expected: &Value, found: &Value) {
    match expected {
        Value::Object(fields) => {
            for (key, value) in fields {
                compare(&format!("{path}.{key}"), value, &found[key]);
            }
        }
        Value::Number(number) => {
            assert_eq!(number.as_f64(), found.as_f64(), "{path}");
        }
        _ => assert_eq!(expected, found, "{path}"),
    }
}

#[test]
fn the_figures_of_the_day_are_those_of_the_script() {
    let (board, expected) = (play(), expected());
    let now = UnixMs(expected["end"].as_i64().unwrap() + 60_000);
    let settings = Settings::default();
    let total = board.total(&settings, now);
    compare("total", &expected["total"], &serde_json::to_value(&total).unwrap());
    assert_eq!((total.waiting, total.longest_wait_now_s), (3, Some(90)));
    for (queue, figures) in expected["queues"].as_object().unwrap() {
        let found = board.queue(&queue.as_str().into(), &settings, now);
        compare(queue, figures, &serde_json::to_value(&found).unwrap());
    }
    for (agent, figures) in expected["agents"].as_object().unwrap() {
        let found = board.agent(&agent.as_str().into());
        compare(agent, figures, &serde_json::to_value(&found).unwrap());
    }
}

#[test]
fn each_figure_names_as_many_calls_as_it_counts() {
    let (board, expected) = (play(), expected());
    let instant = |key: &str| UnixMs(expected[key].as_i64().unwrap());
    let now = instant("end").plus_ms(60_000);
    // Thresholds of its own for one queue: figure and calls are judged alike.
    let lenient = Thresholds { answer_within_s: 48, short_abandon_s: 2, target_percent: 80 };
    let settings = Settings { queues: [("71".into(), lenient)].into(), ..Settings::default() };
    let terms = Terms { settings: &settings, now, from: UnixMs(0), to: UnixMs(i64::MAX) };
    let scopes = [Scope::Total, Scope::Queue("71".into()), Scope::Queue("72".into())];
    for scope in scopes {
        let metrics = match &scope {
            Scope::Total => board.total(&settings, now),
            Scope::Queue(queue) => board.queue(queue, &settings, now),
        };
        let metrics = serde_json::to_value(&metrics).unwrap();
        for figure in Figure::ALL {
            let found = board.ledger().unwrap().explain(*figure, &scope, terms);
            let path = format!("/{}", figure.name().replace('.', "/"));
            let shown = metrics.pointer(&path).unwrap_or_else(|| panic!("no field {path}"));
            let (above, below) = (found.counted.len(), found.weighed.len());
            if figure.name().starts_with("service_level") || *figure == Figure::AbandonRate {
                let share = above as f64 / (above + below) as f64;
                let four = (share * 10_000.0).round() / 10_000.0;
                assert_eq!(
                    shown.as_f64(),
                    Some(four).filter(|n| n.is_finite()),
                    "{figure:?} {scope:?}"
                );
            } else if let Some(count) = shown.as_u64() {
                assert_eq!(count as usize, above, "{figure:?} {scope:?}");
            }
        }
    }
}

#[test]
fn calls_beside_the_queues_are_counted_apart() {
    let beside = play().figures.beside;
    assert_eq!((beside.outgoing, beside.outgoing_answered, beside.internal), (8, 8, 4));
    assert_eq!((beside.menu, beside.menu_lost, beside.menu_closed), (9, 6, 3));
    // The receptionist's transfers: blind, and answered by nobody.
    let transfers = (beside.transferred, beside.transferred_blind, beside.transferred_in_vain);
    assert_eq!(transfers, (6, 6, 6));
    assert_eq!(beside.menu_loss().ten_thousandths(), Some(6_667));
}

#[test]
fn the_long_day_has_twenty_five_hours_and_midnight_divides() {
    let (board, expected) = (play(), expected());
    let instant = |key: &str| UnixMs(expected[key].as_i64().unwrap());
    let ledger = board.ledger().unwrap();
    let hour = 3_600_000;
    // One hour beyond the day: who enters after midnight belongs there.
    let hours = ledger.intervals(instant("start"), instant("end").plus_ms(hour), hour);
    let offered: Vec<u64> = (0..26)
        .map(|i| hours.get(&instant("start").plus_ms(i * hour)))
        .map(|figures| {
            figures.map_or(0, |f| f.customers.values().map(|tally| u64::from(tally.offered)).sum())
        })
        .collect();
    let wanted: Vec<_> = expected["offered_by_hour"]
        .as_array()
        .unwrap()
        .iter()
        .map(|n| n.as_u64().unwrap())
        .collect();
    assert_eq!(offered, wanted);
    let day = ledger.intervals(instant("start"), instant("end"), 25 * hour);
    let sum: u64 = wanted[..25].iter().sum();
    let of_day = &day[&instant("start")];
    assert_eq!(of_day.customers.values().map(|tally| u64::from(tally.offered)).sum::<u64>(), sum);
}

#[test]
fn streams_in_another_order_give_the_same_figures() {
    let straight = play();
    let mut board = Board::default();
    for stream in [Stream::Agents, Stream::Calls, Stream::Queues] {
        for line in FRAMES.lines() {
            let frame: Value = serde_json::from_str(line).unwrap();
            if frame["stream"] == stream.name() {
                let decoded = decode(frame["doc"].to_string().as_bytes()).unwrap();
                for document in decoded.documents {
                    board.apply(stream, document, UnixMs(0));
                }
            }
        }
    }
    assert_eq!(board.figures, straight.figures);
}
