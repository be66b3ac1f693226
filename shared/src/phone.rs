//! Telephone numbers: the upstream's many forms as one, shown the way people
//! of the home country write them, or masked.
//!
//! The forms: `0046902007094` in the playbook and the vendor's export,
//! `34986267549` in the playbook, `0902007094` in the export, `0701231234` in
//! another interface of the vendor's, `+46701234567` in reports of its users.
//!
//! Limits: the numbering plans here are the few countries where the vendor
//! works, and their neighbours. Nothing is validated against them: a number
//! that cannot exist is grouped like one that does. Groups follow the national
//! habit where that is simple, and are plain threes and twos elsewhere. `00`
//! is taken for the international prefix in every home country.

use serde::Serialize;

use crate::words;

/// What a hidden number is shown as.
pub const HIDDEN: &str = "Hidden number";
/// The longest extension; more digits without a known form are no extension.
const SHORT_DIGITS: usize = 6;
/// What E.164 allows after the `+`. No country has fewer than seven.
const E164_DIGITS: std::ops::RangeInclusive<usize> = 7..=15;
/// From so many digits on, a number without any prefix may be international.
const BARE_DIGITS: usize = 10;

/// A telephone number.
#[derive(Clone, Debug, Eq, Hash, PartialEq, Serialize)]
#[serde(tag = "number", rename_all = "snake_case")]
pub enum Number {
    /// Withheld, or not told.
    Hidden,
    /// A number of the public network.
    International {
        /// `+46701234567`.
        e164: String,
        /// ISO 3166 code of its country. `None`: not in the table.
        country: Option<&'static str>,
    },
    /// An extension or a service number, as it came.
    Short(String),
    /// None of these, as it came.
    Unknown(String),
}

/// What a leading 0 of a national number is.
#[derive(Clone, Copy, Debug, Eq, PartialEq)]
enum Zero {
    /// Dialled within the country, not part of the number.
    Trunk,
    /// Part of the number. Numbers have from so many digits to so many.
    Kept(usize, usize),
    /// There is none. Numbers have from so many digits to so many.
    Absent(usize, usize),
}

macro_rules! countries {
    ($( $country:ident $iso:literal $name:literal $code:literal $zero:expr; )*) => {
        /// A country whose numbers are known.
        #[derive(Clone, Copy, Debug, Eq, Hash, PartialEq)]
        pub enum Country {
            $( #[doc = $name] $country, )*
        }

        impl Country {
            /// All of them.
            pub const ALL: &[Country] = &[$( Country::$country ),*];

            /// ISO 3166 code, upper case.
            pub fn iso(self) -> &'static str {
                match self { $( Country::$country => $iso, )* }
            }

            /// Calling code, without `+`.
            pub fn calling_code(self) -> &'static str {
                match self { $( Country::$country => $code, )* }
            }

            fn zero(self) -> Zero {
                match self { $( Country::$country => $zero, )* }
            }
        }
    };
}

countries! {
    Se "SE" "Sweden." "46" Zero::Trunk;
    Dk "DK" "Denmark." "45" Zero::Absent(8, 8);
    No "NO" "Norway." "47" Zero::Absent(8, 8);
    Fi "FI" "Finland." "358" Zero::Trunk;
    Es "ES" "Spain." "34" Zero::Absent(9, 9);
    Gb "GB" "United Kingdom." "44" Zero::Trunk;
    De "DE" "Germany." "49" Zero::Trunk;
    Is "IS" "Iceland." "354" Zero::Absent(7, 7);
    Ee "EE" "Estonia." "372" Zero::Absent(7, 8);
    Lv "LV" "Latvia." "371" Zero::Absent(8, 8);
    Lt "LT" "Lithuania." "370" Zero::Trunk;
    Nl "NL" "Netherlands." "31" Zero::Trunk;
    Be "BE" "Belgium." "32" Zero::Trunk;
    Fr "FR" "France." "33" Zero::Trunk;
    Ie "IE" "Ireland." "353" Zero::Trunk;
    Pt "PT" "Portugal." "351" Zero::Absent(9, 9);
    Pl "PL" "Poland." "48" Zero::Absent(9, 9);
    It "IT" "Italy." "39" Zero::Kept(9, 10);
    Ch "CH" "Switzerland." "41" Zero::Trunk;
    At "AT" "Austria." "43" Zero::Trunk;
    Fo "FO" "Faroe Islands." "298" Zero::Absent(6, 6);
    Gl "GL" "Greenland." "299" Zero::Absent(6, 6);
}

