//! Figures, their calls, and days in sums, as each role sees them.

use std::collections::BTreeMap;

use callboard_shared::day::{Day, Worst};
use callboard_shared::figures::Figures;

use super::*;

#[tokio::test]
async fn figures_are_those_of_the_range_and_of_the_thresholds() {
    let board = board().await;
    let all = audience(Role::Supervisor, None);
    let today = board.json(&all, "/api/metrics?by=queue,agent,interval").await;
    let total = &today["total"];
    for (name, expected) in
        [("offered", 3), ("handled", 1), ("handled_within", 1), ("abandoned", 1), ("waiting", 1)]
    {
        assert_eq!(total[name], expected, "{name}: {total}");
    }
    assert_eq!(today["queues"]["72"]["name"], "=Sales");
    assert_eq!(today["queues"]["72"]["waiting"], 1);
    assert_eq!(today["agents"][AGENT]["answered"], 1);
    assert_eq!(today["agents"][AGENT]["talk_s"], 79.0);
    assert_eq!(today["intervals"].as_array().unwrap().len(), 96);
    assert_eq!(today["intervals"][0]["offered"], 3);
    assert_eq!(today["intervals"][1]["offered"], 0);
    let strict = board.json(&all, "/api/metrics?answer_within_s=9&short_abandon_s=60").await;
    assert_eq!(strict["total"]["handled_within"], 0);
    assert_eq!(strict["total"]["abandoned_short"], 1);
    assert_eq!(strict["settings"]["answer_within_s"], 9);
    // The past has nobody who waits now.
    let start = board.start.0;
    let past = format!("/api/metrics?from={start}&to={}", start + 150_000);
    let past = board.json(&all, &past).await;
    assert_eq!((&past["total"]["offered"], &past["total"]["waiting"]), (&2.into(), &0.into()));
}

#[tokio::test]
async fn a_figure_names_its_calls() {
    let board = board().await;
    let all = audience(Role::Supervisor, None);
    let ids = |answer: &Value, list: &str| {
        let calls = answer[list].as_array().unwrap();
        let ids: Vec<_> = calls.iter().map(|call| call["id_call"].as_str().unwrap()).collect();
        assert!(answer["counts"][list].as_u64().unwrap() >= ids.len() as u64);
        ids.join(" ")
    };
    for (query, value, lists) in [
        ("service_level.short_excluded", json!(0.5), ["one", "two", "three"]),
        ("service_level.short_excluded&short_abandon_s=40", json!(1.0), ["one", "", "three two"]),
        ("service_level.short_excluded&answer_within_s=9", json!(0.0), ["", "two one", "three"]),
        ("offered", json!(3), ["three two one", "", ""]),
        ("offered&limit=1", json!(3), ["three", "", ""]),
        ("abandoned&queue=72", json!(1), ["two", "", "three"]),
        ("abandoned&queue=7", json!(0), ["", "", ""]),
    ] {
        let answer = board.json(&all, &format!("/api/explain?figure={query}")).await;
        assert_eq!(answer["value"], value, "{query}: {answer}");
        assert_eq!(["in", "below", "out"].map(|list| ids(&answer, list)), lists, "{query}");
    }
    let answer = board.json(&all, "/api/explain?figure=service_level.now").await;
    assert_eq!(answer["terms"][0]["name"], "H_T");
    assert_eq!(
        (&answer["terms"][4]["name"], &answer["terms"][4]["sign"]),
        (&json!("W_T"), &json!(1))
    );
    let call = &answer["in"][0];
    assert_eq!((&call["waited_s"], &call["queue"]["name"]), (&json!(10.0), &json!("Support")));
    assert_eq!((&call["agent"]["name"], &call["number"]), (&json!(NAME), &json!(NUMBER)));
    // Who sees one queue is told of no other.
    let only =
        board.json(&audience(Role::Floor, Some(&["72"])), "/api/explain?figure=offered").await;
    assert_eq!((ids(&only, "in"), &only["counts"]["in"]), ("three two".to_owned(), &json!(2)));
    // The total of some queues is of those calls that came to one of them first.
    let some = board.json(&all, "/api/explain?figure=offered&queues=72,73").await;
    assert_eq!((ids(&some, "in"), &some["value"]), ("three two".to_owned(), &json!(2)));
    assert_eq!(some["settings"]["answer_within_s"], 20);
    let (_, both) = board.ask(&all, "/api/explain?figure=offered&queue=72&queues=72").await;
    assert!(both.contains("the total of some"), "{both}");
    let (_, unknown) = board.ask(&all, "/api/explain?figure=asa").await;
    assert!(unknown.contains("service_level.with_flow_outs"), "{unknown}");
}

