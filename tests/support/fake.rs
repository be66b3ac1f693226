//! An upstream that does what a test tells it, byte by byte.

use std::collections::BTreeMap;
use std::net::SocketAddr;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};

use tokio::io::{AsyncRead, AsyncReadExt as _, AsyncWrite, AsyncWriteExt as _};
use tokio::net::{TcpListener, TcpStream};
use tokio::task::JoinSet;
use tokio_rustls::TlsAcceptor;
use tokio_tungstenite::tungstenite::handshake::derive_accept_key;

/// A listener that speaks for itself. Ends when dropped.
pub struct Fake {
    address: SocketAddr,
    heard: Arc<Mutex<Heard>>,
    tls: bool,
    _tasks: JoinSet<()>,
}

#[derive(Default)]
struct Heard {
    connections: usize,
    requests: BTreeMap<String, usize>,
    bytes: Vec<u8>,
}

/// What a connection is made of.
trait Transport: AsyncRead + AsyncWrite + Send + Unpin {}
impl<T: AsyncRead + AsyncWrite + Send + Unpin> Transport for T {}

/// A client whose request has been read.
pub struct Peer {
    /// The request's head.
    pub head: String,
    /// How many requests for this path there have been, this one included.
    pub nth: usize,
    stream: Box<dyn Transport>,
    heard: Arc<Mutex<Heard>>,
}

impl Fake {
    /// Plain TCP. `answer` is called for each request.
    pub async fn start<F>(answer: impl Fn(Peer) -> F + Send + Sync + 'static) -> Fake
    where
        F: Future<Output = ()> + Send + 'static,
    {
        Fake::listen(None, answer).await
    }

    /// Behind TLS.
    pub async fn with_tls<F>(
        acceptor: TlsAcceptor,
        answer: impl Fn(Peer) -> F + Send + Sync + 'static,
    ) -> Fake
    where
        F: Future<Output = ()> + Send + 'static,
    {
        Fake::listen(Some(acceptor), answer).await
    }

    async fn listen<F>(
        acceptor: Option<TlsAcceptor>,
        answer: impl Fn(Peer) -> F + Send + Sync + 'static,
    ) -> Fake
    where
        F: Future<Output = ()> + Send + 'static,
    {
        let listener = TcpListener::bind("127.0.0.1:0").await.expect("a free port");
        let address = listener.local_addr().expect("it has an address");
        let heard = Arc::new(Mutex::new(Heard::default()));
        let (tls, hearing, answer) = (acceptor.is_some(), heard.clone(), Arc::new(answer));
        let mut tasks = JoinSet::new();
        tasks.spawn(async move {
            let mut clients = JoinSet::new();
            while let Ok((stream, _)) = listener.accept().await {
                lock(&hearing).connections += 1;
                let (acceptor, hearing) = (acceptor.clone(), hearing.clone());
                let answer = answer.clone();
                clients.spawn(async move {
                    if let Some(peer) = meet(stream, acceptor, hearing).await {
                        answer(peer).await;
                    }
                });
            }
        });
        Fake { address, heard, tls, _tasks: tasks }
    }

    /// Its base URL.
    pub fn url(&self) -> String {
        match self.tls {
            false => format!("ws://{}", self.address),
            // Certificates are for names.
            true => format!("wss://localhost:{}", self.address.port()),
        }
    }

    /// Connections that were opened, whatever came over them.
    pub fn connections(&self) -> usize {
        lock(&self.heard).connections
    }

    /// Requests for this path.
    pub fn requests(&self, path: &str) -> usize {
        lock(&self.heard).requests.get(path).copied().unwrap_or(0)
    }

    /// All that was said, by whomever, as text.
    pub fn heard(&self) -> String {
        String::from_utf8_lossy(&lock(&self.heard).bytes).into_owned()
    }
}

fn lock(heard: &Mutex<Heard>) -> MutexGuard<'_, Heard> {
    heard.lock().unwrap_or_else(PoisonError::into_inner)
}

/// Reads a request's head. `None`: there was none.
async fn meet(
    stream: TcpStream,
    acceptor: Option<TlsAcceptor>,
    heard: Arc<Mutex<Heard>>,
) -> Option<Peer> {
    let stream: Box<dyn Transport> = match acceptor {
        Some(acceptor) => Box::new(acceptor.accept(stream).await.ok()?),
        None => Box::new(stream),
    };
    let mut peer = Peer { head: String::new(), nth: 0, stream, heard };
    let mut head = Vec::new();
    while !head.ends_with(b"\r\n\r\n") {
        head.push(peer.read(1).await?[0]);
    }
    peer.head = String::from_utf8_lossy(&head).into_owned();
    let path = peer.path().to_owned();
    let nth = {
        let mut heard = lock(&peer.heard);
        let count = heard.requests.entry(path).or_default();
        *count += 1;
        *count
    };
    Some(Peer { nth, ..peer })
}

