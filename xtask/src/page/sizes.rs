//! What the page costs on the wire.

use std::fmt;
use std::fs;
use std::path::Path;

use anyhow::{Context, Result};

use super::compress::{files, is_worth_it, with_suffix};
use super::more::without;
use super::{BUDGET_BYTES, WIDGET_BYTES};

/// What the first view consists of. A picture does not hold it up.
const FIRST_VIEW: [&str; 4] = ["css", "html", "js", "wasm"];

/// The sizes of all compressed files of the page.
pub(crate) struct Sizes(Vec<Size>);

/// One file of the page, in bytes.
struct Size {
    name: String,
    raw: u64,
    gzip: u64,
    brotli: u64,
    /// Whether a browser loads it before it can show anything.
    in_first_view: bool,
}

impl Sizes {
    /// What a browser loads for the first view, in bytes of brotli.
    pub(crate) fn first_view(&self) -> u64 {
        self.0.iter().filter(|size| size.in_first_view).map(|size| size.brotli).sum()
    }

    /// What a page loads for its first widget, in bytes of brotli.
    pub(crate) fn widget(&self) -> u64 {
        self.0.iter().filter(|size| is_of_widget(&size.name)).map(|size| size.brotli).sum()
    }
}

/// Whether a page that has a widget loads the file `name` for it.
fn is_of_widget(name: &str) -> bool {
    name == "widget.js" || name.starts_with("callboard-widget-")
}

/// Measures the page in `dist`.
pub(crate) fn sizes(dist: &Path) -> Result<Sizes> {
    let index = fs::read_to_string(dist.join("index.html"))
        .context("run `cargo xtask build` first: dist/ holds no page")?;
    let index = without(&index);
    let bytes = |path: &Path| {
        let length = fs::metadata(path).map(|file| file.len());
        length.with_context(|| format!("remove dist/ and build again: no {}", path.display()))
    };
    let measure = |path: &Path| {
        let name = path.strip_prefix(dist)?.to_string_lossy().replace('\\', "/");
        Ok(Size {
            raw: bytes(path)?,
            gzip: bytes(&with_suffix(path, ".gz"))?,
            brotli: bytes(&with_suffix(path, ".br"))?,
            in_first_view: is_in_first_view(&name, &index),
            name,
        })
    };
    let paths = files(dist)?.into_iter().filter(|path| is_worth_it(path));
    paths.map(|path| measure(&path)).collect::<Result<Vec<_>>>().map(Sizes)
}

/// Whether the browser loads the file `name` because of the markup `index`.
///
/// Trunk lists there every module that the page imports, hash and all. What
/// the markup does not name is for others: the widget, or a later view.
fn is_in_first_view(name: &str, index: &str) -> bool {
    let extension = name.rsplit('.').next().unwrap_or_default();
    FIRST_VIEW.contains(&extension) && (name == "index.html" || index.contains(name))
}

impl fmt::Display for Sizes {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let width = self.0.iter().map(|size| size.name.len()).max().unwrap_or(0).max(10);
        writeln!(f, "{:width$} {:>9} {:>9} {:>9}", "bytes", "raw", "gzip", "brotli")?;
        for Size { name, raw, gzip, brotli, in_first_view } in &self.0 {
            let mark = if *in_first_view { " first view" } else { "" };
            writeln!(f, "{name:width$} {raw:>9} {gzip:>9} {brotli:>9}{mark}")?;
        }
        let total = self.first_view();
        writeln!(f, "{:width$} {:>9} {:>9} {total:>9} of {BUDGET_BYTES}", "first view", "", "")?;
        let widget = self.widget();
        write!(f, "{:width$} {:>9} {:>9} {widget:>9} of {WIDGET_BYTES}", "widget", "", "")
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const INDEX: &str = r#"<link rel="modulepreload" href="./app-1f.js">
        <link rel="icon" href="./icon.svg">
        <script type="module">init({ module_or_path: './app-1f_bg.wasm' })</script>"#;

    #[test]
    fn the_first_view_is_the_markup_and_the_code_it_names() {
        for name in ["index.html", "app-1f.js", "app-1f_bg.wasm"] {
            assert!(is_in_first_view(name, INDEX), "{name}");
        }
        for name in ["icon.svg", "widget.js", "app-2e.js", "lite.html"] {
            assert!(!is_in_first_view(name, INDEX), "{name}");
        }
    }

    #[test]
    fn the_budget_counts_brotli_of_the_first_view_only() {
        let folder = tempfile::tempdir().unwrap();
        let dist = folder.path();
        for (name, brotli) in [
            ("index.html", 10),
            ("app-1f.js", 200),
            ("app-1f_bg.wasm", 3000),
            ("widget.js", 40_000),
        ] {
            let text = if name == "index.html" { INDEX } else { "" };
            fs::write(dist.join(name), text).unwrap();
            fs::write(dist.join(format!("{name}.gz")), "").unwrap();
            fs::write(dist.join(format!("{name}.br")), vec![0; brotli]).unwrap();
        }
        let sizes = sizes(dist).unwrap();
        assert_eq!(sizes.first_view(), 3210);
        assert_eq!(sizes.widget(), 40_000);
        let table = sizes.to_string();
        assert!(
            table.lines().any(|line| line.starts_with("widget.js ") && line.ends_with("40000"))
        );
    }

    #[test]
    fn a_file_without_its_companions_is_an_error_that_says_what_to_do() {
        let folder = tempfile::tempdir().unwrap();
        fs::write(folder.path().join("index.html"), INDEX).unwrap();
        let error = sizes(folder.path()).err().unwrap();
        assert!(format!("{error:#}").starts_with("remove dist/ and build again"));
    }
}
