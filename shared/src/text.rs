//! Texts of documents: names, ids, numbers. The same few are in thousands of
//! documents, so a copy of one is the same text, and a page that reads one
//! again has it already.

use std::borrow::{Borrow, Cow};
use std::fmt;
use std::ops::Deref;
use std::sync::Arc;

use serde::de::{Deserialize, Deserializer};
use serde::ser::{Serialize, Serializer};

/// A text that is never changed.
#[derive(Clone, Eq, Hash, Ord, PartialEq, PartialOrd)]
pub struct Text(Arc<str>);

impl Text {
    /// The text as it is.
    pub fn as_str(&self) -> &str {
        &self.0
    }

    /// A text that may have been read before.
    pub(crate) fn read(text: &str) -> Text {
        known::text(text)
    }
}

impl Default for Text {
    fn default() -> Text {
        Text::from("")
    }
}

impl Deref for Text {
    type Target = str;

    fn deref(&self) -> &str {
        &self.0
    }
}

impl Borrow<str> for Text {
    fn borrow(&self) -> &str {
        &self.0
    }
}

impl AsRef<str> for Text {
    fn as_ref(&self) -> &str {
        &self.0
    }
}

impl From<&str> for Text {
    fn from(text: &str) -> Text {
        Text(Arc::from(text))
    }
}

impl From<Cow<'_, str>> for Text {
    fn from(text: Cow<'_, str>) -> Text {
        Text(Arc::from(text))
    }
}

impl From<String> for Text {
    fn from(text: String) -> Text {
        Text(Arc::from(text))
    }
}

impl PartialEq<str> for Text {
    fn eq(&self, other: &str) -> bool {
        self.as_str() == other
    }
}

impl PartialEq<&str> for Text {
    fn eq(&self, other: &&str) -> bool {
        self.as_str() == *other
    }
}

impl fmt::Debug for Text {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        fmt::Debug::fmt(self.as_str(), f)
    }
}

impl fmt::Display for Text {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self)
    }
}

impl Serialize for Text {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        serializer.serialize_str(self)
    }
}

impl<'de> Deserialize<'de> for Text {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Text, D::Error> {
        Cow::<str>::deserialize(deserializer).map(Text::from)
    }
}

/// A page reads the same names again and again, on one thread.
#[cfg(any(target_arch = "wasm32", test))]
mod known {
    use std::cell::RefCell;

    use super::Text;
    use crate::sorted::by_call::digest;

    /// So many texts are remembered, each in a place of its own: another one
    /// that belongs there takes it.
    const PLACES: usize = 4096;

    thread_local! {
        static KNOWN: RefCell<Vec<Option<Text>>> = const { RefCell::new(Vec::new()) };
    }

    pub(super) fn text(text: &str) -> Text {
        KNOWN.with_borrow_mut(|known| {
            if known.is_empty() {
                known.resize(PLACES, None);
            }
            let place = &mut known[place(text)];
            match place {
                Some(known) if known == text => known.clone(),
                _ => place.insert(text.into()).clone(),
            }
        })
    }

    /// Names and numbers differ most at their ends.
    fn place(text: &str) -> usize {
        let sum = digest(text.bytes().rev().take(6)) ^ text.len() as u32;
        ((sum ^ (sum >> 16)) as usize) % PLACES
    }
}

/// Many threads read for a proxy, of many calls: to ask each other costs more
/// than a copy.
#[cfg(not(any(target_arch = "wasm32", test)))]
mod known {
    use super::Text;

    pub(super) fn text(text: &str) -> Text {
        text.into()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_text_that_was_read_before_is_the_same_one() {
        let (first, again) = (Text::read("Support"), Text::read("Support"));
        assert!(Arc::ptr_eq(&first.0, &again.0));
        let others: Vec<_> = (0..5_000).map(|n| Text::read(&format!("Agent {n}"))).collect();
        assert!(others.iter().enumerate().all(|(n, text)| *text == format!("Agent {n}").as_str()));
        assert_eq!(Text::read("Support"), first);
    }
}
