//! Languages: which there are, and how they write numbers.

/// A language.
#[derive(Clone, Copy, Debug, Default, Eq, Hash, PartialEq)]
pub enum Lang {
    /// English.
    #[default]
    En,
    /// Swedish.
    Sv,
    /// Norwegian, Bokmål.
    Nb,
    /// Danish.
    Da,
    /// Finnish.
    Fi,
    /// Spanish.
    Es,
}

impl Lang {
    /// All of them, in the order of the settings.
    pub const ALL: [Lang; 6] = [Lang::En, Lang::Sv, Lang::Nb, Lang::Da, Lang::Fi, Lang::Es];

    /// The tag as of BCP 47.
    pub fn tag(self) -> &'static str {
        match self {
            Lang::En => "en",
            Lang::Sv => "sv",
            Lang::Nb => "nb",
            Lang::Da => "da",
            Lang::Fi => "fi",
            Lang::Es => "es",
        }
    }

    /// Its own name for itself.
    pub fn name(self) -> &'static str {
        match self {
            Lang::En => "English",
            Lang::Sv => "Svenska",
            Lang::Nb => "Norsk",
            Lang::Da => "Dansk",
            Lang::Fi => "Suomi",
            Lang::Es => "Español",
        }
    }

    /// The language of a tag such as `sv` or `nb-NO`.
    pub fn of_tag(tag: &str) -> Option<Lang> {
        let ([a, b] | [a, b, b'-' | b'_', ..]) = tag.as_bytes() else { return None };
        match &[a.to_ascii_lowercase(), b.to_ascii_lowercase()] {
            // Norwegian without further words is Bokmål to browsers.
            b"no" | b"nn" => Some(Lang::Nb),
            first => Lang::ALL.into_iter().find(|lang| lang.tag().as_bytes() == first),
        }
    }

    /// `12 345`, `12.345` or `12,345`. The number stays on one line.
    pub fn whole(self, n: u64) -> String {
        let separator = match self {
            Lang::En => ',',
            Lang::Da | Lang::Es => '.',
            Lang::Sv | Lang::Nb | Lang::Fi => '\u{a0}',
        };
        // Spanish parts numbers of four digits by nothing.
        let least = if self == Lang::Es { 5 } else { 4 };
        let mut text = n.to_string();
        let mut at = text.len();
        if at >= least {
            while at > 3 {
                at -= 3;
                text.insert(at, separator);
            }
        }
        text
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn tags_of_browsers_are_known() {
        assert_eq!(Lang::of_tag("sv-SE"), Some(Lang::Sv));
        assert_eq!(Lang::of_tag("nn"), Some(Lang::Nb));
        assert_eq!(Lang::of_tag("EN_us"), Some(Lang::En));
        for unknown in ["de", "", "e", "fil", "fi.x", "<x>", "åå"] {
            assert_eq!(Lang::of_tag(unknown), None, "{unknown}");
        }
    }

    #[test]
    fn numbers_are_written_as_the_language_has_them() {
        for (lang, n, written) in [
            (Lang::En, 1_234_567, "1,234,567"),
            (Lang::Sv, 12_345, "12\u{a0}345"),
            (Lang::Da, 1_234, "1.234"),
            (Lang::Es, 1_234, "1234"),
            (Lang::Es, 12_345, "12.345"),
            (Lang::Fi, 999, "999"),
            (Lang::En, 0, "0"),
            (Lang::Sv, 999_999, "999\u{a0}999"),
        ] {
            assert_eq!(lang.whole(n), written);
        }
    }
}
