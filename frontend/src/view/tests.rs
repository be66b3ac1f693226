//! Boards in, what is drawn out.

use callboard_shared::alert::{Limits, Rules};
use callboard_shared::decode::decode;
use callboard_shared::wire::{Entry, Status, StreamStatus};

use super::*;
use crate::store::Moved;

/// Seconds after the start of the tests' call.
fn at(s: i64) -> UnixMs {
    UnixMs(1_700_000_000_000 + s * 1000)
}

/// A store with live streams in which these frames were folded.
fn store(frames: &[(Stream, &str)]) -> Store {
    let mut store = Store::default();
    (store.heard, store.status) = (Some(at(0)), live());
    for (stream, json) in frames {
        for document in decode(json.as_bytes()).unwrap().documents {
            store.board.apply(*stream, document, at(5));
        }
    }
    store
}

fn live() -> Status {
    let one = StreamStatus { state: StreamState::Live, since: at(0), last_document: None };
    Status { calls: one, queues: one, agents: one, listening: None }
}

fn draw(store: &Store, now: UnixMs) -> View {
    draw_as(store, now, &Params::default())
}

fn draw_as(store: &Store, now: UnixMs, params: &Params) -> View {
    view(store, look(now), params, None)
}

fn list(store: &Store, now: UnixMs) -> Calls {
    list_as(store, now, &Params::default())
}

fn list_as(store: &Store, now: UnixMs, params: &Params) -> Calls {
    rows(store, now, params, ALL, &mut RowCache::default())
}

/// Everything is in view.
const ALL: &dyn Fn(usize) -> (usize, usize) = &|len| (0, len);

fn look(now: UnixMs) -> Look {
    let link = Link { open: true, heard_ms: Some(1_000.0), locked: false };
    Look { link, now, monotonic_ms: 1_500.0 }
}

const WAITING: (Stream, &str) = (
    Stream::Calls,
    r#"{"id_call":"a","active":1,"call_direction":"incoming","time":{"start":1700000000000},
        "customer_target":{"number":"0046701234567"},
        "queue_last":{"id":71,"name":"Support","strategy":"ringall","timestart":1700000004000}}"#,
);
const ANSWERED: (Stream, &str) = (
    Stream::Agents,
    r#"{"id_call":"a","active":1,"time":{"start":1700000009000,"answered":1700000012000},
        "agent":{"id":"7","name":"Ada Berg"},"queue":{"id":71,"timestart":1700000004000}}"#,
);

#[test]
fn the_cards_add_up_to_what_is_on_top() {
    let rings: (Stream, &str) = (
        Stream::Agents,
        r#"{"id_call":"a","active":1,"time":{"start":1700000009000},
            "agent":{"id":"7","name":"Ada Berg"},"queue":{"id":71,"timestart":1700000004000}}"#,
    );
    let internal: (Stream, &str) = (
        Stream::Calls,
        r#"{"id_call":"i","active":1,"call_direction":"incoming","internal":1,
            "time":{"start":1700000000000},"queue_last":{"id":71,"timestart":1700000002000}}"#,
    );
    let view = draw(&store(&[WAITING, rings, internal]), at(10));
    let card = &view.queues[0];
    assert_eq!((card.waiting, card.ringing, card.talking), (1, 1, 0));
    assert_eq!((view.hero.waiting, view.hero.talking), (1, 0));
    let view = draw(&store(&[WAITING, rings, internal, ANSWERED]), at(13));
    let card = &view.queues[0];
    assert_eq!((card.waiting, card.ringing, card.talking), (0, 0, 1));
    assert_eq!((view.hero.waiting, view.hero.talking), (0, 1));
}

#[test]
fn a_waiting_call_is_in_hero_card_and_list() {
    let view = draw(&store(&[WAITING]), at(10));
    assert_eq!(view.hero.waiting, 1);
    assert_eq!(view.hero.longest, Some((at(4), "Support".into())));
    let card = &view.queues[0];
    assert_eq!((&*card.name, card.waiting, card.longest), ("Support", 1, Some(at(4))));
    assert_eq!(card.strategy.as_deref(), Some("Ring all"));
    let row = &list(&store(&[WAITING]), at(10)).rows[0];
    assert_eq!((row.state, row.since, &*row.caller), (State::Waiting, at(4), "070-123 45 67"));
}

