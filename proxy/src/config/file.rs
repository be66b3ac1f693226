//! The configuration file: what it says where flags and variables say nothing.

use super::{ConfigError, Settings};

impl Settings {
    /// These settings over those of their file, if they name one.
    pub(super) fn with_file(self) -> Result<Settings, ConfigError> {
        match &self.config {
            Some(path) => {
                let text = std::fs::read_to_string(path).map_err(|error| {
                    ConfigError(format!("`config`: cannot read {}: {error}", path.display()))
                })?;
                self.over(&text)
            }
            None => Ok(self),
        }
    }

    /// These settings, and the file's where these say nothing.
    pub(super) fn over(self, file: &str) -> Result<Settings, ConfigError> {
        let in_file = |error: toml::de::Error| ConfigError(in_one_line(&error, file));
        let mut merged: toml::Table = toml::from_str(file).map_err(in_file)?;
        // Read on its own first, so that an error names the file's line.
        toml::from_str::<Settings>(file).map_err(in_file)?;
        let flags = toml::Table::try_from(&self).map_err(|e| ConfigError(e.to_string()))?;
        merged.extend(flags);
        merged.try_into().map_err(in_file)
    }
}

/// The mistake in one line. The text around it may hold a secret in the wrong
/// place: the key is named, never the value.
fn in_one_line(error: &toml::de::Error, file: &str) -> String {
    let message = error.message().lines().next().unwrap_or_default();
    // Keys stand between backticks, values between quotes.
    let parts = message.split('"').enumerate();
    let message: String = parts.map(|(i, part)| if i % 2 == 0 { part } else { "…" }).collect();
    let line = error.span().and_then(|span| file.get(..span.start)?.lines().last());
    let key = line.and_then(|line| line.split_once('=')).map(|(key, _)| key.trim());
    match key {
        Some(key) => format!("configuration file: `{key}`: {message}"),
        None => format!("configuration file: {message}"),
    }
}
