//! What the tests share: the real binary, a real viewer, a real browser.
//!
//! Nothing here knows how the proxy works inside. A test starts a
//! [`Simulator`] and a [`Proxy`], both as processes of their own, watches with
//! a [`Viewer`] or a [`Browser`], and waits for values with [`until`].

mod binary;
pub mod browser;
mod ceiling;
pub mod certificate;
pub mod clients;
mod counts;
mod fake;
mod family;
mod feed;
pub mod files;
pub mod host;
pub mod http;
mod process;
mod proxy;
pub mod rude;
mod simulator;
mod token;
pub mod viewer;
mod wait;

pub use browser::Browser;
pub use ceiling::{Ceiling, Limits};
pub use counts::Counts;
pub use fake::{Fake, Peer};
pub use feed::Feed;
pub use process::{Launch, Process, Server, run};
pub use proxy::Proxy;
pub use rude::Rude;
pub use simulator::{QueueTruth, Simulator, Truth};
pub use token::Token;
pub use viewer::{Viewer, of_each_kind, watch};
pub use wait::{DEADLINE, stays, until};
