//! Bodies on the disk: zstd, with a dictionary of this customer's own frames.
//!
//! Documents are short and alike. Alone each shrinks to a half; with a
//! dictionary that holds what they have in common, to a fifth.

use std::collections::HashMap;

use rusqlite::{Connection, OptionalExtension as _, params};
use zstd::bulk::{Compressor, Decompressor};
use zstd::zstd_safe::get_frame_content_size;

use super::StoreError;
use crate::clock;

const LEVEL: i32 = 3;
const DICTIONARY_BYTES: usize = 16 * 1024;
/// A dictionary is made of the first so many bodies.
pub(super) const SAMPLES: i64 = 2_000;
/// No body is larger: the upstream's frames end at 4 MiB, a call's documents
/// far below. A damaged length may not ask for all memory.
const BODY_LIMIT: usize = 64 * 1024 * 1024;

/// What is packed. Each kind has a dictionary of its own.
#[derive(Clone, Copy, Debug, Eq, PartialEq)]
pub(super) enum Kind {
    /// Frames as they came.
    Frames,
    /// Calls as merged.
    Calls,
}

impl Kind {
    fn code(self) -> i64 {
        match self {
            Kind::Frames => 0,
            Kind::Calls => 1,
        }
    }

    fn samples(self) -> &'static str {
        match self {
            Kind::Frames => {
                "SELECT body FROM frames WHERE dictionary = 0 AND kind < 3 ORDER BY id LIMIT ?1"
            }
            Kind::Calls => "SELECT body FROM calls WHERE dictionary = 0 ORDER BY key LIMIT ?1",
        }
    }
}

/// Compresses bodies of one kind.
pub(super) struct Packer {
    kind: Kind,
    compressor: Compressor<'static>,
    /// The number that rows name; 0 while there is none.
    pub(super) dictionary: i64,
    /// Bodies that were packed without one.
    plain: i64,
}

impl Packer {
    /// With the newest dictionary in the file.
    pub(super) fn load(connection: &Connection, kind: Kind) -> Result<Packer, StoreError> {
        let sql = "SELECT id, body FROM dictionaries WHERE kind = ?1 ORDER BY id DESC LIMIT 1";
        let known: Option<(i64, Vec<u8>)> = connection
            .query_row(sql, [kind.code()], |row| Ok((row.get(0)?, row.get(1)?)))
            .optional()?;
        let count = match kind {
            Kind::Frames => "SELECT count(*) FROM frames",
            Kind::Calls => "SELECT count(*) FROM calls",
        };
        let plain = match known {
            Some(_) => 0,
            None => connection.query_row(count, [], |row| row.get(0))?,
        };
        let (dictionary, body) = known.unwrap_or_default();
        let compressor = Compressor::with_dictionary(LEVEL, &body)?;
        Ok(Packer { kind, compressor, dictionary, plain })
    }

    /// Compresses a body.
    pub(super) fn pack(&mut self, body: &[u8]) -> Result<Vec<u8>, StoreError> {
        self.plain += i64::from(self.dictionary == 0);
        Ok(self.compressor.compress(body)?)
    }

    /// Makes the dictionary once there is enough to make it of; whether it
    /// did.
    pub(super) fn learn(&mut self, connection: &mut Connection) -> Result<bool, StoreError> {
        if self.dictionary > 0 || self.plain < SAMPLES {
            return Ok(false);
        }
        // Whatever comes of it: not again before as many more have come.
        self.plain = 0;
        let samples = samples(connection, self.kind)?;
        let Ok(body) = zstd::dict::from_samples(&samples, DICTIONARY_BYTES) else {
            return Ok(false);
        };
        let transaction = connection.transaction()?;
        let sql = "INSERT INTO dictionaries (kind, at_ms, body) VALUES (?1, ?2, ?3)";
        transaction.execute(sql, params![self.kind.code(), clock::now().0, body])?;
        let dictionary = transaction.last_insert_rowid();
        transaction.commit()?;
        self.compressor = Compressor::with_dictionary(LEVEL, &body)?;
        self.dictionary = dictionary;
        Ok(true)
    }
}

fn samples(connection: &Connection, kind: Kind) -> Result<Vec<Vec<u8>>, StoreError> {
    let mut unpacker = Unpacker::default();
    let mut statement = connection.prepare(kind.samples())?;
    let mut rows = statement.query([SAMPLES])?;
    let mut samples = Vec::new();
    while let Some(row) = rows.next()? {
        let body: Vec<u8> = row.get(0)?;
        let mut body = unpacker.unpack(connection, 0, &body)?;
        scrub(&mut body);
        samples.push(body);
    }
    Ok(samples)
}