/// The vendor's country.
impl Default for Country {
    fn default() -> Country {
        Country::Se
    }
}

impl Serialize for Country {
    fn serialize<S: serde::Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        serializer.serialize_str(self.iso())
    }
}

impl Country {
    /// The country with this ISO 3166 code, in any case.
    pub fn from_iso(code: &str) -> Option<Country> {
        Country::ALL.iter().copied().find(|country| country.iso().eq_ignore_ascii_case(code))
    }

    /// The country whose calling code `digits` begin with. No calling code is
    /// the beginning of another one.
    fn of(digits: &str) -> Option<Country> {
        Country::ALL.iter().copied().find(|country| digits.starts_with(country.calling_code()))
    }

    /// How a national number without its 0 is grouped; an empty list: not.
    fn groups(self, number: &str) -> &'static [usize] {
        match (self, number.len()) {
            (Country::Se, digits) => swedish_groups(number, digits),
            (Country::No, 8) if number.starts_with(['4', '8', '9']) => &[3, 2, 3],
            (Country::Dk | Country::No, 8) => &[2, 2, 2, 2],
            (Country::Fi, _) => match number.as_bytes() {
                // One-digit areas.
                [b'9', ..] | [b'2' | b'5' | b'6' | b'8', b'1'..=b'8', ..] => &[1, 16],
                [b'3', b'1'..=b'9', ..] => &[1, 16],
                _ => &[2, 16],
            },
            (Country::Es, 9) => &[3, 2, 2, 2],
            (Country::Is, 7) | (Country::Ee, 7) => &[3, 4],
            (Country::Ee, 8) => &[4, 4],
            (Country::Fr, 9) => &[1, 2, 2, 2, 2],
            (Country::Ch, 9) => &[2, 3, 2, 2],
            (Country::Pt | Country::Pl, 9) => &[3, 3, 3],
            (Country::Lv, 8) => &[2, 3, 3],
            (Country::Fo | Country::Gl, 6) => &[2, 2, 2],
            (Country::Nl, 9) if number.starts_with('6') => &[1, 8],
            _ => &[],
        }
    }
}

/// Areas of one, two or three digits, then pairs with the odd digit in front.
fn swedish_groups(number: &str, digits: usize) -> &'static [usize] {
    const TWO: &[&str] = &[
        "10", "11", "13", "16", "18", "19", "20", "21", "23", "26", "31", "33", "35", "36", "40",
        "42", "44", "46", "54", "60", "63", "70", "72", "73", "74", "75", "76", "78", "79", "90",
    ];
    // 0900, 0939 and 0944 are services, and Umeå's 090 has no number with 0.
    let two = number.get(..2).is_some_and(|area| TWO.contains(&area)) && !number.starts_with("900");
    match (number.starts_with('8'), two, digits) {
        (true, _, 7) => &[1, 2, 2, 2],
        (true, _, 8) => &[1, 3, 2, 2],
        (true, _, 9) => &[1, 3, 3, 2],
        (false, true, 7) => &[2, 3, 2],
        (false, true, 8) => &[2, 2, 2, 2],
        (false, true, 9) => &[2, 3, 2, 2],
        (false, false, 8) => &[3, 3, 2],
        (false, false, 9) => &[3, 2, 2, 2],
        _ => &[],
    }
}

