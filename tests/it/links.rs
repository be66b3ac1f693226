//! Signed links: what each role sees by them, on every route, until they end.

use std::path::Path;

use reqwest::Client;
use serde_json::{Value, json};
use support::viewer::{Socket, farewell, socket, socket_at};
use support::{Proxy, Simulator, Token, http, run, until};
use tokio_tungstenite::tungstenite::Message;

use futures_util::StreamExt as _;

/// Texts that are nowhere else.
const NUMBER: &str = "0701987654";
const NAME: &str = "Zaphod Kanarie";
/// The agent's own.
const PHONE: &str = "0701555444";

/// A proxy with a key, two calls of which one is in queue 72, and the folder.
async fn centre() -> (Simulator, Proxy, Token) {
    let simulator = Simulator::quiet().await;
    let key = Token::new();
    let file = key.file().to_str().expect("a plain path");
    let options = ["--viewer-key-file", file];
    let proxy = Proxy::with(&simulator, simulator.token(), &options).await;
    proxy.live().await;
    let start = support::viewer::now_ms();
    for (id, queue) in [("one", "71"), ("two", "72")] {
        let call = json!({"id_call": id, "active": 1, "call_direction": "incoming", "internal": 0,
            "time": {"start": start}, "customer_target": {"number": NUMBER},
            "queue_first": {"id": queue, "name": format!("Q{queue}"), "timestart": start},
            "agent_list": [NAME], "secret_note": NAME});
        simulator.send("calls", call.to_string()).await;
        let leg = json!({"id_call": id, "active": 1, "call_direction": "incoming",
            "time": {"start": start}, "queue": {"id": queue, "name": format!("Q{queue}")},
            "agent": {"id": "8061", "name": NAME, "phone": PHONE}});
        simulator.send("agents", leg.to_string()).await;
    }
    (simulator, proxy, key)
}

/// Makes a link and gives its text.
pub(crate) fn link(folder: &Path, arguments: &[&str]) -> String {
    let folder = folder.to_str().expect("a plain path");
    let output = run(&[&["link", "--data-dir", folder], arguments].concat(), &[]);
    let stderr = String::from_utf8_lossy(&output.stderr);
    assert_eq!(output.status.code(), Some(0), "{stderr}");
    let stdout = String::from_utf8_lossy(&output.stdout);
    let (_, link) = stdout.trim().split_once("?link=").expect("an address with a link");
    link.to_owned()
}

async fn with_bearer(proxy: &Proxy, path: &str, link: &str) -> (u16, String) {
    let bearer = format!("Bearer {link}");
    let headers = [("host", "localhost"), ("authorization", &*bearer)];
    let answer = http::get(proxy.server.address(), path, &headers).await;
    (answer.status, String::from_utf8_lossy(&answer.body).into_owned())
}

/// The first message, and the first one after a document.
async fn messages(simulator: &Simulator, socket: &mut Socket) -> String {
    let mut all = String::new();
    let mut turn = support::viewer::now_ms();
    while !all.contains("\"documents\"") {
        // Something new each time.
        turn += 1;
        let document = json!({"id_call": format!("turn-{turn}"), "active": 1,
            "customer_target": {"number": NUMBER}, "agent_last": {"name": NAME, "id": "8061"}});
        simulator.send("calls", document.to_string()).await;
        match socket.next().await.expect("the socket is open").expect("a message") {
            Message::Text(text) => all.push_str(&text),
            other => panic!("{other:?}"),
        }
    }
    all
}

#[tokio::test]
async fn what_a_role_may_not_see_leaves_by_no_route() {
    let (simulator, proxy, key) = centre().await;
    let make =
        |role: &str| link(&proxy.data_dir(), &["--role", role, "--expires", "1d", "--name", role]);
    for (role, sees_name, sees_number) in
        [("supervisor", true, true), ("floor", true, false), ("public", false, false)]
    {
        let link = make(role);
        let mut all = String::new();
        for route in [
            "/api/snapshot",
            "/api/calls",
            "/api/calls.csv",
            "/api/calls.ndjson",
            "/api/calls/two",
            "/api/metrics?by=queue,agent",
        ] {
            let (status, body) = with_bearer(&proxy, route, &link).await;
            assert_eq!(status, 200, "{role}: {route}: {body}");
            all.push_str(&body);
        }
        let protocol = format!("callboard.v1, key.{link}");
        let headers = [("sec-websocket-protocol", &*protocol)];
        let mut viewer = socket(&proxy, "", &headers).await.expect("a viewer");
        all.push_str(&messages(&simulator, &mut viewer).await);
        let mut events = Client::new().get(proxy.url(&format!("/api/events?link={link}")));
        events = events.header("accept", "text/event-stream");
        let mut events = events.send().await.expect("an answer");
        let first = events.chunk().await.expect("a piece").expect("a piece");
        all.push_str(&String::from_utf8_lossy(&first));

        assert_eq!(all.contains(NAME), sees_name, "{role}");
        assert_eq!(all.contains(NUMBER), sees_number, "{role}");
        assert_eq!(all.contains(PHONE), sees_name, "{role}: who has names has their phones");
        assert_eq!(all.contains("secret_note"), role == "supervisor", "{role}");
        // As a field of JSON or CSV: the digits alone are in some instants.
        let id = all.contains("\"8061\"") || all.contains(",8061,");
        assert_eq!(id, sees_name, "{role}: an id is a name");
        assert!(all.contains("Q72"), "{role}: queues have names");
        let raw = socket_at(&proxy, "/calls", &headers).await.err();
        assert_eq!(raw, (role != "supervisor").then_some(403), "{role}");
    }
    let log = proxy.log();
    for private in [NAME, NUMBER, key.text()] {
        assert!(!log.contains(private), "{private}: {log}");
    }
}

