//! The fan-out: one upstream, many viewers, what each delivery costs.
//!
//! Three peers stand beside each other, interleaved in one run, each pinned to
//! a core of its own while the load client has the next: what the machine can
//! do (`raw`, `joined`), the relay that one writes first (`axum`), and the
//! proxy with all that it does besides: decoding, the board, masking.
//! Other work on the machine only adds, so the lowest CPU figure and the best
//! latency of the passes count. Kernel work of both ends of the loopback
//! connections is in all figures. Run it with `--quick` for a first look.
#![allow(clippy::print_stdout, reason = "its output is its purpose")]

mod ceiling;
mod client;
mod document;
mod feed;
mod frames;
mod load;
mod machine;
mod peers;
mod rounds;
mod speed;
mod table;

use std::time::Duration;

/// Calls that the documents are about.
const CALLS: u64 = 500;

/// How long and how much.
struct Scale {
    passes: usize,
    warm: Duration,
    round: Duration,
    steady: Duration,
    stalled: Duration,
    ceiling: Duration,
    /// Viewers where there are many.
    many: usize,
}

const FULL: Scale = Scale {
    passes: 8,
    warm: Duration::from_millis(700),
    round: Duration::from_secs(2),
    steady: Duration::from_secs(5),
    stalled: Duration::from_secs(25),
    ceiling: Duration::from_secs(20),
    many: 5_000,
};

const QUICK: Scale = Scale {
    passes: 2,
    warm: Duration::from_millis(300),
    round: Duration::from_millis(600),
    steady: Duration::from_secs(2),
    stalled: Duration::from_secs(5),
    ceiling: Duration::from_secs(8),
    many: 2_000,
};

/// A part's name and what it does.
type Part = (&'static str, fn(&Scale));

const PARTS: [Part; 7] = [
    ("speed", speed::run),
    ("memory", load::memory),
    ("stalled", load::stalled),
    ("storm", load::storm),
    ("ceiling", ceiling::run),
    ("through", load::through),
    ("wire", load::wire),
];

fn main() {
    let arguments: Vec<_> = std::env::args().skip(1).collect();
    if let [role, name, upstream] = &*arguments
        && role == "peer"
    {
        return peers::run(name, upstream.parse().expect("an address"));
    }
    let scale = if arguments.iter().any(|word| word == "--quick") { QUICK } else { FULL };
    let alone = machine::move_aside();
    println!("fan-out{}", if alone { "" } else { " (one core for all: figures are worth little)" });
    // `cargo bench` adds words of its own, which begin with a dash.
    let chosen: Vec<_> = arguments.iter().filter(|word| !word.starts_with('-')).collect();
    for word in &chosen {
        let known = PARTS.iter().any(|(name, _)| name == *word);
        assert!(known, "no part is called {word}: {:?}", PARTS.map(|(name, _)| name));
    }
    for (name, part) in PARTS {
        if chosen.is_empty() || chosen.iter().any(|chosen| *chosen == name) {
            part(&scale);
        }
    }
}
