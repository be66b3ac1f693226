//! The command line: exit codes, and the one sentence that says what to do.

use std::process::Output;

use support::files::{file, path};
use support::viewer::socket;
use support::{Proxy, Server, Simulator, Token, Viewer, run, until};
use tokio::net::TcpListener;

/// The start must fail with exit code `code` and one line that has `words`.
#[track_caller]
fn check(output: &Output, code: i32, words: &[&str]) {
    let stderr = String::from_utf8_lossy(&output.stderr);
    assert_eq!(output.status.code(), Some(code), "{stderr}");
    assert_eq!(stderr.trim_end().lines().count(), 1, "{stderr}");
    for word in words {
        assert!(stderr.contains(word), "`{word}` is missing: {stderr}");
    }
    assert_eq!(String::from_utf8_lossy(&output.stdout), "", "nothing was started");
}

#[test]
fn an_unknown_variable_stops_the_start() {
    for arguments in [&["check"][..], &[], &["simulate"]] {
        let output =
            run(arguments, &[("CALLBOARD_TOKEN", "t"), ("CALLBOARD_LISEN", "127.0.0.1:0")]);
        check(&output, 2, &["CALLBOARD_LISEN"]);
    }
}

#[test]
fn an_unknown_key_stops_the_start_without_its_value() {
    let config = file("lisen = \"hunter2\"\n");
    let output = run(&["--config", path(&config)], &[("CALLBOARD_TOKEN", "t")]);
    check(&output, 2, &["lisen"]);
    assert!(!String::from_utf8_lossy(&output.stderr).contains("hunter2"));
}

#[test]
fn a_token_in_the_file_is_not_printed() {
    // The commonest mistake: there is no such key.
    let config = file("token = \"hunter2\"\n");
    let output = run(&["check", "--config", path(&config)], &[]);
    check(&output, 2, &["token"]);
    assert!(!String::from_utf8_lossy(&output.stderr).contains("hunter2"));
}

#[test]
fn others_are_let_in_only_on_request() {
    let token = [("CALLBOARD_TOKEN", "t")];
    for address in ["0.0.0.0:0", "[::]:0"] {
        check(&run(&["--listen", address], &token), 2, &["`listen`", "public"]);
        let allowed = run(&["check", "--listen", address, "--public"], &token);
        assert_eq!(allowed.status.code(), Some(0));
    }
}

#[test]
fn a_missing_token_is_asked_for() {
    check(&run(&[], &[]), 2, &["`token-file`", "CALLBOARD_TOKEN"]);
    check(&run(&["simulate", "--listen", "127.0.0.1:0"], &[]), 2, &["`token-file`"]);
    check(&run(&["--token-file", "/no/such/file"], &[]), 2, &["`token-file`", "/no/such/file"]);
    let empty = file("\n");
    check(&run(&["--token-file", path(&empty)], &[]), 2, &["`token-file`", "empty"]);
    let token = Token::new();
    let file = token.file().to_str().expect("a plain path");
    let both = run(&["--token-file", file], &[("CALLBOARD_TOKEN", "t")]);
    check(&both, 2, &["`token-file`", "CALLBOARD_TOKEN"]);
}

#[test]
fn settings_that_cannot_work_are_named() {
    let token = [("CALLBOARD_TOKEN", "t")];
    for (arguments, setting) in [
        (["--upstream", "ws://example.org"], "`upstream`"),
        (["--upstream", "https://example.org"], "`upstream`"),
        (["--upstream", "wss://user:secret@example.org"], "`upstream`"),
        (["--upstream", "wss://example.org"], "`upstream-hosts`"),
        (["--upstream-auth", "basic"], "`upstream-auth`"),
        (["--allowed-origins", "example.org"], "`allowed-origins`"),
        (["--allowed-hosts", "*"], "`allowed-hosts`"),
        (["--max-viewers", "0"], "`max-viewers`"),
        (["--max-viewers-per-link", "0"], "`max-viewers-per-link`"),
        (["--page-dir", "/no/such/folder"], "`page-dir`"),
    ] {
        check(&run(&arguments, &token), 2, &[setting]);
    }
}

