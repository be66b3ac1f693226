//! The proxy, as a native program with the page inside.

use std::env::consts::EXE_SUFFIX;
use std::path::PathBuf;

use anyhow::Result;

use crate::machine::Machine;
use crate::step::{run, step};
use crate::{page, setup};

/// Builds everything for use, from what is missing to the release binary,
/// and returns the path of the latter.
pub(crate) fn build(machine: &Machine) -> Result<PathBuf> {
    setup::for_build(machine)?;
    page::build(machine)?;
    step("proxy", "cargo build --release --locked", || {
        let proxy = ["--package", "callboard-proxy"];
        run(machine.native("cargo").args(["build", "--release", "--locked"]).args(proxy))
    })?;
    Ok(machine.target.join("release").join(format!("callboard{EXE_SUFFIX}")))
}

/// Builds the proxy for the tests: quickly, with the page inside all the same.
pub(crate) fn build_for_tests(machine: &Machine) -> Result<()> {
    run(machine.native("cargo").args(["build", "--package", "callboard-proxy"]))
}
