//! A client of `/api/live` that folds messages as the page does.

use std::fmt;
use std::time::SystemTime;

use callboard_shared::figures::metrics::Settings;
use callboard_shared::wire::{self, ServerMessage, Status};
use callboard_shared::{Board, CallId, Phase, Stream, UnixMs};
use futures_util::{SinkExt as _, StreamExt as _};
use tokio::net::TcpStream;
use tokio::time::{Instant, timeout, timeout_at};
use tokio_tungstenite::tungstenite::client::IntoClientRequest as _;
use tokio_tungstenite::tungstenite::http::{HeaderName, HeaderValue};
use tokio_tungstenite::tungstenite::{Error, Message};
use tokio_tungstenite::{MaybeTlsStream, WebSocketStream, client_async, connect_async};

use crate::counts::Counts;
use crate::proxy::Proxy;
use crate::rude;
use crate::simulator::{Simulator, Truth};
use crate::wait::DEADLINE;

/// An open socket.
pub type Socket = WebSocketStream<MaybeTlsStream<TcpStream>>;

/// Opens `/api/live` with these headers; gives the status of a refusal.
pub async fn socket(proxy: &Proxy, query: &str, headers: &[(&str, &str)]) -> Result<Socket, u16> {
    socket_at(proxy, &format!("/api/live{query}"), headers).await
}

/// Opens any path with these headers; gives the status of a refusal.
pub async fn socket_at(proxy: &Proxy, path: &str, headers: &[(&str, &str)]) -> Result<Socket, u16> {
    let url = format!("ws://{}{path}", proxy.server.address());
    let mut request = url.into_client_request().expect("the URL is one");
    for (name, value) in headers {
        let name: HeaderName = name.parse().expect("a header's name");
        request.headers_mut().insert(name, HeaderValue::from_str(value).expect("a header's value"));
    }
    match timeout(DEADLINE, connect_async(request)).await.expect("an answer in time") {
        Ok((socket, _)) => Ok(socket),
        Err(Error::Http(answer)) => Err(answer.status().as_u16()),
        Err(error) => panic!("{path}: {error}"),
    }
}

/// This machine's clock, in epoch ms.
pub fn now_ms() -> u64 {
    let since = SystemTime::now().duration_since(SystemTime::UNIX_EPOCH);
    since.map_or(0, |since| u64::try_from(since.as_millis()).unwrap_or(u64::MAX))
}

/// Reads to the end of a socket; gives the close code and its reason, or 1006
/// where there was no farewell.
pub async fn farewell(socket: &mut Socket) -> (u16, String) {
    let read = async {
        loop {
            match socket.next().await {
                Some(Ok(Message::Close(Some(frame)))) => {
                    return (frame.code.into(), frame.reason.to_string());
                }
                Some(Ok(Message::Close(None))) => return (1005, String::new()),
                Some(Ok(_)) => (),
                Some(Err(_)) | None => return (1006, String::new()),
            }
        }
    };
    timeout(DEADLINE, read).await.expect("the socket is closed in time")
}

/// A proxy whose streams are live, and a viewer of it.
pub async fn watch(simulator: Simulator) -> (Simulator, Proxy, Viewer) {
    // Boxed: what starts a process is large, and callers hold this future.
    let proxy = Box::pin(Proxy::start(&simulator)).await;
    let mut viewer = Box::pin(Viewer::open(&proxy)).await;
    viewer.wait_until_live().await;
    (simulator, proxy, viewer)
}

/// Whether so many calls were offered, handled and abandoned.
pub fn of_each_kind(offered: u32, handled: u32, abandoned: u32) -> impl Fn(&Viewer) -> bool {
    move |viewer| {
        let total = viewer.total();
        total.offered >= offered && total.handled >= handled && total.abandoned >= abandoned
    }
}

/// One viewer and what it knows.
pub struct Viewer {
    socket: Socket,
    /// The board, folded from messages.
    pub board: Board,
    /// The upstream's streams.
    pub status: Status,
    /// What counts as in time, and as short.
    pub settings: Settings,
    /// The numbering.
    pub epoch: String,
    /// The number reached.
    pub seq: u64,
    /// The proxy's clock in each message, in order.
    pub clock: Vec<UnixMs>,
    /// `since` and `seq` of each `documents` message.
    pub numbers: Vec<(u64, u64)>,
    /// Snapshots received.
    pub snapshots: usize,
    /// All messages, as they came.
    pub texts: Vec<String>,
}

impl Viewer {
    /// Comes for the first time; knows the board when this returns.
    pub async fn open(proxy: &Proxy) -> Viewer {
        let mut viewer = Viewer::connect(proxy, "", Board::default(), String::new(), 0).await;
        viewer.wait("a snapshot", |viewer| viewer.snapshots == 1).await;
        viewer
    }

    /// Comes for the first time, over a connection that holds little that is
    /// not read.
    pub async fn narrow(proxy: &Proxy) -> Viewer {
        let stream = rude::narrow(proxy.server.address()).await;
        let url = format!("ws://{}/api/live", proxy.server.address());
        let opening = client_async(url, MaybeTlsStream::Plain(stream));
        let (socket, _) = opening.await.expect("the proxy takes viewers");
        let mut viewer = Viewer::new(socket, Board::default(), String::new(), 0);
        viewer.wait("a snapshot", |viewer| viewer.snapshots == 1).await;
        viewer
    }

