//! A map of calls, for the browser. Thousands of ids lie in memory of their
//! own, and a search that looks at one of them at each step waits for memory
//! each time: here they are told apart by a digest that lies in the list. Many
//! short lists, as one that comes or goes moves all that follow it.

use std::borrow::Borrow;
use std::cmp::Ordering;

use serde::{Serialize, Serializer};

use super::{Entry, Sorted};
use crate::ids::CallId;

/// Lists, told apart by the highest bits of a digest.
const LISTS: u32 = 256;

/// A map by calls, in no order that means anything.
#[derive(Clone, Debug)]
pub struct ByCall<V>(Vec<Sorted<Tagged, V>>);

/// An id behind its digest.
#[derive(Clone, Debug, Eq, Ord, PartialEq, PartialOrd)]
pub struct Tagged {
    digest: u32,
    id: CallId,
}

/// FNV-1a.
pub(crate) fn digest(bytes: impl Iterator<Item = u8>) -> u32 {
    let add = |digest: u32, byte| (digest ^ u32::from(byte)).wrapping_mul(0x0100_0193);
    bytes.fold(0x811C_9DC5, add)
}

/// Most often they are one and the same text.
fn order(known: &str, id: &str) -> Ordering {
    if std::ptr::eq(known, id) { Ordering::Equal } else { known.cmp(id) }
}

/// Which list it is in.
fn list(digest: u32) -> usize {
    (digest / (u32::MAX / LISTS + 1)) as usize
}

impl<V> Default for ByCall<V> {
    fn default() -> Self {
        ByCall(Vec::new())
    }
}

impl<V> ByCall<V> {
    /// List and place.
    fn find(&self, id: &str) -> Option<(usize, usize)> {
        let digest = digest(id.bytes());
        let list = list(digest);
        let found = self.0.get(list)?.0.binary_search_by(|(known, _)| {
            known.digest.cmp(&digest).then_with(|| order(known.id.as_str(), id))
        });
        Some((list, found.ok()?))
    }

    /// The value of a call.
    pub fn get(&self, id: &(impl Borrow<str> + ?Sized)) -> Option<&V> {
        self.find(id.borrow()).map(|(list, at)| &self.0[list].0[at].1)
    }

    /// The value of a call, to be changed.
    pub fn get_mut(&mut self, id: &(impl Borrow<str> + ?Sized)) -> Option<&mut V> {
        self.find(id.borrow()).map(|(list, at)| &mut self.0[list].0[at].1)
    }

    /// Whether there is such a call.
    pub fn contains_key(&self, id: &(impl Borrow<str> + ?Sized)) -> bool {
        self.find(id.borrow()).is_some()
    }

    /// Puts a value; the one that was there.
    pub fn insert(&mut self, id: CallId, value: V) -> Option<V> {
        let (list, key) = self.place(id);
        list.insert(key, value)
    }

    /// Takes a value away.
    pub fn remove(&mut self, id: &(impl Borrow<str> + ?Sized)) -> Option<V> {
        self.find(id.borrow()).map(|(list, at)| self.0[list].0.remove(at).1)
    }

    /// The place of a call, which may be empty.
    pub fn entry(&mut self, id: CallId) -> Entry<'_, Tagged, V> {
        let (list, key) = self.place(id);
        list.entry(key)
    }

    fn place(&mut self, id: CallId) -> (&mut Sorted<Tagged, V>, Tagged) {
        if self.0.is_empty() {
            self.0.resize_with(LISTS as usize, Sorted::default);
        }
        let digest = digest(id.as_str().bytes());
        (&mut self.0[list(digest)], Tagged { digest, id })
    }

    /// Calls and values.
    pub fn iter(&self) -> impl Iterator<Item = (&CallId, &V)> + Clone {
        let pairs = self.0.iter().flat_map(|list| list.0.iter());
        pairs.map(|(key, value)| (&key.id, value))
    }

    /// Calls.
    pub fn keys(&self) -> impl Iterator<Item = &CallId> + Clone {
        self.iter().map(|(id, _)| id)
    }

    /// Values.
    pub fn values(&self) -> impl Iterator<Item = &V> + Clone {
        self.iter().map(|(_, value)| value)
    }

    /// Values, to be changed.
    pub fn values_mut(&mut self) -> impl Iterator<Item = &mut V> {
        self.0.iter_mut().flat_map(|list| list.0.iter_mut()).map(|(_, value)| value)
    }

    /// How many there are.
    pub fn len(&self) -> usize {
        self.0.iter().map(Sorted::len).sum()
    }

    /// Whether there is none.
    pub fn is_empty(&self) -> bool {
        self.0.iter().all(Sorted::is_empty)
    }
}

