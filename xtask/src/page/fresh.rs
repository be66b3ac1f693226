//! Whether the page has to be built again.

use std::fs;
use std::path::{Path, PathBuf};
use std::time::SystemTime;

use anyhow::{Context, Result};

use crate::machine::Machine;

/// Files and folders that the page is made from.
const SOURCES: [&str; 6] =
    ["index.html", "Trunk.toml", "Cargo.toml", "Cargo.lock", "shared", "frontend"];

/// Remembers when the page was built, and with which tools.
pub(super) struct Stamp {
    root: PathBuf,
    /// The last file of a page. A `trunk build` by hand empties `dist/` and
    /// leaves no such file, so that the page counts as gone.
    page: PathBuf,
    /// Beside the builds: Trunk empties `dist/`, and `cargo clean` ought to
    /// forget the page, too.
    done: PathBuf,
    begun: PathBuf,
    tools: String,
}

impl Stamp {
    /// The stamp of this checkout for a page made with `tools`.
    pub(super) fn new(machine: &Machine, tools: &str) -> Self {
        let folder = machine.wasm_target();
        Self {
            root: machine.root.clone(),
            page: machine.dist().join("index.html.br"),
            done: folder.join("page.stamp"),
            begun: folder.join("page.stamp.begun"),
            tools: tools.to_owned(),
        }
    }

    /// True when the page is there, made with the same tools, and no source is younger.
    pub(super) fn is_fresh(&self) -> Result<bool> {
        let Ok(built) = fs::metadata(&self.done).and_then(|stamp| stamp.modified()) else {
            return Ok(false);
        };
        if !self.page.exists() || fs::read_to_string(&self.done).ok().as_ref() != Some(&self.tools)
        {
            return Ok(false);
        }
        let newest = newest(SOURCES.iter().map(|source| self.root.join(source)))?;
        Ok(newest.is_none_or(|newest| newest < built))
    }

    /// Takes the time before the build, so that what changes during it counts
    /// as younger.
    pub(super) fn begin(&self) -> Result<()> {
        let _ = fs::remove_file(&self.done);
        fs::write(&self.begun, &self.tools).with_context(|| writable(&self.begun))
    }

    /// Makes the time taken by [`Stamp::begin`] that of the finished page.
    pub(super) fn commit(&self) -> Result<()> {
        fs::rename(&self.begun, &self.done).with_context(|| writable(&self.done))
    }
}

/// When a source of the page last changed.
pub(crate) fn changed(machine: &Machine) -> Result<Option<SystemTime>> {
    newest(SOURCES.iter().map(|source| machine.root.join(source)))
}

fn writable(path: &Path) -> String {
    format!("make {} writable", path.display())
}

/// When the youngest of `paths`, folders with all below them, last changed.
///
/// A folder counts itself, since removing a file changes nothing else. Names
/// with a leading dot do not: editors keep their swap files under them.
fn newest(paths: impl IntoIterator<Item = PathBuf>) -> Result<Option<SystemTime>> {
    let mut newest = None;
    let mut left: Vec<PathBuf> = paths.into_iter().collect();
    while let Some(path) = left.pop() {
        let Ok(metadata) = fs::metadata(&path) else { continue };
        newest = newest.max(Some(metadata.modified()?));
        if metadata.is_dir() {
            for entry in fs::read_dir(&path)? {
                let entry = entry?;
                if !entry.file_name().to_string_lossy().starts_with('.') {
                    left.push(entry.path());
                }
            }
        }
    }
    Ok(newest)
}

#[cfg(test)]
mod tests {
    use std::fs::File;
    use std::time::Duration;

    use super::*;

    /// A checkout in which everything is an hour old and the page is built.
    fn built() -> (tempfile::TempDir, Stamp) {
        let folder = tempfile::tempdir().unwrap();
        let root = folder.path().to_path_buf();
        let machine =
            Machine { tools: root.join("tools"), target: root.join("target"), root: root.clone() };
        for path in ["frontend/src", "shared/src", "dist", "target/wasm"] {
            fs::create_dir_all(root.join(path)).unwrap();
        }
        fs::write(root.join("frontend/src/lib.rs"), "").unwrap();
        fs::write(root.join("index.html"), "").unwrap();
        fs::write(root.join("dist/index.html.br"), "").unwrap();
        for path in ["frontend/src/lib.rs", "frontend/src", "frontend", "shared/src", "shared"] {
            set_age(&root.join(path), 3600);
        }
        set_age(&root.join("index.html"), 3600);
        let stamp = Stamp::new(&machine, "trunk 1");
        stamp.begin().unwrap();
        stamp.commit().unwrap();
        (folder, stamp)
    }

    fn set_age(path: &Path, seconds: u64) {
        let time = SystemTime::now() - Duration::from_secs(seconds);
        File::open(path).unwrap().set_modified(time).unwrap();
    }

    #[test]
    fn a_page_is_fresh_until_a_source_changes() {
        let (folder, stamp) = built();
        assert!(stamp.is_fresh().unwrap());
        fs::write(folder.path().join("frontend/src/lib.rs"), "fn main() {}").unwrap();
        assert!(!stamp.is_fresh().unwrap());
    }

    #[test]
    fn a_removed_source_makes_the_page_stale() {
        let (folder, stamp) = built();
        fs::remove_file(folder.path().join("frontend/src/lib.rs")).unwrap();
        assert!(!stamp.is_fresh().unwrap());
    }

    #[test]
    fn a_swap_file_changes_nothing_once_its_folder_is_older() {
        let (folder, stamp) = built();
        fs::write(folder.path().join("frontend/src/.lib.rs.swp"), "").unwrap();
        set_age(&folder.path().join("frontend/src"), 3600);
        assert!(stamp.is_fresh().unwrap());
    }

    #[test]
    fn other_tools_or_a_build_by_hand_make_the_page_stale() {
        let (folder, stamp) = built();
        let other = Stamp { tools: "trunk 2".to_owned(), ..stamp };
        assert!(!other.is_fresh().unwrap());
        let (folder, stamp) = {
            drop(folder);
            built()
        };
        fs::remove_file(folder.path().join("dist/index.html.br")).unwrap();
        assert!(!stamp.is_fresh().unwrap());
    }

    #[test]
    fn a_build_that_did_not_finish_leaves_the_page_stale() {
        let (_folder, stamp) = built();
        stamp.begin().unwrap();
        assert!(!stamp.is_fresh().unwrap());
    }

    #[test]
    fn what_changes_during_the_build_makes_the_page_stale() {
        let (folder, stamp) = built();
        stamp.begin().unwrap();
        fs::write(folder.path().join("index.html"), "<p>").unwrap();
        stamp.commit().unwrap();
        assert!(!stamp.is_fresh().unwrap());
    }
}
