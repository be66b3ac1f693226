//! Writes `.br` and `.gz` beside each file, so that the proxy never compresses.

use std::ffi::OsString;
use std::fs;
use std::io::Write;
use std::path::{Path, PathBuf};

use anyhow::{Context, Result};

/// What browsers accept compressed and what gets smaller by it. Images and
/// fonts are compressed already.
const EXTENSIONS: [&str; 8] = ["css", "html", "js", "json", "mjs", "svg", "txt", "wasm"];

/// The strongest that brotli offers: time is spent once, bytes on every visit.
const BROTLI_QUALITY: i32 = 11;

/// The largest window (2^24 bytes) that every browser must accept.
const BROTLI_WINDOW: i32 = 24;

/// Compresses every file below `folder` that is worth it.
pub(super) fn beside_each_file(folder: &Path) -> Result<()> {
    for path in files(folder)?.into_iter().filter(|path| is_worth_it(path)) {
        let raw = fs::read(&path).with_context(|| writable(folder))?;
        for (suffix, bytes) in [(".br", brotli(&raw)?), (".gz", gzip(&raw)?)] {
            fs::write(with_suffix(&path, suffix), bytes).with_context(|| writable(folder))?;
        }
    }
    Ok(())
}

/// All files below `folder`, in order.
pub(super) fn files(folder: &Path) -> Result<Vec<PathBuf>> {
    let mut files = Vec::new();
    let mut left = vec![folder.to_path_buf()];
    while let Some(folder) = left.pop() {
        let entries = fs::read_dir(&folder)
            .with_context(|| format!("run `cargo xtask build`: no {}", folder.display()))?;
        for entry in entries {
            let path = entry?.path();
            if path.is_dir() { left.push(path) } else { files.push(path) }
        }
    }
    files.sort();
    Ok(files)
}

/// `app.js` and `.br` make `app.js.br`.
pub(super) fn with_suffix(path: &Path, suffix: &str) -> PathBuf {
    let mut name = OsString::from(path);
    name.push(suffix);
    name.into()
}

/// Whether a file of the page has compressed companions.
pub(super) fn is_worth_it(path: &Path) -> bool {
    path.extension().is_some_and(|extension| EXTENSIONS.iter().any(|known| extension == *known))
}

fn brotli(raw: &[u8]) -> Result<Vec<u8>> {
    let params = brotli::enc::BrotliEncoderParams {
        quality: BROTLI_QUALITY,
        lgwin: BROTLI_WINDOW,
        size_hint: raw.len(),
        ..Default::default()
    };
    let mut bytes = Vec::new();
    brotli::BrotliCompress(&mut &*raw, &mut bytes, &params)?;
    Ok(bytes)
}

fn gzip(raw: &[u8]) -> Result<Vec<u8>> {
    let mut encoder = flate2::write::GzEncoder::new(Vec::new(), flate2::Compression::best());
    encoder.write_all(raw)?;
    Ok(encoder.finish()?)
}

fn writable(folder: &Path) -> String {
    format!("make {} readable and writable", folder.display())
}

#[cfg(test)]
mod tests {
    use std::io::Read;

    use super::*;

    #[test]
    fn each_text_has_both_companions_and_they_unpack_to_it() {
        let folder = tempfile::tempdir().unwrap();
        let text = "callboard ".repeat(400);
        fs::create_dir(folder.path().join("snippets")).unwrap();
        fs::write(folder.path().join("snippets/a.js"), &text).unwrap();
        fs::write(folder.path().join("icon.png"), "not really").unwrap();
        beside_each_file(folder.path()).unwrap();

        let names: Vec<_> = files(folder.path())
            .unwrap()
            .iter()
            .map(|path| path.strip_prefix(folder.path()).unwrap().display().to_string())
            .collect();
        assert_eq!(names, ["icon.png", "snippets/a.js", "snippets/a.js.br", "snippets/a.js.gz"]);

        let mut unpacked = String::new();
        let packed = fs::read(folder.path().join("snippets/a.js.br")).unwrap();
        brotli::Decompressor::new(&*packed, 4096).read_to_string(&mut unpacked).unwrap();
        assert_eq!(unpacked, text);

        unpacked.clear();
        let packed = fs::read(folder.path().join("snippets/a.js.gz")).unwrap();
        flate2::read::GzDecoder::new(&*packed).read_to_string(&mut unpacked).unwrap();
        assert_eq!(unpacked, text);
    }
}
