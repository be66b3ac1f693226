//! Chromium and its driver, for the browser tests.

use std::env;
use std::path::{Path, PathBuf};

use anyhow::{Context, Result};

use super::apt;
use crate::machine::find;

/// Names under which distributions install the browser.
const NAMES: [&str; 5] =
    ["chromium", "chromium-browser", "google-chrome", "google-chrome-stable", "chrome"];

/// Where macOS keeps it, which is never on PATH.
const MAC: &str = "/Applications/Google Chrome.app/Contents/MacOS/Google Chrome";

/// The two programs that a browser test starts.
pub(crate) struct Browser {
    /// The browser itself; handed on as `XTASK_CHROMIUM`.
    pub(crate) chromium: PathBuf,
    /// What speaks WebDriver to it; handed on as `XTASK_CHROMEDRIVER`.
    pub(crate) driver: PathBuf,
}

impl Browser {
    /// The browser of this machine, or the sentence that says how to get one.
    pub(crate) fn find() -> Result<Self> {
        let mac = Path::new(MAC);
        let chromium = named("XTASK_CHROMIUM")
            .or_else(|| find(&NAMES))
            .or_else(|| mac.exists().then(|| mac.to_path_buf()))
            .context("install Chromium, or set XTASK_CHROMIUM to the path of its program")?;
        let driver = named("XTASK_CHROMEDRIVER")
            .or_else(|| find(&["chromedriver"]))
            .context("install chromedriver, or set XTASK_CHROMEDRIVER to its path")?;
        Ok(Self { chromium, driver })
    }
}

/// Installs the browser unless one is there.
pub(super) fn ensure() -> Result<()> {
    if Browser::find().is_err() && apt::is_here() {
        apt::install(&["chromium", "chromium-driver"])?;
    }
    Browser::find().map(|_| ())
}

fn named(variable: &str) -> Option<PathBuf> {
    env::var_os(variable).filter(|path| !path.is_empty()).map(PathBuf::from)
}
