//! The engine: it repeats itself, its documents are whole, and its count is theirs.

mod orders;

use std::collections::{BTreeMap, BTreeSet};

use serde_json::Value;

use super::*;

/// A Tuesday morning.
const START: i64 = 1_795_337_000_000;
const HOUR: i64 = 3_600_000;

fn options() -> Options {
    Options { start: Some(START), ..Options::default() }
}

/// Plays `ms` milliseconds on the clock in one go.
fn play(options: &Options, ms: i64) -> Vec<Emission> {
    Center::new(options).advance(START + ms)
}

fn parse(emission: &Emission) -> Value {
    serde_json::from_str(&emission.json).unwrap()
}

fn on(stream: Stream, emissions: &[Emission]) -> Vec<Value> {
    emissions.iter().filter(|emission| emission.stream == stream).map(parse).collect()
}

/// What a program knows that keeps the newest document of each key.
#[derive(Default)]
struct Board {
    calls: BTreeMap<String, Value>,
    queues: BTreeMap<(String, i64), Value>,
    agents: BTreeMap<(String, String, i64), Value>,
}

impl Board {
    fn fold(&mut self, emissions: &[Emission]) {
        for emission in emissions {
            let doc = parse(emission);
            let id = doc["id_call"].as_str().unwrap().to_owned();
            match emission.stream {
                Stream::Calls => {
                    self.calls.insert(id, doc);
                }
                Stream::Queues => {
                    self.queues.insert((id, doc["queue"]["id"].as_i64().unwrap()), doc);
                }
                Stream::Agents => {
                    let agent = doc["agent"]["id"].as_str().unwrap().to_owned();
                    let start = doc["time"]["start"].as_i64().unwrap();
                    self.agents.insert((id, agent, start), doc);
                }
            }
        }
    }

    fn of_call<'a>(&'a self, id: &'a str) -> impl Iterator<Item = &'a Value> {
        let first = (id.to_owned(), String::new(), i64::MIN);
        self.agents.range(first..).take_while(move |((call, ..), _)| call == id).map(|(_, doc)| doc)
    }

    /// First answer at or after `since`; a failed callback is none.
    fn answered(&self, id: &str, since: i64, queue: Option<i64>) -> bool {
        let reason = self.calls[id]["terminated_call_reason"].as_str().unwrap_or("");
        !reason.starts_with("queue_ohw")
            && self
                .of_call(id)
                .filter(|doc| queue.is_none() || doc["queue"]["id"].as_i64() == queue)
                .any(|doc| doc["time"]["answered"].as_i64().is_some_and(|at| at >= since))
    }

    fn recount(&self, now: i64, queues: &[QueueTruth]) -> Truth {
        let blank = |queue: &QueueTruth| QueueTruth {
            id: queue.id.clone(),
            name: queue.name.clone(),
            ..QueueTruth::default()
        };
        let queues = queues.iter().map(blank).collect();
        let mut truth = Truth { now, queues, ..Truth::default() };
        for (id, call) in &self.calls {
            truth.calls_active += u64::from(call["active"] == 1);
            if call["call_direction"] == "incoming" && call["queue_list"].is_array() {
                self.count_queue_call(id, call, &mut truth);
            }
        }
        for ((id, _), doc) in &self.queues {
            let queue_id = doc["queue"]["id"].as_i64().unwrap();
            let queue = queue_mut(&mut truth, queue_id);
            queue.offered += 1;
            let entered = doc["queue"]["timestart"].as_i64().unwrap();
            queue.handled += u64::from(self.answered(id, entered, Some(queue_id)));
            match doc["queue"]["fail_reason"].as_str() {
                Some("queue_leave_abandon") => queue.abandoned += 1,
                Some(reason) if reason.starts_with("queue_leave") => queue.flow_out += 1,
                _ => (),
            }
        }
        let mut colleagues = BTreeSet::new();
        for ((id, ..), doc) in self.agents.iter().filter(|(_, doc)| doc["active"] == 1) {
            let answered = doc["time"]["answered"].is_i64();
            truth.agents_talking += u64::from(answered);
            let dials = match doc["internal"].as_i64() {
                // Both sides of an internal call look alike; the caller's is the first.
                Some(1) => colleagues.insert(id.clone()),
                _ => doc["call_direction"] == "outgoing",
            };
            truth.ringing += u64::from(!answered && !dials);
        }
        truth
    }

    fn count_queue_call(&self, id: &str, call: &Value, truth: &mut Truth) {
        let entered = call["queue_first"]["timestart"].as_i64().unwrap();
        let last = &call["queue_last"];
        let reason = call["terminated_call_reason"].as_str().unwrap_or("");
        let called_back = call["on_hooked_calls"]["answer_wait_request"] == 1;
        let handled = self.answered(id, entered, None);
        truth.offered += 1;
        truth.callback_accepted += u64::from(called_back);
        truth.handled += u64::from(handled);
        truth.handled_by_callback += u64::from(handled && called_back);
        truth.callback_failed += u64::from(reason.starts_with("queue_ohw"));
        match reason {
            _ if handled => (),
            "queue_leave_abandon" => truth.abandoned += 1,
            _ if reason.starts_with("queue_leave") => truth.flow_out += 1,
            _ => (),
        }
        if call["active"] == 1 {
            let entered = last["timestart"].as_i64().unwrap();
            let queue = queue_mut(truth, last["id"].as_i64().unwrap());
            if call["agent_last"]["answered"].as_i64().is_some_and(|at| at >= entered) {
                queue.talking += 1;
                truth.talking += 1;
            } else if called_back {
                truth.callback_open += 1;
            } else if last["fail_reason"].is_null() {
                queue.waiting += 1;
                truth.waiting += 1;
            }
        }
    }
}

