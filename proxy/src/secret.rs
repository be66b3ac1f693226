//! The upstream's token: a text that cannot be printed.

use std::fmt;
use std::fs;
use std::io;
use std::path::Path;

use serde::{Deserialize, Deserializer};
use zeroize::Zeroizing;

/// A secret text. It has no `Display` and no `Serialize`, its `Debug` shows
/// nothing, and its memory is overwritten when it is dropped.
#[derive(Clone)]
pub struct Secret(Zeroizing<String>);

impl Secret {
    /// Takes a text; white space around it is no part of a token.
    pub fn new(text: &str) -> Secret {
        Secret(Zeroizing::new(text.trim().to_owned()))
    }

    /// Reads a file that holds nothing but the secret.
    ///
    /// # Errors
    ///
    /// When the file cannot be read as UTF-8 text.
    pub fn from_file(path: &Path) -> io::Result<Secret> {
        let text = Zeroizing::new(fs::read_to_string(path)?);
        Ok(Secret::new(&text))
    }

    /// The text itself, for the one place that sends it.
    pub fn expose(&self) -> &str {
        &self.0
    }
}

/// Out of a configuration file, for secrets that may stand there.
impl<'de> Deserialize<'de> for Secret {
    fn deserialize<D: Deserializer<'de>>(from: D) -> Result<Secret, D::Error> {
        Ok(Secret::new(&Zeroizing::new(String::deserialize(from)?)))
    }
}

impl fmt::Debug for Secret {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("Secret(…)")
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_secret_does_not_print_itself() {
        assert_eq!(format!("{:?}", Some(Secret::new("hunter2"))), "Some(Secret(…))");
    }
}
