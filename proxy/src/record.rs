//! `callboard record`: the three streams into one file.
//!
//! One JSON object a line:
//!
//! | line | when |
//! |---|---|
//! | `{"at":1795337000000,"stream":"calls","raw":{…}}` | the frame is JSON on one line: it stands there as it came |
//! | `{"at":…,"stream":"calls","raw_text":"…"}` | it is text, but no JSON or on several lines |
//! | `{"at":…,"stream":"calls","raw_base64":"…"}` | it is not even UTF-8 |
//!
//! `at` is when it came, in epoch milliseconds by this machine's clock. A
//! frame that came as binary although it is text has `"binary":true` as well.
//!
//! The file is appended to. Lines go out whole and in groups, each group is
//! synced to the disk before it is counted: what is reported survives a crash.
//! Recordings hold personal data; only their owner may read them.

mod file;
mod line;

use std::io;
use std::path::PathBuf;
use std::sync::Arc;
use std::sync::atomic::{AtomicU64, Ordering};
use std::sync::mpsc::{Receiver, RecvTimeoutError, SyncSender, TrySendError, sync_channel};
use std::time::{Duration, Instant};

use anyhow::Context as _;
use callboard_shared::Stream;
use callboard_shared::wire::StreamState;
use tokio::task::spawn_blocking;
use tokio::time::interval;

use crate::clock;
use crate::config::ConfigError;
use crate::upstream::{self, Frame, Sink, Upstream};
use file::Recording;
pub(crate) use line::Line;

/// A group goes to the disk when it is this old…
const GROUP_AGE: Duration = Duration::from_millis(200);
/// …or has this many lines.
const GROUP_LINES: usize = 100;
/// Lines that may wait for the disk. Beyond, they are lost and counted: a
/// disk that hangs must not fill the memory or hold up the streams.
const WAITING_LINES: usize = 20_000;

/// Where to, and when to begin a new file.
#[derive(clap::Args, Clone, Debug)]
pub struct Options {
    /// File to append to, one JSON object a line
    #[arg(long, value_name = "FILE")]
    pub out: PathBuf,

    /// Put the file aside, under a name with the time, when it has so many MB
    #[arg(long, value_name = "MB", value_parser = clap::value_parser!(u64).range(1..=1_000_000))]
    pub rotate_mb: Option<u64>,

    /// Put the file aside when its first line is so many hours old
    #[arg(long, value_name = "HOURS", value_parser = clap::value_parser!(u64).range(1..=10_000))]
    pub rotate_hours: Option<u64>,

    /// Milliseconds between two reports
    #[arg(long, hide = true, default_value_t = 10_000,
        value_parser = clap::value_parser!(u64).range(1..))]
    pub report_ms: u64,
}

/// What is told to the outside, as numbers.
#[derive(Debug, Default)]
struct Count {
    /// Lines on the disk, synced.
    safe: AtomicU64,
    /// Lines that the disk was too slow for.
    lost: AtomicU64,
}

impl Count {
    fn report(&self) -> String {
        let (safe, lost) = (self.safe.load(Ordering::SeqCst), self.lost.load(Ordering::SeqCst));
        match lost {
            0 => format!("{safe} lines are written safely"),
            lost => format!("{safe} lines are written safely, {lost} lost: the disk is too slow"),
        }
    }
}

/// Takes frames and hands them to the writer.
struct Recorder {
    lines: SyncSender<Vec<u8>>,
    count: Arc<Count>,
}

impl Sink for Recorder {
    fn receive(&self, stream: Stream, frames: Vec<Frame>) {
        let now = clock::now();
        for frame in frames {
            let line = line::written(now, stream, &frame);
            if let Err(TrySendError::Full(_)) = self.lines.try_send(line) {
                self.count.lost.fetch_add(1, Ordering::SeqCst);
            }
        }
    }

    fn state(&self, _: Stream, _: StreamState) {
        // Logged where it happens; the file holds what came and nothing else.
    }
}

/// Records until `shutdown` completes. `say` gets lines for people.
///
/// # Errors
///
/// When the file cannot be used, or the disk fails.
pub async fn run(
    options: &Options,
    upstream: &Upstream,
    say: impl Fn(&str),
    shutdown: impl Future<Output = ()>,
) -> anyhow::Result<()> {
    let (recording, notice) = Recording::open(options)
        .map_err(|error| ConfigError(format!("`out`: {}: {error}", options.out.display())))?;
    if let Some(notice) = notice {
        say(&notice);
    }
    let count = Arc::new(Count::default());
    let (lines, waiting) = sync_channel(WAITING_LINES);
    let mut writing = {
        let count = count.clone();
        spawn_blocking(move || write(recording, &waiting, &count))
    };
    let recorder = Arc::new(Recorder { lines, count: count.clone() });
    let mut streams = upstream::start(upstream, &recorder);
    // From here on the tasks alone hold the sender.
    drop(recorder);
    let mut report = interval(Duration::from_millis(options.report_ms));
    report.reset();
    tokio::pin!(shutdown);
    let failed = loop {
        tokio::select! {
            // It ends by itself only if the disk fails.
            failed = &mut writing => break Some(failed),
            () = &mut shutdown => break None,
            _ = report.tick() => say(&count.report()),
        }
    };
    streams.shutdown().await;
    let result = match failed {
        Some(failed) => failed,
        // What is still waiting gets written.
        None => writing.await,
    };
    say(&count.report());
    result?.with_context(|| format!("cannot write to {}", options.out.display()))
}

/// Writes groups of lines until nobody sends any more.
fn write(mut recording: Recording, lines: &Receiver<Vec<u8>>, count: &Count) -> io::Result<()> {
    let mut group = Vec::new();
    while let Ok(first) = lines.recv() {
        group.clear();
        group.extend(first);
        let (mut size, deadline) = (1, Instant::now() + GROUP_AGE);
        while size < GROUP_LINES {
            match lines.recv_timeout(deadline.saturating_duration_since(Instant::now())) {
                Ok(line) => {
                    group.extend(line);
                    size += 1;
                }
                Err(RecvTimeoutError::Timeout | RecvTimeoutError::Disconnected) => break,
            }
        }
        recording.append(&group, clock::now())?;
        count.safe.fetch_add(size as u64, Ordering::SeqCst);
    }
    Ok(())
}
