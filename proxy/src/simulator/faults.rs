//! What is broken on purpose: by order, or now and then by seeded chance.
//!
//! | kind | does | takes |
//! |---|---|---|
//! | `drop` | connections end without a close frame | |
//! | `stall` | sockets stay open, yet nothing is sent and no ping answered; what was due comes afterwards | `for_ms` |
//! | `garble` | the next frames go out cut short or with a flipped bit *instead* of as they should; the call's later documents heal what they hold | `count` |
//! | `duplicate` | the next frames go out twice | `count` |
//! | `reorder` | the next frames are held, and go out backwards as soon as there are so many of them, or time is up | `count`, `for_ms` |
//! | `refuse` | new handshakes are answered with a status | `for_ms`, `status` |
//! | `burst` | what would have come within the next while comes at once, in all streams, and after it nothing until the clock has caught up | `for_ms` |
//! | `clear` | ends all of it; what is held goes out | |
//!
//! All but `burst` take `stream`; without it they are for all three.

use std::time::Duration;

use axum::body::Bytes;
use axum::http::StatusCode;
use serde::Deserialize;
use tokio::time::Instant;

use callboard_shared::Stream;

use super::chance::Chance;
use super::outlet::Frame;

/// What breaks.
#[derive(Clone, Copy, Debug, Deserialize, Eq, PartialEq)]
#[serde(rename_all = "lowercase")]
pub enum FaultKind {
    /// Connections end without a close frame.
    Drop,
    /// Nothing is sent, and no ping answered.
    Stall,
    /// Frames that are no JSON.
    Garble,
    /// Frames that come twice.
    Duplicate,
    /// Frames that come backwards.
    Reorder,
    /// Handshakes that fail.
    Refuse,
    /// Much at once.
    Burst,
    /// Nothing any more.
    Clear,
}

/// One order.
#[derive(Clone, Debug, Deserialize, PartialEq)]
#[serde(deny_unknown_fields)]
pub struct Fault {
    /// What breaks.
    pub kind: FaultKind,
    /// For how many frames.
    #[serde(default = "one")]
    pub count: u32,
    /// For how long, in ms.
    #[serde(default = "two_seconds")]
    pub for_ms: u64,
    /// Where; everywhere, unless given.
    pub stream: Option<Stream>,
    /// The status of `refuse`.
    #[serde(default = "unavailable")]
    pub status: u16,
}

fn one() -> u32 {
    1
}

fn two_seconds() -> u64 {
    2_000
}

fn unavailable() -> u16 {
    503
}

impl Fault {
    /// An order with every detail as it is if nothing is said.
    pub fn new(kind: FaultKind) -> Fault {
        let (count, for_ms, status) = (one(), two_seconds(), unavailable());
        Fault { kind, count, for_ms, stream: None, status }
    }

    /// Checks that every detail is in its range.
    pub(super) fn check(&self) -> Result<(), &'static str> {
        if !(1..=10_000).contains(&self.count) {
            return Err("count must be 1 to 10000");
        }
        if self.for_ms > 3_600_000 {
            return Err("for_ms must be 0 to 3600000");
        }
        if !(400..=599).contains(&self.status) {
            return Err("status must be 400 to 599");
        }
        Ok(())
    }

    /// Where it happens.
    pub(super) fn streams(&self) -> impl Iterator<Item = Stream> {
        let only = self.stream;
        Stream::ALL.into_iter().filter(move |stream| only.is_none_or(|only| only == *stream))
    }

    pub(super) fn lasts(&self) -> Duration {
        Duration::from_millis(self.for_ms)
    }
}

/// Faults at intervals of chance, the same for the same seed.
pub(super) struct AtRandom {
    chance: Chance,
    mean_ms: f64,
}

impl AtRandom {
    /// One every `mean_s` seconds on average.
    pub(super) fn new(seed: u64, mean_s: f64) -> AtRandom {
        // Not the centre's own chance, which decides about the documents.
        AtRandom { chance: Chance::new(seed ^ 0x00fa_0175), mean_ms: mean_s * 1_000.0 }
    }
}

impl Iterator for AtRandom {
    /// The wait before it, and the fault.
    type Item = (Duration, Fault);

    fn next(&mut self) -> Option<(Duration, Fault)> {
        use FaultKind::{Burst, Drop, Duplicate, Garble, Refuse, Reorder, Stall};
        let chance = &mut self.chance;
        let wait = u64::try_from(chance.exponential(self.mean_ms)).unwrap_or(0);
        let kinds = [Drop, Stall, Garble, Duplicate, Reorder, Refuse, Burst];
        let kind = kinds[chance.index(kinds.len())?];
        let stream = chance.index(4).and_then(|at| Stream::ALL.get(at).copied());
        let count = u32::try_from(chance.between(1, 10)).unwrap_or(1);
        let for_ms = u64::try_from(chance.between(200, 4_000)).unwrap_or(0);
        let fault = Fault { kind, count, for_ms, stream, status: unavailable() };
        Some((Duration::from_millis(wait), fault))
    }
}

/// What is still to go wrong with one stream.
#[derive(Default)]
pub(super) struct Pending {
    garble: u32,
    duplicate: u32,
    /// Frames to be held before they go out backwards.
    hold: usize,
    held: Vec<Frame>,
    refuse: Option<(Instant, StatusCode)>,
}

