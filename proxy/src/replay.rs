//! `callboard replay`: recordings as an upstream.
//!
//! The same server as the simulator's, with the same token. Time begins when
//! each stream has a client, or after `--start-after`, so that nobody misses
//! the beginning. Frames go out byte for byte as they came; only with
//! `--shift-to-now` are instants in documents moved.

mod shift;

use std::fs::File;
use std::io::{self, BufRead as _, BufReader};
use std::path::{Path, PathBuf};
use std::sync::Arc;
use std::time::Duration;

use axum::Router;
use axum::extract::ws::Utf8Bytes;
use callboard_shared::{Stream, UnixMs};
use tokio::net::TcpListener;
use tokio::time::{Instant, sleep, sleep_until, timeout};

use crate::clock;
use crate::config::ConfigError;
use crate::record::Line;
use crate::simulator::Token;
use crate::simulator::auth::Gate;
use crate::simulator::outlet::{Frame, Outlet, Source};
use crate::simulator::server::serve;
use crate::upstream::UpstreamAuth;

/// Bad lines that are named one by one; the rest is counted.
const NAMED_LINES: u64 = 10;
/// Between two looks at how far the sockets are.
const LOOK_EVERY: Duration = Duration::from_millis(1);

/// What is played, and how.
#[derive(clap::Args, Clone, Debug)]
pub struct Options {
    /// Recordings, played one after the other
    #[arg(required = true, value_name = "FILE")]
    pub files: Vec<PathBuf>,

    /// How much faster than it was, 0.01 to 100000; 0 is as fast as possible
    #[arg(long, default_value_t = 1.0, value_name = "FACTOR", value_parser = speed)]
    pub speed: f64,

    /// Begin after so many seconds even if a stream has no client yet
    #[arg(long, value_name = "SECONDS",
        value_parser = clap::value_parser!(u64).range(0..=86_400))]
    pub start_after: Option<u64>,

    /// Close the sockets and end after the last line
    #[arg(long)]
    pub once: bool,

    /// Move the instants in documents so that the recording begins now; true
    /// to life at speed 1 only, as durations stay what they were
    #[arg(long)]
    pub shift_to_now: bool,

    /// The one way in which the streams want the token, as for `simulate`
    #[arg(long, value_name = "HOW")]
    pub auth: Option<UpstreamAuth>,
}

fn speed(text: &str) -> Result<f64, &'static str> {
    let factor: f64 = text.parse().map_err(|_| "must be a number")?;
    let fine = factor == 0.0 || (0.01..=100_000.0).contains(&factor);
    if fine { Ok(factor) } else { Err("must be 0, or 0.01 to 100000") }
}

/// The sockets, and nothing else: what comes is in the file.
struct Recorded(Outlet);

impl Source for Recorded {
    fn outlet(&self) -> &Outlet {
        &self.0
    }
}

/// What was played.
#[derive(Default)]
struct Played {
    frames: u64,
    bad: u64,
    /// When the first line came, and when it is played.
    began: Option<(UnixMs, Instant, UnixMs)>,
}

/// Serves the recordings on `listener` until `shutdown` completes, or to their
/// end with `once`. `say` gets lines for people.
///
/// # Errors
///
/// When a file cannot be opened, or the listener fails.
pub async fn run(
    listener: TcpListener,
    token: Token,
    options: Options,
    say: impl Fn(&str) + Send + Sync + 'static,
    shutdown: impl Future<Output = ()> + Send + 'static,
) -> anyhow::Result<()> {
    let gate = Gate { token, only: options.auth.clone() };
    let source = Arc::new(Recorded(Outlet::new()));
    let playing = source.clone();
    let drive = async move {
        let outlet = playing.outlet();
        all_there(outlet, options.start_after).await;
        match play(outlet, &options, &say).await {
            Ok(Played { frames, bad, .. }) => {
                say(&format!("the recording is over: {frames} frames sent, {bad} bad lines"));
            }
            Err(error) => say(&format!("the recording cannot be read on: {error}")),
        }
        if !options.once {
            return std::future::pending().await;
        }
        // The goodbye would overtake what is still on its way.
        while Stream::ALL.iter().any(|stream| outlet.behind(*stream) > 0) {
            sleep(LOOK_EVERY).await;
        }
    };
    Ok(serve(listener, source, gate, Router::new(), drive, shutdown).await?)
}

