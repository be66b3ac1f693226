//! The three streams of the upstream.

use std::fmt;

use serde::{Deserialize, Serialize};

/// One of the upstream's streams. The connection a document came by decides
/// its kind; the content is never asked.
#[derive(Clone, Copy, Debug, Eq, Hash, Ord, PartialEq, PartialOrd, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Stream {
    /// One document per call.
    Calls,
    /// One document per queue that a call passes.
    Queues,
    /// One document per offer of a call to an agent.
    Agents,
}

impl Stream {
    /// All three, in the order of the contract.
    pub const ALL: [Stream; 3] = [Stream::Calls, Stream::Queues, Stream::Agents];

    /// The stream's name, which is also its path at the upstream.
    pub fn name(self) -> &'static str {
        match self {
            Stream::Calls => "calls",
            Stream::Queues => "queues",
            Stream::Agents => "agents",
        }
    }

    /// The stream with this name.
    pub fn from_name(name: &str) -> Option<Stream> {
        Stream::ALL.into_iter().find(|stream| stream.name() == name)
    }
}

impl fmt::Display for Stream {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.name())
    }
}
