//! How many there are of each.

use std::borrow::Borrow;
use std::collections::HashMap;
use std::hash::Hash;

/// Counts by key. Nothing is kept of those of whom there are none.
#[derive(Debug)]
pub struct Tally<K>(HashMap<K, usize>);

impl<K> Default for Tally<K> {
    fn default() -> Tally<K> {
        Tally(HashMap::new())
    }
}

impl<K: Eq + Hash> Tally<K> {
    /// How many there are.
    pub fn of<Q: Eq + Hash + ?Sized>(&self, key: &Q) -> usize
    where
        K: Borrow<Q>,
    {
        self.0.get(key).copied().unwrap_or_default()
    }

    /// Whether there is none of any.
    #[cfg(test)]
    pub fn is_empty(&self) -> bool {
        self.0.is_empty()
    }

    /// One more.
    pub fn add(&mut self, key: K) {
        *self.0.entry(key).or_default() += 1;
    }

    /// One fewer, if there is one.
    pub fn remove<Q: Eq + Hash + ?Sized>(&mut self, key: &Q)
    where
        K: Borrow<Q>,
    {
        if let Some(count) = self.0.get_mut(key) {
            *count -= 1;
            if *count == 0 {
                self.0.remove(key);
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn who_has_left_is_forgotten() {
        let mut tally = Tally::<String>::default();
        tally.add("a".to_owned());
        tally.add("a".to_owned());
        tally.remove("a");
        assert_eq!((tally.of("a"), tally.of("b")), (1, 0));
        tally.remove("a");
        tally.remove("a");
        assert!(tally.of("a") == 0 && tally.is_empty());
    }
}
