//! Each test is a script of frames and the board it must leave behind.

use proptest::prelude::*;

use super::*;
use crate::decode::decode;
use crate::figures::contribution::Entry as Counted;
use crate::figures::explain::{AgentFigure, Figure, NowFigure, Scope, Terms};
use crate::stream::Stream;
use crate::wire::Entry;

/// One call that waits, is answered and ends, as the three streams tell it.
const CALL: &str = r#"
    calls {"id_call":"a","active":1,"answered":0,"call_direction":"incoming","internal":0,"time":{"start":1700000000000}}
    calls {"id_call":"a","active":1,"answered":0,"call_direction":"incoming","internal":0,"time":{"start":1700000000000},"queue_list":["Support"],"queue_last":{"id":71,"name":"Support","timestart":1700000004000}}
    queues {"id_call":"a","active":1,"answered":0,"direction":"incoming","time":{"start":1700000000000},"queue":{"id":71,"name":"Support","strategy":"rrmemory","timestart":1700000004000}}
    agents {"id_call":"a","active":1,"call_direction":"incoming","time":{"start":1700000009000},"agent":{"id":"7","name":"Ada Berg"},"queue":{"id":71,"timestart":1700000004000}}
    agents {"id_call":"a","active":1,"call_direction":"incoming","time":{"start":1700000009000,"answered":1700000012000},"agent":{"id":"7","name":"Ada Berg"},"queue":{"id":71,"timestart":1700000004000}}
    calls {"id_call":"a","active":1,"answered":1,"call_direction":"incoming","internal":0,"time":{"start":1700000000000},"queue_list":["Support"],"queue_last":{"id":71,"name":"Support","timestart":1700000004000},"agent_last":{"id":7,"name":"Ada","surname":"Berg","answered":1700000012000}}
    agents {"id_call":"a","active":0,"call_direction":"incoming","agent_end_reason":"agent_hangup","time":{"start":1700000009000,"answered":1700000012000,"end":1700000060000},"agent":{"id":"7","name":"Ada Berg"},"queue":{"id":71,"timestart":1700000004000},"duration":{"total":51,"ring":3,"talk":48}}
    calls {"id_call":"a","active":0,"answered":1,"call_direction":"incoming","internal":0,"terminated_call_reason":"hangup","time":{"start":1700000000000,"end":1700000060000},"queue_list":["Support"],"queue_last":{"id":71,"name":"Support","timestart":1700000004000},"agent_last":{"id":7,"name":"Ada","surname":"Berg","answered":1700000012000}}
    queues {"id_call":"a","active":0,"answered":1,"direction":"incoming","time":{"start":1700000000000,"end":1700000060000},"queue":{"id":71,"name":"Support","strategy":"rrmemory","timestart":1700000004000}}
"#;

/// One that is sent from one queue to the next and given up there.
const LOST: &str = r#"
    calls {"id_call":"b","active":1,"call_direction":"incoming","time":{"start":1700000100000},"queue_first":{"id":71,"timestart":1700000101000},"queue_last":{"id":71,"timestart":1700000101000}}
    queues {"id_call":"b","active":1,"direction":"incoming","time":{"start":1700000100000},"queue":{"id":71,"timestart":1700000101000}}
    queues {"id_call":"b","active":1,"direction":"incoming","time":{"start":1700000100000},"queue":{"id":71,"timestart":1700000101000,"fail_reason":"queue_leave_timeout"}}
    calls {"id_call":"b","active":1,"call_direction":"incoming","time":{"start":1700000100000},"queue_first":{"id":71,"timestart":1700000101000,"fail_reason":"queue_leave_timeout"},"queue_last":{"id":72,"timestart":1700000131000}}
    queues {"id_call":"b","active":1,"direction":"incoming","time":{"start":1700000100000},"queue":{"id":72,"timestart":1700000131000}}
    calls {"id_call":"b","active":0,"call_direction":"incoming","terminated_call_reason":"queue_leave_abandon","time":{"start":1700000100000,"end":1700000150000},"queue_first":{"id":71,"timestart":1700000101000,"fail_reason":"queue_leave_timeout"},"queue_last":{"id":72,"timestart":1700000131000,"fail_reason":"queue_leave_abandon"}}
    queues {"id_call":"b","active":0,"direction":"incoming","time":{"start":1700000100000,"end":1700000150000},"queue":{"id":72,"timestart":1700000131000,"fail_reason":"queue_leave_abandon"}}
