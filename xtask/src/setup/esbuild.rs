//! esbuild, which makes the page's programs smaller: the minifier that Trunk
//! brings gives up on what wasm-bindgen writes.

use anyhow::Result;

use super::npm::Package;
use crate::machine::Machine;
use crate::step::note;

/// What has it.
pub(crate) const ESBUILD: Package = Package { name: "esbuild", version: "0.28.2" };

/// Installs esbuild unless it is there.
pub(super) fn ensure(machine: &Machine) -> Result<()> {
    if !ESBUILD.is_here(machine) && !ESBUILD.install(machine)? {
        note("without npm there is no esbuild: the page works, and is 1 KB larger");
    }
    Ok(())
}
