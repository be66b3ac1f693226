//! Seeded chance: every random decision of the engine is drawn here.

use rand::rngs::StdRng;
use rand::{RngExt, SeedableRng};
use rand_distr::{Exp1, StandardNormal};

/// A source of decisions that repeats itself for the same seed.
pub(super) struct Chance(StdRng);

impl Chance {
    pub(super) fn new(seed: u64) -> Self {
        Chance(StdRng::seed_from_u64(seed))
    }

    /// True with probability `p` (0 to 1).
    pub(super) fn hits(&mut self, p: f64) -> bool {
        self.0.random::<f64>() < p
    }

    /// A whole number from `low` to `high`, both included.
    pub(super) fn between(&mut self, low: i64, high: i64) -> i64 {
        self.0.random_range(low..=high)
    }

    /// An index below `len`; `None` when there is nothing to choose from.
    pub(super) fn index(&mut self, len: usize) -> Option<usize> {
        (len > 0).then(|| self.0.random_range(0..len))
    }

    /// An index chosen by weight.
    pub(super) fn weighted(&mut self, weights: impl Iterator<Item = f64> + Clone) -> usize {
        let mut left = self.0.random::<f64>() * weights.clone().sum::<f64>();
        let mut last = 0;
        for (index, weight) in weights.enumerate() {
            if left < weight {
                return index;
            }
            left -= weight;
            last = index;
        }
        // Rounding may leave a rest after the last weight.
        last
    }

    /// Exponential with this mean, in the unit of the mean.
    pub(super) fn exponential(&mut self, mean: f64) -> i64 {
        (self.0.sample::<f64, _>(Exp1) * mean).round() as i64
    }

    /// Log-normal with this mean, in the unit of the mean; `sigma` is that of the logarithm.
    pub(super) fn log_normal(&mut self, mean: f64, sigma: f64) -> i64 {
        let mu = mean.ln() - sigma * sigma / 2.0;
        (mu + sigma * self.0.sample::<f64, _>(StandardNormal)).exp().round() as i64
    }

    /// A version 4 UUID.
    pub(super) fn uuid(&mut self) -> String {
        let bits = self.0.random::<u128>();
        let [a, b, c, d, e] =
            [bits >> 96, bits >> 80, bits >> 64, bits >> 48, bits].map(|part| part as u64);
        format!(
            "{:08x}-{:04x}-4{:03x}-{:04x}-{:012x}",
            a & 0xffff_ffff,
            b & 0xffff,
            c & 0xfff,
            d & 0x3fff | 0x8000,
            e & 0xffff_ffff_ffff,
        )
    }

    /// A customer's number: mostly Swedish, some Danish and Norwegian, a few hidden.
    pub(super) fn customer(&mut self) -> String {
        match self.between(0, 99) {
            0..=1 => "anonymous".to_owned(),
            2 => String::new(),
            3..=69 => format!("00467{:08}", self.between(0, 99_999_999)),
            70..=84 => format!("0045{}", self.between(20_000_000, 99_999_999)),
            _ => format!("00474{:07}", self.between(0, 9_999_999)),
        }
    }
}
