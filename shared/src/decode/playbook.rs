//! The playbook's own examples, and every place where it contradicts itself.
//!
//! Numbers are those of the table of inconsistencies that was drawn up from
//! the playbook. Smart quotes, missing and trailing commas (27, 34, 35, 14)
//! are a help page's, as no serializer can write them: examples are repaired
//! there and nowhere else. Rows 46, 51 and 52 are slips of prose, 1 is a
//! setting's (the proxy repairs `wss//`).

use super::{Decoded, DurationUnit, IssueKind, decode, decode_with};
use crate::document::{AgentRef, Document, Ivr, MenuDigit, OnHooked, Parts, Redirected, Transfer};
use crate::text::Text;
use crate::time::UnixMs;
use crate::words::{Direction, EndReason, Reason, Strategy};

/// Decodes fields of a document that is otherwise empty.
#[track_caller]
fn with(fields: &str) -> (Document, Vec<(String, IssueKind)>) {
    let Decoded { mut documents, issues, .. } =
        decode(format!(r#"{{"id_call":"a",{fields}}}"#).as_bytes()).unwrap();
    let issues = issues.into_iter().map(|issue| (issue.path.into(), issue.kind)).collect();
    (documents.remove(0), issues)
}

/// The same, where nothing may be odd.
#[track_caller]
fn plain(fields: &str) -> Document {
    let (document, issues) = with(fields);
    assert_eq!(issues, [], "{fields}");
    document
}

fn text(text: &str) -> Option<Text> {
    Some(text.into())
}

#[test]
fn examples_of_the_call_document() {
    let d = plain(
        r#""answered": 1, "internal": 1, "offered_and_answered": 4, "offered_and_not_answered": 1,
        "terminated_call_reason": "queue_leave_empty", "simultaneous_device_calls": 1, "active": 0,
        "voicemail": 1, "trasnfers": 1, "recorded": 0, "call_direction": "incoming",
        "time": { "start": 1724407983816, "end": 1724408065261 },
        "customer_target": { "number": "0034935475858" },
        "customer_telavox": { "id": "285964", "name": "Statistics Demo"},
        "on_hooked_calls": { "no_wait_request": 3, "answer_wait_request": 5, "customer_no_answer": 2 },
        "agent_list": [ "Agent Name A", "Agent Name B" ], "agent_list_answer": [ "Agent Name A" ],
        "agent_list_no_answer": [ "Agent Name B" ], "queue_list": [ "Queue Name A", "Queue Name B" ],
        "ivr_list": [ "ivr_name1", "ivr_name2" ]"#,
    );
    assert_eq!((d.answered, d.internal, d.active, d.voicemail), yes_yes_no_yes());
    assert_eq!((d.recorded, d.transfers), (Some(false), Some(1)));
    assert_eq!((d.offered_and_answered, d.offered_and_not_answered), (Some(4), Some(1)));
    assert_eq!(d.terminated_call_reason, Some(Reason::QueueLeaveEmpty));
    assert_eq!(d.time.start, Some(UnixMs(1_724_407_983_816)));
    assert_eq!(d.time.end, Some(UnixMs(1_724_408_065_261)));
    assert_eq!(d.customer_target.unwrap().number, text("0034935475858"));
    assert_eq!(d.customer_telavox.unwrap().name, text("Statistics Demo"));
    let callbacks = OnHooked {
        no_wait_request: Some(3),
        answer_wait_request: Some(5),
        customer_no_answer: Some(2),
        in_callback: None,
    };
    assert_eq!(d.on_hooked_calls, Some(callbacks));
    assert_eq!(d.agent_list, ["Agent Name A", "Agent Name B"]);
    assert_eq!(d.ivr_list, ["ivr_name1", "ivr_name2"]);
}

fn yes_yes_no_yes() -> (Option<bool>, Option<bool>, Option<bool>, Option<bool>) {
    (Some(true), Some(true), Some(false), Some(true))
}

#[test]
fn examples_of_the_call_documents_objects() {
    let d = plain(
        r#""duration": { "queue": { "first": 10, "last": 10, "total": 20 },
            "ring": { "first": 10, "last": 10, "total": 20 },
            "talk": { "first": 10, "last": 10, "total": 20 },
            "total": 45, "wait_time": 26, "hold": 5 },
        "menu_digit": { "dialed_number": 1, "destination": "my queue", "type": "queue" },
        "ivr_first": { "id": 9999, "name": "ivr_name1", "phone": "004599999999", "timestamp": 1699758055455 },
        "queue_first": { "id": 6667, "name": "Queue Name A", "phone": "004599999997",
            "strategy": "rrmemory", "timestart": 1699758055916, "fail_reason": "queue_leave_abandon" },
        "agent_last": { "id": 6666, "name": "Agent Name B", "phone": "004599999992", "answered": 1699758071921 },
        "redirected": { "total": 5, "no_reason": 1, "no_answer": 1, "no_reachable": 1, "user_busy": 1, "unconditional": 1 },
        "transfer_first": { "type": "blind", "answered": 1 }"#,
    );
    let parts = Parts { first: Some(10.0), last: Some(10.0), total: Some(20.0) };
    assert_eq!((d.duration.queue, d.duration.ring, d.duration.talk), (parts, parts, parts));
    // 28: the parts do not add up, and are shown as they came.
    assert_eq!((d.duration.total, d.duration.wait_time), (Some(45.0), Some(26.0)));
    let choice =
        MenuDigit { dialed_number: text("1"), destination: text("my queue"), kind: text("queue") };
    assert_eq!(d.menu_digit, [choice]);
    let ivr = Ivr {
        id: text("9999"),
        name: text("ivr_name1"),
        phone: text("004599999999"),
        timestamp: Some(UnixMs(1_699_758_055_455)),
    };
    assert_eq!(d.ivr_first, Some(ivr));
    let queue = d.queue_first.unwrap();
    assert_eq!((queue.id, queue.strategy), (text("6667"), Some(Strategy::RoundRobin)));
    assert_eq!(queue.timestart, Some(UnixMs(1_699_758_055_916)));
    assert_eq!(queue.fail_reason, Some(Reason::QueueLeaveAbandon));
    assert_eq!(d.agent_last.unwrap().answered, Some(UnixMs(1_699_758_071_921)));
    let redirected = Redirected {
        total: Some(5),
        no_reason: Some(1),
        no_answer: Some(1),
        no_reachable: Some(1),
        user_busy: Some(1),
        unconditional: Some(1),
    };
    assert_eq!(d.redirected, Some(redirected));
    assert_eq!(d.transfer_first, Some(Transfer { kind: text("blind"), answered: Some(true) }));
}

#[test]
fn examples_of_the_queue_and_the_agent_document() {
    let d = plain(
        r#""answered": 1, "active": 0, "voicemail": 1, "recorded": 1, "transfer": 1,
        "direction": "incoming", "time": { "start": 1697795851426, "end": 1697795907796 },
        "agent_first": { "id": 5555, "name": "Agent Name A", "surname": "Grill",
            "phone": "004599999993", "answered": 1699758071921 },
        "ivr": { "name": "description of the ivr", "id": 29968, "phone": "34986267549"},
        "duration": { "total": 50, "queue": 10, "ring": 10, "talk": 20, "hold": 10 }"#,
    );
    assert_eq!(d.call_direction, Some(Direction::Incoming));
    assert_eq!(d.agent_first.unwrap().full_name().as_deref(), Some("Agent Name A Grill"));
    assert_eq!(d.ivr.unwrap().timestamp, None);
    assert_eq!((d.duration.queue.total, d.duration.hold), (Some(10.0), Some(10.0)));

    let d = plain(
        r#""agent_end_reason": "agent_hangup",
        "time": { "start": 1697795851426, "end": 1697795907796, "answered": 1697795907796 },
        "agent": { "id": "39940", "name": "Joseph", "phone": "34986267549", "time_zone": "Europe/Madrid" },
        "on_hooked_calls": 0,
        "queue": { "id": 6667, "name": "Queue Name A", "phone": "004599999997",
            "strategy": "rrmemory", "timestart": 1699758055916 },
        "duration": { "total": 50, "ring": 10, "talk": 20, "hold": 10 }"#,
    );
    assert_eq!(d.agent_end_reason, Some(EndReason::AgentHangup));
    // 15: in the example the answer is the end; nothing is concluded from that.
    assert_eq!(d.time.answered, d.time.end);
    assert_eq!(d.agent.unwrap().time_zone, text("Europe/Madrid"));
    assert_eq!(d.on_hooked_calls.unwrap().in_callback, Some(false));
    assert_eq!(d.duration.ring, Parts { total: Some(10.0), ..Parts::default() });
}

#[test]
fn rows_2_and_3_ends_that_are_there_and_are_none() {
    let d = plain(r#""start": 1724407983816, "end": 1724408065261, "answer": 1"#);
    assert_eq!(d.time.end, Some(UnixMs(1_724_408_065_261)));
    assert_eq!(d.answered, Some(true));
    for end in ["null", "0"] {
        let d = plain(&format!(r#""active":1,"time":{{"start":1724407983816,"end":{end}}}"#));
        assert_eq!(d.time.end, None, "{end}");
    }
    assert_eq!(with(r#""time":{"end":""}"#).0.time.end, None);
    let (d, issues) = with(r#""active":1,"time":{"start":1724407983816,"end":1724407983816}"#);
    assert_eq!((d.time.end, issues), (None, vec![("time.end".into(), IssueKind::OutOfRange)]));
}

#[test]
fn row_4_flags_in_every_form() {
    for (form, flag) in [
        ("0", false),
        ("1", true),
        ("true", true),
        ("false", false),
        (r#""0""#, false),
        (r#""1""#, true),
        (r#""TRUE""#, true),
        (r#""false""#, false),
        ("1.0", true),
    ] {
        assert_eq!(with(&format!(r#""active":{form}"#)).0.active, Some(flag), "{form}");
    }
}

#[test]
fn rows_6_to_9_and_11_headings_and_slips_are_the_same_keys() {
    let d = plain(
        r#""Answered":1,"Internal":0,"Voice mail":1,"Active":1,"Recorded":0,"Agent_list":["A"],
        "Time":{"Start":1724407983816},"Agent":{"Name":"Joseph","timezone":"Europe/Madrid"}"#,
    );
    assert_eq!((d.answered, d.internal), (Some(true), Some(false)));
    assert_eq!((d.voicemail, d.active, d.recorded), (Some(true), Some(true), Some(false)));
    assert_eq!((d.agent_list.len(), d.time.start.is_some()), (1, true));
    assert_eq!(d.agent.unwrap().time_zone, text("Europe/Madrid"));
    for key in ["transfers", "transfer", "trasnfers", "trasnfer", "Transfer"] {
        assert_eq!(plain(&format!(r#""{key}":2"#)).transfers, Some(2), "{key}");
        assert_eq!(plain(&format!(r#""{key}":true"#)).transfers, Some(1), "{key}");
    }
}

#[test]
fn row_12_directions() {
    let direction = |word: &str| with(&format!(r#""direction":"{word}""#)).0.call_direction;
    assert_eq!(direction("INCOMING"), Some(Direction::Incoming));
    assert_eq!(direction("out"), Some(Direction::Outgoing));
    assert_eq!(direction("internal"), Some(Direction::Internal));
    assert_eq!(direction("sideways"), Some(Direction::Other("sideways".into())));
}

#[test]
fn row_13_a_time_that_is_a_lone_value() {
    for lone in ["1724407983816", r#""2024-08-23T10:13:03.816Z""#, r#""2024-08-23 10:13:03.816""#] {
        let start = with(&format!(r#""time":{lone}"#)).0.time.start;
        assert_eq!(start, Some(UnixMs(1_724_407_983_816)), "{lone}");
    }
}

#[test]
fn row_17_an_answer_that_is_a_flag_or_an_instant() {
    let (d, issues) = with(r#""answered":1699758071921"#);
    assert_eq!((d.answered, issues[0].1), (Some(true), IssueKind::Coerced));
    let (d, _) = with(r#""agent_last":{"id":1,"answered":1}"#);
    let agent = AgentRef { id: text("1"), answered_flag: Some(true), ..AgentRef::default() };
    assert_eq!(d.agent_last, Some(agent));
    assert_eq!(plain(r#""agent_last":{"answered":0}"#).agent_last.unwrap().answered, None);
}

#[test]
fn rows_18_to_20_ids_are_texts() {
    let d = plain(r#""queue":{"id":6666},"agent":{"id":"6666"},"customer_telavox":{"id":285964}"#);
    assert_eq!((d.queue.unwrap().id, d.agent.unwrap().id), (text("6666"), text("6666")));
    assert_eq!(d.customer_telavox.unwrap().id, text("285964"));
    let decoded = decode(br#"{"id_call":"42139dbf-f0a9-43e9-9b58-9999999"}"#).unwrap();
    assert_eq!(decoded.documents[0].id_call.as_str(), "42139dbf-f0a9-43e9-9b58-9999999");
}

#[test]
fn rows_21_and_22_agents_in_lists_and_by_name() {
    for form in [r#"{"name":"Ada"}"#, r#"[{"name":"Ada"}]"#, r#""Ada""#] {
        let (d, _) = with(&format!(r#""agent_first":{form}"#));
        assert_eq!(d.agent_first.unwrap().full_name().as_deref(), Some("Ada"), "{form}");
    }
    for form in ["null", "[]", r#""""#] {
        assert_eq!(with(&format!(r#""agent_first":{form}"#)).0.agent_first, None, "{form}");
    }
    let full = |name: &str, surname: &str| {
        let agent = AgentRef { name: text(name), surname: text(surname), ..AgentRef::default() };
        agent.full_name().map(Text::from)
    };
    assert_eq!(full("Ada", "Berg"), text("Ada Berg"));
    assert_eq!(full("Ada Berg", "Berg"), text("Ada Berg"));
}

#[test]
fn rows_23_and_24_the_queue_of_a_queue_document() {
    let id = |fields: &str| {
        let d = plain(fields);
        crate::call::queue_of(&d).and_then(|queue| queue.id.clone())
    };
    assert_eq!(id(r#""queue":{"id":1},"queue_last":{"id":2}"#), text("1"));
    assert_eq!(id(r#""queue_first":{"id":3},"queue_last":{"id":2}"#), text("2"));
    assert_eq!(id(r#""queue_first":{"id":3}"#), text("3"));
}

#[test]
fn row_25_callbacks_as_counts_and_as_a_flag() {
    for (form, flag) in [("1", Some(true)), ("0", Some(false)), ("true", Some(true))] {
        let callbacks = plain(&format!(r#""on_hooked_calls":{form}"#)).on_hooked_calls;
        assert_eq!(callbacks.unwrap().in_callback, flag, "{form}");
    }
    assert_eq!(plain(r#""on_hooked_calls":null"#).on_hooked_calls, None);
}

#[test]
fn row_30_durations_as_number_and_as_object_anywhere() {
    let total = Parts { total: Some(12.5), ..Parts::default() };
    assert_eq!(plain(r#""duration":{"ring":12.5}"#).duration.ring, total);
    assert_eq!(plain(r#""duration":{"ring":{"total":12.5}}"#).duration.ring, total);
    assert_eq!(with(r#""duration":{"ring":"12.5"}"#).0.duration.ring, total);
}

#[test]
fn rows_29_and_31_sums_that_do_not_add_up_are_shown_as_they_came() {
    let d = plain(r#""duration":{"total":50,"ring":10,"talk":20,"hold":10}"#);
    assert_eq!((d.duration.total, d.duration.talk.total), (Some(50.0), Some(20.0)));
    // Ring-all: the sum over thirty phones is longer than the call.
    let d = plain(
        r#""duration":{"ring":{"first":9,"last":9,"total":270},"total":60,"wait_time":275},
        "offered_and_answered":1,"offered_and_not_answered":29"#,
    );
    assert_eq!((d.duration.ring.total, d.duration.wait_time), (Some(270.0), Some(275.0)));
}

#[test]
fn rows_32_and_33_ring_all_in_any_spelling() {
    for word in ["ringall", "ring all", "Ring-All", "ring_all"] {
        let d = plain(&format!(r#""queue_last":{{"strategy":"{word}"}}"#));
        assert_eq!(d.queue_last.unwrap().strategy, Some(Strategy::RingAll), "{word}");
    }
}

#[test]
fn rows_36_to_40_transfers_reasons_and_keys_pressed() {
    let d = plain(r#""transfer_last":{"type":"blind","answered":0}"#);
    assert_eq!(d.transfer_last, Some(Transfer { kind: text("blind"), answered: Some(false) }));
    let reasons = "hangup no_answer busy failed redirect_no_answer redirect_not_reachable \
        redirect_user_busy toggle queue_leave_abandon queue_leave_digit queue_leave_empty \
        queue_leave_timeout queue_ohw_no_answer queue_ohw_no_confirmation queue_leave_full redirect \
        answered_elsewhere blind_transferred at_complete at_cancel ivr_timeout ivr_closed bridged \
        answered_by_other_terminal queue_pick";
    for word in reasons.split_whitespace() {
        // 38: one set of words for both places.
        let d = plain(&format!(
            r#""terminated_call_reason":"{word}","queue":{{"fail_reason":"{word}"}}"#
        ));
        assert_eq!(d.terminated_call_reason.unwrap().as_str(), word);
        assert!(d.queue.unwrap().fail_reason.unwrap().is_known(), "{word}");
    }
    for key in ["no_reachable", "not_reachable"] {
        let redirected = plain(&format!(r#""redirected":{{"{key}":1}}"#)).redirected.unwrap();
        assert_eq!(redirected.no_reachable, Some(1));
    }
    for (form, key) in [("0", "0"), (r#""*""#, "*"), (r##""#""##, "#"), ("12", "12")] {
        let choice = &plain(&format!(r#""menu_digit":{{"dialed_number":{form}}}"#)).menu_digit[0];
        assert_eq!(choice.dialed_number, text(key));
    }
}

#[test]
fn row_41_several_menus() {
    let d = plain(r#""menu_digit":[{"dialed_number":1},{"dialed_number":2}]"#);
    assert_eq!(d.menu_digit.len(), 2);
    assert!(plain(r#""menu_digit":null"#).menu_digit.is_empty());
    assert!(plain(r#""menu_digit":[]"#).menu_digit.is_empty());
}

#[test]
fn row_48_names_in_lists() {
    let names = |form: &str| with(&format!(r#""agent_list":{form}"#)).0.agent_list;
    assert_eq!(names(r#"["Ada","Bo"]"#), ["Ada", "Bo"]);
    assert_eq!(names(r#"[{"id":1,"name":"Ada","surname":"Berg"},"Bo"]"#), ["Ada Berg", "Bo"]);
    assert_eq!(names(r#""Ada""#), ["Ada"]);
    assert!(names("null").is_empty());
}

#[test]
fn row_49_an_agent_who_never_answered() {
    let d = plain(r#""agent_last":{"id":7,"name":"Ada","answered":null}"#);
    assert_eq!(d.agent_last.unwrap().answered, None);
}

#[test]
fn row_50_a_document_that_contradicts_itself_is_taken_as_it_is() {
    let d = plain(
        r#""queue_first":{"id":6667,"timestart":1699758055916,"fail_reason":"queue_leave_abandon"},
        "queue_last":{"id":6666,"timestart":1699758055916,"fail_reason":"queue_leave_abandon"},
        "agent_first":{"id":5555,"answered":1699758071921}"#,
    );
    assert!(d.agent_first.unwrap().answered.is_some());
}

#[test]
fn row_53_any_field_in_any_document() {
    // The same decoder reads all three: nothing depends on the stream.
    let d = plain(
        r#""agent":{"id":"7"},"queue":{"id":71},"ivr_list":["menu"],"voicemail":0,
        "agent_end_reason":"customer_hangup","offered_and_answered":1"#,
    );
    assert!(d.agent.is_some() && d.queue.is_some());
    assert_eq!(d.agent_end_reason, Some(EndReason::CustomerHangup));
}

#[test]
fn instants_in_seconds_and_microseconds() {
    let start = |form: &str| with(&format!(r#""time":{{"start":{form}}}"#)).0.time.start;
    for form in ["1724407983816", r#""1724407983816""#, "1724407983816000", "1724407983816.0"] {
        assert_eq!(start(form), Some(UnixMs(1_724_407_983_816)), "{form}");
    }
    assert_eq!(start("1724407983"), Some(UnixMs(1_724_407_983_000)));
    for form in ["0", "-1", "null", r#""""#, "17", "true", "1e300"] {
        assert_eq!(start(form), None, "{form}");
    }
}

#[test]
fn durations_in_milliseconds_are_noticed_or_told() {
    let frame = br#"{"id_call":"a","active":0,"time":{"start":1724407983816,"end":1724408065261},
        "duration":{"total":81000,"ring":{"total":4000},"hold":500}}"#;
    let auto = decode(frame).unwrap();
    assert_eq!(auto.documents[0].duration.total, Some(81.0));
    assert_eq!(auto.documents[0].duration.ring.total, Some(4.0));
    assert_eq!(auto.issues.len(), 1);
    let told = decode_with(frame, DurationUnit::Seconds).unwrap();
    assert_eq!(told.documents[0].duration.total, Some(81_000.0));
    let told = decode_with(frame, DurationUnit::Milliseconds).unwrap();
    assert_eq!((told.documents[0].duration.hold, told.issues.len()), (Some(0.5), 0));
    // A second or two is no evidence.
    let short = br#"{"id_call":"a","time":{"start":1724407983816,"end":1724407983817},"duration":{"total":1}}"#;
    assert_eq!(decode(short).unwrap().documents[0].duration.total, Some(1.0));
}
