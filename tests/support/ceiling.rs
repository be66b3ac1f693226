//! A process that may use so much memory and no more.
//!
//! A control group of its own is what `MemoryMax` of a service is, too: the
//! system ends who wants more. Where none can be made, as it takes rights that
//! not everybody has, memory that may be written is limited instead
//! (`RLIMIT_DATA`), and the proxy ends when it gets none.

use std::fs::{self, OpenOptions};
use std::io::Write as _;
use std::path::{Path, PathBuf};
use std::process::Command;
use std::sync::atomic::{AtomicU32, Ordering};

/// Of a thread, in bytes.
const STACK: u64 = 2 << 20;

/// Joins the group whose list of processes is named first, and becomes the rest.
const JOIN: &str = "echo $$ > \"$0\" && exec \"$@\"";

/// The limit, and what holds it. The group goes with it, after its processes.
#[derive(Debug)]
pub struct Ceiling {
    limits: Limits,
    group: Option<Group>,
}

/// What may be used, in bytes.
#[derive(Clone, Copy, Debug)]
pub struct Limits {
    /// By the process.
    pub process: u64,
    /// By the system for its sockets. Newer systems know the sum of both only.
    pub sockets: u64,
}

#[derive(Debug)]
struct Group {
    folder: PathBuf,
    files: &'static Files,
}

/// Names of the files in a group's folder.
#[derive(Debug)]
struct Files {
    limit: &'static str,
    /// Limits that say how much may be swapped.
    swap: (&'static str, bool),
    peak: &'static str,
    ended: &'static str,
    /// What sockets hold, where that is a sum of its own.
    sockets: Option<[&'static str; 2]>,
}

const FIRST: Files = Files {
    limit: "memory.limit_in_bytes",
    // Memory and swap together.
    swap: ("memory.memsw.limit_in_bytes", true),
    peak: "memory.max_usage_in_bytes",
    ended: "memory.oom_control",
    sockets: Some(["memory.kmem.tcp.limit_in_bytes", "memory.kmem.tcp.max_usage_in_bytes"]),
};

const SECOND: Files = Files {
    limit: "memory.max",
    swap: ("memory.swap.max", false),
    peak: "memory.peak",
    ended: "memory.events",
    sockets: None,
};

impl Ceiling {
    /// One of these limits.
    pub fn new(limits: Limits) -> Ceiling {
        Ceiling { limits, group: Group::new(limits) }
    }

    /// What holds it.
    pub fn by(&self) -> &'static str {
        match &self.group {
            Some(group) if group.files.sockets.is_some() => "cgroup v1",
            Some(_) => "cgroup v2",
            None => "RLIMIT_DATA",
        }
    }

    /// What a program is started with to stay below it.
    pub fn starter(&self) -> Vec<String> {
        match &self.group {
            Some(group) => {
                let list = group.folder.join("cgroup.procs").display().to_string();
                ["sh", "-c", JOIN, &list].map(str::to_owned).into()
            }
            None => {
                // Stacks count in full, however little of them is used.
                let threads = std::thread::available_parallelism().map_or(1, usize::from) as u64;
                let bytes = self.limits.process + threads * STACK;
                vec!["prlimit".to_owned(), format!("--data={bytes}:{bytes}")]
            }
        }
    }

    /// The most that the group has used at a time, files that can be read
    /// again included, in bytes.
    pub fn peak(&self) -> Option<u64> {
        self.group.as_ref()?.number(self.group.as_ref()?.files.peak)
    }

    /// The most that the system has held for its sockets, in bytes, where that
    /// is not part of the rest.
    pub fn sockets(&self) -> Option<u64> {
        let group = self.group.as_ref()?;
        group.number(group.files.sockets?[1])
    }

    /// How many of its processes the system has ended.
    pub fn ended(&self) -> Option<u64> {
        let group = self.group.as_ref()?;
        let text = fs::read_to_string(group.folder.join(group.files.ended)).ok()?;
        text.lines().find_map(|line| line.strip_prefix("oom_kill ")?.parse().ok())
    }
}

impl Group {
    /// Below our own, so that what is allowed to us still counts.
    fn new(limits: Limits) -> Option<Group> {
        static NEXT: AtomicU32 = AtomicU32::new(0);
        let nth = NEXT.fetch_add(1, Ordering::Relaxed);
        let name = format!("callboard-{}-{nth}", std::process::id());
        let own = fs::read_to_string("/proc/self/cgroup").ok()?;
        let mut hierarchies = own.lines().filter_map(|line| {
            let (controllers, path) = line.split_once(':')?.1.split_once(':')?;
            let path = path.trim_start_matches('/');
            let is_first = controllers.split(',').any(|controller| controller == "memory");
            match (is_first, controllers) {
                (true, _) => Some((Path::new("/sys/fs/cgroup/memory").join(path), &FIRST)),
                (false, "") => Some((Path::new("/sys/fs/cgroup").join(path), &SECOND)),
                _ => None,
            }
        });
        hierarchies.find_map(|(above, files)| {
            let folder = above.join(&name);
            fs::create_dir(&folder).ok()?;
            // Removed again where it turns out to be of no use.
            let group = Group { folder, files };
            group.limit(limits)?;
            Some(group)
        })
    }

    fn limit(&self, limits: Limits) -> Option<()> {
        let Files { limit, swap: (swap, together), sockets, .. } = self.files;
        let apart = sockets.is_some();
        let bytes = limits.process + if apart { 0 } else { limits.sockets };
        // The system puts the files there, or it is no group.
        let write = |file: &str, bytes: u64| {
            let mut file = OpenOptions::new().write(true).open(self.folder.join(file))?;
            file.write_all(bytes.to_string().as_bytes())
        };
        write(limit, bytes).ok()?;
        // Not where the system knows no swap.
        let _ = write(swap, if *together { bytes } else { 0 });
        if let Some([limit, _]) = sockets {
            // Not where the system does not count them.
            let _ = write(limit, limits.sockets);
        }
        let list = self.folder.join("cgroup.procs");
        let joined = Command::new("sh").args(["-c", JOIN]).arg(list).arg("true").output();
        joined.is_ok_and(|output| output.status.success()).then_some(())
    }

    fn number(&self, file: &str) -> Option<u64> {
        fs::read_to_string(self.folder.join(file)).ok()?.trim().parse().ok()
    }
}

impl Drop for Group {
    fn drop(&mut self) {
        // Fails while somebody is in it.
        let _ = fs::remove_dir(&self.folder);
    }
}
