//! The WebSocket server: three streams behind a token.

use std::future::Future;
use std::io;
use std::sync::Arc;
use std::time::{Duration, SystemTime};

use axum::extract::ws::rejection::WebSocketUpgradeRejection;
use axum::extract::ws::{CloseFrame, Message, WebSocket, WebSocketUpgrade, close_code};
use axum::extract::{Request, State};
use axum::http::StatusCode;
use axum::middleware::{self, Next};
use axum::response::{IntoResponse, Response};
use axum::routing::{Router, get};
use axum::{Extension, extract};
use futures_util::{Sink, SinkExt, StreamExt};
use tokio::net::TcpListener;
use tokio::sync::watch;
use tokio::time::{Instant, sleep, timeout, timeout_at};

use super::auth::{self, Gate, Proof, Token};
use callboard_shared::Stream;

use super::center::Center;
use super::control::{self, Control};
use super::driver::Hub;
use super::faults::AtRandom;
use super::outlet::{Frame, Outlet, Source, Subscription};
use super::{InvalidOption, Options};

/// A socket that takes no frame for this long is dropped.
const WRITE_LIMIT: Duration = Duration::from_secs(10);

/// How long sockets and requests have to end when the server stops.
const GOODBYE_LIMIT: Duration = Duration::from_secs(2);

/// How long a client may take to send the token as its first message.
const PROOF_LIMIT: Duration = Duration::from_secs(5);

/// Closes a socket whose first message has no token.
const CODE_UNPROVEN: u16 = 4401;

/// Clients of a stream only send pings; the default of 128 KiB is for peers that talk.
const READ_BUFFER: usize = 2_048;

/// A simulated upstream, ready to serve.
pub struct Simulator {
    hub: Arc<Hub>,
    gate: Gate,
    faults: Option<AtRandom>,
}

impl Simulator {
    /// Checks the options and builds the call centre; its time begins now.
    pub fn new(token: Token, options: Options) -> io::Result<Self> {
        let invalid = |error: InvalidOption| io::Error::new(io::ErrorKind::InvalidInput, error);
        options.check().map_err(invalid)?;
        let start = options.start.unwrap_or_else(epoch_ms);
        // What happened before is over: whoever connects is told of calls that
        // go on, and of nothing else.
        let lived_ms = (f64::from(options.warm_up) * 60_000.0 / options.speed) as i64;
        let gate = Gate { token, only: options.auth.clone() };
        let greet = options.greet;
        let faults = options.faults.map(|mean_s| AtRandom::new(options.seed, mean_s));
        let mut center = Center::new(&Options { start: Some(start - lived_ms), ..options });
        center.advance(start);
        Ok(Simulator { hub: Arc::new(Hub::new(center, start, greet)), gate, faults })
    }

    /// A handle for faults, pauses, scripted calls and the count.
    pub fn control(&self) -> Control {
        Control::new(Arc::clone(&self.hub))
    }

    /// Serves the streams until `shutdown` completes; then closes the sockets with 1001.
    pub async fn serve(
        self,
        listener: TcpListener,
        shutdown: impl Future<Output = ()> + Send + 'static,
    ) -> io::Result<()> {
        let control = control::routes().with_state(self.control());
        let Simulator { hub, gate, faults } = self;
        let driving = Arc::clone(&hub);
        let drive = async move {
            tokio::select! {
                never = Arc::clone(&driving).drive() => match never {},
                () = break_now_and_then(&driving, faults) => (),
            }
        };
        serve(listener, hub, gate, control, drive, shutdown).await
    }
}

/// Breaks things for ever, or never.
async fn break_now_and_then(hub: &Hub, faults: Option<AtRandom>) {
    for (wait, fault) in faults.into_iter().flatten() {
        sleep(wait).await;
        tracing::info!(kind = ?fault.kind, stream = ?fault.stream, "fault");
        hub.fault(&fault);
    }
    std::future::pending().await
}

/// Serves the streams of `source`, and `control` under `/control`, until
/// `shutdown` or `drive` completes; then closes the sockets with 1001.
pub(crate) async fn serve<S: Source>(
    listener: TcpListener,
    source: Arc<S>,
    gate: Gate,
    control: Router,
    drive: impl Future<Output = ()> + Send + 'static,
    shutdown: impl Future<Output = ()> + Send + 'static,
) -> io::Result<()> {
    let token = gate.token.clone();
    let any = middleware::from_fn_with_state(token, require_token);
    let right = middleware::from_fn_with_state(gate.clone(), require_proof);
    let routes = Router::new()
        .route("/{stream}", get(stream::<S>).layer(right.clone()))
        .with_state((Arc::clone(&source), gate.token.clone()))
        .nest("/control", control.layer(any.clone()))
        // Who has no token learns not even which paths there are.
        .fallback_service(get(async || StatusCode::NOT_FOUND).layer(any));
    let stop = {
        let source = Arc::clone(&source);
        async move {
            tokio::select! {
                () = shutdown => (),
                () = drive => (),
            }
            source.outlet().close();
        }
    };
    let serving = axum::serve(listener, routes).with_graceful_shutdown(stop);
    let outlet: &Outlet = source.outlet();
    let result = tokio::select! {
        result = serving.into_future() => result,
        // A request that never ends must not hold the server up.
        () = async { outlet.closing().await; sleep(GOODBYE_LIMIT).await } => Ok(()),
    };
    let _ = timeout(GOODBYE_LIMIT, outlet.all_gone()).await;
    result
}

const UNAUTHORIZED: (StatusCode, &str) =
    (StatusCode::UNAUTHORIZED, "the token is missing or wrong\n");

