//! The store as its users see it: what is kept, and what comes back.

mod restarts;

use std::os::unix::fs::PermissionsExt as _;
use std::path::Path;

use callboard_shared::Board;
use callboard_shared::decode::decode;
use callboard_shared::figures::metrics::Settings;
use proptest::prelude::*;
use tempfile::TempDir;

use super::access::{Access, Link};
use super::calls::{Cursor, Filter, Search};
use super::sums::Range;
use super::*;
use crate::days::Days;

fn open_in(folder: &TempDir) -> Store {
    Store::open(&Place::Folder(folder.path().into()), FOREVER).unwrap()
}

/// A hub in small: folds frames and keeps them.
struct Feeder {
    store: Store,
    board: Board,
    seq: u64,
}

impl Feeder {
    fn new(store: &Store) -> Feeder {
        let board = Board::new(store.beginning().recording_since).with_ledger();
        Feeder { store: store.clone(), board, seq: store.beginning().seq }
    }

    fn frame(&mut self, stream: Stream, at: UnixMs, text: &str) {
        let mut calls = Vec::new();
        for document in decode(text.as_bytes()).map(|d| d.documents).unwrap_or_default() {
            let id = document.id_call.clone();
            if let callboard_shared::board::Applied::Changed(..) =
                self.board.apply(stream, document, at)
            {
                self.seq += 1;
                calls.push((id.clone(), self.board.calls[&id].clone()));
            }
        }
        let bytes = text.to_owned().into();
        self.store.keep_frame(Frame { stream, at, is_text: true, bytes, seq: self.seq }, calls);
    }

    fn expire(&mut self, at: UnixMs, id: &str) {
        let ids = [CallId::from(id)];
        self.board.expire(&ids, at);
        self.store.keep_expired(at, &ids, self.seq);
    }

    /// A call from its first document to its last.
    fn call(&mut self, id: &str, start: UnixMs, queue: &str, wait_ms: i64) {
        let (entered, end) = (start.0 + 1_000, start.0 + 1_000 + wait_ms);
        let begun = format!(
            r#"{{"id_call":"{id}","active":1,"call_direction":"incoming","internal":0,"time":{{"start":{}}},"customer_target":{{"number":"0701{id:0>6}"}},"queue_first":{{"id":"{queue}","name":"Queue {queue}","timestart":{entered}}}}}"#,
            start.0
        );
        self.frame(Stream::Calls, start, &begun);
        let offer = format!(
            r#"{{"id_call":"{id}","active":0,"agent":{{"id":"5","name":"Ada Byron"}},"queue":{{"id":"{queue}"}},"time":{{"start":{entered},"end":{end}}},"duration":{{"ring":{{"total":2}}}}}}"#
        );
        self.frame(Stream::Agents, UnixMs(end), &offer);
        let over = format!(
            r#"{{"id_call":"{id}","active":0,"terminated_call_reason":"queue_leave_abandon","time":{{"start":{},"end":{end}}}}}"#,
            start.0
        );
        self.frame(Stream::Calls, UnixMs(end), &over);
    }
}

fn all(limits: std::ops::Range<i64>) -> Filter {
    Filter { from: UnixMs(limits.start), to: UnixMs(limits.end), ..Filter::default() }
}

/// In days: what is tested has a date, and today is later each day.
const FOREVER: u32 = 100_000;
const DAY: i64 = 1_795_305_600_000; // 2026-11-22T00:00:00Z

#[tokio::test]
async fn what_was_kept_is_there_and_counts_the_same() {
    for place in [None, Some(tempfile::tempdir().unwrap())] {
        let place = place.as_ref().map_or(Place::Memory, |f| Place::Folder(f.path().into()));
        let store = Store::open(&place, FOREVER).unwrap();
        let mut feeder = Feeder::new(&store);
        for i in 0..40 {
            let queue = if i % 3 == 0 { "71" } else { "72" };
            feeder.call(&i.to_string(), UnixMs(DAY + i * 60_000), queue, 1_000 * i);
        }
        feeder.frame(Stream::Queues, UnixMs(DAY), "not a document at all");
        store.durable().await;
        assert_eq!(store.written().borrow().frames, 121);

        let range =
            Range { from: UnixMs(DAY), to: UnixMs(DAY + 3_600_000), scope: None, every: None };
        let sums = store.sums(range.clone()).await.unwrap();
        assert_eq!(sums.figures, feeder.board.figures);
        let scoped = Range { scope: Some(["71".into()].into()), ..range.clone() };
        let scoped = store.sums(scoped).await.unwrap();
        let total = scoped.figures.total(&Settings::default(), &Default::default(), UnixMs(DAY));
        assert_eq!((total.offered, scoped.figures.queues.len()), (14, 1));
        let every = Some((Days::default(), 900_000));
        let sums = store.sums(Range { every, ..range }).await.unwrap();
        let offered = sums.intervals.iter().map(|i| {
            i.figures.total(&Settings::default(), &Default::default(), UnixMs(DAY)).offered
        });
        assert_eq!(offered.collect::<Vec<_>>(), [15, 15, 10, 0]);

        let found = store.call("7".into()).await.unwrap().unwrap();
        assert_eq!(found.call.counted, feeder.board.calls["7"].counted);
        assert_eq!(found.call.phase, feeder.board.calls["7"].phase);
        assert!(store.call("none".into()).await.unwrap().is_none());
    }
}