"#;

fn script(lines: &str) -> Vec<(Stream, Document)> {
    let lines = lines.lines().map(str::trim).filter(|line| !line.is_empty());
    lines
        .map(|line| {
            let (stream, json) = line.split_once(' ').unwrap();
            let document = decode(json.as_bytes()).unwrap().documents.remove(0);
            (Stream::from_name(stream).unwrap(), document)
        })
        .collect()
}

fn play(documents: impl IntoIterator<Item = (Stream, Document)>) -> Board {
    let mut board = Board::default();
    for (stream, document) in documents {
        board.apply(stream, document, UnixMs(1));
    }
    board
}

/// What people see of a board, without the order in which legs arrived.
fn seen(board: &Board) -> (Vec<(CallId, Phase)>, Figures) {
    let phases = board.calls.iter().map(|(id, call)| (id.clone(), call.phase.clone()));
    (phases.collect(), board.figures.clone())
}

fn total(board: &Board) -> Metrics {
    board.total(&Settings::default(), UnixMs(1_700_000_200_000))
}

fn queue(board: &Board, queue: &str) -> Metrics {
    board.queue(&queue.into(), &Settings::default(), UnixMs(1_700_000_200_000))
}

#[test]
fn a_handled_call_counts_once_in_total_and_in_its_queue() {
    let board = play(script(CALL));
    for metrics in [total(&board), queue(&board, "71")] {
        assert_eq!((metrics.offered, metrics.handled, metrics.handled_within), (1, 1, 1));
        assert_eq!((metrics.answer_s.mean, metrics.talk_s), (Some(8.0), Some(48.0)));
    }
    let agent = board.agent(&"7".into());
    assert_eq!((agent.offered, agent.answered, agent.missed, agent.hung_up_first), (1, 1, 0, 1));
    assert_eq!((agent.ring_s, agent.talk_s), (Some(3.0), Some(48.0)));
    // 51 s of ringing and talk in a minute.
    assert_eq!(board.figures.observed_busy_share(60_000).ten_thousandths(), Some(8_500));
}

#[test]
fn the_total_is_not_the_sum_of_the_queues() {
    let board = play(script(LOST));
    assert_eq!((total(&board).offered, total(&board).abandoned), (1, 1));
    assert_eq!((queue(&board, "71").offered, queue(&board, "71").flow_out.timeout), (1, 1));
    assert_eq!((queue(&board, "72").offered, queue(&board, "72").abandoned), (1, 1));
    // The customer's clock runs from the first queue, the queue's from its own.
    assert_eq!(total(&board).abandon_s.mean, Some(49.0));
    assert_eq!(queue(&board, "72").abandon_s.mean, Some(19.0));
}

#[test]
fn a_waiting_caller_is_offered_and_nothing_else() {
    let board = play(script(CALL).into_iter().take(3));
    let metrics = total(&board);
    assert_eq!((metrics.offered, metrics.handled, metrics.abandoned), (1, 0, 0));
    assert_eq!((metrics.waiting, metrics.longest_wait_now_s), (1, Some(196)));
}

#[test]
fn who_is_there_now_is_named() {
    // One waits in 71, another came from 71 and waits in 72.
    let both = script(CALL).into_iter().take(3).chain(script(LOST).into_iter().take(5));
    let mut board = play(both);
    let now = UnixMs(1_700_000_200_000);
    let behind = |board: &Board, figure, queue: &str| {
        let asked = |key: &QueueKey| queue.is_empty() || *key.0 == *queue;
        let (value, behind) = board.behind_now(figure, now, asked);
        let ids = |found: &[(&CallId, &Counted)]| {
            found.iter().map(|(id, _)| id.to_string()).collect::<Vec<_>>().join(" ")
        };
        (value, ids(&behind.counted), ids(&behind.left_out))
    };
    let of = |value, counted: &str, left_out: &str| (value, counted.into(), left_out.into());
    assert_eq!(behind(&board, NowFigure::Waiting, ""), of(2, "a b", ""));
    assert_eq!(behind(&board, NowFigure::Waiting, "72"), of(1, "b", ""));
    assert_eq!(behind(&board, NowFigure::LongestWait, ""), of(196, "a", "b"));
    assert_eq!(behind(&board, NowFigure::Talking, ""), of(0, "", "a b"));
    // The first of them is answered.
    for (stream, document) in script(CALL).into_iter().take(5) {
        board.apply(stream, document, UnixMs(1));
    }
    assert_eq!(behind(&board, NowFigure::Talking, ""), of(1, "a", "b"));
    assert_eq!(behind(&board, NowFigure::LongestWait, "71"), of(0, "", "a"));
    // A queue's own figures are the same.
    for key in ["71", "72"] {
        let metrics = queue(&board, key);
        let waiting = behind(&board, NowFigure::Waiting, key).0;
        let talking = behind(&board, NowFigure::Talking, key).0;
        let longest = behind(&board, NowFigure::LongestWait, key).0;
        assert_eq!((waiting, talking), (metrics.waiting.into(), metrics.talking.into()));
        assert_eq!(longest, metrics.longest_wait_now_s.unwrap_or_default());
    }
}

