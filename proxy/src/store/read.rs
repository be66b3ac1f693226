//! Connections that cannot write, a few at a time.

use std::sync::{Arc, Mutex, PoisonError};

use rusqlite::Connection;
use tokio::sync::{OwnedSemaphorePermit, Semaphore};

use super::StoreError;
use super::open::Target;
use super::pack::Unpacker;

/// Questions asked at the same time. More wait: each may read for a while,
/// and the machine has better things to do.
const SEATS: usize = 4;

/// A connection, and what it needs to read bodies.
pub(crate) struct Reader {
    pub(super) connection: Connection,
    pub(super) unpacker: Unpacker,
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
