//! Keys and sessions: who is let in, by which way, and who must go.

use reqwest::{Client, StatusCode};
use serde_json::{Value, json};
use support::viewer::{farewell, socket, socket_at};
use support::{Proxy, Simulator, Token, http, until};

/// A proxy that asks for a key, and the key.
async fn locked(options: &[&str]) -> (Simulator, Proxy, Token) {
    let simulator = Simulator::quiet().await;
    let key = Token::new();
    let file = key.file().to_str().expect("a plain path");
    let options = [&["--viewer-key-file", file], options].concat();
    let proxy = Proxy::with(&simulator, simulator.token(), &options).await;
    (simulator, proxy, key)
}

fn bearer(key: &str) -> String {
    format!("Bearer {key}")
}

async fn status(proxy: &Proxy, path: &str, headers: &[(&str, &str)]) -> u16 {
    let mut all = vec![("host", "localhost")];
    all.extend(headers);
    http::get(proxy.server.address(), path, &all).await.status
}

#[tokio::test]
async fn without_a_key_no_call_is_shown() {
    let (_simulator, proxy, key) = locked(&[]).await;
    for path in ["/api/snapshot", "/api/events", "/metrics"] {
        for headers in [&[][..], &[("authorization", "Bearer wrong")], &[("cookie", "callboard=x")]]
        {
            let headers = [&[("host", "localhost")], headers].concat();
            let answer = http::get(proxy.server.address(), path, &headers).await;
            assert_eq!(answer.status, 401, "{path}: {headers:?}");
            assert_eq!(answer.header("content-type"), Some("application/problem+json"), "{path}");
            let body = String::from_utf8_lossy(&answer.body);
            assert!(!body.contains("board") || path == "/metrics", "{path}: {body}");
        }
        let link = format!("{path}?link={}", key.text());
        assert_eq!(status(&proxy, &link, &[]).await, 401, "a key is no link");
    }
    // Nothing of a call is in these.
    for path in ["/", "/healthz"] {
        assert_eq!(status(&proxy, path, &[]).await, 200, "{path}");
    }
}

#[tokio::test]
async fn a_browser_is_told_through_the_socket_that_the_key_is_wrong() {
    let (_simulator, proxy, _) = locked(&[]).await;
    for headers in [&[][..], &[("authorization", "Bearer wrong")]] {
        let mut socket = socket(&proxy, "", headers).await.expect("the handshake is made");
        assert_eq!(farewell(&mut socket).await.0, 4401, "{headers:?}");
    }
    for stream in ["/calls", "/queues", "/agents"] {
        assert_eq!(socket_at(&proxy, stream, &[]).await.err(), Some(401), "{stream}");
    }
}

#[tokio::test]
async fn the_key_is_taken_by_header_and_by_subprotocol() {
    let (_simulator, proxy, key) = locked(&[]).await;
    let (header, protocol) = (bearer(key.text()), format!("callboard.v1, key.{}", key.text()));
    let ways = [("authorization", &*header), ("sec-websocket-protocol", &*protocol)];
    for way in ways {
        assert_eq!(status(&proxy, "/api/snapshot", &[way]).await, 200, "{}", way.0);
        for path in ["/api/live", "/calls", "/queues", "/agents"] {
            assert_eq!(socket_at(&proxy, path, &[way]).await.err(), None, "{path} by {}", way.0);
        }
    }
    assert!(!proxy.log().contains(key.text()), "the key is in the log");
}

/// A session's cookie, as a browser sends it back.
async fn session(proxy: &Proxy, key: &str) -> String {
    let answer = Client::new().post(proxy.url("/api/session")).json(&json!({ "key": key }));
    let answer = answer.send().await.expect("an answer");
    assert_eq!(answer.status(), StatusCode::OK);
    let cookie = answer.headers()["set-cookie"].to_str().expect("plain text").to_owned();
    for part in ["HttpOnly", "SameSite=Lax", "Path=/", "Max-Age="] {
        assert!(cookie.contains(part), "{part}: {cookie}");
    }
    assert!(!cookie.contains(key), "the key itself is no session");
    cookie.split(';').next().expect("a name and a value").to_owned()
}

#[tokio::test]
async fn a_session_opens_with_the_key_and_ends_on_request() {
    let (_simulator, proxy, key) = locked(&[]).await;
    let cookie = session(&proxy, key.text()).await;
    let origin = format!("http://{}", proxy.server.address());
    let by_cookie = [("cookie", &*cookie), ("origin", &*origin)];
    assert_eq!(status(&proxy, "/api/snapshot", &by_cookie[..1]).await, 200);
    let mut viewer = socket(&proxy, "", &by_cookie).await.expect("a viewer");
    // A page elsewhere sends the cookie too; a program without a page has none.
    let foreign = [("cookie", &*cookie), ("origin", "https://evil.example")];
    assert_eq!(socket(&proxy, "", &foreign).await.err(), Some(403));
    assert_eq!(socket(&proxy, "", &by_cookie[..1]).await.err(), Some(403));

    let closed = Client::new().delete(proxy.url("/api/session")).header("cookie", &cookie);
    let closed = closed.send().await.expect("an answer");
    assert_eq!(closed.status(), StatusCode::NO_CONTENT);
    assert_eq!(farewell(&mut viewer).await.0, 4401);
    assert_eq!(status(&proxy, "/api/snapshot", &by_cookie[..1]).await, 401);
}

