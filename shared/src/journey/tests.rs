//! Each test is a script of frames and the steps it must leave.

mod any;

use std::fmt::Write;

use super::*;
use crate::board::Board;
use crate::decode::decode;
use crate::stream::Stream;
use crate::words::{Direction, EndReason, Reason};

const ZERO: i64 = 1_700_000_000_000;

/// Folds one frame a line (`stream {json}`, where `@7` is the instant 7 s
/// after the start) and gives the journey of call `a`.
fn play(script: &str) -> Journey {
    let mut board = Board::default();
    for line in script.lines().map(str::trim).filter(|line| !line.is_empty()) {
        let (stream, json) = line.split_once(' ').unwrap();
        let mut pieces = json.split('@');
        let mut frame = pieces.next().unwrap().to_owned();
        for piece in pieces {
            let digits = piece.len() - piece.trim_start_matches(|c: char| c.is_ascii_digit()).len();
            let (seconds, rest) = piece.split_at(digits);
            write!(frame, "{}{rest}", ZERO + seconds.parse::<i64>().unwrap() * 1000).unwrap();
        }
        for document in decode(frame.as_bytes()).unwrap().documents {
            board.apply(Stream::from_name(stream).unwrap(), document, UnixMs(1));
        }
    }
    journey(&board.calls["a"])
}

/// One step a line: `from-until kind …`, `?` where it is inferred.
fn print(journey: &Journey) -> String {
    let second = |at: UnixMs| (at.0 - ZERO) / 1000;
    let or_dash = |text: Option<&str>| text.unwrap_or("-").to_owned();
    let key = |queue: &Option<QueueKey>| or_dash(queue.as_ref().map(QueueKey::as_str));
    let mut text = String::new();
    for Step { at, until, kind, certainty } in &journey.steps {
        let until = until.map_or("…".to_owned(), |until| second(until).to_string());
        let sure = if *certainty == Certainty::Inferred { "?" } else { "" };
        let what = match kind {
            StepKind::Start { direction } => {
                format!("start {}", or_dash(direction.as_ref().map(Direction::as_str)))
            }
            StepKind::Menu { name } => format!("menu {}", or_dash(name.as_deref())),
            StepKind::Digit { key, destination } => {
                format!("digit {} {}", or_dash(key.as_deref()), or_dash(destination.as_deref()))
            }
            StepKind::Transfer { kind, answered } => {
                format!("transfer {} {answered:?}", or_dash(kind.as_deref()))
            }
            StepKind::Queue { queue, name, left } => {
                let left = left.as_ref().map(Reason::as_str);
                format!("queue {queue} {} {}", or_dash(name.as_deref()), or_dash(left))
            }
            StepKind::Callback { accepted, failed } => {
                format!("callback accepted={accepted} failed={failed}")
            }
            StepKind::Ring { agent, name, queue, outcome } => {
                format!("ring {agent} {} {} {outcome:?}", or_dash(name.as_deref()), key(queue))
            }
            StepKind::Talk { agent, name, queue, ended_by } => {
                let agent = or_dash(agent.as_ref().map(AgentKey::as_str));
                let ended_by = or_dash(ended_by.as_ref().map(EndReason::as_str));
                format!("talk {agent} {} {} {ended_by}", or_dash(name.as_deref()), key(queue))
            }
            StepKind::Hold { seconds } => format!("hold {seconds}s"),
            StepKind::Voicemail => "voicemail".to_owned(),
            StepKind::End { reason, outcome } => {
                format!("end {} {outcome:?}", or_dash(reason.as_ref().map(Reason::as_str)))
            }
        };
        writeln!(text, "{}-{until}{sure} {what}", second(*at)).unwrap();
    }
    text
}

#[track_caller]
fn check(script: &str, expected: &str) {
    let printed = print(&play(script));
    let expected: Vec<&str> =
        expected.lines().map(str::trim).filter(|line| !line.is_empty()).collect();
    assert_eq!(printed.lines().collect::<Vec<_>>(), expected, "\n{printed}");
}

