//! A stand-in for the upstream: a WebSocket server that plays a seeded call centre.
//!
//! It serves `/calls`, `/queues` and `/agents` with raw documents as the
//! playbook describes them, so that the demo, the tests and the benchmarks run
//! the same code paths as a real account does. The parts:
//!
//! - [`Center`] is the engine: no clock, no sockets, the same documents for the
//!   same options.
//! - [`Simulator`] plays it against the clock and serves it.
//! - [`Control`] breaks things on purpose and counts what a board should show;
//!   over HTTP it is `/control/…`, which no real upstream has.
//!
//! | route | does |
//! |---|---|
//! | `GET /calls`, `/queues`, `/agents` | the stream, as a WebSocket |
//! | `GET /control/truth` | [`Truth`] as JSON |
//! | `POST /control/frame?stream=calls` | the body goes out as one frame, as it is (at most 4 MiB) |
//! | `POST /control/close?code=1001` | closes every socket |
//! | `POST /control/fault?kind=…&count=…&for_ms=…&stream=…&status=…` | breaks something, see below |
//! | `POST /control/pause`, `/control/resume` | stops and restarts time |
//! | `POST /control/call` | plays one [`Script`]; answers `{"id_call":"…"}` |
//!
//! Kinds of faults: `drop` (no close frame), `stall`, `garble` (frames that are
//! no JSON *instead* of documents), `duplicate`, `reorder`, `refuse`
//! (handshakes get `status`), `burst` (the next while at once) and `clear`;
//! `faults.rs` says what each takes. `--faults 30` does one of them every half
//! a minute or so, the same ones for the same seed.
//!
//! Every route wants the token. `--auth` says where the streams want it; on
//! `/control` it may be in any place that needs no setting.

pub(crate) mod auth;
mod call;
mod center;
mod chance;
mod control;
mod document;
mod driver;
mod faults;
mod names;
pub(crate) mod outlet;
mod render;
mod roster;
mod script;
pub(crate) mod server;
mod truth;

use std::future::Future;
use std::io;

use tokio::net::TcpListener;

use crate::upstream::UpstreamAuth;

pub use auth::Token;
pub use center::{Center, Emission};
pub use control::Control;
pub use faults::{Fault, FaultKind};
pub use script::{BadScript, Script};
pub use server::Simulator;
pub use truth::{QueueTruth, Truth};

/// How large and how lively the simulated call centre is.
#[derive(Clone, Debug, clap::Args)]
pub struct Options {
    /// Seed of all chance: the same seed and the same options give the same documents
    #[arg(long, default_value_t = Options::default().seed)]
    pub seed: u64,

    /// Number of agents, 0 to 5000
    #[arg(long, default_value_t = Options::default().agents)]
    pub agents: usize,

    /// Number of queues, 1 to 200
    #[arg(long, default_value_t = Options::default().queues)]
    pub queues: usize,

    /// New calls per hour of the centre's life, 0 to 1000000; with 0 nothing moves by itself
    #[arg(long, default_value_t = Options::default().calls_per_hour)]
    pub calls_per_hour: f64,

    /// Hours of the centre's life per hour on the clock, 0.1 to 1000; all intervals shrink with it
    #[arg(long, default_value_t = Options::default().speed)]
    pub speed: f64,

    /// Beginning of the simulation in epoch milliseconds; now, unless given
    #[arg(long, value_name = "MS")]
    pub start: Option<i64>,

    /// Minutes of the centre's life before the first document that is sent, 0 to 1440
    #[arg(long, value_name = "MINUTES", default_value_t = Options::default().warm_up)]
    pub warm_up: u32,

    /// Send the documents of all active calls to whoever connects (whether the real upstream does is unknown)
    #[arg(long)]
    pub greet: bool,

    /// The one way in which the streams want the token: bearer, header:NAME,
    /// query:NAME, subprotocol, first-message:TEMPLATE; without it, bearer,
    /// plain Authorization, ?token= and subprotocol are all fine
    #[arg(long, value_name = "HOW")]
    pub auth: Option<UpstreamAuth>,

    /// Break something every so many seconds on average, 0.1 to 86400: lost,
    /// stalled and refused connections, frames that are garbled, doubled or out
    /// of order, bursts; the same for the same seed
    #[arg(long, value_name = "SECONDS")]
    pub faults: Option<f64>,

    /// Send no agent document when a phone starts to ring (the playbook promises none)
    #[arg(long)]
    pub no_ring_events: bool,
}

impl Default for Options {
    fn default() -> Self {
        Options {
            seed: 1,
            agents: 18,
            queues: 4,
            calls_per_hour: 600.0,
            speed: 1.0,
            start: None,
            warm_up: 0,
            greet: false,
            auth: None,
            faults: None,
            no_ring_events: false,
        }
    }
}

/// An option outside its range.
#[derive(Clone, Debug, Eq, PartialEq, thiserror::Error)]
#[error("{option} must be {range}, not {given}")]
pub struct InvalidOption {
    /// The flag, with its dashes.
    pub option: &'static str,
    range: &'static str,
    given: String,
}

impl Options {
    /// Checks that every option is in its range.
    pub fn check(&self) -> Result<(), InvalidOption> {
        let refuse = |option, range, given: &dyn ToString| {
            Err(InvalidOption { option, range, given: given.to_string() })
        };
        if self.agents > 5_000 {
            return refuse("--agents", "0 to 5000", &self.agents);
        }
        if !(1..=200).contains(&self.queues) {
            return refuse("--queues", "1 to 200", &self.queues);
        }
        // Written so that NaN is out of range too.
        if !(0.0..=1_000_000.0).contains(&self.calls_per_hour) {
            return refuse("--calls-per-hour", "0 to 1000000", &self.calls_per_hour);
        }
        if !(0.1..=1_000.0).contains(&self.speed) {
            return refuse("--speed", "0.1 to 1000", &self.speed);
        }
        if let Some(mean) = self.faults.filter(|mean| !(0.1..=86_400.0).contains(mean)) {
            return refuse("--faults", "0.1 to 86400", &mean);
        }
        if self.warm_up > 1_440 {
            return refuse("--warm-up", "0 to 1440", &self.warm_up);
        }
        // The year 2100; beyond the range of sensible clocks sums could overflow.
        match self.start {
            Some(start) if !(0..=4_102_444_800_000).contains(&start) => {
                refuse("--start", "0 to 4102444800000", &start)
            }
            _ => Ok(()),
        }
    }
}

/// Plays the call centre on `listener` until `shutdown` completes.
///
/// For a handle on what happens inside, see [`Simulator::control`].
pub async fn serve(
    listener: TcpListener,
    token: Token,
    options: Options,
    shutdown: impl Future<Output = ()> + Send + 'static,
) -> io::Result<()> {
    Simulator::new(token, options)?.serve(listener, shutdown).await
}

#[cfg(test)]
mod tests;
