//! The thread that owns the connection that writes.

use std::sync::Arc;
use std::time::{Duration, Instant};

use callboard_shared::UnixMs;
use rusqlite::{Connection, TransactionBehavior, params};

use super::open::{Beginning, put, put_gap};
use super::pack::{Kind, Packer};
use super::queue::{Batch, Record, Stop};
use super::retention::Retention;
use super::rows::put_call;
use super::{Shared, StoreError, Written};
use crate::clock;

/// A sign of life is written at least this often: it is the best guess of
/// when a process ended that could not say so.
const ALIVE_EVERY: Duration = Duration::from_secs(5);
/// Between two tries after a failure, at first and at most.
const RETRY_FIRST: Duration = Duration::from_millis(100);
const RETRY_LAST: Duration = Duration::from_secs(5);

pub(super) struct Writer {
    connection: Connection,
    shared: Arc<Shared>,
    frames: Packer,
    calls: Packer,
    retention: Retention,
    /// The number reached by what is durable.
    seq: u64,
    /// What this run is called.
    run: String,
    alive: Instant,
}

impl Writer {
    pub(super) fn new(
        connection: Connection,
        shared: Arc<Shared>,
        keep_days: u32,
        beginning: &Beginning,
    ) -> Result<Writer, StoreError> {
        let frames = Packer::load(&connection, Kind::Frames)?;
        let calls = Packer::load(&connection, Kind::Calls)?;
        let retention = Retention::new(keep_days);
        let (seq, run, alive) = (beginning.seq, beginning.run.clone(), Instant::now());
        Ok(Writer { connection, shared, frames, calls, retention, seq, run, alive })
    }

    pub(super) fn run(mut self) {
        let mut batch = Batch::default();
        let mut retry = RETRY_FIRST;
        loop {
            let is_waited_for = self.retention.is_busy() || !batch.is_empty();
            let idle = if is_waited_for { Duration::ZERO } else { ALIVE_EVERY };
            let taken = self.shared.queue.take(idle);
            batch.absorb(taken.batch);
            let is_alive_due = self.alive.elapsed() >= ALIVE_EVERY;
            if !batch.is_empty() || is_alive_due {
                match self.commit(&batch) {
                    Ok(()) => {
                        batch = Batch::default();
                        retry = RETRY_FIRST;
                    }
                    Err(error) => {
                        self.shared.failed(&error);
                        self.shared.queue.rest(retry);
                        retry = (retry * 2).min(RETRY_LAST);
                    }
                }
            }
            for command in taken.commands {
                command(&mut self.connection);
            }
            if taken.stop != Stop::No {
                return self.end(&batch, taken.stop);
            }
            if batch.is_empty() {
                self.tidy();
            }
        }
    }

    /// Writes all of it, or nothing.
    fn commit(&mut self, batch: &Batch) -> Result<(), StoreError> {
        let begun = Instant::now();
        let now = clock::now();
        let seq = batch.records.last().map_or(self.seq, |record| record.seq);
        let transaction =
            self.connection.transaction_with_behavior(TransactionBehavior::Immediate)?;
        for record in &batch.records {
            put_record(&transaction, record, &mut self.frames)?;
        }
        for (id, call) in &batch.calls {
            put_call(&transaction, id, call, &mut self.calls)?;
        }
        // After the calls themselves: who has left is not put back.
        for record in &batch.records {
            for id in &record.left {
                let sql = "UPDATE calls SET left_ms = ?1 WHERE id_call = ?2";
                transaction.prepare_cached(sql)?.execute(params![record.at.0, id.as_str()])?;
            }
        }
        for gap in &batch.gaps {
            put_gap(&transaction, gap.stream, gap.from, gap.to)?;
        }
        put(&transaction, "alive", &now.0.to_string())?;
        put(&transaction, "seq", &seq.to_string())?;
        transaction.commit()?;
        self.seq = seq;
        self.alive = begun;
        self.report(batch, begun);
        Ok(())
    }

    fn report(&self, batch: &Batch, begun: Instant) {
        let frames = batch.records.iter().filter(|record| record.stream.is_some()).count() as u64;
        self.shared.queue.done();
        self.shared.succeeded();
        self.shared.counters.frames.inc_by(frames);
        self.shared.counters.commits.observe(begun.elapsed().as_secs_f64());
        self.shared.written.send_modify(|written: &mut Written| {
            written.frames += frames;
            written.records += batch.records.len() as u64;
        });
    }

    /// What has time: one small step of it, so that no commit waits long.
    fn tidy(&mut self) {
        let learned = self.frames.learn(&mut self.connection);
        let learned = learned.and_then(|_| self.calls.learn(&mut self.connection));
        let step = self.retention.step(&mut self.connection, clock::now());
        if let Err(error) = learned.and(step) {
            self.shared.failed(&error);
            self.retention.rest();
        }
    }

    fn end(mut self, batch: &Batch, stop: Stop) {
        if !batch.is_empty() && self.commit(batch).is_err() {
            let frames = batch.records.len();
            tracing::error!(frames, "the store could not write what was waiting; it is lost");
            return;
        }
        // A hole in what was kept: numbers above the last one were given out.
        let is_whole = self.shared.queue.refused() == 0;
        if stop == Stop::Close && is_whole {
            let now = clock::now();
            let marked = put(&self.connection, "alive", &now.0.to_string())
                .and_then(|()| put(&self.connection, "clean", &self.run));
            if let Err(error) = marked {
                self.shared.failed(&error);
            }
        }
        // The file alone is whole then: who copies it needs no log beside it.
        let emptied = self.connection.query_row("PRAGMA wal_checkpoint(TRUNCATE)", [], |_| Ok(()));
        if let Err(error) = emptied {
            tracing::warn!("the store's log stays beside its file: {error}");
        }
    }
}

fn put_record(
    connection: &Connection,
    record: &Record,
    packer: &mut Packer,
) -> Result<(), StoreError> {
    let Record { at: UnixMs(at), stream, is_text, seq, body, .. } = record;
    let kind = stream.map_or(EXPIRED, |stream| stream as i64);
    let sql = "INSERT INTO frames (at_ms, kind, is_text, seq, dictionary, body) \
         VALUES (?1, ?2, ?3, ?4, ?5, ?6)";
    let seq = i64::try_from(*seq).unwrap_or(i64::MAX);
    let packed = packer.pack(body)?;
    let values = params![at, kind, is_text, seq, packer.dictionary, packed];
    connection.prepare_cached(sql)?.execute(values)?;
    Ok(())
}

/// The kind of a record of calls that left the board. Frames have their
/// stream's place in [`callboard_shared::Stream::ALL`].
pub(super) const EXPIRED: i64 = 3;
