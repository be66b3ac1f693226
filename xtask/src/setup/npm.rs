//! Programs from npm, in exactly one release each.

use std::fs;
use std::path::Path;

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
    /// Whether npm has put it into `folder`.
    pub(super) fn is_in(&self, folder: &Path) -> bool {
        let manifest = folder.join("node_modules").join(self.name).join("package.json");
        fs::read_to_string(manifest)
            .is_ok_and(|text| text.contains(&format!("\"version\": \"{}\"", self.version)))
    }

    /// Whether it is among the tools.
    pub(crate) fn is_here(&self, machine: &Machine) -> bool {
        self.is_in(&machine.node())
    }

    /// Installs it among the tools; false where there is no npm.
    pub(super) fn install(&self, machine: &Machine) -> Result<bool> {
        let node_is_here = || find(&["node"]).is_some() && find(&["npm"]).is_some();
        if !node_is_here() && apt::is_here() {
            apt::install(&["nodejs", "npm"])?;
        }
        if !node_is_here() {
            return Ok(false);
        }
        install(machine, self.name, &machine.node(), std::slice::from_ref(self))?;
        Ok(true)
    }
}

/// Lets npm put `packages` into `folder`, as a step of this name.
pub(super) fn install(
    machine: &Machine,
    name: &str,
    folder: &Path,
    packages: &[Package],
) -> Result<()> {
    let exact = |package: &Package| format!("{}@{}", package.name, package.version);
    let packages: Vec<_> = packages.iter().map(exact).collect();
    step(name, &format!("npm install {}", packages.join(" ")), || {
        fs::create_dir_all(folder)?;
        let mut npm = machine.native("npm");
        npm.args(["install", "--no-audit", "--no-fund", "--save-exact", "--ignore-scripts"]);
        run(npm.arg("--prefix").arg(folder).args(&packages)).with_context(|| {
            let (folder, packages) = (folder.display(), packages.join(" "));
            format!("let npm reach its index, or run `npm install --prefix {folder} {packages}`")
        })
    })
}
