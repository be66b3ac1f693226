//! One frame as one line, and back.

use std::borrow::Cow;

use axum::body::Bytes;
use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use callboard_shared::{Stream, UnixMs};
use serde::de::IgnoredAny;
use serde::{Deserialize, Serialize};
use serde_json::value::RawValue;

use crate::upstream::Frame;

/// A line as it stands in the file.
#[derive(Debug, Deserialize, Serialize)]
pub(crate) struct Line<'l> {
    pub(crate) at: UnixMs,
    pub(crate) stream: Stream,
    #[serde(borrow, default, skip_serializing_if = "Option::is_none")]
    raw: Option<&'l RawValue>,
    #[serde(borrow, default, skip_serializing_if = "Option::is_none")]
    raw_text: Option<Cow<'l, str>>,
    #[serde(borrow, default, skip_serializing_if = "Option::is_none")]
    raw_base64: Option<Cow<'l, str>>,
    #[serde(default, skip_serializing_if = "std::ops::Not::not")]
    binary: bool,
}

/// The line of a frame, with its newline.
pub(super) fn written(at: UnixMs, stream: Stream, frame: &Frame) -> Vec<u8> {
    let (mut raw, mut raw_text, mut raw_base64) = (None, None, None);
    match str::from_utf8(&frame.bytes) {
        Ok(text) => match on_one_line(text) {
            Some(json) => raw = Some(json),
            None => raw_text = Some(text.into()),
        },
        Err(_) => raw_base64 = Some(STANDARD.encode(&frame.bytes).into()),
    }
    let binary = !frame.is_text && raw_base64.is_none();
    let line = Line { at, stream, raw, raw_text, raw_base64, binary };
    let mut line = serde_json::to_vec(&line).expect("text keys, and JSON that was read before");
    line.push(b'\n');
    line
}

/// The text, if it is one JSON value without line breaks and nothing else.
fn on_one_line(text: &str) -> Option<&RawValue> {
    // White space at the ends would get lost on the way back.
    if text.contains(['\n', '\r']) || text.trim() != text {
        return None;
    }
    // Read in full first: a raw value of any depth would be taken on trust.
    serde_json::from_str::<IgnoredAny>(text).ok()?;
    serde_json::from_str(text).ok()
}

impl Line<'_> {
    /// The frame, byte for byte.
    ///
    /// # Errors
    ///
    /// What is wrong with the line, without its content.
    pub(crate) fn frame(&self) -> Result<Frame, &'static str> {
        let is_text = !self.binary;
        match (self.raw, &self.raw_text, &self.raw_base64) {
            (Some(raw), None, None) => {
                Ok(Frame { bytes: Bytes::copy_from_slice(raw.get().as_bytes()), is_text })
            }
            (None, Some(text), None) => {
                Ok(Frame { bytes: Bytes::copy_from_slice(text.as_bytes()), is_text })
            }
            (None, None, Some(base64)) => {
                let bytes = STANDARD.decode(base64.as_bytes()).map_err(|_| "bad base64")?;
                Ok(Frame { bytes: bytes.into(), is_text: false })
            }
            _ => Err("it must have one of raw, raw_text and raw_base64"),
        }
    }
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    const AT: UnixMs = UnixMs(1_795_337_000_000);

    fn line(frame: &Frame) -> String {
        String::from_utf8(written(AT, Stream::Calls, frame)).unwrap()
    }

    fn text(text: &str) -> Frame {
        Frame { bytes: Bytes::copy_from_slice(text.as_bytes()), is_text: true }
    }

    #[test]
    fn json_stands_as_it_came() {
        let number = r#"{ "id_call":"a" , "n":1.000000000000000000001,"n":1e400 }"#;
        assert_eq!(
            line(&text(number)),
            format!("{{\"at\":1795337000000,\"stream\":\"calls\",\"raw\":{number}}}\n")
        );
    }

    #[test]
    fn what_is_no_json_on_one_line_is_a_text() {
        for frame in ["{\"a\":\n1}", "{\"a\":1", "hello", "", " {}", &"[".repeat(1000)] {
            let line = line(&text(frame));
            assert!(line.contains("\"raw_text\":"), "{line}");
        }
        let binary = Frame { bytes: Bytes::from_static(b"{}"), is_text: false };
        assert!(line(&binary).ends_with("\"raw\":{},\"binary\":true}\n"));
        let bytes = Frame { bytes: Bytes::from_static(&[0xff, 0x00]), is_text: false };
        assert!(line(&bytes).ends_with("\"raw_base64\":\"/wA=\"}\n"));
    }

    #[test]
    fn a_line_with_nothing_or_too_much_is_refused() {
        for rest in ["", r#","raw":1,"raw_text":"1""#, r#","raw_base64":"?""#] {
            let line = format!(r#"{{"at":1,"stream":"calls"{rest}}}"#);
            assert!(serde_json::from_str::<Line<'_>>(&line).unwrap().frame().is_err(), "{line}");
        }
    }

    proptest! {
        #[test]
        fn every_frame_comes_back_byte_for_byte(
            bytes in prop_oneof![
                any::<Vec<u8>>(),
                any::<String>().prop_map(String::into_bytes),
                any::<String>().prop_map(|text| serde_json::to_vec(&text).unwrap()),
            ],
            is_text: bool,
        ) {
            let is_text = is_text && str::from_utf8(&bytes).is_ok();
            let frame = Frame { bytes: bytes.into(), is_text };
            let line = line(&frame);
            prop_assert_eq!(line.matches('\n').count(), 1);
            prop_assert!(line.ends_with('\n'));
            let read: Line<'_> = serde_json::from_str(&line).unwrap();
            let back = read.frame().unwrap();
            prop_assert_eq!((&back.bytes, back.is_text), (&frame.bytes, frame.is_text));
        }
    }
}
