//! The proxy of Callboard: holds the token, keeps the three streams of the
//! upstream, and serves the board.
//!
//! - [`config`]: every setting, from flags, variables and a file
//! - [`secret`]: the token
//! - [`harden`]: what the process gives up for its sake
//! - [`upstream`]: three connections, kept
//! - [`access`]: who may see what
//! - [`source`]: who counts as one where limits are for an address
//! - [`hub`]: the board, its numbers and its viewers
//! - [`store`]: what lives on: frames, calls, what they counted for
//! - [`days`]: days in a time zone
//! - [`webhooks`]: alerts, sent
//! - [`links`]: what people are given to look on
//! - [`http`]: routes, checks, the page's files
//! - [`probe`]: which way of sending the token the upstream wants
//! - [`record`]: the streams into a file
//! - [`replay`]: such a file as an upstream
//! - [`server`]: all of it together, from a listener to an orderly stop
//! - [`simulator`]: a stand-in for the upstream

pub mod access;
pub mod clock;
pub mod config;
pub mod days;
pub mod harden;
pub mod http;
pub mod hub;
pub mod links;
pub mod probe;
pub mod record;
pub mod replay;
pub mod secret;
pub mod server;
pub mod simulator;
pub mod source;
pub mod store;
pub mod tally;
pub mod telemetry;
pub mod upstream;
pub mod webhooks;
