//! Today's board from what was kept: the same frames through the same
//! reducer, and the numbers as they were given out.

use std::collections::BTreeMap;
use std::ops::ControlFlow;

use callboard_shared::board::Applied;
use callboard_shared::call::Legs;
use callboard_shared::decode::{DurationUnit, decode_with};
use callboard_shared::wire::{Entry, Seq};
use callboard_shared::words::Strategy;
use callboard_shared::{AgentKey, Board, Call, CallId, Document, QueueKey, Stream, UnixMs};
use rusqlite::params;

use super::read::Reader;
use super::rows::{text, told_text};
use super::writer::EXPIRED;
use super::{Store, StoreError};
use crate::days::Days;
use crate::hub::DOCUMENT_LIMIT;

/// Messages kept for viewers that come back: as many as a short restart lets
/// them miss.
const TOLD: i64 = 2_000;
/// Calls that ended shortly before the day began may still be there, in ms.
const BEFORE_MS: i64 = 3 * 60 * 1000;
/// What was heard of a call longer ago is nothing to go on, in ms.
const DAY_MS: i64 = 24 * 60 * 60 * 1000;
/// So long a queue is known that nobody calls, in ms.
const WEEK_MS: i64 = 7 * DAY_MS;
/// Calls heard of within this time of the last frame are written anew, in ms.
const AGAIN_MS: u64 = 60_000;

/// What a hub goes on with.
#[derive(Debug)]
pub struct Rebuilt {
    /// Today's board, with its ledger.
    pub board: Board,
    /// The number that the next document follows.
    pub seq: Seq,
    /// Names the numbering.
    pub epoch: String,
    /// The process before stopped in good order.
    pub clean: bool,
    /// The newest messages, without a gap up to `seq`. Empty after a crash:
    /// viewers may have seen more than was kept, and must begin anew.
    pub told: Vec<Told>,
}

/// What viewers were told at once.
#[derive(Clone, Debug, PartialEq)]
pub struct Told {
    /// The number it follows.
    pub since: Seq,
    /// The number it reaches.
    pub seq: Seq,
    /// When.
    pub at: UnixMs,
    /// Documents as merged.
    pub documents: Vec<Entry>,
    /// Calls that left the board.
    pub expired: Vec<CallId>,
}

/// Rebuilds the board of the day in which `now` lies.
///
/// # Errors
///
/// When the file is damaged or cannot be read.
pub async fn rebuild(
    store: &Store,
    days: &Days,
    unit: DurationUnit,
    now: UnixMs,
) -> Result<Rebuilt, StoreError> {
    let beginning = store.beginning().clone();
    let day = days.start_of(now);
    let mut fold = Fold::new(day, unit);
    let mut fold = store
        .read(move |reader| {
            let sql = "SELECT coalesce(max(id), 0) FROM frames";
            let last: i64 = reader.connection.query_row(sql, [], |row| row.get(0))?;
            fold.told_from = last - TOLD;
            fold.carry_over(reader, day)?;
            let first = first_since(reader, day)?;
            each_record(reader, first, |record| {
                fold.take(record);
                ControlFlow::Continue(())
            })?;
            fold.name(reader, day)?;
            Ok(fold)
        })
        .await?;
    fold.board.since = day.max(beginning.recording_since);
    // After a crash the rows of calls may be behind their frames.
    let newest = fold.newest;
    for (id, call) in &fold.board.calls {
        if newest.since_ms(call.seen) <= AGAIN_MS {
            store.keep_call(id.clone(), call.clone());
        }
    }
    let seq = Seq(beginning.seq);
    let is_whole = beginning.clean && fold.seq.is_none_or(|reached| reached == seq);
    let told = if is_whole { fold.told } else { Vec::new() };
    Ok(Rebuilt { board: fold.board, seq, epoch: beginning.epoch, clean: beginning.clean, told })
}

/// One record, as it was kept.
pub struct Kept {
    /// Its place in the order of arrival.
    pub id: i64,
    /// When it came.
    pub at: UnixMs,
    /// The number reached after it.
    pub seq: Seq,
    /// What it is.
    pub what: What,
}

/// What a record is.
pub enum What {
    /// A frame as it came.
    Frame(Stream, Vec<u8>),
    /// Calls that left the board.
    Expired(Vec<CallId>),
}