#[tokio::test]
async fn a_link_shows_its_queues_only() {
    let (_simulator, proxy, _) = centre().await;
    let arguments = ["--role", "floor", "--queues", "72", "--expires", "12h", "--name", "TV"];
    let link = link(&proxy.data_dir(), &arguments);
    let look = async || with_bearer(&proxy, "/api/calls", &link).await.1;
    let calls = until("the call", look, |body| body.contains("\"two\"")).await;
    assert!(!calls.contains("\"one\""), "{calls}");
    assert_eq!(with_bearer(&proxy, "/api/calls/one", &link).await.0, 404);
    let (_, snapshot) = with_bearer(&proxy, "/api/snapshot", &link).await;
    let snapshot: Value = serde_json::from_str(&snapshot).expect("JSON");
    assert_eq!(snapshot["board"]["scope"], json!(["72"]));
    assert_eq!(snapshot["board"]["calls"].as_object().expect("calls").len(), 1);
    assert!(snapshot["board"]["queues"].get("71").is_none(), "{snapshot}");
    let (_, figures) = with_bearer(&proxy, "/api/metrics?by=queue", &link).await;
    let figures: Value = serde_json::from_str(&figures).expect("JSON");
    assert_eq!(figures["total"]["offered"], 1, "{figures}");
    // A filter does not lead out of it.
    let headers = [("authorization", &*format!("Bearer {link}"))];
    let mut viewer = socket(&proxy, "", &headers).await.expect("a viewer");
    let filter = Message::text(r#"{"type":"filter","queues":["71"]}"#);
    futures_util::SinkExt::send(&mut viewer, filter).await.expect("it can be sent");
    let mut last = String::new();
    while !last.contains("\"scope\":[]") {
        match viewer.next().await.expect("the socket is open").expect("a message") {
            Message::Text(text) => last = text.to_string(),
            other => panic!("{other:?}"),
        }
    }
    assert!(!last.contains("\"one\"") && !last.contains("\"two\""), "{last}");
}

#[tokio::test]
async fn a_link_can_be_listed_and_revoked_while_the_proxy_runs() {
    let (_simulator, proxy, _) = centre().await;
    let folder = proxy.data_dir();
    let arguments = ["--role", "public", "--expires", "90d", "--name", "TV 3rd floor"];
    let text = link(&folder, &arguments);
    let folder = folder.to_str().expect("a plain path");
    let again = run(&[&["link", "--data-dir", folder], &arguments[..]].concat(), &[]);
    assert_eq!(again.status.code(), Some(1), "a name is given once");
    let headers = [("authorization", &*format!("Bearer {text}"))];
    let mut viewer = socket(&proxy, "", &headers).await.expect("a viewer");

    let list = async || {
        let output = run(&["links", "--data-dir", folder], &[]);
        String::from_utf8_lossy(&output.stdout).into_owned()
    };
    let is_seen = |list: &String| list.contains("TV 3rd floor") && !list.contains("  never");
    let listed = until("when it was seen", list, is_seen).await;
    assert!(listed.contains("public") && listed.contains("valid"), "{listed}");
    assert!(!listed.contains(&text[..20]), "the link itself is in no list: {listed}");

    let revoked = run(&["unlink", "TV 3rd floor", "--data-dir", folder], &[]);
    assert_eq!(revoked.status.code(), Some(0));
    assert_eq!(farewell(&mut viewer).await.0, 4401);
    assert_eq!(with_bearer(&proxy, "/api/snapshot", &text).await.0, 401);
    let twice = run(&["unlink", "TV 3rd floor", "--data-dir", folder], &[]);
    assert_eq!(twice.status.code(), Some(1));
}

#[tokio::test]
async fn a_link_was_last_seen_when_its_viewer_left() {
    let (_simulator, mut proxy, _key) = centre().await;
    let arguments = ["--role", "public", "--expires", "90d", "--name", "TV"];
    let text = link(&proxy.data_dir(), &arguments);
    let headers = [("authorization", &*format!("Bearer {text}"))];
    let viewer = socket(&proxy, "", &headers).await.expect("a viewer");
    let file = proxy.data_dir().join("callboard.db");
    let seen = async || -> Option<i64> {
        let database = rusqlite::Connection::open(&file).expect("the file can be read");
        let sql = "SELECT last_seen_ms FROM links WHERE name = 'TV'";
        database.query_row(sql, [], |row| row.get(0)).expect("the link is kept")
    };
    let shown = until("when it was shown", seen, Option::is_some).await;
    drop(viewer);
    let left = until("when its viewer left", seen, |seen| *seen > shown).await;
    // Nor does a stop lose what was not yet written.
    let _viewer = socket(&proxy, "", &headers).await.expect("a viewer");
    proxy.stop_and_start().await;
    assert!(seen().await > left);
}

#[tokio::test]
async fn a_session_that_ends_right_before_a_stop_is_over_afterwards() {
    let (_simulator, mut proxy, key) = centre().await;
    let answer = Client::new().post(proxy.url("/api/session"));
    let answer = answer.json(&json!({ "key": key.text() })).send().await.expect("an answer");
    let cookie = answer.headers()["set-cookie"].to_str().expect("plain text");
    let cookie = cookie.split(';').next().expect("a name and a value").to_owned();
    let end = Client::new().delete(proxy.url("/api/session")).header("cookie", &cookie);
    assert!(end.send().await.expect("an answer").status().is_success());
    proxy.stop_and_start().await;
    // At the first look, too.
    let headers = [("host", "localhost"), ("cookie", &*cookie)];
    let first = http::get(proxy.server.address(), "/api/snapshot", &headers).await;
    assert_eq!(first.status, 401);
}

#[tokio::test]
async fn links_and_sessions_outlive_a_restart() {
    let (_simulator, mut proxy, key) = centre().await;
    let arguments = ["--role", "floor", "--expires", "30m", "--name", "desk"];
    let link = link(&proxy.data_dir(), &arguments);
    let open = async |proxy: &Proxy, key: &str| {
        let answer = Client::new().post(proxy.url("/api/session")).json(&json!({ "key": key }));
        let answer = answer.send().await.expect("an answer");
        let cookie = answer.headers()["set-cookie"].to_str().expect("plain text");
        cookie.split(';').next().expect("a name and a value").to_owned()
    };
    let (kept, ended) = (open(&proxy, key.text()).await, open(&proxy, &link).await);
    let end = Client::new().delete(proxy.url("/api/session")).header("cookie", &ended);
    end.send().await.expect("an answer");
    let status = async |proxy: &Proxy, cookie: &str| {
        let headers = [("host", "localhost"), ("cookie", cookie)];
        http::get(proxy.server.address(), "/api/snapshot", &headers).await.status
    };
    assert_eq!((status(&proxy, &kept).await, status(&proxy, &ended).await), (200, 401));
    // The end of a session is written within some seconds.
    let written = proxy.data_dir().join("callboard.db");
    let look = async || {
        let database = rusqlite::Connection::open(&written).expect("the file can be read");
        let count = database.query_row("SELECT count(*) FROM ended_sessions", [], |row| row.get(0));
        count.unwrap_or(0_i64)
    };
    until("the end of the session in the store", look, |count| *count == 1).await;
    proxy.stop_and_start().await;
    let look = async || status(&proxy, &ended).await;
    until("what was ended to be known", look, |status| *status == 401).await;
    assert_eq!(status(&proxy, &kept).await, 200);
    assert_eq!(with_bearer(&proxy, "/api/snapshot", &link).await.0, 200);
}

#[test]
fn a_link_that_makes_no_sense_is_refused() {
    let folder = tempfile::tempdir().expect("a temporary folder can be made");
    let folder = folder.path().to_str().expect("a plain path");
    for arguments in [
        &["--role", "boss", "--expires", "1d", "--name", "x"][..],
        &["--role", "floor", "--expires", "soon", "--name", "x"],
        &["--role", "floor", "--expires", "99999d", "--name", "x"],
        &["--role", "floor", "--name", "x"],
        &["--role", "floor", "--expires", "1d"],
    ] {
        let output = run(&[&["link", "--data-dir", folder], arguments].concat(), &[]);
        assert_eq!(output.status.code(), Some(2), "{arguments:?}");
    }
}
