//! The demo from debug builds, with the page rebuilt at each change.

use std::ffi::OsString;
use std::process::{Child, Command, ExitCode};
use std::thread;
use std::time::Duration;

use anyhow::{Context, Result};

use crate::machine::Machine;
use crate::step::{run as run_to_end, step};
use crate::{page, setup};

/// How often we look whether one of the two programs has ended.
const LOOK_EVERY: Duration = Duration::from_millis(200);

/// Runs Trunk and the proxy side by side until one of them ends.
///
/// Ctrl-C reaches both, since they share our terminal.
pub(crate) fn run(machine: &Machine, args: &[OsString]) -> Result<ExitCode> {
    setup::for_build(machine)?;
    page::ensure_folder(machine)?;
    page::fetch(machine)?;
    // A folder of its own: `dist/` holds the release page, or nothing.
    let folder = machine.target.join("dev-page");
    step("page", "trunk build (debug)", || {
        run_to_end(page::trunk(machine, "build")?.arg("--dist").arg(&folder))
    })?;

    let mut proxy = machine.native("cargo");
    proxy.args(["run", "--package", "callboard-proxy", "--", "--demo", "--page-dir"]);
    proxy.arg(&folder).args(args);
    let mut watch = page::trunk(machine, "watch")?;
    watch.arg("--dist").arg(&folder);

    eprintln!("▸ dev: reload the page after each `success` of Trunk; Ctrl-C ends both");
    let (mut watch, mut proxy) = (start(watch)?, start(proxy)?);
    let code = loop {
        if let Some(status) = proxy.try_wait()?.or(watch.try_wait()?) {
            break status.code().and_then(|code| u8::try_from(code).ok());
        }
        thread::sleep(LOOK_EVERY);
    };
    // The one that has ended already cannot be killed, which is what we want.
    let _ = proxy.kill();
    let _ = watch.kill();
    Ok(code.map_or(ExitCode::FAILURE, ExitCode::from))
}

fn start(mut command: Command) -> Result<Child> {
    let program = command.get_program().to_string_lossy().into_owned();
    command.spawn().with_context(|| format!("`{program}` did not start; is it installed?"))
}
