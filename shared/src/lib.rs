//! The model of the call board, the same in the proxy and in the browser.
//!
//! A frame of the upstream becomes [`Document`]s ([`decode`]), documents are
//! folded into one [`Board`] ([`Board::apply`]), and everything that is shown
//! is read off the board. Messages between proxy and browser are in [`wire`].
//!
//! Nothing here reads a clock, a file or the environment, and nothing panics
//! on any input: an instant either comes out of a document or is handed in as
//! `now`, so that both sides compute the same figures from the same documents.
//!
//! In reading order:
//!
//! - [`time`]: instants, and differences that are never negative
//! - [`stream`]: the three streams of the upstream
//! - [`text`]: texts of documents, each there once
//! - [`words`]: the upstream's words as open enums
//! - [`document`]: one document in canonical form
//! - [`decode`]: a frame as it came → canonical documents and what was odd
//! - [`merge`]: a later document of the same thing over an earlier one
//! - [`call`]: all documents of one call, and how they are told apart
//! - [`phase`]: where a call is, read from its documents
//! - [`outcome`]: how an ended call counts
//! - [`reasons`]: what reasons and outcomes mean, in plain words
//! - [`journey`]: a call's way, step by step
//! - [`phone`]: telephone numbers, normalised, shown and masked
//! - [`durations`]: durations as people read them
//! - [`lang`]: languages, and how they write numbers
//! - [`csv`]: tables for spreadsheets
//! - [`figures`]: today's counts, kept up to date call by call
//! - [`board`]: the reducer
//! - [`day`]: a day in intervals, and its worst moments
//! - [`lost`]: callers who gave up, and whether they were reached since
//! - [`alert`]: which figures are beyond their limits
//! - [`urgency`]: the same, as displays show it
//! - [`glance`]: the board as small displays show it
//! - [`audience`]: who looks, and what they may see
//! - [`wire`]: the messages of `/api/live`

// Its macros are used below.
#[macro_use]
pub mod decode;

pub mod alert;
pub mod audience;
pub mod board;
pub mod call;
pub mod csv;
pub mod day;
pub mod document;
pub mod durations;
mod extra;
pub mod figures;
pub mod glance;
pub mod ids;
pub mod journey;
pub mod lang;
pub mod lost;
pub mod merge;
pub mod outcome;
pub mod phase;
pub mod phone;
pub mod reasons;
pub mod sorted;
pub mod stream;
pub mod text;
pub mod time;
pub mod urgency;
pub mod wire;
pub mod words;

pub use board::Board;
pub use call::Call;
pub use document::Document;
pub use ids::{AgentKey, CallId, QueueKey};
pub use phase::Phase;
pub use stream::Stream;
pub use time::UnixMs;
pub use urgency::Urgency;

/// A map in order of its keys: queues, agents.
#[cfg(not(target_arch = "wasm32"))]
pub type ByKey<K, V> = std::collections::BTreeMap<K, V>;
/// A map in order of its keys: queues, agents.
#[cfg(target_arch = "wasm32")]
pub type ByKey<K, V> = sorted::Sorted<K, V>;

/// A map of calls, in no order that may be relied on.
#[cfg(not(target_arch = "wasm32"))]
pub type ByCall<V> = std::collections::BTreeMap<CallId, V>;
/// A map of calls, in no order that may be relied on.
#[cfg(target_arch = "wasm32")]
pub type ByCall<V> = sorted::ByCall<V>;