#[test]
fn a_wait_becomes_worse_with_time() {
    let store = store(&[WAITING]);
    let urgency = |s| draw(&store, at(s)).queues[0].urgency;
    assert_eq!(urgency(23), Urgency::Calm);
    assert_eq!(urgency(24), Urgency::Risk);
    assert_eq!(urgency(64), Urgency::Breach);
}

#[test]
fn an_answered_call_shows_who_talks() {
    let store = store(&[WAITING, ANSWERED]);
    let (view, calls) = (draw(&store, at(30)), list(&store, at(30)));
    assert_eq!((view.hero.waiting, view.hero.talking, view.hero.urgency), (0, 1, Urgency::Calm));
    assert_eq!((view.queues[0].waiting, view.queues[0].talking), (0, 1));
    assert_eq!((calls.rows[0].state, &*calls.rows[0].agent), (State::Talking, "Ada Berg"));
    let chip = &view.agents[0];
    assert_eq!((chip.busy, chip.since), (Busy::Talking, at(12)));
    assert_eq!(chip.queue.as_deref(), Some("Support"));
}

#[test]
fn a_row_is_made_anew_only_when_its_call_has_changed() {
    let mut store = store(&[WAITING]);
    let params = Params::default();
    let mut cache = RowCache::default();
    let mut list = |store: &Store, ms| rows(store, UnixMs(at(0).0 + ms), &params, ALL, &mut cache);
    let first = list(&store, 10_000);
    let second = list(&store, 10_999);
    assert!(Rc::ptr_eq(&first.rows[0], &second.rows[0]));
    for document in decode(ANSWERED.1.as_bytes()).unwrap().documents {
        store.board.apply(ANSWERED.0, document, at(12));
    }
    store.moved.replace(Moved::Only(vec!["a".into()]));
    let third = list(&store, 10_999);
    assert_eq!((third.rows[0].state, third.counts.waiting), (State::Talking, 0));
}

#[test]
fn a_lost_stream_says_so_and_then_stops_the_board() {
    let mut store = store(&[WAITING]);
    store.status.calls.state = StreamState::Backoff;
    store.status.calls.since = at(20);
    let one = draw(&store, at(40));
    assert!(!one.notice.unwrap().severe);
    assert_eq!(one.stale_since, None);

    store.status.queues = store.status.calls;
    store.status.agents = store.status.calls;
    let all = draw(&store, at(29));
    assert_eq!((all.notice.unwrap().since, all.stale_since), (at(20), None));
    assert_eq!(draw(&store, at(30)).stale_since, Some(at(20)));
    // What stands still does not get worse.
    assert_eq!(draw(&store, at(300)).queues[0].urgency, Urgency::Calm);
}

#[test]
fn a_lost_link_counts_from_the_last_message() {
    let store = store(&[]);
    let draw = |open, monotonic| {
        let link = Link { open, heard_ms: Some(1_000.0), locked: false };
        let params = Params::default();
        view(&store, Look { link, now: at(3), monotonic_ms: monotonic }, &params, None)
    };
    assert_eq!(draw(true, 2_000.0).strip.link, LinkState::Live);
    assert_eq!(draw(true, 4_001.0).strip.link, LinkState::Late);
    let lost = draw(false, 1_001.0);
    assert_eq!((lost.strip.link, lost.notice.unwrap().since), (LinkState::Lost, at(0)));
}

#[test]
fn calls_from_before_a_gap_are_unconfirmed() {
    let mut store = store(&[WAITING]);
    assert!(!list(&store, at(10)).rows[0].unconfirmed);
    store.status.calls.since = at(60);
    assert!(list(&store, at(61)).rows[0].unconfirmed);
}

#[test]
fn limits_are_those_of_the_alerts() {
    let mut store = store(&[WAITING]);
    let longest_wait = Limits::new(5, 10);
    let all = Rule { longest_wait, ..Rule::default() };
    store.settings.alerts = Some(Rules { all, ..Rules::default() });
    let urgency = |s| draw(&store, at(s)).queues[0].urgency;
    assert_eq!([8, 9, 14].map(urgency), [Urgency::Calm, Urgency::Risk, Urgency::Breach]);
}

