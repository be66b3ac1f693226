//! Rows 1, 2, 3, 19: pages of others, and names that are not ours.

use reqwest::Method;
use support::rude::{Rude, frame};
use support::viewer::socket_at;
use support::{Proxy, Simulator, http};

use super::{SOCKETS, still_works, watched};

const FOREIGN: [&str; 8] = [
    "https://evil.example",
    "null",
    "",
    "https://intranet.example.evil.example",
    "https://evil.example/https://intranet.example",
    "http://intranet.example",
    "https://intranet.example:8443",
    "file://",
];

#[tokio::test]
async fn row_1_foreign_pages_open_no_socket_on_any_route() {
    let options = ["--allowed-origins", "https://intranet.example"];
    let (simulator, proxy, mut viewer) = watched(&options).await;
    let own = format!("http://{}", proxy.server.address());
    let near = [format!("{own}.evil.example"), format!("{own}0"), format!("http://x@{own}")];
    for path in SOCKETS {
        for origin in FOREIGN.into_iter().chain(near.iter().map(String::as_str)) {
            let refusal = socket_at(&proxy, path, &[("origin", origin)]).await.err();
            assert_eq!(refusal, Some(403), "{path} for {origin:?}");
        }
        for origin in [&*own, "https://intranet.example", "HTTPS://Intranet.Example"] {
            let refusal = socket_at(&proxy, path, &[("origin", origin)]).await.err();
            assert_eq!(refusal, None, "{path} for {origin}");
        }
    }
    still_works(&simulator, &mut viewer).await;
}

#[tokio::test]
async fn row_2_a_cookie_without_an_origin_opens_no_socket() {
    let key = support::Token::new();
    let file = key.file().to_str().expect("a plain path");
    let simulator = Simulator::quiet().await;
    let options = ["--viewer-key-file", file];
    let proxy = Proxy::with(&simulator, simulator.token(), &options).await;
    let answer = http::client().post(proxy.url("/api/session"));
    let answer = answer.bearer_auth(key.text()).send().await.expect("an answer");
    let cookie = answer.headers()["set-cookie"].to_str().expect("plain text");
    let cookie = cookie.split(';').next().expect("a name and a value").to_owned();
    let bearer = format!("Bearer {}", key.text());
    for path in SOCKETS {
        let by_cookie = [("cookie", &*cookie)];
        assert_eq!(socket_at(&proxy, path, &by_cookie).await.err(), Some(403), "{path}");
        // A program shows what no browser sends by itself.
        let by_key = [("authorization", &*bearer)];
        assert_eq!(socket_at(&proxy, path, &by_key).await.err(), None, "{path}");
    }
}

#[tokio::test]
async fn row_3_other_names_for_this_machine_are_misdirected_on_every_route() {
    let (simulator, proxy, mut viewer) = watched(&["--allowed-hosts", "board.example"]).await;
    let rest = ["/", "/api/events", "/api/snapshot", "/api/session", "/metrics", "/readyz"];
    for host in
        ["evil.example", "board.example.evil.example", "localhost.evil.example", "0.0.0.0", ""]
    {
        for path in SOCKETS {
            let mut rude = Rude::connect(proxy.server.address()).await;
            let upgrade = format!(
                "GET {path} HTTP/1.1\r\nhost: {host}\r\nconnection: upgrade\r\n\
                 upgrade: websocket\r\nsec-websocket-version: 13\r\n\
                 sec-websocket-key: dGhlIHNhbXBsZSBub25jZQ==\r\n\r\n"
            );
            assert!(rude.say(upgrade).await);
            let head = rude.head().await;
            assert!(head.starts_with("HTTP/1.1 421 "), "{path} for {host:?}: {head}");
        }
        for path in rest {
            let answer = http::get(proxy.server.address(), path, &[("host", host)]).await;
            assert_eq!(answer.status, 421, "{path} for {host:?}");
        }
    }
    let answer =
        http::get(proxy.server.address(), "/healthz", &[("host", "Board.Example:1")]).await;
    assert_eq!(answer.status, 200);
    // Two names: whichever counts, the other may be somebody else's.
    let both = [("host", "localhost"), ("host", "evil.example")];
    let answer = http::get(proxy.server.address(), "/api/snapshot", &both).await;
    assert_eq!(answer.status, 400);
    let absolute = "http://evil.example/api/snapshot";
    let answer = http::get(proxy.server.address(), absolute, &[("host", "localhost")]).await;
    assert_eq!(answer.status, 421, "the name in the request line");
    still_works(&simulator, &mut viewer).await;
}

#[tokio::test]
async fn row_19_only_named_pages_may_read_answers_and_never_with_a_cookie() {
    let options = ["--allowed-origins", "https://intranet.example"];
    let (_simulator, proxy, _viewer) = watched(&options).await;
    let ask = async |method: Method, path: &str, origin: &str| {
        let request = http::client().request(method, proxy.url(path)).header("origin", origin);
        let request = request.header("access-control-request-method", "GET");
        let answer = request.send().await.expect("an answer");
        let of = |name: &str| {
            let values = answer.headers().get_all(name).iter();
            let values: Vec<_> = values.map(|value| value.to_str().unwrap_or("?")).collect();
            (!values.is_empty()).then(|| values.join(", "))
        };
        assert_eq!(of("access-control-allow-credentials"), None, "{path} for {origin}");
        assert!(of("vary").is_some_and(|vary| vary.contains("origin")), "{path} for {origin}");
        of("access-control-allow-origin")
    };
    for method in [Method::GET, Method::OPTIONS] {
        for path in ["/api/snapshot", "/api/events", "/healthz", "/", "/metrics"] {
            for origin in FOREIGN.iter().filter(|origin| !origin.is_empty()) {
                assert_eq!(ask(method.clone(), path, origin).await, None, "{path} for {origin}");
            }
        }
        let known = "https://intranet.example";
        let told = ask(method.clone(), "/api/snapshot", known).await;
        assert_eq!(told.as_deref(), Some(known));
        assert_eq!(ask(method, "/metrics", known).await, None, "not for pages");
    }
}

/// Row 21: what one may say on a socket of the streams as they came changes
/// nothing for anybody.
#[tokio::test]
async fn row_21_a_viewer_of_a_stream_changes_nothing() {
    let (simulator, proxy, mut viewer) = watched(&[]).await;
    let document = frame(0x81, br#"{"id_call":"forged","active":1,"queue_first":{"id":71}}"#);
    for path in ["/calls", "/queues", "/agents"] {
        let mut rude = Rude::connect(proxy.server.address()).await.open(path, &[]).await;
        assert!(rude.say(&document).await, "it may talk");
        let farewell = frame(0x88, &1000_u16.to_be_bytes());
        assert_eq!(rude.attack(&farewell, 1).await, 1000, "{path}");
    }
    still_works(&simulator, &mut viewer).await;
    assert_eq!(viewer.board.calls.len(), 1, "{viewer:?}");
}
