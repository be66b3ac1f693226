//! The whole process under a limit on its memory: thousands of viewers, many of
//! whom read nothing, while documents flow and everybody comes and goes.

use std::time::{Duration, Instant};

use support::{Ceiling, Limits};

use crate::client::{Client, Wish};
use crate::feed::Feed;
use crate::peers::{Kind, Peer};
use crate::table::{row, target};
use crate::{CALLS, Scale};

/// What a proxy with all its viewers gets. A group of the second version, such
/// as systemd's, counts the sum.
const LIMITS: Limits = Limits { process: 256 << 20, sockets: 256 << 20 };
/// One of so many reads nothing.
const DEAF: usize = 5;
/// Documents a second.
const RATE: f64 = 200.0;
/// Each viewer comes back after so long, one after the other. Who reads nothing
/// is sent away at about that time, too.
const COMES_BACK_EVERY: Duration = Duration::from_secs(10);
/// After the storm everybody must be up to date by then.
const PATIENCE: Duration = Duration::from_secs(60);

/// Measures and prints.
pub(crate) fn run(scale: &Scale) {
    let ceiling = Ceiling::new(LIMITS);
    let mut feed = Feed::start(CALLS);
    let peer = Peer::start_by(&ceiling.starter(), Kind::Callboard, &feed);
    let mut client = Client::new(peer.address);
    for _ in 0..CALLS {
        feed.publish();
    }
    let deaf = |viewer: usize| viewer.is_multiple_of(DEAF);
    client.open(scale.many, |viewer| Wish { deaf: deaf(viewer), ..Wish::BOARD });
    let came_back = storm(scale, &mut client, &mut feed);
    let sent_away = settle(scale, &mut client, &mut feed, deaf);
    print(scale, &peer, &ceiling, (came_back, sent_away));
}

/// Documents flow, one after the other comes back, and at half time all who
/// read at once. How often somebody came back.
fn storm(scale: &Scale, client: &mut Client, feed: &mut Feed) -> usize {
    let (begun, first) = (Instant::now(), feed.next());
    let (mut turns, mut others) = (0, 0);
    while begun.elapsed() < scale.ceiling {
        let elapsed = begun.elapsed().as_secs_f64();
        while ((feed.next() - first) as f64) < elapsed * RATE {
            feed.publish();
        }
        let each = COMES_BACK_EVERY.as_secs_f64() / scale.many as f64;
        while (turns as f64) * each < elapsed {
            client.come_back(turns % scale.many);
            turns += 1;
        }
        if others == 0 && begun.elapsed() > scale.ceiling / 2 {
            for viewer in (0..scale.many).filter(|viewer| !viewer.is_multiple_of(DEAF)) {
                client.come_back(viewer);
                others += 1;
            }
        }
        client.turn(Duration::from_millis(1));
    }
    turns + others
}

/// Waits until all who read have a document that was published when all were
/// there again. How many were sent away and had to come back for it.
fn settle(
    scale: &Scale,
    client: &mut Client,
    feed: &mut Feed,
    deaf: impl Fn(usize) -> bool,
) -> usize {
    let begun = Instant::now();
    let sent_away: Vec<_> = client.who_is_closed().filter(|viewer| !deaf(*viewer)).collect();
    sent_away.iter().for_each(|viewer| client.come_back(*viewer));
    let in_time = || begun.elapsed() < PATIENCE;
    while client.served() < scale.many {
        client.turn(Duration::from_millis(10));
        assert!(in_time(), "{} of {} are served", client.served(), scale.many);
    }
    let last = feed.publish();
    let mut lacks: Vec<_> = (0..scale.many).map(|viewer| !deaf(viewer)).collect();
    while lacks.contains(&true) {
        client.turn(Duration::from_millis(10));
        for arrival in client.arrivals.iter().filter(|arrival| arrival.mark >= last) {
            lacks[arrival.viewer] = false;
        }
        let lacking = lacks.iter().filter(|lacks| **lacks).count();
        assert!(in_time(), "{lacking} lack the last document");
    }
    sent_away.len()
}

fn print(scale: &Scale, peer: &Peer, ceiling: &Ceiling, (came_back, sent_away): (usize, usize)) {
    let mib = |bytes: u64| bytes as f64 / f64::from(1 << 20);
    let (viewers, time) = (scale.many, scale.ceiling.as_secs());
    row(&format!("{viewers} viewers, one in {DEAF} deaf, {RATE} documents/s for {time} s"), "");
    row("  viewers that came back meanwhile", &came_back.to_string());
    row("  readers that had been sent away at its end", &sent_away.to_string());
    let name = format!("  peak of the process, held by {}", ceiling.by());
    target(&name, mib(peer.peak()), "MiB", mib(LIMITS.process));
    if let Some(peak) = ceiling.peak() {
        row("  with the files that the system keeps for it", &format!("{:.2} MiB", mib(peak)));
    }
    if let Some(sockets) = ceiling.sockets() {
        let name = "  beside it in the system's buffers of sockets";
        target(name, mib(sockets), "MiB", mib(LIMITS.sockets));
    }
    if let Some(ended) = ceiling.ended() {
        target("  ended for want of memory", ended as f64, "times", 0.0);
    }
    assert!(peer.get("/healthz").starts_with("ok"), "it works");
}
