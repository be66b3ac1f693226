//! Questions about calls and figures, of today and of any other time.

use std::collections::{BTreeMap, BTreeSet};

use callboard_shared::day::{Day, Interval};
use callboard_shared::figures::Figures;
use serde_json::{Value, json};
use support::{Counts, Proxy, Simulator, Viewer, of_each_kind, until, watch};

/// A proxy that has seen a busy while, and one who watched.
async fn after_a_while() -> (Simulator, Proxy, Viewer) {
    let (simulator, proxy, mut viewer) = watch(Simulator::busy().await).await;
    let enough = of_each_kind(60, 0, 0);
    let truth = viewer.live_through(&simulator, "some calls", enough).await;
    let all = |viewer: &Viewer| {
        let Counts { waiting, talking, offered, abandoned, .. } = viewer.total();
        (waiting, talking, offered, abandoned)
            == (truth.waiting, truth.talking, truth.offered, truth.abandoned)
    };
    viewer.wait("what the simulator says", all).await;
    // Whatever the proxy has by now, the viewer will have.
    let snapshot = proxy.json("/api/snapshot").await;
    let seq = snapshot["seq"].as_u64().expect("a number");
    viewer.wait("the newest document", |viewer| viewer.seq >= seq).await;
    (simulator, proxy, viewer)
}

fn ids(calls: &Value) -> Vec<String> {
    let calls = calls.as_array().expect("a list of calls");
    calls.iter().map(|call| call["id_call"].as_str().expect("an id").to_owned()).collect()
}

/// Follows the cursors from the first page to the last.
async fn all_pages(proxy: &Proxy, limit: usize) -> Vec<String> {
    let (mut all, mut cursor) = (Vec::new(), String::new());
    loop {
        let page = proxy.json(&format!("/api/calls?limit={limit}{cursor}")).await;
        all.extend(ids(&page["calls"]));
        match page["next"].as_str() {
            Some(next) => cursor = format!("&cursor={next}"),
            None => return all,
        }
    }
}

#[tokio::test]
async fn figures_of_today_are_those_of_the_board() {
    let (_simulator, mut proxy, viewer) = Box::pin(after_a_while()).await;
    for restarted in [false, true] {
        let answer = proxy.json("/api/metrics").await;
        let figure = |scope: &Value, name: &str| scope[name].as_u64().expect("a count");
        let matches = |scope: &Value, counts: Counts, what: &str| {
            let Counts { waiting, talking, offered, handled, abandoned, .. } = counts;
            for (name, expected) in [
                ("waiting", waiting),
                ("talking", talking),
                ("offered", offered),
                ("handled", handled),
                ("abandoned", abandoned),
            ] {
                let found = figure(scope, name);
                assert_eq!(found, u64::from(expected), "{what} {name}, restarted: {restarted}");
            }
        };
        matches(&answer["total"], viewer.total(), "total");
        for (queue, figures) in answer["queues"].as_object().expect("queues") {
            matches(figures, Counts::of_queue(&viewer.board, queue), queue);
        }
        for (agent, tally) in &viewer.board.figures.agents {
            let figures = &answer["agents"][agent.as_str()];
            assert_eq!(figure(figures, "offered"), u64::from(tally.offered), "{agent}");
            assert_eq!(figure(figures, "missed"), u64::from(tally.missed), "{agent}");
        }
        // Intervals are parts of the whole.
        let answer = proxy.json("/api/metrics?by=interval&interval_s=300").await;
        let intervals = answer["intervals"].as_array().expect("intervals");
        let offered: u64 = intervals.iter().map(|interval| figure(interval, "offered")).sum();
        assert_eq!(offered, u64::from(viewer.total().offered));
        if !restarted {
            proxy.stop_and_start().await;
        }
    }
}

#[tokio::test]
async fn pages_lines_and_rows_are_the_same_calls() {
    let (_simulator, proxy, viewer) = Box::pin(after_a_while()).await;
    let pages = all_pages(&proxy, 7).await;
    assert_eq!(pages, all_pages(&proxy, 1000).await);
    let lines = proxy.text("/api/calls.ndjson").await;
    let lines: Vec<Value> =
        lines.lines().map(|line| serde_json::from_str(line).expect("an object a line")).collect();
    assert_eq!(ids(&Value::Array(lines)), pages);
    let table = proxy.text("/api/calls.csv").await;
    let rows = table.trim_start_matches('\u{feff}').lines().skip(1);
    assert_eq!(
        rows.map(|row| row.split(',').next().unwrap_or_default()).collect::<Vec<_>>(),
        pages
    );
    let distinct: BTreeSet<_> = pages.iter().map(String::as_str).collect();
    assert_eq!(distinct.len(), pages.len());
    for id in viewer.board.calls.keys() {
        assert!(distinct.contains(id.as_str()), "{id} is on the board");
        let call = proxy.json(&format!("/api/calls/{id}")).await;
        assert_eq!(call["active"], viewer.board.calls[id].is_active(), "{call}");
    }
}

