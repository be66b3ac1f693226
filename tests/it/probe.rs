//! `callboard probe`: which way of sending the token works, in plain words.

use std::process::Output;

use serde_json::json;
use support::{Fake, Peer, Simulator, Token, run};

/// What it said, on both outputs, and its exit code. The token is in neither.
async fn probe(upstream: &str, token: &Token, options: &[&str]) -> (i32, String, String) {
    let file = token.file().to_str().expect("a plain path").to_owned();
    let first = ["probe", "--upstream", upstream, "--token-file", &file];
    let rest = ["--wait", "1", "--pause", "10"];
    let arguments: Vec<_> =
        first.iter().chain(&rest).chain(options).map(|argument| (*argument).to_owned()).collect();
    // What it talks to may live in this process.
    let output = tokio::task::spawn_blocking(move || {
        let arguments: Vec<_> = arguments.iter().map(String::as_str).collect();
        run(&arguments, &[])
    });
    let Output { status, stdout, stderr } = output.await.expect("it runs to its end");
    let (stdout, stderr) = (String::from_utf8_lossy(&stdout), String::from_utf8_lossy(&stderr));
    for said in [&stdout, &stderr] {
        assert!(!said.contains(token.text()), "the token was said: {said}");
    }
    (status.code().expect("an exit code"), stdout.into_owned(), stderr.into_owned())
}

/// A simulator with a call that whoever connects is told of.
async fn simulator(auth: &[&str]) -> (Simulator, String) {
    let options = [&["--calls-per-hour", "0", "--greet"], auth].concat();
    let simulator = Simulator::start(&options).await;
    let id = simulator.play(json!({ "queue": "71" })).await;
    (simulator, id)
}

#[tokio::test]
async fn the_way_that_works_is_found() {
    for (auth, line) in [
        ("bearer", r#"upstream-auth = "bearer""#),
        ("header:authorization", r#"upstream-auth = "header:authorization""#),
        ("query:token", r#"upstream-auth = "query:token""#),
        ("query:access_token", r#"upstream-auth = "query:access_token""#),
        ("subprotocol", r#"upstream-auth = "subprotocol""#),
        ("first-message:{token}", r#"upstream-auth = "first-message:{token}""#),
    ] {
        let (simulator, id) = simulator(&["--auth", auth]).await;
        let (code, said, complaint) = probe(&simulator.url(), simulator.token(), &[]).await;
        assert_eq!((code, &*complaint), (0, ""), "{auth}: {said}");
        assert!(said.contains(line), "{auth}: {said}");
        assert!(said.contains("known fields: active, "), "{auth}: {said}");
        // Neither the call nor the queue that its document names.
        assert!(!said.contains(&id) && !said.contains("Support"), "{auth}: {said}");
    }
}

#[tokio::test]
async fn what_is_configured_is_tried_first() {
    let (simulator, _) = simulator(&["--auth", "header:x-api-key"]).await;
    let options = ["--upstream-auth", "header:x-api-key", "--stream", "queues"];
    let (code, said, _) = probe(&simulator.url(), simulator.token(), &options).await;
    assert_eq!(code, 0, "{said}");
    assert!(said.contains("/queues"), "{said}");
    assert!(!said.contains("bearer"), "nothing else is tried: {said}");
    assert!(said.contains(r#"upstream-auth = "header:x-api-key""#), "{said}");
}

#[tokio::test]
async fn all_ways_are_tried_on_request() {
    let (simulator, _) = simulator(&[]).await;
    let (code, said, _) = probe(&simulator.url(), simulator.token(), &["--all"]).await;
    assert_eq!(code, 0, "{said}");
    assert!(said.contains("query:access_token: not opened: "), "{said}");
    assert_eq!(said.matches("known fields").count(), 4, "{said}");
}

#[tokio::test]
async fn a_wrong_token_works_in_no_way() {
    let (simulator, _) = simulator(&[]).await;
    let (code, said, complaint) = probe(&simulator.url(), &Token::new(), &[]).await;
    assert_eq!(code, 1, "{said}");
    assert_eq!(said.matches("status 401").count(), 8, "{said}");
    assert_eq!(complaint.trim_end().lines().count(), 1, "{complaint}");
    assert!(complaint.contains("the token is refused"), "{complaint}");
}

#[tokio::test]
async fn silence_is_not_taken_for_success() {
    let simulator = Simulator::quiet().await;
    let (code, said, _) = probe(&simulator.url(), simulator.token(), &[]).await;
    assert_eq!(code, 0, "{said}");
    for words in [
        "bearer was accepted, but no document came",
        "3 other ways",
        "What could not be told",
        "--wait 300",
    ] {
        assert!(said.contains(words), "{words}: {said}");
    }
    assert!(!said.contains("opens without a token"), "{said}");

    let anybody = Fake::start(|mut peer: Peer| async move {
        peer.accept().await;
        peer.wait().await;
    })
    .await;
    let (code, said, _) = probe(&anybody.url(), &Token::new(), &[]).await;
    assert_eq!(code, 0, "{said}");
    assert!(said.contains("opens without a token"), "{said}");
}

#[tokio::test]
async fn codes_and_statuses_are_told_and_hopeless_attempts_are_not_made() {
    let closing = Fake::start(|mut peer: Peer| async move {
        match peer.nth {
            1 => peer.refuse("404 Not Found", "").await,
            2 => peer.refuse("302 Found", "location: /elsewhere\r\n").await,
            3 => {
                peer.accept().await;
                peer.text(r#"{"error":"hunter2 is not allowed"}"#).await;
                peer.close(1008).await;
            }
            4 => peer.accept_as("wrong").await,
            5 => peer.refuse("429 Too Many Requests", "").await,
            _ => {
                peer.accept().await;
                peer.close(4401).await;
            }
        }
    })
    .await;
    let (code, said, complaint) = probe(&closing.url(), &Token::new(), &["--all"]).await;
    for words in ["status 404", "status 302", "no id_call", "not a WebSocket's", "status 429"] {
        assert!(said.contains(words), "{words}: {said}");
    }
    assert!(!said.contains("hunter2"), "{said}");
    // A stream that said something was open at least; 429 ended it all.
    assert_eq!((code, closing.connections()), (0, 5), "{said} {complaint}");

    let refusing = Fake::start(|mut peer: Peer| async move {
        peer.accept().await;
        peer.close(4401).await;
    })
    .await;
    let (code, said, complaint) = probe(&refusing.url(), &Token::new(), &[]).await;
    assert_eq!(code, 1, "{said}");
    assert!(said.contains("code 4401 (refused)"), "{said}");
    assert!(complaint.contains("the token is refused"), "{complaint}");

    let gone = { Fake::start(|_| async {}).await.url() };
    let (code, said, complaint) = probe(&gone, &Token::new(), &[]).await;
    assert_eq!(code, 1, "{said}");
    assert_eq!(said.matches("not opened").count(), 1, "one attempt is enough: {said}");
    assert!(complaint.contains("connection refused"), "{complaint}");
}

#[tokio::test]
async fn a_probe_needs_a_real_upstream_and_real_options() {
    let demo = run(&["probe", "--demo"], &[]);
    assert_eq!(demo.status.code(), Some(2));
    assert!(String::from_utf8_lossy(&demo.stderr).contains("`demo`"));
    let token = [("CALLBOARD_TOKEN", "t")];
    for wrong in [["--stream", "chats"], ["--wait", "0"]] {
        let output = run(&[&["probe"], &wrong[..]].concat(), &token);
        assert_eq!(output.status.code(), Some(2), "{wrong:?}");
    }
}
