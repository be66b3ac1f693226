//! What a client sends: hardly anything, and never much.
//!
//! A parser of its own, because a library's read buffer alone would cost more
//! than everything else that a viewer needs. It keeps what it needs of one
//! short message and refuses the rest before storing it (RFC 6455).

use std::future::poll_fn;
use std::io;
use std::mem::MaybeUninit;
use std::pin::Pin;
use std::task::{Poll, ready};

use flate2::{Decompress, FlushDecompress, Status};
use tokio::io::{AsyncRead, ReadBuf};

/// The longest message, in bytes.
pub(super) const MESSAGE_LIMIT: usize = 4 * 1024;
/// Pieces of one message.
const FRAGMENTS: u8 = 16;
/// Read at a time. On the stack, for no longer than it takes.
const PIECE: usize = 1024;

/// Codes by which a connection is ended that breaks the rules.
mod code {
    pub(super) const PROTOCOL: u16 = 1002;
    pub(super) const NOT_UTF8: u16 = 1007;
    pub(super) const TOO_LARGE: u16 = 1009;
}

/// What was heard.
#[derive(Debug, Eq, PartialEq)]
pub(super) enum Heard {
    /// A text.
    Text(String),
    /// A message that is no text.
    Binary,
    /// To be answered with the same bytes.
    Ping(Vec<u8>),
    /// An answer to a ping.
    Pong,
    /// The client goes, with this code.
    Close(Option<u16>),
    /// The rules are broken: to be ended with this code.
    Broken(u16),
}

/// Reads frames.
#[derive(Debug, Default)]
pub(super) struct Incoming {
    /// Bytes that were read and not looked at.
    early: Vec<u8>,
    header: Vec<u8>,
    /// The payload of the frame that is being read, unmasked.
    payload: Vec<u8>,
    /// Pieces of the message so far: its first opcode, whether it is
    /// compressed, its bytes, its number of pieces.
    message: Option<(u8, bool, Vec<u8>, u8)>,
    deflate: bool,
}

/// A frame's header.
struct Header {
    fin: bool,
    compressed: bool,
    opcode: u8,
    mask: [u8; 4],
    length: usize,
    size: usize,
}

impl Incoming {
    /// `early` was read with the handshake; `deflate`: compression was agreed.
    pub(super) fn new(early: &[u8], deflate: bool) -> Incoming {
        Incoming { early: early.to_vec(), deflate, ..Incoming::default() }
    }

    /// The next message. Nothing is lost when the future is dropped.
    ///
    /// # Errors
    ///
    /// When the connection fails; its end is an `UnexpectedEof`.
    pub(super) async fn next<S: AsyncRead + Unpin>(&mut self, stream: &mut S) -> io::Result<Heard> {
        poll_fn(|cx| {
            loop {
                while !self.early.is_empty() {
                    let early = std::mem::take(&mut self.early);
                    let (taken, heard) = self.take(&early);
                    self.early = early[taken..].to_vec();
                    if let Some(heard) = heard {
                        return Poll::Ready(Ok(heard));
                    }
                }
                // This is tried after each message sent, mostly in vain: zeros
                // would be written for nothing.
                let mut piece = [MaybeUninit::uninit(); PIECE];
                let mut buffer = ReadBuf::uninit(&mut piece);
                ready!(Pin::new(&mut *stream).poll_read(cx, &mut buffer))?;
                if buffer.filled().is_empty() {
                    return Poll::Ready(Err(io::ErrorKind::UnexpectedEof.into()));
                }
                self.early.extend_from_slice(buffer.filled());
            }
        })
        .await
    }

    /// Takes bytes up to the end of a message; how many, and the message.
    fn take(&mut self, bytes: &[u8]) -> (usize, Option<Heard>) {
        let mut taken = 0;
        loop {
            let header = match read_header(&self.header, self.deflate) {
                Ok(Some(header)) => header,
                Ok(None) => {
                    let Some(byte) = bytes.get(taken) else { return (taken, None) };
                    self.header.push(*byte);
                    taken += 1;
                    continue;
                }
                Err(code) => return (taken, Some(Heard::Broken(code))),
            };
            if let Err(code) = self.check(&header) {
                return (taken, Some(Heard::Broken(code)));
            }
            debug_assert_eq!(header.size, self.header.len());
            let wanted = header.length - self.payload.len();
            let piece = &bytes[taken..bytes.len().min(taken + wanted)];
            let at = self.payload.len();
            let unmasked = piece.iter().zip(at..).map(|(byte, i)| byte ^ header.mask[i % 4]);
            self.payload.extend(unmasked);
            taken += piece.len();
            if self.payload.len() < header.length {
                return (taken, None);
            }
            self.header.clear();
            let payload = std::mem::take(&mut self.payload);
            if let Some(heard) = self.frame(&header, payload) {
                return (taken, Some(heard));
            }
        }
    }

