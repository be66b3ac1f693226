//! Where the dependencies come from, and who has looked at them.

use std::fs;
use std::path::Path;
use std::process::Command;

use anyhow::{Context, Result, ensure};

use crate::machine::Machine;
use crate::step::{ask, note, run, step};

/// What was looked at, and by whom.
const STORE: &str = "supply-chain";
/// What is left unlooked at, and which crates are our own.
const CONFIG: &str = "config.toml";

/// Licences, sources, bans, advisories, and that somebody has looked at each
/// dependency in its exact version.
pub(super) fn check(machine: &Machine) -> Result<()> {
    step("deny", "cargo deny check bans licenses sources", || {
        deny(machine, &["bans", "licenses", "sources"])
    })?;
    step("vet", "cargo vet --locked --frozen", || vet(machine))?;
    // The only part that needs a network each time, so that its absence must
    // not fail the rest.
    if ask(machine.native("cargo").args(["deny", "fetch", "db"])).is_none() {
        note("advisories not checked: their database is out of reach");
        return Ok(());
    }
    step("advisories", "cargo deny check advisories", || deny(machine, &["advisories"]))
}

fn deny(machine: &Machine, what: &[&str]) -> Result<()> {
    let mut cargo = machine.native("cargo");
    // Duplicates are warnings, and the tree of each would be pages long.
    run(cargo.args(["deny", "check", "--hide-inclusion-graph"]).args(what))
}

/// Fails when nobody has looked at a dependency. The network is left alone.
fn vet(machine: &Machine) -> Result<()> {
    run(&mut vet_by(machine, &machine.root.join(STORE))).context(
        "look at the crate's source, then say so: `cargo vet certify CRATE VERSION`, or \
         `cargo vet add-exemption CRATE VERSION` where that is put off",
    )?;
    // A check that nothing can fail would be worth nothing.
    let blank = machine.target.join("blank-supply-chain");
    forget(&machine.root.join(STORE), &blank)?;
    let passes = ask(&mut vet_by(machine, &blank)).is_some();
    ensure!(!passes, "`cargo vet` passes crates that nobody has looked at: does it run at all?");
    Ok(())
}

fn vet_by(machine: &Machine, store: &Path) -> Command {
    let mut cargo = machine.native("cargo");
    cargo.args(["vet", "--locked", "--frozen", "--store-path"]).arg(store);
    cargo
}

/// Writes a store into `blank` in which nobody has looked at anything.
fn forget(store: &Path, blank: &Path) -> Result<()> {
    let config = fs::read_to_string(store.join(CONFIG))?;
    fs::create_dir_all(blank)?;
    fs::write(blank.join(CONFIG), without_exemptions(&config))?;
    fs::write(blank.join("audits.toml"), "\n# cargo-vet audits file\n\n[audits]\n")?;
    fs::write(blank.join("imports.lock"), "\n# cargo-vet imports lock\n")?;
    Ok(())
}

/// The tool sorts its file: exemptions come last.
fn without_exemptions(config: &str) -> &str {
    config.split_once("\n[[exemptions.").map_or(config, |(before, _)| before)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn policies_stay_and_exemptions_go() {
        let policy = "[policy.xtask]\naudit-as-crates-io = false\n";
        let config = format!("{policy}\n[[exemptions.serde]]\nversion = \"1.0.0\"\n");
        assert_eq!(without_exemptions(&config), policy);
        assert_eq!(without_exemptions(policy), policy);
    }
}
