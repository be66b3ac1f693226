//! What was missed is found, and one message says as much as many.

use callboard_shared::wire::{ServerMessage, read};
use callboard_shared::{Document, UnixMs};
use proptest::prelude::*;

use super::*;
use crate::hub::message::Documents;

fn push(log: &mut Log, since: u64, seq: u64, ids: &[&str], expired: &[&str]) {
    let mut message = Documents::new(Seq(since), Seq(seq), UnixMs(7));
    for id in ids {
        let transfers = Some(u32::try_from(seq).unwrap());
        let doc = Document { id_call: (*id).into(), transfers, ..Document::default() };
        message.push(Stream::Calls, 0, &doc);
    }
    let expired: Vec<CallId> = expired.iter().map(|id| (*id).into()).collect();
    let (frame, parts) = message.finish(&expired);
    log.push(frame, Body::Documents { since: Seq(since), seq: Seq(seq), parts, expired });
}

fn messages(frames: &[Arc<Frame>]) -> Vec<ServerMessage> {
    frames
        .iter()
        .map(|frame| read(std::str::from_utf8(&frame.payload()).unwrap()).unwrap())
        .collect()
}

fn log() -> Log {
    let mut log = Log::new(usize::MAX);
    for (since, seq) in [(0, 2), (2, 3), (3, 5)] {
        push(&mut log, since, seq, &["a"], &[]);
    }
    log
}

#[test]
fn what_was_missed_is_found_by_its_number() {
    assert_eq!(log().after(Seq(0), Seq(5)), Some(0));
    assert_eq!(log().after(Seq(2), Seq(5)), Some(1));
    assert_eq!(log().after(Seq(5), Seq(5)), Some(3));
    // From the future.
    assert_eq!(log().after(Seq(6), Seq(5)), None);
}

#[test]
fn calls_that_left_at_the_last_number_are_told_again() {
    let mut log = log();
    push(&mut log, 5, 5, &[], &["a"]);
    assert_eq!(log.after(Seq(5), Seq(5)), Some(3));
}

#[test]
fn what_is_gone_is_not_left_out_silently() {
    let mut log = Log::new(200);
    for seq in 1..=10 {
        push(&mut log, seq - 1, seq, &["a"], &[]);
    }
    assert!(log.kept.len() < 3);
    assert_eq!(log.after(Seq(1), Seq(10)), None);
    let mut cursor = 0;
    assert!(matches!(log.pull(&mut cursor, UnixMs(8), &mut Vec::new()), Pull::Fallen));
    log.clear();
    let mut caught_up = 10;
    assert!(matches!(log.pull(&mut caught_up, UnixMs(8), &mut Vec::new()), Pull::Fallen));
}

#[test]
fn who_keeps_up_gets_each_message() {
    let (log, mut cursor, mut out) = (log(), 1, Vec::new());
    log.pull(&mut cursor, UnixMs(8), &mut out);
    assert_eq!((messages(&out).len(), cursor), (2, 3));
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(64))]

    /// Whoever lags gets one message that says as much as all of them.
    #[test]
    fn one_message_says_the_same_as_many(
        calls in prop::collection::vec((0_usize..40, prop::bool::weighted(0.05)), 300..600),
    ) {
        let names: Vec<String> = (0..40).map(|i| format!("c{i}")).collect();
        let mut log = Log::new(usize::MAX);
        let (mut newest, mut gone) = (HashMap::new(), Vec::new());
        for (index, (call, leaves)) in calls.iter().enumerate() {
            let (since, name) = (index as u64, &*names[*call]);
            let expired = if *leaves { vec![name] } else { vec![] };
            push(&mut log, since, since + 1, &[name], &expired);
            gone.extend(expired.iter().map(|id| CallId::from(*id)));
            newest.insert(CallId::from(name), u32::try_from(since + 1).unwrap());
        }
        let (mut cursor, mut out) = (0, Vec::new());
        log.pull(&mut cursor, UnixMs(8), &mut out);
        prop_assert_eq!(cursor, calls.len() as u64);
        let [ServerMessage::Documents { since, seq, documents, expired, .. }] = &messages(&out)[..]
        else {
            panic!("one message");
        };
        prop_assert_eq!((since.0, seq.0), (0, calls.len() as u64));
        prop_assert_eq!(expired, &gone);
        prop_assert_eq!(documents.len(), newest.len());
        for entry in documents {
            prop_assert_eq!(entry.doc.transfers, newest.get(&entry.doc.id_call).copied());
        }
    }
}
