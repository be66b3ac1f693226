//! The language in use, and how it writes numbers.

use std::cell::Cell;

pub(crate) use callboard_shared::lang::Lang;

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
    current().whole(n)
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
    fn numbers_are_written_as_the_language_in_use_has_them() {
        set(Lang::Da);
        let text = whole(1_234);
        set(Lang::En);
        assert_eq!((&*text, &*whole(1_234), &*percent(82)), ("1.234", "1,234", "82 %"));
        #[cfg(feature = "desk")]
        assert_eq!(tenths(1234), "123.4");
    }
}