#[tokio::test]
async fn a_day_of_sums_has_the_figures_of_the_board() {
    let (_simulator, proxy, viewer) = Box::pin(after_a_while()).await;
    let day: Day = serde_json::from_value(proxy.json("/api/day?interval_s=300").await)
        .expect("a day is read with the shared type");
    let mut figures = Figures::default();
    for interval in day.intervals {
        let Interval { customers, queues, .. } = interval;
        figures.merge(&Figures { customers, queues, ..Figures::default() });
    }
    assert_eq!(figures.customers, viewer.board.figures.customers);
    assert_eq!(figures.queues, viewer.board.figures.queues);
    // What the proxy tells by other thresholds is what the sums say.
    let mut settings = day.settings;
    settings.all.answer_within_s = 7;
    let asked = proxy.json("/api/metrics?answer_within_s=7").await;
    let total = figures.total(&settings, &BTreeMap::new(), day.to);
    assert_eq!(asked["total"]["handled_within"], total.handled_within);
    assert_eq!(asked["total"]["calls_to_recover"], total.calls_to_recover);
    assert!(!day.worst.is_empty() && day.worst[0].waiting >= viewer.total().waiting);
}

/// Each list is as long as the figure says, and the figure is the board's.
#[tokio::test]
async fn the_calls_behind_a_figure_are_as_many_as_it_says() {
    let (_simulator, proxy, viewer) = Box::pin(after_a_while()).await;
    for figure in ["offered", "handled", "abandoned", "flow_out.timeout", "handled_within"] {
        let answer = proxy.json(&format!("/api/explain?figure={figure}&limit=1000")).await;
        let listed = ids(&answer["in"]);
        assert_eq!(answer["value"], listed.len(), "{figure}");
        assert_eq!(answer["counts"]["in"], listed.len(), "{figure}");
        let all = listed.len() + ids(&answer["out"]).len();
        assert_eq!(all, usize::try_from(viewer.total().offered).expect("it fits"), "{figure}");
    }
    let abandoned = proxy.json("/api/explain?figure=abandoned&limit=1000").await;
    let of_calls = proxy.json("/api/calls?outcome=abandoned&limit=1000").await;
    let sorted = |calls| ids(calls).into_iter().collect::<BTreeSet<_>>();
    assert_eq!(sorted(&abandoned["in"]), sorted(&of_calls["calls"]));
}

/// Every call that was abandoned is an attempt of somebody.
/// Plays a short call, which is answered after so many ms or given up, and waits
/// until it is one of `over` that have ended; its id.
pub(crate) async fn play_to_its_end(
    simulator: &Simulator,
    viewer: &mut Viewer,
    number: &str,
    answer: Option<u32>,
    over: u32,
) -> String {
    let call = json!({
        "queue": "71",
        "number": number,
        "answer_after_ms": answer,
        "abandon_after_ms": if answer.is_some() { None } else { Some(50) },
        "ring_ms": 10,
        "talk_ms": 20,
    });
    let id = simulator.play(call).await;
    let all = |viewer: &Viewer| viewer.total().handled + viewer.total().abandoned == over;
    viewer.wait("the end of the call", all).await;
    id
}

#[tokio::test]
async fn who_gives_up_is_lost_and_who_calls_again_is_not() {
    let simulator = Simulator::quiet().await;
    let proxy = Proxy::start(&simulator).await;
    let mut viewer = Viewer::open(&proxy).await;
    viewer.wait_until_live().await;
    let mut played = Vec::new();
    for (number, answer) in [("0701111111", None), ("0702222222", None), ("+46701111111", Some(50))]
    {
        let over = played.len() as u32 + 1;
        played.push(play_to_its_end(&simulator, &mut viewer, number, answer, over).await);
    }
    let look = async || proxy.json("/api/lost").await;
    let lost = until("one who was reached", look, |lost| lost["recovered"] == 1).await;
    assert_eq!(lost["still_lost"], 1, "{lost}");
    assert_eq!(ids(&lost["lost"]), [played[1].clone(), played[0].clone()]);
    assert!(lost["lost"][0]["reached"].is_null(), "{lost}");
    assert_eq!(lost["lost"][1]["reached"]["id_call"], played[2]);
    assert_eq!(lost["lost"][1]["reached"]["how"], "incoming");
}

#[tokio::test]
async fn saved_boards_are_told_by_name() {
    let simulator = Simulator::quiet().await;
    let folder = tempfile::tempdir().expect("a temporary folder can be made");
    let file = folder.path().join("callboard.toml");
    let text = "[boards]\n\"Support wall\" = \"?view=wall&queues=71,72\"\n";
    std::fs::write(&file, text).expect("a file can be written");
    let options = ["--config", file.to_str().expect("a plain path")];
    let proxy = Proxy::with(&simulator, simulator.token(), &options).await;
    let expected =
        json!({"boards": [{"name": "Support wall", "query": "?view=wall&queues=71,72"}]});
    assert_eq!(proxy.json("/api/boards").await, expected);
}

#[tokio::test]
async fn an_answer_is_nobodys_to_keep() {
    let simulator = Simulator::quiet().await;
    let proxy = Proxy::start(&simulator).await;
    for path in [
        "/api/calls",
        "/api/calls.csv",
        "/api/calls.ndjson",
        "/api/metrics",
        "/api/day",
        "/api/explain?figure=handled",
        "/api/lost",
        "/api/boards",
    ] {
        let answer = proxy.get(path).await;
        assert_eq!(answer.status(), 200, "{path}");
        let header = |name: &str| answer.headers()[name].to_str().expect("plain text").to_owned();
        assert_eq!(header("cache-control"), "no-store", "{path}");
        assert_eq!(header("x-content-type-options"), "nosniff", "{path}");
        let is_file = path.contains('.');
        assert_eq!(answer.headers().contains_key("content-disposition"), is_file, "{path}");
    }
    let missing = proxy.get("/api/calls/none").await;
    assert_eq!(missing.status(), 404);
    assert_eq!(missing.headers()["content-type"], "application/problem+json");
}