#[test]
fn a_menu_a_key_a_queue_two_phones_a_hold_and_the_customer_hangs_up() {
    check(
        r#"
        calls {"id_call":"a","active":0,"answered":1,"call_direction":"incoming","time":{"start":@0,"end":@100},"terminated_call_reason":"hangup","ivr_first":{"id":1,"name":"Main","timestamp":@2},"ivr_last":{"id":1,"name":"Main","timestamp":@2},"menu_digit":{"dialed_number":2,"destination":"Support","type":"queue"},"queue_list":["Support"],"queue_first":{"id":71,"name":"Support","timestart":@10},"queue_last":{"id":71,"name":"Support","timestart":@10},"agent_last":{"id":8,"name":"Bo","answered":@35},"duration":{"hold":12}}
        queues {"id_call":"a","active":0,"direction":"incoming","time":{"start":@0,"end":@100},"queue":{"id":71,"name":"Support","strategy":"rrmemory","timestart":@10}}
        agents {"id_call":"a","active":0,"time":{"start":@11,"end":@26},"agent":{"id":"7","name":"Ada Berg"},"queue":{"id":71,"timestart":@10},"duration":{"ring":15}}
        agents {"id_call":"a","active":0,"time":{"start":@28,"answered":@35,"end":@100},"agent":{"id":"8","name":"Bo Dahl"},"queue":{"id":71,"timestart":@10},"agent_end_reason":"customer_hangup","duration":{"ring":7,"talk":53,"hold":12}}
        "#,
        "
        0-0 start incoming
        2-10? menu Main
        10-10? digit 2 Support
        10-35 queue 71 Support -
        11-26 ring 7 Ada Berg 71 NotAnswered
        28-35 ring 8 Bo Dahl 71 Answered
        35-100 talk 8 Bo Dahl 71 customer_hangup
        35-…? hold 12s
        100-100 end hangup Handled
        ",
    );
}

const RING_ALL: &str = r#"
    calls {"id_call":"a","active":1,"call_direction":"incoming","time":{"start":@0},"queue_last":{"id":71,"name":"Support","strategy":"ring all","timestart":@4}}
    agents {"id_call":"a","active":1,"time":{"start":@5},"agent":{"id":"7","name":"Ada"},"queue":{"id":71,"timestart":@4}}
    agents {"id_call":"a","active":1,"time":{"start":@5},"agent":{"id":"8","name":"Bo"},"queue":{"id":71,"timestart":@4}}
    agents {"id_call":"a","active":1,"time":{"start":@5},"agent":{"id":"9","name":"Cy"},"queue":{"id":71,"timestart":@4}}
"#;

#[test]
fn phones_that_ring_go_on_ringing() {
    check(
        RING_ALL,
        "
        0-0 start incoming
        4-… queue 71 Support -
        5-… ring 7 Ada 71 StillRinging
        5-… ring 8 Bo 71 StillRinging
        5-… ring 9 Cy 71 StillRinging
        ",
    );
}

#[test]
fn with_ring_all_another_agents_answer_is_no_miss() {
    let ended = r#"
        agents {"id_call":"a","active":1,"time":{"start":@5,"answered":@12},"agent":{"id":"8","name":"Bo"},"queue":{"id":71,"timestart":@4}}
        agents {"id_call":"a","active":0,"time":{"start":@5,"end":@12},"agent":{"id":"7","name":"Ada"},"queue":{"id":71,"timestart":@4}}
    "#;
    check(
        // The third phone's document was not sent again.
        &format!("{RING_ALL}{ended}"),
        "
        0-0 start incoming
        4-12 queue 71 Support -
        5-12 ring 7 Ada 71 AnsweredElsewhere
        5-12 ring 8 Bo 71 Answered
        5-12? ring 9 Cy 71 AnsweredElsewhere
        12-… talk 8 Bo 71 -
        ",
    );
}

