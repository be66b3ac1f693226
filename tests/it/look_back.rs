//! `/api/replay`: the board of another time, and what came after it.

use callboard_shared::wire::{self, Seq, ServerMessage};
use callboard_shared::{Board, UnixMs};
use support::{Proxy, Viewer};

use crate::store::{all_is_stored, busy, comparable, stored};

/// What is told of `at..until`, folded as the page does; and the board with
/// which it began.
async fn look_back(proxy: &Proxy, at: UnixMs, until: UnixMs) -> (Board, Board) {
    let answer = proxy.get(&format!("/api/replay?at={}&until={}", at.0, until.0)).await;
    assert_eq!(answer.status(), 200);
    assert_eq!(answer.headers()["content-type"], "application/x-ndjson");
    let text = answer.text().await.expect("the answer is text");
    let mut lines = text.lines().map(|line| wire::read(line).expect("a message of /api/live"));
    let Some(ServerMessage::Snapshot { epoch, seq, now, board, status, .. }) = lines.next() else {
        panic!("no snapshot: {text}");
    };
    assert!(epoch.starts_with("replay-") && now == at, "{epoch} {now:?}");
    assert!(status.all_live(), "{status:?}");
    let (first, mut board, mut reached, mut last) = (board.clone(), board, seq, None);
    for line in lines {
        last = None;
        match line {
            ServerMessage::Documents { since, seq, now, documents, expired } => {
                assert_eq!(since, reached, "a gap");
                // Three streams are stamped beside each other, so one that was
                // written later may be some ms older.
                assert!(now.plus_ms(100) > at && now <= until, "{now:?} of {at:?}..{until:?}");
                reached = seq;
                documents.into_iter().for_each(|entry| drop(board.tell(entry, now)));
                board.remove(&expired);
            }
            ServerMessage::Status { now, .. } => last = Some(now),
            ServerMessage::Snapshot { .. } => panic!("a second snapshot"),
        }
    }
    assert_eq!(last, Some(until), "the last word is missing");
    assert!(reached > Seq(0), "nothing came");
    (first, board)
}

#[tokio::test]
async fn a_board_of_the_past_and_what_came_after_it_are_those_of_then() {
    let simulator = busy("4000").await;
    let mut proxy = Proxy::start(&simulator).await;
    let mut viewer = Viewer::open(&proxy).await;
    viewer.wait("some documents", |viewer| viewer.numbers.len() >= 300).await;
    simulator.pause().await;
    let whole = all_is_stored(&proxy).await;
    let time = |part: usize| whole.times[whole.times.len() * part / 8];
    for restarted in [false, true] {
        for (at, until) in [(time(2), time(5)), (time(4), time(7)), (time(6), time(7))] {
            let (first, last) = look_back(&proxy, at, until).await;
            for (board, at) in [(first, at), (last, until)] {
                let expected = stored(&proxy.data_dir(), whole.board.day, at).board;
                assert_eq!(comparable(&board), comparable(&expected), "restarted: {restarted}");
            }
        }
        if !restarted {
            proxy.stop_and_start().await;
        }
    }
}
