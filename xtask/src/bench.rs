//! What the page costs on the wire, and the benchmarks of the crates.

use std::fs;

use anyhow::{Context, Result, ensure};

use crate::machine::Machine;
use crate::{native, page};

/// Prints the sizes and runs every benchmark target of the workspace.
pub(crate) fn run(machine: &Machine) -> Result<()> {
    native::build(machine)?;
    println!("{}", page::sizes(&machine.dist())?);
    if !has_benchmarks(machine)? {
        return Ok(());
    }
    // Their tables are the result, so they go to standard output.
    let status = machine
        .native("cargo")
        .args(["bench", "--workspace", "--bench", "*"])
        .status()
        .context("`cargo bench` did not start")?;
    ensure!(status.success(), "`cargo bench` failed ({status}); what it said is above");
    Ok(())
}

/// Cargo calls it an error when no target fits, so we look first.
fn has_benchmarks(machine: &Machine) -> Result<bool> {
    for entry in fs::read_dir(&machine.root)? {
        let manifest = entry?.path().join("Cargo.toml");
        let text = fs::read_to_string(manifest).unwrap_or_default();
        if text.lines().any(|line| line.trim() == "[[bench]]") {
            return Ok(true);
        }
    }
    Ok(false)
}
