//! The page: built by Trunk, compressed beside itself, held to its budget.

mod compress;
mod fresh;
mod more;
mod programs;
mod sizes;
mod widget;

use std::fs;
use std::path::Path;
use std::process::Command;

use anyhow::{Context, Result, ensure};

use self::fresh::Stamp;
use crate::machine::{Machine, WASM};
use crate::setup::esbuild::ESBUILD;
use crate::setup::{crates, wasm_opt};
use crate::step::{note, run, step};
use crate::turn::Turn;

pub(crate) use self::fresh::changed;
pub(crate) use self::sizes::sizes;

/// What the first view may cost on the wire, in brotli: markup, code, styles
/// and WebAssembly together.
///
/// A wall display on a slow line then shows its board within a second or two;
/// the first prototype took 97 KB.
pub(crate) const BUDGET_BYTES: u64 = 150_000;

/// What the widget may cost on the wire, in brotli: its script, with the styles
/// in it, and WebAssembly.
pub(crate) const WIDGET_BYTES: u64 = 100_000;

/// Builds `dist/`, unless nothing has changed since it was built.
pub(crate) fn build(machine: &Machine) -> Result<()> {
    let _turn = Turn::take(&machine.wasm_target())?;
    let stamp = Stamp::new(machine, &tools(machine)?);
    if stamp.is_fresh()? {
        note("the page in dist/ is up to date");
        return Ok(());
    }
    stamp.begin()?;
    fetch(machine)?;
    step("page", "trunk build --release", || {
        let mut trunk = trunk(machine, "build")?;
        machine.smallest(trunk.arg("--release"));
        run(&mut trunk).context("correct what Trunk complains of")
    })?;
    let more = machine.target.join("more");
    step("more", "trunk build --release frontend/desk.html", || {
        let mut trunk = trunk(machine, "build")?;
        machine.smallest(trunk.arg("--release"));
        trunk.arg("--dist").arg(&more).arg("frontend/desk.html");
        run(&mut trunk).context("correct what Trunk complains of")?;
        more::put_beside(&more, &machine.dist())
    })?;
    let widget = machine.target.join("widget");
    step("widget", "trunk build --release frontend/widget.html", || {
        let mut trunk = trunk(machine, "build")?;
        machine.smallest(trunk.arg("--release"));
        trunk.arg("--dist").arg(&widget).arg("frontend/widget.html");
        run(&mut trunk).context("correct what Trunk complains of")?;
        widget::put_beside(machine, &widget)
    })?;
    step("programs", "esbuild --minify", || programs::make_smaller(machine, &machine.dist()))?;
    step("compress", "brotli and gzip beside each file of dist/", || {
        compress::beside_each_file(&machine.dist())
    })?;
    stamp.commit()
}

/// Builds the page into `folder`, as quickly as that can be done: all of it but
/// the widget, for whoever changes it.
pub(crate) fn build_quickly(machine: &Machine, folder: &Path) -> Result<()> {
    let more = machine.target.join("dev-more");
    step("more", "trunk build frontend/desk.html (debug)", || {
        run(trunk(machine, "build")?.arg("--dist").arg(&more).arg("frontend/desk.html"))
    })?;
    // Last, as Trunk empties the folder: it is whole again at once.
    step("page", "trunk build (debug)", || {
        run(trunk(machine, "build")?.arg("--dist").arg(folder))?;
        more::put_beside(&more, folder)
    })
}

/// Fails when the page in `dist/` is larger than [`BUDGET_BYTES`].
pub(crate) fn check_budget(machine: &Machine) -> Result<()> {
    let sizes = sizes(&machine.dist())?;
    eprintln!("{sizes}");
    let total = sizes.first_view();
    ensure!(
        total <= BUDGET_BYTES,
        "make the first view smaller (`twiggy top` names the largest parts): {total} bytes in \
         brotli are over the budget of {BUDGET_BYTES}"
    );
    let widget = sizes.widget();
    ensure!(
        widget < WIDGET_BYTES,
        "make the widget smaller: {widget} bytes in brotli are over the budget of {WIDGET_BYTES}"
    );
    Ok(())
}

/// Downloads the crates of the page.
///
/// Trunk is told not to touch the network, lest it looks for tools there that
/// are already here. That holds for the cargo it calls, too.
pub(crate) fn fetch(machine: &Machine) -> Result<()> {
    step("crates", &format!("cargo fetch --target {WASM}"), || {
        let mut cargo = machine.wasm("cargo");
        machine.smallest(cargo.args(["fetch", "--target", WASM]));
        run(&mut cargo).context("reach a network with the package registry once")
    })
}

/// Trunk, with the tools that `setup` has installed.
pub(crate) fn trunk(machine: &Machine, command: &str) -> Result<Command> {
    let mut trunk = machine.wasm("trunk");
    trunk.arg(command);
    if wasm_opt::is_here(machine) {
        trunk.arg("--offline");
    }
    trunk.env("TRUNK_TOOLS_WASM_BINDGEN", crates::wasm_bindgen_version(machine)?);
    // Trunk takes `true` here and stops at the customary `1`.
    if std::env::var_os("NO_COLOR").is_some() {
        trunk.env("NO_COLOR", "true");
    }
    Ok(trunk)
}

/// Makes sure that `dist/` exists: the proxy embeds the folder, and does not
/// compile without it.
pub(crate) fn ensure_folder(machine: &Machine) -> Result<()> {
    fs::create_dir_all(machine.dist()).context("make the checkout writable: dist/ belongs there")
}

/// Everything beside the sources that decides what the page looks like.
fn tools(machine: &Machine) -> Result<String> {
    let compiler = match (machine.debian_rust().exists(), machine.has_library_sources()) {
        (true, _) => "Debian's",
        (false, true) => "own, with the library's sources",
        (false, false) => "own",
    };
    let bindgen = crates::wasm_bindgen_version(machine)?;
    let trunk = crates::TRUNK;
    let [binaryen, esbuild] = [wasm_opt::BINARYEN, ESBUILD].map(|package| package.version);
    Ok(format!(
        "trunk {trunk}, wasm-bindgen {bindgen}, binaryen {binaryen}, esbuild {esbuild}, \
         {compiler} compiler\n"
    ))
}
