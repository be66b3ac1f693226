//! Log lines and counters. Neither ever holds what a document says.
//!
//! Fields of log lines: `stream`, `bytes`, `reason`, `path`, `kind`,
//! `failures`, `lasted_s`, `viewers`. Numbers and names of people, the token
//! and URLs with queries are in none of them.

use std::collections::BTreeSet;
use std::io::IsTerminal as _;
use std::sync::{Mutex, PoisonError};

use callboard_shared::Stream;
use callboard_shared::decode::{Decoded, FieldIssue};
use prometheus_client::encoding::EncodeLabelSet;
use prometheus_client::metrics::counter::Counter;
use prometheus_client::metrics::family::Family;
use prometheus_client::metrics::gauge::Gauge;
use prometheus_client::registry::Registry;
use tokio::time::{Duration, Instant};
use tracing_subscriber::EnvFilter;

/// Refused frames are logged at most this often; the rest is only counted.
const REFUSAL_LOG_EVERY: Duration = Duration::from_secs(10);
/// Kinds of oddities told apart. An upstream that makes up keys may not fill
/// the memory.
const ISSUE_KINDS: usize = 1000;

/// The setting `log-format`.
#[derive(
    Clone,
    Copy,
    Debug,
    Default,
    Eq,
    PartialEq,
    clap::ValueEnum,
    serde::Serialize,
    serde::Deserialize,
)]
#[serde(rename_all = "kebab-case")]
pub enum LogFormat {
    /// For people.
    #[default]
    Text,
    /// One object a line.
    Json,
}

/// Starts logging to standard error. The level comes from `filter`
/// (`info`, `callboard_proxy=debug,…`).
pub fn init(format: LogFormat, filter: &str) {
    let builder = tracing_subscriber::fmt()
        .with_writer(std::io::stderr)
        // Colours are for people; in a file they are control characters.
        .with_ansi(std::io::stderr().is_terminal())
        .with_env_filter(EnvFilter::new(filter));
    // A second start in one process (tests) keeps the first.
    let _ = match format {
        LogFormat::Text => builder.with_target(false).try_init(),
        LogFormat::Json => builder.json().flatten_event(true).try_init(),
    };
}

#[derive(Clone, Debug, Eq, Hash, PartialEq, EncodeLabelSet)]
struct OfStream {
    stream: &'static str,
}

#[derive(Clone, Debug, Eq, Hash, PartialEq, EncodeLabelSet)]
struct OfReason {
    reason: &'static str,
}

#[derive(Clone, Debug, Eq, Hash, PartialEq, EncodeLabelSet)]
struct OfKind {
    stream: &'static str,
    kind: &'static str,
}

/// Lets something into the log once in a while.
#[derive(Debug, Default)]
pub struct Seldom(Mutex<Option<Instant>>);

impl Seldom {
    /// Whether `every` has passed since it was said last, or it never was. It
    /// then counts as said.
    pub fn is_due(&self, every: Duration) -> bool {
        let mut last = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        let now = Instant::now();
        let is_due = last.is_none_or(|last| now - last >= every);
        if is_due {
            *last = Some(now);
        }
        is_due
    }
}

/// What is counted, since the process began.
#[derive(Debug, Default)]
pub struct Counters {
    documents: Family<OfStream, Counter>,
    refused: Family<OfStream, Counter>,
    issues: Family<OfKind, Counter>,
    /// Sockets of `/api/live` that are open.
    pub viewers: Gauge,
    turned_away: Family<OfReason, Counter>,
    said: Seldom,
    seen: Mutex<BTreeSet<FieldIssue>>,
}

impl Counters {
    /// Names them all in `registry`.
    pub fn register(&self, registry: &mut Registry) {
        let documents = self.documents.clone();
        registry.register("callboard_upstream_documents", "Documents taken", documents);
        let refused = self.refused.clone();
        registry.register(
            "callboard_upstream_frames_refused",
            "Frames without a usable document",
            refused,
        );
        let issues = self.issues.clone();
        registry.register("callboard_decode_issues", "Oddities of single fields", issues);
        registry.register("callboard_viewers", "Open live sockets", self.viewers.clone());
        let turned_away = self.turned_away.clone();
        registry.register("callboard_viewers_refused", "Viewers without a place", turned_away);
    }

    /// Counts what came out of a frame. Each oddity is logged once.
    pub fn decoded(&self, stream: Stream, decoded: &Decoded) {
        let of = OfStream { stream: stream.name() };
        self.documents.get_or_create(&of).inc_by(decoded.documents.len() as u64);
        for issue in &decoded.issues {
            let kind = OfKind { stream: stream.name(), kind: issue.kind.as_str() };
            self.issues.get_or_create(&kind).inc();
            let mut seen = self.seen.lock().unwrap_or_else(PoisonError::into_inner);
            if seen.len() < ISSUE_KINDS && seen.insert(issue.clone()) {
                tracing::info!(%stream, path = %issue.path, kind = %issue.kind, "odd field");
            }
        }
    }

    /// Counts a viewer for whom there was no place.
    pub fn turned_away(&self, reason: &'static str) {
        self.turned_away.get_or_create(&OfReason { reason }).inc();
    }

    /// Counts a frame that gave nothing.
    pub fn refused(&self, stream: Stream, bytes: usize, reason: &str) {
        self.refused.get_or_create(&OfStream { stream: stream.name() }).inc();
        if self.said.is_due(REFUSAL_LOG_EVERY) {
            tracing::warn!(%stream, bytes, reason, "frame left out");
        }
    }
}
