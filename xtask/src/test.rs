//! Everything that must pass, from cheap to dear.

mod supply;

use std::time::Instant;

use anyhow::{Context, Result};
use clap::{Args, ValueEnum};

use crate::machine::{Machine, WASM};
use crate::setup::browser::Browser;
use crate::setup::clients::Clients;
use crate::step::{run as run_to_end, seconds, step};
use crate::{native, page, setup};

/// Which parts to run.
#[derive(Args)]
pub(crate) struct Options {
    /// Runs this part only; may be given more than once
    #[arg(long, value_name = "PART")]
    only: Vec<Part>,
    /// Takes for granted that everything is installed
    #[arg(long)]
    skip_setup: bool,
}

/// The parts, in the order in which they run.
#[derive(Clone, Copy, PartialEq, ValueEnum)]
enum Part {
    /// Formatting
    Fmt,
    /// What the other parts need
    Setup,
    /// Lints of all crates, as native code
    Lint,
    /// Lints of the page's crates, as WebAssembly
    LintWasm,
    /// The page and its size
    Page,
    /// Unit, property, integration and browser tests
    Test,
    /// Documentation
    Doc,
    /// Licences, sources and advisories of the dependencies, and whether somebody has looked at each
    Deny,
}

/// Runs the chosen parts and stops at the first that fails.
pub(crate) fn run(machine: &Machine, options: &Options) -> Result<()> {
    let started = Instant::now();
    for part in Part::value_variants() {
        if is_chosen(*part, options) {
            run_part(machine, *part)?;
        }
    }
    eprintln!("✓ passed in {}", seconds(started.elapsed()));
    Ok(())
}

fn is_chosen(part: Part, options: &Options) -> bool {
    match part {
        Part::Setup if options.skip_setup => false,
        part => options.only.is_empty() || options.only.contains(&part),
    }
}

fn run_part(machine: &Machine, part: Part) -> Result<()> {
    match part {
        Part::Fmt => step("fmt", "cargo fmt --all --check", || {
            run_to_end(machine.native("cargo").args(["fmt", "--all", "--check"]))
                .context("run `cargo fmt --all`")
        }),
        Part::Setup => setup::everything(machine),
        Part::Lint => step("lint", "cargo clippy --workspace --all-targets", || {
            page::ensure_folder(machine)?;
            run_to_end(machine.native("cargo").args([
                "clippy",
                "--workspace",
                "--all-targets",
                "--all-features",
                "--",
                "-D",
                "warnings",
            ]))
        }),
        Part::LintWasm => step("lint-wasm", "cargo clippy of the page's crates", || {
            // The first load of the page, and all of it.
            lint_wasm(machine, &[])?;
            lint_wasm(machine, &["--all-features"])
        }),
        Part::Page => {
            page::build(machine)?;
            step("budget", "size of the first view", || page::check_budget(machine))
        }
        Part::Test => tests(machine),
        Part::Doc => step("doc", "cargo doc --workspace", || {
            run_to_end(
                machine
                    .native("cargo")
                    .args(["doc", "--workspace", "--no-deps", "--document-private-items"])
                    .env("RUSTDOCFLAGS", "-D warnings"),
            )
        }),
        Part::Deny => supply::check(machine),
    }
}

fn lint_wasm(machine: &Machine, features: &[&str]) -> Result<()> {
    run_to_end(
        machine
            .wasm("cargo")
            .args(["clippy", "--package", "callboard-shared"])
            .args(["--package", "callboard-frontend", "--package", "callboard-widget"])
            .args(["--target", WASM])
            .args(features)
            .args(["--", "-D", "warnings"]),
    )
}

fn tests(machine: &Machine) -> Result<()> {
    let browser = Browser::find()?;
    let clients = Clients::find(machine)?;
    // The integration tests start this program and would not build it themselves.
    step("proxy", "cargo build, for the tests", || native::build_for_tests(machine))?;
    step("test", "cargo test --workspace", || {
        run_to_end(
            machine
                .native("cargo")
                .args(["test", "--workspace", "--all-features"])
                .env("XTASK_CHROMIUM", &browser.chromium)
                .env("XTASK_CHROMEDRIVER", &browser.driver)
                .env("XTASK_PYTHON", &clients.python)
                .env("XTASK_NODE_MODULES", &clients.node_modules),
        )
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn all_parts_run_unless_some_are_named() {
        let chosen = |only: &[Part], skip_setup| {
            let options = Options { only: only.to_vec(), skip_setup };
            Part::value_variants().iter().filter(|part| is_chosen(**part, &options)).count()
        };
        let all = Part::value_variants().len();
        assert_eq!(chosen(&[], false), all);
        assert_eq!(chosen(&[], true), all - 1);
        assert_eq!(chosen(&[Part::Fmt, Part::Doc], false), 2);
    }
}
