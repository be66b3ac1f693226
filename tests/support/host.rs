//! Somebody else's page, on an origin of its own, with a strict policy of its
//! own and styles that would show wherever they leaked in.

use std::net::SocketAddr;
use std::sync::Arc;

use tokio::io::{AsyncReadExt as _, AsyncWriteExt as _};
use tokio::net::TcpListener;
use tokio::task::JoinHandle;

/// A page's server. Ended when dropped.
pub struct Host {
    address: SocketAddr,
    task: JoinHandle<()>,
}

/// Styles that would show wherever they leaked in.
const STYLE: &str = "* { color: rgb(1, 2, 3); } p, dd, td { font-size: 77px !important; } \
                     .tile, .board { display: none !important; }";

impl Host {
    /// A free port, before there is a page to serve: proxies want to know the
    /// origin first.
    pub async fn bind() -> Bound {
        let listener = TcpListener::bind("127.0.0.1:0").await.expect("a port is free");
        Bound { listener }
    }

    /// Its origin: another than that of a proxy by name and by port.
    pub fn origin(&self) -> String {
        origin(self.address)
    }
}

/// A server that has a port and no page yet.
pub struct Bound {
    listener: TcpListener,
}

impl Bound {
    /// Its origin.
    pub fn origin(&self) -> String {
        origin(self.listener.local_addr().expect("it is bound"))
    }

    /// Serves a page with this body and this policy. The page has a style sheet
    /// of its own, and loads `script` from `proxy` as a module.
    pub fn serve(self, script: &str, body: &str, policy: &str) -> Host {
        let page = format!(
            "<!doctype html><html lang=\"en\"><head><title>Host</title>\
             <link rel=\"stylesheet\" href=\"/host.css\">\
             <script type=\"module\" src=\"{script}\"></script></head>\
             <body><p id=\"own\">Own text</p>{body}</body></html>"
        );
        let (page, policy): (Arc<str>, Arc<str>) = (page.into(), policy.into());
        let address = self.listener.local_addr().expect("it is bound");
        let task = tokio::spawn(async move {
            while let Ok((mut stream, _)) = self.listener.accept().await {
                let (page, policy) = (Arc::clone(&page), Arc::clone(&policy));
                tokio::spawn(async move {
                    let mut asked = vec![0; 16 * 1024];
                    let length = stream.read(&mut asked).await.unwrap_or(0);
                    let is_style = asked[..length].starts_with(b"GET /host.css");
                    let (kind, text) =
                        if is_style { ("text/css", STYLE) } else { ("text/html", &*page) };
                    let answer = format!(
                        "HTTP/1.1 200 OK\r\ncontent-type: {kind}; charset=utf-8\r\n\
                         content-length: {}\r\ncontent-security-policy: {policy}\r\n\
                         connection: close\r\n\r\n{text}",
                        text.len()
                    );
                    // A browser that has gone on needs no answer.
                    let _ = stream.write_all(answer.as_bytes()).await;
                });
            }
        });
        Host { address, task }
    }
}

impl Drop for Host {
    fn drop(&mut self) {
        self.task.abort();
    }
}

fn origin(address: SocketAddr) -> String {
    format!("http://localhost:{}", address.port())
}
