//! A frame as it came → canonical documents, and what was odd about it.
//!
//! Each field is decoded on its own: a bad one is left out and noted as a
//! [`FieldIssue`], and never loses the document. Fatal are only a frame that
//! is not JSON, or in which nothing is a document.
//!
//! One pass without an intermediate tree: `fields.rs` lists the keys of each
//! object, `slot.rs` reads values into their places, `scalar.rs` says what
//! each kind of value accepts, and this file unwraps what may lie around the
//! documents (a list, several values in one frame, an envelope, JSON inside a
//! string). Canonical documents are read into the same slots: those of a message
//! by `own.rs`, which knows that they are ours; others as documents that might
//! have come so.

#[macro_use]
mod fields;
pub(crate) mod own;
#[cfg(test)]
mod playbook;
mod scalar;
#[macro_use]
pub(crate) mod slot;
#[cfg(test)]
mod tests;

use std::fmt;

use serde::de::{Deserialize, DeserializeSeed, Deserializer, MapAccess, SeqAccess, Visitor};
use serde_json::Value;

use crate::document::{Document, Extra, Times};
use crate::ids::CallId;
use slot::{KeySeed, Slot, read_field};

/// Objects in lists in objects: deeper frames are refused, whatever they hold.
const DEPTH_LIMIT: u8 = 8;

/// Whether what is read may be anybody's. The page reads what the proxy wrote,
/// which has one form for everything and nothing odd; what is for other forms
/// would be a hundredth of the page.
pub(crate) const IS_FOREIGN: bool = cfg!(not(target_arch = "wasm32"));

/// Keys of an envelope that may hold the documents.
const ENVELOPES: [&str; 6] = ["data", "payload", "message", "document", "event", "body"];

/// What one frame held.
#[derive(Debug, Default, PartialEq)]
pub struct Decoded {
    /// The documents, in order. All have an `id_call`.
    pub documents: Vec<Document>,
    /// What was odd, in order. Paths and kinds, never content.
    pub issues: Vec<FieldIssue>,
    /// Objects without `id_call`: status messages, or documents that cannot
    /// be told apart.
    pub without_id: u32,
}

/// Why a frame gave no document.
#[derive(Clone, Copy, Debug, Eq, PartialEq, thiserror::Error)]
pub enum DecodeError {
    /// Not JSON from this byte on.
    #[error("not JSON (line {line}, column {column})")]
    NotJson {
        /// Line, from 1.
        line: usize,
        /// Column, from 1.
        column: usize,
    },
    /// JSON, but neither an object nor anything that holds one.
    #[error("not a JSON object")]
    NotAnObject,
    /// An object without `id_call`.
    #[error("no id_call")]
    NoIdCall,
}

/// One oddity of one field.
#[derive(Clone, Debug, Eq, Hash, Ord, PartialEq, PartialOrd)]
pub struct FieldIssue {
    /// Where: `queue_first.timestart`. Names of keys only, never values.
    pub path: Box<str>,
    /// What.
    pub kind: IssueKind,
}

/// What was odd about a field.
#[derive(Clone, Copy, Debug, Eq, Hash, Ord, PartialEq, PartialOrd)]
pub enum IssueKind {
    /// Not in the playbook; kept under `extra`.
    UnknownField,
    /// A word that the playbook does not have; kept as it came.
    UnknownWord,
    /// A type that nothing can be made of; left out.
    WrongType,
    /// The right type with an impossible value; left out.
    OutOfRange,
    /// Another type than documented, understood all the same.
    Coerced,
}

impl IssueKind {
    /// A word for logs and metrics.
    pub fn as_str(self) -> &'static str {
        match self {
            IssueKind::UnknownField => "unknown_field",
            IssueKind::UnknownWord => "unknown_word",
            IssueKind::WrongType => "wrong_type",
            IssueKind::OutOfRange => "out_of_range",
            IssueKind::Coerced => "coerced",
        }
    }
}

impl fmt::Display for IssueKind {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.as_str())
    }
}

