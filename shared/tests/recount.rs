//! Random days: what the board keeps up to date equals a plain recount of the
//! last documents, written here a second time and as naively as possible.

#![allow(clippy::unwrap_used, reason = "a test that fails is what it is for")]

use callboard_shared::audience::{Audience, Role};
use callboard_shared::board::Applied;
use callboard_shared::decode::decode;
use callboard_shared::figures::metrics::{Settings, Thresholds};
use callboard_shared::wire::Entry;
use callboard_shared::{Board, Document, Stream, UnixMs};
use proptest::prelude::*;
use serde_json::{Value, json};

const T0: i64 = 1_700_000_000_000;

/// How one passage through a queue goes on.
#[derive(Clone, Debug)]
enum Then {
    Answer { talk_ms: i64 },
    GiveUp { by_hangup: bool },
    Timeout,
    Leave(&'static str),
    Stay,
}

#[derive(Clone, Debug)]
struct Plan {
    start: i64,
    internal: bool,
    outgoing: bool,
    receptionist: bool,
    passages: Vec<(u8, i64, Then)>,
}

fn plan() -> impl Strategy<Value = Plan> {
    let then = prop_oneof![
        4 => (0_i64..90_000).prop_map(|talk_ms| Then::Answer { talk_ms }),
        2 => any::<bool>().prop_map(|by_hangup| Then::GiveUp { by_hangup }),
        2 => Just(Then::Timeout),
        1 => prop::sample::select(vec!["full", "empty", "digit"]).prop_map(Then::Leave),
        1 => Just(Then::Stay),
    ];
    // Waits around the thresholds, exact ones included.
    let wait = prop_oneof![
        prop::sample::select(vec![0, 4_999, 5_000, 5_001, 19_999, 20_000, 20_001]),
        1_i64..120_000,
    ];
    let passage = (71_u8..74, wait, then);
    let flags = (prop::bool::weighted(0.1), prop::bool::weighted(0.1), prop::bool::weighted(0.2));
    (0_i64..3_600_000, flags, prop::collection::vec(passage, 0..3)).prop_map(
        |(start, (internal, outgoing, receptionist), mut passages)| {
            // A call enters one queue once.
            passages.dedup_by_key(|(queue, _, _)| *queue);
            Plan { start: T0 + start, internal, outgoing, receptionist, passages }
        },
    )
}

/// Tells a call: its documents so far, and the frames that were sent.
struct Teller {
    doc: Value,
    legs: Vec<Value>,
    out: Vec<(Stream, Value)>,
    now: i64,
}

impl Teller {
    fn new(id: usize, plan: &Plan) -> Teller {
        let direction = if plan.outgoing { "outgoing" } else { "incoming" };
        let doc = json!({"id_call": format!("c{id}"), "active": 1, "answered": 0,
            "call_direction": direction, "internal": u8::from(plan.internal),
            "time": {"start": plan.start}});
        let out = vec![(Stream::Calls, doc.clone())];
        Teller { doc, legs: Vec::new(), out, now: plan.start + 1_000 }
    }

    /// An agent answers now and talks for so long.
    fn talk(&mut self, queue: Option<&Value>, talk_ms: i64) {
        let mut leg = json!({"id_call": self.doc["id_call"], "active": 1,
            "call_direction": self.doc["call_direction"],
            "time": {"start": self.now - 500}, "agent": {"id": "7"}});
        if let Some(queue) = queue {
            leg["queue"] = queue.clone();
        }
        self.out.push((Stream::Agents, leg.clone()));
        leg["time"]["answered"] = json!(self.now);
        self.doc["agent_last"] = json!({"id": 7, "answered": self.now});
        self.doc["answered"] = json!(1);
        self.out.push((Stream::Agents, leg.clone()));
        self.out.push((Stream::Calls, self.doc.clone()));
        self.now += talk_ms;
        leg["active"] = json!(0);
        leg["time"]["end"] = json!(self.now);
        leg["duration"] = json!({"ring": 0.5, "talk": talk_ms as f64 / 1000.0});
        self.out.push((Stream::Agents, leg));
    }

    fn enter(&mut self, queue: u8) -> Value {
        let entry = json!({"id": queue, "name": format!("Q{queue}"), "timestart": self.now});
        if self.doc["queue_first"].is_null() {
            self.doc["queue_first"] = entry.clone();
        }
        self.doc["queue_last"] = entry.clone();
        let leg = json!({"id_call": self.doc["id_call"], "active": 1,
            "direction": self.doc["call_direction"], "time": self.doc["time"], "queue": entry});
        self.out.push((Stream::Calls, self.doc.clone()));
        self.out.push((Stream::Queues, leg.clone()));
        self.legs.push(leg);
        entry
    }

    fn leave(&mut self, word: &str) {
        let leg = self.legs.last_mut().unwrap();
        leg["queue"]["fail_reason"] = json!(word);
        self.doc["queue_last"]["fail_reason"] = json!(word);
        if self.doc["queue_first"]["id"] == leg["queue"]["id"] {
            self.doc["queue_first"]["fail_reason"] = json!(word);
        }
        self.out.push((Stream::Queues, leg.clone()));
    }

