//! What we have written, read back: JSON straight into its [`Slot`]s.
//!
//! The page does nothing as often as this. A library asks a visitor for each
//! value, in generic code that is made for every reader there may be: this way
//! takes half the time, and is three kilobytes less of the first view. It
//! takes every JSON text, and numbers of up to 15 digits exactly. What comes
//! from elsewhere is read by `serde_json`.

use std::borrow::Cow;

use super::Notes;
use super::slot::{Object, Slot};
use crate::decode::scalar::Scalar;

/// Values in values: deeper ones are refused, as a stack has an end.
const DEPTH_LIMIT: u8 = 128;

/// Reads a whole text into its slot; `None`: it is not JSON.
pub(crate) fn read(text: &[u8], slot: Slot<'_>) -> Option<()> {
    let text = std::str::from_utf8(text).ok()?;
    let mut reader = Reader { text, at: 0, depth: 0, notes: Notes::default() };
    reader.value(Some(slot))?;
    reader.next().is_none().then_some(())
}

struct Reader<'t> {
    text: &'t str,
    /// The byte that comes next.
    at: usize,
    depth: u8,
    notes: Notes,
}

impl<'t> Reader<'t> {
    /// The next byte that is no space.
    fn next(&mut self) -> Option<u8> {
        loop {
            let byte = *self.text.as_bytes().get(self.at)?;
            if !matches!(byte, b' ' | b'\n' | b'\r' | b'\t') {
                return Some(byte);
            }
            self.at += 1;
        }
    }

    /// Goes over `byte`, which must come next.
    fn pass(&mut self, byte: u8) -> Option<()> {
        (self.next()? == byte).then(|| self.at += 1)
    }

    /// Reads a value into its slot, or over it.
    fn value(&mut self, slot: Option<Slot<'_>>) -> Option<()> {
        let scalar = match self.next()? {
            b'{' => return self.nested(|reader| reader.object(slot)),
            b'[' => return self.nested(|reader| reader.list(slot)),
            b'"' => {
                let text = self.string()?;
                if let Some(slot) = slot {
                    slot.put(Scalar::Text(&text), &mut self.notes);
                }
                return Some(());
            }
            b't' => self.word("true", Some(Scalar::Bool(true)))?,
            b'f' => self.word("false", Some(Scalar::Bool(false)))?,
            b'n' => self.word("null", None)?,
            _ => Some(self.number()?),
        };
        if let (Some(slot), Some(scalar)) = (slot, scalar) {
            slot.put(scalar, &mut self.notes);
        }
        Some(())
    }

    fn nested(&mut self, read: impl FnOnce(&mut Self) -> Option<()>) -> Option<()> {
        self.at += 1;
        self.depth = Some(self.depth + 1).filter(|depth| *depth <= DEPTH_LIMIT)?;
        read(self)?;
        self.depth -= 1;
        Some(())
    }

    fn object(&mut self, slot: Option<Slot<'_>>) -> Option<()> {
        match slot {
            Some(Slot::Object(_, object)) => {
                object.begin();
                self.fields(object)
            }
            Some(Slot::Document(document)) => {
                self.fields(document)?;
                document.extra = std::mem::take(&mut self.notes.extra);
                Some(())
            }
            Some(Slot::Map(map)) => self.each_field(|reader, key| reader.value(Some(map.at(key)))),
            Some(Slot::Extra) => self.each_field(Reader::unknown),
            _ => self.each_field(|reader, _| reader.value(None)),
        }
    }

    fn fields(&mut self, object: &mut dyn Object) -> Option<()> {
        self.each_field(|reader, key| reader.value(object.slot(key)))
    }

    fn each_field(&mut self, mut read: impl FnMut(&mut Self, &str) -> Option<()>) -> Option<()> {
        self.each(b'}', |reader| {
            let key = reader.string()?;
            reader.pass(b':')?;
            read(reader, &key)
        })
    }

