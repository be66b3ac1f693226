//! A WebSocket frame, written once and shared by all who get it.
//!
//! The send path knows no WebSocket library: a server's frame is two to ten
//! bytes of header and the text. Compression is per message and without
//! context (RFC 7692), so that one compressed form serves every viewer that
//! asked for it; it is made when the first of them needs it. Frames hold call
//! data only, never a cookie or anything that a request brought: there is
//! nothing to guess by their length.

use std::sync::{Arc, OnceLock};

use axum::body::Bytes;
use callboard_shared::wire::Seq;
use flate2::{Compress, Compression, FlushCompress};

/// The longest header: eight bytes of length.
const HEADER_MOST: usize = 10;
/// Room for a message about one document, in bytes.
const USUAL: usize = 2 * 1024;
/// Shorter texts gain nothing, in bytes.
const DEFLATE_FROM: usize = 256;
/// RSV1: the message is compressed.
const COMPRESSED: u8 = 0x40;
/// FIN: a message is one frame.
const FINAL: u8 = 0x80;

/// What a frame carries.
#[derive(Clone, Copy, Debug, Eq, PartialEq)]
pub enum Opcode {
    /// UTF-8.
    Text = 1,
    /// Anything.
    Binary = 2,
    /// The end, with a code and a reason.
    Close = 8,
    /// The answer to a ping.
    Pong = 10,
    /// Asks for a sign of life.
    Ping = 9,
}

/// A frame of the server's.
#[derive(Debug)]
pub struct Frame {
    opcode: Opcode,
    bytes: Bytes,
    payload_at: usize,
    /// The number that the message reaches, if it reaches one.
    number: Option<Seq>,
    /// The compressed form, once somebody wanted it; `None`: no gain.
    deflated: OnceLock<Option<Bytes>>,
}

/// A text that is being written, with room for the header in front.
pub(super) struct Draft(Vec<u8>);

impl Draft {
    /// An empty one.
    pub(super) fn new() -> Draft {
        let mut bytes = Vec::with_capacity(USUAL);
        bytes.resize(HEADER_MOST, 0);
        Draft(bytes)
    }

    /// Where the next byte goes, counted from the beginning of the text.
    pub(super) fn len(&self) -> usize {
        self.0.len() - HEADER_MOST
    }

    /// The bytes to write to.
    pub(super) fn bytes(&mut self) -> &mut Vec<u8> {
        &mut self.0
    }

    /// The finished frame.
    pub(super) fn finish(self, opcode: Opcode, number: Option<Seq>) -> Arc<Frame> {
        let (bytes, payload_at) = framed(self.0, FINAL | opcode as u8);
        Arc::new(Frame { opcode, bytes, payload_at, number, deflated: OnceLock::new() })
    }
}

impl Frame {
    /// A frame around `payload`.
    pub fn new(opcode: Opcode, payload: &[u8]) -> Arc<Frame> {
        let mut draft = Draft::new();
        draft.bytes().extend_from_slice(payload);
        draft.finish(opcode, None)
    }

    /// The farewell.
    pub fn close(code: u16, reason: &str) -> Arc<Frame> {
        let payload = [&code.to_be_bytes()[..], reason.as_bytes()].concat();
        Frame::new(Opcode::Close, &payload)
    }

    /// What goes over the wire to who understands compression, or does not.
    pub fn wire(&self, deflate: bool) -> &Bytes {
        if deflate && let Some(bytes) = self.deflated.get_or_init(|| self.deflate()) {
            return bytes;
        }
        &self.bytes
    }

    /// The number that the message reaches, if it reaches one.
    pub fn number(&self) -> Option<Seq> {
        self.number
    }

    /// The text alone.
    pub fn payload(&self) -> Bytes {
        self.bytes.slice(self.payload_at..)
    }

