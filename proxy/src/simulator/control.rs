//! Faults, pauses and scripted calls, in the process and over HTTP.

use std::sync::Arc;

use axum::Json;
use axum::body::Bytes;
use axum::extract::ws::{Utf8Bytes, close_code};
use axum::extract::{DefaultBodyLimit, Query, State};
use axum::http::StatusCode;
use axum::routing::{Router, get, post};
use serde::{Deserialize, Serialize};

use super::driver::Hub;
use super::faults::Fault;
use super::outlet::{Frame, Source as _};
use super::script::{BadScript, Script};
use super::truth::Truth;
use callboard_shared::Stream;

/// Largest frame that can be sent by order, in bytes.
const LARGEST_FRAME: usize = 4 << 20;

/// A handle on a running [`Simulator`](super::Simulator); cheap to clone.
#[derive(Clone)]
pub struct Control {
    hub: Arc<Hub>,
}

impl Control {
    pub(super) fn new(hub: Arc<Hub>) -> Self {
        Control { hub }
    }

    /// Sends `data` as one frame to all sockets of `stream`; returns how many there are.
    ///
    /// A text frame, or a binary one if it is not UTF-8.
    pub fn send_raw(&self, stream: Stream, data: impl Into<Bytes>) -> usize {
        let data = data.into();
        let frame = Utf8Bytes::try_from(data.clone()).map_or(Frame::Binary(data), Frame::Text);
        self.hub.outlet().send(stream, frame)
    }

    /// Closes all sockets with a WebSocket close code; new ones are welcome.
    pub fn close_all(&self, code: u16) {
        for stream in Stream::ALL {
            self.hub.outlet().send(stream, Frame::Close(code));
        }
    }

    /// Stops time: nothing is emitted until [`Control::resume`].
    pub fn pause(&self) {
        self.hub.pause();
    }

    /// Lets time go on; what was due during the pause happens that much later.
    pub fn resume(&self) {
        self.hub.resume();
    }

    /// The simulator's own count, true for all documents sent so far.
    pub fn truth(&self) -> Truth {
        self.hub.truth()
    }

    /// Breaks something, or says which detail of the order is out of its range.
    pub fn fault(&self, fault: &Fault) -> Result<(), &'static str> {
        fault.check()?;
        self.hub.fault(fault);
        Ok(())
    }

    /// Begins one call by order; returns its `id_call`.
    ///
    /// During a pause it begins with [`Control::resume`].
    pub fn play(&self, script: Script) -> Result<Arc<str>, BadScript> {
        self.hub.play(script)
    }
}

#[derive(Deserialize)]
struct FrameQuery {
    stream: String,
}

#[derive(Deserialize)]
struct CloseQuery {
    code: Option<u16>,
}

#[derive(Serialize)]
struct Sent {
    sockets: usize,
}

#[derive(Serialize)]
struct Started {
    id_call: Arc<str>,
}

type Refusal = (StatusCode, String);

/// The routes below `/control`, without the check of the token.
pub(super) fn routes() -> Router<Control> {
    Router::new()
        .route("/frame", post(frame).layer(DefaultBodyLimit::max(LARGEST_FRAME)))
        .route("/close", post(close))
        .route("/fault", post(fault))
        .route("/pause", post(pause))
        .route("/resume", post(resume))
        .route("/truth", get(truth))
        .route("/call", post(call))
}

/// `POST /control/frame?stream=…`: the body, as it is, to all sockets of the stream.
async fn frame(
    State(control): State<Control>,
    Query(query): Query<FrameQuery>,
    body: Bytes,
) -> Result<Json<Sent>, Refusal> {
    let stream = Stream::from_name(&query.stream)
        .ok_or_else(|| bad_request("stream must be calls, queues or agents"))?;
    Ok(Json(Sent { sockets: control.send_raw(stream, body) }))
}

/// `POST /control/close?code=…`: ends all sockets, with 1001 unless told otherwise.
async fn close(
    State(control): State<Control>,
    Query(query): Query<CloseQuery>,
) -> Result<StatusCode, Refusal> {
    let code = query.code.unwrap_or(close_code::AWAY);
    // Others are not allowed in a close frame.
    if !matches!(code, 1000..=1003 | 1007..=1014 | 3000..=4999) {
        return Err(bad_request("code must be one that a WebSocket server may send"));
    }
    control.close_all(code);
    Ok(StatusCode::NO_CONTENT)
}

/// `POST /control/fault?kind=…`: breaks something, see [`Fault`].
async fn fault(
    State(control): State<Control>,
    Query(fault): Query<Fault>,
) -> Result<StatusCode, Refusal> {
    control.fault(&fault).map_err(bad_request)?;
    Ok(StatusCode::NO_CONTENT)
}

/// `POST /control/pause`.
async fn pause(State(control): State<Control>) -> StatusCode {
    control.pause();
    StatusCode::NO_CONTENT
}

/// `POST /control/resume`.
async fn resume(State(control): State<Control>) -> StatusCode {
    control.resume();
    StatusCode::NO_CONTENT
}

/// `GET /control/truth`.
async fn truth(State(control): State<Control>) -> Json<Truth> {
    Json(control.truth())
}

/// `POST /control/call`: plays one [`Script`].
async fn call(State(control): State<Control>, body: Bytes) -> Result<Json<Started>, Refusal> {
    let script: Script =
        serde_json::from_slice(&body).map_err(|error| bad_request(&error.to_string()))?;
    let id_call = control.play(script).map_err(|error| bad_request(&error.to_string()))?;
    Ok(Json(Started { id_call }))
}

fn bad_request(why: &str) -> Refusal {
    (StatusCode::BAD_REQUEST, why.to_owned())
}
