//! Places for viewers: so many in all, and so many from one address.

use std::collections::HashMap;
use std::sync::{Arc, Mutex, PoisonError};

use tokio::sync::watch;

use super::App;
use super::problem::Problem;
use crate::access::{Access, Caller};
use crate::hub::Hub;
use crate::source::Source;

/// How many may watch.
#[derive(Clone, Copy, Debug)]
pub struct Limits {
    /// In all.
    pub viewers: usize,
    /// From one address. This machine's own is not limited: a reverse proxy
    /// may stand there.
    pub per_address: usize,
}

/// Who sits where.
#[derive(Debug, Default)]
pub struct Seats {
    taken: Mutex<HashMap<Source, usize>>,
}

/// A viewer's place, given back whatever happens.
pub(super) struct Seat {
    hub: Arc<Hub>,
    seats: Arc<Seats>,
    source: Source,
    /// What lists of links tell of this one is true when it has gone.
    link: Option<(Arc<Access>, String)>,
    /// The proxy waits for these to go when it stops.
    _presence: watch::Receiver<bool>,
}

impl Seat {
    /// Takes a place.
    ///
    /// # Errors
    ///
    /// When there is none, or the proxy stops.
    pub(super) fn take(app: &App, caller: &Caller) -> Result<Seat, Problem> {
        let source = Source::from(caller.address);
        if app.hub.is_stopping() {
            return Err(Problem::busy("The proxy is stopping. Come back in a moment."));
        }
        let mut taken = app.seats.taken.lock().unwrap_or_else(PoisonError::into_inner);
        // The sum is kept by the gauge, which changes under this lock only.
        let viewers = usize::try_from(app.hub.counters.viewers.get()).unwrap_or(usize::MAX);
        if viewers >= app.limits.viewers {
            let detail = "There are as many viewers as `max-viewers` allows.";
            return Err(Problem::busy(detail));
        }
        let here = taken.entry(source).or_default();
        if *here >= app.limits.per_address && !source.is_own() {
            let detail = "There are as many viewers from this address as \
                          `max-viewers-per-address` allows.";
            return Err(Problem::busy(detail));
        }
        *here += 1;
        app.hub.counters.viewers.inc();
        let (hub, seats) = (Arc::clone(&app.hub), Arc::clone(&app.seats));
        let link = caller.link().map(|link| (Arc::clone(&app.access), link.to_owned()));
        Ok(Seat { _presence: hub.presence(), hub, seats, source, link })
    }
}

impl Drop for Seat {
    fn drop(&mut self) {
        let mut taken = self.seats.taken.lock().unwrap_or_else(PoisonError::into_inner);
        if let Some(here) = taken.get_mut(&self.source) {
            *here -= 1;
            if *here == 0 {
                taken.remove(&self.source);
            }
        }
        self.hub.counters.viewers.dec();
        if let Some((access, link)) = &self.link {
            access.left(link);
        }
    }
}