/// Lets a request pass that carries the token in any of the usual ways.
async fn require_token(State(token): State<Token>, request: Request, next: Next) -> Response {
    match auth::anywhere(&token, request.headers(), request.uri()) {
        Some(_) => next.run(request).await,
        None => UNAUTHORIZED.into_response(),
    }
}

/// Lets a request pass that carries the token in the right way.
async fn require_proof(State(gate): State<Gate>, mut request: Request, next: Next) -> Response {
    match gate.find(request.headers(), request.uri()) {
        Some(proof) => {
            request.extensions_mut().insert(Arc::new(proof));
            next.run(request).await
        }
        None => UNAUTHORIZED.into_response(),
    }
}

/// `GET /calls`, `/queues` and `/agents`.
async fn stream<S: Source>(
    State((source, token)): State<(Arc<S>, Token)>,
    Extension(proof): Extension<Arc<Proof>>,
    extract::Path(name): extract::Path<String>,
    upgrade: Result<WebSocketUpgrade, WebSocketUpgradeRejection>,
) -> Response {
    let Some(stream) = Stream::from_name(&name) else {
        return (StatusCode::NOT_FOUND, "the streams are /calls, /queues and /agents\n")
            .into_response();
    };
    if let Some(status) = source.outlet().refusal(stream) {
        return (status, "refused by order\n").into_response();
    }
    let Ok(mut upgrade) = upgrade else {
        return (StatusCode::UPGRADE_REQUIRED, "this is a WebSocket\n").into_response();
    };
    if let Proof::Subprotocol(protocol) = &*proof {
        // Clients refuse an answer that picks none of the protocols they offered.
        upgrade.set_selected_protocol(protocol.clone());
    }
    upgrade.read_buffer_size(READ_BUFFER).on_upgrade(move |mut socket| async move {
        tracing::debug!(stream = stream.name(), "a client came");
        let why = match &*proof {
            Proof::Awaited if !proves(&mut socket, &token).await => {
                let _ = send(&mut socket, Frame::Close(CODE_UNPROVEN)).await;
                "no token in the first message"
            }
            _ => feed(socket, source.subscribe(stream)).await,
        };
        tracing::debug!(stream = stream.name(), why, "a client left");
    })
}

/// Whether the first message has the token.
async fn proves(socket: &mut WebSocket, token: &Token) -> bool {
    let first = async {
        loop {
            match socket.recv().await {
                Some(Ok(Message::Text(text))) => return token.is_in(&text),
                Some(Ok(Message::Ping(_) | Message::Pong(_))) => (),
                _ => return false,
            }
        }
    };
    timeout(PROOF_LIMIT, first).await.unwrap_or(false)
}

/// Sends the frames of one stream until somebody stops; returns why.
async fn feed(socket: WebSocket, subscription: Subscription) -> &'static str {
    let Subscription { greeting, mut frames, mut closing, mut stalled } = subscription;
    let (mut sink, mut source) = socket.split();
    tokio::select! {
        () = stall_over(&mut stalled) => (),
        _ = closing.wait_for(|closing| *closing) => (),
    }
    for frame in greeting {
        if let Err(why) = send(&mut sink, frame).await {
            return why;
        }
    }
    loop {
        // Whoever does not read answers no ping either.
        let stall_over = tokio::select! {
            () = stall_over(&mut stalled) => true,
            _ = closing.wait_for(|closing| *closing) => false,
        };
        let frame = tokio::select! {
            _ = stalled.changed(), if stall_over => continue,
            frame = frames.recv() => match frame {
                Ok(frame) => frame,
                Err(_) => return "too slow",
            },
            // Reading also answers pings; what a client says has no meaning here.
            message = source.next() => match message {
                Some(Ok(_)) => continue,
                Some(Err(_)) | None => return "closed by the client",
            },
            () = async { let _ = closing.wait_for(|closing| *closing).await; } => {
                Frame::Close(close_code::AWAY)
            }
        };
        if let Err(why) = send(&mut sink, frame).await {
            return why;
        }
    }
}

/// Completes when nothing is stalled.
async fn stall_over(stalled: &mut watch::Receiver<Option<Instant>>) {
    loop {
        let until = *stalled.borrow_and_update();
        match until.filter(|until| *until > Instant::now()) {
            // Who waits for the change of a sender that is gone waits for nothing.
            Some(until) => drop(timeout_at(until, stalled.changed()).await),
            None => return,
        }
    }
}

async fn send<W>(sink: &mut W, frame: Frame) -> Result<(), &'static str>
where
    W: Sink<Message, Error = axum::Error> + Unpin,
{
    let (message, closes) = match frame {
        Frame::Text(text) => (Message::Text(text), false),
        Frame::Binary(bytes) => (Message::Binary(bytes), false),
        Frame::Abort => return Err("dropped by order"),
        Frame::Close(code) => (Message::Close(Some(CloseFrame { code, reason: "".into() })), true),
    };
    match timeout(WRITE_LIMIT, sink.send(message)).await {
        Ok(Ok(())) if closes => Err("closed by the server"),
        Ok(Ok(())) => Ok(()),
        Ok(Err(_)) => Err("broken connection"),
        Err(_) => Err("takes nothing"),
    }
}

/// The clock, in epoch milliseconds.
fn epoch_ms() -> i64 {
    let since = SystemTime::now().duration_since(SystemTime::UNIX_EPOCH).unwrap_or_default();
    i64::try_from(since.as_millis()).unwrap_or(0)
}

#[cfg(test)]
mod tests;