#[tokio::test]
async fn filters_and_searches_find_what_they_should() {
    let store = Store::open(&Place::Memory, FOREVER).unwrap();
    let mut feeder = Feeder::new(&store);
    for i in 0..9 {
        let queue = if i % 3 == 0 { "71" } else { "72" };
        feeder.call(&i.to_string(), UnixMs(DAY + i * 60_000), queue, 5_000);
    }
    let open = r#"{"id_call":"open","active":1,"call_direction":"outgoing","time":{"start":1795305600000}}"#;
    feeder.frame(Stream::Calls, UnixMs(DAY), open);
    feeder.expire(UnixMs(DAY + 1), "open");
    store.durable().await;
    let found = async |filter: Filter| {
        let calls = store.calls(filter, None, 100).await.unwrap();
        calls.into_iter().map(|call| call.id.0).collect::<Vec<_>>().join(" ")
    };
    let every = || all(DAY..DAY + 3_600_000);
    assert_eq!(found(every()).await, "8 7 6 5 4 3 2 1 open 0");
    assert_eq!(found(all(DAY + 60_000..DAY + 180_000)).await, "2 1");
    assert_eq!(found(Filter { queue: Some("71".into()), ..every() }).await, "6 3 0");
    let scope = Some(["71".into()].into());
    assert_eq!(found(Filter { scope, queue: Some("72".into()), ..every() }).await, "");
    assert_eq!(found(Filter { agent: Some("5".into()), ..all(DAY..DAY + 60_000) }).await, "0");
    let outgoing = Filter { direction: Some("outgoing".into()), ..every() };
    assert_eq!(found(outgoing).await, "open");
    assert_eq!(found(Filter { outcome: Some("abandoned".into()), ..every() }).await.len(), 17);
    // It left the board without an end: it does not go on.
    assert_eq!(found(Filter { active: Some(true), ..every() }).await, "");
    assert_eq!(found(Filter { active: Some(false), ..every() }).await.len(), 22);
    let search = |search: Search| Filter { search: Some(search), ..every() };
    let digits = |digits: &str| search(Search { digits: vec![digits.into()], ..Search::default() });
    assert_eq!(found(digits("46701000007")).await, "7");
    assert_eq!(found(digits("0000")).await.len(), 17);
    let queue = |name: &str| search(Search { queue: Some(name.into()), ..Search::default() });
    assert_eq!(found(queue("eue 71")).await, "6 3 0");
    assert_eq!(found(queue("' OR 1=1 --")).await, "");
    let agent = search(Search { agent: Some("byron".into()), ..Search::default() });
    assert_eq!(found(agent).await.len(), 17);
}

#[tokio::test(flavor = "multi_thread")]
async fn questions_and_commits_do_not_disturb_each_other() {
    for place in [None, Some(tempfile::tempdir().unwrap())] {
        let place = place.as_ref().map_or(Place::Memory, |f| Place::Folder(f.path().into()));
        let store = Store::open(&place, FOREVER).unwrap();
        let mut asking = tokio::task::JoinSet::new();
        for _ in 0..6 {
            let store = store.clone();
            asking.spawn(async move {
                let mut seen = 0;
                while seen < 100 {
                    let calls = store.calls(all(DAY..DAY + 1_000), None, 500).await.unwrap();
                    assert!(calls.len() >= seen, "what was there is there");
                    seen = calls.len();
                }
            });
        }
        let mut feeder = Feeder::new(&store);
        for i in 0..100 {
            feeder.call(&i.to_string(), UnixMs(DAY + i), "71", 500);
            store.durable().await;
        }
        while let Some(asked) = asking.join_next().await {
            asked.unwrap();
        }
        assert!(!matches!(store.state(), StoreState::Failing { .. }));
    }
}

fn mode(path: &Path) -> u32 {
    path.metadata().unwrap().permissions().mode() & 0o777
}

