//! Named steps with their time, and the one way to run another program.

use std::path::Path;
use std::process::Command;
use std::time::{Duration, Instant};

use anyhow::{Context, Result, ensure};

/// Does `work`, saying before what it is and afterwards how long it took.
///
/// The end has a line of its own because most steps let a compiler talk in
/// between.
pub(crate) fn step<T>(name: &str, does: &str, work: impl FnOnce() -> Result<T>) -> Result<T> {
    eprintln!("▸ {name}: {does}");
    let started = Instant::now();
    let outcome = work();
    let mark = if outcome.is_ok() { '✓' } else { '✗' };
    eprintln!("{mark} {name}: {}", seconds(started.elapsed()));
    outcome
}

/// Says something that is neither the beginning nor the end of a step.
pub(crate) fn note(text: &str) {
    eprintln!("  {text}");
}

/// A duration as people compare them: `0.3 s`, `41.2 s`, `412.0 s`.
pub(crate) fn seconds(duration: Duration) -> String {
    format!("{:.1} s", duration.as_secs_f64())
}

/// Runs `command` to its end and fails when it does.
///
/// What it prints goes to standard error: standard output belongs to our own
/// results.
pub(crate) fn run(command: &mut Command) -> Result<()> {
    let line = shown(command);
    let status = command
        .stdout(std::io::stderr())
        .status()
        .with_context(|| format!("`{line}` did not start; is the program installed?"))?;
    ensure!(status.success(), "`{line}` failed ({status}); what it said is above");
    Ok(())
}

/// What `command` printed, or nothing when it could not be run or failed.
///
/// For questions only, where "no" and "cannot tell" have the same answer.
pub(crate) fn ask(command: &mut Command) -> Option<String> {
    let output = command.output().ok().filter(|output| output.status.success())?;
    String::from_utf8(output.stdout).ok()
}

/// The command as a person would type it, without the path of the program.
fn shown(command: &Command) -> String {
    let program = Path::new(command.get_program());
    let name = program.file_name().unwrap_or(program.as_os_str());
    std::iter::once(name)
        .chain(command.get_args())
        .map(|part| part.to_string_lossy())
        .collect::<Vec<_>>()
        .join(" ")
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_failing_program_is_named_as_one_would_type_it() {
        let error = run(Command::new("/bin/sh").args(["-c", "exit 3"])).unwrap_err();
        let text = format!("{error:#}");
        assert!(text.starts_with("`sh -c exit 3` failed"), "{text}");
    }

    #[test]
    fn a_program_that_is_not_there_answers_nothing() {
        assert_eq!(ask(&mut Command::new("no-such-program-anywhere")), None);
    }
}
