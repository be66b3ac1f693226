//! How the store does, for people and for machines.

use std::time::Duration;

use callboard_shared::UnixMs;
use prometheus_client::metrics::counter::Counter;
use prometheus_client::metrics::gauge::Gauge;
use prometheus_client::metrics::histogram::{Histogram, exponential_buckets};
use prometheus_client::registry::{Registry, Unit};
use rusqlite::ErrorCode;
use serde::Serialize;

use super::StoreError;

/// It is behind with more than this many bytes waiting,
pub(super) const BEHIND_FROM: usize = 4 * 1024 * 1024;
/// or when something has waited for longer than this.
pub(super) const BEHIND_AFTER: Duration = Duration::from_secs(3);

/// How the store does.
#[derive(Clone, Debug, Eq, PartialEq, Serialize)]
#[serde(tag = "state", rename_all = "snake_case")]
pub enum StoreState {
    /// What came is durable within a moment.
    Writing,
    /// It writes, and more comes than it can take.
    Behind {
        /// That wait for the disk.
        bytes: usize,
    },
    /// It cannot write, and keeps trying. What comes waits in memory.
    Failing {
        /// Since when.
        since: UnixMs,
        /// Why.
        why: &'static str,
    },
    /// It keeps everything in memory, as it was told to.
    Memory,
}

#[derive(Default)]
pub(super) struct Health {
    pub(super) failing: Option<(UnixMs, &'static str)>,
}

/// Why a write failed, in a few words that name no content.
pub(super) fn reason(error: &StoreError) -> &'static str {
    match error {
        StoreError::Damaged => "the file is damaged",
        StoreError::Sqlite(error) => match error.sqlite_error_code() {
            Some(ErrorCode::DiskFull) => "the disk is full",
            Some(ErrorCode::ReadOnly | ErrorCode::PermissionDenied) => "the file is read-only",
            Some(ErrorCode::SystemIoFailure) => "the disk reports an error",
            Some(ErrorCode::DatabaseBusy | ErrorCode::DatabaseLocked) => {
                "another program holds the file"
            }
            _ => "the database refused",
        },
        _ => "the database refused",
    }
}

/// What is counted, since the process began.
#[derive(Debug)]
pub(super) struct StoreCounters {
    pub(super) frames: Counter,
    pub(super) refused: Counter,
    pub(super) commits: Histogram,
    queue_bytes: Gauge,
    failing: Gauge,
}

impl Default for StoreCounters {
    fn default() -> StoreCounters {
        StoreCounters {
            frames: Counter::default(),
            refused: Counter::default(),
            // From 1 ms to 8 s.
            commits: Histogram::new(exponential_buckets(0.001, 2.0, 14)),
            queue_bytes: Gauge::default(),
            failing: Gauge::default(),
        }
    }
}

impl StoreCounters {
    pub(super) fn register(&self, registry: &mut Registry) {
        let frames = self.frames.clone();
        registry.register("callboard_store_frames_written", "Frames that are durable", frames);
        let refused = self.refused.clone();
        registry.register(
            "callboard_store_frames_refused",
            "Frames not kept as the queue was full",
            refused,
        );
        let commits = self.commits.clone();
        registry.register_with_unit(
            "callboard_store_commit",
            "How long commits took",
            Unit::Seconds,
            commits,
        );
        let queue = self.queue_bytes.clone();
        registry.register_with_unit(
            "callboard_store_queue",
            "Waiting for the disk",
            Unit::Bytes,
            queue,
        );
        let failing = self.failing.clone();
        registry.register("callboard_store_failing", "1 while it cannot write", failing);
    }

    pub(super) fn measure(&self, bytes: usize, state: &StoreState) {
        self.queue_bytes.set(i64::try_from(bytes).unwrap_or(i64::MAX));
        self.failing.set(i64::from(matches!(state, StoreState::Failing { .. })));
    }
}
