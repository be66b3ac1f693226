//! What the page costs on the wire, and the benchmarks of the crates.

use anyhow::{Context, Result, ensure};
use clap::{Args, ValueEnum};

use crate::machine::Machine;
use crate::{native, page};

/// Which benchmarks to run.
#[derive(Args)]
pub(crate) struct Options {
    /// These only; without a name all of them, and the sizes of the page
    names: Vec<Name>,
    /// A first look in a few minutes instead of figures to rely on
    #[arg(long)]
    quick: bool,
    /// This part only: of `fanout` speed, memory, stalled, storm, ceiling, through or wire, of
    /// `board` speed or soak; may be given more than once
    #[arg(long, value_name = "PART")]
    part: Vec<String>,
}

/// A benchmark target.
#[derive(Clone, Copy, PartialEq, ValueEnum)]
enum Name {
    /// Decoding, the board, a day rebuilt
    Model,
    /// The proxy under load, beside other relays
    Fanout,
    /// The page in Chromium, beside a list by hand; a day at sixty times its speed
    Board,
}

impl Name {
    /// Package and target.
    fn target(self) -> [&'static str; 2] {
        match self {
            Name::Model => ["callboard-shared", "model"],
            Name::Fanout => ["tests", "fanout"],
            Name::Board => ["tests", "board"],
        }
    }
}

/// Prints the sizes and runs the chosen benchmarks.
pub(crate) fn run(machine: &Machine, options: &Options) -> Result<()> {
    let all = options.names.is_empty();
    if all || options.names.iter().any(|name| *name != Name::Model) {
        native::build(machine)?;
    }
    if all {
        println!("{}", page::sizes(&machine.dist())?);
    }
    for name in Name::value_variants() {
        if all || options.names.contains(name) {
            bench(machine, *name, options)?;
        }
    }
    Ok(())
}

fn bench(machine: &Machine, name: Name, options: &Options) -> Result<()> {
    let [package, target] = name.target();
    let mut cargo = machine.native("cargo");
    cargo.args(["bench", "--package", package, "--bench", target]);
    cargo.arg("--");
    if options.quick && name != Name::Model {
        cargo.arg("--quick");
    }
    if name != Name::Model {
        cargo.args(&options.part);
    }
    // Their tables are the result, so they go to standard output.
    let status = cargo.status().context("`cargo bench` did not start")?;
    ensure!(status.success(), "`cargo bench` failed ({status}); what it said is above");
    Ok(())
}