#[test]
fn the_calls_behind_a_figure_are_named() {
    let mut board = Board::default().with_ledger();
    for (stream, document) in [script(CALL), script(LOST)].concat() {
        board.apply(stream, document, UnixMs(1));
    }
    let ledger = board.ledger().unwrap();
    let (from, to) = (UnixMs(0), UnixMs(i64::MAX));
    let settings = Settings::default();
    let terms = Terms { settings: &settings, now: UnixMs(0), from, to };
    let level = ledger.explain(Figure::ShortExcluded, &Scope::Total, terms);
    assert!(level.terms.contains(&("H_T", 1)) && level.terms.contains(&("B", 1)));
    assert_eq!((level.counted, level.weighed), (vec!["a".into()], vec!["b".into()]));
    let scope = Scope::Queue("71".into());
    let flow_out = ledger.explain(Figure::Timeout, &scope, terms);
    assert_eq!((flow_out.counted, flow_out.left_out), (vec!["b".into()], vec!["a".into()]));
    let answered = ledger.explain_agent(AgentFigure::Answered, &"7".into(), terms);
    assert_eq!(answered.counted, ["a".into()]);
    let later = Terms { from: UnixMs(1_700_000_100_000), ..terms };
    assert_eq!(ledger.explain(Figure::Offered, &Scope::Total, later).counted, ["b".into()]);
}

#[test]
fn intervals_add_up_to_the_day() {
    let mut board = Board::default().with_ledger();
    for (stream, document) in [script(CALL), script(LOST)].concat() {
        board.apply(stream, document, UnixMs(1));
    }
    let (from, to) = (UnixMs(1_700_000_000_000), UnixMs(1_700_000_900_000));
    let intervals = board.ledger().unwrap().intervals(from, to, 60_000);
    assert_eq!(intervals.len(), 3);
    let mut sum = Figures::default();
    intervals.values().for_each(|interval| sum.merge(interval));
    assert_eq!(sum, board.figures);
}

#[test]
fn a_repetition_says_nothing_new() {
    let mut board = play(script(CALL));
    let before = board.clone();
    for (stream, document) in script(CALL) {
        assert!(matches!(board.apply(stream, document, UnixMs(1)), Applied::Known(..)));
    }
    assert_eq!(board.figures, before.figures);
}

#[test]
fn a_call_that_has_left_stays_in_the_figures_and_does_not_come_back() {
    let mut board = play(script(CALL));
    let figures = board.figures.clone();
    assert_eq!(board.due(UnixMs(1 + 2 * 60_000), UnixMs(0)), []);
    let due = board.due(UnixMs(2 + 2 * 60_000), UnixMs(0));
    assert_eq!(due, ["a".into()]);
    board.expire(&due, UnixMs(2 + 2 * 60_000));
    let (stream, document) = script(CALL).remove(0);
    assert_eq!(board.apply(stream, document, UnixMs(1)), Applied::Late);
    assert!(board.calls.is_empty());
    assert_eq!(board.figures, figures);
}

#[test]
fn a_call_nobody_spoke_of_after_a_gap_leaves_after_its_time() {
    let board = play(script(CALL).into_iter().take(3));
    let back = UnixMs(1000);
    assert_eq!(board.due(back.plus_ms(UNCONFIRMED_WAITING_MS), back), []);
    assert_eq!(board.due(back.plus_ms(UNCONFIRMED_WAITING_MS + 1), back), ["a".into()]);
    // Without a gap it stays, however long it takes.
    assert_eq!(board.due(back.plus_ms(UNCONFIRMED_WAITING_MS + 1), UnixMs(0)), []);
}

