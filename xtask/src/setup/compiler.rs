//! A compiler for wasm32: the user's own if it can be had, else Debian's.

use std::fs;
use std::path::{Path, PathBuf};

use anyhow::{Context, Result, bail};

use super::apt;
use crate::machine::{Machine, WASM, find};
use crate::step::{note, run, step};

/// Debian's newest compiler, which it keeps for its browsers, with the source
/// of the standard library and the linker for wasm.
const PACKAGES: [&str; 5] =
    ["rustc-web", "cargo-web", "rust-web-src", "rust-web-llvm", "rust-web-clippy"];

/// The programs of those packages that a build calls by name.
const PROGRAMS: [&str; 5] = ["cargo", "rustc", "rustdoc", "cargo-clippy", "clippy-driver"];

/// What the standard library is built from.
const LIBRARY: &str = "/usr/lib/rustlib/src/rust/library/std/Cargo.toml";

/// The linker for wasm: a link from `rust-web-llvm` into a package of its own.
const LINKER: &str = "/usr/bin/rust-lld";

/// Makes sure that something on this machine compiles for wasm32.
pub(super) fn ensure(machine: &Machine) -> Result<()> {
    if machine.own_compiler_knows_wasm() {
        add_sources(machine);
        return forget_debian(machine);
    }
    if debian_is_complete(machine) {
        return Ok(());
    }
    if add_target(machine) {
        add_sources(machine);
        return Ok(());
    }
    if !apt::is_here() {
        bail!(
            "run `rustup target add {WASM}` on a network where rustup reaches its servers, then \
             this command again"
        );
    }
    note("without rustup's servers, Debian's compiler can build the standard library for wasm32");
    apt::install(&PACKAGES)?;
    if let Some(package) = missing_linker(Path::new(LINKER)) {
        apt::install(&[&package])?;
    }
    link_debian(machine)
}

/// The sources of the standard library, for the smallest page. It can be built
/// without them.
fn add_sources(machine: &Machine) {
    if machine.has_library_sources() || find(&["rustup"]).is_none() {
        return;
    }
    let added = step("rustup", "component add rust-src", || {
        run(machine
            .native("rustup")
            .args(["component", "add", "rust-src"])
            .env("RUST_BACKTRACE", "0"))
    });
    if added.is_err() {
        note("without the sources of the standard library the page is a tenth larger");
    }
}

fn add_target(machine: &Machine) -> bool {
    let asked = find(&["rustup"]).is_some()
        && step("rustup", &format!("target add {WASM}"), || {
            // Without a network this fails, and a backtrace tells nobody more.
            run(machine.native("rustup").args(["target", "add", WASM]).env("RUST_BACKTRACE", "0"))
        })
        .is_ok();
    // The compiler has the last word: rustup trusts its own list of what is there.
    asked && machine.own_compiler_knows_wasm()
}

fn debian_is_complete(machine: &Machine) -> bool {
    let folder = machine.debian_rust();
    // `exists` follows links, so programs that apt has removed count as missing.
    PROGRAMS.iter().all(|program| folder.join(program).exists())
        && Path::new(LIBRARY).exists()
        && Path::new(LINKER).exists()
}

/// The package that `linker` points into, when that package is not installed.
fn missing_linker(linker: &Path) -> Option<String> {
    if linker.exists() {
        return None;
    }
    // The link names the program of the package, and both are called `lld-22`.
    let target = fs::read_link(linker).ok()?;
    Some(target.file_name()?.to_string_lossy().into_owned())
}

/// Puts links to Debian's programs in a folder of our own.
///
/// Commands for wasm find that folder first on PATH. Nothing of the user's
/// rustup is touched, and native builds go on using it.
fn link_debian(machine: &Machine) -> Result<()> {
    forget_debian(machine)?;
    let folder = machine.debian_rust();
    let context = || format!("make {} writable, then run this command again", folder.display());
    fs::create_dir_all(&folder).with_context(context)?;
    for program in PROGRAMS {
        let original = PathBuf::from("/usr/bin").join(program);
        symlink(&original, &folder.join(program)).with_context(context)?;
    }
    if !debian_is_complete(machine) {
        bail!("run `apt-get install --reinstall {}` as root: a file is missing", PACKAGES.join(" "))
    }
    Ok(())
}

fn forget_debian(machine: &Machine) -> Result<()> {
    let folder = machine.debian_rust();
    if !folder.exists() {
        return Ok(());
    }
    fs::remove_dir_all(&folder)
        .with_context(|| format!("remove {} by hand: it is in the way", folder.display()))
}

#[cfg(unix)]
fn symlink(original: &Path, link: &Path) -> std::io::Result<()> {
    std::os::unix::fs::symlink(original, link)
}

#[cfg(not(unix))]
fn symlink(original: &Path, link: &Path) -> std::io::Result<()> {
    fs::copy(original, link).map(|_| ())
}

#[cfg(all(test, unix))]
mod tests {
    use super::*;

    #[test]
    fn a_linker_that_points_nowhere_names_the_package_it_wants() {
        let folder = tempfile::tempdir().unwrap();
        let linker = folder.path().join("rust-lld");
        symlink(Path::new("lld-22"), &linker).unwrap();
        assert_eq!(missing_linker(&linker).as_deref(), Some("lld-22"));

        fs::write(folder.path().join("lld-22"), "").unwrap();
        assert_eq!(missing_linker(&linker), None);
    }
}
