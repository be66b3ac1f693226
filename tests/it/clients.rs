//! Clients that others wrote find what the contract promises.

use std::io::{BufRead as _, BufReader};
use std::process::Command;

use serde_json::Value;
use support::clients::{Client, curl};
use support::{Proxy, Simulator, Token, until};

/// A proxy that asks for a key.
async fn locked() -> (Simulator, Proxy, Token) {
    let simulator = Simulator::quiet().await;
    let key = Token::new();
    let file = key.file().to_str().expect("a plain path");
    let options = ["--viewer-key-file", file];
    let proxy = Proxy::with(&simulator, simulator.token(), &options).await;
    (simulator, proxy, key)
}

/// Runs a program to its end while `meanwhile` happens again and again; what
/// it printed.
async fn run(mut command: Command, mut meanwhile: impl AsyncFnMut()) -> String {
    let mut child = command.spawn().unwrap_or_else(|error| panic!("{command:?}: {error}"));
    let stdout = child.stdout.take().expect("it is piped");
    let said = tokio::task::spawn_blocking(|| std::io::read_to_string(stdout));
    let look = async || {
        meanwhile().await;
        child.try_wait().expect("our own child can be waited for")
    };
    until(&format!("the end of {command:?}"), look, Option::is_some).await;
    said.await.expect("it was read").expect("it is text")
}

/// Runs a program until it has said all of `words`; what it has said.
async fn run_until(mut command: Command, words: &[&str], mut meanwhile: impl AsyncFnMut()) {
    let mut child = command.spawn().unwrap_or_else(|error| panic!("{command:?}: {error}"));
    let stdout = child.stdout.take().expect("it is piped");
    let said = std::sync::Arc::new(std::sync::Mutex::new(String::new()));
    let reader = std::thread::spawn({
        let said = std::sync::Arc::clone(&said);
        move || {
            let mut stdout = BufReader::new(stdout);
            while let Ok(bytes @ [_, ..]) = stdout.fill_buf() {
                let (text, length) = (String::from_utf8_lossy(bytes).into_owned(), bytes.len());
                said.lock().expect("nobody panics with it").push_str(&text);
                stdout.consume(length);
            }
        }
    });
    let look = async || {
        meanwhile().await;
        said.lock().expect("nobody panics with it").clone()
    };
    let all = |said: &String| words.iter().all(|word| said.contains(word));
    until(&format!("{words:?} from {command:?}"), look, all).await;
    // It would listen for ever.
    child.kill().expect("our own child can be ended");
    child.wait().expect("our own child can be waited for");
    reader.join().expect("it has read all");
}

fn opening(client: Client, proxy: &Proxy, path: &str, way: [&str; 2], count: &str) -> Command {
    let mut command = client.command();
    let url = format!("ws://{}{path}", proxy.server.address());
    command.arg(url).args(way).arg(count);
    command
}

const DOCUMENT: &str = "{ \"id_call\" : \"ö\",\t\"active\":1, \"x\":[ ] }";

#[tokio::test]
async fn other_peoples_clients_get_the_streams_as_they_came() {
    let (simulator, proxy, key) = locked().await;
    for client in Client::ALL {
        for way in ["bearer", "subprotocol"] {
            for stream in ["calls", "queues", "agents"] {
                let path = format!("/{stream}");
                let command = opening(client, &proxy, &path, [way, key.text()], "1");
                let send = async || simulator.send(stream, DOCUMENT).await;
                let said = run(command, send).await;
                assert_eq!(said.trim_end(), DOCUMENT, "{client:?} by {way} at {path}");
            }
        }
        let refused = opening(client, &proxy, "/calls", ["none", ""], "1");
        assert_eq!(run(refused, async || ()).await.trim(), "refused 401", "{client:?}");
    }
}