#[test]
fn an_agent_is_known_by_the_full_name() {
    let board = play(script(CALL));
    assert_eq!(board.agents["7"].name.as_deref(), Some("Ada Berg"));
}

/// The script with its streams interleaved as `order` picks.
fn interleave(documents: &[(Stream, Document)], order: &[u8]) -> Vec<(Stream, Document)> {
    let mut left: Vec<Vec<_>> = Stream::ALL
        .iter()
        .map(|stream| documents.iter().filter(|(s, _)| s == stream).rev().cloned().collect())
        .collect();
    let mut out = Vec::new();
    for pick in order.iter().copied().cycle() {
        left.retain(|stream: &Vec<_>| !stream.is_empty());
        if left.is_empty() {
            return out;
        }
        let stream = usize::from(pick) % left.len();
        out.extend(left[stream].pop());
    }
    out
}

proptest! {
    #[test]
    fn any_interleaving_of_the_streams_gives_the_same_board(
        order in prop::collection::vec(any::<u8>(), 1..40),
    ) {
        let documents = [script(CALL), script(LOST)].concat();
        let straight = play(documents.clone());
        let mixed = play(interleave(&documents, &order));
        prop_assert_eq!(seen(&straight), seen(&mixed));
    }

    #[test]
    fn any_duplication_gives_the_same_board(
        again in prop::collection::vec((0_usize..16, 0_usize..16), 0..12),
    ) {
        let documents = [script(CALL), script(LOST)].concat();
        let mut more = documents.clone();
        for (from, after) in again {
            // A repetition comes after the first time.
            let from = from % documents.len();
            let first = more.iter().position(|d| *d == documents[from]).unwrap();
            let to = first + 1 + after % (more.len() - first);
            more.insert(to, documents[from].clone());
        }
        prop_assert_eq!(seen(&play(documents)), seen(&play(more)));
    }

    #[test]
    fn a_snapshot_and_the_rest_give_the_same_board(cut in 0_usize..17) {
        let documents = [script(CALL), script(LOST)].concat();
        let cut = cut.min(documents.len());
        let snapshot = serde_json::to_string(&play(documents[..cut].to_vec())).unwrap();
        let mut board: Board = serde_json::from_str(&snapshot).unwrap();
        for (stream, document) in documents[cut..].iter().cloned() {
            board.apply(stream, document, UnixMs(1));
        }
        prop_assert_eq!(seen(&board), seen(&play(documents)));
    }

    #[test]
    fn the_document_as_merged_gives_the_same_board_as_the_one_that_came(
        order in prop::collection::vec(any::<u8>(), 1..40),
    ) {
        let documents = interleave(&[script(CALL), script(LOST)].concat(), &order);
        let (mut proxy, mut browser) = (Board::default(), Board::default());
        for (stream, document) in documents {
            if let Applied::Changed(leg, merged) = proxy.apply(stream, document, UnixMs(1)) {
                let json = serde_json::to_string(merged).unwrap();
                let doc = serde_json::from_str(&json).unwrap();
                browser.tell(Entry { stream, leg, doc }, UnixMs(1));
            }
        }
        prop_assert_eq!(seen(&proxy), seen(&browser));
        prop_assert_eq!(proxy.agents, browser.agents);
        prop_assert_eq!(proxy.queues, browser.queues);
    }
}

#[test]
fn who_has_left_is_forgotten_after_a_day() {
    let mut board = Board::new(UnixMs(0));
    let document = || script(CALL).remove(0);
    let ids = |id: &str| [CallId::from(id)];
    board.expire(&ids("a"), UnixMs(1_000));
    let day = UnixMs(1_000).plus_ms(GONE_KNOWN_MS);
    let (stream, again) = document();
    board.expire(&ids("x"), UnixMs(day.0 - 1));
    assert_eq!(board.apply(stream, again.clone(), day), Applied::Late);
    board.expire(&ids("y"), day);
    assert!(matches!(board.apply(stream, again.clone(), day), Applied::Changed(..)));
    // It leaves once more, and is known from then on.
    board.expire(&ids("a"), day);
    board.expire(&ids("z"), day.plus_ms(GONE_KNOWN_MS - 1));
    assert_eq!(board.apply(stream, again, day), Applied::Late);
}