/// Says what is wrong with the files before anybody connects.
///
/// # Errors
///
/// The first file that cannot be opened.
pub fn check(files: &[PathBuf]) -> Result<(), ConfigError> {
    for path in files {
        let readable = File::open(path).and_then(|file| file.metadata());
        let why = match readable {
            Ok(metadata) if metadata.is_file() => continue,
            Ok(_) => "it is no file".to_owned(),
            Err(error) => error.to_string(),
        };
        return Err(ConfigError(format!("cannot read the recording {}: {why}", path.display())));
    }
    Ok(())
}

/// Completes when each stream has a client, or time is up.
async fn all_there(outlet: &Outlet, limit_s: Option<u64>) {
    let there = async {
        loop {
            let arrival = outlet.arrival();
            if Stream::ALL.iter().all(|stream| outlet.sockets(*stream) > 0) {
                return;
            }
            arrival.await;
        }
    };
    match limit_s {
        Some(limit) => drop(timeout(Duration::from_secs(limit), there).await),
        None => there.await,
    }
}

async fn play(outlet: &Outlet, options: &Options, say: &impl Fn(&str)) -> io::Result<Played> {
    let mut played = Played::default();
    for path in &options.files {
        let mut file = BufReader::new(File::open(path)?);
        let (mut line, mut number) = (Vec::new(), 0);
        loop {
            line.clear();
            // From a local disk and a line at a time: short enough to wait for.
            if file.read_until(b'\n', &mut line)? == 0 {
                break;
            }
            number += 1;
            if let Err(why) = play_line(&line, outlet, options, &mut played).await {
                played.bad += 1;
                if played.bad <= NAMED_LINES {
                    say(&bad_line(path, number, &why));
                }
            }
        }
    }
    Ok(played)
}

/// One bad line, without its content.
fn bad_line(path: &Path, number: u64, why: &str) -> String {
    format!("line {number} of {} is left out: {why}", path.display())
}

/// Sends one line when it is due.
async fn play_line(
    line: &[u8],
    outlet: &Outlet,
    options: &Options,
    played: &mut Played,
) -> Result<(), String> {
    let line: Line<'_> = serde_json::from_slice(line)
        .map_err(|error| format!("it is no line of a recording (column {})", error.column()))?;
    let mut frame = line.frame()?;
    let now = (line.at, Instant::now(), clock::now());
    let (first, began, begun_at) = *played.began.get_or_insert(now);
    if options.shift_to_now {
        let by = begun_at.0.saturating_sub(first.0);
        frame.bytes = shift::shifted(&frame.bytes, line.at, by).unwrap_or(frame.bytes);
    }
    if options.speed > 0.0 {
        let after = line.at.since_ms(first) as f64 / options.speed / 1_000.0;
        sleep_until(began + Duration::from_secs_f64(after)).await;
    }
    // Nobody is to miss a line because another one came too soon.
    while outlet.is_crowded() {
        sleep(LOOK_EVERY).await;
    }
    let frame = match Utf8Bytes::try_from(frame.bytes.clone()) {
        Ok(text) if frame.is_text => Frame::Text(text),
        _ => Frame::Binary(frame.bytes),
    };
    outlet.send(line.stream, frame);
    played.frames += 1;
    // A fast replay leaves the sockets' tasks their turn.
    if played.frames.is_multiple_of(64) {
        tokio::task::yield_now().await;
    }
    Ok(())
}
