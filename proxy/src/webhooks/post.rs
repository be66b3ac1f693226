//! One request: connect, TLS, POST, and what was answered. Nothing is
//! followed, and no error holds the URL.

use std::time::Duration;

use axum::body::Body;
use axum::http::header::{CONTENT_TYPE, HOST, RETRY_AFTER, USER_AGENT};
use axum::http::{Request, Response, StatusCode};
use hyper::body::Incoming;
use hyper::client::conn::http1;
use hyper_util::rt::TokioIo;
use rustls::pki_types::ServerName;
use tokio::io::{AsyncRead, AsyncWrite};
use tokio::net::TcpStream;
use tokio::time::timeout;
use tokio_rustls::TlsConnector;

use super::Target;
use crate::upstream::tls_client;

/// All of it together.
const WITHIN: Duration = Duration::from_secs(10);
/// Nobody is waited for longer because they say so.
const RETRY_AFTER_MOST: Duration = Duration::from_secs(120);

/// Why it was not taken.
#[derive(Clone, Copy, Debug, Eq, PartialEq, thiserror::Error)]
pub(super) enum Failure {
    /// The same again will be refused again.
    #[error("refused with {0}: is the URL right?")]
    Refused(StatusCode),
    /// Answered elsewhere.
    #[error("redirected ({0}), which is not followed: write the URL that it leads to")]
    Redirected(StatusCode),
    /// Not now.
    #[error("answered {0}")]
    NotNow(StatusCode, Option<Duration>),
    /// No answer in time.
    #[error("no answer within 10 s")]
    Timeout,
    /// The network, or TLS.
    #[error("{0}")]
    Network(&'static str),
}

impl Failure {
    /// Whether another try may help.
    pub(super) fn may_pass(self) -> bool {
        !matches!(self, Failure::Refused(_) | Failure::Redirected(_))
    }
}

/// Posts `body`.
pub(super) async fn post(target: &Target, body: &str) -> Result<(), Failure> {
    timeout(WITHIN, exchange(target, body)).await.unwrap_or(Err(Failure::Timeout))
}

async fn exchange(target: &Target, body: &str) -> Result<(), Failure> {
    let stream = TcpStream::connect((&*target.host, target.port)).await;
    let stream = stream.map_err(|_| Failure::Network("cannot connect"))?;
    let request = request(target, body)?;
    let answer = if target.tls {
        let name = ServerName::try_from(target.host.clone());
        let name = name.map_err(|_| Failure::Network("the host's name is none"))?;
        let stream = TlsConnector::from(tls_client()).connect(name, stream).await;
        let stream =
            stream.map_err(|_| Failure::Network("TLS failed: is its certificate valid?"))?;
        send(stream, request).await?
    } else {
        send(stream, request).await?
    };
    judge(answer.status(), &answer)
}

fn request(target: &Target, body: &str) -> Result<Request<Body>, Failure> {
    Request::post(target.path.expose())
        .header(HOST, &target.authority)
        .header(CONTENT_TYPE, "application/json")
        .header(USER_AGENT, concat!("callboard/", env!("CARGO_PKG_VERSION")))
        .body(Body::from(body.to_owned()))
        .map_err(|_| Failure::Network("the URL cannot be asked for"))
}

async fn send<S>(stream: S, request: Request<Body>) -> Result<Response<Incoming>, Failure>
where
    S: AsyncRead + AsyncWrite + Send + Unpin + 'static,
{
    const LOST: Failure = Failure::Network("the connection was lost");
    let (mut sender, connection) =
        http1::handshake(TokioIo::new(stream)).await.map_err(|_| LOST)?;
    let answer = sender.send_request(request);
    tokio::pin!(connection, answer);
    tokio::select! {
        answer = &mut answer => answer.map_err(|_| LOST),
        // An answer may be there although the connection is over.
        _ = &mut connection => answer.await.map_err(|_| LOST),
    }
}

fn judge(status: StatusCode, answer: &Response<Incoming>) -> Result<(), Failure> {
    if status.is_success() {
        return Ok(());
    }
    if status.is_redirection() {
        return Err(Failure::Redirected(status));
    }
    let is_for_later =
        matches!(status, StatusCode::TOO_MANY_REQUESTS | StatusCode::REQUEST_TIMEOUT);
    if status.is_client_error() && !is_for_later {
        return Err(Failure::Refused(status));
    }
    let after = answer.headers().get(RETRY_AFTER).and_then(|after| after.to_str().ok());
    let after = after.and_then(|after| after.parse().ok()).map(Duration::from_secs);
    Err(Failure::NotNow(status, after.map(|after| after.min(RETRY_AFTER_MOST))))
}
