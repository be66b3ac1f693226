//! Frames in, numbered messages out, for every audience.

use callboard_shared::audience::Role;
use callboard_shared::wire::{ServerMessage, read};

use super::*;

fn hub() -> Hub {
    let store = Store::open(&store::Place::Memory, 2).unwrap();
    let mut board = Board::new(UnixMs(0)).with_ledger();
    let reading = Reading::default();
    // Ten minutes on: midnight may be near, and no test is about another day.
    board.begin_day(reading.days.start_of(clock::now().plus_ms(10 * 60_000)));
    let rebuilt = Rebuilt {
        board,
        seq: Seq(0),
        epoch: store.beginning().epoch.clone(),
        clean: true,
        told: Vec::new(),
    };
    Hub::new("test".into(), reading, Arc::new(Counters::default()), store, rebuilt)
}

fn receive(hub: &Hub, json: &str) {
    let bytes = Bytes::copy_from_slice(json.as_bytes());
    hub.receive(Stream::Calls, &[upstream::Frame { bytes, is_text: true }]);
}

fn call(hub: &Hub, id: &str, active: u8, queue: u32) {
    receive(hub, &document(id, active, queue));
}

fn document(id: &str, active: u8, queue: u32) -> String {
    format!(
        r#"{{"id_call":"{id}","active":{active},"call_direction":"incoming",
            "customer_target":{{"number":"0701234567"}},
            "queue_first":{{"id":{queue},"timestart":1700000001000}},
            "time":{{"start":1700000000000}}}}"#
    )
}

fn pulled(viewer: &mut Subscription) -> Vec<ServerMessage> {
    let mut out = std::mem::take(&mut viewer.first);
    while let Pull::Frames = viewer.pull(&mut out) {
        let length = out.len();
        viewer.pull(&mut out);
        if out.len() == length {
            break;
        }
    }
    out.iter().map(|frame| read(std::str::from_utf8(&frame.payload()).unwrap()).unwrap()).collect()
}

fn numbers(messages: &[ServerMessage]) -> Vec<(u64, u64)> {
    let numbers = messages.iter().filter_map(|message| match message {
        ServerMessage::Snapshot { seq, .. } => Some((seq.0, seq.0)),
        ServerMessage::Documents { since, seq, .. } => Some((since.0, seq.0)),
        ServerMessage::Status { .. } => None,
    });
    numbers.collect()
}

fn of_one_queue() -> Audience {
    let scope = Some([callboard_shared::QueueKey::from("72")].into());
    Audience { role: Role::Floor, scope, salt: 0 }
}

fn all() -> Audience {
    Audience::supervisor()
}

#[test]
fn a_newcomer_gets_the_board_and_then_each_document() {
    let hub = hub();
    call(&hub, "a", 1, 71);
    let mut viewer = hub.subscribe(&all(), None);
    assert_eq!(numbers(&pulled(&mut viewer)), [(1, 1)]);
    call(&hub, "b", 1, 71);
    assert_eq!(numbers(&pulled(&mut viewer)), [(1, 2)]);
}

#[test]
fn frames_that_came_together_are_one_message() {
    let hub = hub();
    let mut viewer = hub.subscribe(&all(), None);
    pulled(&mut viewer);
    let mut limited = hub.subscribe(&of_one_queue(), None);
    pulled(&mut limited);
    let texts = [document("a", 1, 71), "not json".into(), document("b", 1, 72)];
    let frames = texts.map(|text| upstream::Frame { bytes: text.into(), is_text: true });
    hub.receive(Stream::Calls, &frames);
    let messages = pulled(&mut viewer);
    assert_eq!(numbers(&messages), [(0, 2)]);
    let [ServerMessage::Documents { documents, .. }] = &*messages else { panic!("{messages:?}") };
    let ids: Vec<_> = documents.iter().map(|entry| &*entry.doc.id_call.0).collect();
    assert_eq!(ids, ["a", "b"]);
    // Who may see one of them gets that one, and the same numbers.
    let messages = pulled(&mut limited);
    assert_eq!(numbers(&messages), [(0, 2)]);
    let [ServerMessage::Documents { documents, .. }] = &*messages else { panic!("{messages:?}") };
    assert_eq!(documents.len(), 1);
}

#[test]
fn who_joins_by_a_shared_snapshot_gets_what_came_after_it() {
    let hub = hub();
    call(&hub, "a", 1, 71);
    let _first = hub.subscribe(&all(), None);
    call(&hub, "b", 1, 71);
    // The same snapshot, and the document behind it.
    let mut second = hub.subscribe(&all(), None);
    let numbers = numbers(&pulled(&mut second));
    assert!(numbers == [(1, 1), (1, 2)] || numbers == [(2, 2)], "{numbers:?}");
}

#[test]
fn who_comes_back_gets_what_was_missed() {
    let hub = hub();
    for id in ["a", "b", "c"] {
        call(&hub, id, 1, 71);
    }
    let epoch = hub.epoch_of(&all());
    let back = |seq| Resume { epoch: epoch.clone(), seq: Seq(seq) };
    let after = |resume: Resume| numbers(&pulled(&mut hub.subscribe(&all(), Some(&resume))));
    assert_eq!(after(back(1)), [(1, 2), (2, 3)]);
    assert_eq!(after(back(3)), []);
    // From the future or another numbering: all anew.
    assert_eq!(after(back(9)), [(3, 3)]);
    assert_eq!(after(Resume { epoch: "x".into(), seq: Seq(1) }), [(3, 3)]);
}

