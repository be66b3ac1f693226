//! Rows 14, 27, 31: what must stay inside, and what must not get into the log.

use std::os::unix::process::ExitStatusExt as _;

use serde_json::{Value, json};
use support::{Process, Proxy, Rude, Simulator, Token, Viewer, http, run, until};

use super::watched;

/// A caller's number that is nobody's.
const NUMBER: &str = "0046701740605";

/// All that a proxy says to whom it may concern.
async fn outputs(proxy: &Proxy) -> String {
    let process = proxy.server.process();
    let mut all = [process.stdout(), process.stderr()].concat();
    for path in ["/metrics", "/readyz", "/healthz", "/nothing", "/api/live", "/calls", "/"] {
        let answer = http::get(proxy.server.address(), path, &[("host", "localhost")]).await;
        all.push_str(&answer.head);
        all.push_str(&String::from_utf8_lossy(&answer.body));
    }
    for file in ["cmdline", "environ", "comm", "status"] {
        // Another user's processes keep theirs to themselves.
        let bytes = std::fs::read(format!("/proc/{}/{file}", process.id())).unwrap_or_default();
        all.push_str(&String::from_utf8_lossy(&bytes));
    }
    all
}

/// Asks for what is refused, with `secret` in every place that could be
/// repeated.
async fn provoke(proxy: &Proxy, secret: &str) {
    let address = proxy.server.address();
    for target in [
        format!("/{secret}"),
        format!("/api/snapshot?link={secret}"),
        format!("/api/live?epoch={secret}&seq={secret}"),
        format!("/api/events?epoch={secret}&seq=1"),
        format!("/../{secret}"),
    ] {
        let bearer = format!("Bearer wrong-{secret}");
        let headers = [("host", "localhost"), ("authorization", &*bearer), ("cookie", secret)];
        http::get(address, &target, &headers).await;
        http::get(address, &target, &[("host", secret)]).await;
    }
    let body = json!({ "key": format!("wrong-{secret}"), secret: 1 });
    let _ = http::client().post(proxy.url("/api/session")).json(&body).send().await;
    let mut rude = Rude::connect(address).await;
    let _ = rude.say(format!("{secret} {secret}\r\n\r\n")).await;
    rude.head().await;
}

#[tokio::test]
async fn row_14_token_key_and_numbers_are_in_no_output() {
    let simulator = Simulator::quiet().await;
    let key = Token::new();
    for level in ["info", "trace"] {
        let file = key.file().to_str().expect("a plain path");
        let options = ["--viewer-key-file", file, "--log", level];
        let proxy = Proxy::with(&simulator, simulator.token(), &options).await;
        proxy.live().await;
        let id = simulator.play(json!({ "queue": "71", "number": NUMBER })).await;
        let shown = async || {
            let request = http::client().get(proxy.url("/api/snapshot")).bearer_auth(key.text());
            request.send().await.expect("an answer").text().await.expect("text")
        };
        let has_it = |board: &String| board.contains(&id) && board.contains(&NUMBER[4..]);
        until("the call, to who may see it", shown, has_it).await;
        provoke(&proxy, key.text()).await;
        provoke(&proxy, simulator.token().text()).await;
        let all = outputs(&proxy).await;
        assert!(all.contains("listening on") && all.contains("--token-file"), "{all}");
        for (name, secret) in [
            ("the key", key.text()),
            ("the token", simulator.token().text()),
            ("a caller's number", &NUMBER[4..]),
        ] {
            assert!(!all.contains(secret), "{name} at {level}: {all}");
        }
    }
}

