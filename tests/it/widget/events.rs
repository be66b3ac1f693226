//! What pages are told when a queue goes beyond its limits.

use std::collections::BTreeSet;

use serde_json::{Value, json};
use support::until;

use super::{Scene, figure, open, scene_with, until_shadow};

/// Limits of this proxy: one caller is a risk, two are a breach, and the first
/// miss of the day counts.
const LIMITS: &str = "short-abandon-s = 0\n[alerts]\nwaiting = { warn = 1, breach = 2 }\n\
    longest-wait-s = {}\nleast-decided = 1\n";

/// A call that waits in 71, or that gave up.
async fn call(scene: &Scene, id: &str, gave_up: bool) {
    let start = support::viewer::now_ms() - 40_000;
    let mut call = json!({"id_call": id, "active": 1, "call_direction": "incoming", "internal": 0,
        "time": {"start": start},
        "queue_first": {"id": 71, "name": "Support", "timestart": start}});
    if gave_up {
        call["active"] = json!(0);
        call["time"]["end"] = json!(start + 30_000);
        call["terminated_call_reason"] = json!("queue_leave_abandon");
        call["queue_first"]["fail_reason"] = json!("queue_leave_abandon");
    }
    scene.simulator.send("calls", call.to_string()).await;
}

/// The fields of an interface, as the types for editors name them.
fn fields(types: &str, interface: &str) -> BTreeSet<String> {
    let (_, rest) = types.split_once(&format!("export interface {interface} ")).expect("its types");
    let (body, _) = rest.split_once("\n}").expect("its end");
    let lines = body.lines().filter_map(|line| line.trim().split_once(": "));
    lines.map(|(name, _)| name.to_owned()).filter(|name| !name.starts_with('/')).collect()
}

#[tokio::test]
async fn a_queue_beyond_its_limits_is_told_with_all_that_is_known_of_it() {
    let folder = tempfile::tempdir().expect("a temporary folder can be made");
    let config = folder.path().join("callboard.toml");
    std::fs::write(&config, LIMITS).expect("it can be written");
    let options = ["--config", config.to_str().expect("a plain path")];
    let body = "<call-board link=\"LINK\"></call-board>";
    let scene = Box::pin(scene_with(body, None, true, &options)).await;
    let browser = open(&scene).await;
    until_shadow(&browser, "call-board", &figure("waiting"), "0").await;
    // At the page, which is where they must come through to.
    let listen = "window.alerts = []; window.queues = [];
        document.addEventListener('callboard-alert', (e) => alerts.push(e.detail));
        document.addEventListener('callboard-update', (e) => { queues = e.detail.queues; })";
    browser.script(listen, vec![]).await;
    let alerts = async |count: usize| -> Vec<Value> {
        let look = async || browser.script("return alerts", vec![]).await;
        let enough = |alerts: &Value| alerts.as_array().is_some_and(|list| list.len() >= count);
        let alerts = until(&format!("{count} alerts"), look, enough).await;
        alerts.as_array().cloned().unwrap_or_default()
    };
    let told = |alert: &Value| (alert["what"].clone(), alert["urgency"].clone());

    call(&scene, "one", false).await;
    let first = alerts(1).await.remove(0);
    assert_eq!(told(&first), (json!("wait"), json!("risk")));
    let queue = &first["queue"];
    assert_eq!((&queue["id"], &queue["name"]), (&json!("71"), &json!("Support")));
    assert_eq!((&queue["waiting"], &queue["wait_urgency"]), (&json!(1), &json!("risk")));
    let types = scene.proxy.text("/widget.d.ts").await;
    let keys = |value: &Value| -> BTreeSet<String> {
        value.as_object().into_iter().flatten().map(|(key, _)| key.clone()).collect()
    };
    assert_eq!(keys(&first), fields(&types, "CallBoardAlert"));
    let mut known = fields(&types, "CallBoardFigures");
    known.extend(fields(&types, "CallBoardQueue extends CallBoardFigures"));
    assert_eq!(keys(queue), known);

    call(&scene, "two", false).await;
    assert_eq!(told(&alerts(2).await[1]), (json!("wait"), json!("breach")));

    // Nobody waits any longer, which is an update; nobody was answered either.
    call(&scene, "one", true).await;
    call(&scene, "two", true).await;
    let look = async || browser.script("return queues[0]?.wait_urgency", vec![]).await;
    until("calm", look, |urgency| *urgency == json!("calm")).await;
    assert_eq!(told(&alerts(3).await[2]), (json!("level"), json!("breach")));

    // What was within its limits can be beyond them again.
    call(&scene, "three", false).await;
    let all = alerts(4).await;
    assert_eq!(told(&all[3]), (json!("wait"), json!("risk")));
    assert_eq!(all.len(), 4, "{all:?}");
}
