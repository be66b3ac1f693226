//! Lets only one `xtask` at a time write to a folder.

use std::fs::{self, File, TryLockError};
use std::path::Path;

use anyhow::{Context, Result};

use crate::step::note;

/// The right to write to a folder, until it is dropped or the process ends.
pub(crate) struct Turn {
    _file: File,
}

impl Turn {
    /// Waits until no other `xtask` writes to `folder`, which is made if need be.
    pub(crate) fn take(folder: &Path) -> Result<Self> {
        let path = folder.join("xtask.lock");
        let unusable = || format!("make {} writable: xtask keeps its lock there", folder.display());
        fs::create_dir_all(folder).with_context(unusable)?;
        let file = File::create(&path).with_context(unusable)?;
        match file.try_lock() {
            Ok(()) => (),
            Err(TryLockError::WouldBlock) => {
                note("waiting for another `cargo xtask` to finish");
                file.lock().with_context(unusable)?;
            }
            Err(TryLockError::Error(error)) => return Err(error).with_context(unusable),
        }
        Ok(Self { _file: file })
    }
}
