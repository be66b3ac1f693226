//! Files made for one test: settings, and a copy of the page.

use std::io::Write as _;
use std::path::Path;

use tempfile::{NamedTempFile, TempDir};

/// A temporary file with this text.
pub fn file(text: &str) -> NamedTempFile {
    let mut file = NamedTempFile::new().expect("a temporary file can be made");
    file.write_all(text.as_bytes()).expect("it can be written");
    file
}

/// Its path, as an argument.
pub fn path(file: &NamedTempFile) -> &str {
    file.path().to_str().expect("a plain path")
}

/// The page that is to be shipped, in a folder of its own, for `--page-dir`.
pub fn pages() -> TempDir {
    let folder = tempfile::tempdir().expect("a temporary folder can be made");
    copy(&Path::new(env!("CARGO_MANIFEST_DIR")).join("../dist"), folder.path());
    folder
}

fn copy(from: &Path, to: &Path) {
    std::fs::create_dir_all(to).expect("a folder can be made");
    let entries = std::fs::read_dir(from).expect("the page is built: `cargo xtask build`");
    for entry in entries.filter_map(Result::ok) {
        let (from, to) = (entry.path(), to.join(entry.file_name()));
        if from.is_dir() {
            copy(&from, &to);
        } else {
            std::fs::copy(&from, &to).expect("a file can be copied");
        }
    }
}
