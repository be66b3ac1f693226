//! Tools that come as crates: Trunk, wasm-bindgen, cargo-deny and cargo-vet.

use std::env::consts::EXE_SUFFIX;
use std::fs;
use std::path::PathBuf;

use anyhow::{Context, Result};

use crate::machine::Machine;
use crate::step::{note, run, step};

/// The Trunk that the page is built with. 0.22 wants a newer compiler than ours.
pub(crate) const TRUNK: &str = "0.21.14";

/// Settings under which tools compile in half the time. They run for seconds,
/// so that what they lose in speed is never noticed.
const FAST_COMPILE: [(&str, &str); 5] = [
    ("CARGO_PROFILE_RELEASE_OPT_LEVEL", "1"),
    ("CARGO_PROFILE_RELEASE_LTO", "off"),
    ("CARGO_PROFILE_RELEASE_CODEGEN_UNITS", "16"),
    ("CARGO_PROFILE_RELEASE_DEBUG", "0"),
    ("CARGO_PROFILE_RELEASE_STRIP", "true"),
];

/// A program to install from a crate.
pub(crate) struct Tool {
    package: &'static str,
    program: &'static str,
    version: String,
    options: &'static [&'static str],
    /// Whether its own lock file may be ignored when it asks for a version of
    /// a crate that is not to be had.
    unlocked: bool,
}

/// The bundler.
pub(crate) fn trunk() -> Tool {
    Tool {
        package: "trunk",
        program: "trunk",
        version: TRUNK.to_owned(),
        // Without the check for updates, which has no place in a build.
        options: &["--no-default-features", "--features", "rustls"],
        unlocked: false,
    }
}

/// The bridge between wasm and JavaScript, in the version that the page links.
pub(crate) fn wasm_bindgen(machine: &Machine) -> Result<Tool> {
    Ok(Tool {
        package: "wasm-bindgen-cli",
        program: "wasm-bindgen",
        version: wasm_bindgen_version(machine)?,
        options: &[],
        unlocked: true,
    })
}

/// The check of licences and sources.
pub(crate) fn cargo_deny() -> Tool {
    Tool {
        package: "cargo-deny",
        program: "cargo-deny",
        version: "0.20.2".to_owned(),
        options: &[],
        unlocked: false,
    }
}

/// The check that somebody has looked at every dependency.
pub(crate) fn cargo_vet() -> Tool {
    Tool {
        package: "cargo-vet",
        program: "cargo-vet",
        version: "0.10.3".to_owned(),
        options: &[],
        unlocked: false,
    }
}

/// Where tools are compiled; one folder, since they share dependencies.
pub(super) fn build_folder(machine: &Machine) -> PathBuf {
    machine.tools.join("build")
}

/// Installs `tool` unless it is there in its exact version.
pub(crate) fn ensure(machine: &Machine, tool: &Tool) -> Result<()> {
    let program = machine.tools.join("bin").join(format!("{}{EXE_SUFFIX}", tool.program));
    let list = fs::read_to_string(machine.tools.join(".crates.toml")).unwrap_or_default();
    if program.exists() && is_listed(&list, tool.package, &tool.version) {
        return Ok(());
    }
    let Tool { package, version, .. } = tool;
    let does = format!("cargo install --version {version} (some minutes)");
    step(package, &does, || {
        let locked = run(&mut install(machine, tool, true));
        let done = match locked {
            Err(_) if tool.unlocked => {
                note("its lock file cannot be met here; taking the newest compatible crates");
                run(&mut install(machine, tool, false))
            }
            done => done,
        };
        let root = machine.tools.display();
        done.with_context(|| {
            format!("run `cargo install --root {root} --version {version} {package}` by hand")
        })
    })
}

fn install(machine: &Machine, tool: &Tool, locked: bool) -> std::process::Command {
    let mut command = machine.native("cargo");
    command.args(["install", "--root"]).arg(&machine.tools).args(["--version", &tool.version]);
    if locked {
        command.arg("--locked");
    }
    command.args(tool.options).arg(tool.package);
    command.env("CARGO_TARGET_DIR", build_folder(machine)).envs(FAST_COMPILE);
    command
}

/// Whether the list that `cargo install` keeps in its root names this version.
fn is_listed(list: &str, package: &str, version: &str) -> bool {
    let start = format!("\"{package} {version} (");
    list.lines().any(|line| line.starts_with(&start))
}

/// The version of the `wasm-bindgen` crate that the page links.
///
/// The tool must have the same to the last digit, or it refuses the file.
pub(crate) fn wasm_bindgen_version(machine: &Machine) -> Result<String> {
    let path = machine.root.join("Cargo.lock");
    let lock = fs::read_to_string(&path)
        .with_context(|| format!("run `cargo generate-lockfile`: {} is missing", path.display()))?;
    locked_version(&lock, "wasm-bindgen")
        .context("add `wasm-bindgen` to the page's dependencies: Cargo.lock does not name it")
}

/// The version of `package` in the text of a `Cargo.lock`.
fn locked_version(lock: &str, package: &str) -> Option<String> {
    let name = format!("name = \"{package}\"");
    let mut lines = lock.lines().skip_while(|line| *line != name).skip(1);
    let version = lines.next()?.strip_prefix("version = \"")?.strip_suffix('"')?;
    Some(version.to_owned())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_lock_file_tells_the_bridge_from_crates_with_longer_names() {
        let lock = "[[package]]\nname = \"wasm-bindgen-futures\"\nversion = \"0.4.57\"\n\n\
                    [[package]]\nname = \"wasm-bindgen\"\nversion = \"0.2.130\"\n";
        assert_eq!(locked_version(lock, "wasm-bindgen").as_deref(), Some("0.2.130"));
        assert_eq!(locked_version(lock, "yew"), None);
    }

    #[test]
    fn only_the_exact_version_counts_as_installed() {
        let list = "[v1]\n\"trunk 0.21.14 (registry+https://example.org)\" = [\"trunk\"]\n";
        assert!(is_listed(list, "trunk", "0.21.14"));
        assert!(!is_listed(list, "trunk", "0.21.1"));
        assert!(!is_listed(list, "runk", "0.21.14"));
        assert!(!is_listed("", "trunk", "0.21.14"));
    }
}
