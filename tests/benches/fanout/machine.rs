//! The machine: cores, open files, and what a process has used of both.

use std::fs;
use std::process::Command;
use std::time::Duration;

/// The core that peers are pinned to; the load client has the next one.
const SERVER_CORE: usize = 0;

/// What a peer is started with: pinned to one core where that can be done.
pub(crate) fn pinned(program: &std::path::Path) -> Command {
    if !can_pin() {
        return Command::new(program);
    }
    let mut command = Command::new("taskset");
    command.args(["-c", &SERVER_CORE.to_string()]).arg(program);
    command
}

/// Moves this process to the other core; whether there is one.
pub(crate) fn move_aside() -> bool {
    let core = (SERVER_CORE + 1).to_string();
    let id = std::process::id().to_string();
    let moved = can_pin() && {
        let output = Command::new("taskset").args(["-a", "-p", "-c", &core, &id]).output();
        output.is_ok_and(|output| output.status.success())
    };
    // Both ends of each connection are ours; peers get the same by inheritance.
    let most = rlimit::increase_nofile_limit(u64::MAX).unwrap_or(0);
    assert!(most >= 12_000, "{most} open files are too few: `ulimit -n 20000`");
    moved
}

fn can_pin() -> bool {
    let cores = std::thread::available_parallelism().map_or(1, usize::from);
    // Moved aside, we see one core only, and have pinned already.
    let taskset = || Command::new("taskset").arg("--version").output().is_ok();
    (cores > 1 || own_cores() > 1) && taskset()
}

/// Cores of the machine, whichever of them we may use.
fn own_cores() -> usize {
    let text = fs::read_to_string("/proc/cpuinfo").unwrap_or_default();
    text.lines().filter(|line| line.starts_with("processor")).count()
}

/// The CPU time that all threads of a process have used.
pub(crate) fn cpu(pid: u32) -> Duration {
    let tasks = fs::read_dir(format!("/proc/{pid}/task")).expect("the process runs");
    let nanoseconds = tasks.filter_map(Result::ok).filter_map(|task| {
        let text = fs::read_to_string(task.path().join("schedstat")).ok()?;
        text.split(' ').next()?.parse::<u64>().ok()
    });
    Duration::from_nanos(nanoseconds.sum())
}

/// Memory of a process that is in RAM, in bytes.
pub(crate) fn memory(pid: u32) -> u64 {
    status(pid, "VmRSS:")
}

/// The most of it that there was at a time.
pub(crate) fn peak(pid: u32) -> u64 {
    status(pid, "VmHWM:")
}

fn status(pid: u32, name: &str) -> u64 {
    let text = fs::read_to_string(format!("/proc/{pid}/status")).expect("the process runs");
    let line = text.lines().find_map(|line| line.strip_prefix(name));
    let kib = line.and_then(|line| line.trim().strip_suffix(" kB")?.trim().parse::<u64>().ok());
    kib.expect("a size in kB") * 1024
}