#[tokio::test]
async fn a_session_is_refused_to_who_has_no_key() {
    let (_simulator, proxy, _) = locked(&[]).await;
    let client = Client::new();
    for (body, status, parameter) in [
        (r#"{"key":"wrong-key-wrong-key"}"#, 401, None),
        ("", 401, None),
        ("nonsense", 400, Some("key")),
        (r#"{"key":1}"#, 400, Some("key")),
        (r#"{"key":"x","role":"supervisor"}"#, 400, Some("key")),
    ] {
        let answer = client.post(proxy.url("/api/session")).body(body).send().await;
        let answer = answer.expect("an answer");
        assert_eq!(answer.status().as_u16(), status, "{body}");
        assert!(answer.headers().get("set-cookie").is_none(), "{body}");
        let problem: Value = answer.json().await.expect("a problem");
        assert_eq!(problem["parameter"].as_str(), parameter, "{body}");
    }
    let large = client.post(proxy.url("/api/session")).body("x".repeat(5_000)).send().await;
    assert_eq!(large.expect("an answer").status(), StatusCode::PAYLOAD_TOO_LARGE);
    // A form of another page brings no session about.
    let foreign = client.post(proxy.url("/api/session")).header("origin", "https://evil.example");
    assert_eq!(foreign.send().await.expect("an answer").status(), StatusCode::FORBIDDEN);
}

#[tokio::test]
async fn keys_cannot_be_tried_out() {
    let (_simulator, proxy, key) = locked(&[]).await;
    let wrong = || status(&proxy, "/api/snapshot", &[("authorization", "Bearer wrong")]);
    until("the end of patience", wrong, |status| *status == 429).await;
    // Also the right one: who guesses must not learn it.
    let right = bearer(key.text());
    assert_eq!(status(&proxy, "/api/snapshot", &[("authorization", &right)]).await, 429);
}

#[tokio::test]
async fn who_watches_the_proxy_has_a_listener_without_calls() {
    let (_simulator, proxy, _) = locked(&["--metrics-listen", "127.0.0.1:0"]).await;
    // The second line tells where it is.
    let address = proxy.server.process().stdout();
    let address = address.lines().nth(1).and_then(|line| line.split("://").nth(1));
    let address = address.expect("an address").parse().expect("an address");
    for (path, expected) in
        [("/metrics", 200), ("/healthz", 200), ("/api/snapshot", 404), ("/", 404)]
    {
        let answer = http::get(address, path, &[("host", "localhost")]).await;
        assert_eq!(answer.status, expected, "{path}");
    }
    let foreign = http::get(address, "/metrics", &[("host", "evil.example")]).await;
    assert_eq!(foreign.status, 421);
}

#[tokio::test]
async fn behind_a_reverse_proxy_the_board_lives_under_a_path() {
    let options = ["--public-url", "https://intranet.example/board/"];
    let (_simulator, proxy, key) =
        locked(&[&options[..], &["--trusted-proxies", "127.0.0.1"]].concat()).await;
    let host = ("host", "intranet.example");
    let right = bearer(key.text());
    for path in ["/board/api/snapshot", "/api/snapshot"] {
        let headers = [host, ("authorization", &*right)];
        assert_eq!(http::get(proxy.server.address(), path, &headers).await.status, 200, "{path}");
    }
    for path in ["/board/", "/board/healthz"] {
        assert_eq!(http::get(proxy.server.address(), path, &[host]).await.status, 200, "{path}");
    }
    let answer = Client::new().post(proxy.url("/board/api/session"));
    let answer = answer.header("host", "intranet.example").header("x-forwarded-proto", "https");
    let answer = answer.header("origin", "https://intranet.example");
    let answer = answer.json(&json!({ "key": key.text() })).send().await.expect("an answer");
    let cookie = answer.headers()["set-cookie"].to_str().expect("plain text");
    assert!(cookie.contains("Path=/board/") && cookie.contains("Secure"), "{cookie}");
    assert!(answer.headers().contains_key("strict-transport-security"));
}

#[tokio::test]
async fn who_lies_about_the_address_shares_its_own_limits() {
    let (_simulator, proxy, _) = locked(&[]).await;
    // Nobody is trusted here: a new address in each request changes nothing.
    let count = std::cell::Cell::new(0_u32);
    let wrong = async || {
        count.set(count.get() + 1);
        let address = format!("192.0.2.{}", count.get() % 250);
        let headers = [("authorization", "Bearer wrong"), ("x-forwarded-for", &*address)];
        status(&proxy, "/api/snapshot", &headers).await
    };
    until("the end of patience", wrong, |status| *status == 429).await;
}
