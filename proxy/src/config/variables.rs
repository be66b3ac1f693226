//! Variables of the environment: a name that is mistyped would be a setting that
//! nobody reads.

use std::collections::BTreeSet;

use clap::CommandFactory;

use super::{Settings, TOKEN_VARIABLE, VIEWER_KEY_VARIABLE};

/// The first variable that looks like a setting and is none.
pub fn unknown_variable(names: impl Iterator<Item = String>) -> Option<String> {
    #[derive(clap::Parser)]
    struct All {
        #[command(flatten)]
        _settings: Settings,
    }
    let command = All::command();
    let known: BTreeSet<_> = command
        .get_arguments()
        .filter_map(|argument| argument.get_env()?.to_str())
        .chain([TOKEN_VARIABLE, VIEWER_KEY_VARIABLE])
        .collect();
    names.into_iter().find(|name| name.starts_with("CALLBOARD_") && !known.contains(&**name))
}
