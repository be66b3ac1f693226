//! CPU and latency of all peers, round by round, interleaved.

use std::time::Duration;

use crate::client::{Client, Wish};
use crate::feed::Feed;
use crate::peers::{Kind, Peer};
use crate::rounds::{Pace, Round, percentile, round};
use crate::table::{ms, row, target, us};
use crate::{CALLS, Scale};

const VIEWERS: usize = 1_000;
/// So many come with a signed link of the role `floor`: an audience of their
/// own, with messages of its own, in which numbers are masked.
const EVERY: usize = 10;

/// What a viewer of this peer wishes.
fn wish(kind: Kind, viewer: usize) -> Wish {
    match kind {
        Kind::Callboard if viewer.is_multiple_of(EVERY) => Wish { floor: true, ..Wish::BOARD },
        Kind::Callboard => Wish::BOARD,
        _ => Wish::PLAIN,
    }
}

/// The three rounds of one peer.
#[derive(Clone, Default)]
struct Rounds {
    single: Round,
    queued: Round,
    steady: Round,
}

/// A peer at work, and its viewers.
struct Stage {
    feed: Feed,
    peer: Peer,
    client: Client,
}

impl Stage {
    fn set(kind: Kind) -> Stage {
        let feed = Feed::start(CALLS);
        let peer = Peer::start(kind, &feed);
        let link = if kind == Kind::Callboard { peer.link() } else { String::new() };
        let mut client = Client::with_link(peer.address, link);
        client.open(VIEWERS, |viewer| wish(kind, viewer));
        client.idle(Duration::from_millis(300));
        Stage { feed, peer, client }
    }

    fn round(&mut self, pace: Pace, time: Duration) -> Round {
        // What came while others were measured: signs of life.
        self.client.idle(Duration::from_millis(10));
        round((&self.peer, &mut self.client, &mut self.feed), VIEWERS, pace, time)
    }
}

/// Measures and prints. All peers are up throughout; one of them works.
pub(crate) fn run(scale: &Scale) {
    let mut stages = Kind::ALL.map(Stage::set);
    let mut all: [Rounds; 4] = Default::default();
    for stage in &mut stages {
        // Warm: buffers have grown, the board is full.
        stage.round(Pace::InFlight(16), scale.warm);
    }
    let turns = |all: &mut [Rounds; 4], stages: &mut [Stage; 4], part: Part, pace, time| {
        for _ in 0..scale.passes {
            for (stage, rounds) in stages.iter_mut().zip(&mut *all) {
                let best = part(rounds);
                *best = std::mem::take(best).or(stage.round(pace, time));
            }
        }
    };
    type Part = fn(&mut Rounds) -> &mut Round;
    let short = scale.round / 4;
    turns(&mut all, &mut stages, |rounds| &mut rounds.single, Pace::InFlight(1), short);
    turns(&mut all, &mut stages, |rounds| &mut rounds.queued, Pace::InFlight(16), short);
    turns(&mut all, &mut stages, |rounds| &mut rounds.steady, Pace::PerSecond(20), scale.round);
    print(&all);
}

fn print(all: &[Rounds; 4]) {
    let [raw, joined, _, ours] = all;
    let ratio = |a: Duration, b: Duration| a.as_secs_f64() / b.as_secs_f64();
    let line = |name: &str, of: fn(&Rounds) -> Duration| {
        for (kind, rounds) in Kind::ALL.iter().zip(all) {
            row(&format!("{name}: {}", kind.name()), &us(of(rounds)));
        }
    };
    line("CPU per delivery, one message at a time", |rounds| rounds.single.cpu);
    target("  callboard ÷ raw", ratio(ours.single.cpu, raw.single.cpu), "×", 1.15);
    line("CPU per delivery, 16 in flight", |rounds| rounds.queued.cpu);
    target("  callboard ÷ joined", ratio(ours.queued.cpu, joined.queued.cpu), "×", 1.3);
    line("CPU per delivery, 20 messages/s", |rounds| rounds.steady.cpu);
    target("  callboard ÷ raw", ratio(ours.steady.cpu, raw.steady.cpu), "×", 1.4);
    let late = |rounds: &Rounds, share| ms(percentile(&rounds.steady.latencies, share));
    for (kind, rounds) in Kind::ALL.iter().zip(all) {
        let value = format!("{:.1} / {:.1} ms", late(rounds, 0.5), late(rounds, 0.99));
        row(&format!("latency p50 / p99, 20 messages/s: {}", kind.name()), &value);
    }
    target("  callboard ÷ raw, p99", late(ours, 0.99) / late(raw, 0.99), "×", 1.5);
}
