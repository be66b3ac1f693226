//! Saved boards: names for states of the view, which live in the URL.

use std::collections::BTreeMap;

use super::ConfigError;
use super::check::refuse;

/// More fill no menu.
const BOARDS_MOST: usize = 50;
/// Characters of a name.
const NAME_MOST: usize = 60;
/// Bytes of a query.
const QUERY_MOST: usize = 2 * 1024;

/// A saved board.
#[derive(Clone, Debug, Eq, PartialEq, serde::Serialize)]
pub struct Board {
    /// What people call it.
    pub name: String,
    /// The state of the view, from the `?` on.
    pub query: String,
}

pub(super) fn boards(told: &BTreeMap<String, String>) -> Result<Vec<Board>, ConfigError> {
    if told.len() > BOARDS_MOST {
        return refuse("boards", format!("has more than {BOARDS_MOST} boards"));
    }
    told.iter().map(|(name, query)| board(name, query)).collect()
}

fn board(name: &str, query: &str) -> Result<Board, ConfigError> {
    let shown: String = name.chars().take(NAME_MOST).filter(|c| !c.is_control()).collect();
    let setting = format!("boards.{shown}");
    if name.trim().is_empty() || shown != name {
        return refuse(&setting, format!("a name has 1 to {NAME_MOST} characters, in one line"));
    }
    // A URL has nothing else: what does not belong there is written as %20.
    let is_plain = |c: char| c.is_ascii_graphic() && !matches!(c, '#' | '"' | '<' | '>' | '\\');
    if !query.starts_with('?') || !query.chars().all(is_plain) {
        return refuse(
            &setting,
            "must be what stands in the address behind the path, as \"?view=wall&queues=71,72\"",
        );
    }
    if query.len() > QUERY_MOST {
        return refuse(&setting, format!("must be at most {QUERY_MOST} bytes"));
    }
    Ok(Board { name: name.to_owned(), query: query.to_owned() })
}

#[cfg(test)]
mod tests {
    use super::super::{Secrets, Settings};
    use super::*;
    use crate::secret::Secret;

    fn read(file: &str) -> Result<Vec<Board>, String> {
        let secrets = Secrets { token: Some(Secret::new("hunter2")), viewer_key: None };
        let settings = Settings::default().over(file).map_err(|error| error.to_string())?;
        let config = settings.resolve(secrets).map_err(|error| error.to_string())?;
        Ok(config.boards)
    }

    #[test]
    fn boards_have_a_name_and_a_query() {
        let boards =
            read("[boards]\n\"Support wall\" = \"?view=wall&queues=71,72\"\n\"Öst\" = \"?\"");
        let board = |name: &str, query: &str| Board { name: name.into(), query: query.into() };
        let expected = [board("Support wall", "?view=wall&queues=71,72"), board("Öst", "?")];
        assert_eq!(boards.unwrap(), expected);
        assert_eq!(read("").unwrap(), []);
    }

    #[test]
    fn what_is_no_board_is_named() {
        let long = "x".repeat(61);
        for (file, words) in [
            (format!("{long} = \"?\""), "60 characters"),
            ("\" \" = \"?\"".to_owned(), "60 characters"),
            ("\"a\\nb\" = \"?\"".to_owned(), "in one line"),
            ("wall = \"view=wall\"".to_owned(), "`boards.wall`: must be"),
            ("wall = \"https://elsewhere.example/?\"".to_owned(), "must be what stands"),
            ("wall = \"?a b\"".to_owned(), "must be what stands"),
            ("wall = \"?a#b\"".to_owned(), "must be what stands"),
            (format!("wall = \"?{}\"", "x".repeat(2048)), "2048 bytes"),
            ("wall = 7".to_owned(), "wall"),
            ((0..51).map(|n| format!("b{n} = \"?\"\n")).collect(), "more than 50"),
        ] {
            let why = read(&format!("[boards]\n{file}")).unwrap_err();
            assert!(why.contains(words) && !why.contains('\n'), "{why}");
        }
    }
}
