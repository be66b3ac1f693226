//! Row 32: questions that take for ever, over HTTP.

use futures_util::future::join_all;
use rusqlite::Connection;
use serde_json::Value;
use support::Proxy;

use super::{still_works, watched};

/// Makes the history endless: what counts in it goes on for ever, and none of
/// it belongs to any day. It reads a table, or connections that know it would
/// not notice when it has gone.
const ENDLESS: &str = "BEGIN IMMEDIATE; ALTER TABLE entries RENAME TO kept;
    CREATE VIEW entries AS WITH RECURSIVE n(i) AS (SELECT count(*) FROM kept UNION ALL SELECT i + 1 FROM n)
    SELECT -i AS at_ms, i AS call, 0 AS place, '' AS queue, 0 AS stand, 0 AS wait_ms,
    0 AS declined, 0 AS accepted, 0 AS failed, 0 AS transferred, 0 AS talks, 0 AS talk_ms,
    0 AS hold_ms FROM n; COMMIT;";
/// And as it was.
const AS_IT_WAS: &str =
    "BEGIN IMMEDIATE; DROP VIEW entries; ALTER TABLE kept RENAME TO entries; COMMIT;";
/// Figures of a day long ago.
const QUESTION: &str = "/api/metrics?from=2026-01-01T00:00:00Z&to=2026-01-02T00:00:00Z";

async fn ask(proxy: &Proxy) -> (u16, Value) {
    let answer = proxy.get(QUESTION).await;
    let status = answer.status().as_u16();
    if status != 200 {
        let header = |name: &str| answer.headers()[name].to_str().expect("text").to_owned();
        assert_eq!(header("content-type"), "application/problem+json");
        assert!(header("retry-after").parse::<u32>().is_ok());
    }
    (status, answer.json().await.expect("it is JSON"))
}

#[tokio::test]
async fn row_32_questions_without_end_are_given_up_and_nobody_else_notices() {
    let (simulator, proxy, mut viewer) = watched(&["--question-limit-s", "1"]).await;
    assert_eq!(ask(&proxy).await.0, 200);
    let database = Connection::open(proxy.data_dir().join("callboard.db")).expect("the file");
    database.execute_batch(ENDLESS).expect("the history becomes endless");
    // More than are answered at the same time: some never have a turn.
    let answers = join_all((0..6).map(|_| ask(&proxy))).await;
    for (status, problem) in answers {
        assert_eq!(status, 503, "{problem}");
        assert_eq!(problem["status"], 503);
        let detail = problem["detail"].as_str().unwrap_or_default();
        assert!(detail.contains("`question-limit-s`") && detail.contains("shorter"), "{detail}");
    }
    proxy.logged("given up because it took too long").await;
    // Other questions have their turn, and what is live never asks.
    assert_eq!(proxy.get("/api/calls").await.status(), 200);
    still_works(&simulator, &mut viewer).await;
    database.execute_batch(AS_IT_WAS).expect("the history is as it was");
    assert_eq!(ask(&proxy).await.0, 200);
}
