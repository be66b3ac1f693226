//! Files of settings, made for one test.

use std::io::Write as _;

use tempfile::NamedTempFile;

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
