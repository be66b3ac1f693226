//! Every route that answers from the store, as every role sees it.

mod figures;
mod roles;

use axum::Router;
use axum::body::{Body, to_bytes};
use axum::http::Request;
use callboard_shared::audience::{Role, Scope};
use callboard_shared::decode::DurationUnit;
use callboard_shared::{Stream, UnixMs};
use prometheus_client::registry::Registry;
use serde_json::{Value, json};
use tower::ServiceExt as _;

use super::*;
use crate::access::Access;
use crate::days::Days;
use crate::http::{Guard, Limits, Page, Replays, Seats, questions};
use crate::hub::{Hub, Reading};
use crate::store::rebuild::rebuild;
use crate::store::{Place, Store};
use crate::telemetry::Counters;
use crate::upstream::Frame;

/// Texts that are nowhere else.
const NUMBER: &str = "0701987654";
const NAME: &str = "Zaphod Kanarie";
const AGENT: &str = "agent-8061";
const EXTRA: &str = "Ulla Hemlig";

const SALT: u64 = 7;

fn audience(role: Role, queues: Option<&[&str]>) -> Arc<Audience> {
    let scope: Scope = queues.map(|queues| queues.iter().copied().map(Into::into).collect());
    Arc::new(Audience { role, scope, salt: SALT })
}

struct Board {
    app: Arc<App>,
    /// Before the first frame came.
    begun: UnixMs,
    start: UnixMs,
}