    /// What the header alone forbids.
    fn check(&self, header: &Header) -> Result<(), u16> {
        let is_control = header.opcode >= 8;
        if is_control && (!header.fin || header.length > 125) {
            return Err(code::PROTOCOL);
        }
        if is_control {
            return Ok(());
        }
        let goes_on = header.opcode == 0;
        match &self.message {
            None if goes_on => Err(code::PROTOCOL),
            Some(_) if !goes_on => Err(code::PROTOCOL),
            Some((_, _, bytes, pieces))
                if *pieces >= FRAGMENTS || bytes.len() + header.length > MESSAGE_LIMIT =>
            {
                Err(code::TOO_LARGE)
            }
            _ if goes_on && header.compressed => Err(code::PROTOCOL),
            _ if header.length > MESSAGE_LIMIT => Err(code::TOO_LARGE),
            _ => Ok(()),
        }
    }

    fn frame(&mut self, header: &Header, payload: Vec<u8>) -> Option<Heard> {
        match header.opcode {
            8 => return Some(close(&payload)),
            9 => return Some(Heard::Ping(payload)),
            10 => return Some(Heard::Pong),
            _ => (),
        }
        let first = (header.opcode, header.compressed, Vec::new(), 0);
        let (opcode, compressed, mut bytes, pieces) = self.message.take().unwrap_or(first);
        bytes.extend(payload);
        if !header.fin {
            self.message = Some((opcode, compressed, bytes, pieces + 1));
            return None;
        }
        if compressed {
            match inflate(&bytes) {
                Ok(inflated) => bytes = inflated,
                Err(code) => return Some(Heard::Broken(code)),
            }
        }
        Some(match opcode {
            1 => String::from_utf8(bytes).map_or(Heard::Broken(code::NOT_UTF8), Heard::Text),
            _ => Heard::Binary,
        })
    }
}

/// The header, once all of it is there.
fn read_header(bytes: &[u8], deflate: bool) -> Result<Option<Header>, u16> {
    let &[first, second, ..] = bytes else { return Ok(None) };
    let (opcode, compressed) = (first & 0x0F, first & 0x40 != 0);
    if first & 0x30 != 0 || !matches!(opcode, 0..=2 | 8..=10) {
        return Err(code::PROTOCOL);
    }
    if compressed && (!deflate || opcode >= 8) {
        return Err(code::PROTOCOL);
    }
    // A browser's frames are masked.
    if second & 0x80 == 0 {
        return Err(code::PROTOCOL);
    }
    let extra = match second & 0x7F {
        126 => 2,
        127 => 8,
        _ => 0,
    };
    let size = 2 + extra + 4;
    if bytes.len() < size {
        return Ok(None);
    }
    let length = match extra {
        0 => u64::from(second & 0x7F),
        _ => bytes[2..2 + extra].iter().fold(0, |sum, byte| (sum << 8) | u64::from(*byte)),
    };
    if length >> 63 == 1 {
        return Err(code::PROTOCOL);
    }
    let mut mask = [0; 4];
    mask.copy_from_slice(&bytes[2 + extra..size]);
    let length = usize::try_from(length).unwrap_or(usize::MAX);
    Ok(Some(Header { fin: first & 0x80 != 0, compressed, opcode, mask, length, size }))
}

fn close(payload: &[u8]) -> Heard {
    let [high, low, reason @ ..] = payload else {
        let broken = Heard::Broken(code::PROTOCOL);
        return if payload.is_empty() { Heard::Close(None) } else { broken };
    };
    let given = u16::from_be_bytes([*high, *low]);
    if !matches!(given, 1000..=1003 | 1007..=1014 | 3000..=4999) {
        return Heard::Broken(code::PROTOCOL);
    }
    match std::str::from_utf8(reason) {
        Ok(_) => Heard::Close(Some(given)),
        Err(_) => Heard::Broken(code::NOT_UTF8),
    }
}

/// Unpacks a message, never beyond the limit.
fn inflate(bytes: &[u8]) -> Result<Vec<u8>, u16> {
    let whole = [bytes, &[0, 0, 0xFF, 0xFF]].concat();
    // One byte more than allowed, to tell "full" from "too much".
    let mut out = Vec::with_capacity(MESSAGE_LIMIT + 1);
    let status = Decompress::new(false).decompress_vec(&whole, &mut out, FlushDecompress::Sync);
    match status {
        _ if out.len() > MESSAGE_LIMIT => Err(code::TOO_LARGE),
        Ok(Status::Ok | Status::StreamEnd | Status::BufError) => Ok(out),
        Err(_) => Err(code::NOT_UTF8),
    }
}

#[cfg(test)]
#[path = "incoming_tests.rs"]
mod tests;
