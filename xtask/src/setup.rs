//! Installs what is missing, and costs next to nothing when nothing is.
//!
//! Everything lands in the tools folder, except what only Debian's packages
//! offer. Whether a tool is there is read from what its own installer left
//! behind, so that a folder kept between checkouts is as good as a new one.

mod apt;
pub(crate) mod browser;
pub(crate) mod clients;
mod compiler;
pub(crate) mod crates;
pub(crate) mod esbuild;
mod npm;
pub(crate) mod wasm_opt;

use std::fs;

use anyhow::{Context, Result};

use crate::machine::Machine;
use crate::step::step;
use crate::turn::Turn;

/// What `build` and `demo` need: no browser, nothing that only tests use.
pub(crate) fn for_build(machine: &Machine) -> Result<()> {
    step("setup", "wasm32 compiler, Trunk, wasm-bindgen, wasm-opt, esbuild", || {
        let _turn = Turn::take(&machine.tools)?;
        build_tools(machine)?;
        tidy(machine)
    })
}

/// What all commands need.
pub(crate) fn everything(machine: &Machine) -> Result<()> {
    step(
        "setup",
        "wasm32 compiler, Trunk, wasm-bindgen, wasm-opt, esbuild, cargo-deny, cargo-vet, Chromium, clients",
        || {
            let _turn = Turn::take(&machine.tools)?;
            build_tools(machine)?;
            crates::ensure(machine, &crates::cargo_deny())?;
            crates::ensure(machine, &crates::cargo_vet())?;
            browser::ensure()?;
            clients::ensure(machine)?;
            tidy(machine)
        },
    )
}

fn build_tools(machine: &Machine) -> Result<()> {
    compiler::ensure(machine)?;
    crates::ensure(machine, &crates::trunk())?;
    crates::ensure(machine, &crates::wasm_bindgen(machine)?)?;
    wasm_opt::ensure(machine)?;
    esbuild::ensure(machine)
}

/// Removes what compiling the tools left behind: over a gigabyte that nothing
/// needs again.
fn tidy(machine: &Machine) -> Result<()> {
    let folder = crates::build_folder(machine);
    if folder.exists() {
        fs::remove_dir_all(&folder)
            .with_context(|| format!("remove {} by hand: it is in the way", folder.display()))?;
    }
    Ok(())
}
