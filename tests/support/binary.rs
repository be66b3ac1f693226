//! Where the binary under test is.

use std::env::consts::EXE_SUFFIX;
use std::path::PathBuf;

/// The binary `callboard` of the profile in which the tests were built.
///
/// The tests lie in `<target>/<profile>/deps`, and the binary one folder up;
/// that holds for any `CARGO_TARGET_DIR`.
pub(crate) fn callboard() -> PathBuf {
    let tests = std::env::current_exe().expect("a test knows its own path");
    let folder = tests.parent().expect("a file lies in a folder");
    let profile = if folder.ends_with("deps") { folder.parent().unwrap_or(folder) } else { folder };
    let binary = profile.join(format!("callboard{EXE_SUFFIX}"));
    assert!(
        binary.is_file(),
        "there is no {}: run `cargo build -p callboard-proxy` first",
        binary.display()
    );
    binary
}
