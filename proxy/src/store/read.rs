//! Connections that cannot write, a few at a time.

use std::ffi::c_int;
use std::sync::{Arc, Mutex, PoisonError};
use std::time::Duration;

use rusqlite::Connection;
use tokio::sync::{OwnedSemaphorePermit, Semaphore};
use tokio::time::{Instant, timeout_at};

use super::open::Target;
use super::pack::Unpacker;
use super::{Store, StoreError};

/// Questions asked at the same time. More wait: each may read for a while,
/// and the machine has better things to do.
const SEATS: usize = 4;
/// A question that takes longer, its wait included, is given up unless told
/// otherwise: somebody waits for the answer, and others for their turn.
pub(super) const ANSWER_WITHIN: Duration = Duration::from_secs(30);
/// The clock is looked at every so many steps of the database, which is some
/// thousand times a second.
const STEPS: c_int = 10_000;

/// A connection, and what it needs to read bodies.
pub(crate) struct Reader {
    pub(super) connection: Connection,
    pub(super) unpacker: Unpacker,
}

impl Reader {
    /// From now on what runs is given up at `end`; `None`: never.
    fn limit(&mut self, end: Option<Instant>) -> Result<(), StoreError> {
        let is_over = end.map(|end| move || Instant::now() >= end);
        Ok(self.connection.progress_handler(STEPS, is_over)?)
    }
}

impl Store {
    /// The same, with another limit for questions, their wait for a turn
    /// included; 30 s unless told.
    #[must_use]
    pub fn answering_within(self, limit: Duration) -> Store {
        Store { answer_within: limit, ..self }
    }

    /// Asks a question on a connection that cannot write.
    ///
    /// # Errors
    ///
    /// When the database refuses.
    pub(crate) async fn read<T: Send + 'static>(
        &self,
        ask: impl FnOnce(&mut Reader) -> Result<T, StoreError> + Send + 'static,
    ) -> Result<T, StoreError> {
        let seat = self.inner.readers.seat().await?;
        self.read_on(seat, ask).await
    }

    async fn read_on<T: Send + 'static>(
        &self,
        seat: OwnedSemaphorePermit,
        ask: impl FnOnce(&mut Reader) -> Result<T, StoreError> + Send + 'static,
    ) -> Result<T, StoreError> {
        let inner = self.inner.clone();
        // Given back by the thread, also when nobody waits for it any more.
        let task = tokio::task::spawn_blocking(move || {
            let _seat = seat;
            inner.readers.with(ask)
        });
        task.await.map_err(|_| StoreError::Stopped)?
    }

    /// Asks a question for somebody who waits for the answer, on a connection
    /// that cannot write.
    ///
    /// # Errors
    ///
    /// When the database refuses, or takes too long.
    pub(super) async fn answer<T: Send + 'static>(
        &self,
        ask: impl FnOnce(&mut Reader) -> Result<T, StoreError> + Send + 'static,
    ) -> Result<T, StoreError> {
        self.answer_by(Instant::now() + self.answer_within, ask).await
    }

    /// The same, until `end`.
    pub(super) async fn answer_by<T: Send + 'static>(
        &self,
        end: Instant,
        ask: impl FnOnce(&mut Reader) -> Result<T, StoreError> + Send + 'static,
    ) -> Result<T, StoreError> {
        let limited = move |reader: &mut Reader| {
            reader.limit(Some(end))?;
            let answer = ask(reader)?;
            // One that fails is not used again.
            reader.limit(None)?;
            Ok(answer)
        };
        // Who waits leaves the queue; who is being answered ends by itself,
        // with its seat.
        let seat = timeout_at(end, self.inner.readers.seat());
        let seat = seat.await.map_err(|_| StoreError::TooSlow)??;
        self.read_on(seat, limited).await
    }
}

pub(super) struct Readers {
    target: Target,
    idle: Mutex<Vec<Reader>>,
    seats: Arc<Semaphore>,
}

impl Readers {
    pub(super) fn new(target: Target) -> Readers {
        Readers { target, idle: Mutex::default(), seats: Arc::new(Semaphore::new(SEATS)) }
    }

    /// Waits for its turn.
    pub(super) async fn seat(&self) -> Result<OwnedSemaphorePermit, StoreError> {
        self.seats.clone().acquire_owned().await.map_err(|_| StoreError::Stopped)
    }

    /// Asks on an idle connection, or on a new one.
    pub(super) fn with<T>(
        &self,
        ask: impl FnOnce(&mut Reader) -> Result<T, StoreError>,
    ) -> Result<T, StoreError> {
        let idle = self.idle.lock().unwrap_or_else(PoisonError::into_inner).pop();
        let mut reader = match idle {
            Some(reader) => reader,
            None => Reader { connection: self.target.reader()?, unpacker: Unpacker::default() },
        };
        let answer = ask(&mut reader)?;
        // One that has failed is not used again.
        self.idle.lock().unwrap_or_else(PoisonError::into_inner).push(reader);
        Ok(answer)
    }
}

#[cfg(test)]
#[path = "read_tests.rs"]
mod tests;
