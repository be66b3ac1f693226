//! Questions without end: given up, and nobody else notices.

use super::*;
use crate::store::Place;

/// Counts for ever.
const ENDLESS: &str = "WITH RECURSIVE n(i) AS (SELECT 1 UNION ALL SELECT i + 1 FROM n) \
                       SELECT count(*) FROM n";

fn count(reader: &mut Reader, sql: &str) -> Result<i64, StoreError> {
    Ok(reader.connection.query_row(sql, [], |row| row.get(0))?)
}

fn soon() -> Instant {
    Instant::now() + Duration::from_millis(50)
}

#[tokio::test]
async fn a_question_without_end_is_given_up() {
    let folder = tempfile::tempdir().unwrap();
    let store = Store::open(&Place::Folder(folder.path().to_owned()), 400).unwrap();
    for _ in 0..=SEATS {
        let answer = store.answer_by(soon(), |reader| count(reader, ENDLESS)).await;
        assert!(matches!(answer, Err(StoreError::TooSlow)), "{answer:?}");
    }
    // The limit was that question's: others are answered, with one and without.
    for _ in 0..2 {
        assert_eq!(store.answer(|reader| count(reader, "SELECT 1")).await.unwrap(), 1);
    }
    tokio::time::sleep_until(soon()).await;
    let long = "WITH RECURSIVE n(i) AS (SELECT 1 UNION ALL SELECT i + 1 FROM n LIMIT 100000) \
                SELECT count(*) FROM n";
    assert_eq!(store.read(move |reader| count(reader, long)).await.unwrap(), 100_000);
    store.close().await;
}

#[tokio::test]
async fn who_waits_for_a_turn_does_not_wait_for_ever() {
    let folder = tempfile::tempdir().unwrap();
    let store = Store::open(&Place::Folder(folder.path().to_owned()), 400).unwrap();
    let mut taken = Vec::new();
    for _ in 0..SEATS {
        taken.push(store.inner.readers.seat().await.unwrap());
    }
    let answer = store.answer_by(soon(), |reader| count(reader, "SELECT 1")).await;
    assert!(matches!(answer, Err(StoreError::TooSlow)), "{answer:?}");
    drop(taken);
    assert_eq!(store.answer_by(soon(), |reader| count(reader, "SELECT 1")).await.unwrap(), 1);
    store.close().await;
}