#[test]
fn times_of_the_call_are_not_taken_for_the_phones() {
    check(
        r#"
        calls {"id_call":"a","active":0,"call_direction":"incoming","time":{"start":@0,"end":@60},"terminated_call_reason":"hangup","queue_last":{"id":71,"strategy":"ringall","timestart":@4}}
        agents {"id_call":"a","active":0,"time":{"start":@0,"end":@60,"answered":@20},"agent":{"id":"7"},"queue":{"id":71,"timestart":@4},"duration":{"ring":8,"talk":30,"hold":5}}
        agents {"id_call":"a","active":0,"time":{"start":@0,"end":@60},"agent":{"id":"8"},"queue":{"id":71,"timestart":@4},"duration":{"ring":6}}
        "#,
        "
        0-0 start incoming
        4-20 queue 71 - -
        12-20? ring 7 - 71 Answered
        14-20? ring 8 - 71 AnsweredElsewhere
        20-55? talk 7 - 71 -
        20-…? hold 5s
        60-60 end hangup Handled
        ",
    );
}

#[test]
fn a_transfer_to_a_second_queue_that_the_caller_gives_up() {
    check(
        r#"
        calls {"id_call":"a","active":0,"answered":1,"call_direction":"incoming","trasnfers":1,"time":{"start":@0,"end":@90},"terminated_call_reason":"queue_leave_abandon","queue_first":{"id":71,"name":"Support","timestart":@4},"queue_last":{"id":72,"name":"Billing","timestart":@40,"fail_reason":"queue_leave_abandon"},"transfer_first":{"type":"blind","answered":0},"transfer_last":{"type":"blind","answered":0}}
        agents {"id_call":"a","active":0,"time":{"start":@9,"answered":@12,"end":@39},"agent":{"id":"7","name":"Ada"},"queue":{"id":71,"timestart":@4},"agent_end_reason":"blind_transferred"}
        agents {"id_call":"a","active":0,"time":{"start":@70,"end":@90},"agent":{"id":"8","name":"Bo"},"queue":{"id":72,"timestart":@40}}
        "#,
        "
        0-0 start incoming
        4-12 queue 71 Support -
        9-12 ring 7 Ada 71 Answered
        12-39 talk 7 Ada 71 blind_transferred
        39-39? transfer blind Some(false)
        40-90 queue 72 Billing queue_leave_abandon
        70-90 ring 8 Bo 72 CallerLeft
        90-90 end queue_leave_abandon Handled
        ",
    );
}

#[test]
fn a_talk_without_an_end_ends_where_the_next_queue_begins() {
    check(
        r#"
        calls {"id_call":"a","active":1,"time":{"start":@0},"transfers":1,"queue_first":{"id":71,"timestart":@4},"queue_last":{"id":72,"timestart":@40},"agent_first":{"id":7,"name":"Ada","answered":@12}}
        "#,
        "
        0-0 start -
        4-12 queue 71 - -
        12-40? talk 7 Ada 71 -
        40-40? transfer - None
        40-… queue 72 - -
        ",
    );
}

#[test]
fn the_caller_gives_up_while_a_phone_rings() {
    check(
        r#"
        calls {"id_call":"a","active":0,"call_direction":"incoming","time":{"start":@0,"end":@30},"terminated_call_reason":"queue_leave_abandon","queue_last":{"id":71,"timestart":@4,"fail_reason":"queue_leave_abandon"}}
        agents {"id_call":"a","active":0,"time":{"start":@5,"end":@20},"agent":{"id":"7"},"queue":{"id":71,"timestart":@4}}
        agents {"id_call":"a","active":0,"time":{"start":@22,"end":@30},"agent":{"id":"8"},"queue":{"id":71,"timestart":@4}}
        "#,
        "
        0-0 start incoming
        4-30 queue 71 - queue_leave_abandon
        5-20 ring 7 - 71 NotAnswered
        22-30 ring 8 - 71 CallerLeft
        30-30 end queue_leave_abandon Abandoned
        ",
    );
}