/// A dictionary outlives the frames it was made of: numbers of customers may
/// not live on in it. Digits of no two calls are alike anyway.
fn scrub(body: &mut [u8]) {
    for run in body.chunk_by_mut(|a, b| a.is_ascii_digit() == b.is_ascii_digit()) {
        if run.len() > 3 && run[0].is_ascii_digit() {
            run.fill(b'0');
        }
    }
}

/// Decompresses bodies of all kinds.
#[derive(Default)]
pub(super) struct Unpacker {
    known: HashMap<i64, Decompressor<'static>>,
}

impl Unpacker {
    /// The body, packed with this dictionary.
    pub(super) fn unpack(
        &mut self,
        connection: &Connection,
        dictionary: i64,
        body: &[u8],
    ) -> Result<Vec<u8>, StoreError> {
        let length = get_frame_content_size(body).ok().flatten();
        let length = length.and_then(|length| usize::try_from(length).ok());
        let length = length.filter(|length| *length <= BODY_LIMIT).ok_or(StoreError::Damaged)?;
        let unpacker = match self.known.entry(dictionary) {
            std::collections::hash_map::Entry::Occupied(known) => known.into_mut(),
            std::collections::hash_map::Entry::Vacant(empty) => {
                empty.insert(load(connection, dictionary)?)
            }
        };
        unpacker.decompress(body, length).map_err(|_| StoreError::Damaged)
    }
}

fn load(connection: &Connection, dictionary: i64) -> Result<Decompressor<'static>, StoreError> {
    let body: Vec<u8> = match dictionary {
        0 => Vec::new(),
        _ => {
            let sql = "SELECT body FROM dictionaries WHERE id = ?1";
            connection
                .query_row(sql, [dictionary], |row| row.get(0))
                .optional()?
                .ok_or(StoreError::Damaged)?
        }
    };
    Ok(Decompressor::with_dictionary(&body)?)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::store::schema;

    #[test]
    fn a_dictionary_is_learned_once_and_holds_no_number() {
        let mut connection = Connection::open_in_memory().unwrap();
        schema::migrate(&mut connection).unwrap();
        let mut packer = Packer::load(&connection, Kind::Frames).unwrap();
        let body = |i: i64| {
            format!(
                r#"{{"id_call":"{i}","active":1,"customer_target":{{"number":"0046700009{i:04}"}},"queue_list":["Support","Sales"],"agent_list":["Ada {}"]}}"#,
                i % 7
            )
        };
        let sql = "INSERT INTO frames (at_ms, kind, is_text, seq, dictionary, body) VALUES (0, 0, 1, 0, ?1, ?2)";
        let mut sizes = [0, 0];
        for i in 0..SAMPLES + 500 {
            let packed = packer.pack(body(i).as_bytes()).unwrap();
            sizes[usize::from(packer.dictionary > 0)] = packed.len();
            connection.execute(sql, params![packer.dictionary, packed]).unwrap();
            assert_eq!(packer.learn(&mut connection).unwrap(), i == SAMPLES - 1);
        }
        assert!(sizes[1] * 2 < sizes[0], "{sizes:?}");
        let learned: Vec<u8> =
            connection.query_row("SELECT body FROM dictionaries", [], |row| row.get(0)).unwrap();
        let holds = |text: &[u8]| learned.windows(text.len()).any(|part| part == text);
        assert!(holds(b"customer_target"));
        assert!(!holds(b"46700009"));

        // What was written before and after is read, also by the next process.
        let mut unpacker = Unpacker::default();
        for (id, i) in [(1, 0), (SAMPLES + 500, SAMPLES + 499)] {
            let (dictionary, packed): (i64, Vec<u8>) = connection
                .query_row("SELECT dictionary, body FROM frames WHERE id = ?1", [id], |row| {
                    Ok((row.get(0)?, row.get(1)?))
                })
                .unwrap();
            assert_eq!(dictionary > 0, i > 0);
            let read = unpacker.unpack(&connection, dictionary, &packed).unwrap();
            assert_eq!(read, body(i).as_bytes());
        }
        assert_eq!(Packer::load(&connection, Kind::Frames).unwrap().dictionary, packer.dictionary);
    }

    #[test]
    fn a_damaged_body_is_an_error() {
        let mut connection = Connection::open_in_memory().unwrap();
        schema::migrate(&mut connection).unwrap();
        let mut unpacker = Unpacker::default();
        for body in [&b""[..], b"not zstd at all", &[0x28, 0xb5, 0x2f, 0xfd, 0xe0, 255, 255]] {
            assert!(matches!(unpacker.unpack(&connection, 0, body), Err(StoreError::Damaged)));
        }
    }
}
