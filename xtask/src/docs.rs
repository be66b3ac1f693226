//! What is generated in `docs/`. The tests that compare it also write it.

use anyhow::Result;

use crate::machine::Machine;
use crate::page;
use crate::step::{run, step};

/// Writes `docs/settings.md` from the settings themselves.
pub(crate) fn write(machine: &Machine) -> Result<()> {
    // The proxy embeds the page's folder, and does not compile without one.
    page::ensure_folder(machine)?;
    step("docs", "docs/settings.md", || {
        run(machine
            .native("cargo")
            .args(["test", "--package", "callboard-proxy", "--lib", "config::manual"])
            .env("UPDATE_DOCS", "1"))
    })
}
