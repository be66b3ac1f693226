//! How fast new viewers may come: a bucket that fills up evenly.

use tokio::time::Instant;

/// What comes at once after a quiet time, in seconds' worth: everybody comes
/// back together when the network does.
const AT_ONCE_S: u32 = 5;

/// A bucket; each newcomer takes one piece out of it.
#[derive(Debug)]
pub(super) struct Pace {
    per_second: u32,
    left: f64,
    at: Instant,
}

impl Pace {
    /// A full one, which gets so many pieces a second; 0: without limit.
    pub(super) fn new(per_second: u32) -> Pace {
        Pace { per_second, left: most(per_second), at: Instant::now() }
    }

    /// Takes a piece, if there is one.
    pub(super) fn take(&mut self) -> bool {
        if self.per_second == 0 {
            return true;
        }
        let now = Instant::now();
        let come = (now - self.at).as_secs_f64() * f64::from(self.per_second);
        self.at = now;
        self.left = (self.left + come).min(most(self.per_second));
        let is_there = self.left >= 1.0;
        if is_there {
            self.left -= 1.0;
        }
        is_there
    }
}

/// What a full one holds.
fn most(per_second: u32) -> f64 {
    f64::from(per_second) * f64::from(AT_ONCE_S)
}

#[cfg(test)]
mod tests {
    use std::time::Duration;

    use super::*;

    #[tokio::test(start_paused = true)]
    async fn some_come_at_once_and_then_so_many_a_second() {
        let mut pace = Pace::new(10);
        let mut come = || std::iter::repeat_with(|| pace.take()).take_while(|there| *there).count();
        assert_eq!(come(), 50);
        assert_eq!(come(), 0);
        tokio::time::advance(Duration::from_millis(550)).await;
        assert_eq!(come(), 5);
        // Half a piece was left over.
        tokio::time::advance(Duration::from_millis(50)).await;
        assert_eq!(come(), 1);
        tokio::time::advance(Duration::from_secs(3600)).await;
        assert_eq!(come(), 50);
    }

    #[test]
    fn none_at_all_is_no_limit() {
        let mut pace = Pace::new(0);
        assert!((0..100_000).all(|_| pace.take()));
    }
}
