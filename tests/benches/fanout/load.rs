//! What the proxy alone is asked: memory, stalled readers, a storm, the wire.

use std::time::{Duration, Instant};

use crate::client::{Client, Wish};
use crate::feed::Feed;
use crate::peers::{Kind, Peer};
use crate::rounds::{Pace, percentile, round};
use crate::table::{kib, ms, row, target};
use crate::{CALLS, Scale};

/// More messages than the proxy's log of them holds: from then on it grows no
/// more.
const FULL_LOG: u64 = 6_000;

/// A proxy that has taken so many documents, and a client without viewers.
fn start(calls: u64, documents: u64) -> (Feed, Peer, Client) {
    let mut feed = Feed::start(calls);
    let peer = Peer::start(Kind::Callboard, &feed);
    let mut client = Client::new(peer.address);
    client.open(1, |_| Wish::BOARD);
    let warm = Duration::from_millis(300);
    while feed.next() < documents {
        let pace = if documents > calls { Pace::InFlight(16) } else { Pace::PerSecond(100) };
        round((&peer, &mut client, &mut feed), 1, pace, warm);
    }
    let client = Client::new(peer.address);
    (feed, peer, client)
}

fn grown(now: u64, before: u64) -> i64 {
    now.cast_signed() - before.cast_signed()
}

/// Memory of a viewer that watches in silence, and after some traffic.
pub(crate) fn memory(scale: &Scale) {
    // A small board and a short log, so that viewers are all that grows, and
    // nothing is left over that they could be made of.
    let (mut feed, peer, mut client) = start(20, 20);
    let viewers = scale.many;
    let before = peer.memory();
    let each = || kib(grown(peer.memory(), before)) / viewers as f64;
    client.open(viewers, |_| Wish::BOARD);
    client.idle(Duration::from_millis(500));
    target(&format!("memory per idle viewer at {viewers}"), each(), "KiB", 4.0);
    let pace = Pace::PerSecond(10);
    round((&peer, &mut client, &mut feed), viewers, pace, scale.round);
    target("  after traffic", each(), "KiB", 6.0);
}

/// Readers that stop reading, among others that do not.
pub(crate) fn stalled(scale: &Scale) {
    const HEALTHY: usize = 100;
    const STALLED: usize = 20;
    let (mut feed, peer, mut client) = start(CALLS, FULL_LOG);
    client.open(HEALTHY, |_| Wish::BOARD);
    let pace = Pace::PerSecond(300);
    let without = round((&peer, &mut client, &mut feed), HEALTHY, pace, scale.steady);
    client.open(STALLED, |_| Wish::BOARD);
    (HEALTHY..HEALTHY + STALLED).for_each(|viewer| client.deafen(viewer));
    let before = peer.memory();
    let with = round((&peer, &mut client, &mut feed), HEALTHY, pace, scale.stalled);
    let each = kib(grown(peer.memory(), before)) / STALLED as f64;
    let p99 = |round: &crate::rounds::Round| ms(percentile(&round.latencies, 0.99));
    row("p99 of 100 viewers at 300 messages/s", &format!("{:.1} ms", p99(&without)));
    row("  with 20 more that read nothing", &format!("{:.1} ms", p99(&with)));
    target("  with ÷ without", p99(&with) / p99(&without), "×", 1.5);
    target("  memory of each that reads nothing", each, "KiB", 64.0);
    let metrics = peer.get("/metrics");
    let viewers = metrics.lines().find_map(|line| line.strip_prefix("callboard_viewers "));
    let left = viewers.and_then(|text| text.parse::<usize>().ok()).unwrap_or_default();
    let gone = (HEALTHY + STALLED).saturating_sub(left);
    row("  of these closed by the end", &format!("{gone} of {STALLED}"));
    assert_eq!(client.closed(), 0, "a viewer that reads was closed");
}

/// Everybody comes back at once.
pub(crate) fn storm(scale: &Scale) {
    // About 200 KB as a snapshot.
    let (_feed, peer, mut client) = start(110, 110);
    client.open(scale.many, |_| Wish::BOARD);
    let size = peer.get("/api/snapshot").len();
    drop(client);
    let before = peer.memory();
    let begun = Instant::now();
    let mut client = Client::new(peer.address);
    client.open_at_once(scale.many, scale.many, |_| Wish::BOARD);
    let took = begun.elapsed().as_secs_f64();
    let name = format!("{} reconnects onto a snapshot of {} KB", scale.many, size / 1000);
    target(&name, took, "s", 10.0);
    let grown = grown(peer.memory(), before) as f64 / 1e6;
    target("  memory grown by", grown, "MB", 100.0);
}

/// From a document to the last of a hundred viewers.
pub(crate) fn through(scale: &Scale) {
    const VIEWERS: usize = 100;
    let (mut feed, peer, mut client) = start(CALLS, FULL_LOG);
    client.open(VIEWERS, |_| Wish::BOARD);
    let pace = Pace::PerSecond(20);
    let round = round((&peer, &mut client, &mut feed), VIEWERS, pace, scale.steady);
    let of = |share| ms(percentile(&round.lasts, share));
    let value = format!("{:.2} / {:.2} ms", of(0.5), of(0.99));
    row("document in → last of 100 viewers, p50 / p99", &value);
}

/// What goes over the wire.
pub(crate) fn wire(scale: &Scale) {
    let (mut feed, peer, mut client) = start(CALLS, FULL_LOG);
    client.open(2, |viewer| Wish { deflate: viewer == 1, ..Wish::BOARD });
    client.idle(Duration::from_millis(500));
    let before = [client.bytes(0), client.bytes(1)];
    let first = feed.next();
    round((&peer, &mut client, &mut feed), 1, Pace::PerSecond(300), scale.round);
    client.idle(Duration::from_millis(500));
    let messages = (feed.next() - first) as f64;
    let each = |viewer: usize| (client.bytes(viewer) - before[viewer]) as f64 / messages;
    row("bytes on the wire per message", &format!("{:.0}", each(0)));
    row("  with permessage-deflate", &format!("{:.0}", each(1)));
    row("  of the plain ones", &format!("{:.2}", each(1) / each(0)));
}
