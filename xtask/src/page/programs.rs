//! The page's programs, made smaller by esbuild: what wasm-bindgen writes, and
//! what we write by hand.

use std::fs;
use std::path::{Path, PathBuf};

use anyhow::{Context, Result};
use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use sha2::{Digest as _, Sha256};

use super::compress::files;
use crate::machine::Machine;
use crate::setup::esbuild::ESBUILD;
use crate::step::run;

/// The language that esbuild may write: that of browsers which know what the
/// WebAssembly needs.
const LANGUAGE: &str = "--target=es2021";

/// Makes the programs in `built` smaller, and their hashes in its page those of
/// what they are now. Without esbuild they stay as they are.
pub(super) fn make_smaller(machine: &Machine, built: &Path) -> Result<()> {
    if !ESBUILD.is_here(machine) {
        return Ok(());
    }
    let programs: Vec<_> = files(built)?.into_iter().filter(|path| is_program(path)).collect();
    let before = hashes(&programs)?;
    let mut esbuild = machine.wasm("esbuild");
    esbuild.args(["--minify", "--legal-comments=none", "--log-level=warning", LANGUAGE]);
    for folder in ["--outdir", "--outbase"] {
        esbuild.arg(format!("{folder}={}", built.display()));
    }
    esbuild.arg("--allow-overwrite").args(&programs);
    run(&mut esbuild).context("correct what esbuild complains of")?;
    let index = built.join("index.html");
    let mut page = fs::read_to_string(&index)
        .with_context(|| format!("build the page into {} first", built.display()))?;
    for (before, now) in before.iter().zip(hashes(&programs)?) {
        page = page.replace(before, &now);
    }
    fs::write(&index, page).with_context(|| format!("make {} writable", built.display()))
}

fn is_program(path: &Path) -> bool {
    path.extension().is_some_and(|extension| extension == "js")
}

/// As a page names them.
fn hashes(programs: &[PathBuf]) -> Result<Vec<String>> {
    let hash = |path: &PathBuf| {
        let program = fs::read(path).with_context(|| format!("keep {}", path.display()))?;
        Ok(STANDARD.encode(Sha256::digest(program)))
    };
    programs.iter().map(hash).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_program_is_smaller_and_the_page_names_what_it_is_now() {
        let machine = Machine::here().unwrap();
        if !ESBUILD.is_here(&machine) {
            return eprintln!("without esbuild there is nothing to try: `cargo xtask setup`");
        }
        let folder = tempfile::tempdir().unwrap();
        let program = folder.path().join("loader-1.js");
        fs::write(&program, "// Why.\nexport const twice = (number) => number * 2;\n").unwrap();
        let named = |hash: &str| format!("<script integrity=\"sha256-{hash}\"></script>");
        let hash = || hashes(std::slice::from_ref(&program)).unwrap().remove(0);
        fs::write(folder.path().join("index.html"), named(&hash())).unwrap();
        make_smaller(&machine, folder.path()).unwrap();
        let smaller = fs::read_to_string(&program).unwrap();
        assert!(smaller.starts_with("export const twice=") && smaller.len() < 36, "{smaller}");
        let page = fs::read_to_string(folder.path().join("index.html")).unwrap();
        assert_eq!(page, named(&hash()));
    }
}