    /// Comes back as one who knows what `earlier` knew.
    pub async fn resume(proxy: &Proxy, earlier: &Viewer, epoch: &str) -> Viewer {
        let query = format!("?epoch={epoch}&seq={}", earlier.seq);
        let board = earlier.board.clone();
        Viewer::connect(proxy, &query, board, earlier.epoch.clone(), earlier.seq).await
    }

    async fn connect(proxy: &Proxy, query: &str, board: Board, epoch: String, seq: u64) -> Viewer {
        let socket = socket(proxy, query, &[]).await.expect("the proxy takes viewers");
        Viewer::new(socket, board, epoch, seq)
    }

    fn new(socket: Socket, board: Board, epoch: String, seq: u64) -> Viewer {
        Viewer {
            socket,
            board,
            status: Status::default(),
            settings: Settings::default(),
            epoch,
            seq,
            clock: Vec::new(),
            numbers: Vec::new(),
            snapshots: 0,
            texts: Vec::new(),
        }
    }

    /// Takes messages until `is_it` holds.
    ///
    /// # Panics
    ///
    /// When it does not within [`DEADLINE`]; the message says what it knew.
    pub async fn wait(&mut self, what: &str, is_it: impl Fn(&Viewer) -> bool) {
        let deadline = Instant::now() + DEADLINE;
        while !is_it(self) {
            let in_time = timeout_at(deadline, self.next()).await;
            assert!(in_time.is_ok(), "{what}: not within {DEADLINE:?}; {self:?}");
        }
    }

    /// Lets time go on until there has been enough, and stops it; gives the
    /// simulator's own count. What was sent before it stood still may be on
    /// its way.
    pub async fn live_through(
        &mut self,
        simulator: &Simulator,
        what: &str,
        is_enough: impl Fn(&Viewer) -> bool,
    ) -> Truth {
        simulator.resume().await;
        self.wait(what, is_enough).await;
        simulator.pause().await;
        simulator.truth().await
    }

    /// Waits until every stream is live.
    pub async fn wait_until_live(&mut self) {
        self.wait("live streams", |viewer| viewer.status.all_live()).await;
    }

    /// Takes one message.
    pub async fn next(&mut self) {
        let text = loop {
            match self.socket.next().await {
                Some(Ok(Message::Text(text))) => break text,
                Some(Ok(Message::Ping(_) | Message::Pong(_))) => (),
                other => panic!("the socket ended: {other:?}"),
            }
        };
        self.take(wire::read(&text).expect("a message of the protocol"));
        self.texts.push(text.to_string());
    }

    /// Says something.
    pub async fn say(&mut self, text: &str) {
        self.socket.send(Message::text(text)).await.expect("the message can be sent");
    }

    /// Reads on to the end; gives the close code and its reason.
    pub async fn farewell(&mut self) -> (u16, String) {
        farewell(&mut self.socket).await
    }

    fn take(&mut self, message: ServerMessage) {
        match message {
            ServerMessage::Snapshot { epoch, seq, now, board, status, settings } => {
                self.settings = settings;
                (self.epoch, self.seq) = (epoch, seq.0);
                (self.board, self.status) = (board, status);
                self.snapshots += 1;
                self.clock.push(now);
            }
            ServerMessage::Documents { since, seq, now, documents, expired } => {
                assert!(since.0 <= self.seq, "a gap: since {}, {self:?}", since.0);
                // What was told already would be a step back.
                let news = if seq.0 > self.seq { documents } else { Vec::new() };
                for entry in news {
                    let status = self.status.get_mut(entry.stream);
                    status.last_document = status.last_document.max(Some(now));
                    self.board.tell(entry, now);
                }
                self.board.remove(&expired);
                self.seq = self.seq.max(seq.0);
                self.numbers.push((since.0, seq.0));
                self.clock.push(now);
            }
            ServerMessage::Status { now, status, .. } => {
                self.status = status;
                self.clock.push(now);
            }
        }
    }

    /// The figures of all calls.
    pub fn total(&self) -> Counts {
        Counts::total(&self.board)
    }

    /// Where a call is, if it is on the board.
    pub fn phase(&self, id: &str) -> Option<&Phase> {
        self.board.calls.get(&CallId::from(id)).map(|call| &call.phase)
    }

    /// Whether a call is on the board and waits in `queue`.
    pub fn waits_in(&self, id: &str, queue: &str) -> bool {
        let place = self.phase(id).and_then(Phase::waiting_in);
        place.is_some_and(|(key, _)| key.as_str() == queue)
    }
}

impl fmt::Debug for Viewer {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let phases: Vec<_> =
            self.board.calls.iter().map(|(id, call)| (id.as_str(), &call.phase)).collect();
        let states: Vec<_> =
            Stream::ALL.iter().map(|stream| self.status.get(*stream).state).collect();
        f.debug_struct("Viewer")
            .field("seq", &self.seq)
            .field("states", &states)
            .field("total", &self.total())
            .field("phases", &phases)
            .finish_non_exhaustive()
    }
}