/// The number that `raw` spells; `home` is where national numbers belong.
///
/// `+` or `00`: international. One 0: national. Without a prefix: national
/// where the home country has no 0 and the length fits, international from ten
/// digits on if a known calling code is in front, else an extension.
pub fn normalise(raw: Option<&str>, home: Country) -> Number {
    let raw = raw.unwrap_or_default().trim();
    // `sip:` and `tel:` addresses name the number before the first of these.
    let text = raw.strip_prefix("sip:").or_else(|| raw.strip_prefix("tel:")).unwrap_or(raw);
    let text = text.split(['@', ';']).next().unwrap_or_default();
    if is_hidden(text) {
        return Number::Hidden;
    }
    let (plus, text) = match text.strip_prefix('+') {
        Some(rest) => (true, rest),
        None => (false, text),
    };
    // Anything but digits and what people write between them is no number:
    // a name, a service code with `*`, or a number that is masked already.
    let between = |c: char| c.is_whitespace() || matches!(c, '-' | '(' | ')' | '.' | '/' | '–');
    if !text.chars().all(|c| c.is_ascii_digit() || between(c)) {
        return Number::Unknown(raw.to_owned());
    }
    let digits: String = text.chars().filter(char::is_ascii_digit).collect();
    if digits.is_empty() {
        return Number::Hidden;
    }
    let abroad = if plus { Some(digits.as_str()) } else { digits.strip_prefix("00") };
    let e164 = match abroad {
        Some(digits) => Some(international(digits)),
        None => national(&digits, home).or_else(|| {
            let bare = digits.len() >= BARE_DIGITS && Country::of(&digits).is_some();
            bare.then(|| international(&digits))
        }),
    };
    match e164 {
        Some(digits) if E164_DIGITS.contains(&digits.len()) && !digits.starts_with('0') => {
            let country = Country::of(&digits).map(Country::iso);
            Number::International { e164: format!("+{digits}"), country }
        }
        None if digits.len() <= SHORT_DIGITS => Number::Short(digits),
        _ => Number::Unknown(raw.to_owned()),
    }
}

/// Nothing, or a word that says so.
fn is_hidden(text: &str) -> bool {
    let word = words::normalise(text);
    matches!(
        &*word,
        "" | "anonymous" | "unknown" | "hidden" | "private" | "restricted" | "withheld" | "blocked"
    ) || matches!(&*word, "unavailable" | "null" | "none" | "hiddennumber")
}

/// Digits after `+`, without the 0 that some write behind the calling code:
/// `+46 (0)70`.
fn international(digits: &str) -> String {
    let country = Country::of(digits).filter(|country| country.zero() == Zero::Trunk);
    let rest = country.and_then(|country| digits.strip_prefix(country.calling_code()));
    match (country, rest) {
        (Some(country), Some(rest)) => {
            format!("{}{}", country.calling_code(), rest.trim_start_matches('0'))
        }
        _ => digits.to_owned(),
    }
}

/// A number of the home country as digits of E.164, if it looks like one.
fn national(digits: &str, home: Country) -> Option<String> {
    let number = match (home.zero(), digits.strip_prefix('0')) {
        (Zero::Trunk, Some(number)) if digits.len() >= SHORT_DIGITS => number,
        (Zero::Kept(min, max), _) | (Zero::Absent(min, max), None)
            if (min..=max).contains(&digits.len()) =>
        {
            digits
        }
        _ => return None,
    };
    Some(format!("{}{number}", home.calling_code()))
}

impl Number {
    /// The number as people write it: nationally if it belongs to `home`,
    /// else with its calling code.
    pub fn display(&self, home: Country) -> String {
        let digits = match self {
            Number::Hidden => return HIDDEN.to_owned(),
            Number::Short(text) | Number::Unknown(text) => return text.clone(),
            Number::International { e164, .. } => e164.trim_start_matches('+'),
        };
        let country = Country::of(digits);
        let code = country.map_or_else(|| foreign_code(digits), |it| it.calling_code().len());
        let Some((code, number)) = digits.split_at_checked(code) else { return digits.to_owned() };
        let groups = country.map_or(&[][..], |country| country.groups(number));
        let trunk = if home.zero() == Zero::Trunk { "0" } else { "" };
        // Nationally only what is read as the same number again.
        let dialled = format!("{trunk}{number}");
        let reads = !dialled.starts_with("00")
            && national(&dialled, home).is_some_and(|national| national == digits);
        if country == Some(home) && reads {
            let first = if home == Country::Se { '-' } else { ' ' };
            return grouped(trunk.to_owned(), number, groups, first);
        }
        let groups = if groups.is_empty() { &plain_groups(number.len()) } else { groups };
        grouped(format!("+{code} "), number, groups, ' ')
    }

