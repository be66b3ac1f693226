//! Alerts, sent: the real binary posts to a real receiver in this process.

use std::collections::VecDeque;
use std::sync::{Arc, Mutex, PoisonError};
use std::time::Duration;

use axum::Router;
use axum::extract::Request;
use axum::http::StatusCode;
use axum::http::header::{CONTENT_TYPE, LOCATION, RETRY_AFTER};
use axum::response::IntoResponse as _;
use serde_json::{Value, json};
use support::files::{file, path};
use support::{Browser, Proxy, Simulator, run, stays, until};
use tempfile::NamedTempFile;
use tokio::net::TcpListener;
use tokio::sync::mpsc;
use tokio::task::JoinSet;
use tokio::time::timeout;

/// What nobody may see but the receiver.
const SECRET: &str = "hunter2-T0-B1";
/// One caller is one too many, and nothing else is watched.
const STRICT: &str =
    "[alerts]\nwaiting = { breach = 1 }\nlongest-wait-s = {}\nservice-level = {}\n";
/// An alert is over after half a minute of calm, and silence lasts a minute.
const LONG: Duration = Duration::from_secs(100);

/// What was posted.
#[derive(Debug)]
struct Post {
    path: String,
    body: Value,
}

/// Takes what is posted. Ends when dropped.
struct Receiver {
    port: u16,
    posts: mpsc::UnboundedReceiver<Post>,
    answers: Arc<Mutex<VecDeque<StatusCode>>>,
    _task: JoinSet<()>,
}

impl Receiver {
    async fn start() -> Receiver {
        Receiver::at(0).await
    }

    /// At this port; 0 picks one.
    async fn at(port: u16) -> Receiver {
        let listener = TcpListener::bind(("127.0.0.1", port)).await.expect("a free port");
        let port = listener.local_addr().expect("it has an address").port();
        let (sender, posts) = mpsc::unbounded_channel();
        let answers = Arc::new(Mutex::new(VecDeque::new()));
        let next = Arc::clone(&answers);
        let take = move |request: Request| {
            let (sender, next) = (sender.clone(), Arc::clone(&next));
            async move {
                let (head, body) = request.into_parts();
                assert_eq!(head.method, "POST");
                assert_eq!(head.headers[CONTENT_TYPE], "application/json");
                let body = axum::body::to_bytes(body, 64 * 1024).await.expect("a short body");
                let body = serde_json::from_slice(&body).expect("the body is JSON");
                let path = head.uri.to_string();
                let _ = sender.send(Post { path, body });
                let answer = next.lock().unwrap_or_else(PoisonError::into_inner).pop_front();
                let headers = [(RETRY_AFTER, "1"), (LOCATION, "/elsewhere")];
                (answer.unwrap_or(StatusCode::OK), headers).into_response()
            }
        };
        let mut task = JoinSet::new();
        task.spawn(async move {
            let served = axum::serve(listener, Router::new().fallback(take)).await;
            served.expect("it serves until it is dropped");
        });
        Receiver { port, posts, answers, _task: task }
    }

    /// Answers the next requests so.
    fn answers(&self, answers: &[StatusCode]) {
        self.answers.lock().unwrap_or_else(PoisonError::into_inner).extend(answers);
    }

    /// The next of them.
    async fn next(&mut self) -> Post {
        let post = timeout(LONG, self.posts.recv()).await;
        post.expect("something is posted in time").expect("the receiver is there")
    }

    /// A webhook of this receiver, with further settings.
    fn hook(&self, name: &str, more: &str) -> String {
        let port = self.port;
        format!("[[webhooks]]\nurl = \"http://127.0.0.1:{port}/{SECRET}/{name}\"\n{more}\n")
    }
}

/// A proxy with this configuration that has looked at the board once.
async fn watching(simulator: &Simulator, config: &NamedTempFile) -> Proxy {
    let options = ["--config", path(config), "--log", "trace"];
    let proxy = Proxy::with(simulator, simulator.token(), &options).await;
    proxy.logged("alerts are watched").await;
    proxy
}

async fn tells_nobody(proxy: &Proxy) {
    for (place, text) in [
        ("log", proxy.log()),
        ("metrics", proxy.text("/metrics").await),
        ("snapshot", proxy.text("/api/snapshot").await),
        ("readyz", proxy.text("/readyz").await),
    ] {
        assert!(!text.contains("hunter2"), "{place}: {text}");
    }
}