    fn list(&mut self, slot: Option<Slot<'_>>) -> Option<()> {
        match slot {
            Some(Slot::List(name, list)) => {
                self.each(b']', |reader| reader.value(Some(Slot::Object(name, list.push()))))
            }
            Some(Slot::Names(names)) => {
                self.each(b']', |reader| reader.value(Some(Slot::Names(names))))
            }
            Some(Slot::Numbers(list)) => {
                let mut at = 0;
                self.each(b']', |reader| {
                    let mut n = 0;
                    reader.value(Some(Slot::Number(&mut n)))?;
                    list.put(at, n);
                    at += 1;
                    Some(())
                })
            }
            Some(Slot::Documents(list)) => self.each(b']', |reader| {
                let mut document = Box::default();
                reader.value(Some(Slot::Document(&mut document)))?;
                list.push(document);
                Some(())
            }),
            _ => self.each(b']', |reader| reader.value(None)),
        }
    }

    /// Reads what lies between commas, up to `end`.
    fn each(&mut self, end: u8, mut read: impl FnMut(&mut Self) -> Option<()>) -> Option<()> {
        if self.next()? == end {
            self.at += 1;
            return Some(());
        }
        loop {
            read(self)?;
            match self.next()? {
                b',' => self.at += 1,
                byte if byte == end => {
                    self.at += 1;
                    return Some(());
                }
                _ => return None,
            }
        }
    }

    fn word<T>(&mut self, word: &str, value: T) -> Option<T> {
        self.text.get(self.at..)?.starts_with(word).then(|| {
            self.at += word.len();
            value
        })
    }

    /// An unknown field of an earlier reading, which has a name only there.
    #[cfg(not(target_arch = "wasm32"))]
    fn unknown(&mut self, path: &str) -> Option<()> {
        let from = self.at;
        self.value(None)?;
        let value = serde_json::from_str(self.text.get(from..self.at)?).ok()?;
        crate::extra::keep(&mut self.notes.extra, path, value);
        Some(())
    }

    #[cfg(target_arch = "wasm32")]
    fn unknown(&mut self, _: &str) -> Option<()> {
        self.value(None)
    }

    /// A whole number, or one with decimals.
    fn number(&mut self) -> Option<Scalar<'static>> {
        let mut digits = Digits::default();
        let bytes = self.text.as_bytes();
        let is_negative = bytes.get(self.at) == Some(&b'-');
        self.at += usize::from(is_negative);
        let mut ends_in_digit = false;
        while let Some(byte) = bytes.get(self.at) {
            match byte {
                b'0'..=b'9' => digits.take(byte - b'0'),
                b'.' if ends_in_digit && !digits.has_point => digits.has_point = true,
                _ => break,
            }
            ends_in_digit = *byte != b'.';
            self.at += 1;
        }
        if !ends_in_digit {
            return None;
        }
        if let Some(b'e' | b'E') = bytes.get(self.at) {
            self.at += 1;
            digits.exponent += self.exponent()?;
            digits.has_point = true;
        }
        Some(digits.scalar(is_negative))
    }

    fn exponent(&mut self) -> Option<i32> {
        let bytes = self.text.as_bytes();
        let sign = *bytes.get(self.at)?;
        self.at += usize::from(matches!(sign, b'-' | b'+'));
        let (from, mut exponent) = (self.at, 0_i32);
        while let Some(byte @ b'0'..=b'9') = bytes.get(self.at) {
            exponent = exponent.saturating_mul(10).saturating_add(i32::from(byte - b'0'));
            self.at += 1;
        }
        let exponent = if sign == b'-' { -exponent } else { exponent };
        (self.at > from).then_some(exponent.clamp(-400, 400))
    }

    /// A string, borrowed where nothing in it is written otherwise.
    fn string(&mut self) -> Option<Cow<'t, str>> {
        self.pass(b'"')?;
        let from = self.at;
        self.at = plain_to(self.text.as_bytes(), from);
        let plain = self.text.get(from..self.at)?;
        match self.text.as_bytes().get(self.at)? {
            b'"' => {
                self.at += 1;
                Some(Cow::Borrowed(plain))
            }
            _ => self.escaped(plain.to_owned()).map(Cow::Owned),
        }
    }

    /// The rest of a string that has begun, at a backslash.
    #[cold]
    fn escaped(&mut self, mut text: String) -> Option<String> {
        loop {
            let from = self.at;
            self.at = plain_to(self.text.as_bytes(), from);
            text.push_str(self.text.get(from..self.at)?);
            let byte = *self.text.as_bytes().get(self.at)?;
            self.at += 1;
            if byte == b'"' {
                return Some(text);
            }
            let byte = *self.text.as_bytes().get(self.at)?;
            self.at += 1;
            text.push(match byte {
                b'"' | b'\\' | b'/' => byte.into(),
                b'b' => '\u{8}',
                b'f' => '\u{c}',
                b'n' => '\n',
                b'r' => '\r',
                b't' => '\t',
                b'u' => self.unicode()?,
                _ => return None,
            });
        }
    }

    /// A character by its number, or by two halves of it.
    fn unicode(&mut self) -> Option<char> {
        let first = self.hex()?;
        if !(0xD800..0xDC00).contains(&first) {
            return char::from_u32(first);
        }
        self.word("\\u", ())?;
        let second = self.hex()?.checked_sub(0xDC00).filter(|second| *second < 0x400)?;
        char::from_u32(0x1_0000 + ((first - 0xD800) << 10) + second)
    }

    fn hex(&mut self) -> Option<u32> {
        let digits = self.text.as_bytes().get(self.at..self.at + 4)?;
        self.at += 4;
        let add = |sum, digit: &u8| Some(sum * 16 + char::from(*digit).to_digit(16)?);
        digits.iter().try_fold(0, add)
    }
}

