//! Tokens that nobody else uses, so that they can be searched for.

use std::io::Write as _;
use std::path::Path;
use std::sync::atomic::{AtomicU32, Ordering};
use std::time::SystemTime;

use tempfile::NamedTempFile;

/// A token and the file that holds it.
pub struct Token {
    text: String,
    file: NamedTempFile,
}

impl Token {
    /// A new token, unlike any other text. Its characters need no escaping in
    /// a URL or in JSON: wherever it turns up, it looks like itself.
    pub fn new() -> Token {
        static COUNT: AtomicU32 = AtomicU32::new(0);
        let count = COUNT.fetch_add(1, Ordering::Relaxed);
        let since = SystemTime::now().duration_since(SystemTime::UNIX_EPOCH);
        let now = since.map_or(0, |since| since.as_nanos());
        let text = format!("canary-{}-{now}-{count}", std::process::id());
        let mut file = NamedTempFile::new().expect("a temporary file can be made");
        // The newline is how an editor leaves a file.
        writeln!(file, "{text}").expect("a temporary file can be written");
        Token { text, file }
    }

    /// The token.
    pub fn text(&self) -> &str {
        &self.text
    }

    /// The file that holds it.
    pub fn file(&self) -> &Path {
        self.file.path()
    }
}

impl Default for Token {
    fn default() -> Token {
        Token::new()
    }
}
