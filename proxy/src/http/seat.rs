//! Places for viewers: so many in all, from one address and by one link, and
//! so many new ones a second.
//!
//! - `pace`: the new ones

mod pace;

use std::sync::{Arc, Mutex, PoisonError};

use tokio::sync::watch;

use super::App;
use super::problem::Problem;
use crate::access::{Access, Caller};
use crate::hub::Hub;
use crate::source::Source;
use crate::tally::Tally;
use pace::Pace;

/// How many may watch.
#[derive(Clone, Copy, Debug)]
pub struct Limits {
    /// In all.
    pub viewers: usize,
    /// From one address. This machine's own is not limited: a reverse proxy
    /// may stand there.
    pub per_address: usize,
    /// By one link, the sessions that were begun with it included, or by one
    /// session that was begun with the key.
    pub per_link: usize,
    /// New ones a second, and five times as many at once; 0: without limit.
    pub new_per_second: u32,
}

/// Who sits where.
#[derive(Debug)]
pub struct Seats {
    limits: Limits,
    taken: Mutex<Taken>,
}

#[derive(Debug)]
struct Taken {
    all: usize,
    sources: Tally<Source>,
    links: Tally<String>,
    known: Pace,
    /// Who shows nothing that is valid uses up a pace of their own, and not
    /// that of those who do.
    unknown: Pace,
}

/// Why there is no place.
#[derive(Clone, Copy, Debug)]
enum Refusal {
    Stopping,
    Files,
    Viewers,
    Address,
    Link,
    Pace,
}

impl Refusal {
    /// The label in `/metrics`.
    fn reason(self) -> &'static str {
        match self {
            Refusal::Stopping => "stopping",
            Refusal::Files => "files",
            Refusal::Viewers => "viewers",
            Refusal::Address => "address",
            Refusal::Link => "link",
            Refusal::Pace => "pace",
        }
    }

    fn detail(self) -> &'static str {
        match self {
            Refusal::Stopping => "The proxy is stopping. Come back in a moment.",
            Refusal::Files => {
                "The proxy may have no more open files. Raise its limit (`ulimit -n`, \
                 `LimitNOFILE`)."
            }
            Refusal::Viewers => "There are as many viewers as `max-viewers` allows.",
            Refusal::Address => {
                "There are as many viewers from this address as `max-viewers-per-address` allows."
            }
            Refusal::Link => {
                "There are as many viewers by this link as `max-viewers-per-link` allows."
            }
            Refusal::Pace => {
                "More viewers come at the same time than `new-viewers-per-second` allows."
            }
        }
    }
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

/// On an answer that goes on for as long as somebody watches: it has a seat,
/// and needs no place among the requests.
#[derive(Clone, Copy, Debug)]
pub struct Seated;

impl Seats {
    /// All of them free.
    pub fn new(limits: Limits) -> Seats {
        let [known, unknown] = [(); 2].map(|()| Pace::new(limits.new_per_second));
        let (sources, links) = (Tally::default(), Tally::default());
        Seats { limits, taken: Mutex::new(Taken { all: 0, sources, links, known, unknown }) }
    }

    fn take(&self, source: Source, caller: &Caller) -> Result<(), Refusal> {
        let mut taken = self.taken.lock().unwrap_or_else(PoisonError::into_inner);
        let taken = &mut *taken;
        let limits = &self.limits;
        let here = taken.sources.of(&source);
        let by_link = caller.link().map_or(0, |link| taken.links.of(link));
        let pace = if caller.audience().is_some() { &mut taken.known } else { &mut taken.unknown };
        if caller.in_reserve {
            return Err(Refusal::Files);
        } else if taken.all >= limits.viewers {
            return Err(Refusal::Viewers);
        } else if here >= limits.per_address && !source.is_own() {
            return Err(Refusal::Address);
        } else if by_link >= limits.per_link {
            return Err(Refusal::Link);
        } else if !pace.take() {
            return Err(Refusal::Pace);
        }
        taken.all += 1;
        taken.sources.add(source);
        if let Some(link) = caller.link() {
            taken.links.add(link.to_owned());
        }
        Ok(())
    }
}

impl Seat {
    /// Takes a place.
    ///
    /// # Errors
    ///
    /// When there is none, or the proxy stops.
    pub(super) fn take(app: &App, caller: &Caller) -> Result<Seat, Problem> {
        let source = Source::from(caller.address);
        let counters = &app.hub.counters;
        let taken = if app.hub.is_stopping() {
            Err(Refusal::Stopping)
        } else {
            app.seats.take(source, caller)
        };
        if let Err(refusal) = taken {
            counters.turned_away(refusal.reason());
            // What it would ask next over the same connection is the same.
            return Err(Problem::busy(refusal.detail()).and_close());
        }
        counters.viewers.inc();
        let (hub, seats) = (Arc::clone(&app.hub), Arc::clone(&app.seats));
        let link = caller.link().map(|link| (Arc::clone(&app.access), link.to_owned()));
        Ok(Seat { _presence: hub.presence(), hub, seats, source, link })
    }
}

impl Drop for Seat {
    fn drop(&mut self) {
        {
            let mut taken = self.seats.taken.lock().unwrap_or_else(PoisonError::into_inner);
            taken.all -= 1;
            taken.sources.remove(&self.source);
            if let Some((_, link)) = &self.link {
                taken.links.remove(link);
            }
        }
        self.hub.counters.viewers.dec();
        if let Some((access, link)) = &self.link {
            access.left(link);
        }
    }
}
