//! From a folder to a connection, and where numbering goes on.

use std::fs::{self, DirBuilder, File, OpenOptions, TryLockError};
use std::io::{Read as _, Seek as _, Write as _};
use std::os::unix::fs::{DirBuilderExt as _, OpenOptionsExt as _, PermissionsExt as _};
use std::path::Path;
use std::time::Duration;

use callboard_shared::{Stream, UnixMs};
use rusqlite::{Connection, OpenFlags, OptionalExtension as _, params};

use super::{Place, StoreError, numbers, schema};
use crate::clock;

const FILE: &str = "callboard.db";
const LOCK: &str = "callboard.lock";
/// A command line tool may hold the file for a moment.
const BUSY: Duration = Duration::from_secs(5);
/// The log beside the file stays no larger than this.
const LOG_BYTES: i64 = 16 * 1024 * 1024;
/// After a crash nobody knows which numbers were given out last: all that
/// could have been are left out.
const LEAP: u64 = 1_000_000;

/// What the file knew of the process before.
#[derive(Clone, Debug, Eq, PartialEq)]
pub struct Beginning {
    /// Names the numbering. A restart keeps it.
    pub epoch: String,
    /// The number that the next document follows.
    pub seq: u64,
    /// The process before stopped in good order: `seq` is the last number
    /// that any viewer has.
    pub clean: bool,
    /// Since when it records at all.
    pub recording_since: UnixMs,
    /// What this run is called, for the next one to know whom it follows.
    pub(super) run: String,
}

/// How further connections are made.
#[derive(Clone, Debug)]
pub(super) struct Target {
    uri: String,
}

pub(super) struct Opened {
    pub(super) connection: Connection,
    pub(super) target: Target,
    pub(super) beginning: Beginning,
    pub(super) lock: Option<File>,
}

pub(super) fn open(place: &Place) -> Result<Opened, StoreError> {
    let run = format!("{:016x}", rand::random::<u64>());
    let (target, lock, before) = match place {
        // Seen by all connections of this process, and by nobody else.
        Place::Memory => {
            let name = rand::random::<u64>();
            let uri = format!("file:/callboard-{name:016x}?vfs=memdb");
            (Target { uri }, None, String::new())
        }
        Place::Folder(folder) => {
            let mut lock = prepare(folder)?;
            let mut before = String::new();
            lock.read_to_string(&mut before)?;
            (Target::file(folder)?, Some(lock), before)
        }
    };
    let mut connection = target.connect()?;
    schema::migrate(&mut connection)?;
    let beginning = begin(&mut connection, clock::now(), &before, run)?;
    if let Some(mut lock) = lock.as_ref() {
        lock.set_len(0)?;
        lock.rewind()?;
        lock.write_all(beginning.run.as_bytes())?;
    }
    Ok(Opened { connection, target, beginning, lock })
}

/// Opens the file beside a process that may be running, for a command that
/// does one thing.
pub(super) fn beside(place: &Place) -> Result<Connection, StoreError> {
    let Place::Folder(folder) = place else { return Err(StoreError::Stopped) };
    DirBuilder::new().recursive(true).mode(0o700).create(folder)?;
    let mut connection = Target::file(folder)?.connect()?;
    // An older process that is running writes the older tables.
    let _lock = schema::is_older(&connection)?.then(|| prepare(folder)).transpose()?;
    schema::migrate(&mut connection)?;
    Ok(connection)
}

/// Makes the folder, and makes it this process's.
fn prepare(folder: &Path) -> Result<File, StoreError> {
    DirBuilder::new().recursive(true).mode(0o700).create(folder)?;
    let lock = owned(&folder.join(LOCK))?;
    match lock.try_lock() {
        Ok(()) => Ok(lock),
        Err(TryLockError::WouldBlock) => Err(StoreError::InUse),
        Err(TryLockError::Error(error)) => Err(error.into()),
    }
}

/// A file that only its owner reads and writes.
fn owned(path: &Path) -> Result<File, StoreError> {
    let file = OpenOptions::new()
        .read(true)
        .write(true)
        .create(true)
        .truncate(false)
        .mode(0o600)
        .open(path)?;
    // It may be an older one, restored by somebody else.
    if file.metadata()?.permissions().mode() & 0o077 != 0 {
        file.set_permissions(fs::Permissions::from_mode(0o600))?;
    }
    Ok(file)
}

impl Target {
    fn file(folder: &Path) -> Result<Target, StoreError> {
        let path = folder.join(FILE);
        // Made here, as SQLite would leave it to the umask. Its -wal and -shm
        // take after it.
        owned(&path)?;
        let path = fs::canonicalize(path)?;
        let mut uri = String::from("file:");
        for byte in path.as_os_str().as_encoded_bytes() {
            match byte {
                b'/' | b'.' | b'-' | b'_' | b'0'..=b'9' | b'a'..=b'z' | b'A'..=b'Z' => {
                    uri.push(char::from(*byte));
                }
                byte => uri.push_str(&format!("%{byte:02x}")),
            }
        }
        Ok(Target { uri })
    }

    fn open(&self) -> Result<Connection, StoreError> {
        let flags = OpenFlags::SQLITE_OPEN_READ_WRITE
            | OpenFlags::SQLITE_OPEN_CREATE
            | OpenFlags::SQLITE_OPEN_URI
            | OpenFlags::SQLITE_OPEN_NO_MUTEX;
        let connection = Connection::open_with_flags(&self.uri, flags)?;
        connection.busy_timeout(BUSY)?;
        connection.set_prepared_statement_cache_capacity(64);
        Ok(connection)
    }

