//! Waits counted by their length, so that a threshold can be chosen
//! afterwards and two counts can be added.

use serde::{Serialize, Serializer};

/// Counts of waits.
///
/// Two steps to a second: a wait of exactly 20 s, and one between 20 s and
/// 21 s. So "at most T seconds" is exact for whole T, although waits are in
/// milliseconds. The mean is exact; median, P90 and longest are the whole
/// second, rounded down.
#[derive(Clone, Debug, Default, Eq, PartialEq)]
pub struct Waits {
    /// Step and count, in order of steps, no count zero.
    steps: Vec<(u32, u32)>,
    sum_ms: u64,
}

/// The step of a wait.
fn step(wait_ms: u64) -> u32 {
    let exact = wait_ms.is_multiple_of(1000);
    let step = wait_ms / 1000 * 2 + u64::from(!exact);
    u32::try_from(step).unwrap_or(u32::MAX)
}

impl Waits {
    /// Counts a wait.
    pub fn add(&mut self, wait_ms: u64) {
        self.sum_ms = self.sum_ms.saturating_add(wait_ms);
        self.add_step(step(wait_ms), 1);
    }

    /// Takes a counted wait off again. One that was not counted changes
    /// nothing.
    pub fn remove(&mut self, wait_ms: u64) {
        if let Ok(at) = self.steps.binary_search_by_key(&step(wait_ms), |(step, _)| *step) {
            self.sum_ms = self.sum_ms.saturating_sub(wait_ms);
            self.steps[at].1 -= 1;
            if self.steps[at].1 == 0 {
                self.steps.remove(at);
            }
        }
    }

    /// Adds the counts of `other`.
    pub fn merge(&mut self, other: &Waits) {
        self.sum_ms = self.sum_ms.saturating_add(other.sum_ms);
        for (step, count) in &other.steps {
            self.add_step(*step, *count);
        }
    }

    fn add_step(&mut self, step: u32, by: u32) {
        match self.steps.binary_search_by_key(&step, |(step, _)| *step) {
            Ok(at) => self.steps[at].1 = self.steps[at].1.saturating_add(by),
            Err(at) => self.steps.insert(at, (step, by)),
        }
    }

    /// How many there are.
    pub fn count(&self) -> u32 {
        self.steps.iter().map(|(_, count)| count).sum()
    }

    /// How many are at most `seconds` long.
    pub fn within(&self, seconds: u32) -> u32 {
        let last = seconds.saturating_mul(2);
        self.steps.iter().take_while(|(step, _)| *step <= last).map(|(_, count)| count).sum()
    }

    /// The mean, in ms, rounded to the nearest.
    pub fn mean_ms(&self) -> Option<u64> {
        let count = u64::from(self.count());
        (count > 0).then(|| (self.sum_ms + count / 2) / count)
    }

    /// The nearest-rank percentile, in whole seconds: the value at position
    /// ⌈percent × n⌉ of all in order.
    pub fn percentile_s(&self, percent: u32) -> Option<u32> {
        let position = (u64::from(self.count()) * u64::from(percent)).div_ceil(100).max(1);
        let mut passed = 0;
        self.steps.iter().find_map(|(step, count)| {
            passed += u64::from(*count);
            (passed >= position).then_some(step / 2)
        })
    }

    /// The longest, in whole seconds.
    pub fn longest_s(&self) -> Option<u32> {
        self.steps.last().map(|(step, _)| step / 2)
    }
}

/// As `[sum_ms, step, count, step, count, …]`: a day has hundreds of them.
impl Serialize for Waits {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        let steps = self.steps.iter().flat_map(|(step, count)| [*step, *count]);
        serializer.collect_seq([self.sum_ms].into_iter().chain(steps.map(u64::from)))
    }
}

impl Waits {
    /// Takes back the number at this place of what was written.
    pub(super) fn put_number(&mut self, at: usize, n: u64) {
        let number = || u32::try_from(n).unwrap_or(u32::MAX);
        match (at, self.steps.last_mut()) {
            (0, _) => self.sum_ms = n,
            (_, Some((_, count))) if at.is_multiple_of(2) => *count = number(),
            _ => self.steps.push((number(), 0)),
        }
    }
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    fn waits(all: &[u64]) -> Waits {
        let mut waits = Waits::default();
        all.iter().for_each(|wait| waits.add(*wait));
        waits
    }

    #[test]
    fn a_wait_of_exactly_the_threshold_is_within_it() {
        let waits = waits(&[19_999, 20_000, 20_001, 5_000]);
        assert_eq!((waits.within(20), waits.within(19), waits.within(5)), (3, 1, 1));
    }

    #[test]
    fn percentiles_are_nearest_rank() {
        let waits = waits(&[1_500, 2_500, 3_500, 4_500, 10_000]);
        assert_eq!(waits.percentile_s(50), Some(3));
        assert_eq!(waits.percentile_s(90), Some(10));
        assert_eq!(waits.mean_ms(), Some(4_400));
        assert_eq!(Waits::default().percentile_s(50), None);
    }

    proptest! {
        #[test]
        fn counts_are_those_of_the_plain_list(
            all in prop::collection::vec(0_u64..100_000, 0..60),
            cut in 0_usize..60,
            threshold in 0_u32..100,
        ) {
            let cut = cut.min(all.len());
            let mut merged = waits(&all[..cut]);
            merged.merge(&waits(&all[cut..]));
            prop_assert_eq!(&merged, &waits(&all));
            let within = all.iter().filter(|wait| **wait <= u64::from(threshold) * 1000).count();
            prop_assert_eq!(merged.within(threshold) as usize, within);
            let mut seconds: Vec<_> = all.iter().map(|wait| wait / 1000).collect();
            seconds.sort_unstable();
            for percent in [50_usize, 90] {
                let rank = (seconds.len() * percent).div_ceil(100).max(1);
                let expected = seconds.get(rank - 1).map(|second| *second as u32);
                prop_assert_eq!(merged.percentile_s(percent as u32), expected);
            }
            let json = serde_json::to_string(&merged).unwrap();
            let numbers: Vec<u64> = serde_json::from_str(&json).unwrap();
            let mut read = Waits::default();
            numbers.iter().enumerate().for_each(|(at, n)| read.put_number(at, *n));
            prop_assert_eq!(&read, &merged);
            all[cut..].iter().for_each(|wait| merged.remove(*wait));
            prop_assert_eq!(merged, waits(&all[..cut]));
        }
    }
}
