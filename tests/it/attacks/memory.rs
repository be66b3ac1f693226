//! Row 25: memory, whoever comes and whatever they do not read.

use std::net::SocketAddr;
use std::process::Command;

use memchr::memmem;
use support::{Ceiling, Limits, Proxy, Rude, Simulator, Viewer, until};
use tokio::task::JoinSet;

use super::crowds::viewers;
use super::{still_works, watched};

/// For 500 viewers: they take less than half of it.
const LIMITS: Limits = Limits { process: 64 << 20, sockets: 64 << 20 };

/// Opens a board and reads up to the message about the call `last`; comes back
/// once before that, if it is one of those.
async fn reader(address: SocketAddr, last: String, comes_back: bool) {
    for turn in 0..=usize::from(comes_back) {
        let mut rude = Rude::connect(address).await.open("/api/live", &[]).await;
        let mut heard = 0;
        loop {
            let frame = rude.hear().await;
            heard += 1;
            if memmem::find(&frame, last.as_bytes()).is_some() {
                return;
            }
            if turn == 0 && comes_back && heard == 20 {
                break;
            }
        }
    }
}

#[tokio::test]
async fn row_25_a_crowd_of_whom_many_read_nothing_stays_below_its_ceiling() {
    const DOCUMENTS: usize = 300;
    let ceiling = Ceiling::new(LIMITS);
    let simulator = Simulator::quiet().await;
    let starter = ceiling.starter();
    let starter: Vec<_> = starter.iter().map(String::as_str).collect();
    let proxy = Proxy::under(&starter, &simulator.url(), simulator.token(), &[]).await;
    let address = proxy.server.address();
    proxy.until_live().await;
    let id = |nth: usize| format!("crowd-{nth:04}");
    let mut deaf = Vec::new();
    for _ in 0..100 {
        deaf.push(Rude::narrow(address).await.open("/api/live", &[]).await);
    }
    let mut crowd = JoinSet::new();
    for nth in 0..380 {
        crowd.spawn(reader(address, id(DOCUMENTS), nth % 4 == 0));
    }
    for _ in 0..20 {
        let mut viewer = Viewer::open(&proxy).await;
        crowd.spawn(async move {
            let all = |viewer: &Viewer| (1..=DOCUMENTS).all(|nth| viewer.phase(&id(nth)).is_some());
            viewer.wait("every document", all).await;
            assert_eq!(viewer.snapshots, 1, "the same socket throughout");
        });
    }
    until("all to be there", async || viewers(&proxy).await, |count| *count == 500).await;
    for nth in 1..=DOCUMENTS {
        let call = serde_json::json!({"id_call": id(nth), "active": 1, "internal": 0,
            "call_direction": "incoming", "queue_first": {"id": "71", "name": "Support"},
            "comment": "the customer asked for the second order ".repeat(35)});
        simulator.send("calls", call.to_string()).await;
    }
    while let Some(end) = crowd.join_next().await {
        end.expect("one who reads has got everything");
    }
    let mut viewer = Viewer::open(&proxy).await;
    still_works(&simulator, &mut viewer).await;
    assert!(ceiling.ended().is_none_or(|ended| ended == 0), "{ceiling:?}");
    drop(deaf);
}

#[test]
fn row_25_the_ceiling_is_one() {
    let ceiling = Ceiling::new(LIMITS);
    let starter = ceiling.starter();
    // `tail` has to keep what may be the end.
    let keep = |bytes: u32| {
        let kept = format!("head -c 300000000 /dev/zero | tail -c {bytes} | wc -c");
        let script = format!("test \"$({kept})\" = {bytes}");
        let command =
            Command::new(&starter[0]).args(&starter[1..]).args(["sh", "-c", &script]).status();
        command.expect("it can be started").success()
    };
    assert!(keep(1_000_000), "{}", ceiling.by());
    assert!(!keep(280_000_000), "{}", ceiling.by());
}

#[tokio::test]
async fn row_25_two_thousand_that_come_and_go_leave_nothing_behind() {
    const CROWD: usize = 2000;
    let (simulator, proxy, mut viewer) = watched(&[]).await;
    let crowd = async || {
        let mut sockets = Vec::new();
        for _ in 0..CROWD {
            let rude = Rude::connect(proxy.server.address()).await;
            sockets.push(rude.open("/api/live", &[]).await);
        }
        let all = CROWD as u64 + 1;
        until("all to be there", async || viewers(&proxy).await, |count| *count == all).await;
        let memory = proxy.server.process().memory();
        drop(sockets);
        until("all to be gone", async || viewers(&proxy).await, |count| *count == 1).await;
        memory
    };
    let first = crowd().await;
    let second = crowd().await;
    // What the first crowd used, the second has used again.
    assert!(second < first + (8 << 20), "{first} bytes with the first, {second} with the second");
    still_works(&simulator, &mut viewer).await;
}
