//! Messages as they were written, read back.

use serde::Deserialize;
use serde::de::Deserializer;

use super::{Entry, Seq, ServerMessage, Status, StreamState, StreamStatus};
use crate::alert::Rules;
use crate::board::Told as ToldBoard;
use crate::decode::own;
use crate::decode::slot::{self, Map, Object, Slot};
use crate::document::Document;
use crate::figures::Thresholds;
use crate::figures::metrics::Settings;
use crate::ids::{CallId, QueueKey};
use crate::phone::Country;
use crate::stream::Stream;
use crate::text::Text;
use crate::time::UnixMs;
use crate::words::Word;

/// The text is not a message of this protocol.
#[derive(Clone, Copy, Debug, Eq, PartialEq, thiserror::Error)]
#[error("not a message of /api/live")]
pub struct NotAMessage;

/// Reads a message, which is JSON in UTF-8.
///
/// # Errors
///
/// When the text is not a message of this protocol.
pub fn read(text: impl AsRef<[u8]>) -> Result<ServerMessage, NotAMessage> {
    let mut told = Told::default();
    let read = own::read(text.as_ref(), Slot::Object("", &mut told));
    read.and_then(|()| told.message()).ok_or(NotAMessage)
}

/// All fields of all messages. Read this way a message needs no second pass
/// over its parts, which serde's tagged enums do.
#[derive(Default)]
struct Told {
    kind: Text,
    epoch: Text,
    seq: u64,
    since: u64,
    now: UnixMs,
    board: ToldBoard,
    documents: Vec<ToldEntry>,
    expired: Vec<Text>,
    build: Text,
    status: ToldStatus,
    settings: ToldSettings,
}

impl Told {
    fn message(self) -> Option<ServerMessage> {
        let (now, epoch, build) = (self.now, self.epoch.to_string(), self.build.to_string());
        let (seq, since) = (Seq(self.seq), Seq(self.since));
        let status = self.status.status();
        Some(match &*self.kind {
            "snapshot" => {
                let (board, settings) = (self.board.board(), self.settings.settings());
                ServerMessage::Snapshot { epoch, seq, now, board, status, settings }
            }
            "documents" => {
                let documents: Option<_> =
                    self.documents.into_iter().map(ToldEntry::entry).collect();
                let expired = self.expired.into_iter().map(CallId).collect();
                ServerMessage::Documents { since, seq, now, documents: documents?, expired }
            }
            "status" => ServerMessage::Status { now, build, status },
            _ => return None,
        })
    }
}

impl Object for Told {
    fn slot(&mut self, key: &str) -> Option<Slot<'_>> {
        Some(match key {
            "type" => Slot::Key(&mut self.kind),
            "epoch" => Slot::Key(&mut self.epoch),
            "seq" => Slot::Number(&mut self.seq),
            "since" => Slot::Number(&mut self.since),
            "now" => Slot::At(&mut self.now),
            "board" => Slot::Object("board", &mut self.board),
            "documents" => Slot::List("documents", &mut self.documents),
            "expired" => Slot::Names(&mut self.expired),
            "build" => Slot::Key(&mut self.build),
            "status" => Slot::Object("status", &mut self.status),
            "settings" => Slot::Object("settings", &mut self.settings),
            _ => return None,
        })
    }
}

#[derive(Default)]
struct ToldEntry {
    stream: Option<Stream>,
    leg: u32,
    doc: Box<Document>,
}

impl ToldEntry {
    fn entry(self) -> Option<Entry> {
        Some(Entry { stream: self.stream?, leg: self.leg as usize, doc: self.doc })
    }
}

impl Word for Option<Stream> {
    fn put(&mut self, text: &str) -> bool {
        *self = Stream::from_name(text);
        self.is_some()
    }
}

object!(ToldEntry {
    "stream" => Word(stream),
    "leg" => Whole(leg),
    "doc" => Document(doc),
});