#[test]
fn a_bad_frame_changes_nothing() {
    let hub = hub();
    let large = format!(r#"{{"id_call":"a","x":"{}"}}"#, "y".repeat(2 * 1024 * 1024));
    for frame in ["not json", r#"{"type":"ping"}"#, &large] {
        receive(&hub, frame);
    }
    assert_eq!(hub.lock().seq, Seq(0));
    assert!(hub.read(|board| board.calls.is_empty()));
}

#[test]
fn an_ended_call_leaves_by_a_message() {
    let hub = hub();
    call(&hub, "a", 0, 71);
    let mut viewer = hub.subscribe(&all(), None);
    pulled(&mut viewer);
    hub.expire(clock::now().plus_ms(10 * 60_000));
    match &pulled(&mut viewer)[..] {
        [ServerMessage::Documents { since, seq, expired, .. }] => {
            assert_eq!((*since, *seq), (Seq(1), Seq(1)));
            assert_eq!(*expired, ["a".into()]);
        }
        other => panic!("{other:?}"),
    }
}

#[test]
fn an_audience_is_told_of_its_queues_only_and_misses_no_number() {
    let hub = hub();
    let floor = of_one_queue();
    let mut viewer = hub.subscribe(&floor, None);
    assert_eq!(numbers(&pulled(&mut viewer)), [(0, 0)]);
    call(&hub, "a", 1, 71);
    assert_eq!(numbers(&pulled(&mut viewer)), []);
    call(&hub, "b", 1, 72);
    let messages = pulled(&mut viewer);
    assert_eq!(numbers(&messages), [(0, 2)]);
    let ServerMessage::Documents { documents, .. } = &messages[0] else { panic!() };
    let numbers = documents.iter().map(|entry| entry.doc.customer_target.clone().unwrap().number);
    assert_eq!(numbers.collect::<Vec<_>>(), [Some("••••••••67".into())]);
    // Its numbering is its own: it does not go on as somebody else.
    assert_ne!(hub.epoch_of(&floor), hub.epoch_of(&all()));
}

#[test]
fn a_snapshot_in_between_leaves_no_gap_for_the_others() {
    let hub = hub();
    let floor = of_one_queue();
    let mut viewer = hub.subscribe(&floor, None);
    pulled(&mut viewer);
    call(&hub, "a", 1, 71);
    hub.lock().forget_snapshots();
    // The newcomer is at 1, and so is who was there before.
    assert_eq!(numbers(&pulled(&mut hub.subscribe(&floor, None))), [(1, 1)]);
    assert_eq!(numbers(&pulled(&mut viewer)), [(0, 1)]);
    call(&hub, "b", 1, 72);
    assert_eq!(numbers(&pulled(&mut viewer)), [(1, 2)]);
}

#[test]
fn an_audience_without_viewers_is_forgotten() {
    let hub = hub();
    let floor = Audience { role: Role::Floor, ..Audience::default() };
    let viewer = hub.subscribe(&floor, None);
    hub.expire(clock::now());
    assert_eq!(hub.lock().audiences.len(), 2);
    drop(viewer);
    hub.expire(clock::now());
    assert_eq!(hub.lock().audiences.len(), 1);
}

#[test]
fn another_day_begins_for_everybody() {
    let hub = hub();
    call(&hub, "a", 1, 71);
    let mut viewer = hub.subscribe(&all(), None);
    pulled(&mut viewer);
    hub.expire(clock::now().plus_ms(25 * 60 * 60 * 1000));
    assert!(matches!(viewer.pull(&mut Vec::new()), Pull::Fallen), "it starts anew");
    let epoch = hub.epoch_of(&all());
    let mut back = hub.subscribe(&all(), Some(&Resume { epoch, seq: Seq(1) }));
    let messages = pulled(&mut back);
    let Some(ServerMessage::Snapshot { board, .. }) = messages.first() else { panic!() };
    assert!(board.day > UnixMs(0) && board.figures.queues.is_empty());
}

#[test]
fn viewers_are_told_since_when_silence_counts() {
    let hub = hub();
    let now = clock::now();
    let told = |at| {
        hub.beat(at);
        let mut viewer = hub.subscribe(&all(), None);
        let status = pulled(&mut viewer).into_iter().find_map(|message| match message {
            ServerMessage::Status { status, .. } => Some(status),
            _ => None,
        });
        status.expect("a newcomer is told").listening
    };
    assert_eq!(told(now), None, "nothing would be heard");
    Stream::ALL.into_iter().for_each(|stream| hub.stream_state(stream, StreamState::Live));
    assert_eq!(told(now), Some(now));
    assert_eq!(told(now.plus_ms(30_000)), Some(now));
    hub.stream_state(Stream::Calls, StreamState::Backoff);
    assert_eq!(told(now.plus_ms(31_000)), None);
    // A minute without a stream begins anew.
    hub.stream_state(Stream::Calls, StreamState::Live);
    assert_eq!(told(now.plus_ms(95_000)), Some(now.plus_ms(95_000)));
}