#[test]
fn a_fine_configuration_is_called_so() {
    let token = Token::new();
    let config = file(&format!(
        "listen = \"127.0.0.1:9\"\ntoken-file = {:?}\nallowed-hosts = [\"board.example\"]\n",
        token.file().display().to_string()
    ));
    let output = run(&["check", "--config", path(&config)], &[]);
    assert_eq!(output.status.code(), Some(0));
    assert_eq!(String::from_utf8_lossy(&output.stderr), "");
    assert!(String::from_utf8_lossy(&output.stdout).contains("fine"));
}

#[test]
fn a_flag_beats_a_variable_beats_the_file() {
    let config = file("max-viewers = 0\n");
    let (config, token) = (["check", "--config", path(&config)], ("CALLBOARD_TOKEN", "t"));
    check(&run(&config, &[token]), 2, &["`max-viewers`"]);
    let by_variable = run(&config, &[token, ("CALLBOARD_MAX_VIEWERS", "1")]);
    assert_eq!(by_variable.status.code(), Some(0));
    let by_flag = [&config[..], &["--max-viewers", "1"]].concat();
    let by_flag = run(&by_flag, &[token, ("CALLBOARD_MAX_VIEWERS", "0")]);
    assert_eq!(by_flag.status.code(), Some(0));
}

#[tokio::test]
async fn a_port_in_use_is_no_mistake_of_the_configuration() {
    let taken = TcpListener::bind("127.0.0.1:0").await.expect("a free port");
    let address = taken.local_addr().expect("it has an address").to_string();
    let token = [("CALLBOARD_TOKEN", "t")];
    let serve = ["--listen", &address, "--upstream", "ws://127.0.0.1:9"];
    check(&run(&serve, &token), 1, &[&address, "cannot listen"]);
    check(&run(&["simulate", "--listen", &address], &token), 1, &[&address, "cannot listen"]);
}

#[tokio::test]
async fn sigterm_sends_the_viewers_home_and_ends_well() {
    let simulator = Simulator::quiet().await;
    let mut proxy = Proxy::start(&simulator).await;
    let mut viewers = [Viewer::open(&proxy).await, Viewer::open(&proxy).await];
    proxy.server.process().terminate();
    for viewer in &mut viewers {
        let (code, reason) = viewer.farewell().await;
        assert_eq!(code, 1012);
        let delay_ms: u32 = reason.parse().expect("the reason is a delay in ms");
        assert!(delay_ms <= 60_000, "{delay_ms}");
    }
    let status = proxy.server.process_mut().ended().await;
    assert_eq!(status.code(), Some(0), "{}", proxy.log());
}

#[tokio::test]
async fn a_stopped_simulator_ends_well() {
    let mut simulator = Simulator::quiet().await;
    let proxy = Proxy::start(&simulator).await;
    let mut viewer = Viewer::open(&proxy).await;
    viewer.wait_until_live().await;
    simulator.server.process().terminate();
    let status = simulator.server.process_mut().ended().await;
    assert_eq!(status.code(), Some(0), "{}", simulator.server.process().stderr());
}

#[tokio::test]
async fn the_demo_needs_neither_token_nor_upstream() {
    let demo = Server::start(vec!["--demo".into()]).await;
    let proxy = Proxy::from(demo);
    let mut viewer = Viewer::open(&proxy).await;
    viewer.wait("calls", |viewer| !viewer.board.calls.is_empty()).await;
}

#[tokio::test]
async fn viewers_beyond_the_limit_are_turned_away() {
    let simulator = Simulator::quiet().await;
    let proxy = Proxy::with(&simulator, simulator.token(), &["--max-viewers", "1"]).await;
    let viewer = Viewer::open(&proxy).await;
    assert_eq!(socket(&proxy, "", &[]).await.err(), Some(503));
    drop(viewer);
    let look = async || socket(&proxy, "", &[]).await.err();
    until("the seat to be free", look, Option::is_none).await;
}
