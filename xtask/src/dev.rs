//! The demo from debug builds, with the page rebuilt at each change.

use std::ffi::OsString;
use std::process::{Child, Command, ExitCode};
use std::thread;
use std::time::Duration;

use anyhow::{Context, Result};

use crate::machine::Machine;
use crate::step::note;
use crate::{page, setup};

/// How often we look whether the proxy has ended, or a source has changed.
const LOOK_EVERY: Duration = Duration::from_millis(300);

/// Runs the proxy, and builds the page anew whenever a source has changed, until
/// the proxy ends.
///
/// Both builds of the page are made, one after the other, which Trunk's own
/// watching does not do. A build that fails leaves the page as it was, and the next change tries
/// again. Ctrl-C reaches proxy and builds, since they share our terminal.
pub(crate) fn run(machine: &Machine, args: &[OsString]) -> Result<ExitCode> {
    setup::for_build(machine)?;
    page::ensure_folder(machine)?;
    page::fetch(machine)?;
    // A folder of its own: `dist/` holds the release page, or nothing.
    let folder = machine.target.join("dev-page");
    let mut built = page::changed(machine)?;
    page::build_quickly(machine, &folder)?;

    let mut proxy = machine.native("cargo");
    proxy.args(["run", "--package", "callboard-proxy", "--", "--demo", "--page-dir"]);
    proxy.arg(&folder).args(args);

    note("reload the page after each `page` that is done; Ctrl-C ends it");
    let mut proxy = start(proxy)?;
    let code = loop {
        if let Some(status) = proxy.try_wait()? {
            break status.code().and_then(|code| u8::try_from(code).ok());
        }
        let newest = page::changed(machine)?;
        if newest > built {
            built = newest;
            if let Err(error) = page::build_quickly(machine, &folder) {
                note(&format!("the page stays as it was: {error:#}"));
            }
        }
        thread::sleep(LOOK_EVERY);
    };
    Ok(code.map_or(ExitCode::FAILURE, ExitCode::from))
}

fn start(mut command: Command) -> Result<Child> {
    let program = command.get_program().to_string_lossy().into_owned();
    command.spawn().with_context(|| format!("`{program}` did not start; is it installed?"))
}