    fn deflate(&self) -> Option<Bytes> {
        let payload = &self.bytes[self.payload_at..];
        if payload.len() < DEFLATE_FROM || self.opcode != Opcode::Text {
            return None;
        }
        let mut out = Vec::with_capacity(HEADER_MOST + payload.len() / 2 + 64);
        out.resize(HEADER_MOST, 0);
        let mut deflater = Compress::new(Compression::fast(), false);
        loop {
            let taken = usize::try_from(deflater.total_in()).ok()?;
            deflater.compress_vec(payload.get(taken..)?, &mut out, FlushCompress::Sync).ok()?;
            // All is taken, and room left over: the flush is complete.
            if deflater.total_in() == payload.len() as u64 && out.len() < out.capacity() {
                break;
            }
            out.reserve(out.capacity());
        }
        // The empty block of a flush is left out by the protocol.
        out.truncate(out.len().checked_sub(4)?);
        let bytes = framed(out, FINAL | COMPRESSED | self.opcode as u8).0;
        (bytes.len() < self.bytes.len()).then_some(bytes)
    }
}

/// Puts the header right before the text; where the text begins.
fn framed(mut bytes: Vec<u8>, first: u8) -> (Bytes, usize) {
    let length = bytes.len() - HEADER_MOST;
    let header = match length {
        0..=125 => vec![first, length as u8],
        126..=0xFFFF => {
            let [high, low] = (length as u16).to_be_bytes();
            vec![first, 126, high, low]
        }
        _ => [&[first, 127][..], &(length as u64).to_be_bytes()].concat(),
    };
    let begin = HEADER_MOST - header.len();
    bytes[begin..HEADER_MOST].copy_from_slice(&header);
    // Frames stay for a while, in the log and with who stalls: up to half of
    // each would be room for more that never comes.
    (Bytes::from(bytes.into_boxed_slice()).slice(begin..), header.len())
}

#[cfg(test)]
mod tests {
    use std::io::Read as _;

    use super::*;

    #[test]
    fn the_header_tells_kind_and_length() {
        for (length, header) in [
            (0, &[0x81, 0][..]),
            (125, &[0x81, 125]),
            (126, &[0x81, 126, 0, 126]),
            (65_535, &[0x81, 126, 0xFF, 0xFF]),
            (65_536, &[0x81, 127, 0, 0, 0, 0, 0, 1, 0, 0]),
        ] {
            let frame = Frame::new(Opcode::Text, &vec![b'x'; length]);
            let wire = frame.wire(false);
            assert_eq!(&wire[..header.len()], header, "{length}");
            assert_eq!(wire.len(), header.len() + length);
            assert_eq!(frame.payload().len(), length);
        }
        assert_eq!(&Frame::close(1012, "7").wire(true)[..], [0x88, 3, 0x03, 0xF4, b'7']);
    }

    #[test]
    fn the_compressed_form_is_the_same_text() {
        for length in [300, 3_000, 300_000] {
            let text: String = (0_usize..length)
                .map(|i| char::from(b'a' + (i % 1009 * (i % 31) % 13) as u8))
                .collect();
            let frame = Frame::new(Opcode::Text, text.as_bytes());
            let wire = frame.wire(true);
            assert!(wire.len() < text.len() / 2, "{length}: {}", wire.len());
            assert_eq!(wire[0], 0xC1);
            let header = match wire[1] {
                126 => 4,
                127 => 10,
                _ => 2,
            };
            let stream = [&wire[header..], &[0, 0, 0xFF, 0xFF]].concat();
            let mut read = String::new();
            let mut inflater = flate2::read::DeflateDecoder::new(&stream[..]);
            // The stream has no end of its own.
            let _ = inflater.read_to_string(&mut read);
            assert!(read == text, "{length}: {} bytes came back", read.len());
        }
    }

    #[test]
    fn short_texts_stay_as_they_are() {
        let frame = Frame::new(Opcode::Text, b"{}");
        assert_eq!(frame.wire(true), frame.wire(false));
    }
}
