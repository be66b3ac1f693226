//! Rounds of messages to many viewers: what a delivery costs, how late it is.

use std::time::{Duration, Instant};

use crate::client::Client;
use crate::feed::Feed;
use crate::peers::Peer;

/// Everybody must have a message by then.
const PATIENCE: Duration = Duration::from_secs(30);

/// What a round has shown.
#[derive(Clone, Debug, Default)]
pub(crate) struct Round {
    /// CPU time of the peer per delivery.
    pub(crate) cpu: Duration,
    /// From publishing to each arrival, sorted.
    pub(crate) latencies: Vec<Duration>,
    /// From publishing to the last viewer's arrival, sorted.
    pub(crate) lasts: Vec<Duration>,
}

impl Round {
    /// The better of two: other work on the machine only ever adds.
    pub(crate) fn or(self, other: Round) -> Round {
        if self.latencies.is_empty() {
            return other;
        }
        let cpu = self.cpu.min(other.cpu);
        let mut better = if percentile(&self.latencies, 0.99) <= percentile(&other.latencies, 0.99)
        {
            self
        } else {
            other
        };
        better.cpu = cpu;
        better
    }
}

/// A value that this share of the sorted values does not exceed.
pub(crate) fn percentile(sorted: &[Duration], share: f64) -> Duration {
    let at = (sorted.len() as f64 * share).ceil() as usize;
    sorted.get(at.clamp(1, sorted.len().max(1)) - 1).copied().unwrap_or_default()
}

/// When the next message goes out.
#[derive(Clone, Copy)]
pub(crate) enum Pace {
    /// So many are on their way at the same time.
    InFlight(u64),
    /// So many a second, whatever becomes of them.
    PerSecond(u32),
}

/// Who has got what.
struct Progress {
    first: u64,
    /// The next document that a viewer lacks.
    upto: Vec<u64>,
    /// Viewers that lack a document, from `first` on.
    lacking: Vec<usize>,
    latencies: Vec<Duration>,
    lasts: Vec<Duration>,
    /// Documents that everybody has got.
    done: u64,
}

impl Progress {
    /// Whoever has a document needs none before it: its call's later state
    /// holds the earlier.
    fn note(&mut self, client: &Client, feed: &Feed) {
        for arrival in &client.arrivals {
            let Some(upto) = self.upto.get_mut(arrival.viewer) else { continue };
            while *upto <= arrival.mark {
                let late = arrival.at.saturating_duration_since(feed.sent(*upto));
                self.latencies.push(late);
                let lacking = &mut self.lacking[(*upto - self.first) as usize];
                *lacking -= 1;
                if *lacking == 0 {
                    self.lasts.push(late);
                    self.done += 1;
                }
                *upto += 1;
            }
        }
    }
}

/// Publishes for `time` to the first `viewers` of `client`, and waits until
/// all of them have everything.
pub(crate) fn round(
    (peer, client, feed): (&Peer, &mut Client, &mut Feed),
    viewers: usize,
    pace: Pace,
    time: Duration,
) -> Round {
    let first = feed.next();
    let mut progress = Progress {
        first,
        upto: vec![first; viewers],
        lacking: Vec::new(),
        latencies: Vec::new(),
        lasts: Vec::new(),
        done: 0,
    };
    let (begun, used) = (Instant::now(), peer.cpu());
    loop {
        let elapsed = begun.elapsed();
        let published = feed.next() - first;
        if elapsed >= time && progress.done == published {
            break;
        }
        assert!(elapsed < time + PATIENCE, "{} of {published} messages are there", progress.done);
        let due = match pace {
            _ if elapsed >= time => published,
            Pace::InFlight(most) => progress.done + most,
            Pace::PerSecond(rate) => (elapsed.as_secs_f64() * f64::from(rate)) as u64 + 1,
        };
        for _ in published..due {
            feed.publish();
            progress.lacking.push(viewers);
        }
        client.turn(Duration::from_millis(1));
        progress.note(client, feed);
    }
    let deliveries = (feed.next() - first) * viewers as u64;
    let cpu = (peer.cpu() - used).div_f64(deliveries.max(1) as f64);
    progress.latencies.sort_unstable();
    progress.lasts.sort_unstable();
    let Progress { latencies, lasts, .. } = progress;
    Round { cpu, latencies, lasts }
}