/// What durations are in. The playbook gives no unit; its examples are
/// seconds.
#[derive(Clone, Copy, Debug, Default, Eq, PartialEq)]
pub enum DurationUnit {
    /// Seconds, unless a document's own instants say that they must be
    /// milliseconds.
    #[default]
    Auto,
    /// Seconds.
    Seconds,
    /// Milliseconds.
    Milliseconds,
}

/// Decodes one frame of the upstream, with durations as they seem to be.
///
/// # Errors
///
/// As [`decode_with`].
pub fn decode(frame: &[u8]) -> Result<Decoded, DecodeError> {
    decode_with(frame, DurationUnit::Auto)
}

/// Decodes one frame of the upstream whose durations are in `unit`.
///
/// # Errors
///
/// [`DecodeError`] when not a single document came out. A frame that breaks
/// off after a whole document gives that document.
pub fn decode_with(frame: &[u8], unit: DurationUnit) -> Result<Decoded, DecodeError> {
    let mut notes = Notes { unit, ..Notes::default() };
    let mut json = serde_json::Deserializer::from_slice(frame);
    let mut values = 0_u32;
    let failure = loop {
        match (Frame { notes: &mut notes, depth: 0 }).deserialize(&mut json) {
            Ok(()) => values += 1,
            Err(error) => break error,
        }
        if json.end().is_ok() {
            return notes.finish(values);
        }
    };
    if notes.decoded.documents.is_empty() {
        return Err(DecodeError::NotJson { line: failure.line(), column: failure.column() });
    }
    Ok(notes.decoded)
}

/// What decoding writes down on its way.
#[derive(Default)]
struct Notes {
    decoded: Decoded,
    /// The object whose fields are being read, empty at the top.
    within: &'static str,
    /// Unknown fields of the document that is being read.
    extra: Extra,
    objects: u32,
    unit: DurationUnit,
}

impl Notes {
    fn issue(&mut self, field: &str, kind: IssueKind) {
        if !IS_FOREIGN {
            return;
        }
        let path = path(self.within, field);
        self.decoded.issues.push(FieldIssue { path: path.into(), kind });
    }

    fn finish(self, values: u32) -> Result<Decoded, DecodeError> {
        let decoded = self.decoded;
        if !decoded.documents.is_empty() {
            return Ok(decoded);
        }
        // An empty list is a frame without documents, not a mistake.
        if decoded.without_id > 0 || (values > 0 && self.objects > 0) {
            return Err(DecodeError::NoIdCall);
        }
        Err(DecodeError::NotAnObject)
    }
}

/// `within.field`, without anything that could be content: a key that does
/// not look like a name may be a number or a person.
fn path(within: &str, field: &str) -> String {
    let plausible = field.len() <= 40
        && field.starts_with(|c: char| c.is_ascii_alphabetic() || c == '_')
        && field
            .bytes()
            .all(|b| b.is_ascii_alphanumeric() || matches!(b, b'_' | b'-' | b' ' | b'.'));
    let field = if plausible { field } else { "?" };
    if within.is_empty() { field.to_owned() } else { format!("{within}.{field}") }
}

/// One JSON value at the top, or wherever documents may lie.
struct Frame<'n> {
    notes: &'n mut Notes,
    depth: u8,
}

impl<'de> DeserializeSeed<'de> for Frame<'_> {
    type Value = ();

    fn deserialize<D: Deserializer<'de>>(self, deserializer: D) -> Result<(), D::Error> {
        deserializer.deserialize_any(self)
    }
}

