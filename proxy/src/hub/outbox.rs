//! Frames on their way to one viewer.

use std::sync::Arc;

use super::frame::Frame;

/// Frames to be written, the first of them perhaps in part already.
#[derive(Debug, Default)]
pub struct Outbox {
    frames: Vec<Arc<Frame>>,
    /// Bytes of the first that are written.
    offset: usize,
}

impl Outbox {
    /// What is to be written.
    pub fn frames(&self) -> &[Arc<Frame>] {
        &self.frames
    }

    /// Bytes of the first frame that are written.
    pub fn offset(&self) -> usize {
        self.offset
    }

    /// Whether there is nothing to write.
    pub fn is_empty(&self) -> bool {
        self.frames.is_empty()
    }

    /// Where further frames are put: at the end.
    pub fn end(&mut self) -> &mut Vec<Arc<Frame>> {
        &mut self.frames
    }

    /// So many bytes of them have been written, in the form that the viewer
    /// gets.
    pub fn advance(&mut self, written: usize, deflate: bool) {
        let mut offset = self.offset + written;
        let done = self.frames.iter().take_while(|frame| {
            let length = frame.wire(deflate).len();
            let is_done = offset >= length;
            if is_done {
                offset -= length;
            }
            is_done
        });
        let done = done.count();
        self.offset = offset;
        if done == self.frames.len() {
            // Room that is kept would be kept for every viewer.
            *self = Outbox::default();
        } else {
            self.frames.drain(..done);
        }
    }

    /// Leaves out what is not begun: a frame can only be followed by another
    /// once all of it is written.
    pub fn only_begun(&mut self) {
        self.frames.truncate(usize::from(self.offset > 0));
    }
}

impl From<Vec<Arc<Frame>>> for Outbox {
    fn from(frames: Vec<Arc<Frame>>) -> Outbox {
        Outbox { frames, offset: 0 }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::hub::frame::Opcode;

    #[test]
    fn what_is_begun_is_finished_and_nothing_is_written_twice() {
        let frames = ["one", "two", "three"].map(|text| Frame::new(Opcode::Text, text.as_bytes()));
        let all: Vec<u8> = frames.iter().flat_map(|frame| frame.wire(false).to_vec()).collect();
        for step in 1..=all.len() {
            let mut out = Outbox::from(frames.to_vec());
            let mut written = Vec::new();
            while let [first, rest @ ..] = out.frames() {
                let mut left = first.wire(false)[out.offset()..].to_vec();
                rest.iter().for_each(|frame| left.extend_from_slice(frame.wire(false)));
                left.truncate(step);
                written.extend_from_slice(&left);
                out.advance(left.len(), false);
            }
            assert_eq!(written, all, "{step} bytes at a time");
        }
    }

    #[test]
    fn only_what_is_begun_stays() {
        let frames = ["one", "two"].map(|text| Frame::new(Opcode::Text, text.as_bytes()));
        let mut out = Outbox::from(frames.to_vec());
        out.advance(1, false);
        out.only_begun();
        assert_eq!((out.frames().len(), out.offset()), (1, 1));
        let mut out = Outbox::from(frames.to_vec());
        out.advance(frames[0].wire(false).len(), false);
        out.only_begun();
        assert!(out.is_empty());
    }
}