fn queue_mut(truth: &mut Truth, id: i64) -> &mut QueueTruth {
    truth.queues.iter_mut().find(|queue| queue.id == id.to_string()).unwrap()
}

#[track_caller]
fn check_count(options: &Options, step: i64, steps: i64) -> Truth {
    let mut center = Center::new(options);
    let mut board = Board::default();
    for index in 1..=steps {
        let now = START + index * step;
        board.fold(&center.advance(now));
        let truth = center.truth();
        assert_eq!(board.recount(truth.now, &truth.queues), truth, "after {} ms", index * step);
    }
    center.truth()
}

#[test]
fn the_same_options_give_the_same_documents_to_the_byte() {
    let in_one_go = play(&options(), HOUR);
    let mut center = Center::new(&options());
    let mut in_steps = Vec::new();
    while let Some(at) = center.next_at().filter(|at| *at <= START + HOUR) {
        in_steps.extend(center.advance(at));
    }
    assert!(in_one_go.len() > 5_000, "{} documents in an hour", in_one_go.len());
    assert!(in_one_go == in_steps);
    assert!(in_one_go != play(&Options { seed: 2, ..options() }, HOUR));
}

#[test]
fn documents_come_in_the_order_of_time() {
    let emissions = play(&Options { speed: 7.3, ..options() }, HOUR / 8);
    assert!(emissions.is_sorted_by_key(|emission| emission.at));
}

#[test]
fn every_document_has_what_the_playbook_says_is_always_present() {
    for emission in play(&options(), HOUR) {
        let doc = parse(&emission);
        let direction = match emission.stream {
            Stream::Queues => &doc["direction"],
            Stream::Calls | Stream::Agents => &doc["call_direction"],
        };
        assert!(direction == "incoming" || direction == "outgoing", "{doc}");
        assert_eq!(doc["id_call"].as_str().map(str::len), Some(36), "{doc}");
        assert!(doc["answered"].is_u64() && doc["time"]["start"].is_i64(), "{doc}");
        assert!(doc["customer_telavox"]["id"].is_string(), "{doc}");
        assert!(doc["customer_telavox"]["name"].is_string(), "{doc}");
        assert!(doc["duration"]["total"].is_number(), "{doc}");
        let ended = doc["time"]["end"].as_i64();
        match doc["active"].as_i64() {
            Some(1) => assert_eq!(ended, None, "{doc}"),
            Some(0) => assert!(ended >= doc["time"]["start"].as_i64(), "{doc}"),
            _ => panic!("active is neither 0 nor 1: {doc}"),
        }
    }
}

#[test]
fn the_oddities_of_the_playbook_are_kept() {
    let emissions = play(&options(), HOUR);
    for call in on(Stream::Calls, &emissions) {
        assert!(call["trasnfers"].is_u64() && call["transfer"].is_null(), "{call}");
        assert!(call["duration"]["talk"].is_null() || call["duration"]["talk"].is_object());
        assert!(call["agent_last"].is_null() || call["agent_last"]["id"].is_u64(), "{call}");
    }
    for queue in on(Stream::Queues, &emissions) {
        assert!(queue["transfer"].is_u64() && queue["duration"]["talk"].is_number(), "{queue}");
        assert!(queue["queue"]["id"].is_u64() && queue["queue"]["timestart"].is_i64(), "{queue}");
    }
    let agents = on(Stream::Agents, &emissions);
    for agent in &agents {
        assert!(agent["agent"]["id"].is_string() && agent["on_hooked_calls"].is_u64(), "{agent}");
        assert!(agent["duration"]["talk"].is_number(), "{agent}");
    }
}