#[test]
fn middle_queues_end_where_the_next_begins() {
    check(
        r#"
        calls {"id_call":"a","active":0,"call_direction":"incoming","voicemail":1,"time":{"start":@0,"end":@80},"queue_first":{"id":71,"timestart":@4,"fail_reason":"queue_leave_timeout"},"queue_last":{"id":73,"timestart":@50,"fail_reason":"queue_leave_full"}}
        queues {"id_call":"a","active":1,"time":{"start":@0},"queue":{"id":71,"timestart":@4,"fail_reason":"queue_leave_timeout"}}
        queues {"id_call":"a","active":0,"time":{"start":@0,"end":@49},"queue":{"id":72,"timestart":@30,"fail_reason":"queue_leave_empty"}}
        queues {"id_call":"a","active":0,"time":{"start":@0,"end":@80},"queue":{"id":73,"timestart":@50,"fail_reason":"queue_leave_full"},"duration":{"queue":5}}
        "#,
        "
        0-0 start incoming
        4-30? queue 71 - queue_leave_timeout
        30-49 queue 72 - queue_leave_empty
        50-55? queue 73 - queue_leave_full
        55-80? voicemail
        80-80 end - Voicemail
        ",
    );
}

#[test]
fn an_accepted_callback_that_nobody_answers_has_no_talk() {
    check(
        r#"
        calls {"id_call":"a","active":0,"call_direction":"incoming","time":{"start":@0,"end":@300},"terminated_call_reason":"queue_ohw_no_answer","queue_last":{"id":71,"timestart":@4},"on_hooked_calls":{"no_wait_request":0,"answer_wait_request":1,"customer_no_answer":1}}
        agents {"id_call":"a","active":0,"on_hooked_calls":1,"time":{"start":@250,"answered":@255,"end":@300},"agent":{"id":"7"},"queue":{"id":71,"timestart":@4},"duration":{"ring":5,"talk":0}}
        "#,
        "
        0-0 start incoming
        4-300? queue 71 - -
        4-4? callback accepted=true failed=true
        250-255 ring 7 - 71 Answered
        300-300 end queue_ohw_no_answer CallbackFailed
        ",
    );
    check(
        r#"calls {"id_call":"a","active":1,"time":{"start":@0},"queue_last":{"id":71,"timestart":@4},"on_hooked_calls":{"no_wait_request":1}}"#,
        "
        0-0 start -
        4-… queue 71 - -
        4-4? callback accepted=false failed=false
        ",
    );
}

#[test]
fn an_accepted_callback_that_is_answered_has_its_talk() {
    check(
        r#"
        calls {"id_call":"a","active":0,"answered":1,"call_direction":"incoming","time":{"start":@0,"end":@300},"terminated_call_reason":"hangup","queue_last":{"id":71,"timestart":@4},"on_hooked_calls":{"no_wait_request":0,"answer_wait_request":1,"customer_no_answer":0}}
        agents {"id_call":"a","active":0,"on_hooked_calls":1,"time":{"start":@250,"answered":@255,"end":@300},"agent":{"id":"7"},"queue":{"id":71,"timestart":@4},"duration":{"ring":5,"talk":40}}
        "#,
        "
        0-0 start incoming
        4-255 queue 71 - -
        4-4? callback accepted=true failed=false
        250-255 ring 7 - 71 Answered
        255-300 talk 7 - 71 -
        300-300 end hangup Handled
        ",
    );
}

#[test]
fn an_attended_transfer_is_placed_where_the_first_agent_leaves() {
    check(
        r#"
        calls {"id_call":"a","active":1,"answered":1,"call_direction":"incoming","transfers":1,"time":{"start":@0},"queue_last":{"id":71,"timestart":@4},"agent_first":{"id":7,"name":"Ada","answered":@12},"agent_last":{"id":8,"name":"Bo","answered":@35},"transfer_first":{"type":"attended","answered":1}}
        agents {"id_call":"a","active":0,"time":{"start":@9,"answered":@12,"end":@41},"agent":{"id":"7"},"queue":{"id":71,"timestart":@4},"agent_end_reason":"at_complete"}
        agents {"id_call":"a","active":1,"time":{"start":@30,"answered":@35},"agent":{"id":"8"}}
        "#,
        "
        0-0 start incoming
        4-12 queue 71 - -
        9-12 ring 7 Ada 71 Answered
        12-41 talk 7 Ada 71 at_complete
        30-35 ring 8 Bo - Answered
        35-… talk 8 Bo - -
        41-41? transfer attended Some(true)
        ",
    );
}

