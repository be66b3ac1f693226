//! wasm-opt, from the npm package `binaryen`.
//!
//! Debian's own is too old for what today's compilers emit, and npm's runs
//! wherever Node does.

use anyhow::Result;

use super::npm::Package;
use crate::machine::Machine;
use crate::step::{ask, note};

/// What has it. `Trunk.toml` pins the same release.
pub(crate) const BINARYEN: Package = Package { name: "binaryen", version: "132.0.0" };

/// True when Trunk will find the right wasm-opt without downloading it.
pub(crate) fn is_here(machine: &Machine) -> bool {
    let release = BINARYEN.version.split('.').next();
    BINARYEN.is_here(machine)
        || ask(machine.wasm("wasm-opt").arg("--version"))
            .is_some_and(|text| text.trim().split(' ').nth(2) == release)
}

/// Installs wasm-opt unless the right one is there.
pub(super) fn ensure(machine: &Machine) -> Result<()> {
    if !is_here(machine) && !BINARYEN.install(machine)? {
        note("without npm, Trunk will download wasm-opt itself");
    }
    Ok(())
}
