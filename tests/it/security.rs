//! Who may ask, what every answer carries, and where the token never is.

use callboard_shared::Stream;
use callboard_shared::wire::StreamState;
use futures_util::SinkExt as _;
use serde_json::json;
use support::viewer::{Socket, farewell, socket};
use support::{Process, Proxy, Simulator, Token, Viewer, http};
use tokio_tungstenite::tungstenite::Message;

use crate::page::files;

/// All that can be had of a proxy from outside, and all that it says itself.
async fn everything(proxy: &Proxy, viewer: &Viewer) -> String {
    let mut all = viewer.texts.concat();
    let index = proxy.text("/").await;
    let files = files(&index).into_iter().map(|name| format!("/{name}"));
    let routes = ["/", "/api/snapshot", "/api/live", "/metrics", "/readyz", "/healthz", "/nothing"];
    for path in routes.map(ToOwned::to_owned).into_iter().chain(files) {
        let headers = [("host", "localhost")];
        let answer = http::get(proxy.server.address(), &path, &headers).await;
        all.push_str(&answer.head);
        all.push_str(&String::from_utf8_lossy(&answer.body));
    }
    all.push_str(&said(proxy.server.process()));
    all
}

/// Output and command line of a process.
fn said(process: &Process) -> String {
    let cmdline = std::fs::read(format!("/proc/{}/cmdline", process.id()));
    let cmdline = cmdline.expect("the process list can be read");
    let cmdline = String::from_utf8_lossy(&cmdline).into_owned();
    let said = [process.stdout(), process.stderr(), cmdline].concat();
    assert!(said.contains("listening on") && said.contains("--token-file"), "{said}");
    said
}

/// Where `token` is in `text`, with what stands around it.
#[track_caller]
fn assert_absent(token: &Token, text: &str, place: &str) {
    if let Some(at) = text.find(token.text()) {
        let around: String = text[..at].chars().rev().take(200).collect();
        panic!("{place}: the token follows {:?}", around.chars().rev().collect::<String>());
    }
}

/// Runs a proxy that sends `token` in this way until it knows whether that is
/// right, and searches all that can be heard.
async fn check_secrecy(simulator: &Simulator, token: &Token, auth: &str, level: &str) {
    let is_right = token.text() == simulator.token().text();
    let options = ["--log", level, "--upstream-auth", auth];
    let proxy = Proxy::with(simulator, token, &options).await;
    let mut viewer = Viewer::open(&proxy).await;
    let state = if is_right { StreamState::Live } else { StreamState::AuthFailed };
    let all_so = |viewer: &Viewer| {
        Stream::ALL.iter().all(|stream| viewer.status.get(*stream).state == state)
    };
    viewer.wait(&format!("streams that are {state:?} by {auth}"), all_so).await;
    if is_right {
        let id = &simulator.play(json!({ "queue": "71" })).await;
        viewer.wait("a call", |viewer| viewer.waits_in(id, "71")).await;
    }
    assert_absent(token, &everything(&proxy, &viewer).await, &format!("{auth} at {level}"));
}

#[tokio::test]
async fn the_token_is_nowhere() {
    let simulator = Simulator::quiet().await;
    let wrong = Token::new();
    for auth in ["bearer", "query:token", "subprotocol"] {
        check_secrecy(&simulator, simulator.token(), auth, "debug").await;
        check_secrecy(&simulator, &wrong, auth, "debug").await;
    }
    check_secrecy(&simulator, simulator.token(), "query:token", "trace").await;
    check_secrecy(&simulator, &wrong, "query:token", "trace").await;
    check_secrecy(&simulator, &wrong, "header:x-key", "trace").await;
    let said = said(simulator.server.process());
    assert_absent(simulator.token(), &said, "the simulator");
    assert_absent(&wrong, &said, "the simulator");
}

async fn proxy(options: &[&str]) -> (Simulator, Proxy) {
    let simulator = Simulator::quiet().await;
    let proxy = Proxy::with(&simulator, simulator.token(), options).await;
    (simulator, proxy)
}

const ROUTES: [&str; 8] = [
    "/",
    "/index.html",
    "/api/live",
    "/api/snapshot",
    "/healthz",
    "/readyz",
    "/metrics",
    "/nothing",
];

#[tokio::test]
async fn an_unknown_host_is_misdirected_on_every_route() {
    let (_simulator, proxy) = proxy(&["--allowed-hosts", "board.example"]).await;
    for host in ["evil.example", "localhost.evil.example", "127.0.0.1.evil.example:80", "", "evil"]
    {
        for route in ROUTES {
            let answer = http::get(proxy.server.address(), route, &[("host", host)]).await;
            assert_eq!(answer.status, 421, "{route} as {host:?}");
            check_headers(&answer, route);
        }
    }
    for host in ["localhost", "LOCALHOST:1", "127.0.0.1:80", "[::1]:80", "board.example"] {
        let answer = http::get(proxy.server.address(), "/healthz", &[("host", host)]).await;
        assert_eq!(answer.status, 200, "{host}");
    }
}