    /// A connection that writes.
    fn connect(&self) -> Result<Connection, StoreError> {
        let connection = self.open()?;
        // Before the journal's mode, or it is ignored without a word.
        connection.pragma_update(None, "auto_vacuum", "INCREMENTAL")?;
        // Asks for WAL and gives what is possible: memory has none.
        connection.pragma_update_and_check(None, "journal_mode", "WAL", |_| Ok(()))?;
        connection.pragma_update(None, "synchronous", "FULL")?;
        connection.pragma_update(None, "foreign_keys", true)?;
        // After a burst the log gives its space back.
        connection.pragma_update(None, "journal_size_limit", LOG_BYTES)?;
        // What is deleted for privacy's sake is gone from the file as well.
        connection.pragma_update(None, "secure_delete", "FAST")?;
        Ok(connection)
    }

    /// A connection that cannot write.
    pub(super) fn reader(&self) -> Result<Connection, StoreError> {
        let connection = self.open()?;
        connection.pragma_update(None, "query_only", true)?;
        numbers::teach(&connection)?;
        Ok(connection)
    }
}

/// Where numbering goes on, durably, before any number is given out.
///
/// `before` is the run before, as the folder names it. A file that was closed
/// by an earlier one is a copy that was put back: what its numbers were used
/// for since is not known.
fn begin(
    connection: &mut Connection,
    now: UnixMs,
    before: &str,
    run: String,
) -> Result<Beginning, StoreError> {
    let transaction = connection.transaction()?;
    let number = |key| Ok::<_, StoreError>(get(&transaction, key)?.and_then(|n| n.parse().ok()));
    let known = get(&transaction, "epoch")?;
    let is_new = known.is_none();
    let epoch = known.unwrap_or_else(|| format!("{:016x}", rand::random::<u64>()));
    let clean = is_new || get(&transaction, "clean")?.as_deref() == Some(before);
    let stored: i64 = number("seq")?.unwrap_or(0);
    let newest: Option<i64> = transaction.query_row(
        "SELECT max(seq) FROM (SELECT seq FROM frames ORDER BY id DESC LIMIT 1)",
        [],
        |row| row.get(0),
    )?;
    let last = u64::try_from(stored.max(newest.unwrap_or(0))).unwrap_or(0);
    let seq = if clean { last } else { last + LEAP };
    let recording_since = UnixMs(number("recording_since")?.unwrap_or(now.0));
    put(&transaction, "epoch", &epoch)?;
    put(&transaction, "seq", &seq.to_string())?;
    put(&transaction, "recording_since", &recording_since.0.to_string())?;
    transaction.execute("DELETE FROM meta WHERE key = 'clean'", [])?;
    // Nothing came while nobody was there.
    transaction.execute("UPDATE gaps SET to_ms = ?1 WHERE to_ms IS NULL", [now.0])?;
    if let Some(alive) = number("alive")?.filter(|alive| *alive < now.0) {
        for stream in Stream::ALL {
            put_gap(&transaction, stream, UnixMs(alive), Some(now))?;
        }
    }
    put(&transaction, "alive", &now.0.to_string())?;
    // Calls whose end was never told, and which no board will take up again.
    let forgotten = now.0.saturating_sub(2 * 24 * 60 * 60 * 1000);
    let sql = "UPDATE calls SET left_ms = seen_ms \
         WHERE active = 1 AND left_ms IS NULL AND seen_ms < ?1";
    transaction.execute(sql, [forgotten])?;
    transaction.commit()?;
    Ok(Beginning { epoch, seq, clean, recording_since, run })
}

pub(super) fn put_gap(
    connection: &Connection,
    stream: Stream,
    from: UnixMs,
    to: Option<UnixMs>,
) -> Result<(), StoreError> {
    let sql = "INSERT INTO gaps (from_ms, stream, to_ms) VALUES (?1, ?2, ?3) \
         ON CONFLICT (from_ms, stream) DO UPDATE SET to_ms = excluded.to_ms";
    let to = to.map(|to| to.0);
    connection.prepare_cached(sql)?.execute(params![from.0, stream.name(), to])?;
    Ok(())
}

pub(super) fn get(connection: &Connection, key: &str) -> Result<Option<String>, StoreError> {
    let mut statement = connection.prepare_cached("SELECT value FROM meta WHERE key = ?1")?;
    Ok(statement.query_row([key], |row| row.get(0)).optional()?)
}

pub(super) fn put(connection: &Connection, key: &str, value: &str) -> Result<(), StoreError> {
    let sql =
        "INSERT INTO meta VALUES (?1, ?2) ON CONFLICT (key) DO UPDATE SET value = excluded.value";
    connection.prepare_cached(sql)?.execute([key, value])?;
    Ok(())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_file_is_as_it_was_asked_to_be() {
        // Some of these are ignored without a word when asked for too late.
        let folder = tempfile::tempdir().unwrap();
        let opened = open(&Place::Folder(folder.path().into())).unwrap();
        let value = |connection: &Connection, name: &str| -> String {
            let sql = format!("SELECT cast({name} AS TEXT) FROM pragma_{name}");
            connection.query_row(&sql, [], |row| row.get(0)).unwrap()
        };
        for (name, expected) in [
            ("auto_vacuum", "2"),
            ("journal_mode", "wal"),
            ("synchronous", "2"),
            ("foreign_keys", "1"),
            ("secure_delete", "2"),
        ] {
            assert_eq!(value(&opened.connection, name), expected, "{name}");
        }
        let reader = opened.target.reader().unwrap();
        assert_eq!(value(&reader, "query_only"), "1");
    }
}
