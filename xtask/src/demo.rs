//! A running board from a fresh checkout.

use std::ffi::OsString;
use std::process::{Command, ExitCode};

use anyhow::{Context, Result};

use crate::machine::Machine;
use crate::native;

/// Builds the board and becomes it, fed by the simulator.
pub(crate) fn run(machine: &Machine, args: &[OsString]) -> Result<ExitCode> {
    let binary = native::build(machine)?;
    let elsewhere = args.iter().any(|arg| arg.to_string_lossy().starts_with("--listen"));
    let address = if elsewhere { "the address below" } else { "http://127.0.0.1:8080/" };
    eprintln!("▸ demo: open {address}; Ctrl-C ends it");
    // The board's own variables are meant for this program, so it inherits all.
    let mut command = Command::new(&binary);
    command.arg("--demo").args(args).current_dir(&machine.root);
    become_program(command).with_context(|| format!("could not start {}", binary.display()))
}

/// Replaces this process, so that signals and the exit code need no passing on.
#[cfg(unix)]
fn become_program(mut command: Command) -> std::io::Result<ExitCode> {
    Err(std::os::unix::process::CommandExt::exec(&mut command))
}

#[cfg(not(unix))]
fn become_program(mut command: Command) -> std::io::Result<ExitCode> {
    let code = command.status()?.code().and_then(|code| u8::try_from(code).ok());
    Ok(code.map_or(ExitCode::FAILURE, ExitCode::from))
}