#[track_caller]
fn check_headers(answer: &http::Answer, route: &str) {
    for (name, expected) in [
        ("x-content-type-options", "nosniff"),
        ("x-frame-options", "DENY"),
        ("referrer-policy", "no-referrer"),
        ("cross-origin-opener-policy", "same-origin"),
        ("cross-origin-resource-policy", "same-origin"),
    ] {
        assert_eq!(answer.header(name), Some(expected), "{route}: {}", answer.head);
    }
    let policy = answer.header("content-security-policy").unwrap_or_default();
    assert!(policy.contains("default-src 'none'"), "{route}: {policy}");
    assert!(!policy.contains("unsafe-inline"), "{route}: {policy}");
    assert!(!policy.contains("'unsafe-eval'"), "{route}: {policy}");
    assert!(!policy.contains('*') && !policy.contains("http"), "{route}: {policy}");
}

#[tokio::test]
async fn every_answer_carries_the_security_headers() {
    let (_simulator, proxy) = proxy(&[]).await;
    let index = proxy.text("/").await;
    let files = files(&index).into_iter().map(|name| format!("/{name}"));
    for route in ROUTES.map(ToOwned::to_owned).into_iter().chain(files) {
        let answer = http::get(proxy.server.address(), &route, &[("host", "localhost")]).await;
        check_headers(&answer, &route);
        assert_eq!(answer.header("access-control-allow-origin"), None, "{route}");
        assert_eq!(answer.header("server"), None, "{route}");
    }
    let page = http::get(proxy.server.address(), "/", &[("host", "localhost")]).await;
    let policy = page.header("content-security-policy").unwrap_or_default();
    for part in ["'wasm-unsafe-eval'", "connect-src 'self'", "frame-ancestors 'none'", "'sha256-"] {
        assert!(policy.contains(part), "{part}: {policy}");
    }
}

#[tokio::test]
async fn foreign_pages_open_no_socket() {
    let (_simulator, proxy) = proxy(&["--allowed-origins", "https://intranet.example"]).await;
    let own = format!("http://{}", proxy.server.address());
    let port = proxy.server.address().port();
    let near = [
        format!("{own}.evil.example"),
        format!("{own}0"),
        format!("http://evil.example#{own}"),
        format!("http://localhost.evil.example:{port}"),
        // Another name of this machine, but not the one that was asked for.
        format!("http://localhost:{port}"),
    ];
    let foreign = [
        "https://evil.example",
        "null",
        "",
        "https://intranet.example.evil.example",
        "https://intranet.example:8443",
        "http://intranet.example",
        "file://",
    ];
    for origin in foreign.into_iter().chain(near.iter().map(String::as_str)) {
        let refusal = socket(&proxy, "", &[("origin", origin)]).await.err();
        assert_eq!(refusal, Some(403), "{origin:?}");
    }
    for origin in [&*own, "https://intranet.example"] {
        assert_eq!(socket(&proxy, "", &[("origin", origin)]).await.err(), None, "{origin}");
    }
    assert_eq!(socket(&proxy, "", &[]).await.err(), None, "no page at all");
}

#[tokio::test]
async fn no_path_leads_out_of_the_page() {
    let (_simulator, proxy) = proxy(&[]).await;
    let secret = env!("CARGO_MANIFEST_DIR");
    for target in [
        "/../Cargo.toml",
        "/../../../../etc/passwd",
        "/..%2fCargo.toml",
        "/%2e%2e/Cargo.toml",
        "/%2e%2e%2fCargo.toml",
        "/..%5cCargo.toml",
        "/..\\Cargo.toml",
        "/./../Cargo.toml",
        "//etc/passwd",
        "/%2fetc/passwd",
        "/%00",
        "/index.html%00.css",
        "/index.html/",
        "/.env",
        "/.git/config",
        &format!("/{secret}/Cargo.toml"),
        "/%c0%ae%c0%ae/Cargo.toml",
        "/api/../index.html",
    ] {
        let answer = http::get(proxy.server.address(), target, &[("host", "localhost")]).await;
        assert!(matches!(answer.status, 400 | 404), "{target}: {}", answer.head);
        let body = String::from_utf8_lossy(&answer.body);
        assert!(!body.contains("[package]") && !body.contains("root:"), "{target}: {body}");
    }
}

