//! What the page loads later: built by Trunk in a folder of its own, put beside
//! the page, and named in it.

use std::fs;
use std::path::Path;

use anyhow::{Context, Result, bail, ensure};

use super::compress::files;

/// Stands in the page for what it loads later, until that is known.
const PLACE: &str = "callboard-more-files";

/// Puts the files of `built` beside the page in `dist`, and their names into it.
pub(super) fn put_beside(built: &Path, dist: &Path) -> Result<()> {
    let mut names = Vec::new();
    // In the order in which the loader wants them.
    for ending in [".js", "_bg.wasm", ".css"] {
        let name = name_of(built, ending)?;
        fs::copy(built.join(&name), dist.join(&name))
            .with_context(|| format!("make {} writable", dist.display()))?;
        names.push(format!("./{name}"));
    }
    let index = dist.join("index.html");
    let page = fs::read_to_string(&index).context("run `cargo xtask build`: no page")?;
    let page = name_in(&page, &names.join(","))?;
    fs::write(&index, page).with_context(|| format!("make {} writable", index.display()))
}

/// The one file of the folder that ends so.
pub(super) fn name_of(built: &Path, ending: &str) -> Result<String> {
    let names = files(built)?.into_iter().filter_map(|path| {
        path.strip_prefix(built).ok().map(|name| name.to_string_lossy().into_owned())
    });
    let names: Vec<_> = names.filter(|name| name.ends_with(ending)).collect();
    match &names[..] {
        [name] => Ok(name.clone()),
        names => bail!("correct what Trunk builds: {names:?} should be one file with {ending}"),
    }
}

/// The page with `names` where it names what it loads later. They hold nothing
/// that would need quotes, which Trunk takes away.
fn name_in(page: &str, names: &str) -> Result<String> {
    ensure!(page.contains(PLACE), "give index.html its `{PLACE}` again");
    Ok(page.replacen(PLACE, names, 1))
}

/// The page without the names of what it loads later.
pub(super) fn without(page: &str) -> String {
    // Trunk puts the attributes into an order of its own.
    let named = page.find("callboard-more").unwrap_or(page.len());
    let begin = page[..named].rfind('<').unwrap_or(named);
    let (before, after) = page.split_at(begin);
    let (_, after) = after.split_once('>').unwrap_or_default();
    format!("{before}{after}")
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_names_are_put_where_the_loader_looks() {
        let page = "<meta name=callboard-more content=callboard-more-files><p>";
        let named = name_in(page, "./a.js,./b.wasm").unwrap();
        assert_eq!(named, "<meta name=callboard-more content=./a.js,./b.wasm><p>");
        assert_eq!(without(&named), "<p>");
        assert!(name_in("<p>", "x").is_err());
    }
}
