//! wasm-opt, from the npm package `binaryen`.
//!
//! Debian's own is too old for what today's compilers emit, and npm's runs
//! wherever Node does.

use std::fs;

use anyhow::{Context, Result};

use super::apt;
use crate::machine::{Machine, find};
use crate::step::{ask, note, run, step};

/// The release of binaryen; `Trunk.toml` pins the same.
pub(crate) const VERSION: &str = "132";

/// True when Trunk will find the right wasm-opt without downloading it.
pub(crate) fn is_here(machine: &Machine) -> bool {
    let manifest = machine.tools.join("node/node_modules/binaryen/package.json");
    let in_tools = fs::read_to_string(manifest)
        .is_ok_and(|text| text.contains(&format!("\"version\": \"{VERSION}.0.0\"")));
    in_tools
        || ask(machine.wasm("wasm-opt").arg("--version"))
            .is_some_and(|text| text.trim().split(' ').nth(2) == Some(VERSION))
}

/// Installs wasm-opt unless the right one is there.
pub(super) fn ensure(machine: &Machine) -> Result<()> {
    if is_here(machine) {
        return Ok(());
    }
    let node_is_here = || find(&["node"]).is_some() && find(&["npm"]).is_some();
    if !node_is_here() && apt::is_here() {
        apt::install(&["nodejs", "npm"])?;
    }
    if !node_is_here() {
        note("without npm, Trunk will download wasm-opt itself");
        return Ok(());
    }
    let package = format!("binaryen@{VERSION}.0.0");
    step("wasm-opt", &format!("npm install {package}"), || {
        let folder = machine.tools.join("node");
        fs::create_dir_all(&folder)?;
        run(machine
            .native("npm")
            .args(["install", "--no-audit", "--no-fund", "--prefix"])
            .arg(&folder)
            .arg(&package))
        .with_context(|| {
            format!("run `npm install --prefix {} {package}` by hand", folder.display())
        })
    })
}