    fn end(mut self, reason: &str) -> Vec<(Stream, Value)> {
        self.doc["active"] = json!(0);
        self.doc["time"]["end"] = json!(self.now);
        self.doc["terminated_call_reason"] = json!(reason);
        self.out.push((Stream::Calls, self.doc));
        for mut leg in self.legs {
            leg["active"] = json!(0);
            leg["time"]["end"] = json!(self.now);
            self.out.push((Stream::Queues, leg));
        }
        self.out
    }
}

/// The frames of a call, in order.
fn frames(id: usize, plan: &Plan) -> Vec<(Stream, Value)> {
    let mut call = Teller::new(id, plan);
    if plan.receptionist {
        call.talk(None, 7_000);
        call.now += 500;
    }
    let mut reason = "hangup".to_owned();
    for (queue, wait, then) in &plan.passages {
        let entry = call.enter(*queue);
        call.now += wait;
        "hangup".clone_into(&mut reason);
        let left = match then {
            Then::Answer { talk_ms } => {
                call.talk(Some(&entry), *talk_ms);
                call.now += 1;
                continue;
            }
            Then::GiveUp { by_hangup: true } => break,
            Then::GiveUp { by_hangup: false } => "abandon",
            Then::Timeout => "timeout",
            Then::Leave(kind) => kind,
            Then::Stay => return call.out,
        };
        reason = format!("queue_leave_{left}");
        call.leave(&reason);
        if !matches!(then, Then::Timeout) {
            break;
        }
    }
    call.end(&reason)
}

/// The naive figures, straight off the plans.
#[derive(Debug, Default, PartialEq)]
struct Naive {
    offered: u32,
    handled: u32,
    handled_within: u32,
    abandoned: u32,
    abandoned_short: u32,
    flow_out: u32,
    other: u32,
    waiting: u32,
}

/// One call or passage: entry, answer, end, and why it ended.
fn count(naive: &mut Naive, wait: Option<i64>, lost: Option<i64>, flowed: bool, open: bool) {
    naive.offered += 1;
    // Also who was answered before, and waits in a further queue.
    naive.waiting += u32::from(open);
    match (wait, lost) {
        (Some(wait), _) => {
            naive.handled += 1;
            naive.handled_within += u32::from(wait <= 20_000);
        }
        (None, Some(wait)) => {
            naive.abandoned += 1;
            naive.abandoned_short += u32::from(wait <= 5_000);
        }
        (None, None) if flowed => naive.flow_out += 1,
        (None, None) => naive.other += u32::from(!open),
    }
}

/// Recounts from the plans: when was the entry, when the first answer after
/// it, how did it end.
fn recount(plans: &[Plan], queue: Option<u8>) -> Naive {
    let mut naive = Naive::default();
    for plan in plans.iter().filter(|plan| !plan.internal && !plan.outgoing) {
        let mut now = plan.start + 1_000 + if plan.receptionist { 7_500 } else { 0 };
        let first_entry = now;
        let (mut answer, mut lost, mut flowed, mut open) = (None, None, false, false);
        let mut reached = 0;
        for (index, (q, wait, then)) in plan.passages.iter().enumerate() {
            reached += 1;
            let entry = now;
            now += wait;
            let last = index + 1 == plan.passages.len();
            let mut here = (None, None, false, false);
            match then {
                Then::Answer { talk_ms } => {
                    answer = answer.or(Some(now - first_entry));
                    here.0 = Some(now - entry);
                    now += talk_ms + 1;
                }
                Then::GiveUp { .. } => {
                    lost = Some(now - first_entry);
                    here.1 = Some(now - entry);
                }
                Then::Timeout | Then::Leave(_) => {
                    flowed = last || matches!(then, Then::Leave(_));
                    here.2 = true;
                }
                Then::Stay => (open, here.3) = (true, true),
            }
            if queue == Some(*q) {
                // After an answer in an earlier queue a plain "hangup" does not
                // say that the caller gave up here.
                let unsaid = matches!(then, Then::GiveUp { by_hangup: true }) && answer.is_some();
                let lost = here.1.filter(|_| !unsaid);
                count(&mut naive, here.0, lost, here.2, here.3);
            }
            if matches!(then, Then::GiveUp { .. } | Then::Leave(_) | Then::Stay) {
                break;
            }
        }
        if queue.is_none() && reached > 0 {
            count(&mut naive, answer, lost, flowed, open);
        }
    }
    naive
}

fn shown(board: &Board, queue: Option<u8>) -> Naive {
    let now = UnixMs(T0 + 10_000_000);
    let all = Thresholds { short_abandon_s: 5, ..Thresholds::default() };
    let settings = Settings { all, ..Settings::default() };
    let m = match queue {
        None => board.total(&settings, now),
        Some(queue) => board.queue(&queue.to_string().as_str().into(), &settings, now),
    };
    Naive {
        offered: m.offered,
        handled: m.handled,
        handled_within: m.handled_within,
        abandoned: m.abandoned,
        abandoned_short: m.abandoned_short,
        flow_out: m.flow_out.all(),
        other: m.other,
        waiting: m.waiting,
    }
}

/// All frames; streams are mixed at random, each keeps its own order.
fn mixed(plans: &[Plan], picks: &[u16]) -> Vec<(Stream, Document)> {
    let mut left: Vec<Vec<(Stream, Value)>> = Stream::ALL
        .iter()
        .map(|stream| {
            let all = plans.iter().enumerate().flat_map(|(id, plan)| frames(id, plan));
            let mut of: Vec<_> = all.filter(|(s, _)| s == stream).collect();
            of.reverse();
            of
        })
        .collect();
    let mut mixed = Vec::new();
    for pick in picks.iter().cycle() {
        left.retain(|stream| !stream.is_empty());
        if left.is_empty() {
            break;
        }
        let stream = usize::from(*pick) % left.len();
        let (stream, frame) = left[stream].pop().unwrap();
        let decoded = decode(frame.to_string().as_bytes()).unwrap();
        mixed.extend(decoded.documents.into_iter().map(|document| (stream, document)));
    }
    mixed
}

/// Written and read again, as it goes to a browser.
fn sent(board: &Board, audience: &Audience) -> Board {
    let text = serde_json::to_string(&*board.seen_by(audience)).unwrap();
    serde_json::from_str(&text).unwrap()
}

/// What of two boards must be the same: all but when the proxy had a document
/// and when a limited board has last heard of an agent elsewhere.
fn comparable(mut board: Board) -> Board {
    board.calls.values_mut().for_each(|call| (call.seen, call.revision) = (UnixMs(0), 0));
    board.agents.values_mut().for_each(|agent| agent.last_seen = UnixMs(0));
    board
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(200))]

    #[test]
    fn the_board_counts_what_a_recount_counts(
        plans in prop::collection::vec(plan(), 1..12),
        picks in prop::collection::vec(any::<u16>(), 1..60),
    ) {
        let mut board = Board::default();
        for (stream, document) in mixed(&plans, &picks) {
            board.apply(stream, document, UnixMs(T0));
        }
        prop_assert_eq!(shown(&board, None), recount(&plans, None), "total of {:?}", plans);
        for queue in [71, 72, 73] {
            let expected = recount(&plans, Some(queue));
            prop_assert_eq!(shown(&board, Some(queue)), expected, "queue {} of {:?}", queue, plans);
        }
    }

    #[test]
    fn a_snapshot_and_what_is_told_make_the_board_of_every_audience(
        plans in prop::collection::vec(plan(), 1..8),
        picks in prop::collection::vec(any::<u16>(), 1..60),
        cut in any::<prop::sample::Index>(),
        role in prop::sample::select(vec![Role::Public, Role::Floor, Role::Supervisor]),
        scope in prop::option::of(prop::collection::btree_set(71_u8..74, 0..3)),
        day_ms in prop::option::of(0_i64..3_600_000),
    ) {
        let key = |queue: u8| queue.to_string().as_str().into();
        let scope = scope.map(|queues| queues.into_iter().map(key).collect());
        let audience = Audience { role, scope, salt: 7 };
        let frames = mixed(&plans, &picks);
        let cut = cut.index(frames.len() + 1);
        let mut board = Board::default().with_ledger();
        if let Some(day_ms) = day_ms {
            board.begin_day(UnixMs(T0 + day_ms));
        }
        let mut viewer = sent(&board, &audience);
        for (index, (stream, document)) in frames.into_iter().enumerate() {
            if index == cut {
                viewer = sent(&board, &audience);
            }
            let id = document.id_call.clone();
            let was_seen = board.calls.get(&id).is_some_and(|call| audience.sees(call));
            let Applied::Changed(leg, doc) = board.apply(stream, document, UnixMs(T0)) else {
                continue;
            };
            let changed = Entry { stream, leg, doc: Box::new(doc.clone()) };
            for entry in audience.told(&board.calls[&id], was_seen, &changed) {
                viewer.tell(entry, UnixMs(T0));
            }
        }
        let whole = sent(&board, &audience);
        prop_assert_eq!(comparable(viewer), comparable(whole), "{:?}", audience);
    }

    #[test]
    fn another_day_counts_what_was_booked_in_it(
        plans in prop::collection::vec(plan(), 1..8),
        picks in prop::collection::vec(any::<u16>(), 1..60),
        cut in any::<prop::sample::Index>(),
        day_ms in 0_i64..3_600_000,
    ) {
        let frames = mixed(&plans, &picks);
        let cut = cut.index(frames.len() + 1);
        let day = UnixMs(T0 + day_ms);
        let (mut early, mut late) = (Board::default().with_ledger(), Board::default().with_ledger());
        early.begin_day(day);
        for (index, (stream, document)) in frames.into_iter().enumerate() {
            if index == cut {
                late.begin_day(day);
            }
            early.apply(stream, document.clone(), UnixMs(T0));
            late.apply(stream, document, UnixMs(T0));
        }
        late.begin_day(day);
        prop_assert_eq!(early.figures, late.figures);
    }
}
