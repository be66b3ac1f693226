//! Processes below another one, by Linux's `/proc`.

use std::fs;

/// The private memory of the greatest renderer below a browser's driver, in
/// bytes: a browser keeps empty ones in reserve. Zero where there is no
/// `/proc`.
pub(crate) fn renderer_memory(driver: u32) -> u64 {
    let below = descendants(driver);
    below.into_iter().filter(|id| is_renderer(*id)).map(private_bytes).max().unwrap_or(0)
}

/// All processes below `root`.
fn descendants(root: u32) -> Vec<u32> {
    let entries = fs::read_dir("/proc").into_iter().flatten().filter_map(Result::ok);
    let ids = entries.filter_map(|entry| entry.file_name().to_str()?.parse::<u32>().ok());
    let pairs: Vec<_> = ids.filter_map(|id| Some((id, parent(id)?))).collect();
    let mut found = vec![root];
    let mut next = 0;
    while let Some(&one) = found.get(next) {
        found.extend(pairs.iter().filter(|(_, parent)| *parent == one).map(|(id, _)| *id));
        next += 1;
    }
    found
}

fn parent(id: u32) -> Option<u32> {
    // The name before it, in brackets, may hold anything.
    let stat = fs::read_to_string(format!("/proc/{id}/stat")).ok()?;
    stat.rsplit_once(')')?.1.split_whitespace().nth(1)?.parse().ok()
}

fn is_renderer(id: u32) -> bool {
    let words = fs::read(format!("/proc/{id}/cmdline")).unwrap_or_default();
    // Between words there are zeros, or spaces where the title was written anew.
    String::from_utf8_lossy(&words).contains("--type=renderer")
}

/// What the process has written itself. Clean pages are those of the browser's
/// program: they are private or not as other browsers come and go.
fn private_bytes(id: u32) -> u64 {
    let text = fs::read_to_string(format!("/proc/{id}/smaps_rollup")).unwrap_or_default();
    let lines = text.lines().filter_map(|line| line.strip_prefix("Private_Dirty"));
    let kib = lines.filter_map(|line| {
        let (_, value) = line.split_once(':')?;
        value.trim().strip_suffix(" kB")?.trim().parse::<u64>().ok()
    });
    kib.sum::<u64>() * 1024
}