#[tokio::test]
async fn who_is_there_now_is_named_to_whom_it_may_be() {
    let board = board().await;
    let all = audience(Role::Supervisor, None);
    let ask = async |query: &str| {
        let answer = board.json(&all, &format!("/api/explain?figure={query}")).await;
        let ids = |list: &str| {
            let calls = answer[list].as_array().unwrap().iter();
            calls.map(|call| call["id_call"].as_str().unwrap().to_owned()).collect::<Vec<_>>()
        };
        (answer["value"].clone(), ids("in"), ids("out"))
    };
    let three = || vec!["three".to_owned()];
    assert_eq!(ask("waiting").await, (json!(1), three(), vec![]));
    assert_eq!(ask("waiting&queue=72").await, (json!(1), three(), vec![]));
    assert_eq!(ask("waiting&queue=71").await, (json!(0), vec![], vec![]));
    assert_eq!(ask("talking").await, (json!(0), vec![], three()));
    let (longest, calls, _) = ask("longest_wait_now_s").await;
    assert!(longest.as_u64().is_some_and(|s| s > 0) && calls == three(), "{longest}");
    assert_eq!(ask("waiting&date=2020-02-29").await, (json!(0), vec![], vec![]));
    // Of other queues nobody is told, nor of anybody's number.
    let floor = audience(Role::Floor, Some(&["71"]));
    let other = board.json(&floor, "/api/explain?figure=waiting").await;
    assert_eq!((&other["value"], &other["counts"]["in"]), (&json!(0), &json!(0)));
    let floor = audience(Role::Floor, Some(&["72"]));
    let (_, text) = board.ask(&floor, "/api/explain?figure=waiting").await;
    assert!(text.contains("three") && !text.contains(NUMBER), "{text}");
}

/// Two calls entered queue 72 a while after the one of 71: 40 s given up, one
/// that waits to this day.
#[tokio::test]
async fn a_day_is_told_in_sums_that_can_be_added() {
    let board = board().await;
    let all = audience(Role::Supervisor, None);
    let text = board.ask(&all, "/api/day?interval_s=300").await.1;
    let day: Day = serde_json::from_str(&text).unwrap();
    assert_eq!((day.from, day.intervals.len()), (board.start, 1));
    let mut figures = Figures::default();
    for interval in &day.intervals {
        figures.merge(&Figures {
            customers: interval.customers.clone(),
            queues: interval.queues.clone(),
            ..Figures::default()
        });
    }
    let total = figures.total(&day.settings, &BTreeMap::new(), clock::now());
    assert_eq!((total.offered, total.handled_within, total.abandoned_short), (3, 1, 0));
    assert_eq!((total.answer_s.mean, total.abandon_s.mean), (Some(10.0), Some(40.0)));
    assert_eq!(figures.queues["72"].offered, 2);
    // Each waited alone; the fourth moment would be none.
    let start = board.start;
    let worst = |ms, queue: &str| Worst {
        at: start.plus_ms(ms),
        until: start.plus_ms(ms + 10_000),
        queue: Some(queue.into()),
        waiting: 1,
        longest_wait_s: 0.0,
    };
    assert_eq!(day.worst, [worst(1_000, "71")]);
    // The same day by its name, and only what may be seen of it.
    let date = jiff::Timestamp::from_millisecond(start.0).unwrap().to_string();
    let named = board.json(&all, &format!("/api/day?interval_s=300&date={}", &date[..10])).await;
    assert_eq!(named, serde_json::from_str::<Value>(&text).unwrap());
    let only = board.json(&audience(Role::Public, Some(&["72"])), "/api/day").await;
    assert!(only["intervals"][0]["queues"].get("71").is_none(), "{only}");
    assert_eq!(only["worst"][0]["queue"], "72");
    let none = board.json(&all, "/api/day?queue=7").await;
    assert_eq!((&none["intervals"], &none["worst"]), (&json!([]), &json!([])));
}
