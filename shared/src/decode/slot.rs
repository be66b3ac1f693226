//! Where a value goes: the one way in which objects are read.
//!
//! An [`Object`] names, for a key, the [`Slot`] that takes its value. One
//! visitor reads every value into its slot, whatever it is and whatever comes:
//! it never fails on a type. A single visitor, instead of one for each type as
//! serde derives them, keeps the page small.

use std::borrow::Cow;
use std::collections::BTreeMap;
use std::fmt;

use serde::de::{DeserializeSeed, Deserializer, MapAccess, Visitor};

use super::{IS_FOREIGN, IssueKind, Notes, path};
use crate::call::Legs;
use crate::document::Document;
use crate::extra::{Unknown, keep};
use crate::ids::CallId;
use crate::sorted::{ByCall, Sorted};
use crate::text::Text;
use crate::time::UnixMs;
use crate::words::{Word, normalise};

mod place;

use place::Place;

/// A place for one value.
pub(crate) enum Slot<'a> {
    Flag(&'a mut Option<bool>),
    Count(&'a mut Option<u32>),
    /// A count that other documents give as a flag.
    CountOrFlag(&'a mut Option<u32>),
    Text(&'a mut Option<Text>),
    /// A text that is never missing.
    Key(&'a mut Text),
    Instant(&'a mut Option<UnixMs>),
    /// An instant, or a flag in its place.
    Answered(&'a mut Option<UnixMs>, &'a mut Option<bool>),
    Seconds(&'a mut Option<f64>),
    Word(&'a mut dyn Word),
    Names(&'a mut Vec<Text>),
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
    Documents(&'a mut Legs),
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

impl<T: Object> Object for Box<T> {
    fn slot(&mut self, key: &str) -> Option<Slot<'_>> {
        (**self).slot(key)
    }

    fn begin(&mut self) {
        (**self).begin();
    }

    fn plain(&mut self) -> Option<(Slot<'_>, bool)> {
        (**self).plain()
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

impl<T: Object + Default> Map for ByCall<T> {
    fn at(&mut self, name: &str) -> Slot<'_> {
        Slot::Object("", self.entry(CallId::from(name)).or_default())
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
        None if IS_FOREIGN => object.slot(&normalise(key)),
        slot => slot,
    };
    match slot {
        Some(slot) => map.next_value_seed(Place { slot, key, notes }),
        None => {
            notes.issue(key, IssueKind::UnknownField);
            let unknown: Unknown = map.next_value()?;
            keep(&mut notes.extra, path(notes.within, key), unknown);
            Ok(())
        }
    }
}

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