/// Equal ones lie in the same order.
impl<V: PartialEq> PartialEq for ByCall<V> {
    fn eq(&self, other: &Self) -> bool {
        self.iter().eq(other.iter())
    }
}

impl<V> FromIterator<(CallId, V)> for ByCall<V> {
    fn from_iter<I: IntoIterator<Item = (CallId, V)>>(pairs: I) -> Self {
        let mut map = ByCall::default();
        pairs.into_iter().for_each(|(id, value)| drop(map.insert(id, value)));
        map
    }
}

impl<V: Serialize> Serialize for ByCall<V> {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        serializer.collect_map(self.iter())
    }
}

#[cfg(test)]
mod tests {
    use std::collections::BTreeMap;

    use proptest::prelude::*;

    use super::*;

    proptest! {
        #[test]
        fn it_knows_what_a_tree_knows(
            steps in prop::collection::vec((0_u8..4, 0_u8..12, any::<u16>()), 0..60),
        ) {
            let (mut calls, mut tree) = (ByCall::default(), BTreeMap::new());
            for (step, key, value) in steps {
                let id = CallId::from(format!("call-{key}"));
                match step {
                    0 => prop_assert_eq!(calls.insert(id.clone(), value), tree.insert(id.clone(), value)),
                    1 => prop_assert_eq!(calls.remove(&id), tree.remove(&id)),
                    2 => {
                        let place = calls.entry(id.clone()).or_insert_with(|| value);
                        prop_assert_eq!(*place, *tree.entry(id.clone()).or_insert(value));
                    }
                    _ => {
                        calls.get_mut(&id).into_iter().for_each(|known| *known = value);
                        tree.get_mut(&id).into_iter().for_each(|known| *known = value);
                    }
                }
                prop_assert_eq!(calls.get(&id), tree.get(&id));
                prop_assert_eq!(calls.contains_key(id.as_str()), tree.contains_key(&id));
            }
            prop_assert_eq!(calls.len(), tree.len());
            prop_assert_eq!(calls.is_empty(), tree.is_empty());
            prop_assert_eq!(calls.values_mut().count(), tree.len());
            prop_assert!(calls.keys().all(|id| tree.contains_key(id)));
            prop_assert_eq!(calls.values().map(|n| u64::from(*n)).sum::<u64>(), tree.values().map(|n| u64::from(*n)).sum::<u64>());
            let json = serde_json::to_value(&calls).unwrap();
            prop_assert_eq!(json, serde_json::to_value(&tree).unwrap());
            let again: ByCall<u16> = tree.clone().into_iter().collect();
            prop_assert_eq!(&again, &calls);
            let pairs: BTreeMap<_, _> = calls.iter().map(|(id, n)| (id.clone(), *n)).collect();
            prop_assert_eq!(&pairs, &tree);
        }
    }

    /// Its digests are those of FNV-1a's own tables.
    #[test]
    fn digests_are_those_of_fnv() {
        assert_eq!(digest("".bytes()), 0x811C_9DC5);
        assert_eq!(digest("a".bytes()), 0xE40C_292C);
        assert_eq!(digest("foobar".bytes()), 0xBF9C_F968);
    }

    #[test]
    fn thousands_are_found() {
        let ids = || (0..3_000).map(|n| CallId::from(n.to_string()));
        let mut calls: ByCall<usize> = ids().zip(0..).collect();
        assert!(calls.0.iter().all(|list| list.len() < 40));
        for (id, n) in ids().zip(0..).step_by(2) {
            assert_eq!(calls.remove(&id), Some(n));
        }
        assert!(
            ids().zip(0..).all(|(id, n)| calls.get(&id).is_some_and(|at| *at == n) == (n % 2 == 1))
        );
        assert_eq!(calls.len(), 1_500);
    }

    /// `costarring` and `liquid` are known to have one digest.
    #[test]
    fn ids_of_one_digest_are_told_apart() {
        assert_eq!(digest("costarring".bytes()), digest("liquid".bytes()));
        let calls: ByCall<u8> =
            [("costarring", 1), ("liquid", 2)].map(|(id, n)| (id.into(), n)).into_iter().collect();
        assert_eq!((calls.get("costarring"), calls.get("liquid")), (Some(&1), Some(&2)));
    }
}
