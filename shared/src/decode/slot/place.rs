//! The one visitor: reads whatever comes into its slot.

use std::fmt;

use serde::de::{DeserializeSeed, Deserializer, IgnoredAny, MapAccess, SeqAccess, Visitor};

use super::{KeySeed, Object, Slot, read_document, read_object};
use crate::decode::scalar::{self, Read, Scalar};
use crate::decode::{IS_FOREIGN, IssueKind, Notes};
use crate::document::{AgentRef, Document};
use crate::extra::{Unknown, keep};
use crate::text::Text;
use crate::time::UnixMs;

/// A slot, and the name under which oddities are noted.
pub(super) struct Place<'s, 'n> {
    pub(super) slot: Slot<'s>,
    pub(super) key: &'s str,
    pub(super) notes: &'n mut Notes,
}

impl<'de> DeserializeSeed<'de> for Place<'_, '_> {
    type Value = ();

    fn deserialize<D: Deserializer<'de>>(self, deserializer: D) -> Result<(), D::Error> {
        deserializer.deserialize_any(self)
    }
}

impl Slot<'_> {
    /// Takes a value of our own writing.
    pub(in crate::decode) fn put(self, scalar: Scalar<'_>, notes: &mut Notes) {
        Place { slot: self, key: "", notes }.put(scalar);
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
                Scalar::Int(0) if IS_FOREIGN => None,
                Scalar::Bool(_) | Scalar::Int(1) if IS_FOREIGN => {
                    lay(flag, scalar::flag(scalar)).or(Some(IssueKind::Coerced))
                }
                _ => lay(instant, scalar::instant(scalar)),
            },
            Slot::Seconds(to) => lay(to, scalar::seconds(scalar)),
            Slot::Word(to) => match scalar {
                Scalar::Text(text) if IS_FOREIGN && text.trim().is_empty() => None,
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
    if !IS_FOREIGN || matches!(scalar, Scalar::Text(text) if text.trim().is_empty()) {
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
    rest: Option<Text>,
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
            Slot::Names(names) if IS_FOREIGN => {
                let mut name = Name::default();
                read_object("names", &mut name, map, notes)?;
                names.extend(name.agent.full_name().map(Text::from));
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
                let mut document = Box::<Document>::default();
                read_document(&mut document, map)?;
                list.push(document);
                Ok(())
            }
            Slot::Extra => {
                while let Some(path) = map.next_key_seed(KeySeed)? {
                    let unknown: Unknown = map.next_value()?;
                    keep(&mut notes.extra, path, unknown);
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
            Slot::Object(name, object) if IS_FOREIGN => {
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
                let (mut at, mut n) = (0, 0);
                while seq
                    .next_element_seed(Place { slot: Slot::Number(&mut n), key, notes })?
                    .is_some()
                {
                    list.put(at, std::mem::take(&mut n));
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