    /// All but the last two digits as `•`: what a role may see that may not
    /// see numbers. Nothing is left of what has no more than two digits.
    pub fn mask(&self) -> String {
        let text = match self {
            Number::Hidden => return HIDDEN.to_owned(),
            Number::International { e164, .. } => e164,
            Number::Short(text) | Number::Unknown(text) => text,
        };
        let digits = text.chars().filter(char::is_ascii_digit).count();
        let mut hidden = if digits > 2 { digits - 2 } else { digits };
        let mask = |c: char| match c {
            c if c.is_ascii_digit() && hidden == 0 => c,
            c => {
                hidden -= usize::from(c.is_ascii_digit());
                '•'
            }
        };
        text.chars().map(mask).collect()
    }
}

/// Length of a calling code that is not in the table. The world's codes have
/// three digits, but for two zones and the countries here.
fn foreign_code(digits: &str) -> usize {
    match digits.as_bytes() {
        [b'1' | b'7', ..] => 1,
        [b'2', b'0' | b'7', ..] | [b'3', b'0' | b'6', ..] | [b'9', b'0'..=b'5' | b'8', ..] => 2,
        [b'4', b'0' | b'7', ..] | [b'5', b'1'..=b'8', ..] | [b'6', b'0'..=b'6', ..] => 2,
        [b'8', b'1' | b'2' | b'4' | b'6', ..] => 2,
        _ => 3,
    }
}

/// Threes, and at the end as many twos as come out even.
fn plain_groups(digits: usize) -> Vec<usize> {
    let twos = match digits % 3 {
        0 => 0,
        1 => 2,
        _ => 1,
    };
    let mut groups = vec![3; digits.saturating_sub(2 * twos) / 3];
    groups.resize(groups.len() + twos, 2);
    groups
}

