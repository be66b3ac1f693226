//! What is ordered of the call centre: scripts, delays, a greeting.

use super::*;

#[test]
fn speed_compresses_intervals_and_nothing_else() {
    let slow = play(&options(), HOUR);
    let fast = play(&Options { speed: 60.0, ..options() }, HOUR / 60);
    assert_eq!(slow.len(), fast.len());
    for (slow, fast) in slow.iter().zip(&fast) {
        assert_eq!((slow.stream, &slow.id_call), (fast.stream, &fast.id_call));
        assert!(((slow.at - START) / 60 - (fast.at - START)).abs() <= 1);
    }
}

#[test]
fn a_script_is_played_to_the_millisecond() {
    let mut center = Center::new(&Options { calls_per_hour: 0.0, ..options() });
    assert_eq!(center.next_at(), None);
    center.advance(START + 10_000);
    let script = r#"{"queue":"71","answer_after_ms":1500,"talk_ms":2000,"agent":"5553"}"#;
    let id = center.play(serde_json::from_str(script).unwrap()).unwrap();
    let emissions = center.advance(START + HOUR);
    let calls = on(Stream::Calls, &emissions);
    let end = calls.last().unwrap();
    assert_eq!(end["id_call"], *id);
    assert_eq!(end["queue_first"]["timestart"], START + 10_000);
    assert_eq!(end["agent_first"]["id"], 5553);
    assert_eq!(end["agent_first"]["answered"], START + 11_500);
    assert_eq!(end["time"]["end"], START + 13_500);
    assert_eq!(end["duration"]["talk"]["total"], 2);
    assert_eq!(center.truth().handled, 1);
}

#[test]
fn a_scripted_caller_gives_up_or_waits_for_ever() {
    let mut center = Center::new(&Options { calls_per_hour: 0.0, speed: 50.0, ..options() });
    let script = |json: &str| serde_json::from_str::<Script>(json).unwrap();
    center.play(script(r#"{"queue":"72","abandon_after_ms":4000}"#)).unwrap();
    center.play(script(r#"{"queue":"72"}"#)).unwrap();
    center.advance(START + 3_999);
    assert_eq!(center.truth().waiting, 2);
    center.advance(START + 4_000);
    assert_eq!((center.truth().waiting, center.truth().abandoned), (1, 1));
    center.advance(START + HOUR);
    assert_eq!(center.truth().waiting, 1);
    let unknown = center.play(script(r#"{"queue":"99"}"#));
    assert_eq!(unknown, Err(BadScript::Queue("99".to_owned())));
}

#[test]
fn what_is_postponed_happens_later_and_stays_whole() {
    let mut center = Center::new(&options());
    let mut board = Board::default();
    board.fold(&center.advance(START + HOUR / 4));
    let before = center.truth();
    center.postpone(HOUR);
    let pause = center.advance(START + HOUR + HOUR / 4 - 1);
    assert_eq!(pause, []);
    assert_eq!(center.truth().waiting, before.waiting);
    board.fold(&center.advance(START + 2 * HOUR));
    let truth = center.truth();
    assert_eq!(board.recount(truth.now, &truth.queues), truth);
}

#[test]
fn the_greeting_is_the_newest_document_of_each_active_call() {
    let mut center = Center::new(&options());
    let emissions = center.advance(START + HOUR / 2);
    let greeting = center.current();
    let active = on(Stream::Calls, &greeting);
    assert_eq!(active.len() as u64, center.truth().calls_active);
    for call in active {
        let mut calls = on(Stream::Calls, &emissions);
        calls.retain(|doc| doc["id_call"] == call["id_call"]);
        assert_eq!(calls.last().unwrap()["time"], call["time"]);
    }
}