#[tokio::test]
async fn other_peoples_clients_get_the_board() {
    let (_simulator, proxy, key) = locked().await;
    for client in Client::ALL {
        for way in ["bearer", "subprotocol"] {
            let command = opening(client, &proxy, "/api/live", [way, key.text()], "3");
            let said = run(command, async || ()).await;
            let kinds: Vec<_> = said
                .lines()
                .map(|line| {
                    let message: Value = serde_json::from_str(line).expect("JSON");
                    message["type"].as_str().expect("a type").to_owned()
                })
                .collect();
            assert_eq!(kinds[..2], ["snapshot", "status"], "{client:?} by {way}: {said}");
            assert_eq!(kinds.len(), 3, "{client:?} by {way}: {said}");
        }
        for way in [["none", ""], ["bearer", "wrong-key-wrong"], ["subprotocol", "wrong-key-wrong"]]
        {
            let command = opening(client, &proxy, "/api/live", way, "1");
            assert_eq!(
                run(command, async || ()).await.trim(),
                "closed 4401",
                "{client:?}: {way:?}"
            );
        }
    }
}

#[tokio::test]
async fn curl_gets_events_by_key_and_by_cookie() {
    let (simulator, proxy, key) = locked().await;
    let folder = tempfile::tempdir().expect("a temporary folder");
    let jar = folder.path().join("jar").display().to_string();
    let bearer = format!("Authorization: Bearer {}", key.text());
    let status = async |more: &[&str], path: &str| {
        let mut command = curl();
        command.args(["--output", "/dev/null", "--write-out", "%{http_code}"]).args(more);
        run(
            {
                command.arg(proxy.url(path));
                command
            },
            async || (),
        )
        .await
    };
    let sign_in = format!(r#"{{"key":"{}"}}"#, key.text());
    let sign_in = ["--cookie-jar", &*jar, "--json", &*sign_in];
    assert_eq!(status(&sign_in, "/api/session").await, "200");
    let by_cookie = ["--cookie", &*jar];
    for way in [&by_cookie[..], &["--header", &*bearer]] {
        assert_eq!(status(way, "/api/snapshot").await, "200", "{way:?}");
        let mut command = curl();
        command.args(way).arg(proxy.url("/api/events"));
        let words = ["data: {\"type\":\"snapshot\"", "\ndata: {\"type\":\"documents\"", "\nid: "];
        let count = std::cell::Cell::new(0);
        let news = async || {
            count.set(count.get() + 1);
            let call = format!(r#"{{"id_call":"c{}","active":1}}"#, count.get());
            simulator.send("calls", call).await;
        };
        run_until(command, &words, news).await;
    }
    let sign_out = ["--cookie", &*jar, "--request", "DELETE"];
    assert_eq!(status(&sign_out, "/api/session").await, "204");
    for path in ["/api/snapshot", "/api/events"] {
        assert_eq!(status(&by_cookie, path).await, "401", "{path} afterwards");
        assert_eq!(status(&[], path).await, "401", "{path} without anything");
    }
}

#[tokio::test]
async fn curl_opens_sockets_by_hand() {
    let (simulator, proxy, key) = locked().await;
    let bearer = format!("Authorization: Bearer {}", key.text());
    let protocol = format!("Sec-WebSocket-Protocol: callboard.v1, key.{}", key.text());
    for way in [&*bearer, &*protocol] {
        for (path, words) in [
            ("/calls", ["HTTP/1.1 101 ", "\"x\":[ ] }"]),
            ("/api/live", ["HTTP/1.1 101 ", "{\"type\":\"snapshot\""]),
        ] {
            let mut command = curl();
            command.args(["--include", "--header", way]).args(["--output", "-"]);
            for header in [
                "Connection: Upgrade",
                "Upgrade: websocket",
                "Sec-WebSocket-Version: 13",
                "Sec-WebSocket-Key: dGhlIHNhbXBsZSBub25jZQ==",
            ] {
                command.args(["--header", header]);
            }
            command.arg(proxy.url(path));
            run_until(command, &words, async || simulator.send("calls", DOCUMENT).await).await;
        }
    }
}
