//! What lives on: every frame, every call, what each counted for, in one
//! SQLite file.
//!
//! One thread owns the connection that writes. Whoever has something to keep
//! puts it into a bounded queue and goes on; nothing live ever waits for the
//! disk. Reading has connections of its own, which cannot write.
//!
//! - [`rows`]: a call as rows, and back
//! - [`calls`]: pages of calls
//! - [`sums`]: figures over any range
//! - [`day`], [`lost`]: when callers waited, and who gave up
//! - [`access`]: links that were given out, sessions that ended
//! - [`past`]: the board of any moment, and what came after it
//! - [`rebuild`]: today's board from what was kept

pub mod access;
pub mod calls;
mod checkpoints;
pub mod day;
pub mod lost;
mod numbers;
mod open;
mod pack;
pub mod past;
mod queue;
mod read;
pub mod rebuild;
mod retention;
pub mod rows;
mod schema;
mod state;
pub mod sums;
#[cfg(test)]
mod tests;
mod writer;

use std::fmt;
use std::fs::File;
use std::io;
use std::path::PathBuf;
use std::sync::{Arc, Mutex, PoisonError};
use std::thread::JoinHandle;
use std::time::Duration;

use axum::body::Bytes;
use callboard_shared::{Call, CallId, Stream, UnixMs};
use prometheus_client::registry::Registry;
use rusqlite::{Connection, ErrorCode};
use tokio::sync::{oneshot, watch};

use crate::clock;
use checkpoints::Checkpoints;
pub use open::Beginning;
use queue::{Gap, Queue, Record, Stop};
use read::Readers;
pub use state::StoreState;
use state::{Health, StoreCounters};
use writer::Writer;

/// Who asks for what was just kept waits for the disk so long.
const SETTLE_WITHIN: Duration = Duration::from_millis(500);

/// Where things are kept.
#[derive(Clone, Debug, Eq, PartialEq)]
pub enum Place {
    /// In this folder.
    Folder(PathBuf),
    /// Nowhere: gone with the process.
    Memory,
}

impl fmt::Display for Place {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Place::Folder(folder) => folder.display().fmt(f),
            Place::Memory => f.write_str("memory"),
        }
    }
}