impl<'de> Visitor<'de> for Frame<'_> {
    type Value = ();

    fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("a document")
    }

    fn visit_map<A: MapAccess<'de>>(self, mut map: A) -> Result<(), A::Error> {
        self.notes.objects += 1;
        let mut document = Document::default();
        self.notes.extra.clear();
        let mut envelopes = Vec::new();
        while let Some(key) = map.next_key_seed(KeySeed)? {
            if ENVELOPES.contains(&&*key) {
                envelopes.push((key.into_owned(), map.next_value::<Value>()?));
            } else {
                read_field(&mut document, &key, &mut map, self.notes)?;
            }
        }
        if document.id_call == CallId::default() {
            self.unwrap_envelopes(envelopes);
        } else {
            for (key, value) in envelopes {
                self.notes.issue(&key, IssueKind::UnknownField);
                self.notes.extra.insert(key, value);
            }
            finish(&mut document, self.notes);
            self.notes.decoded.documents.push(document);
        }
        Ok(())
    }

    fn visit_seq<A: SeqAccess<'de>>(self, mut seq: A) -> Result<(), A::Error> {
        let Frame { notes, depth } = self;
        if depth >= DEPTH_LIMIT {
            return Err(serde::de::Error::custom("too deep"));
        }
        while seq.next_element_seed(Frame { notes, depth: depth + 1 })?.is_some() {}
        Ok(())
    }

    fn visit_str<E: serde::de::Error>(self, text: &str) -> Result<(), E> {
        if self.depth < DEPTH_LIMIT && text.trim_start().starts_with(['{', '[']) {
            let inner = Frame { notes: self.notes, depth: self.depth + 1 };
            // JSON inside a string that is not JSON is just a string.
            let _ = inner.deserialize(&mut serde_json::Deserializer::from_str(text));
        }
        Ok(())
    }

    fn visit_bool<E>(self, _: bool) -> Result<(), E> {
        Ok(())
    }

    fn visit_i64<E>(self, _: i64) -> Result<(), E> {
        Ok(())
    }

    fn visit_u64<E>(self, _: u64) -> Result<(), E> {
        Ok(())
    }

    fn visit_f64<E>(self, _: f64) -> Result<(), E> {
        Ok(())
    }

    fn visit_unit<E>(self) -> Result<(), E> {
        Ok(())
    }
}

impl Frame<'_> {
    /// An object without `id_call` may be an envelope around documents.
    fn unwrap_envelopes(self, envelopes: Vec<(String, Value)>) {
        let before = self.notes.decoded.documents.len();
        if self.depth < DEPTH_LIMIT {
            for (_, value) in envelopes {
                let inner = Frame { notes: self.notes, depth: self.depth + 1 };
                // Reading from a tree in memory fails only on depth.
                let _ = inner.deserialize(value);
            }
        }
        if self.notes.decoded.documents.len() == before {
            self.notes.decoded.without_id += 1;
        }
    }
}

/// What can be said only of the whole document.
fn finish(document: &mut Document, notes: &mut Notes) {
    document.extra = std::mem::take(&mut notes.extra);
    // "Always present" and "filled in when the call ends" contradict each
    // other: an end that is not one is left out.
    let Times { start, end, .. } = document.time;
    if document.active == Some(true) && end.is_some() && end <= start {
        document.time.end = None;
        notes.issue("time.end", IssueKind::OutOfRange);
    }
    match notes.unit {
        DurationUnit::Seconds => (),
        DurationUnit::Milliseconds => document.duration.divide(1000.0),
        DurationUnit::Auto if in_milliseconds(document) => {
            document.duration.divide(1000.0);
            notes.issue("duration", IssueKind::Coerced);
        }
        DurationUnit::Auto => (),
    }
}

/// A total within a fifth of the span in ms, and far beyond it in seconds. A
/// span below a second proves nothing.
fn in_milliseconds(document: &Document) -> bool {
    let Times { start: Some(start), end: Some(end), .. } = document.time else { return false };
    let Some(total) = document.duration.total else { return false };
    let span_ms = end.since_ms(start) as f64;
    span_ms >= 1000.0 && (total - span_ms).abs() <= span_ms / 5.0
}

impl<'de> Deserialize<'de> for Document {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Document, D::Error> {
        let mut document = Document::default();
        slot::read(deserializer, Slot::Document(&mut document))?;
        Ok(document)
    }
}
