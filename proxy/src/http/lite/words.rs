//! The texts of `/lite`: those of the page, in English unless the page has a
//! file of the language.

use std::collections::{BTreeMap, HashMap};

use callboard_shared::lang::Lang;

use crate::http::Page;

/// Their names are those of the page (`frontend/src/text`).
const ENGLISH: [(&str, &str); 27] = [
    ("NoLink", "No connection to Callboard. Data is"),
    ("NoUpstream", "No connection to Telavox. Data is"),
    ("Refused", "Telavox refuses the token. Data is"),
    ("PartsMissing", "No data from {streams}: figures may be wrong. It is"),
    ("LinkCalls", "Calls"),
    ("LinkQueues", "Queues"),
    ("LinkAgents", "Agents"),
    ("Old", "old."),
    ("AllQueues", "All queues"),
    ("Waiting", "Waiting"),
    ("LongestWait", "Longest wait"),
    ("NoOneWaits", "No one is waiting"),
    ("Talking", "Talking"),
    ("ServiceLevel", "Service level"),
    ("Target", "target {p} in {s} s"),
    ("Offered", "Offered"),
    ("Handled", "Handled"),
    ("Abandoned", "Abandoned"),
    ("NotAvailable", "N/A"),
    ("Queue", "Queue"),
    ("Caller", "Caller"),
    ("Agent", "Agent"),
    ("Time", "Time"),
    ("AgentsOnCalls", "Agents on calls"),
    ("NeedsKey", "This board needs a key"),
    ("EnterKey", "Enter the key that you were given."),
    ("OpenBoard", "Open the board"),
];

/// Texts by their names.
pub(super) struct Words {
    /// The language that they are in.
    pub(super) lang: Lang,
    texts: HashMap<String, String>,
}

impl Words {
    /// The page's texts in a language.
    pub(super) fn read(page: &Page, lang: Lang) -> Words {
        let is_english = lang == Lang::En;
        let file = (!is_english).then(|| page.read(&format!("lang/{}.json", lang.tag()))).flatten();
        let parts: Option<BTreeMap<String, HashMap<String, String>>> =
            file.and_then(|file| serde_json::from_slice(&file).ok());
        let lang = if parts.is_some() { lang } else { Lang::En };
        // Of two texts of one name, that of the first load (`board`) counts.
        let texts = parts.into_iter().flat_map(|parts| parts.into_values().rev()).flatten();
        Words { lang, texts: texts.collect() }
    }

    /// A text.
    pub(super) fn get(&self, name: &'static str) -> &str {
        let english = || ENGLISH.iter().find(|(known, _)| *known == name);
        let english = || english().map_or(name, |(_, text)| *text);
        self.texts.get(name).map_or_else(english, |text| &**text)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_text_is_one_of_the_pages() {
        let source = concat!(
            include_str!("../../../../frontend/src/text/board.rs"),
            include_str!("../../../../frontend/src/text/desk.rs"),
        );
        for (name, text) in ENGLISH {
            let line = format!("    {name} = {text:?},");
            assert!(source.contains(&line), "{line}");
        }
    }
}