/// A number as it is read.
#[derive(Default)]
struct Digits {
    mantissa: u64,
    exponent: i32,
    has_point: bool,
}

impl Digits {
    fn take(&mut self, digit: u8) {
        // Eighteen digits are enough for all that is told in this.
        if self.mantissa < 10_u64.pow(18) {
            self.mantissa = self.mantissa * 10 + u64::from(digit);
            self.exponent -= i32::from(self.has_point);
        } else {
            self.exponent += i32::from(!self.has_point);
        }
    }

    fn scalar(self, is_negative: bool) -> Scalar<'static> {
        let Digits { mantissa, exponent, has_point } = self;
        if let (Ok(whole), 0, false) = (i64::try_from(mantissa), exponent, has_point) {
            return Scalar::Int(if is_negative { -whole } else { whole });
        }
        // Exact where both are: up to 2^53, and to 10^22.
        let (n, ten) = (mantissa as f64, 10_f64);
        let n = if exponent < 0 { n / ten.powi(-exponent) } else { n * ten.powi(exponent) };
        Scalar::Float(if is_negative { -n } else { n })
    }
}

/// Where the next quote or backslash is; eight bytes at a time, as most of a
/// message is strings.
fn plain_to(bytes: &[u8], mut at: usize) -> usize {
    const ONES: u64 = u64::MAX / 0xFF;
    let has = |eight: u64, byte: u8| {
        let differs = eight ^ (ONES * u64::from(byte));
        differs.wrapping_sub(ONES) & !differs & (ONES << 7)
    };
    while let Some(eight) = bytes.get(at..).and_then(<[u8]>::first_chunk) {
        let eight = u64::from_le_bytes(*eight);
        // The lowest of these bits is where the first one is.
        let found = has(eight, b'"') | has(eight, b'\\');
        if found != 0 {
            return at + found.trailing_zeros() as usize / 8;
        }
        at += 8;
    }
    let rest = bytes.get(at..).unwrap_or_default();
    let end = rest.iter().position(|byte| matches!(byte, b'"' | b'\\'));
    at + end.unwrap_or(rest.len())
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;
    use serde_json::Value;

    use super::*;
    use crate::board::Board;
    use crate::document::Document;

    /// What is read of a text that is in a list of names, and after it.
    fn names(text: &str) -> Option<Vec<String>> {
        let mut names = Vec::new();
        read(text.as_bytes(), Slot::Names(&mut names))?;
        Some(names.iter().map(ToString::to_string).collect())
    }

    fn number(text: &str) -> Option<f64> {
        let mut number = None;
        read(text.as_bytes(), Slot::Seconds(&mut number))?;
        number
    }

    /// Any JSON, as deep as messages are.
    fn json() -> impl Strategy<Value = Value> {
        let leaf = prop_oneof![
            Just(Value::Null),
            any::<bool>().prop_map(Value::from),
            any::<i64>().prop_map(Value::from),
            (-1e12..1e12).prop_map(Value::from),
            any::<String>().prop_map(Value::from),
        ];
        leaf.prop_recursive(4, 40, 6, |inner| {
            prop_oneof![
                prop::collection::vec(inner.clone(), 0..6).prop_map(Value::from),
                prop::collection::btree_map(any::<String>(), inner, 0..6)
                    .prop_map(|fields| Value::from(serde_json::Map::from_iter(fields))),
            ]
        })
    }

    proptest! {
        #[test]
        fn every_json_text_is_read_to_its_end(value in self::json(), pretty: bool) {
            let text = if pretty {
                serde_json::to_string_pretty(&value)
            } else {
                serde_json::to_string(&value)
            };
            let text = text.unwrap();
            prop_assert_eq!(read(text.as_bytes(), Slot::Extra), Some(()));
            // Without its end it is none, unless the end was of a number.
            let cut = text.get(..text.len() - 1).unwrap_or_default();
            let is_json = serde_json::from_str::<Value>(cut).is_ok();
            prop_assert_eq!(read(cut.as_bytes(), Slot::Extra).is_some(), is_json);
        }

        #[test]
        fn strings_are_read_as_they_were_written(texts: Vec<String>) {
            let texts: Vec<_> = texts.into_iter().filter(|text| !text.trim().is_empty()).collect();
            let text = serde_json::to_string(&texts).unwrap();
            prop_assert_eq!(names(&text), Some(texts));
        }

        #[test]
        fn numbers_are_those_of_serde_json(ms in 0_u64..1_000_000_000_000) {
            let text = serde_json::to_string(&(ms as f64 / 1000.0)).unwrap();
            prop_assert_eq!(number(&text), Some(ms as f64 / 1000.0));
        }
    }

    #[test]
    fn characters_may_be_written_by_their_numbers() {
        let text = r#"["\u0041\u00e5\ud83d\ude00 \/\b\f\n\r\t\"\\", "\u00E5"]"#;
        let told = vec!["Aå😀 /\u{8}\u{c}\n\r\t\"\\".to_owned(), "å".to_owned()];
        assert_eq!(names(text), Some(told));
        for broken in [r#"["\ud83d"]"#, r#"["\ud83dx"]"#, r#"["\x"]"#, r#"["\u12"]"#, r#"["a"#] {
            assert_eq!(names(broken), None, "{broken}");
        }
    }

    #[test]
    fn numbers_have_every_form() {
        let told = [("1e3", 1000.0), ("1.25E-2", 0.013), ("12.5", 12.5), ("0.001", 0.001)];
        for (text, n) in told {
            assert_eq!(number(text), Some(n), "{text}");
        }
        for broken in ["-", "e3", "1e", "+1", ".", "1.", ".5", "1.2.3", "1 2"] {
            assert_eq!(read(broken.as_bytes(), Slot::Extra), None, "{broken}");
        }
    }

    #[test]
    fn what_is_no_json_is_refused() {
        let deep = ["[".repeat(200), "]".repeat(200)].concat();
        for broken in
            ["", " ", "{", "[1,]", "[1 2]", r#"{"a"}"#, r#"{"a":}"#, "{} {}", "nul", &deep]
        {
            assert_eq!(read(broken.as_bytes(), Slot::Extra), None, "{broken}");
        }
        assert_eq!(read(b"\"\xFF\"", Slot::Extra), None);
    }

    #[test]
    fn a_document_and_a_board_are_read_as_serde_reads_them() {
        let text = r#"{"id_call":"a","active":true,"call_direction":"incoming","time":{"start":
            1795337000000},"duration":{"total":9.25,"queue":{"first":1,"last":null}},"queue_list":
            ["Support"],"agent_list":[],"menu_digit":[{"dialed_number":"1","type":"queue"}],
            "queue_last":{"id":"71","name":"St\u00f6d","strategy":"own word"},"extra":
            {"colour":{"a":[1,"b"]}}}"#;
        let mut document = Document::default();
        read(text.as_bytes(), Slot::Document(&mut document)).unwrap();
        let told: Document = serde_json::from_str(text).unwrap();
        assert_eq!(document, told);
        assert_eq!(document.extra.len(), 1);
        let call = format!(r#"{{"call":{text},"queues":[{text}],"agents":[{text}],"seen":7}}"#);
        let text = format!(r#"{{"since":5,"scope":["71"],"calls":{{"a":{call}}},"queues":{{}}}}"#);
        let mut board = crate::board::Told::default();
        read(text.as_bytes(), Slot::Object("", &mut board)).unwrap();
        assert_eq!(board.board(), serde_json::from_str::<Board>(&text).unwrap());
    }
}
