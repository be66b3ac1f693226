//! TLS of its own: with the files it is given, and with those that follow.

use std::net::SocketAddr;
use std::path::Path;

use futures_util::StreamExt as _;
use support::certificate::Authority;
use support::{DEADLINE, Proxy, Simulator, run, until};
use tokio::io::{AsyncReadExt as _, AsyncWriteExt as _};
use tokio::net::TcpStream;
use tokio::time::timeout;
use tokio_rustls::TlsConnector;
use tokio_rustls::client::TlsStream;
use tokio_rustls::rustls::pki_types::ServerName;
use tokio_tungstenite::tungstenite::Message;

/// Puts certificate and key of this authority into the folder.
fn write(authority: &Authority, folder: &Path) {
    let (cert, key) = authority.pem("localhost");
    std::fs::write(folder.join("cert.pem"), cert).expect("a file can be written");
    std::fs::write(folder.join("key.pem"), key).expect("a file can be written");
}

/// A connection whose other end this authority vouches for; `None`: it does not.
async fn connect(authority: &Authority, address: SocketAddr) -> Option<TlsStream<TcpStream>> {
    let stream = TcpStream::connect(address).await.expect("somebody listens");
    let name = ServerName::try_from("localhost").expect("a name");
    TlsConnector::from(authority.client()).connect(name, stream).await.ok()
}

async fn encrypted(folder: &Path) -> (Simulator, Proxy) {
    let simulator = Simulator::quiet().await;
    let [cert, key] = ["cert.pem", "key.pem"].map(|name| folder.join(name).display().to_string());
    let options = ["--tls-cert", &cert, "--tls-key", &key];
    let proxy = Proxy::with(&simulator, simulator.token(), &options).await;
    assert!(proxy.server.process().stdout().starts_with("listening on https://"));
    (simulator, proxy)
}

#[tokio::test]
async fn page_and_socket_are_encrypted() {
    let (authority, folder) = (Authority::new(), tempfile::tempdir().expect("a folder"));
    write(&authority, folder.path());
    let (_simulator, proxy) = encrypted(folder.path()).await;
    let address = proxy.server.address();
    let mut stream = connect(&authority, address).await.expect("the certificate is right");
    let request = "GET /healthz HTTP/1.1\r\nhost: localhost\r\nconnection: close\r\n\r\n";
    stream.write_all(request.as_bytes()).await.expect("it can be written");
    let mut answer = String::new();
    let read = timeout(DEADLINE, stream.read_to_string(&mut answer)).await.expect("in time");
    assert!(read.is_ok() && answer.starts_with("HTTP/1.1 200 "), "{answer}");
    assert!(answer.contains("strict-transport-security"), "{answer}");

    let stream = connect(&authority, address).await.expect("the certificate is right");
    let url = "wss://localhost/api/live";
    let (mut socket, _) =
        tokio_tungstenite::client_async(url, stream).await.expect("the handshake is made");
    let first = timeout(DEADLINE, socket.next()).await.expect("in time");
    let Some(Ok(Message::Text(text))) = first else { panic!("{first:?}") };
    assert!(text.starts_with("{\"type\":\"snapshot\""), "{text}");
    // In the clear there is nothing to be had.
    let mut plain = TcpStream::connect(address).await.expect("somebody listens");
    plain.write_all(request.as_bytes()).await.expect("it can be written");
    let mut answer = Vec::new();
    let _ = timeout(DEADLINE, plain.read_to_end(&mut answer)).await.expect("it is closed");
    assert!(!answer.starts_with(b"HTTP"), "{}", String::from_utf8_lossy(&answer));
}

#[tokio::test]
async fn a_renewed_certificate_is_used_without_a_restart() {
    let (old, new) = (Authority::new(), Authority::new());
    let folder = tempfile::tempdir().expect("a folder");
    write(&old, folder.path());
    let (_simulator, proxy) = encrypted(folder.path()).await;
    let address = proxy.server.address();
    assert!(connect(&old, address).await.is_some());
    // Half of it first: the old pair stays in use until the new one fits.
    let (cert, key) = new.pem("localhost");
    std::fs::write(folder.path().join("cert.pem"), cert).expect("a file can be written");
    let look = async || proxy.log();
    until("a word on what does not fit", look, |log| log.contains("`tls-key`")).await;
    assert!(connect(&old, address).await.is_some());
    std::fs::write(folder.path().join("key.pem"), key).expect("a file can be written");
    let look = async || connect(&new, address).await.is_some();
    until("the renewed certificate", look, |is_there| *is_there).await;
}

#[tokio::test]
async fn who_is_silent_instead_of_agreeing_on_keys_is_cut_off() {
    let (authority, folder) = (Authority::new(), tempfile::tempdir().expect("a folder"));
    write(&authority, folder.path());
    let (_simulator, proxy) = encrypted(folder.path()).await;
    let mut silent = TcpStream::connect(proxy.server.address()).await.expect("somebody listens");
    let mut nothing = Vec::new();
    let ended = timeout(DEADLINE, silent.read_to_end(&mut nothing)).await;
    assert!(ended.is_ok(), "the connection stays open");
}

#[test]
fn files_that_do_not_fit_stop_the_start() {
    let (authority, folder) = (Authority::new(), tempfile::tempdir().expect("a folder"));
    write(&authority, folder.path());
    let path = |name: &str| folder.path().join(name).display().to_string();
    let (cert, key) = (path("cert.pem"), path("key.pem"));
    std::fs::write(folder.path().join("other.pem"), authority.pem("localhost").1).expect("a file");
    for (cert, key, setting) in [
        (&*cert, &*path("other.pem"), "`tls-key`"),
        (&cert, &cert, "`tls-key`"),
        (&path("none.pem"), &key, "`tls-cert`"),
        (&key, &key, "`tls-cert`"),
    ] {
        let arguments = ["check", "--tls-cert", cert, "--tls-key", key];
        let output = run(&arguments, &[("CALLBOARD_TOKEN", "t")]);
        let stderr = String::from_utf8_lossy(&output.stderr);
        assert_eq!(output.status.code(), Some(2), "{setting}: {stderr}");
        assert!(stderr.contains(setting) && !stderr.contains("BEGIN"), "{setting}: {stderr}");
    }
    let half = run(&["check", "--tls-cert", &cert], &[("CALLBOARD_TOKEN", "t")]);
    assert!(String::from_utf8_lossy(&half.stderr).contains("`tls-key`"));
}
