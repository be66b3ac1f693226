//! The project's own commands: `cargo xtask setup | build | demo | dev | test | bench | docs`.
//!
//! Steps and their times go to standard error, results to standard output, so
//! that `$(cargo xtask build)` is the path of the binary.

#![allow(
    clippy::print_stdout,
    clippy::print_stderr,
    reason = "a command-line tool talks to a person; nobody collects its logs"
)]

mod bench;
mod demo;
mod dev;
mod docs;
mod machine;
mod native;
mod page;
mod setup;
mod step;
mod test;
mod turn;

use std::ffi::OsString;
use std::process::ExitCode;

use anyhow::Result;
use clap::{Parser, Subcommand};

use crate::machine::Machine;

/// From a fresh checkout to a running, tested board.
#[derive(Parser)]
#[command(name = "xtask", bin_name = "cargo xtask", disable_help_subcommand = true)]
struct Cli {
    #[command(subcommand)]
    task: Task,
}

#[derive(Subcommand)]
enum Task {
    /// Installs what is missing for all the other commands
    Setup,
    /// Builds the release binary with the page inside and prints its path last
    Build,
    /// Builds the board and runs it on http://127.0.0.1:8080/, fed by the built-in simulator
    Demo {
        /// Arguments for the proxy, such as `--listen 127.0.0.1:0`
        #[arg(trailing_var_arg = true, allow_hyphen_values = true)]
        args: Vec<OsString>,
    },
    /// Runs the demo from debug builds and rebuilds the page, all but its widget, whenever its
    /// sources change
    Dev {
        /// Arguments for the proxy, such as `--listen 127.0.0.1:0`
        #[arg(trailing_var_arg = true, allow_hyphen_values = true)]
        args: Vec<OsString>,
    },
    /// Runs everything that must pass, from cheap to dear
    Test(test::Options),
    /// Prints what the page costs on the wire, then runs the benchmarks
    Bench(bench::Options),
    /// Writes what is generated in docs/: settings.md
    Docs,
}

fn main() -> ExitCode {
    match run(Cli::parse().task) {
        Ok(code) => code,
        Err(error) => {
            eprintln!("error: {error:#}");
            ExitCode::FAILURE
        }
    }
}

fn run(task: Task) -> Result<ExitCode> {
    let machine = Machine::here()?;
    match task {
        Task::Setup => setup::everything(&machine)?,
        Task::Build => {
            let binary = native::build(&machine)?;
            println!("{}", binary.display());
        }
        Task::Demo { args } => return demo::run(&machine, &args),
        Task::Dev { args } => return dev::run(&machine, &args),
        Task::Test(options) => test::run(&machine, &options)?,
        Task::Bench(options) => bench::run(&machine, &options)?,
        Task::Docs => docs::write(&machine)?,
    }
    Ok(ExitCode::SUCCESS)
}

#[cfg(test)]
mod tests {
    use clap::CommandFactory;

    use super::*;

    #[test]
    fn the_command_line_is_well_formed() {
        Cli::command().debug_assert();
    }

    #[test]
    fn the_proxys_arguments_pass_with_and_without_a_separator() {
        for line in ["xtask demo -- --listen [::1]:0", "xtask demo --listen [::1]:0"] {
            let cli = Cli::parse_from(line.split(' '));
            let Task::Demo { args } = cli.task else { panic!("{line} is a demo") };
            assert_eq!(args, ["--listen", "[::1]:0"]);
        }
    }
}