#[tokio::test]
async fn an_alert_is_one_post_in_the_form_that_was_asked_for() {
    let (simulator, mut receiver) = (Simulator::quiet().await, Receiver::start().await);
    let hooks = [("json", "json"), ("slack", "slack"), ("teams", "teams"), ("other", "json")];
    let hooks = hooks.map(|(name, kind)| {
        let queues = if name == "other" { "queues = [\"72\"]" } else { "" };
        receiver.hook(name, &format!("kind = \"{kind}\"\n{queues}"))
    });
    let config = format!("public-url = \"https://board.example/x\"\n{STRICT}{}", hooks.concat());
    let config = file(&config);
    let mut proxy = watching(&simulator, &config).await;
    simulator.play(json!({ "queue": "71", "number": "+46701234567" })).await;
    let mut posts = [receiver.next().await, receiver.next().await, receiver.next().await];
    posts.sort_by(|a, b| a.path.cmp(&b.path));
    let [plain, slack, teams] = posts;
    assert!(posts_have_no_number(&[&plain, &slack, &teams]));

    let Post { path, mut body } = plain;
    assert_eq!(path, format!("/{SECRET}/json"));
    let name = body["queue"]["name"].as_str().expect("a queue has a name").to_owned();
    for instant in ["at", "since"] {
        let text = body[instant].take();
        assert!(text.as_str().is_some_and(|text| text.ends_with('Z')), "{instant}: {text}");
    }
    let expected = json!({
        "version": 1, "event": "raised", "queue": { "id": "71", "name": name },
        "kind": "waiting", "level": "breach", "value": 1, "limit": 1, "unit": "calls",
        "since": null, "at": null, "link": "https://board.example/x/?queues=71",
    });
    assert_eq!(body, expected);

    let title = format!("Breach: {name} – 1 caller waiting");
    let text = slack.body["text"].as_str().unwrap_or_default();
    assert!(text.starts_with(&title), "{text}");
    assert_eq!(slack.body["blocks"][0]["text"]["text"], *title);
    let card = &teams.body["attachments"][0];
    assert_eq!(teams.body["type"], "message");
    assert_eq!(card["contentType"], "application/vnd.microsoft.card.adaptive");
    assert_eq!(card["content"]["type"], "AdaptiveCard");
    assert_eq!(card["content"]["body"][0]["inlines"][0]["text"], *title);
    let action = &card["content"]["actions"][0];
    assert_eq!(action["url"], "https://board.example/x/?queues=71");

    let delivered = async || proxy.metric("callboard_webhook_delivered_total").await;
    until("three delivered", delivered, |n| *n == 3).await;
    tells_nobody(&proxy).await;
    // Who waits still was told of before the restart.
    proxy.stop_and_start().await;
    let looks = async || proxy.log().matches("alerts are watched").count();
    until("a look after the restart", looks, |n| *n >= 1).await;
    let look = async || receiver.posts.try_recv().is_ok();
    stays("nothing is sent twice", Duration::from_secs(3), false, look).await;
}

fn posts_have_no_number(posts: &[&Post]) -> bool {
    posts.iter().all(|post| !post.body.to_string().contains("46701234567"))
}

#[tokio::test]
async fn an_alert_that_comes_back_waits_for_the_cooldown_and_quiet_hours_are_quiet() {
    let (simulator, mut receiver) = (Simulator::quiet().await, Receiver::start().await);
    let (mut patient, mut quiet) = (Receiver::start().await, Receiver::start().await);
    let mut silence = Receiver::start().await;
    let hooks = [
        receiver.hook("eager", "queues = [\"71\"]\ncooldown-s = 0"),
        patient.hook("patient", "queues = [\"71\"]\ncooldown-s = 3600"),
        quiet.hook("quiet", &format!("quiet-hours = \"{}\"", quiet_hours())),
        silence.hook("silence", "queues = [\"72\"]\nsend-resolved = false"),
    ];
    let own = "[queues.72.alerts]\nwaiting = {}\nsilence-min = { breach = 1 }\n";
    let config = file(&format!("time-zone = \"UTC\"\n{STRICT}{own}{}", hooks.concat()));
    let proxy = watching(&simulator, &config).await;
    simulator.play(json!({ "queue": "72", "abandon_after_ms": 100 })).await;
    let event = |post: Post| (post.body["event"].clone(), post.body["kind"].clone());
    let is = |event: &str, kind: &str| (json!(event), json!(kind));
    let call = json!({ "queue": "71", "abandon_after_ms": 3000 });
    simulator.play(call.clone()).await;
    for receiver in [&mut receiver, &mut patient] {
        assert_eq!(event(receiver.next().await), is("raised", "waiting"));
    }
    for receiver in [&mut receiver, &mut patient] {
        let over = receiver.next().await;
        assert_eq!((&over.body["level"], &over.body["value"]), (&json!("calm"), &json!(0)));
        assert!(over.body["since"].as_str() > Some("2026"), "{}", over.body["since"]);
        assert_eq!(event(over), is("resolved", "waiting"));
    }
    simulator.play(call).await;
    assert_eq!(event(receiver.next().await), is("raised", "waiting"));
    let silent = silence.next().await;
    assert_eq!((&silent.body["value"], &silent.body["unit"]), (&json!(1), &json!("min")));
    assert_eq!(event(silent), is("raised", "silence"));
    // A page says the same.
    let browser = Browser::start(1280, 800).await;
    browser.open(&proxy.url("/?queues=72")).await;
    let says = async || browser.text("[role=alert]").await.unwrap_or_default();
    until("silence as an alarm", says, |text| text.contains("Sales: No calls for 1:0")).await;
    assert!(patient.posts.try_recv().is_err(), "the cooldown lasts");
    assert!(quiet.posts.try_recv().is_err(), "the hours are quiet");
    tells_nobody(&proxy).await;
}

