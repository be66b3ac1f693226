//! A server's WebSocket frames, read as they come.

/// Longer ones are counted and not looked at: thousands of snapshots would
/// have to be held at once.
const LOOKED_AT: usize = 32 * 1024;

/// A reader of one connection.
#[derive(Default)]
pub(crate) struct Frames {
    /// The beginning of a frame whose end has not come.
    rest: Vec<u8>,
    /// Bytes of a long frame that are still to come.
    skip: usize,
}

impl Frames {
    /// Takes bytes; `each` gets the payload of every frame that ends in them,
    /// an empty one for those that are not looked at.
    pub(crate) fn take(&mut self, bytes: &[u8], mut each: impl FnMut(&[u8])) {
        let mut bytes = bytes;
        if self.skip > 0 {
            let skipped = self.skip.min(bytes.len());
            self.skip -= skipped;
            bytes = &bytes[skipped..];
            if self.skip > 0 {
                return;
            }
            each(&[]);
        }
        if self.rest.is_empty() {
            self.whole(bytes, &mut each);
        } else {
            let mut all = std::mem::take(&mut self.rest);
            all.extend_from_slice(bytes);
            self.whole(&all, &mut each);
        }
    }

    fn whole(&mut self, mut bytes: &[u8], each: &mut impl FnMut(&[u8])) {
        while let Some((header, length)) = head(bytes) {
            if bytes.len() < header + length {
                if length > LOOKED_AT {
                    self.skip = header + length - bytes.len();
                    return;
                }
                break;
            }
            // Compressed ones hold no mark that could be read.
            each(&bytes[header..header + length]);
            bytes = &bytes[header + length..];
        }
        self.rest.extend_from_slice(bytes);
    }
}

/// Length of a frame's header and of its payload, once the header is there.
pub(crate) fn head(bytes: &[u8]) -> Option<(usize, usize)> {
    let long = |from: usize, to: usize| {
        let length = bytes.get(from..to)?;
        Some(length.iter().fold(0_usize, |sum, byte| sum << 8 | usize::from(*byte)))
    };
    match bytes.get(1)? & 0x7F {
        126 => Some((4, long(2, 4)?)),
        127 => Some((10, long(2, 10)?)),
        short => Some((2, usize::from(short))),
    }
}
