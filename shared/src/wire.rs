//! The messages of `/api/live`, as the contract has them.

use serde::Serialize;

use crate::board::Board;
use crate::document::Document;
use crate::figures::metrics::Settings;
use crate::ids::CallId;
use crate::stream::Stream;
use crate::time::UnixMs;

mod place;
mod told;

pub use place::Place;
pub(crate) use told::ToldSettings;
pub use told::{NotAMessage, read};

/// Numbers the documents folded so far.
#[derive(Clone, Copy, Debug, Default, Eq, Hash, Ord, PartialEq, PartialOrd, Serialize)]
#[serde(transparent)]
pub struct Seq(pub u64);

/// A message is sent at least this often, in ms.
pub const HEARTBEAT_MS: u64 = 2_000;
/// Silence of this many ms means that the link is dead.
pub const SILENCE_MS: u64 = 5_000;

/// Why the proxy closed a socket, as its WebSocket close code.
pub mod close {
    /// The proxy is stopping; the reason holds a delay in ms.
    pub const STOPPING: u16 = 1012;
    /// A message that no client may send.
    pub const POLICY: u16 = 1008;
    /// A message over 4 KiB.
    pub const TOO_LARGE: u16 = 1009;
    /// The key is wrong: trying again does not help.
    pub const UNAUTHORIZED: u16 = 4401;
    /// Took nothing for too long; may come back.
    pub const STALLED: u16 = 4408;
}

/// A message from proxy to browser.
#[derive(Clone, Debug, PartialEq, Serialize)]
#[serde(tag = "type", rename_all = "snake_case")]
#[allow(clippy::large_enum_variant, reason = "handled once, never kept; small on wasm32")]
pub enum ServerMessage {
    /// The whole board: first of all, and whenever numbering starts anew.
    Snapshot {
        /// Changes when numbers start anew.
        epoch: String,
        /// Documents folded into `board`.
        seq: Seq,
        /// The proxy's clock.
        now: UnixMs,
        /// The board.
        board: Board,
        /// The upstream's streams.
        status: Status,
        /// What counts as in time, and as short.
        settings: Settings,
    },
    /// What has changed.
    Documents {
        /// The number this follows.
        since: Seq,
        /// The number this reaches.
        seq: Seq,
        /// The proxy's clock.
        now: UnixMs,
        /// Documents as merged so far, in order.
        documents: Vec<Entry>,
        /// Calls that have left the board.
        #[serde(skip_serializing_if = "Vec::is_empty")]
        expired: Vec<CallId>,
    },
    /// How the streams are, and a sign of life.
    Status {
        /// The proxy's clock.
        now: UnixMs,
        /// The build of page and proxy.
        build: String,
        /// The upstream's streams.
        status: Status,
    },
}

/// One changed document.
#[derive(Clone, Debug, PartialEq, Serialize)]
pub struct Entry {
    /// The stream it came by.
    pub stream: Stream,
    /// Which of the stream's documents of this call it is, from 0: one per
    /// passage through a queue, one per offer to an agent.
    #[serde(skip_serializing_if = "is_first")]
    pub leg: usize,
    /// The document as merged so far for its key.
    pub doc: Box<Document>,
}

fn is_first(leg: &usize) -> bool {
    *leg == 0
}

/// How the upstream's streams are.
#[derive(Clone, Copy, Debug, Default, Eq, PartialEq, Serialize)]
pub struct Status {
    /// `/calls`.
    pub calls: StreamStatus,
    /// `/queues`.
    pub queues: StreamStatus,
    /// `/agents`.
    pub agents: StreamStatus,
    /// Since when a call would have been heard, and is expected: silence
    /// counts from here at the earliest. Absent: not now.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub listening: Option<UnixMs>,
}

