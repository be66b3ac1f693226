//! The board in Chromium beside a list that was written by hand in JavaScript:
//! the same columns from the same socket, in one run.
//!
//! What the upstream says to what is painted: each half-dozen documents the
//! oldest waiting call gets another number, and the page is asked after each
//! frame which number it shows. Board and list take turns, the list two in each
//! pass, as if it were two programs: the ratio of equals beside that of the page
//! says how much of a difference is the machine's. The middle one of the passes
//! counts. Run it with `--quick` for a first look.
#![allow(clippy::print_stdout, reason = "its output is its purpose")]

mod round;
mod soak;
mod workload;

use std::time::{Duration, SystemTime, UNIX_EPOCH};

use support::{Feed, Proxy, Token, files};
use tempfile::TempDir;

use crate::round::{Figures, Shown, middle};
use crate::workload::Workload;

/// How long and how much.
struct Scale {
    passes: usize,
    warm: Duration,
    round: Duration,
    /// Of the day at sixty times its speed.
    soak: Duration,
}

const FULL: Scale = Scale {
    passes: 3,
    warm: Duration::from_secs(3),
    round: Duration::from_secs(10),
    soak: Duration::from_secs(24 * 60),
};

const QUICK: Scale = Scale {
    passes: 1,
    warm: Duration::from_secs(2),
    round: Duration::from_secs(4),
    soak: Duration::from_secs(60),
};

/// Calls that go on at the same time.
const CALLS: [usize; 2] = [1_000, 5_000];
/// Documents a second.
const RATES: [u64; 3] = [100, 1_000, 5_000];

fn main() {
    let arguments: Vec<_> = std::env::args().skip(1).collect();
    let scale = if arguments.iter().any(|word| word == "--quick") { QUICK } else { FULL };
    // `cargo bench` adds words of its own, which begin with a dash.
    let chosen: Vec<_> = arguments.iter().filter(|word| !word.starts_with('-')).collect();
    let is_chosen = |name| chosen.is_empty() || chosen.iter().any(|chosen| *chosen == name);
    let runtime = tokio::runtime::Runtime::new().expect("a runtime");
    println!("board in Chromium");
    if is_chosen("speed") {
        for calls in CALLS {
            runtime.block_on(speed(calls, &scale));
        }
    }
    if is_chosen("soak") {
        runtime.block_on(soak::run(scale.soak));
    }
}

/// Milliseconds since 1970.
fn now_ms() -> u64 {
    since_1970_ms() as u64
}

/// The same with its fraction.
fn since_1970_ms() -> f64 {
    let since = SystemTime::now().duration_since(UNIX_EPOCH);
    since.expect("a clock after 1970").as_secs_f64() * 1_000.0
}

/// One number of calls: each rate, board and list in turn.
async fn speed(calls: usize, scale: &Scale) {
    let mut feed = Feed::start();
    let mut workload = Workload::new(calls, now_ms());
    let pages = pages();
    let folder = pages.path().display().to_string();
    let upstream = format!("ws://{}", feed.address);
    let proxy = Proxy::at(&upstream, &Token::new(), &["--page-dir", &folder]).await;
    feed.wait();
    feed.publish(workload.probe(0));
    workload.all().for_each(|document| {
        feed.publish(document);
    });
    for rate in RATES {
        let mut passes = Shown::ALL.map(|_| Vec::new());
        let mut height = 400;
        for _ in 0..scale.passes {
            for (shown, passes) in Shown::ALL.into_iter().zip(&mut passes) {
                let mut stage = round::Stage::open(shown, &proxy, height).await;
                height = stage.height(height).await;
                stage.run(&mut feed, &mut workload, rate, scale.warm).await;
                passes.push(stage.run(&mut feed, &mut workload, rate, scale.round).await);
            }
        }
        table(calls, rate, &passes);
    }
}

/// The page that is to be shipped, and the list beside it.
fn pages() -> TempDir {
    let folder = files::pages();
    for (name, text) in [
        ("list.html", include_str!("list.html")),
        ("list.css", include_str!("list.css")),
        ("list.js", include_str!("list.js")),
    ] {
        std::fs::write(folder.path().join(name), text).expect("a file can be written");
    }
    folder
}

/// The live calls against the list, the list against itself, and the whole board
/// beside them.
fn table(calls: usize, rate: u64, passes: &[Vec<Figures>; 4]) {
    println!(
        "{:<40} {:>9} {:>9} {:>7} {:>8} {:>13} {:>9}",
        format!("{calls} calls, {rate} documents/s"),
        "calls",
        "by hand",
        "ratio",
        "equals",
        "",
        "board"
    );
    let row = |name: &str, of: &dyn Fn(&Figures) -> f64, most: Option<f64>| {
        let [shown, list, board, again] = passes.each_ref().map(|passes| middle(passes, of));
        let both = (list + again).max(f64::EPSILON) / 2.0;
        let (ratio, equals) = (shown / both, list.max(again) / list.min(again).max(f64::EPSILON));
        let sign = match most {
            None => ' ',
            Some(most) if ratio <= most => '✓',
            // No further above it than one list is above the other.
            Some(most) if ratio <= most * equals => '≈',
            Some(_) => '✗',
        };
        let most = most.map_or_else(String::new, |most| format!("at most {most:.1}"));
        println!(
            "{sign} {name:<38} {shown:>9.1} {both:>9.1} {ratio:>7.2} {equals:>8.2} {most:>13} {board:>9.1}"
        );
    };
    row("main thread busy, %", &|one| one.busy, Some(1.0));
    for (nth, name) in ["  script", "  style", "  layout"].into_iter().enumerate() {
        row(name, &|one| one.parts[nth], None);
    }
    row("upstream to painted, p50, ms", &|one| one.p50, None);
    row("upstream to painted, p99, ms", &|one| one.p99, Some(1.0));
    row("  begin of a frame to painted, p50", &|one| one.frame[0], None);
    row("  begin of a frame to painted, p99", &|one| one.frame[1], None);
    row("  frame due to its begin, p50", &|one| one.begun[0], None);
    row("  frame due to its begin, p99", &|one| one.begun[1], None);
    row("memory of the renderer, MB", &|one| one.memory, Some(1.2));
    row("numbers painted a second", &|one| one.frames, None);
    let [shown, list, board, _] =
        passes.each_ref().map(|passes| middle(passes, &|one| one.longest));
    let sign = if rate > 100 || shown.max(board) < 50.0 { '✓' } else { '✗' };
    println!(
        "{sign} {:<38} {shown:>9.0} {list:>9.0} {:>30} {board:>9.0}",
        "longest task over 50 ms, ms", ""
    );
}
