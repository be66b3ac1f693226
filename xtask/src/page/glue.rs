//! The program that wasm-bindgen writes: without comments and indentation,
//! which Trunk's own minifier does not manage.

use std::fs;
use std::path::Path;

use anyhow::{Context, Result};
use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use sha2::{Digest as _, Sha256};

use super::compress::files;

/// Makes the programs in `built` smaller, and their hashes in its page those of
/// what they are now.
pub(super) fn make_smaller(built: &Path) -> Result<()> {
    let index = built.join("index.html");
    let writable = || format!("make {} writable", built.display());
    let mut page = fs::read_to_string(&index).unwrap_or_default();
    for path in files(built)?.into_iter().filter(|path| is_glue(path)) {
        let program = fs::read_to_string(&path).with_context(writable)?;
        let smaller = without_comments(&program);
        page = page.replace(&hash(&program), &hash(&smaller));
        fs::write(&path, smaller).with_context(writable)?;
    }
    if index.exists() { fs::write(&index, page).with_context(writable) } else { Ok(()) }
}

/// Whether wasm-bindgen wrote it.
fn is_glue(path: &Path) -> bool {
    let name = path.file_name().map(|name| name.to_string_lossy().into_owned());
    let is_ours = |name: String| name.starts_with("callboard-") && name.ends_with(".js");
    name.is_some_and(is_ours)
}

/// As a page names it.
fn hash(text: &str) -> String {
    STANDARD.encode(Sha256::digest(text))
}

/// Leaves out lines that are comments, and what lines begin with.
fn without_comments(program: &str) -> String {
    let mut in_comment = false;
    let mut smaller = String::with_capacity(program.len());
    for line in program.lines().map(str::trim) {
        in_comment |= line.starts_with("/**");
        if !in_comment && !line.is_empty() && !line.starts_with("//") {
            smaller.push_str(line);
            smaller.push('\n');
        }
        in_comment &= !line.ends_with("*/");
    }
    smaller
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn only_comments_and_indentation_are_left_out() {
        let program = "/**\n * @param {number} a\n */\nexport function f(a) {\n    // why\n\n    \
                       return a * 2;\n}\n/** one line */\nlet x;\n";
        assert_eq!(without_comments(program), "export function f(a) {\nreturn a * 2;\n}\nlet x;\n");
    }

    #[test]
    fn the_page_names_the_new_program() {
        let folder = tempfile::tempdir().unwrap();
        let (program, page) =
            ("  let x;\n", format!("<link integrity=\"sha256-{}\">", hash("  let x;\n")));
        fs::write(folder.path().join("callboard-frontend-1.js"), program).unwrap();
        fs::write(folder.path().join("index.html"), page).unwrap();
        make_smaller(folder.path()).unwrap();
        let page = fs::read_to_string(folder.path().join("index.html")).unwrap();
        assert_eq!(page, format!("<link integrity=\"sha256-{}\">", hash("let x;\n")));
    }
}
