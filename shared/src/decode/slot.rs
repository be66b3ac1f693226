//! Where a value goes: the one way in which objects are read.
//!
//! An [`Object`] names, for a key, the [`Slot`] that takes its value. One
//! visitor reads every value into its slot, whatever it is and whatever comes:
//! it never fails on a type. A single visitor, instead of one for each type as
//! serde derives them, keeps the page small.

use std::borrow::Cow;
use std::collections::BTreeMap;
use std::fmt;

use serde::de::{DeserializeSeed, Deserializer, IgnoredAny, MapAccess, SeqAccess, Visitor};

use super::scalar::{self, Read, Scalar};
use super::{IssueKind, Notes, path};
use crate::document::{AgentRef, Document};
use crate::sorted::Sorted;
use crate::time::UnixMs;
use crate::words::{Word, normalise};

/// A place for one value.
pub(crate) enum Slot<'a> {
    Flag(&'a mut Option<bool>),
    Count(&'a mut Option<u32>),
    /// A count that other documents give as a flag.
    CountOrFlag(&'a mut Option<u32>),
    Text(&'a mut Option<String>),
    /// A text that is never missing.
    Key(&'a mut String),
    Instant(&'a mut Option<UnixMs>),
    /// An instant, or a flag in its place.
    Answered(&'a mut Option<UnixMs>, &'a mut Option<bool>),
    Seconds(&'a mut Option<f64>),
    Word(&'a mut dyn Word),
    Names(&'a mut Vec<String>),
    Object(&'static str, &'a mut dyn Object),
    List(&'static str, &'a mut dyn List),
    /// Unknown fields of an earlier reading.
    Extra,
    /// A count that is never missing.
    Whole(&'a mut u32),
    /// A number that is never missing: ms, or a number of messages.
    Number(&'a mut u64),
    /// An instant that is never missing.
    At(&'a mut UnixMs),
    Numbers(&'a mut dyn Numbers),
    /// Objects by name.
    Map(&'a mut dyn Map),
    /// A canonical document, with unknown fields of its own.
    Document(&'a mut Document),
    Documents(&'a mut Vec<Document>),
}

/// An object that knows its fields.
pub(crate) trait Object {
    /// The place for the value of `key`, which is spelled as in the playbook
    /// or without anything but lower-case letters and digits.
    fn slot(&mut self, key: &str) -> Option<Slot<'_>>;

    /// An object begins, perhaps an empty one.
    fn begin(&mut self) {}

    /// Where a value goes that is no object, and whether the playbook has it so.
    fn plain(&mut self) -> Option<(Slot<'_>, bool)> {
        None
    }
}

impl<T: Object + Default> Object for Option<T> {
    fn slot(&mut self, key: &str) -> Option<Slot<'_>> {
        self.get_or_insert_default().slot(key)
    }

    fn begin(&mut self) {
        self.get_or_insert_default();
    }

    fn plain(&mut self) -> Option<(Slot<'_>, bool)> {
        self.get_or_insert_default().plain()
    }
}

/// A list of objects.
pub(crate) trait List {
    /// A new one at the end.
    fn push(&mut self) -> &mut dyn Object;
}

impl<T: Object + Default> List for Vec<T> {
    fn push(&mut self) -> &mut dyn Object {
        self.push(T::default());
        // Just pushed.
        self.last_mut().expect("a list that was just pushed to is not empty")
    }
}

/// Objects by name.
pub(crate) trait Map {
    /// The one of this name, which may be new.
    fn at(&mut self, name: &str) -> Slot<'_>;
}

impl<K: Ord + for<'k> From<&'k str>, T: Object + Default> Map for BTreeMap<K, T> {
    fn at(&mut self, name: &str) -> Slot<'_> {
        Slot::Object("", self.entry(K::from(name)).or_default())
    }
}

impl<K: Ord + for<'k> From<&'k str>, T: Object + Default> Map for Sorted<K, T> {
    fn at(&mut self, name: &str) -> Slot<'_> {
        Slot::Object("", self.entry(K::from(name)).or_default())
    }
}

/// A list of numbers.
pub(crate) trait Numbers {
    /// Takes the number at this place of the list.
    fn put(&mut self, at: usize, n: u64);
}

/// Reads what we have written into its slot. What is missing stays as it is.
pub(crate) fn read<'de, D: Deserializer<'de>>(
    deserializer: D,
    slot: Slot<'_>,
) -> Result<(), D::Error> {
    let mut notes = Notes::default();
    deserializer.deserialize_any(Place { slot, key: "", notes: &mut notes })
}

/// An object that is read by its slots.
macro_rules! read_by_slots {
    ($($type:ty),*) => { $(
        impl<'de> serde::Deserialize<'de> for $type {
            fn deserialize<D: serde::Deserializer<'de>>(from: D) -> Result<$type, D::Error> {
                let mut read = <$type>::default();
                crate::decode::slot::read(from, crate::decode::slot::Slot::Object("", &mut read))?;
                Ok(read)
            }
        }
    )* };
}

/// A key as text, borrowed from the frame where it has no escapes.
pub(super) type Key<'de> = Cow<'de, str>;

/// Reads a key without a copy where it can.
pub(super) struct KeySeed;

impl<'de> DeserializeSeed<'de> for KeySeed {
    type Value = Key<'de>;

    fn deserialize<D: Deserializer<'de>>(self, deserializer: D) -> Result<Key<'de>, D::Error> {
        deserializer.deserialize_str(self)
    }
}

impl<'de> Visitor<'de> for KeySeed {
    type Value = Key<'de>;

    fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("a key")
    }

    fn visit_borrowed_str<E>(self, key: &'de str) -> Result<Key<'de>, E> {
        Ok(Cow::Borrowed(key))
    }

    fn visit_str<E>(self, key: &str) -> Result<Key<'de>, E> {
        Ok(Cow::Owned(key.to_owned()))
    }
}

/// Reads the value of `key` into `object`, or keeps it as unknown.
pub(super) fn read_field<'de, A: MapAccess<'de>>(
    object: &mut dyn Object,
    key: &str,
    map: &mut A,
    notes: &mut Notes,
) -> Result<(), A::Error> {
    let slot = match object.slot(key) {
        Some(slot) => Some(slot),
        None => object.slot(&normalise(key)),
    };
    match slot {
        Some(slot) => map.next_value_seed(Place { slot, key, notes }),
        None => {
            notes.issue(key, IssueKind::UnknownField);
            let kept: Kept = map.next_value()?;
            keep(path(notes.within, key), kept, notes);
            Ok(())
        }
    }
}

/// What is kept of an unknown value. The page draws none of them.
#[cfg(not(target_arch = "wasm32"))]
type Kept = serde_json::Value;
#[cfg(target_arch = "wasm32")]
type Kept = IgnoredAny;

#[cfg(not(target_arch = "wasm32"))]
fn keep(path: String, value: Kept, notes: &mut Notes) {
    notes.extra.insert(path, value);
}

#[cfg(target_arch = "wasm32")]
fn keep(_: String, _: Kept, _: &mut Notes) {}

/// Reads the fields of an object that has begun.
fn read_object<'de, A: MapAccess<'de>>(
    name: &'static str,
    object: &mut dyn Object,
    mut map: A,
    notes: &mut Notes,
) -> Result<(), A::Error> {
    object.begin();
    let outer = std::mem::replace(&mut notes.within, name);
    while let Some(key) = map.next_key_seed(KeySeed)? {
        read_field(object, &key, &mut map, notes)?;
    }
    notes.within = outer;
    Ok(())
}

/// Reads a canonical document that has begun.
fn read_document<'de, A: MapAccess<'de>>(
    document: &mut Document,
    mut map: A,
) -> Result<(), A::Error> {
    let mut notes = Notes::default();
    while let Some(key) = map.next_key_seed(KeySeed)? {
        read_field(document, &key, &mut map, &mut notes)?;
    }
    document.extra = notes.extra;
    Ok(())
}

/// A slot, and the name under which oddities are noted.
struct Place<'s, 'n> {
    slot: Slot<'s>,
    key: &'s str,
    notes: &'n mut Notes,
}

impl<'de> DeserializeSeed<'de> for Place<'_, '_> {
    type Value = ();

    fn deserialize<D: Deserializer<'de>>(self, deserializer: D) -> Result<(), D::Error> {
        deserializer.deserialize_any(self)
    }
}

impl Place<'_, '_> {
    fn put(self, scalar: Scalar<'_>) {
        let Place { slot, key, notes } = self;
        let issue = match slot {
            Slot::Flag(to) => lay(to, scalar::flag(scalar)),
            Slot::Count(to) => lay(to, scalar::count(scalar)),
            Slot::CountOrFlag(to) => match scalar {
                Scalar::Bool(flag) => lay(to, (Some(u32::from(flag)), None)),
                _ => lay(to, scalar::count(scalar)),
            },
            Slot::Text(to) => lay(to, scalar::text(scalar)),
            Slot::Key(to) => {
                let (text, issue) = scalar::text(scalar);
                *to = text.unwrap_or_default();
                issue
            }
            Slot::Instant(to) => lay(to, scalar::instant(scalar)),
            Slot::Answered(instant, flag) => match scalar {
                Scalar::Int(0) => None,
                Scalar::Bool(_) | Scalar::Int(1) => {
                    lay(flag, scalar::flag(scalar)).or(Some(IssueKind::Coerced))
                }
                _ => lay(instant, scalar::instant(scalar)),
            },
            Slot::Seconds(to) => lay(to, scalar::seconds(scalar)),
            Slot::Word(to) => match scalar {
                Scalar::Text(text) if text.trim().is_empty() => None,
                Scalar::Text(text) => (!to.put(text)).then_some(IssueKind::UnknownWord),
                _ => Some(IssueKind::WrongType),
            },
            Slot::Names(to) => {
                let (name, issue) = scalar::text(scalar);
                to.extend(name);
                issue
            }
            Slot::Object(name, object) => return plain(name, object, scalar, notes),
            Slot::List(name, list) => return plain(name, list.push(), scalar, notes),
            Slot::Whole(to) => own(scalar, |n| *to = u32::try_from(n).unwrap_or(u32::MAX)),
            Slot::Number(to) => own(scalar, |n| *to = n),
            Slot::At(to) => own(scalar, |n| *to = UnixMs(n as i64)),
            Slot::Numbers(_)
            | Slot::Map(_)
            | Slot::Document(_)
            | Slot::Documents(_)
            | Slot::Extra => Some(IssueKind::WrongType),
        };
        if let Some(kind) = issue {
            notes.issue(key, kind);
        }
    }
}

/// Takes a number of our own writing, in which there is nothing odd.
fn own(scalar: Scalar<'_>, take: impl FnOnce(u64)) -> Option<IssueKind> {
    match scalar {
        Scalar::Int(n) => take(n as u64),
        _ => return Some(IssueKind::WrongType),
    }
    None
}

/// Lays a value where it belongs; what is odd about it.
fn lay<T>(to: &mut Option<T>, (value, issue): Read<T>) -> Option<IssueKind> {
    if value.is_some() {
        *to = value;
    }
    issue
}

/// A value where an object was expected.
fn plain(name: &'static str, object: &mut dyn Object, scalar: Scalar<'_>, notes: &mut Notes) {
    if matches!(scalar, Scalar::Text(text) if text.trim().is_empty()) {
        return;
    }
    match object.plain() {
        None => notes.issue(name, IssueKind::WrongType),
        Some((slot, documented)) => {
            if !documented {
                notes.issue(name, IssueKind::Coerced);
            }
            Place { slot, key: name, notes }.put(scalar);
        }
    }
}

/// A name in a list that comes as an object.
#[derive(Default)]
struct Name {
    agent: AgentRef,
    rest: Option<String>,
}

impl Object for Name {
    fn slot(&mut self, key: &str) -> Option<Slot<'_>> {
        match key {
            "name" => Some(Slot::Text(&mut self.agent.name)),
            "surname" => Some(Slot::Text(&mut self.agent.surname)),
            // The list has names only; whatever else is there is left out.
            _ => Some(Slot::Text(&mut self.rest)),
        }
    }
}

impl<'de> Visitor<'de> for Place<'_, '_> {
    type Value = ();

    fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("a value")
    }

    fn visit_bool<E>(self, flag: bool) -> Result<(), E> {
        self.put(Scalar::Bool(flag));
        Ok(())
    }

    fn visit_i64<E>(self, n: i64) -> Result<(), E> {
        self.put(Scalar::Int(n));
        Ok(())
    }

    fn visit_u64<E>(self, n: u64) -> Result<(), E> {
        self.put(i64::try_from(n).map_or(Scalar::Float(n as f64), Scalar::Int));
        Ok(())
    }

    fn visit_f64<E>(self, n: f64) -> Result<(), E> {
        self.put(Scalar::Float(n));
        Ok(())
    }

    fn visit_str<E>(self, text: &str) -> Result<(), E> {
        self.put(Scalar::Text(text));
        Ok(())
    }

    fn visit_unit<E>(self) -> Result<(), E> {
        Ok(())
    }

    fn visit_map<A: MapAccess<'de>>(self, mut map: A) -> Result<(), A::Error> {
        let Place { slot, key, notes } = self;
        match slot {
            Slot::Object(name, object) => read_object(name, object, map, notes),
            Slot::List(name, list) => read_object(name, list.push(), map, notes),
            Slot::Names(names) => {
                let mut name = Name::default();
                read_object("names", &mut name, map, notes)?;
                names.extend(name.agent.full_name());
                Ok(())
            }
            Slot::Map(objects) => {
                while let Some(name) = map.next_key_seed(KeySeed)? {
                    map.next_value_seed(Place { slot: objects.at(&name), key, notes })?;
                }
                Ok(())
            }
            Slot::Document(document) => read_document(document, map),
            Slot::Documents(list) => {
                let mut document = Document::default();
                read_document(&mut document, map)?;
                list.push(document);
                Ok(())
            }
            Slot::Extra => {
                while let Some((path, value)) = map.next_entry()? {
                    keep(path, value, notes);
                }
                Ok(())
            }
            _ => {
                while map.next_entry::<IgnoredAny, IgnoredAny>()?.is_some() {}
                notes.issue(key, IssueKind::WrongType);
                Ok(())
            }
        }
    }

    /// Lists, and what comes as a list: `[]` is an empty object in some
    /// languages, `[object]` one in a list.
    fn visit_seq<A: SeqAccess<'de>>(self, mut seq: A) -> Result<(), A::Error> {
        let Place { slot, key, notes } = self;
        match slot {
            Slot::Object(name, object) => {
                notes.issue(name, IssueKind::Coerced);
                while seq
                    .next_element_seed(Place { slot: Slot::Object(name, object), key, notes })?
                    .is_some()
                {}
            }
            Slot::List(name, list) => {
                while seq
                    .next_element_seed(Place { slot: Slot::List(name, list), key, notes })?
                    .is_some()
                {}
            }
            Slot::Names(names) => {
                while seq
                    .next_element_seed(Place { slot: Slot::Names(names), key, notes })?
                    .is_some()
                {}
            }
            Slot::Numbers(list) => {
                let mut at = 0;
                while let Some(n) = seq.next_element()? {
                    list.put(at, n);
                    at += 1;
                }
            }
            Slot::Documents(list) => {
                while seq
                    .next_element_seed(Place { slot: Slot::Documents(list), key, notes })?
                    .is_some()
                {}
            }
            _ => {
                let mut empty = true;
                while seq.next_element::<IgnoredAny>()?.is_some() {
                    empty = false;
                }
                notes.issue(key, if empty { IssueKind::Coerced } else { IssueKind::WrongType });
            }
        }
        Ok(())
    }
}