impl Pending {
    /// Takes an order that is about frames or handshakes; returns what goes
    /// out at once.
    pub(super) fn order(&mut self, fault: &Fault, now: Instant) -> Vec<Frame> {
        match fault.kind {
            FaultKind::Garble => self.garble += fault.count,
            FaultKind::Duplicate => self.duplicate += fault.count,
            FaultKind::Reorder => {
                let earlier = self.release();
                self.hold = fault.count as usize;
                return earlier;
            }
            FaultKind::Refuse => {
                let status = StatusCode::from_u16(fault.status).unwrap_or_default();
                self.refuse = Some((now + fault.lasts(), status));
            }
            FaultKind::Clear => {
                let held = self.release();
                *self = Pending::default();
                return held;
            }
            FaultKind::Drop | FaultKind::Stall | FaultKind::Burst => (),
        }
        Vec::new()
    }

    /// How a handshake is refused now, if it is.
    pub(super) fn refusal(&self, now: Instant) -> Option<StatusCode> {
        self.refuse.filter(|(until, _)| now < *until).map(|(_, status)| status)
    }

    /// What goes out now that `frame` should.
    pub(super) fn pass(&mut self, mut frame: Frame) -> Vec<Frame> {
        if matches!(frame, Frame::Close(_) | Frame::Abort) {
            return vec![frame];
        }
        if self.garble > 0 {
            frame = garbled(&frame, self.garble.is_multiple_of(2));
            self.garble -= 1;
        }
        let mut out = vec![frame];
        if self.duplicate > 0 {
            self.duplicate -= 1;
            out.extend_from_within(..);
        }
        if self.hold == 0 {
            return out;
        }
        self.held.append(&mut out);
        if self.held.len() < self.hold { Vec::new() } else { self.release() }
    }

    /// What is held, backwards. Nothing is held any more.
    pub(super) fn release(&mut self) -> Vec<Frame> {
        self.hold = 0;
        let mut held = std::mem::take(&mut self.held);
        held.reverse();
        held
    }
}

/// A frame that is no JSON: without its second half, or with its first bit
/// flipped, which is not UTF-8 either.
fn garbled(frame: &Frame, flip: bool) -> Frame {
    let bytes = match frame {
        Frame::Text(text) => text.as_bytes(),
        Frame::Binary(bytes) => bytes,
        Frame::Close(_) | Frame::Abort => return frame.clone(),
    };
    if flip && !bytes.is_empty() {
        let mut bytes = bytes.to_vec();
        bytes[0] ^= 0x80;
        return Frame::Binary(Bytes::from(bytes));
    }
    let half = String::from_utf8_lossy(&bytes[..bytes.len() / 2]);
    Frame::Text(half.into_owned().into())
}

#[cfg(test)]
mod tests {
    use super::*;

    fn text(text: &str) -> Frame {
        Frame::Text(text.to_owned().into())
    }

    fn order(pending: &mut Pending, kind: FaultKind, count: u32) -> Vec<Frame> {
        pending.order(&Fault { count, ..Fault::new(kind) }, Instant::now())
    }

    #[track_caller]
    fn check(frames: Vec<Frame>, expected: &[&str]) {
        let expected: Vec<_> = expected.iter().map(|expected| text(expected)).collect();
        assert_eq!(format!("{frames:?}"), format!("{expected:?}"));
    }

    #[test]
    fn without_an_order_everything_goes_out_as_it_is() {
        check(Pending::default().pass(text("{}")), &["{}"]);
    }

    #[test]
    fn frames_come_twice_and_backwards_as_ordered() {
        let mut pending = Pending::default();
        order(&mut pending, FaultKind::Duplicate, 1);
        check(pending.pass(text("a")), &["a", "a"]);
        check(pending.pass(text("b")), &["b"]);

        order(&mut pending, FaultKind::Reorder, 3);
        check(pending.pass(text("a")), &[]);
        check(pending.pass(text("b")), &[]);
        check(pending.pass(text("c")), &["c", "b", "a"]);
        check(pending.pass(text("d")), &["d"]);

        order(&mut pending, FaultKind::Reorder, 3);
        check(pending.pass(text("a")), &[]);
        check(order(&mut pending, FaultKind::Clear, 1), &["a"]);
        check(pending.pass(text("b")), &["b"]);
    }

    #[test]
    fn a_garbled_document_is_no_json() {
        let mut pending = Pending::default();
        order(&mut pending, FaultKind::Garble, 4);
        for document in [r#"{"id_call":"Ünø","active":1}"#; 4] {
            let bytes = match &pending.pass(text(document))[..] {
                [Frame::Text(text)] => text.as_bytes().to_vec(),
                [Frame::Binary(bytes)] => bytes.to_vec(),
                other => panic!("{other:?}"),
            };
            assert!(callboard_shared::decode::decode(&bytes).is_err(), "{bytes:?}");
        }
        check(pending.pass(text("{}")), &["{}"]);
    }

    #[test]
    fn the_same_seed_breaks_the_same_things() {
        let faults = |seed| AtRandom::new(seed, 10.0).take(200).collect::<Vec<_>>();
        assert_eq!(faults(1), faults(1));
        assert_ne!(faults(1), faults(2));
        let mean = faults(1).iter().map(|(wait, _)| wait.as_secs_f64()).sum::<f64>() / 200.0;
        assert!((7.0..13.0).contains(&mean), "{mean}");
        assert!(faults(1).iter().all(|(_, fault)| fault.check() == Ok(())));
    }
}