#[derive(Default)]
struct ToldStatus {
    streams: [ToldStream; 3],
    listening: Option<UnixMs>,
}

#[derive(Default)]
struct ToldStream {
    state: Text,
    since: UnixMs,
    last_document: Option<UnixMs>,
}

impl ToldStatus {
    fn status(self) -> Status {
        let [calls, queues, agents] = self.streams.map(ToldStream::status);
        Status { calls, queues, agents, listening: self.listening }
    }
}

impl ToldStream {
    /// An unknown state is one of not being live.
    fn status(self) -> StreamStatus {
        let state = match &*self.state {
            "live" => StreamState::Live,
            "backoff" => StreamState::Backoff,
            "auth_failed" => StreamState::AuthFailed,
            _ => StreamState::Connecting,
        };
        StreamStatus { state, since: self.since, last_document: self.last_document }
    }
}

impl Object for ToldStatus {
    fn slot(&mut self, key: &str) -> Option<Slot<'_>> {
        if key == "listening" {
            return Some(Slot::Instant(&mut self.listening));
        }
        let place = Stream::ALL.iter().position(|stream| stream.name() == key)?;
        Some(Slot::Object("", self.streams.get_mut(place)?))
    }
}

object!(ToldStream {
    "state" => Key(state),
    "since" => At(since),
    "last_document" => Instant(last_document),
});

/// Thresholds as told; what is missing is taken from those for all.
#[derive(Default)]
pub(crate) struct ToldSettings {
    all: ToldThresholds,
    queues: Vec<(String, ToldThresholds)>,
    alerts: Option<Rules>,
    home: Text,
    zone: Text,
}

#[derive(Default)]
struct ToldThresholds {
    answer_within_s: Option<u32>,
    short_abandon_s: Option<u32>,
    target_percent: Option<u32>,
}

impl ToldThresholds {
    fn or(&self, usual: Thresholds) -> Thresholds {
        Thresholds {
            answer_within_s: self.answer_within_s.unwrap_or(usual.answer_within_s),
            short_abandon_s: self.short_abandon_s.unwrap_or(usual.short_abandon_s),
            target_percent: self.target_percent.unwrap_or(usual.target_percent),
        }
    }
}

impl ToldSettings {
    pub(crate) fn settings(self) -> Settings {
        let all = self.all.or(Thresholds::default());
        let queues =
            self.queues.into_iter().map(|(queue, own)| (QueueKey::from(queue), own.or(all)));
        let home = Country::from_iso(&self.home).unwrap_or_default();
        let (queues, zone) = (queues.collect(), self.zone.to_string());
        Settings { all, queues, alerts: self.alerts, home, zone }
    }
}

impl<'de> Deserialize<'de> for Settings {
    fn deserialize<D: Deserializer<'de>>(from: D) -> Result<Settings, D::Error> {
        let mut told = ToldSettings::default();
        slot::read(from, Slot::Object("", &mut told))?;
        Ok(told.settings())
    }
}

impl Map for Vec<(String, ToldThresholds)> {
    fn at(&mut self, name: &str) -> Slot<'_> {
        self.push((name.to_owned(), ToldThresholds::default()));
        // Just pushed.
        let (_, own) = self.last_mut().expect("a list that was just pushed to is not empty");
        Slot::Object("", own)
    }
}

impl Object for ToldSettings {
    fn slot(&mut self, key: &str) -> Option<Slot<'_>> {
        Some(match key {
            "all" => Slot::Object("all", &mut self.all),
            "queues" => Slot::Map(&mut self.queues),
            "alerts" => Slot::Object("alerts", &mut self.alerts),
            "home" => Slot::Key(&mut self.home),
            "zone" => Slot::Key(&mut self.zone),
            _ => return None,
        })
    }
}

object!(ToldThresholds {
    "answer_within_s" => Count(answer_within_s),
    "short_abandon_s" => Count(short_abandon_s),
    "target_percent" => Count(target_percent),
});