/// `text` and behind it `number` in groups, what is left in the last one.
fn grouped(mut text: String, number: &str, groups: &[usize], first: char) -> String {
    let (mut rest, mut between) = (number, first);
    for group in groups {
        match rest.split_at_checked(*group) {
            Some((head, tail)) if !tail.is_empty() => {
                text.push_str(head);
                text.push(between);
                (rest, between) = (tail, ' ');
            }
            _ => break,
        }
    }
    text.push_str(rest);
    text
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    /// How `raw` is kept, in short: the E.164 form, or the kind and its text.
    fn kept(raw: &str, home: Country) -> String {
        match normalise(Some(raw), home) {
            Number::Hidden => "hidden".into(),
            Number::International { e164, country } => {
                format!("{e164} {}", country.unwrap_or("?"))
            }
            Number::Short(text) => format!("short {text}"),
            Number::Unknown(text) => format!("unknown {text}"),
        }
    }

    #[track_caller]
    fn check(home: Country, raw: &str, expected: &str, shown: &str) {
        assert_eq!(kept(raw, home), expected, "{raw}");
        assert_eq!(normalise(Some(raw), home).display(home), shown, "{raw}");
    }

    #[test]
    fn the_forms_that_were_seen_are_read() {
        let home = Country::Se;
        check(home, "0902007094", "+46902007094 SE", "090-200 70 94");
        check(home, "0046902007094", "+46902007094 SE", "090-200 70 94");
        check(home, "34986267549", "+34986267549 ES", "+34 986 26 75 49");
        check(home, "0034986267549", "+34986267549 ES", "+34 986 26 75 49");
        check(home, "004599999997", "+4599999997 DK", "+45 99 99 99 97");
        check(home, "+46701234567", "+46701234567 SE", "070-123 45 67");
        check(home, "0701231234", "+46701231234 SE", "070-123 12 34");
        check(home, "46101112140", "+46101112140 SE", "010-111 21 40");
        check(home, "123", "short 123", "123");
    }

    #[test]
    fn a_hidden_number_is_hidden_in_any_words() {
        assert_eq!(normalise(None, Country::Se), Number::Hidden);
        for raw in
            ["", " ", "-", "+", "anonymous", "Anonymous", "UNKNOWN", "sip:anonymous@x.invalid"]
        {
            check(Country::Se, raw, "hidden", "Hidden number");
        }
    }

    #[test]
    fn what_people_write_between_digits_does_not_count() {
        check(Country::Se, "+46 (0)70-123 45 67", "+46701234567 SE", "070-123 45 67");
        check(Country::Se, "tel:+46-70-123.45.67;ext=1", "+46701234567 SE", "070-123 45 67");
        check(Country::Se, "08/123 456 78", "+46812345678 SE", "08-123 456 78");
    }

    #[test]
    fn what_is_no_number_stays_as_it_came() {
        check(Country::Dk, "+45123456", "+45123456 DK", "+45 123 456");
        for raw in ["Ada", "*123#", "••••67", "0012", "+0701234567", "701234567", "1234567890"]
        {
            check(Country::Se, raw, &format!("unknown {raw}"), raw);
        }
        let long = "+4612345678901234";
        check(Country::Se, long, &format!("unknown {long}"), long);
        check(Country::Se, "0", "short 0", "0");
        check(Country::No, "02800", "short 02800", "02800");
        check(Country::No, "0701234567", "unknown 0701234567", "0701234567");
    }

    #[test]
    fn each_home_country_has_its_own_form() {
        check(Country::Se, "031123456", "+4631123456 SE", "031-12 34 56");
        check(Country::Se, "0771123456", "+46771123456 SE", "0771-12 34 56");
        check(Country::Se, "081234567", "+4681234567 SE", "08-123 45 67");
        check(Country::Dk, "12345678", "+4512345678 DK", "12 34 56 78");
        check(Country::No, "41234567", "+4741234567 NO", "412 34 567");
        check(Country::No, "22334455", "+4722334455 NO", "22 33 44 55");
        check(Country::Fi, "0401234567", "+358401234567 FI", "040 1234567");
        check(Country::Fi, "+358 9 1234567", "+35891234567 FI", "09 1234567");
        check(Country::Es, "612345678", "+34612345678 ES", "612 34 56 78");
        check(Country::Gb, "02079460958", "+442079460958 GB", "02079460958");
        check(Country::Is, "5812345", "+3545812345 IS", "581 2345");
        check(Country::Fr, "0612345678", "+33612345678 FR", "06 12 34 56 78");
        check(Country::It, "0612345678", "+390612345678 IT", "0612345678");
        check(Country::De, "030123456", "+4930123456 DE", "030123456");
    }

    #[test]
    fn other_countries_are_shown_with_their_calling_code() {
        check(Country::Se, "+4741234567", "+4741234567 NO", "+47 412 34 567");
        check(Country::No, "+46701234567", "+46701234567 SE", "+46 70 123 45 67");
        check(Country::Se, "+442079460958", "+442079460958 GB", "+44 207 946 09 58");
        check(Country::Se, "0012125550123", "+12125550123 ?", "+1 212 555 01 23");
        check(Country::Se, "+380441234567", "+380441234567 ?", "+380 441 234 567");
        check(Country::Se, "+8613912345678", "+8613912345678 ?", "+86 139 123 456 78");
    }

    #[test]
    fn a_mask_leaves_the_last_two_digits() {
        let mask = |raw| normalise(Some(raw), Country::Se).mask();
        assert_eq!(mask("0701234567"), "••••••••••67");
        assert_eq!(mask("123"), "•23");
        assert_eq!(mask("12"), "••");
        assert_eq!(mask("Ada 123"), "•••••23");
        assert_eq!(mask("Ada"), "•••");
        assert_eq!(mask(""), "Hidden number");
    }

    #[test]
    fn no_calling_code_is_the_beginning_of_another() {
        for (index, country) in Country::ALL.iter().enumerate() {
            assert_eq!(Country::from_iso(&country.iso().to_lowercase()), Some(*country));
            for other in Country::ALL.iter().skip(index + 1) {
                let (a, b) = (country.calling_code(), other.calling_code());
                assert!(!a.starts_with(b) && !b.starts_with(a), "{a} {b}");
            }
        }
        assert_eq!(Country::from_iso("xx"), None);
    }

    proptest! {
        #[test]
        fn any_text_is_read_shown_and_masked(raw in "\\PC{0,24}|[+0-9 ]{0,20}|(00|\\+)(39|34|4[5-8]|358)[0-9]{3,12}", home in 0..22usize) {
            let home = Country::ALL[home];
            let number = normalise(Some(&raw), home);
            let mask = number.mask();
            prop_assert!(mask.chars().filter(char::is_ascii_digit).count() <= 2);
            // What was masked stays so when it is read again.
            if number != Number::Hidden {
                prop_assert_eq!(normalise(Some(&mask), home), Number::Unknown(mask.clone()));
            }
            let shown = number.display(home);
            if let Number::International { .. } = number {
                prop_assert_eq!(normalise(Some(&shown), home), number);
            }
        }
    }
}