impl Status {
    /// Folds what a `documents` message tells, sent at `now`, into this and
    /// `board`. Documents also tell when their stream last spoke. Gives the
    /// calls that are new, or elsewhere, or gone.
    pub fn fold(
        &mut self,
        board: &mut Board,
        documents: Vec<Entry>,
        expired: Vec<CallId>,
        now: UnixMs,
    ) -> Vec<CallId> {
        let mut moved = Vec::new();
        for entry in documents {
            let status = self.get_mut(entry.stream);
            status.last_document = status.last_document.max(Some(now));
            moved.extend(board.tell(entry, now));
        }
        board.remove(&expired);
        moved.extend(expired);
        moved
    }

    /// The status of one stream.
    pub fn get(&self, stream: Stream) -> &StreamStatus {
        match stream {
            Stream::Calls => &self.calls,
            Stream::Queues => &self.queues,
            Stream::Agents => &self.agents,
        }
    }

    /// The status of one stream, to be changed.
    pub fn get_mut(&mut self, stream: Stream) -> &mut StreamStatus {
        match stream {
            Stream::Calls => &mut self.calls,
            Stream::Queues => &mut self.queues,
            Stream::Agents => &mut self.agents,
        }
    }

    /// Whether every stream is live.
    pub fn all_live(&self) -> bool {
        Stream::ALL.iter().all(|stream| self.get(*stream).state == StreamState::Live)
    }

    /// When the newest document of any stream came.
    pub fn last_document(&self) -> Option<UnixMs> {
        Stream::ALL.iter().filter_map(|stream| self.get(*stream).last_document).max()
    }
}

/// How one stream is.
#[derive(Clone, Copy, Debug, Default, Eq, PartialEq, Serialize)]
pub struct StreamStatus {
    /// Its state.
    pub state: StreamState,
    /// Since when it is live, or since when it is not.
    pub since: UnixMs,
    /// When its newest document came. Quiet is not dead.
    pub last_document: Option<UnixMs>,
}

/// State of a stream.
#[derive(Clone, Copy, Debug, Default, Eq, PartialEq, Serialize)]
#[serde(rename_all = "snake_case")]
pub enum StreamState {
    /// The connection is being made.
    #[default]
    Connecting,
    /// Connected. Says nothing of how much there is to tell.
    Live,
    /// Lost; tried again after a while.
    Backoff,
    /// The upstream refused the token.
    AuthFailed,
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::figures::Thresholds;
    use crate::phone::Country;

    #[test]
    fn messages_are_written_as_the_contract_has_them() {
        let status = Status::default();
        let message = ServerMessage::Status { now: UnixMs(7), build: "b".into(), status };
        assert_eq!(
            serde_json::to_string(&message).unwrap(),
            r#"{"type":"status","now":7,"build":"b","status":{"calls":{"state":"connecting","since":0,"last_document":null},"queues":{"state":"connecting","since":0,"last_document":null},"agents":{"state":"connecting","since":0,"last_document":null}}}"#
        );
        let doc = Document { id_call: "a".into(), active: Some(true), ..Document::default() };
        let message = ServerMessage::Documents {
            since: Seq(41),
            seq: Seq(42),
            now: UnixMs(7),
            documents: vec![Entry { stream: Stream::Calls, leg: 0, doc: Box::new(doc) }],
            expired: vec![],
        };
        assert_eq!(
            serde_json::to_string(&message).unwrap(),
            r#"{"type":"documents","since":41,"seq":42,"now":7,"documents":[{"stream":"calls","doc":{"id_call":"a","active":true,"agent_list":[],"agent_list_answer":[],"agent_list_no_answer":[],"queue_list":[],"ivr_list":[],"menu_digit":[]}}]}"#
        );
    }

    #[test]
    fn what_was_written_is_read() {
        let message = ServerMessage::Snapshot {
            epoch: "e".into(),
            seq: Seq(41),
            now: UnixMs(7),
            board: Board::new(UnixMs(3)),
            status: Status { listening: Some(UnixMs(1_795_337_000_000)), ..Status::default() },
            settings: Settings {
                queues: [("71".into(), Thresholds { answer_within_s: 7, ..Thresholds::default() })]
                    .into(),
                home: Country::No,
                zone: "Europe/Oslo".into(),
                ..Settings::default()
            },
        };
        assert_eq!(read(serde_json::to_string(&message).unwrap()), Ok(message));
    }
}