impl Peer {
    /// Opens the stream; on `/queues` there is a call that waits.
    pub async fn welcome(mut self) {
        self.accept().await;
        if self.path() == "/queues" {
            let call = r#"{"id_call":"a","active":1,"time":{"start":1700000000000},
                "queue":{"id":71,"name":"Support","timestart":1700000004000}}"#;
            self.text(call).await;
        }
        self.wait().await;
    }

    /// The path that was asked for, without its query.
    pub fn path(&self) -> &str {
        let target = self.head.split(' ').nth(1).unwrap_or_default();
        target.split('?').next().unwrap_or_default()
    }

    /// A header's value; empty if there is none.
    pub fn header(&self, name: &str) -> &str {
        let of = |line: &'_ str| {
            let (given, _) = line.split_once(':')?;
            given.eq_ignore_ascii_case(name).then_some(given.len() + 1)
        };
        self.head.lines().find_map(|line| Some(line[of(line)?..].trim())).unwrap_or_default()
    }

    /// Says these bytes. Who has gone does not hear them.
    pub async fn say(&mut self, bytes: impl AsRef<[u8]>) -> bool {
        self.stream.write_all(bytes.as_ref()).await.is_ok() && self.stream.flush().await.is_ok()
    }

    /// Answers with this status and these further header lines, and goes.
    pub async fn refuse(mut self, status: &str, headers: &str) {
        let answer =
            format!("HTTP/1.1 {status}\r\n{headers}content-length: 0\r\nconnection: close\r\n\r\n");
        self.say(answer).await;
    }

    /// Answers with a 101 that has this `Sec-WebSocket-Accept`.
    pub async fn accept_as(&mut self, accept: &str) {
        self.say(format!(
            "HTTP/1.1 101 Switching Protocols\r\nupgrade: websocket\r\nconnection: Upgrade\r\n\
             sec-websocket-accept: {accept}\r\n\r\n"
        ))
        .await;
    }

    /// Opens the WebSocket.
    pub async fn accept(&mut self) {
        let accept = derive_accept_key(self.header("sec-websocket-key").as_bytes());
        self.accept_as(&accept).await;
    }

    /// A server's frame: `first` is its first byte (FIN, RSV and opcode).
    pub fn framed(first: u8, payload: &[u8]) -> Vec<u8> {
        let mut frame = vec![first];
        match (u8::try_from(payload.len()), u16::try_from(payload.len())) {
            (Ok(length @ 0..126), _) => frame.push(length),
            (_, Ok(length)) => {
                frame.push(126);
                frame.extend(length.to_be_bytes());
            }
            _ => {
                frame.push(127);
                frame.extend((payload.len() as u64).to_be_bytes());
            }
        }
        frame.extend(payload);
        frame
    }

    /// Sends a frame.
    pub async fn frame(&mut self, first: u8, payload: &[u8]) -> bool {
        self.say(Peer::framed(first, payload)).await
    }

    /// Sends a text.
    pub async fn text(&mut self, text: &str) -> bool {
        self.frame(0x81, text.as_bytes()).await
    }

    /// Closes with this code.
    pub async fn close(mut self, code: u16) {
        self.frame(0x88, &code.to_be_bytes()).await;
        // The close frame must arrive before the end of the connection.
        self.wait().await;
    }

    /// Reads a client's frame of up to 125 bytes: first byte and payload.
    pub async fn client_frame(&mut self) -> Option<(u8, Vec<u8>)> {
        let head = self.read(6).await?;
        let length = usize::from(head[1] & 0x7f);
        assert!(length < 126 && head[1] & 0x80 != 0, "a short frame with a mask: {head:?}");
        let masked = self.read(length).await?;
        let payload = masked.iter().zip(head[2..].iter().cycle()).map(|(byte, mask)| byte ^ mask);
        Some((head[0], payload.collect()))
    }

    /// Reads and heeds nothing until the client goes.
    pub async fn wait(&mut self) {
        while self.read(1).await.is_some() {}
    }

    async fn read(&mut self, length: usize) -> Option<Vec<u8>> {
        let mut bytes = vec![0; length];
        self.stream.read_exact(&mut bytes).await.ok()?;
        lock(&self.heard).bytes.extend(&bytes);
        Some(bytes)
    }
}
