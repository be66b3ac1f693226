//! Frames in, documents and oddities out.

use super::*;
use crate::text::Text;
use crate::time::UnixMs;
use crate::words::{Direction, Reason, Strategy};

#[track_caller]
fn one(json: &str) -> (Document, Vec<String>) {
    let mut decoded = decode(json.as_bytes()).unwrap();
    assert_eq!(decoded.documents.len(), 1, "{json}");
    let issues = decoded.issues.iter().map(|i| format!("{} {}", i.path, i.kind)).collect();
    (decoded.documents.remove(0), issues)
}

#[test]
fn a_document_of_the_playbook_has_nothing_odd() {
    let (d, issues) = one(
        r#"{"id_call":"37b02743","active":1,"answered":0,"call_direction":"incoming","internal":0,
            "time":{"start":1795337000000,"end":null},"customer_telavox":{"id":"285964","name":"Demo AB"},
            "customer_target":{"number":"0046701234567"},"queue_list":["Support"],"trasnfers":1,
            "queue_last":{"id":71,"name":"Support","phone":"0046101112131","strategy":"rrmemory","timestart":1795337004000},
            "menu_digit":{"dialed_number":1,"destination":"my queue","type":"queue"},
            "on_hooked_calls":{"no_wait_request":3,"answer_wait_request":5,"customer_no_answer":2},
            "duration":{"queue":{"first":10,"last":10,"total":20},"total":45,"wait_time":26,"hold":5}}"#,
    );
    assert_eq!(issues, Vec::<String>::new());
    assert_eq!(d.active, Some(true));
    assert_eq!(d.call_direction, Some(Direction::Incoming));
    assert_eq!((d.time.start, d.time.end), (Some(UnixMs(1_795_337_000_000)), None));
    let queue = d.queue_last.unwrap();
    assert_eq!((queue.id.as_deref(), queue.strategy), (Some("71"), Some(Strategy::RoundRobin)));
    assert_eq!(d.transfers, Some(1));
    assert_eq!(d.menu_digit[0].dialed_number.as_deref(), Some("1"));
    assert_eq!((d.duration.queue.total, d.duration.hold), (Some(20.0), Some(5.0)));
}

#[test]
fn queue_and_agent_documents_have_their_own_forms() {
    let (d, issues) = one(
        r#"{"id_call":"a","active":0,"direction":"incoming","transfer":1,"on_hooked_calls":1,
            "agent_end_reason":"agent_hangup","agent":{"id":"39940","name":"Joseph","time_zone":"Europe/Madrid"},
            "duration":{"total":50,"queue":10,"ring":10,"talk":20,"hold":10}}"#,
    );
    assert_eq!(issues, Vec::<String>::new());
    assert_eq!(d.duration.ring.total, Some(10.0));
    assert_eq!(d.on_hooked_calls.unwrap().in_callback, Some(true));
}

#[test]
fn keys_are_known_in_any_spelling() {
    let (d, issues) =
        one(r#"{"idCall":5,"Answered":1,"Voice mail":0,"queueLast":{"failReason":"queue_pick"}}"#);
    assert_eq!(issues, Vec::<String>::new());
    assert_eq!(d.id_call.as_str(), "5");
    assert_eq!((d.answered, d.voicemail), (Some(true), Some(false)));
    assert_eq!(d.queue_last.unwrap().fail_reason, Some(Reason::QueuePick));
}

#[test]
fn a_bad_field_is_left_out_and_noted_without_its_content() {
    let (d, issues) = one(
        r#"{"id_call":"a","active":{"secret":1},"answered":"maybe","time":{"start":"yesterday","end":-5},
            "offered_and_answered":-1,"0701234567":"Kim","queue_last":{"id":71,"colour":"red"}}"#,
    );
    assert_eq!(d.active, None);
    assert_eq!(d.queue_last.unwrap().id.as_deref(), Some("71"));
    assert_eq!(d.extra["queue_last.colour"], "red");
    assert_eq!(
        issues,
        [
            "active wrong_type",
            "answered wrong_type",
            "time.start wrong_type",
            "offered_and_answered out_of_range",
            "? unknown_field",
            "queue_last.colour unknown_field",
        ]
    );
}

#[test]
fn other_types_that_can_only_mean_the_same_are_understood() {
    let (d, issues) = one(
        r#"{"id_call":"a","active":"true","time":"2026-11-22T08:00:00Z","agent_last":[{"id":7,"answered":1}],
            "redirected":[],"queue":"Support","offered_and_answered":"2"}"#,
    );
    assert_eq!(d.time.start, Some(UnixMs(1_795_334_400_000)));
    let agent = d.agent_last.unwrap();
    assert_eq!((agent.answered, agent.answered_flag), (None, Some(true)));
    assert_eq!(d.queue.unwrap().name.as_deref(), Some("Support"));
    assert_eq!((d.offered_and_answered, d.redirected), (Some(2), None));
    assert!(issues.iter().all(|issue| issue.ends_with(" coerced")), "{issues:?}");
}

#[test]
fn documents_are_found_in_lists_lines_envelopes_and_strings() {
    let ids = |frame: &str| -> Vec<Text> {
        let documents = decode(frame.as_bytes()).unwrap().documents;
        documents.into_iter().map(|d| d.id_call.0).collect()
    };
    assert_eq!(ids(r#"[{"id_call":"a"},{"id_call":"b"}]"#), ["a", "b"]);
    assert_eq!(ids("{\"id_call\":\"a\"}\n{\"id_call\":\"b\"}"), ["a", "b"]);
    assert_eq!(ids(r#"{"event":"call","data":{"id_call":"a"}}"#), ["a"]);
    assert_eq!(ids(r#"{"payload":[{"id_call":"a"}]}"#), ["a"]);
    assert_eq!(ids(r#""{\"id_call\":\"a\"}""#), ["a"]);
}

#[test]
fn what_is_not_a_document_says_why() {
    let why = |frame: &[u8]| decode(frame).unwrap_err();
    assert_eq!(why(b"not json"), DecodeError::NotJson { line: 1, column: 2 });
    assert_eq!(why(b"{\"id_call\":\"a\""), DecodeError::NotJson { line: 1, column: 14 });
    assert_eq!(why(b"\xff\xfe"), DecodeError::NotJson { line: 1, column: 1 });
    assert_eq!(why(b"17"), DecodeError::NotAnObject);
    assert_eq!(why(b"[]"), DecodeError::NotAnObject);
    assert_eq!(why(b"{\"type\":\"ping\"}"), DecodeError::NoIdCall);
    assert_eq!(why(b"{}"), DecodeError::NoIdCall);
    let deep = format!("{}{}", "[".repeat(200_000), "]".repeat(200_000));
    assert!(decode(deep.as_bytes()).is_err());
    let deep = format!("{{\"id_call\":\"a\",\"x\":{}1{}}}", "[".repeat(500), "]".repeat(500));
    assert!(decode(deep.as_bytes()).is_err());
}

#[test]
fn canonical_form_is_its_own_canonical_form() {
    let (d, _) = one(
        r#"{"id_call":"a","active":1,"direction":"incoming","agent_list":["A","B"],"odd":{"x":[1]},
            "agent_last":{"id":5,"surname":"Berg","answered":1795337000000},"duration":{"ring":2.5}}"#,
    );
    let json = serde_json::to_string(&d).unwrap();
    let again: Document = serde_json::from_str(&json).unwrap();
    assert_eq!(again, d);
    assert_eq!(serde_json::to_string(&again).unwrap(), json);
}
