//! Clients that others wrote, for the tests: Python's `websockets`, Node's `ws`.

use std::fs;
use std::path::{Path, PathBuf};

use anyhow::{Context, Result};

use super::apt;
use super::npm::{self, Package};
use crate::machine::{Machine, find};
use crate::step::{run, step};

/// The release of Python's `websockets`.
const WEBSOCKETS: &str = "17.4";
/// Packages for Node, in exactly these releases: a WebSocket client, a parser
/// that knows which syntax is of which year, and checks of accessibility.
const PACKAGES: [Package; 3] = [
    Package { name: "ws", version: "8.23.0" },
    Package { name: "acorn", version: "8.19.0" },
    Package { name: "axe-core", version: "4.14.1" },
];

/// What the tests need to know of them.
pub(crate) struct Clients {
    /// A Python that has `websockets`; handed on as `XTASK_PYTHON`.
    pub(crate) python: PathBuf,
    /// The folder that has [`PACKAGES`]; handed on as `XTASK_NODE_MODULES`.
    pub(crate) node_modules: PathBuf,
}

impl Clients {
    /// The clients in the tools folder, or the sentence that says how to get
    /// them.
    pub(crate) fn find(machine: &Machine) -> Result<Self> {
        let (python, node) = (folder(machine, "python"), folder(machine, "node"));
        anyhow::ensure!(
            has_websockets(&python) && has_packages(&node) && find(&["node"]).is_some(),
            "run `cargo xtask setup`: it installs the WebSocket clients that the tests use"
        );
        anyhow::ensure!(find(&["curl"]).is_some(), "install curl, which the tests use");
        Ok(Self { python: python.join("bin/python3"), node_modules: node.join("node_modules") })
    }
}

/// Installs them unless they are there in their exact versions.
pub(super) fn ensure(machine: &Machine) -> Result<()> {
    let missing = |names: &[&str]| names.iter().any(|name| find(&[name]).is_none());
    if missing(&["node", "npm", "curl"]) && apt::is_here() {
        apt::install(&["nodejs", "npm", "curl"])?;
    }
    let (python, node) = (folder(machine, "python"), folder(machine, "node"));
    if !has_websockets(&python) {
        step("websockets", &format!("pip install websockets=={WEBSOCKETS}"), || {
            venv(machine, &python)?;
            let mut pip = machine.native(python.join("bin/python3"));
            pip.args(["-m", "pip", "install", "--quiet", "--disable-pip-version-check"]);
            run(pip.arg(format!("websockets=={WEBSOCKETS}")))
                .context("pip must be able to reach its index")
        })?;
    }
    if !has_packages(&node) {
        npm::install(machine, "packages", &node, &PACKAGES)?;
    }
    Clients::find(machine).map(|_| ())
}

/// A Python of its own: Debian's refuses packages that are not Debian's.
fn venv(machine: &Machine, folder: &Path) -> Result<()> {
    let make = || run(machine.native("python3").args(["-m", "venv", "--clear"]).arg(folder));
    if make().is_ok() {
        return Ok(());
    }
    if apt::is_here() {
        apt::install(&["python3", "python3-venv"])?;
    }
    make().context("install Python 3.10 or newer with its module venv")
}

fn folder(machine: &Machine, name: &str) -> PathBuf {
    machine.tools.join("clients").join(name)
}

/// Read from what pip leaves behind.
fn has_websockets(folder: &Path) -> bool {
    let versions = fs::read_dir(folder.join("lib")).into_iter().flatten().filter_map(Result::ok);
    let name = format!("site-packages/websockets-{WEBSOCKETS}.dist-info/RECORD");
    versions.into_iter().any(|version| version.path().join(&name).is_file())
}

fn has_packages(folder: &Path) -> bool {
    PACKAGES.iter().all(|package| package.is_in(folder))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn only_the_exact_versions_count_as_installed() {
        let folder = tempfile::tempdir().unwrap();
        let (python, node) = (folder.path().join("python"), folder.path().join("node"));
        assert!(!has_websockets(&python) && !has_packages(&node));
        let packages = |version: &str| {
            let name = format!("lib/python3.11/site-packages/websockets-{version}.dist-info");
            fs::create_dir_all(python.join(&name)).unwrap();
            fs::write(python.join(&name).join("RECORD"), "").unwrap();
        };
        let package = |name: &str, version: &str| {
            let folder = node.join("node_modules").join(name);
            fs::create_dir_all(&folder).unwrap();
            let manifest = format!("{{\n  \"version\": \"{version}\"\n}}");
            fs::write(folder.join("package.json"), manifest).unwrap();
        };
        packages("1.0.0");
        PACKAGES.iter().for_each(|known| package(known.name, "1.0.0"));
        assert!(!has_websockets(&python) && !has_packages(&node));
        packages(WEBSOCKETS);
        assert!(has_websockets(&python) && !has_packages(&node));
        PACKAGES.iter().for_each(|known| package(known.name, known.version));
        assert!(has_packages(&node));
    }
}
