//! `GET /api/live`: one browser's socket.

use std::collections::BTreeSet;
use std::sync::Arc;

use axum::Extension;
use axum::extract::{Query, Request, State};
use axum::response::Response;
use callboard_shared::QueueKey;
use callboard_shared::audience::Audience;
use callboard_shared::wire::{Seq, close};
use serde::Deserialize;

use super::App;
use super::problem::Problem;
use super::seat::Seat;
use super::socket::{Goodbye, Handshake, Viewer};
use crate::access::Caller;
use crate::hub::{Resume, Subscription};

/// Where a viewer that comes back had got to.
#[derive(Deserialize)]
pub(super) struct From {
    epoch: Option<String>,
    seq: Option<String>,
}

/// Opens the socket, unless there are too many.
pub(super) async fn connect(
    State(app): State<Arc<App>>,
    Extension(caller): Extension<Arc<Caller>>,
    Query(from): Query<From>,
    mut request: Request,
) -> Result<Response, Problem> {
    let resume = resume(from)?;
    let handshake = Handshake::of(&mut request)?;
    let seat = Seat::take(&app, &caller)?;
    Ok(handshake.open(move || {
        // A browser is not told the status of a handshake that failed: the
        // reason must come through the socket.
        LiveViewer::new(app, caller, seat, resume.as_ref()).ok_or_else(Goodbye::unauthorized)
    }))
}

/// Both or neither of the two.
pub(super) fn resume(from: From) -> Result<Option<Resume>, Problem> {
    match (from.epoch, from.seq) {
        (Some(epoch), Some(seq)) => match seq.parse() {
            Ok(seq) => Ok(Some(Resume { epoch, seq: Seq(seq) })),
            Err(_) => Err(Problem::parameter("seq", "`seq` must be a whole number.")),
        },
        (None, None) => Ok(None),
        (Some(_), None) => Err(Problem::parameter("seq", "`epoch` needs `seq`.")),
        (None, Some(_)) => Err(Problem::parameter("epoch", "`seq` needs `epoch`.")),
    }
}

struct LiveViewer {
    app: Arc<App>,
    caller: Arc<Caller>,
    /// Its own audience narrowed by its filter.
    audience: Audience,
    subscription: Subscription,
    _seat: Seat,
}

impl LiveViewer {
    fn new(
        app: Arc<App>,
        caller: Arc<Caller>,
        seat: Seat,
        resume: Option<&Resume>,
    ) -> Option<LiveViewer> {
        let audience = caller.audience()?.clone();
        let subscription = app.hub.subscribe(&audience, resume);
        Some(LiveViewer { app, caller, audience, subscription, _seat: seat })
    }
}

impl Viewer for LiveViewer {
    fn subscription(&mut self) -> &mut Subscription {
        &mut self.subscription
    }

    fn begin_anew(&mut self) -> Result<(), Goodbye> {
        self.subscription = self.app.hub.subscribe(&self.audience, None);
        Ok(())
    }

    /// `{"type":"filter","queues":["71"]}`: only these queues from now on;
    /// without `queues` all that the viewer may see.
    fn hear(&mut self, text: &str) -> Result<(), Goodbye> {
        #[derive(Deserialize)]
        struct Filter {
            r#type: String,
            queues: Option<BTreeSet<QueueKey>>,
        }
        let refused = || Goodbye::Because(close::POLICY, "no client may send this".to_owned());
        let filter: Filter = serde_json::from_str(text).map_err(|_| refused())?;
        if filter.r#type != "filter" {
            return Err(refused());
        }
        let own = self.caller.audience().ok_or_else(Goodbye::over)?;
        let wanted = own.narrowed(filter.queues);
        if wanted != self.audience && self.app.hub.has_room_for(&wanted) {
            self.audience = wanted;
            self.begin_anew()?;
        }
        Ok(())
    }

    fn check(&mut self) -> Result<(), Goodbye> {
        self.app.stays(&self.caller)
    }
}