fn frames(start: UnixMs) -> [(Stream, String); 4] {
    let at = |ms: i64| start.0 + ms;
    let number = format!(r#""customer_target":{{"number":"{NUMBER}"}},"caller_name":"{EXTRA}""#);
    [
        (
            Stream::Calls,
            format!(
                r#"{{"id_call":"one","active":0,"call_direction":"incoming","internal":0,{number},"agent_list":["{NAME}"],"time":{{"start":{},"end":{}}},"queue_first":{{"id":"71","name":"Support","timestart":{}}},"terminated_call_reason":"hangup","agent_first":{{"id":"{AGENT}","name":"{NAME}","answered":{}}}}}"#,
                at(0),
                at(90_000),
                at(1_000),
                at(11_000)
            ),
        ),
        (
            Stream::Agents,
            format!(
                r#"{{"id_call":"one","active":0,"agent":{{"id":"{AGENT}","name":"{NAME}"}},"queue":{{"id":"71","name":"Support"}},"time":{{"start":{},"answered":{},"end":{}}},"duration":{{"ring":{{"total":5}},"talk":{{"total":79}}}}}}"#,
                at(6_000),
                at(11_000),
                at(90_000)
            ),
        ),
        (
            Stream::Calls,
            format!(
                r#"{{"id_call":"two","active":0,"call_direction":"incoming","internal":0,"time":{{"start":{},"end":{}}},"queue_first":{{"id":"72","name":"=Sales","timestart":{}}},"terminated_call_reason":"queue_leave_abandon","customer_target":{{"number":"+46812345678"}}}}"#,
                at(100_000),
                at(140_000),
                at(100_000)
            ),
        ),
        (
            Stream::Calls,
            format!(
                r#"{{"id_call":"three","active":1,"call_direction":"incoming","internal":0,"time":{{"start":{}}},"queue_first":{{"id":"72","name":"=Sales","timestart":{}}}}}"#,
                at(200_000),
                at(200_000)
            ),
        ),
    ]
}

/// A board with a call in queue 71 that Zaphod answered, one in queue 72 that
/// was abandoned, and one that goes on in 72.
async fn board() -> Board {
    let store = Store::open(&Place::Memory, 2).unwrap();
    let days = Days::default();
    let rebuilt = rebuild(&store, &days, DurationUnit::Auto, clock::now()).await.unwrap();
    let counters = Arc::new(Counters::default());
    let hub = Hub::new("test".into(), Reading::default(), counters, store.clone(), rebuilt);
    let hub = Arc::new(hub);
    // Of today, whatever the time is.
    let begun = UnixMs(clock::now().0 - 1);
    let start = days.start_of(begun);
    for (stream, frame) in frames(start) {
        hub.receive(stream, &[Frame { bytes: frame.into(), is_text: true }]);
    }
    let app = App {
        hub,
        page: Page::embedded(),
        guard: Guard::default(),
        registry: Registry::default(),
        store,
        days,
        access: Arc::new(Access::new(None, b"seed")),
        seats: Arc::new(Seats::new(Limits {
            viewers: 1,
            per_address: 1,
            per_link: 1,
            new_per_second: 0,
        })),
        boards: Vec::new(),
        replays: Replays::default(),
        lite: crate::http::Written::default(),
        prefix: None,
    };
    Board { app: Arc::new(app), begun, start }
}

impl Board {
    async fn ask(&self, audience: &Arc<Audience>, path: &str) -> (u16, String) {
        let router: Router =
            questions().layer(Extension(audience.clone())).with_state(self.app.clone());
        let request = Request::get(path).body(Body::empty()).unwrap();
        let response = router.oneshot(request).await.unwrap();
        let status = response.status().as_u16();
        let body = to_bytes(response.into_body(), 10_000_000).await.unwrap();
        (status, String::from_utf8(body.to_vec()).unwrap())
    }

    async fn json(&self, audience: &Arc<Audience>, path: &str) -> Value {
        let (status, body) = self.ask(audience, path).await;
        assert_eq!(status, 200, "{path}: {body}");
        serde_json::from_str(&body).unwrap()
    }

    /// The ids of a page.
    async fn ids(&self, audience: &Arc<Audience>, query: &str) -> String {
        let page = self.json(audience, &format!("/api/calls{query}")).await;
        let calls = page["calls"].as_array().unwrap();
        calls.iter().map(|call| call["id_call"].as_str().unwrap()).collect::<Vec<_>>().join(" ")
    }
}

#[tokio::test]
async fn pages_follow_each_other() {
    let board = board().await;
    let all = audience(Role::Supervisor, None);
    let first = board.json(&all, "/api/calls?limit=2").await;
    let next = first["next"].as_str().unwrap();
    let second = board.json(&all, &format!("/api/calls?limit=2&cursor={next}")).await;
    assert_eq!(second["calls"][0]["id_call"], "one");
    assert!(second["next"].is_null());
    let call = &second["calls"][0];
    assert_eq!(call["start"], board.start.0);
    assert_eq!((&call["outcome"], &call["waited_s"]), (&"handled".into(), &10.0.into()));
    assert_eq!((&call["talk_s"], &call["number"]), (&79.0.into(), &NUMBER.into()));
    assert_eq!(board.ids(&all, "?outcome=abandoned").await, "two");
    assert_eq!(board.ids(&all, "?active=true").await, "three");
    let one = board.json(&all, "/api/calls/one").await;
    assert_eq!(one["documents"]["agents"].as_array().unwrap().len(), 1);
    let steps = one["steps"].as_array().unwrap().iter().map(|step| step["step"].as_str().unwrap());
    assert_eq!(steps.collect::<Vec<_>>(), ["start", "queue", "ring", "talk", "end"]);
    assert_eq!(one["why"], "Somebody hung up");
}

#[tokio::test]
async fn what_cannot_be_meant_is_refused_by_name() {
    let board = board().await;
    let all = audience(Role::Supervisor, None);
    for (path, parameter) in [
        ("/api/calls?limit=0", "limit"),
        ("/api/calls?limit=1001", "limit"),
        ("/api/calls?cursor=x", "cursor"),
        ("/api/calls?from=5&to=4", "to"),
        ("/api/calls?from=soon", "from"),
        ("/api/calls?active=perhaps", "active"),
        ("/api/calls?direction=up", "direction"),
        ("/api/calls?outcome=won", "outcome"),
        ("/api/calls?queue=71&queue=72", "queue"),
        ("/api/metrics?by=hour", "by"),
        ("/api/metrics?interval_s=299", "interval_s"),
        ("/api/metrics?interval_s=7000", "interval_s"),
        ("/api/metrics?by=interval&from=0&interval_s=300", "interval_s"),
        ("/api/metrics?answer_within_s=-1", "answer_within_s"),
        ("/api/metrics?short_abandon_s=5000", "short_abandon_s"),
        ("/api/explain", "figure"),
        ("/api/lost?limit=1001", "limit"),
        ("/api/replay", "at"),
        ("/api/replay?at=7000000000000", "at"),
        ("/api/replay?at=5&until=4", "until"),
        ("/api/replay?at=5&until=21600006", "until"),
        ("/api/lost?from=0", "to"),
        ("/api/explain?figure=hemlig", "figure"),
        ("/api/explain?figure=handled&limit=0", "limit"),
        ("/api/explain?figure=handled&from=0", "to"),
        ("/api/day?date=today", "date"),
        ("/api/day?date=2026-11-22&from=0", "date"),
        ("/api/day?from=0", "to"),
        ("/api/day?interval_s=7", "interval_s"),
    ] {
        let (status, body) = board.ask(&all, path).await;
        assert_eq!(status, 400, "{path}");
        let problem: Value = serde_json::from_str(&body).unwrap();
        assert_eq!(problem["parameter"], parameter, "{path}");
        assert!(problem["detail"].as_str().unwrap().ends_with('.'), "{body}");
    }
    // Nothing of the request comes back.
    for path in ["/api/calls?hemlig=1", "/api/calls.csv?limit=1", "/api/metrics?limit=hemlig"] {
        let (status, body) = board.ask(&all, path).await;
        assert_eq!(status, 400, "{path}");
        assert!(!body.contains("hemlig"), "{body}");
    }
}

/// Nobody is let in while two look back, and a seat is free again after them.
#[tokio::test]
async fn two_look_back_at_the_same_time() {
    let board = board().await;
    let all = audience(Role::Supervisor, None);
    let path = format!("/api/replay?at={}", board.begun.0);
    let seats = board.app.replays.seats().await;
    let (status, body) = board.ask(&all, &path).await;
    assert_eq!(status, 503, "{body}");
    drop(seats);
    for _ in 0..5 {
        let (status, body) = board.ask(&all, &path).await;
        assert_eq!(status, 200);
        let kinds = body.lines().map(|line| serde_json::from_str::<Value>(line).unwrap());
        let kinds: Vec<_> = kinds.map(|line| line["type"].as_str().unwrap().to_owned()).collect();
        assert_eq!(kinds.first().map(String::as_str), Some("snapshot"));
        assert_eq!(kinds.last().map(String::as_str), Some("status"));
        assert_eq!(kinds.iter().filter(|kind| *kind == "documents").count(), 4);
    }
}

/// The caller of 72 gives up again, is called back, and one without a number
/// gives up, too.
#[tokio::test]
async fn who_gave_up_is_lost_until_somebody_spoke_to_them() {
    let board = board().await;
    let tell = |frame: String| {
        board.app.hub.receive(Stream::Calls, &[Frame { bytes: frame.into(), is_text: true }]);
    };
    let at = |ms: i64| board.start.0 + ms;
    let gives_up = |id: &str, number: &str, ms: i64| {
        tell(format!(
            r#"{{"id_call":"{id}","active":0,"call_direction":"incoming","internal":0,"time":{{"start":{},"end":{}}},"queue_first":{{"id":"72","timestart":{}}},"terminated_call_reason":"queue_leave_abandon","customer_target":{{{number}}}}}"#,
            at(ms),
            at(ms + 7_000),
            at(ms)
        ));
    };
    gives_up("again", r#""number":"0046812345678""#, 300_000);
    gives_up("hidden", r#""number":"anonymous""#, 400_000);
    let all = audience(Role::Supervisor, None);
    let lost = board.json(&all, "/api/lost").await;
    assert_eq!((&lost["recovered"], &lost["still_lost"]), (&json!(0), &json!(2)));
    assert_eq!(lost["lost"][0]["id_call"], "hidden");
    let caller = &lost["lost"][1];
    assert_eq!((&caller["id_call"], &caller["attempts"]), (&json!("again"), &json!(2)));
    assert_eq!((&caller["waited_s"], &caller["at"]), (&json!(7.0), &json!(at(307_000))));
    assert_eq!(caller["queue"], json!({"id": "72", "name": "=Sales"}));

    tell(format!(
        r#"{{"id_call":"back","active":0,"call_direction":"outgoing","internal":0,"time":{{"start":{},"end":{}}},"agent_first":{{"id":"{AGENT}","name":"{NAME}","answered":{}}},"customer_target":{{"number":"08-12345678"}}}}"#,
        at(500_000),
        at(560_000),
        at(510_000)
    ));
    let lost = board.json(&all, "/api/lost?limit=1000").await;
    assert_eq!((&lost["recovered"], &lost["still_lost"]), (&json!(1), &json!(1)));
    let reached = json!({
        "at": at(510_000),
        "how": "outgoing",
        "id_call": "back",
        "agent": {"id": AGENT, "name": NAME},
    });
    assert_eq!(lost["lost"][1]["reached"], reached);
    // Also later than the range; and others are told that it was so, not how.
    let early = board.json(&all, &format!("/api/lost?from={}&to={}", at(0), at(200_000))).await;
    assert_eq!((&early["lost"][0]["id_call"], &early["recovered"]), (&json!("two"), &json!(1)));
    let floor = board.json(&audience(Role::Floor, Some(&["72"])), "/api/lost").await;
    assert!(floor["lost"][1]["number"].as_str().unwrap().ends_with("•78"), "{floor}");
    assert_eq!(floor["lost"][1]["reached"]["at"], at(510_000));
    assert!(floor["lost"][1]["reached"]["id_call"].is_null(), "{floor}");
    let public = board.ask(&audience(Role::Public, None), "/api/lost").await.1;
    for text in ["Zaphod", "•", "\"78\""] {
        assert!(!public.contains(text), "{text}: {public}");
    }
    let other = board.json(&audience(Role::Floor, Some(&["71"])), "/api/lost").await;
    assert_eq!(other["lost"], json!([]));
}

#[tokio::test]
async fn a_spreadsheet_takes_nothing_for_a_formula() {
    let board = board().await;
    let (_, text) = board.ask(&audience(Role::Supervisor, None), "/api/calls.csv").await;
    let text = text.strip_prefix('\u{feff}').expect("the mark of UTF-8");
    let mut reader = csv::Reader::from_reader(text.as_bytes());
    let headers = reader.headers().unwrap().clone();
    let column = |name: &str| headers.iter().position(|header| header == name).unwrap();
    let [number, queue, start] = ["number", "queue_names", "start"].map(column);
    let rows: Vec<_> = reader.records().map(Result::unwrap).collect();
    assert_eq!(rows.len(), 3);
    assert_eq!(&rows[1][number], "'+46812345678");
    assert_eq!(&rows[1][queue], "'=Sales");
    assert!(rows[2][start].ends_with('Z'));
}

#[tokio::test]
async fn a_question_that_takes_too_long_says_what_to_do() {
    let response = broken(StoreError::TooSlow).into_response();
    let header = |name: &str| response.headers()[name].to_str().unwrap().to_owned();
    assert_eq!(response.status(), StatusCode::SERVICE_UNAVAILABLE);
    assert_eq!(header("content-type"), "application/problem+json");
    assert!((5..=15).contains(&header("retry-after").parse::<u32>().unwrap()));
    let body = to_bytes(response.into_body(), 1024).await.unwrap();
    let problem: Value = serde_json::from_slice(&body).unwrap();
    assert!(problem["detail"].as_str().unwrap().contains("shorter range"), "{problem}");
}