#[test]
fn only_queues_that_were_asked_for_are_shown() {
    let store = store(&[WAITING]);
    let of = |queues: &[&str]| {
        let queues = queues.iter().map(|queue| (*queue).to_owned()).collect();
        let params = Params { queues, ..Params::default() };
        (draw_as(&store, at(10), &params), list_as(&store, at(10), &params))
    };
    let (shown, calls) = of(&["71"]);
    assert_eq!((shown.queues.len(), calls.counts.all, shown.hero.waiting), (1, 1, 1));
    let (other, calls) = of(&["9"]);
    assert_eq!((other.queues.len(), calls.counts.all, other.hero.waiting), (0, 0, 0));
    let why = other.no_queue.expect("why nothing is shown");
    assert!(why.contains('9') && why.contains("71 Support"), "{why}");
}

#[test]
fn numbers_are_shown_as_at_home() {
    let mut store = store(&[WAITING]);
    let mut cache = RowCache::default();
    let params = Params::default();
    let mut shown = |store: &Store| {
        draw(store, at(10));
        rows(store, at(10), &params, ALL, &mut cache).rows[0].caller.clone()
    };
    assert_eq!(&*shown(&store), "070-123 45 67");
    store.settings.home = callboard_shared::phone::Country::No;
    assert_eq!(&*shown(&store), "+46 70 123 45 67");
    store.settings.home = callboard_shared::phone::Country::Se;
    assert_eq!(&*shown(&store), "070-123 45 67");
}

#[test]
fn rows_that_follow_changes_are_those_made_anew() {
    let (mut store, mut cache) = (store(&[]), RowCache::default());
    let params = Params::default();
    let drawn =
        |store: &Store, s: i64, cache: &mut RowCache| rows(store, at(s), &params, ALL, cache);
    drawn(&store, 0, &mut cache);
    let mut random = 7_u32;
    for s in 0..600 {
        random = random.wrapping_mul(1_664_525).wrapping_add(1_013_904_223);
        // Two dozen calls at a time, which wait, are answered, and end.
        let id = format!("{}-{}", s / 100, (random >> 16) % 24);
        let entered = 1_700_000_000_000_i64 + i64::from(random >> 20) * 10;
        let state = match (random >> 8) % 4 {
            0 => r#""active":0,"answered":1,"#,
            1 => r#""active":1,"answered":1,"#,
            _ => r#""active":1,"answered":0,"#,
        };
        let json = format!(
            r#"{{"id_call":"{id}",{state}"time":{{"start":{entered}}},
                "customer_target":{{"number":"0046{s}"}},
                "queue_last":{{"id":71,"name":"Support","timestart":{entered}}}}}"#
        );
        for document in decode(json.as_bytes()).unwrap().documents {
            let entry = Entry { stream: Stream::Calls, leg: 0, doc: Box::new(document) };
            let moved = store.board.tell(entry, at(s));
            if let Moved::Only(ids) = &mut *store.moved.borrow_mut() {
                ids.extend(moved);
            }
        }
        let followed = drawn(&store, s, &mut cache);
        assert_eq!(followed, drawn(&store, s, &mut RowCache::default()), "after {json}");
    }
}

#[test]
fn only_rows_in_view_are_made() {
    let second = (
        Stream::Calls,
        r#"{"id_call":"b","active":1,"time":{"start":1700000005000},
            "queue_last":{"id":71,"name":"Support","timestart":1700000006000}}"#,
    );
    let store = store(&[WAITING, second]);
    let params = Params::default();
    let shown = |in_view| rows(&store, at(10), &params, &|_| in_view, &mut RowCache::default());
    let ids = |in_view| -> Vec<String> {
        shown(in_view).rows.iter().map(|row| row.id.to_string()).collect()
    };
    assert_eq!(ids((0, 9)), ["a", "b"]);
    assert_eq!(ids((1, 1)), ["b"]);
    // The list has become shorter than what was in view.
    assert_eq!(ids((7, 3)), [""; 0]);
    assert_eq!((shown((1, 1)).first, shown((1, 1)).counts), (1, Counts { all: 2, waiting: 2 }));
}
