//! The accept loop: connections in, each with limits on its time and size.
//!
//! A loop of our own, because the router's own sets no timer and would wait
//! for ever for the rest of a header.

use std::convert::Infallible;
use std::io;
use std::net::SocketAddr;
use std::os::fd::AsRawFd as _;
use std::sync::{Arc, Mutex, PoisonError};
use std::time::Duration;

use axum::Router;
use axum::body::Body;
use axum::extract::Request;
use axum::http::HeaderValue;
use axum::http::header::CONNECTION;
use hyper::body::Incoming;
use hyper::server::conn::http1;
use hyper::service::service_fn;
use hyper_util::rt::{TokioIo, TokioTimer};
#[cfg(target_os = "linux")]
use socket2::SockRef;
use tokio::net::{TcpListener, TcpStream};
use tokio::sync::{OwnedSemaphorePermit, Semaphore, watch};
use tokio::time::timeout;
use tower::ServiceExt as _;

use super::SAID_EVERY;
use super::connection::{Connection, Stream};
use super::doors::{Doors, Pass};
use super::tls::Tls;
use crate::http::Seated;
use crate::telemetry::Seldom;

/// A request's header must be there after this; also the first of a
/// connection, so that a silent one goes away.
const HEADER_WITHIN: Duration = Duration::from_secs(10);
/// TLS must be agreed after this.
const TLS_WITHIN: Duration = Duration::from_secs(10);
/// All headers of a request together, in bytes; more is answered with 431.
const HEADER_BYTES: usize = 16 * 1024;
/// Handed to the system beyond what is on its way to the client.
#[cfg(target_os = "linux")]
const UNSENT_BYTES: u32 = 64 * 1024;
/// When the system has no more connections to give.
const BREATH: Duration = Duration::from_millis(100);

/// Where a request comes from.
#[derive(Clone, Copy, Debug)]
pub struct Peer {
    /// The other end of the connection.
    pub address: SocketAddr,
    /// Whether it is encrypted.
    pub is_tls: bool,
    /// Whether its file is one of those that are kept free of viewers.
    pub in_reserve: bool,
}

/// How many connections a listener has at the same time.
pub(super) struct Room {
    /// In all, sockets left out: they have limits of their own.
    pub(super) connections: usize,
    /// And by address.
    pub(super) doors: Arc<Doors>,
    /// Files from this number on are kept free of viewers.
    pub(super) viewers_below: u64,
}

/// Serves `router` on `listener` until this is dropped. Connections then finish
/// what they are at when `stop` says so. Beyond the `room` further ones wait; who
/// has more than its share of it is sent away.
pub(super) async fn serve(
    listener: TcpListener,
    router: Router,
    tls: Option<Tls>,
    room: Room,
    stop: watch::Receiver<bool>,
) {
    let places = Arc::new(Semaphore::new(room.connections));
    let said = Seldom::default();
    loop {
        let Ok(place) = Arc::clone(&places).acquire_owned().await else { return };
        match listener.accept().await {
            Ok((stream, address)) => {
                let Some(pass) = room.doors.admit(address.ip()) else { continue };
                let place = (place, pass);
                let in_reserve = is_from(room.viewers_below, &stream);
                let (router, tls) = (router.clone(), tls.clone());
                let one = One { router, tls, address, in_reserve, place };
                tokio::spawn(one.serve(stream, stop.clone()));
            }
            Err(error) => {
                rest(&error, &said).await;
            }
        }
    }
}

/// A client that went away is no reason to rest, a full table of files is.
async fn rest(error: &io::Error, said: &Seldom) {
    use io::ErrorKind::{ConnectionAborted, ConnectionRefused, ConnectionReset};
    if !matches!(error.kind(), ConnectionAborted | ConnectionRefused | ConnectionReset) {
        if said.is_due(SAID_EVERY) {
            tracing::warn!("no further connections: raise the limit of open files (ulimit -n)");
        }
        tokio::time::sleep(BREATH).await;
    }
}

/// Whether its file has at least this number.
fn is_from(number: u64, stream: &TcpStream) -> bool {
    u64::try_from(stream.as_raw_fd()).is_ok_and(|own| own >= number)
}

/// One connection to be served.
struct One {
    router: Router,
    tls: Option<Tls>,
    address: SocketAddr,
    in_reserve: bool,
    place: (OwnedSemaphorePermit, Pass),
}

/// A connection's place among those that ask for something.
type Place = Arc<Mutex<Option<(OwnedSemaphorePermit, Pass)>>>;

impl One {
    async fn serve(self, stream: TcpStream, mut stop: watch::Receiver<bool>) {
        let One { router, tls, address, in_reserve, place } = self;
        tune(&stream);
        let is_tls = tls.is_some();
        let stream = match tls {
            None => Stream::Plain(stream.into()),
            Some(tls) => match timeout(TLS_WITHIN, tls.acceptor().accept(stream)).await {
                Ok(Ok(stream)) => Stream::Tls(Box::new(stream)),
                Ok(Err(_)) | Err(_) => return,
            },
        };
        // Given back when this ends: a socket keeps its place in the count of
        // viewers instead.
        let place: Place = Arc::new(Mutex::new(Some(place)));
        let peer = Peer { address, is_tls, in_reserve };
        let service =
            service_fn(|request| answer(router.clone(), request, peer, Arc::clone(&place)));
        let mut http = http1::Builder::new();
        http.timer(TokioTimer::new()).header_read_timeout(HEADER_WITHIN);
        http.max_buf_size(HEADER_BYTES);
        let io = TokioIo::new(Connection::new(stream));
        let connection = http.serve_connection(io, service).with_upgrades();
        let mut connection = std::pin::pin!(connection);
        // How a connection ends is the client's affair.
        tokio::select! {
            _ = connection.as_mut() => return,
            // An error means the same: the server is gone.
            _ = async { drop(stop.wait_for(|stop| *stop).await) } => (),
        }
        connection.as_mut().graceful_shutdown();
        let _ = connection.await;
    }
}

/// What fails here costs speed only.
fn tune(stream: &TcpStream) {
    // A small message should not wait for the next one.
    let _ = stream.set_nodelay(true);
    // The system would take megabytes from us for a viewer that lags: memory
    // for each, and messages that are old when they arrive. What waits with us
    // is joined into one.
    #[cfg(target_os = "linux")]
    let _ = SockRef::from(stream).set_tcp_notsent_lowat(UNSENT_BYTES);
}

async fn answer(
    router: Router,
    request: hyper::Request<Incoming>,
    peer: Peer,
    place: Place,
) -> Result<axum::response::Response, Infallible> {
    let mut request: Request = request.map(Body::new);
    request.extensions_mut().insert(peer);
    let mut response = router.oneshot(request).await?;
    if response.extensions().get::<Seated>().is_some() {
        place.lock().unwrap_or_else(PoisonError::into_inner).take();
        // Without a place there is nothing more to ask.
        response.headers_mut().insert(CONNECTION, HeaderValue::from_static("close"));
    }
    Ok(response)
}
