//! From one process to the next: the board, the numbers, the gaps.

use callboard_shared::decode::DurationUnit;
use callboard_shared::wire::Seq;

use super::*;
use crate::store::rebuild::rebuild;

#[tokio::test]
async fn a_rebuilt_board_is_the_one_that_was() {
    let folder = tempfile::tempdir().unwrap();
    let store = open_in(&folder);
    let mut feeder = Feeder::new(&store);
    feeder.board.begin_day(UnixMs(DAY));
    // Yesterday: one that goes on, and one that has left before the day began.
    let yesterday = UnixMs(DAY - 600_000);
    feeder.call("gone", yesterday, "71", 1_000);
    feeder.expire(UnixMs(DAY - 300_000), "gone");
    let talks = format!(
        r#"{{"id_call":"long","active":1,"call_direction":"incoming","time":{{"start":{}}},"queue_first":{{"id":"71","timestart":{}}}}}"#,
        yesterday.0, yesterday.0
    );
    feeder.frame(Stream::Calls, yesterday, &talks);
    // Today.
    for i in 0..30 {
        feeder.call(&i.to_string(), UnixMs(DAY + i * 1_000), "72", 2_000);
    }
    feeder.expire(UnixMs(DAY + 40_000), "3");
    let late = r#"{"id_call":"gone","active":1,"time":{"start":1795305000000}}"#;
    feeder.frame(Stream::Calls, UnixMs(DAY + 50_000), late);
    let answered = r#"{"id_call":"long","active":1,"agent_first":{"id":"5","answered":1795305660000},"time":{}}"#;
    feeder.frame(Stream::Calls, UnixMs(DAY + 60_000), answered);
    store.close().await;
    drop(store);

    let store = open_in(&folder);
    let now = UnixMs(DAY + 70_000);
    let days = Days::default();
    let rebuilt = rebuild(&store, &days, DurationUnit::Auto, now).await.unwrap();
    assert_eq!((rebuilt.seq, rebuilt.clean), (Seq(feeder.seq), true));
    let mut expected = serde_json::to_value(&feeder.board).unwrap();
    let mut found = serde_json::to_value(&rebuilt.board).unwrap();
    // A board that ran on would count since it began, and has yesterday's queue.
    for board in [&mut expected, &mut found] {
        board.as_object_mut().unwrap().remove("since");
    }
    assert_eq!(found, expected);
    assert!(!rebuilt.board.calls.contains_key("gone") && !rebuilt.board.calls.contains_key("3"));
    // What viewers were told is there without a gap, up to the number reached.
    assert!(rebuilt.told.len() > 60, "{}", rebuilt.told.len());
    for pair in rebuilt.told.windows(2) {
        assert_eq!(pair[0].seq, pair[1].since);
    }
    assert_eq!(rebuilt.told.last().unwrap().seq, rebuilt.seq);
}

#[tokio::test]
async fn numbers_are_never_used_twice() {
    let folder = tempfile::tempdir().unwrap();
    let store = open_in(&folder);
    assert_eq!(store.beginning().seq, 0);
    let mut feeder = Feeder::new(&store);
    feeder.call("1", UnixMs(DAY), "71", 1_000);
    let epoch = store.beginning().epoch.clone();
    store.close().await;
    drop((store, feeder));

    let clean = open_in(&folder);
    assert_eq!((clean.beginning().seq, clean.beginning().clean), (3, true));
    assert_eq!(clean.beginning().epoch, epoch);
    // Not closed: as after a crash.
    drop(clean);
    let after = open_in(&folder);
    assert_eq!((after.beginning().seq, after.beginning().clean), (1_000_003, false));
    // A second crash before anything came: those numbers may be in use.
    drop(after);
    let again = open_in(&folder);
    assert_eq!(again.beginning().seq, 2_000_003);
    assert_eq!(again.beginning().epoch, epoch);
    again.close().await;
    drop(again);
    assert_eq!(open_in(&folder).beginning().seq, 2_000_003);
}

#[tokio::test]
async fn gaps_are_told_also_those_of_the_process_itself() {
    let folder = tempfile::tempdir().unwrap();
    let store = open_in(&folder);
    let since = store.beginning().recording_since;
    let from = UnixMs(since.0 - 100_000);
    store.keep_gap(Stream::Calls, from, None);
    store.keep_gap(Stream::Calls, from, Some(from.plus_ms(5_000)));
    store.keep_gap(Stream::Calls, from.plus_ms(4_000), Some(from.plus_ms(9_000)));
    // Lost, and the process ends.
    store.keep_gap(Stream::Queues, from.plus_ms(50_000), None);
    store.close().await;
    drop(store);
    let store = open_in(&folder);
    let opened = clock::now();
    let range = Range { from, to: opened.plus_ms(1_000), scope: None, every: None };
    let gaps = store.sums(range).await.unwrap().gaps;
    let calls: Vec<_> = gaps.iter().filter(|gap| gap.stream == Stream::Calls).collect();
    assert_eq!((calls[0].from, calls[0].to), (from, from.plus_ms(9_000)), "two that touch are one");
    let queues: Vec<_> = gaps.iter().filter(|gap| gap.stream == Stream::Queues).collect();
    assert_eq!((queues.len(), queues[0].from), (1, from.plus_ms(50_000)));
    assert!(queues[0].to >= since && queues[0].to <= opened);
    assert_eq!(store.beginning().recording_since, since);
}

#[tokio::test]
async fn a_copy_made_while_it_runs_is_whole_and_gives_out_no_number_twice() {
    let folder = tempfile::tempdir().unwrap();
    let store = open_in(&folder);
    let mut feeder = Feeder::new(&store);
    feeder.call("1", UnixMs(DAY), "71", 1_000);
    store.durable().await;
    let copy = folder.path().join("copy.db");
    let tool = Connection::open(folder.path().join("callboard.db")).unwrap();
    tool.execute("VACUUM INTO ?1", [copy.to_str().unwrap()]).unwrap();
    feeder.call("2", UnixMs(DAY), "71", 1_000);
    store.close().await;
    let closed = std::fs::read(folder.path().join("callboard.db")).unwrap();
    drop((tool, store, feeder));
    let mut later = Feeder::new(&open_in(&folder));
    later.call("3", UnixMs(DAY), "71", 1_000);
    later.store.close().await;
    drop(later);

    // Put back, the copy that ran; then the one that was closed, but not last.
    let file = folder.path().join("callboard.db");
    for (copy, calls, seq) in [(std::fs::read(copy).unwrap(), 1, 3), (closed, 2, 6)] {
        std::fs::write(&file, copy).unwrap();
        let store = open_in(&folder);
        assert_eq!(store.calls(all(DAY..DAY + 1_000), None, 9).await.unwrap().len(), calls);
        assert_eq!((store.beginning().seq, store.beginning().clean), (1_000_000 + seq, false));
        store.close().await;
    }
}