#[test]
fn a_busy_morning_has_every_kind_of_call() {
    let emissions = play(&Options { agents: 30, calls_per_hour: 1_000.0, ..options() }, 4 * HOUR);
    let all: String = emissions.iter().map(|emission| emission.json.as_str()).collect();
    for word in [
        "\"terminated_call_reason\":\"hangup\"",
        "\"terminated_call_reason\":\"no_answer\"",
        "\"terminated_call_reason\":\"busy\"",
        "\"terminated_call_reason\":\"failed\"",
        "\"terminated_call_reason\":\"ivr_timeout\"",
        "\"terminated_call_reason\":\"ivr_closed\"",
        "\"terminated_call_reason\":\"queue_leave_abandon\"",
        "\"terminated_call_reason\":\"queue_leave_timeout\"",
        "\"terminated_call_reason\":\"queue_ohw_no_answer\"",
        "\"fail_reason\":\"queue_leave_digit\"",
        "\"fail_reason\":\"queue_pick\"",
        "\"agent_end_reason\":\"agent_hangup\"",
        "\"agent_end_reason\":\"customer_hangup\"",
        "\"agent_end_reason\":\"answered_elsewhere\"",
        "\"agent_end_reason\":\"blind_transferred\"",
        "\"agent_end_reason\":\"at_complete\"",
        "\"transfer_last\":{\"type\":\"blind\",\"answered\":1}",
        "\"no_wait_request\":1",
        "\"on_hooked_calls\":1",
        "\"voicemail\":1",
        "\"internal\":1",
        "\"number\":\"anonymous\"",
        "\"surname\":",
        "\"user_busy\":1",
    ] {
        assert!(all.contains(word), "{word} never happened");
    }
}

#[test]
fn an_active_call_is_in_its_documents_at_each_of_the_four_events() {
    let emissions = play(&options(), HOUR);
    let handled = on(Stream::Calls, &emissions)
        .into_iter()
        .find(|call| call["active"] == 0 && call["answered"] == 1 && call["ivr_list"].is_array())
        .unwrap();
    let of_it = |doc: &Value| doc["id_call"] == handled["id_call"];
    let calls: Vec<Value> = on(Stream::Calls, &emissions).into_iter().filter(of_it).collect();
    assert_eq!(calls.len(), 4, "{calls:#?}");
    let has = |part: &str| calls.iter().map(|call| !call[part].is_null()).collect::<Vec<_>>();
    assert_eq!(has("queue_last"), [false, true, true, true]);
    assert_eq!(has("terminated_call_reason"), [false, false, false, true]);
    let answered: Vec<i64> = calls.iter().map(|call| call["answered"].as_i64().unwrap()).collect();
    assert_eq!(answered, [0, 0, 1, 1]);
}

#[test]
fn ring_all_rings_every_phone_and_sums_up_their_ringing() {
    let emissions = play(&options(), HOUR);
    let rung = |call: &Value| call["simultaneous_device_calls"].as_u64().unwrap();
    let call = on(Stream::Calls, &emissions)
        .into_iter()
        .filter(|call| call["active"] == 0 && call["offered_and_answered"] == 1)
        .max_by_key(rung)
        .unwrap();
    let phones = rung(&call);
    assert!(phones >= 3, "only {phones} phones rang at once");
    assert_eq!(call["queue_list"].as_array().map(Vec::len), Some(1), "{call}");
    assert_eq!(call["queue_last"]["strategy"], "ringall");
    let of_it = |doc: &Value| doc["id_call"] == call["id_call"];
    let agents: Vec<Value> = on(Stream::Agents, &emissions).into_iter().filter(of_it).collect();
    let rings = agents.iter().filter(|doc| doc["active"] == 1 && doc["time"]["answered"].is_null());
    assert_eq!(rings.count() as u64, phones);
    let losers = agents.iter().filter(|doc| doc["agent_end_reason"] == "answered_elsewhere");
    assert_eq!(losers.count() as u64, phones - 1);
    let ended = agents.iter().filter(|doc| doc["active"] == 0);
    let sum: f64 = ended.map(|doc| doc["duration"]["ring"].as_f64().unwrap()).sum();
    let ring = call["duration"]["ring"]["total"].as_f64().unwrap();
    assert!((ring - sum).abs() < 0.001, "{ring} is not {sum}");
}

#[test]
fn without_ring_events_agent_documents_begin_with_the_answer() {
    let silent = play(&Options { no_ring_events: true, ..options() }, HOUR);
    for doc in on(Stream::Agents, &silent) {
        assert!(doc["active"] == 0 || doc["time"]["answered"].is_i64(), "{doc}");
    }
    let loud = play(&options(), HOUR);
    let others = |emissions: &[Emission]| {
        on(Stream::Calls, emissions).len() + on(Stream::Queues, emissions).len()
    };
    assert_eq!(others(&silent), others(&loud));
}

#[test]
fn the_count_is_that_of_the_documents_at_any_time() {
    let truth = check_count(&options(), 60_000, 60);
    assert!(truth.handled > 300 && truth.abandoned > 5, "{truth:?}");
}

#[test]
fn the_count_is_that_of_the_documents_at_another_speed() {
    check_count(&Options { speed: 60.0, seed: 3, ..options() }, 997, 90);
}

#[test]
fn the_count_is_that_of_the_documents_in_a_flood() {
    let flood = Options { calls_per_hour: 3_000.0, queues: 7, seed: 5, ..options() };
    let truth = check_count(&flood, 60_000, 60);
    assert!(truth.flow_out > 5 && truth.abandoned > 500, "{truth:?}");
}

#[test]
fn queues_without_agents_send_everybody_away() {
    let nobody = Options { agents: 0, ..options() };
    let truth = check_count(&nobody, HOUR / 2, 2);
    assert!(truth.offered > 0);
    assert_eq!((truth.handled, truth.flow_out), (0, truth.offered));
}
