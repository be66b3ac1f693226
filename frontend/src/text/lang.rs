//! Languages: which there are, and how they write numbers.

use std::cell::Cell;

/// A language of the page.
#[derive(Clone, Copy, Debug, Default, Eq, PartialEq)]
pub(crate) enum Lang {
    #[default]
    En,
    Sv,
    Nb,
    Da,
    Fi,
    Es,
}

impl Lang {
    /// All of them, in the order of the settings.
    pub(crate) const ALL: [Lang; 6] = [Lang::En, Lang::Sv, Lang::Nb, Lang::Da, Lang::Fi, Lang::Es];

    /// The tag as of BCP 47.
    pub(crate) fn tag(self) -> &'static str {
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
    #[cfg(feature = "desk")]
    pub(crate) fn name(self) -> &'static str {
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
    pub(crate) fn of_tag(tag: &str) -> Option<Lang> {
        let first = tag.split(['-', '_']).next().unwrap_or_default().to_ascii_lowercase();
        match first.as_str() {
            // Norwegian without further words is Bokmål to browsers.
            "no" | "nn" => Some(Lang::Nb),
            first => Lang::ALL.into_iter().find(|lang| lang.tag() == first),
        }
    }
}

thread_local! {
    static LANG: Cell<Lang> = const { Cell::new(Lang::En) };
}

/// The language in use.
pub(crate) fn current() -> Lang {
    LANG.get()
}

/// Writes numbers as in this language from now on.
pub(crate) fn set(lang: Lang) {
    LANG.set(lang);
}

/// `12 345`, `12.345` or `12,345`. The number stays on one line.
pub(crate) fn whole(n: u64) -> String {
    let separator = match current() {
        Lang::En => ',',
        Lang::Da | Lang::Es => '.',
        Lang::Sv | Lang::Nb | Lang::Fi => '\u{a0}',
    };
    let digits = n.to_string();
    // Spanish parts numbers of four digits by nothing.
    if digits.len() < 4 || (current() == Lang::Es && digits.len() == 4) {
        return digits;
    }
    let mut parted = String::with_capacity(digits.len() + 3);
    for (index, digit) in digits.chars().enumerate() {
        if index > 0 && (digits.len() - index).is_multiple_of(3) {
            parted.push(separator);
        }
        parted.push(digit);
    }
    parted
}

/// `82 %`, in English too: it is how the page has it everywhere.
pub(crate) fn percent(percent: u32) -> String {
    let mut text = percent.to_string();
    text.push_str(" %");
    text
}

/// Tenths as `12.3` or `12,3`.
#[cfg(feature = "desk")]
pub(crate) fn tenths(tenths: u64) -> String {
    let point = if current() == Lang::En { '.' } else { ',' };
    let mut text = whole(tenths / 10);
    text.push(point);
    text.push_str(&(tenths % 10).to_string());
    text
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn tags_of_browsers_are_known() {
        assert_eq!(Lang::of_tag("sv-SE"), Some(Lang::Sv));
        assert_eq!(Lang::of_tag("nn"), Some(Lang::Nb));
        assert_eq!(Lang::of_tag("EN_us"), Some(Lang::En));
        assert_eq!(Lang::of_tag("de"), None);
    }

    #[test]
    fn numbers_are_written_as_the_language_has_them() {
        let write = |lang, n| {
            set(lang);
            let text = whole(n);
            set(Lang::En);
            text
        };
        assert_eq!(write(Lang::En, 1_234_567), "1,234,567");
        assert_eq!(write(Lang::Sv, 12_345), "12\u{a0}345");
        assert_eq!(write(Lang::Da, 1_234), "1.234");
        assert_eq!(write(Lang::Es, 1_234), "1234");
        assert_eq!(write(Lang::Es, 12_345), "12.345");
        assert_eq!((write(Lang::Fi, 999), percent(82)), ("999".into(), "82 %".into()));
        #[cfg(feature = "desk")]
        assert_eq!(tenths(1234), "123.4");
    }
}