#[test]
fn a_direct_call_has_one_phone_and_no_queue() {
    check(
        r#"
        calls {"id_call":"a","active":0,"answered":1,"call_direction":"incoming","time":{"start":@0,"end":@50},"terminated_call_reason":"hangup","agent_first":{"id":7,"name":"Ada","answered":@6}}
        agents {"id_call":"a","active":0,"time":{"start":@0,"answered":@6,"end":@50},"agent":{"id":"7","name":"Ada"},"agent_end_reason":"agent_hangup"}
        "#,
        "
        0-0 start incoming
        0-6 ring 7 Ada - Answered
        6-50 talk 7 Ada - agent_hangup
        50-50 end hangup Answered
        ",
    );
}

#[test]
fn an_agent_document_alone_tells_a_call_joined_in_the_middle() {
    check(
        r#"agents {"id_call":"a","active":1,"call_direction":"incoming","time":{"start":@9,"answered":@12},"agent":{"id":"7","name":"Ada"},"queue":{"id":71,"name":"Support","timestart":@4}}"#,
        "
        4-12 queue 71 Support -
        9-9? start incoming
        9-12 ring 7 Ada 71 Answered
        12-… talk 7 Ada 71 -
        ",
    );
}

#[test]
fn a_queue_document_alone_tells_queue_and_talk() {
    check(
        r#"queues {"id_call":"a","active":0,"answered":1,"direction":"incoming","time":{"start":@0,"end":@60},"ivr":{"id":1,"name":"Main"},"queue":{"id":71,"name":"Support","timestart":@4},"agent_last":{"id":7,"name":"Ada","surname":"Berg","answered":@12},"duration":{"queue":3,"ring":5,"talk":48,"hold":0}}"#,
        "
        0-0? start incoming
        0-4? menu Main
        4-12 queue 71 Support -
        12-60? talk 7 Ada Berg 71 -
        60-60 end - Handled
        ",
    );
}

#[test]
fn documents_that_contradict_each_other_still_give_steps_in_order() {
    // The end before the start, the answer before the queue and after the
    // end, and both queues at once (as in the playbook).
    check(
        r#"
        calls {"id_call":"a","active":0,"answered":1,"call_direction":"incoming","transfers":3,"time":{"start":@50,"end":@10},"queue_first":{"id":71,"timestart":@60,"fail_reason":"queue_leave_abandon"},"queue_last":{"id":72,"timestart":@60,"fail_reason":"queue_leave_abandon"},"agent_first":{"id":7,"answered":@99},"menu_digit":[{"dialed_number":"1"}]}
        agents {"id_call":"a","active":0,"time":{"start":@70,"answered":@20,"end":@5},"agent":{"id":"8"},"queue":{"id":71,"timestart":@60},"duration":{"ring":900}}
        "#,
        "
        10-10 end - Handled
        20-20? transfer - None
        20-20? talk 8 - 71 -
        50-50 start incoming
        50-50? digit 1 -
        60-60? queue 71 - queue_leave_abandon
        60-99? queue 72 - queue_leave_abandon
        70-70? ring 8 - 71 Answered
        99-… talk 7 - 72 -
        ",
    );
}

#[test]
fn a_step_is_written_flat_and_in_snake_case() {
    let script = r#"agents {"id_call":"a","active":1,"time":{"start":@9},"agent":{"id":"7"}}"#;
    let journey = serde_json::to_value(play(script)).unwrap();
    let expected = serde_json::json!({
        "at": ZERO + 9000, "step": "ring", "agent": "7", "name": null, "queue": null,
        "outcome": "still_ringing", "certainty": "known",
    });
    assert_eq!(journey["steps"][1], expected);
    assert_eq!((&journey["start"], &journey["end"]), (&(ZERO + 9000).into(), &().into()));
}
