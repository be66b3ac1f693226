//! Debian's packages, for what the machine cannot get any other way.

use std::process::Command;

use anyhow::{Context, Result, bail};

use crate::machine::find;
use crate::step::{ask, note, run, step};

/// True when this machine installs its software with `apt-get`.
pub(super) fn is_here() -> bool {
    find(&["apt-get"]).is_some()
}

/// Installs `packages`, after saying that this needs root.
///
/// Never removes a package: whoever has another compiler from Debian decides
/// alone what becomes of it.
pub(super) fn install(packages: &[&str]) -> Result<()> {
    // Packages that an administrator has put there ask for no root again.
    let missing: Vec<&str> = packages.iter().copied().filter(|name| !is_installed(name)).collect();
    if missing.is_empty() {
        return Ok(());
    }
    let packages = missing.as_slice();
    let list = packages.join(" ");
    let by_hand = format!("apt-get install --no-install-recommends {list}");
    note(&format!("Debian's packages {list} are needed; installing them takes root"));
    let prefix: &[&str] = match privilege() {
        Privilege::Root => &[],
        Privilege::Sudo => &["sudo"],
        Privilege::None => bail!("run `{by_hand}` as root, then this command again"),
    };
    step("apt-get", &format!("install {list}"), || {
        run(apt(prefix).arg("update"))
            .and_then(|()| {
                run(apt(prefix)
                    .args(["install", "--yes", "--no-install-recommends", "--no-remove"])
                    .args(packages))
            })
            .with_context(|| format!("run `{by_hand}` as root, then this command again"))
    })
}

fn is_installed(package: &str) -> bool {
    ask(Command::new("dpkg-query").args(["--show", "--showformat=${db:Status-Status}", package]))
        .is_some_and(|status| status == "installed")
}

enum Privilege {
    Root,
    Sudo,
    None,
}

fn privilege() -> Privilege {
    let user = ask(Command::new("id").arg("-u"));
    match user.as_deref().map(str::trim) {
        Some("0") => Privilege::Root,
        _ if find(&["sudo"]).is_some() => Privilege::Sudo,
        _ => Privilege::None,
    }
}

fn apt(prefix: &[&str]) -> Command {
    // Through `env`, since sudo does not hand our variables on.
    let words = [prefix, &["env", "DEBIAN_FRONTEND=noninteractive", "apt-get"]].concat();
    let (program, args) = words.split_first().expect("there is at least `apt-get`");
    let mut command = Command::new(program);
    command.args(args);
    command
}