/// The first record that came at `from` or later; without one none is.
pub(super) fn first_since(reader: &Reader, from: UnixMs) -> Result<i64, StoreError> {
    let sql = "SELECT min(id) FROM frames WHERE at_ms >= ?1";
    let first: Option<i64> = reader.connection.query_row(sql, [from.0], |row| row.get(0))?;
    Ok(first.unwrap_or(i64::MAX))
}

/// Reads records from number `first` on in their order, until told to stop.
pub(super) fn each_record(
    reader: &mut Reader,
    first: i64,
    mut take: impl FnMut(Kept) -> ControlFlow<()>,
) -> Result<(), StoreError> {
    let Reader { connection, unpacker } = reader;
    let sql = "SELECT at_ms, kind, seq, dictionary, body, id FROM frames \
         WHERE id >= ?1 ORDER BY id";
    let mut statement = connection.prepare(sql)?;
    let mut rows = statement.query([first])?;
    while let Some(row) = rows.next()? {
        let (at, kind, seq): (_, i64, i64) = (UnixMs(row.get(0)?), row.get(1)?, row.get(2)?);
        let body = row.get_ref(4)?.as_blob().map_err(|_| StoreError::Damaged)?;
        let body = unpacker.unpack(connection, row.get(3)?, body)?;
        let what = if kind == EXPIRED {
            What::Expired(serde_json::from_slice(&body)?)
        } else {
            let stream = Stream::ALL.into_iter().find(|stream| *stream as i64 == kind);
            What::Frame(stream.ok_or(StoreError::Damaged)?, body)
        };
        let seq = Seq(u64::try_from(seq).unwrap_or(0));
        if take(Kept { id: row.get(5)?, at, seq, what }).is_break() {
            break;
        }
    }
    Ok(())
}

/// The board as it grows.
struct Fold {
    board: Board,
    unit: DurationUnit,
    /// The number reached; `None` before the first record.
    seq: Option<Seq>,
    newest: UnixMs,
    told: Vec<Told>,
    /// The first record of which viewers could want to be told.
    told_from: i64,
}

impl Fold {
    fn new(day: UnixMs, unit: DurationUnit) -> Fold {
        let mut board = Board::new(day).with_ledger();
        board.begin_day(day);
        Fold { board, unit, seq: None, newest: day, told: Vec::new(), told_from: 0 }
    }

    /// Calls that were there when the day began are there, and those that had
    /// left by then do not come back.
    fn carry_over(&mut self, reader: &mut Reader, day: UnixMs) -> Result<(), StoreError> {
        let Reader { connection, unpacker } = reader;
        let sql = "SELECT id_call, left_ms FROM calls WHERE left_ms >= ?1 AND left_ms < ?2";
        let mut statement = connection.prepare(sql)?;
        let mut rows = statement.query(params![day.0 - DAY_MS, day.0])?;
        // By the minute: each look at who has left costs all of them.
        let mut gone: BTreeMap<i64, Vec<CallId>> = BTreeMap::new();
        while let Some(row) = rows.next()? {
            gone.entry(row.get::<_, i64>(1)? / 60_000).or_default().push(CallId(text(row, 0)?));
        }
        for (minute, ids) in gone {
            self.board.expire(&ids, UnixMs(minute * 60_000));
        }
        let sql = "SELECT id_call, dictionary, body FROM calls \
             WHERE seen_ms >= ?1 AND start_ms < ?2 AND (left_ms IS NULL OR left_ms >= ?2) \
             AND (active = 1 OR seen_ms >= ?3)";
        let mut statement = connection.prepare(sql)?;
        let mut rows = statement.query(params![day.0 - DAY_MS, day.0, day.0 - BEFORE_MS])?;
        while let Some(row) = rows.next()? {
            let body = row.get_ref(2)?.as_blob().map_err(|_| StoreError::Damaged)?;
            let body = unpacker.unpack(connection, row.get(1)?, body)?;
            tell(&mut self.board, serde_json::from_slice(&body)?);
        }
        Ok(())
    }

