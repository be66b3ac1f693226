//! Attacks, each by its row in `docs/attacks.md`: what is tried, and that the
//! right thing happens while everybody else goes on watching.

/// Row 24: more than there is room for.
mod crowds;

/// Rows 4, 5, 8, 9, 11, 12: frames of viewers.
mod frames;

/// Row 10: what compressed messages hold.
mod lengths;

/// Row 25: memory.
mod memory;

/// Rows 17, 24: names that are code, and a page without room.
mod page;

/// Rows 1, 2, 3, 19, 21: pages of others, and names that are not ours.
mod people;

/// Row 32: questions without end.
mod questions;

/// Rows 14, 27, 31: what must stay inside, and out of the log.
mod secrets;

/// Row 23: an upstream that leads elsewhere.
mod astray;

/// Rows 6, 7, 16: who is slow, and requests that are none.
mod slow;

use callboard_shared::Stream;
use support::{Fake, Peer, Proxy, Simulator, Token, Viewer};

/// The routes that open a socket.
const SOCKETS: [&str; 4] = ["/api/live", "/calls", "/queues", "/agents"];

/// A proxy, its streams live, and one who watches it throughout.
async fn watched(options: &[&str]) -> (Simulator, Proxy, Viewer) {
    let simulator = Simulator::quiet().await;
    let proxy = Proxy::with(&simulator, simulator.token(), options).await;
    let mut viewer = Viewer::open(&proxy).await;
    viewer.wait_until_live().await;
    (simulator, proxy, viewer)
}

/// Whoever watches sees what happens now.
async fn still_works(simulator: &Simulator, viewer: &mut Viewer) {
    let id = &simulator.play(serde_json::json!({ "queue": "71" })).await;
    viewer.wait("a call afterwards", |viewer| viewer.waits_in(id, "71")).await;
    assert_eq!(viewer.snapshots, 1, "the same socket throughout");
}

/// An upstream whose calls come from `calls`; the other streams are silent.
async fn upstream<F>(calls: impl Fn(Peer) -> F + Send + Sync + Clone + 'static) -> (Fake, Proxy)
where
    F: Future<Output = ()> + Send + 'static,
{
    let fake = Fake::start(move |mut peer: Peer| {
        let calls = calls.clone();
        async move {
            peer.accept().await;
            if peer.path() == "/calls" {
                calls(peer).await;
            } else {
                peer.wait().await;
            }
        }
    })
    .await;
    let proxy = Proxy::at(&fake.url(), &Token::new(), &[]).await;
    let mut viewer = Viewer::open(&proxy).await;
    let are_live = |viewer: &Viewer| {
        let live = callboard_shared::wire::StreamState::Live;
        Stream::ALL.iter().all(|stream| viewer.status.get(*stream).state == live)
    };
    viewer.wait("live streams", are_live).await;
    (fake, proxy)
}