/// Twelve hours around now, in UTC.
fn quiet_hours() -> String {
    let since = std::time::SystemTime::now().duration_since(std::time::UNIX_EPOCH);
    let hour = since.expect("it is after 1970").as_secs() / 3600;
    format!("{:02}:00-{:02}:00", (hour + 18) % 24, (hour + 6) % 24)
}

#[tokio::test]
async fn a_receiver_that_is_away_gets_it_when_it_is_back() {
    let (simulator, receiver) = (Simulator::quiet().await, Receiver::start().await);
    let config = file(&format!("{STRICT}{}", receiver.hook("back", "")));
    let port = receiver.port;
    drop(receiver);
    let proxy = watching(&simulator, &config).await;
    simulator.play(json!({ "queue": "71" })).await;
    proxy.logged("alert not delivered: cannot connect").await;
    let mut receiver = Receiver::at(port).await;
    assert_eq!(receiver.next().await.body["event"], "raised");
    let delivered = async || proxy.metric("callboard_webhook_delivered_total").await;
    until("one delivered", delivered, |n| *n == 1).await;
    assert!(proxy.metric("callboard_webhook_failures_total").await >= 1);
    assert_eq!(proxy.metric("callboard_webhook_lost_total").await, 0);
    tells_nobody(&proxy).await;
}

#[tokio::test]
async fn what_is_refused_is_not_tried_again_and_what_is_too_much_is() {
    let simulator = Simulator::quiet().await;
    let (mut refusing, mut moved) = (Receiver::start().await, Receiver::start().await);
    let mut busy = Receiver::start().await;
    refusing.answers(&[StatusCode::NOT_FOUND]);
    moved.answers(&[StatusCode::TEMPORARY_REDIRECT]);
    busy.answers(&[StatusCode::TOO_MANY_REQUESTS]);
    let hooks = [refusing.hook("a", ""), moved.hook("b", ""), busy.hook("c", "")];
    let config = file(&format!("{STRICT}{}", hooks.concat()));
    let proxy = watching(&simulator, &config).await;
    simulator.play(json!({ "queue": "71" })).await;
    for receiver in [&mut refusing, &mut moved, &mut busy] {
        receiver.next().await;
    }
    // Once more, and taken: the others have had time for it, too.
    assert_eq!(busy.next().await.body["event"], "raised");
    proxy.logged("alert given up: refused with 404").await;
    proxy.logged("alert given up: redirected").await;
    let look = async || refusing.posts.try_recv().is_ok() || moved.posts.try_recv().is_ok();
    stays("refused for good", Duration::from_secs(3), false, look).await;
    assert_eq!(proxy.metric("callboard_webhook_lost_total").await, 2);
    tells_nobody(&proxy).await;
}

#[test]
fn a_webhook_that_cannot_work_is_named_without_its_url() {
    let url = |url: &str| format!("[[webhooks]]\nurl = \"{url}\"\n");
    let token = [("CALLBOARD_TOKEN", "t")];
    for (config, words) in [
        (url("http://hooks.example/hunter2"), "`webhooks.1.url`: would cross"),
        (url("hunter2"), "`webhooks.1.url`: must be a URL"),
        (format!("{}hunter2 = 1", url("https://hooks.example/")), "unknown field"),
        (url("https://hooks.example/hunter2\nx"), "configuration file"),
    ] {
        let config = file(&config);
        let output = run(&["check", "--config", path(&config)], &token);
        let said = String::from_utf8_lossy(&output.stderr);
        assert_eq!(output.status.code(), Some(2), "{said}");
        assert!(said.contains(words), "{said}");
        assert!(!said.contains("hooks.example"), "{said}");
    }
    let secret = file("https://hooks.example/hunter2\n");
    let config = file(&format!("[[webhooks]]\nurl-file = {:?}\n", path(&secret)));
    let output = run(&["check", "--config", path(&config)], &token);
    assert_eq!(output.status.code(), Some(0));
}