#[tokio::test]
async fn only_the_owner_reads_the_file_and_one_process_has_it() {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("data");
    let place = Place::Folder(path.clone());
    let store = Store::open(&place, FOREVER).unwrap();
    Feeder::new(&store).call("1", UnixMs(DAY), "71", 1_000);
    store.durable().await;
    assert_eq!(mode(&path), 0o700);
    for entry in std::fs::read_dir(&path).unwrap() {
        let path = entry.unwrap().path();
        assert_eq!(mode(&path), 0o600, "{}", path.display());
    }
    assert!(matches!(Store::open(&place, FOREVER), Err(StoreError::InUse)));
    // A command line tool may look at it all the same.
    assert_eq!(Access::beside(&place).unwrap().links().unwrap(), []);
    // Not what a process needs that is running, should it be an older one.
    let file = Connection::open(path.join("callboard.db")).unwrap();
    file.pragma_update(None, "user_version", 2).unwrap();
    assert!(matches!(Access::beside(&place), Err(StoreError::InUse)));
    file.pragma_update(None, "user_version", 3).unwrap();
    let refused = store.read(|reader| {
        reader.connection.execute("DELETE FROM calls", []).map_err(StoreError::from)
    });
    assert!(refused.await.is_err());
}

#[test]
fn a_damaged_file_is_named_and_left_alone() {
    let folder = tempfile::tempdir().unwrap();
    let file = folder.path().join("callboard.db");
    drop(open_in(&folder));
    let whole = std::fs::read(&file).unwrap();
    let damages = [whole[..whole.len() / 2].to_vec(), b"not a database, only text".repeat(400)];
    for damaged in damages {
        std::fs::write(&file, &damaged).unwrap();
        let error = Store::open(&Place::Folder(folder.path().into()), FOREVER).err().unwrap();
        assert!(error.to_string().contains(".recover"), "{error}");
        assert_eq!(std::fs::read(&file).unwrap(), damaged);
    }
}

#[tokio::test]
async fn links_are_kept_and_revoked() {
    let folder = tempfile::tempdir().unwrap();
    let store = open_in(&folder);
    let link = Link {
        name: "TV".into(),
        id: "x1".into(),
        role: "floor".into(),
        queues: Some(vec!["71".into()]),
        created: UnixMs(1),
        expires: Some(UnixMs(9)),
        last_seen: None,
        revoked: None,
    };
    assert!(store.insert_link(link.clone()).await.unwrap());
    assert!(!store.insert_link(link.clone()).await.unwrap(), "the name is taken");
    let version = store.version().await.unwrap();
    store.touch_links([("x1".into(), UnixMs(5)), ("none".into(), UnixMs(6))].into()).await.unwrap();
    assert_eq!(store.version().await.unwrap(), version, "its own changes are no news");
    // By the command beside it.
    let beside = Access::beside(&Place::Folder(folder.path().into())).unwrap();
    let seen = Link { last_seen: Some(UnixMs(5)), ..link };
    assert_eq!(beside.links().unwrap(), [seen]);
    assert!(beside.revoke_link("TV", UnixMs(6)).unwrap());
    assert_ne!(store.version().await.unwrap(), version, "somebody else's are");
    assert!(!beside.revoke_link("TV", UnixMs(7)).unwrap());
    assert_eq!(store.revoked_links().await.unwrap(), ["x1"]);
    for _ in 0..2 {
        store.end_sessions([("s".into(), UnixMs(8))].into()).await.unwrap();
    }
    assert_eq!(store.ended_sessions().await.unwrap(), ["s"]);
    assert_eq!(store.get_or_put("key", "a".into()).await.unwrap(), "a");
    assert_eq!(beside.get_or_put("key", "b").unwrap(), "a");
    store.put("key", "c".into()).await.unwrap();
    assert_eq!(store.get("key").await.unwrap().as_deref(), Some("c"));
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(16))]

    /// Pages together are the whole, and what comes meanwhile disturbs
    /// neither.
    #[test]
    fn pages_are_the_whole(
        starts in prop::collection::vec(0_i64..20, 1..40),
        later in prop::collection::vec(20_i64..30, 0..10),
        limit in 1_usize..15,
    ) {
        let runtime = tokio::runtime::Builder::new_multi_thread().worker_threads(1).enable_all().build().unwrap();
        runtime.block_on(async {
            let store = Store::open(&Place::Memory, FOREVER).unwrap();
            let mut feeder = Feeder::new(&store);
            let mut expected: Vec<_> = (0..).zip(&starts).map(|(i, start)| (DAY + start, i.to_string())).collect();
            for (start, id) in &expected {
                feeder.call(id, UnixMs(*start), "71", 500);
            }
            expected.sort();
            expected.reverse();
            store.durable().await;
            let (mut found, mut after, mut later) = (Vec::new(), None::<Cursor>, later.iter());
            loop {
                let page = store.calls(all(DAY..DAY + 100), after, limit).await.unwrap();
                found.extend(page.iter().map(|call| (call.start.0, call.id.to_string())));
                if let Some(start) = later.next() {
                    feeder.call(&format!("later{start}"), UnixMs(DAY + start), "71", 500);
                    store.durable().await;
                }
                match page.last() {
                    Some(last) if page.len() == limit => after = Some(last.cursor()),
                    _ => break,
                }
            }
            // The first page may have come before or after a newer call.
            prop_assert_eq!(found, expected);
            Ok(())
        })?;
    }
}
