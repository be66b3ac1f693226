//! The messages of `/api/live`, written straight into frames.

use std::ops::Range;
use std::sync::Arc;

use callboard_shared::figures::metrics::Settings;
use callboard_shared::wire::{Entry, Seq, Status};
use callboard_shared::{Board, CallId, Document, Stream, UnixMs};
use serde::Serialize;

use super::frame::{Draft, Frame, Opcode};
use super::log::Key;

/// A `documents` message that is being written.
pub(super) struct Documents {
    draft: Draft,
    seq: Seq,
    parts: Vec<(Key, Range<usize>)>,
}

/// An [`Entry`] whose document is somebody else's.
#[derive(Serialize)]
struct EntryRef<'a> {
    stream: Stream,
    #[serde(skip_serializing_if = "is_first")]
    leg: usize,
    doc: &'a Document,
}

fn is_first(leg: &usize) -> bool {
    *leg == 0
}

impl Documents {
    pub(super) fn new(since: Seq, seq: Seq, now: UnixMs) -> Documents {
        let mut draft = Draft::new();
        begin_documents(&mut draft, since, seq, now);
        Documents { draft, seq, parts: Vec::new() }
    }

    pub(super) fn push(&mut self, stream: Stream, leg: usize, doc: &Document) {
        if !self.parts.is_empty() {
            self.draft.bytes().push(b',');
        }
        let begin = self.draft.len();
        write(&mut self.draft, &EntryRef { stream, leg, doc });
        self.parts.push(((stream, doc.id_call.clone(), leg), begin..self.draft.len()));
    }

    pub(super) fn push_entry(&mut self, entry: &Entry) {
        self.push(entry.stream, entry.leg, &entry.doc);
    }

    pub(super) fn is_empty(&self) -> bool {
        self.parts.is_empty()
    }

    pub(super) fn finish(mut self, expired: &[CallId]) -> (Arc<Frame>, Vec<(Key, Range<usize>)>) {
        end_documents(&mut self.draft, expired);
        (self.draft.finish(Opcode::Text, Some(self.seq)), self.parts)
    }
}

pub(super) fn begin_documents(draft: &mut Draft, since: Seq, seq: Seq, now: UnixMs) {
    let head = format!(
        r#"{{"type":"documents","since":{},"seq":{},"now":{},"documents":["#,
        since.0, seq.0, now.0
    );
    draft.bytes().extend_from_slice(head.as_bytes());
}

pub(super) fn end_documents(draft: &mut Draft, expired: &[CallId]) {
    draft.bytes().push(b']');
    if !expired.is_empty() {
        draft.bytes().extend_from_slice(br#","expired":"#);
        write(draft, &expired);
    }
    draft.bytes().push(b'}');
}

/// The whole board.
pub(super) fn snapshot(
    epoch: &str,
    seq: Seq,
    now: UnixMs,
    board: &Board,
    status: &Status,
    settings: &Settings,
) -> Arc<Frame> {
    #[derive(Serialize)]
    struct Snapshot<'a> {
        r#type: &'static str,
        epoch: &'a str,
        seq: Seq,
        now: UnixMs,
        board: &'a Board,
        status: &'a Status,
        settings: &'a Settings,
    }
    let mut draft = Draft::new();
    write(&mut draft, &Snapshot { r#type: "snapshot", epoch, seq, now, board, status, settings });
    draft.finish(Opcode::Text, Some(seq))
}

/// A sign of life.
pub(super) fn status(now: UnixMs, build: &str, status: &Status) -> Arc<Frame> {
    #[derive(Serialize)]
    struct Message<'a> {
        r#type: &'static str,
        now: UnixMs,
        build: &'a str,
        status: &'a Status,
    }
    let mut draft = Draft::new();
    write(&mut draft, &Message { r#type: "status", now, build, status });
    draft.finish(Opcode::Text, None)
}

fn write(draft: &mut Draft, value: &impl Serialize) {
    // Our own types have text keys and finite numbers only.
    serde_json::to_writer(draft.bytes(), value).expect("messages can be written as JSON");
}
