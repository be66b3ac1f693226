//! Programs from npm, in exactly one release each.

use std::fs;

use anyhow::{Context, Result};

use super::apt;
use crate::machine::{Machine, find};
use crate::step::{run, step};

/// A package in the one release that is wanted.
pub(crate) struct Package {
    pub(crate) name: &'static str,
    pub(crate) version: &'static str,
}

impl Package {
    /// Whether it is in the tools folder.
    pub(crate) fn is_here(&self, machine: &Machine) -> bool {
        let manifest = machine.node_modules().join(self.name).join("package.json");
        fs::read_to_string(manifest)
            .is_ok_and(|text| text.contains(&format!("\"version\": \"{}\"", self.version)))
    }

    /// Installs it into the tools folder; false where there is no npm.
    pub(super) fn install(&self, machine: &Machine) -> Result<bool> {
        let node_is_here = || find(&["node"]).is_some() && find(&["npm"]).is_some();
        if !node_is_here() && apt::is_here() {
            apt::install(&["nodejs", "npm"])?;
        }
        if !node_is_here() {
            return Ok(false);
        }
        let package = format!("{}@{}", self.name, self.version);
        step(self.name, &format!("npm install {package}"), || {
            let folder = machine.tools.join("node");
            fs::create_dir_all(&folder)?;
            run(machine
                .native("npm")
                .args(["install", "--no-audit", "--no-fund", "--ignore-scripts", "--prefix"])
                .arg(&folder)
                .arg(&package))
            .with_context(|| {
                format!("run `npm install --prefix {} {package}` by hand", folder.display())
            })
        })?;
        Ok(true)
    }
}
