//! `GET /calls`, `/queues`, `/agents`: the upstream's frames as they came,
//! byte for byte, for programs written for the upstream.

use std::sync::Arc;

use axum::Extension;
use axum::extract::{Request, State};
use axum::http::StatusCode;
use axum::response::Response;
use callboard_shared::Stream;
use callboard_shared::wire::close;

use super::App;
use super::problem::Problem;
use super::seat::Seat;
use super::socket::{Goodbye, Handshake, Viewer};
use crate::access::Caller;
use crate::hub::Subscription;

/// Opens the socket for who may see everything: nothing is masked here.
pub(super) async fn connect(
    State(app): State<Arc<App>>,
    Extension(caller): Extension<Arc<Caller>>,
    mut request: Request,
) -> Result<Response, Problem> {
    let stream = Stream::from_name(request.uri().path().trim_start_matches('/'));
    let Some(stream) = stream else {
        return Err(Problem::new(StatusCode::NOT_FOUND, "There is no such stream."));
    };
    let audience = caller.authorized()?;
    if !audience.sees_all() {
        let detail = "The streams as they came are for supervisors of all queues only.";
        return Err(Problem::new(StatusCode::FORBIDDEN, detail));
    }
    let handshake = Handshake::of(&mut request)?.without_compression();
    let seat = Seat::take(&app, &caller)?;
    Ok(handshake.open(move || {
        let subscription = app.hub.subscribe_raw(stream);
        Ok(RawViewer { app, caller, subscription, _seat: seat })
    }))
}

struct RawViewer {
    app: Arc<App>,
    caller: Arc<Caller>,
    subscription: Subscription,
    _seat: Seat,
}

impl Viewer for RawViewer {
    fn subscription(&mut self) -> &mut Subscription {
        &mut self.subscription
    }

    /// Nothing stands for what was missed, and to leave it out silently would
    /// be a lie.
    fn begin_anew(&mut self) -> Result<(), Goodbye> {
        Err(Goodbye::Because(close::STALLED, "too far behind".to_owned()))
    }

    /// A program may send the upstream its token first; here it has shown its
    /// key already.
    fn hear(&mut self, _: &str) -> Result<(), Goodbye> {
        Ok(())
    }

    fn check(&mut self) -> Result<(), Goodbye> {
        self.app.stays(&self.caller)
    }
}
