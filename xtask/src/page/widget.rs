//! The widget: its program built by Trunk in a folder of its own, its script,
//! which has a stable name, written by hand.

use std::fs;
use std::path::Path;

use anyhow::{Context, Result, ensure};

use super::more::name_of;
use crate::machine::Machine;

/// Stands in `widget.js` for the files that it loads, until they are known.
const PLACE: &str = "callboard-widget-files";
/// What lies beside the script: its types, and what editors read.
const BESIDE: [&str; 2] = ["widget.d.ts", "custom-elements.json"];

/// Puts the widget's files into `dist/`.
pub(super) fn put_beside(machine: &Machine, built: &Path) -> Result<()> {
    let (from, dist) = (machine.root.join("frontend/widget"), machine.dist());
    let writable = || format!("make {} writable", dist.display());
    let mut names = Vec::new();
    // In the order in which the script wants them.
    for ending in [".js", "_bg.wasm"] {
        let name = name_of(built, ending)?;
        fs::copy(built.join(&name), dist.join(&name)).with_context(writable)?;
        names.push(name);
    }
    for name in BESIDE {
        fs::copy(from.join(name), dist.join(name)).with_context(writable)?;
    }
    let script = fs::read_to_string(from.join("widget.js")).context("check out frontend/widget")?;
    fs::write(dist.join("widget.js"), name_in(&script, &names.join(","))?).with_context(writable)
}

/// The script with `names` where it names what it loads.
fn name_in(script: &str, names: &str) -> Result<String> {
    ensure!(script.contains(PLACE), "give widget.js its `{PLACE}` again");
    Ok(script.replacen(PLACE, names, 1))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_script_names_its_files() {
        assert_eq!(name_in("x(\"callboard-widget-files\")", "a,b").unwrap(), "x(\"a,b\")");
        assert!(name_in("", "a").is_err());
    }
}