#[tokio::test]
async fn a_folder_of_ones_own_is_not_left_either() {
    let folder = tempfile::tempdir().expect("a temporary folder can be made");
    let page = folder.path().join("page");
    std::fs::create_dir(&page).expect("a folder can be made");
    std::fs::write(page.join("index.html"), "the page").expect("a file can be written");
    std::fs::write(folder.path().join("secret.txt"), "hunter2").expect("a file can be written");
    let path = page.to_str().expect("a plain path");
    let (_simulator, proxy) = proxy(&["--page-dir", path]).await;
    assert_eq!(proxy.text("/").await, "the page");
    let absolute = folder.path().join("secret.txt");
    for target in [
        "/../secret.txt",
        "/%2e%2e/secret.txt",
        "//..//secret.txt",
        &format!("/{}", absolute.display()),
    ] {
        let answer = http::get(proxy.server.address(), target, &[("host", "localhost")]).await;
        assert!(matches!(answer.status, 400 | 404), "{target}: {}", answer.head);
        assert!(!String::from_utf8_lossy(&answer.body).contains("hunter2"), "{target}");
    }
}

async fn after(proxy: &Proxy, message: Message) -> (u16, String) {
    let mut socket: Socket = socket(proxy, "", &[]).await.expect("the proxy takes viewers");
    socket.send(message).await.expect("the message can be sent");
    farewell(&mut socket).await
}

#[tokio::test]
async fn a_viewer_may_say_one_thing_only() {
    let (_simulator, proxy) = proxy(&[]).await;
    for text in ["hello", "{}", r#"{"type":"documents"}"#, r#"[{"type":"filter"}]"#, ""] {
        let (code, reason) = after(&proxy, Message::text(text)).await;
        assert_eq!(code, 1008, "{text:?}: {reason}");
    }
    assert_eq!(after(&proxy, Message::binary(vec![0, 1, 2])).await.0, 1008);
    // What it may say, it may say, and hears what comes afterwards.
    let mut viewer = Viewer::open(&proxy).await;
    viewer.say(r#"{"type":"filter","queues":["71"]}"#).await;
    let heard = viewer.clock.len();
    viewer.wait("signs of life", |viewer| viewer.clock.len() >= heard + 2).await;
}

#[tokio::test]
async fn a_long_message_ends_the_socket() {
    let (_simulator, proxy) = proxy(&[]).await;
    let long = format!(r#"{{"type":"filter","x":"{}"}}"#, "y".repeat(4 * 1024));
    let (code, _) = after(&proxy, Message::text(long)).await;
    assert_eq!(code, 1009);
    let short = format!(r#"{{"type":"filter","x":"{}"}}"#, "y".repeat(3 * 1024));
    let mut viewer = Viewer::open(&proxy).await;
    viewer.say(&short).await;
    let heard = viewer.clock.len();
    viewer.wait("signs of life", |viewer| viewer.clock.len() >= heard + 2).await;
}

#[tokio::test]
async fn nothing_but_reading_is_possible() {
    let (_simulator, proxy) = proxy(&[]).await;
    let client = http::client();
    for method in ["POST", "PUT", "DELETE", "PATCH", "OPTIONS"] {
        for route in ROUTES {
            let method = method.parse().expect("a method");
            let answer = client.request(method, proxy.url(route)).send().await;
            assert_eq!(answer.expect("an answer").status(), 405, "{route}");
        }
    }
}

#[tokio::test]
async fn only_the_page_for_frames_may_be_framed_and_only_by_named_origins() {
    let (_simulator, proxy) = proxy(&["--allowed-origins", "https://intranet.example"]).await;
    let get =
        async |path: &str| http::get(proxy.server.address(), path, &[("host", "localhost")]).await;
    let (page, embedded) = (get("/").await, get("/embed").await);
    assert_eq!((page.status, embedded.status), (200, 200));
    // The same page, with a script and a style of its own.
    let text = |answer: &http::Answer| String::from_utf8_lossy(&answer.body).into_owned();
    let own = "<link rel=\"stylesheet\" href=\"embed.css\"><script defer src=\"embed.js\" \
               data-origins=\"https://intranet.example\"></script>";
    assert!(text(&embedded).contains(own), "{}", text(&embedded));
    assert_eq!(text(&page), text(&embedded).replace(own, ""));
    let policy = |answer: &http::Answer| {
        answer.header("content-security-policy").unwrap_or_default().to_owned()
    };
    assert_eq!(embedded.header("x-frame-options"), None);
    assert!(policy(&embedded).contains("frame-ancestors 'self' https://intranet.example"));
    assert_eq!(policy(&page).replace("'none'", ""), {
        let framed = policy(&embedded).replace("'none'", "");
        framed.replace("frame-ancestors 'self' https://intranet.example", "frame-ancestors ")
    });
    for path in ["/", "/api/snapshot", "/embed/", "/embed.html", "/index.html"] {
        let answer = get(path).await;
        assert_eq!(answer.header("x-frame-options"), Some("DENY"), "{path}");
        assert!(policy(&answer).contains("frame-ancestors 'none'"), "{path}");
    }
}