/// Why the store cannot be used. One line that says what to do.
#[derive(Debug, thiserror::Error)]
pub enum StoreError {
    /// Another process has the folder.
    #[error(
        "another callboard works with this folder: stop it, or give this one a folder of its own"
    )]
    InUse,
    /// Not our file.
    #[error("its callboard.db is another program's: choose another folder")]
    Foreign,
    /// Written by a later version.
    #[error(
        "its callboard.db was written by a newer callboard (form {version}, and this one knows \
         {newest}): start that one, or choose another folder"
    )]
    TooNew {
        /// Of the file.
        version: i32,
        /// That this program knows.
        newest: i32,
    },
    /// Damaged.
    #[error(
        "its callboard.db is damaged: move callboard.db* away to begin anew, and rescue what can \
         be read with `sqlite3 callboard.db .recover`"
    )]
    Damaged,
    /// The folder or a file in it cannot be used.
    #[error("{0}: is the disk there and writable?")]
    Io(#[from] io::Error),
    /// The database refused.
    #[error("the database refused ({0})")]
    Sqlite(rusqlite::Error),
    /// What should be written cannot be.
    #[error("a call cannot be written as JSON ({0})")]
    Json(#[from] serde_json::Error),
    /// A question took too long.
    #[error("a question was given up because it took too long")]
    TooSlow,
    /// The store has stopped.
    #[error("the store has stopped")]
    Stopped,
}

impl From<rusqlite::Error> for StoreError {
    fn from(error: rusqlite::Error) -> StoreError {
        match error.sqlite_error_code() {
            Some(ErrorCode::DatabaseCorrupt | ErrorCode::NotADatabase) => StoreError::Damaged,
            Some(ErrorCode::OperationInterrupted) => StoreError::TooSlow,
            _ => StoreError::Sqlite(error),
        }
    }
}

/// One frame of the upstream.
#[derive(Clone, Debug)]
pub struct Frame {
    /// The stream it came by.
    pub stream: Stream,
    /// When it came.
    pub at: UnixMs,
    /// Text, as opposed to binary.
    pub is_text: bool,
    /// As it came.
    pub bytes: Bytes,
    /// The number reached after it was folded.
    pub seq: u64,
}

/// Frames that are durable.
#[derive(Clone, Copy, Debug, Default, Eq, PartialEq)]
pub struct Written {
    /// Since the process began.
    pub frames: u64,
    /// Records of all kinds.
    records: u64,
}

/// The store. Cheap to clone; the last one that goes ends the writer.
#[derive(Clone)]
pub struct Store {
    inner: Arc<Inner>,
    /// A question that takes longer is given up.
    answer_within: Duration,
}

struct Inner {
    shared: Arc<Shared>,
    readers: Readers,
    checkpoints: Mutex<Checkpoints>,
    beginning: Beginning,
    /// Held until the store is closed: one process per folder.
    lock: Mutex<Option<File>>,
    thread: Mutex<Option<JoinHandle<()>>>,
}

/// What the writer's thread has in common with everybody else.
struct Shared {
    queue: Queue,
    written: watch::Sender<Written>,
    health: Mutex<Health>,
    counters: StoreCounters,
    place: Place,
}

impl Store {
    /// Opens the store, brings an older file up to date, and starts the
    /// writer. What is older than `keep_days` will be deleted.
    ///
    /// # Errors
    ///
    /// When the folder is in use or cannot be, or the file is not ours, newer
    /// than this program, or damaged. None of them changes anything.
    pub fn open(place: &Place, keep_days: u32) -> Result<Store, StoreError> {
        let opened = open::open(place)?;
        let shared = Arc::new(Shared {
            queue: Queue::default(),
            written: watch::Sender::default(),
            health: Mutex::default(),
            counters: StoreCounters::default(),
            place: place.clone(),
        });
        let writer = Writer::new(opened.connection, shared.clone(), keep_days, &opened.beginning)?;
        let thread = std::thread::Builder::new().name("store".into()).spawn(|| writer.run())?;
        Ok(Store {
            answer_within: read::ANSWER_WITHIN,
            inner: Arc::new(Inner {
                shared,
                readers: Readers::new(opened.target),
                checkpoints: Mutex::default(),
                beginning: opened.beginning,
                lock: Mutex::new(opened.lock),
                thread: Mutex::new(Some(thread)),
            }),
        })
    }

    /// What was found when it was opened.
    pub fn beginning(&self) -> &Beginning {
        &self.inner.beginning
    }

    /// Keeps a frame, and the calls that it changed, in one commit: a crash
    /// never separates them. Never waits; counts what it has to refuse.
    pub fn keep_frame(&self, frame: Frame, calls: impl IntoIterator<Item = (CallId, Box<Call>)>) {
        let Frame { stream, at, is_text, bytes: body, seq } = frame;
        let record = Record { at, stream: Some(stream), is_text, seq, body, left: Vec::new() };
        self.push(record, calls);
    }

    /// Keeps that calls left the board, so that a rebuilt one lets them go at
    /// the same point.
    pub fn keep_expired(&self, at: UnixMs, ids: &[CallId], seq: u64) {
        // Ids are texts.
        let body = serde_json::to_vec(ids).unwrap_or_default().into();
        let record = Record { at, stream: None, is_text: true, seq, body, left: ids.to_vec() };
        self.push(record, []);
    }

    fn push(&self, record: Record, calls: impl IntoIterator<Item = (CallId, Box<Call>)>) {
        let shared = &self.inner.shared;
        if !shared.queue.push(record, calls) {
            shared.counters.refused.inc();
        }
    }

    /// Keeps a call without a frame.
    pub fn keep_call(&self, id: CallId, call: Box<Call>) {
        self.inner.shared.queue.push_call(id, call);
    }

    /// Keeps that a stream was not live; without `to` it is not yet.
    pub fn keep_gap(&self, stream: Stream, from: UnixMs, to: Option<UnixMs>) {
        self.inner.shared.queue.push_gap(Gap { stream, from, to });
    }

    /// Completes when what was kept before is durable, or will not be soon:
    /// whoever reads then finds what the board shows.
    pub async fn settled(&self) {
        let shared = &self.inner.shared;
        if matches!(self.state(), StoreState::Failing { .. }) {
            return;
        }
        let wanted = shared.queue.hurry();
        let mut written = shared.written.subscribe();
        let settled = written.wait_for(|written| written.records >= wanted);
        let _ = tokio::time::timeout(SETTLE_WITHIN, settled).await;
    }

    /// Completes when what was kept before is durable, however long it takes:
    /// a test goes by no clock.
    #[cfg(test)]
    pub(crate) async fn durable(&self) {
        self.write(|_| Ok(())).await.expect("a writer");
    }

    /// How it does.
    pub fn state(&self) -> StoreState {
        self.inner.shared.state()
    }

    /// Bytes that wait for the disk.
    pub fn queued(&self) -> usize {
        self.inner.shared.queue.waiting().0
    }

    /// What is durable.
    pub fn written(&self) -> watch::Receiver<Written> {
        self.inner.shared.written.subscribe()
    }

    /// Names its counters.
    pub fn register(&self, registry: &mut Registry) {
        self.inner.shared.counters.register(registry);
    }

    /// Brings the gauges of its counters up to date, before they are read.
    pub fn measure(&self) {
        let shared = &self.inner.shared;
        let (bytes, _) = shared.queue.waiting();
        shared.counters.measure(bytes, &shared.state());
    }

    /// Changes something on the writer's connection, between two commits.
    pub(crate) async fn write<T: Send + 'static>(
        &self,
        change: impl FnOnce(&mut Connection) -> Result<T, StoreError> + Send + 'static,
    ) -> Result<T, StoreError> {
        let (answer, answered) = oneshot::channel();
        self.inner.shared.queue.command(Box::new(move |connection| {
            // Nobody may be waiting any more.
            let _ = answer.send(change(connection));
        }));
        answered.await.map_err(|_| StoreError::Stopped)?
    }

    /// A value under `key`, which lives as long as the file.
    ///
    /// # Errors
    ///
    /// When the database refuses.
    pub async fn get(&self, key: &'static str) -> Result<Option<String>, StoreError> {
        self.read(move |reader| open::get(&reader.connection, key)).await
    }

    /// Puts a value under `key`; it is durable when this completes.
    ///
    /// # Errors
    ///
    /// When the database refuses.
    pub async fn put(&self, key: &'static str, value: String) -> Result<(), StoreError> {
        self.write(move |connection| open::put(connection, key, &value)).await
    }

    /// Writes what waits, marks the file as complete, and ends the writer.
    /// What is kept later is refused.
    pub async fn close(&self) {
        self.inner.shared.queue.stop(Stop::Close);
        let inner = self.inner.clone();
        // Without a runtime left there is nobody to wait.
        let _ = tokio::task::spawn_blocking(move || inner.join()).await;
    }
}

