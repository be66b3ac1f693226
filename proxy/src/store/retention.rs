//! Deletes what is too old, a little at a time, and gives the space back.

use std::time::{Duration, Instant};

use callboard_shared::UnixMs;
use rusqlite::Connection;

use super::StoreError;

/// How often something is looked for that has become too old.
const LOOK_EVERY: Duration = Duration::from_secs(60 * 60);
/// Rows deleted at once.
const ROWS: i64 = 500;
/// Pages given back at once.
const PAGES: usize = 500;
/// A day, in ms.
const DAY_MS: u64 = 24 * 60 * 60 * 1000;

/// What is deleted, by which instant. The last two hold names of people, who
/// are forgotten when their last call is.
const OLD: [&str; 6] = [
    "DELETE FROM frames WHERE id IN \
     (SELECT id FROM frames WHERE at_ms < ?1 ORDER BY at_ms LIMIT ?2)",
    "DELETE FROM calls WHERE key IN \
     (SELECT key FROM calls WHERE seen_ms < ?1 ORDER BY seen_ms LIMIT ?2)",
    "DELETE FROM gaps WHERE (from_ms, stream) IN \
     (SELECT from_ms, stream FROM gaps WHERE to_ms < ?1 LIMIT ?2)",
    "DELETE FROM ended_sessions WHERE id IN \
     (SELECT id FROM ended_sessions WHERE until_ms < ?1 LIMIT ?2)",
    "DELETE FROM queues WHERE key IN (SELECT key FROM queues WHERE seen_ms < ?1 LIMIT ?2)",
    "DELETE FROM agents WHERE key IN (SELECT key FROM agents WHERE seen_ms < ?1 LIMIT ?2)",
];

/// Where the deleting is.
pub(super) struct Retention {
    keep_ms: u64,
    looked: Option<Instant>,
    busy: bool,
}

impl Retention {
    pub(super) fn new(keep_days: u32) -> Retention {
        Retention { keep_ms: u64::from(keep_days) * DAY_MS, looked: None, busy: true }
    }

    /// Whether there is more to do at once.
    pub(super) fn is_busy(&self) -> bool {
        self.busy
    }

    /// Leaves it for the next time.
    pub(super) fn rest(&mut self) {
        self.busy = false;
        self.looked = Some(Instant::now());
    }

    /// Takes one step.
    pub(super) fn step(
        &mut self,
        connection: &mut Connection,
        now: UnixMs,
    ) -> Result<(), StoreError> {
        if !self.busy && self.looked.is_some_and(|looked| looked.elapsed() < LOOK_EVERY) {
            return Ok(());
        }
        let before = UnixMs(now.0.saturating_sub(i64::try_from(self.keep_ms).unwrap_or(i64::MAX)));
        let deleted = delete(connection, before)?;
        let freed = if deleted == 0 { give_back(connection)? } else { 0 };
        if deleted + freed == 0 {
            self.rest();
        } else {
            self.busy = true;
        }
        Ok(())
    }
}

/// Deletes a few rows of the first table that has old ones.
fn delete(connection: &mut Connection, before: UnixMs) -> Result<usize, StoreError> {
    let transaction = connection.transaction()?;
    let mut deleted = 0;
    for sql in OLD {
        deleted = transaction.prepare_cached(sql)?.execute((before.0, ROWS))?;
        if deleted > 0 {
            break;
        }
    }
    transaction.commit()?;
    Ok(deleted)
}

/// Gives a few free pages back to the disk; how many.
fn give_back(connection: &Connection) -> Result<usize, StoreError> {
    let mut statement = connection.prepare(&format!("PRAGMA incremental_vacuum({PAGES})"))?;
    let mut rows = statement.query([])?;
    let mut pages = 0;
    // Each step frees one page; without the last nothing is freed at all.
    while rows.next()?.is_some() {
        pages += 1;
    }
    Ok(pages)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::store::{Place, open};

    #[test]
    fn the_old_goes_in_steps_and_the_file_shrinks() {
        let folder = tempfile::tempdir().unwrap();
        let mut connection = open::open(&Place::Folder(folder.path().into())).unwrap().connection;
        let now = UnixMs(100 * DAY_MS as i64);
        let fill = connection.transaction().unwrap();
        for i in 0..4_000_i64 {
            let at = now.0 - (1 - i / 2_000) * 20 * DAY_MS as i64;
            let frame = "INSERT INTO frames (at_ms, kind, is_text, seq, dictionary, body) VALUES (?1, 0, 1, ?2, 0, randomblob(500))";
            fill.execute(frame, (at, i)).unwrap();
            let call = "INSERT INTO calls (id_call, start_ms, seen_ms, active, answered, dictionary, body) VALUES (?2, ?1, ?1, 0, 0, 0, randomblob(500))";
            fill.execute(call, (at, i.to_string())).unwrap();
            let queue = "INSERT INTO call_queues VALUES (last_insert_rowid(), '71')";
            fill.execute(queue, []).unwrap();
        }
        fill.execute("INSERT INTO agents VALUES ('1', 'Old', 0), ('2', 'New', ?1)", [now.0])
            .unwrap();
        fill.commit().unwrap();
        let number = |connection: &Connection, sql: &str| -> i64 {
            connection.query_row(sql, [], |row| row.get(0)).unwrap()
        };
        let pages = number(&connection, "PRAGMA page_count");
        let mut retention = Retention::new(10);
        let (mut steps, mut rows) = (0, 4_000);
        while retention.is_busy() {
            retention.step(&mut connection, now).unwrap();
            let left = number(&connection, "SELECT count(*) FROM frames");
            assert!(rows - left <= ROWS, "no more than a step's worth at once");
            (steps, rows) = (steps + 1, left);
        }
        assert!(steps >= 8, "{steps}");
        for table in ["frames", "calls", "call_queues"] {
            assert_eq!(
                number(&connection, &format!("SELECT count(*) FROM {table}")),
                2_000,
                "{table}"
            );
        }
        assert_eq!(number(&connection, "SELECT min(at_ms) FROM frames"), now.0);
        assert_eq!(number(&connection, "SELECT count(*) FROM agents"), 1);
        assert_eq!(number(&connection, "PRAGMA freelist_count"), 0);
        assert!(number(&connection, "PRAGMA page_count") * 3 < pages * 2);
        // Nothing more to do before the next look.
        connection.execute("UPDATE frames SET at_ms = 0", []).unwrap();
        retention.step(&mut connection, now).unwrap();
        assert_eq!(number(&connection, "SELECT count(*) FROM frames"), 2_000);
    }
}
