//! The test vectors of the definitions.

use super::*;

/// ICMI's example: H 1000, H_T 860, B 60, B_T 20, B_s 10, T 20 s, s 5 s.
fn icmi() -> Tally {
    let mut tally = Tally { offered: 1060, ..Tally::default() };
    (0..860).for_each(|_| tally.handled.add(10_000));
    (0..140).for_each(|_| tally.handled.add(30_000));
    (0..10).for_each(|_| tally.abandoned.add(3_000));
    (0..10).for_each(|_| tally.abandoned.add(15_000));
    (0..40).for_each(|_| tally.abandoned.add(60_000));
    tally
}

fn metrics(tally: &Tally, present: &Now, now: UnixMs) -> Metrics {
    Metrics::of([Part { tally, now: present, thresholds: Thresholds::default() }], now)
}

#[test]
fn service_levels_of_the_example() {
    let level = metrics(&icmi(), &Now::default(), UnixMs(0)).service_level;
    let permille = |share: Share| (share.ten_thousandths().unwrap() + 5) / 10;
    assert_eq!(permille(level.strict), 811);
    assert_eq!(permille(level.ignore_abandoned_within), 827);
    assert_eq!(permille(level.credit_abandoned_within), 830);
    assert_eq!(permille(level.answered_only), 860);
    assert_eq!(permille(level.short_excluded), 819);
    assert_eq!(level.short_excluded, level.with_flow_outs);
    assert_eq!(level.short_excluded, level.now);
}

#[test]
fn who_waits_beyond_the_threshold_is_a_certain_miss() {
    let present = Now {
        waiting: [0, 79_000, 80_000].map(|ms| Waiting { since: UnixMs(ms), open: true }).to_vec(),
        talking: 2,
    };
    let m = metrics(&icmi(), &present, UnixMs(100_000));
    assert_eq!((m.waiting, m.talking, m.longest_wait_now_s), (3, 2, Some(100)));
    // Exactly 20 s is in time.
    assert_eq!(m.service_level.now, Share::of(860, 1052));
    assert_eq!(m.service_level.short_excluded, Share::of(860, 1050));
    assert_eq!(m.longest_wait_s, Some(100));
}

#[test]
fn who_was_answered_and_waits_again_is_no_second_miss() {
    let present =
        Now { waiting: vec![Waiting { since: UnixMs(0), open: false }], ..Now::default() };
    let m = metrics(&icmi(), &present, UnixMs(100_000));
    assert_eq!((m.waiting, m.service_level.now), (1, m.service_level.short_excluded));
}

#[test]
fn a_part_of_the_calls_is_not_the_mean_of_parts() {
    let mut small = Tally { offered: 1, ..Tally::default() };
    small.handled.add(60_000);
    let nobody = Now::default();
    let part = |tally| Part { tally, now: &nobody, thresholds: Thresholds::default() };
    let both = Metrics::of([part(&small), part(&icmi())], UnixMs(0));
    assert_eq!(both.service_level.answered_only, Share::of(860, 1001));
    assert_eq!(both.answer_s.max, Some(60));
}

#[test]
fn each_queue_is_judged_by_its_own_threshold() {
    let mut figures = Figures::default();
    for queue in ["71", "72"] {
        let tally = figures.customers.entry(queue.into()).or_default();
        tally.offered += 1;
        tally.handled.add(25_000);
    }
    let strict = Thresholds::default();
    let lenient = Thresholds { answer_within_s: 30, ..strict };
    let settings =
        Settings { all: strict, queues: [("72".into(), lenient)].into(), ..Settings::default() };
    let total = figures.total(&settings, &crate::ByKey::new(), UnixMs(0));
    assert_eq!((total.handled, total.handled_within), (2, 1));
}

#[test]
fn calls_to_recover_are_counted_in_whole_numbers() {
    assert_eq!(calls_to_recover(78, 100, 80), 10);
    assert_eq!(calls_to_recover(80, 100, 80), 0);
    assert_eq!(calls_to_recover(0, 0, 80), 0);
    assert_eq!(calls_to_recover(9, 10, 95), 10);
}

#[test]
fn where_nothing_can_be_divided_there_is_no_figure() {
    let m = metrics(&Tally::default(), &Now::default(), UnixMs(0));
    let json = serde_json::to_value(&m).unwrap();
    assert_eq!(json["service_level"]["short_excluded"], serde_json::Value::Null);
    assert_eq!(json["answer_s"]["median"], serde_json::Value::Null);
    assert_eq!(json["talk_s"], serde_json::Value::Null);
    assert_eq!(json["offered"], 0);
}

#[test]
fn shares_have_four_decimals() {
    assert_eq!(serde_json::to_string(&Share::of(2, 3)).unwrap(), "0.6667");
    assert_eq!(serde_json::to_string(&Share::of(1, 1)).unwrap(), "1.0");
    assert_eq!(Share::of(7_999, 10_000).floor_percent(), Some(79));
    assert_eq!(Share::of(29, 100).floor_percent(), Some(29));
}