impl Inner {
    fn join(&self) {
        let thread = self.thread.lock().unwrap_or_else(PoisonError::into_inner).take();
        if let Some(thread) = thread
            && thread.join().is_err()
        {
            tracing::error!("the store's writer has failed");
        }
        drop(self.lock.lock().unwrap_or_else(PoisonError::into_inner).take());
    }
}

impl Drop for Inner {
    fn drop(&mut self) {
        self.shared.queue.stop(Stop::Abandon);
        self.join();
    }
}

impl Shared {
    fn state(&self) -> StoreState {
        let failing = self.health.lock().unwrap_or_else(PoisonError::into_inner).failing;
        if let Some((since, why)) = failing {
            return StoreState::Failing { since, why };
        }
        let (bytes, since) = self.queue.waiting();
        let late = since.is_some_and(|since| since.elapsed() > state::BEHIND_AFTER);
        match self.place {
            _ if late || bytes > state::BEHIND_FROM => StoreState::Behind { bytes },
            Place::Memory => StoreState::Memory,
            Place::Folder(_) => StoreState::Writing,
        }
    }

    fn succeeded(&self) {
        let mut health = self.health.lock().unwrap_or_else(PoisonError::into_inner);
        if health.failing.take().is_some() {
            tracing::info!("the store writes again");
        }
    }

    fn failed(&self, error: &StoreError) {
        let why = state::reason(error);
        let mut health = self.health.lock().unwrap_or_else(PoisonError::into_inner);
        let since = health.failing.map_or_else(clock::now, |(since, _)| since);
        if health.failing.is_none_or(|(_, known)| known != why) {
            tracing::error!(reason = why, "the store cannot write; it keeps trying");
        }
        health.failing = Some((since, why));
    }
}