#[tokio::test]
async fn row_14_wrong_settings_are_named_without_their_values() {
    let secret = Token::new();
    let text = secret.text();
    for variables in [
        &[("CALLBOARD_TOKEN", text), ("CALLBOARD_LISTEN", "nonsense")][..],
        &[("CALLBOARD_TOKEN", text), ("CALLBOARD_UPSTREAM", "ftp://x")],
        &[("CALLBOARD_TOKEN", text), ("CALLBOARD_TOKEN_FILE", "/dev/null")],
        &[("CALLBOARD_TOKEN", text), ("CALLBOARD_VIEWER_KEY", "short")],
        &[("CALLBOARD_TOKEN", text), ("CALLBOARD_NO_SUCH", text)],
        &[("CALLBOARD_TOKEN", "x"), ("CALLBOARD_VIEWER_KEY", &format!("{text}\u{7}"))],
    ] {
        let output = run(&["check"], variables);
        assert_eq!(output.status.code(), Some(2), "{variables:?}");
        let said = [output.stdout, output.stderr].concat();
        assert!(!String::from_utf8_lossy(&said).contains(text), "{variables:?}");
    }
}

/// Nothing but text and ends of lines.
#[track_caller]
fn assert_plain(log: &str, injected: &str) {
    let control = log.chars().find(|c| c.is_control() && *c != '\n');
    assert_eq!(control, None, "{log:?}");
    assert!(!log.lines().any(|line| line.trim_start().starts_with(injected)), "{log}");
}

#[tokio::test]
async fn row_27_nobody_writes_lines_of_the_log() {
    for format in ["text", "json"] {
        let options = ["--log", "trace", "--log-format", format];
        let (simulator, proxy, mut viewer) = watched(&options).await;
        let forged = "INJECTED all is well\u{1b}[2J\u{202e}";
        for head in [
            "GET /%0aINJECTED%20all%20is%20well HTTP/1.1\r\nhost: localhost\r\n\r\n".to_owned(),
            "GET /\u{1b}[2J\nINJECTED HTTP/1.1\r\nhost: localhost\r\n\r\n".to_owned(),
            format!("GET / HTTP/1.1\r\nhost: {forged}\r\n\r\n"),
            format!("GET / HTTP/1.1\r\nhost: localhost\r\nuser-agent: {forged}\r\n\r\n"),
            "GET / HTTP/1.1\r\nhost: localhost\r\nx: a\nINJECTED: y\r\n\r\n".to_owned(),
            "INJECTED\n".to_owned(),
        ] {
            let mut rude = Rude::connect(proxy.server.address()).await;
            let _ = rude.say(head).await;
            rude.head().await;
        }
        // By the upstream: names, keys and values with everything in them.
        let odd = "\nINJECTED all is well\u{1b}[2J\r\n";
        let document = json!({
            "id_call": odd, "active": odd, odd: odd,
            "time": { odd: odd, "start": odd },
            "queue_last": { "id": odd, "name": odd, "timestart": odd },
        });
        simulator.send("calls", document.to_string()).await;
        simulator.send("calls", odd).await;
        let id = &simulator.play(json!({ "queue": "71" })).await;
        viewer.wait("a call afterwards", |viewer| viewer.waits_in(id, "71")).await;
        let look = async || proxy.log();
        let has_both =
            |log: &String| log.contains("stream is live") && log.contains("frame left out");
        let log = until("both lines in the log", look, has_both).await;
        // The last line may still be on its way.
        let log = log.rsplit_once('\n').map_or("", |(whole, _)| whole);
        assert_plain(log, "INJECTED");
        if format == "json" {
            for line in log.lines() {
                let line = serde_json::from_str::<Value>(line);
                assert!(line.is_ok_and(|line| line.is_object()), "{log}");
            }
        }
    }
}

#[tokio::test]
async fn row_31_a_dying_process_leaves_no_memory_behind() {
    let simulator = Simulator::quiet().await;
    let mut proxy = Proxy::start(&simulator).await;
    Viewer::open(&proxy).await.wait_until_live().await;
    let id = proxy.server.process().id().to_string();
    let shell = |line: &str| std::process::Command::new("sh").args(["-c", line]).status();
    let lifted = shell(&format!("prlimit --core=unlimited --pid {id}"));
    assert!(lifted.is_ok_and(|status| status.success()), "a limit can be lifted");
    let aborted = shell(&format!("kill -ABRT {id}"));
    assert!(aborted.is_ok_and(|status| status.success()), "SIGABRT can be sent");
    let process: &mut Process = proxy.server.process_mut();
    let status = process.ended().await;
    assert_eq!((status.signal(), status.core_dumped()), (Some(6), false));
}
