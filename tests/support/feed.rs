//! An upstream for benchmarks: says what it is told, as fast as it is told.

use std::net::{Ipv4Addr, SocketAddr};
use std::sync::{Arc, Mutex, PoisonError};
use std::thread;
use std::time::{Duration, Instant};

use futures_util::{SinkExt as _, StreamExt as _};
use tokio::net::{TcpListener, TcpStream};
use tokio::sync::mpsc::{UnboundedReceiver, UnboundedSender, unbounded_channel};
use tokio_tungstenite::accept_hdr_async;
use tokio_tungstenite::tungstenite::Message;
use tokio_tungstenite::tungstenite::handshake::server::{Request, Response};

use crate::wait::DEADLINE;

/// Who listens to `/calls`.
type Listeners = Arc<Mutex<Vec<UnboundedSender<Message>>>>;

/// A WebSocket server on a thread of its own.
pub struct Feed {
    /// Where it listens.
    pub address: SocketAddr,
    listeners: Listeners,
    /// When each document was published.
    sent: Vec<Instant>,
}

impl Feed {
    /// Starts one on a free port of loopback.
    pub fn start() -> Feed {
        let listeners = Listeners::default();
        let (tell, told) = std::sync::mpsc::channel();
        thread::spawn({
            let listeners = Arc::clone(&listeners);
            move || {
                let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build();
                runtime.expect("a runtime").block_on(async move {
                    let listener = TcpListener::bind((Ipv4Addr::LOCALHOST, 0)).await;
                    let listener = listener.expect("a free port");
                    let _ = tell.send(listener.local_addr().expect("it has an address"));
                    while let Ok((stream, _)) = listener.accept().await {
                        tokio::spawn(serve(stream, Arc::clone(&listeners)));
                    }
                });
            }
        });
        let address = told.recv().expect("it listens");
        Feed { address, listeners, sent: Vec::new() }
    }

    /// Waits until somebody listens.
    ///
    /// # Panics
    ///
    /// When nobody does within [`DEADLINE`].
    pub fn wait(&self) {
        let begun = Instant::now();
        while self.lock().is_empty() {
            assert!(begun.elapsed() < DEADLINE, "nobody came to the upstream");
            thread::sleep(Duration::from_millis(5));
        }
    }

    fn lock(&self) -> std::sync::MutexGuard<'_, Vec<UnboundedSender<Message>>> {
        self.listeners.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// Publishes a document on `/calls`; its number.
    pub fn publish(&mut self, document: String) -> u64 {
        let nth = self.sent.len() as u64;
        let message = Message::text(document);
        self.sent.push(Instant::now());
        self.lock().retain(|listener| listener.send(message.clone()).is_ok());
        nth
    }

    /// When a document was published.
    pub fn sent(&self, nth: u64) -> Instant {
        self.sent[usize::try_from(nth).expect("a small number")]
    }

    /// The number of the next document.
    pub fn next(&self) -> u64 {
        self.sent.len() as u64
    }
}

async fn serve(stream: TcpStream, listeners: Listeners) {
    let _ = stream.set_nodelay(true);
    let mut path = String::new();
    #[expect(clippy::result_large_err, reason = "the library's own type")]
    let note = |request: &Request, response: Response| {
        request.uri().path().clone_into(&mut path);
        Ok(response)
    };
    let Ok(mut socket) = accept_hdr_async(stream, note).await else { return };
    let (send, mut receive): (_, UnboundedReceiver<Message>) = unbounded_channel();
    // The other streams stay open and silent.
    let kept = if path == "/calls" {
        listeners.lock().unwrap_or_else(PoisonError::into_inner).push(send);
        None
    } else {
        Some(send)
    };
    loop {
        tokio::select! {
            message = receive.recv() => {
                let Some(message) = message else { return };
                if socket.send(message).await.is_err() {
                    return;
                }
            },
            // Reading answers pings.
            heard = socket.next() => if !matches!(heard, Some(Ok(_))) { break },
        }
    }
    drop(kept);
}