    /// Queues and names that are known from the days before, as on a board
    /// that ran on: a queue that nobody has called today is a queue.
    fn name(&mut self, reader: &Reader, day: UnixMs) -> Result<(), StoreError> {
        let sql = "SELECT key, name, strategy FROM queues WHERE seen_ms >= ?1";
        let mut statement = reader.connection.prepare(sql)?;
        let mut rows = statement.query([day.0 - WEEK_MS])?;
        while let Some(row) = rows.next()? {
            let known = self.board.queues.entry(QueueKey(text(row, 0)?)).or_default();
            known.name = known.name.take().or(told_text(row, 1)?);
            if let (None, Some(strategy)) = (&known.strategy, row.get::<_, Option<String>>(2)?) {
                known.strategy = Some(Strategy::parse(&strategy));
            }
        }
        let mut statement =
            reader.connection.prepare("SELECT key, name FROM agents WHERE name IS NOT NULL")?;
        let mut rows = statement.query([])?;
        while let Some(row) = rows.next()? {
            if let Some(agent) = self.board.agents.get_mut(&AgentKey(text(row, 0)?)) {
                // The longer form has the surname with it.
                let name = text(row, 1)?;
                if agent.name.as_ref().is_none_or(|known| known.len() < name.len()) {
                    agent.name = Some(name);
                }
            }
        }
        Ok(())
    }

    fn take(&mut self, kept: Kept) {
        let Kept { id, at, seq, what } = kept;
        let is_told = id > self.told_from;
        let since = self.seq.replace(seq);
        self.newest = self.newest.max(at);
        let (documents, expired) = match what {
            What::Frame(stream, body) if !is_told => {
                return self.apply(stream, &body, at, |_, _, _| ());
            }
            What::Frame(stream, body) => match self.fold(stream, &body, at, since, seq) {
                Some(documents) => (documents, Vec::new()),
                // What was told then is not known now: nothing older is of use.
                None => return self.told.clear(),
            },
            What::Expired(ids) => {
                self.board.expire(&ids, at);
                (Vec::new(), ids)
            }
        };
        let Some(since) =
            since.filter(|_| is_told).filter(|_| !documents.is_empty() || !expired.is_empty())
        else {
            return;
        };
        self.told.push(Told { since, seq, at, documents, expired });
    }

    /// Folds a frame in; gives each document of it to `tell`, and whether it
    /// changed anything.
    fn apply(
        &mut self,
        stream: Stream,
        body: &[u8],
        at: UnixMs,
        mut tell: impl FnMut(usize, &Document, bool),
    ) {
        // As the hub does: what it refused has no documents.
        let decoded = (body.len() <= DOCUMENT_LIMIT).then(|| decode_with(body, self.unit).ok());
        for document in decoded.flatten().map(|decoded| decoded.documents).unwrap_or_default() {
            match self.board.apply(stream, document, at) {
                Applied::Changed(leg, doc) => tell(leg, doc, true),
                Applied::Known(leg, doc) => tell(leg, doc, false),
                Applied::Late => (),
            }
        }
    }

    /// Folds a frame in; the documents that viewers were told, as many as
    /// numbers were given out.
    fn fold(
        &mut self,
        stream: Stream,
        body: &[u8],
        at: UnixMs,
        since: Option<Seq>,
        seq: Seq,
    ) -> Option<Vec<Entry>> {
        let (mut changed, mut all) = (Vec::new(), Vec::new());
        self.apply(stream, body, at, |leg, doc, is_changed| {
            let entry = Entry { stream, leg, doc: Box::new(doc.clone()) };
            changed.extend(is_changed.then(|| entry.clone()));
            all.push(entry);
        });
        let given = usize::try_from(seq.0.checked_sub(since?.0)?).ok()?;
        // After a gap repetitions were news, too.
        [changed, all].into_iter().find(|told| told.len() == given)
    }
}

/// Puts a call with all its documents on the board.
fn tell(board: &mut Board, call: Call) {
    let seen = call.seen;
    let of = |stream: Stream, documents: Legs| {
        let legs = documents.into_iter().enumerate();
        legs.map(move |(leg, doc)| Entry { stream, leg, doc }).collect::<Vec<_>>()
    };
    let mut entries = of(Stream::Calls, call.call.into_iter().collect());
    entries.extend(of(Stream::Queues, call.queues));
    entries.extend(of(Stream::Agents, call.agents));
    entries.into_iter().for_each(|entry| drop(board.tell(entry, seen)));
}
