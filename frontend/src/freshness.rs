//! How long it takes from the proxy to the screen, as the page measures it of
//! itself.

use std::cell::{Cell, RefCell};
use std::rc::Rc;

use callboard_shared::UnixMs;
use gloo_timers::callback::Timeout;

use crate::clock;

/// How many drawings are remembered.
const KEPT: usize = 256;
/// One of so many drawings is looked at.
const ONE_OF: u32 = 7;

/// Questions to the proxy whose time is remembered.
const ASKED: usize = 4;

/// Times from a document's arrival at the proxy to its drawing, in ms.
///
/// The proxy's clock is known from the least late message, so what that one
/// took on the line is added: half of the quickest of the last questions.
#[derive(Default)]
pub(crate) struct Freshness {
    /// How long they took there and back, in ms; 0: none, or as good as none.
    asked: Cell<[u32; ASKED]>,
    /// When the newest message that is not drawn yet was sent.
    sent: Cell<Option<UnixMs>>,
    seen: Cell<Option<UnixMs>>,
    took: RefCell<Vec<u32>>,
    next: Cell<usize>,
    drawn: Cell<u32>,
    /// Kept: one that is forgotten stays in the browser's memory for good.
    back: RefCell<Option<Timeout>>,
    shown: Cell<Option<(u32, u32)>>,
}

impl Freshness {
    /// The newest message that is about to be drawn.
    pub(crate) fn heard(&self, sent: Option<UnixMs>) {
        if self.seen.replace(sent) != sent {
            self.sent.set(sent);
        }
    }

    /// It was handed to the browser; on screen it is when the browser comes
    /// back to us. Some of all drawings are looked at: to come back costs.
    pub(crate) fn painted(self: &Rc<Self>) {
        let Some(sent) = self.sent.take() else { return };
        let drawn = self.drawn.replace(self.drawn.get() + 1);
        if !drawn.is_multiple_of(ONE_OF) {
            return;
        }
        let this = self.clone();
        let back = Timeout::new(0, move || {
            let took = clock::now().map_or(0, |now| now.since_ms(sent));
            this.note(u32::try_from(took).unwrap_or(u32::MAX));
        });
        self.back.replace(Some(back));
    }

    /// A question that the proxy answers at once took so long, in ms.
    pub(crate) fn asked(&self, took: f64) {
        let mut asked = self.asked.get();
        asked.rotate_left(1);
        asked[ASKED - 1] = took as u32;
        self.asked.set(asked);
    }

    /// The way from the proxy to here, in ms.
    fn line(&self) -> u32 {
        self.asked.get().into_iter().filter(|took| *took > 0).min().unwrap_or(0) / 2
    }

    fn note(&self, took: u32) {
        let mut kept = self.took.borrow_mut();
        let next = self.next.replace((self.next.get() + 1) % KEPT);
        match kept.get_mut(next) {
            Some(old) => *old = took,
            None => kept.push(took),
        }
    }

    /// Works the figures out, once a second.
    pub(crate) fn second(&self) {
        let mut kept = self.took.borrow().clone();
        if kept.is_empty() {
            return;
        }
        kept.sort_unstable();
        let line = self.line();
        let at = |percent: usize| kept[(kept.len() * percent).div_ceil(100).max(1) - 1] + line;
        self.shown.set(Some((at(50), at(99))));
    }

    /// The middle, and what 99 of 100 stay within, in ms.
    pub(crate) fn shown(&self) -> Option<(u32, u32)> {
        self.shown.get()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_line_is_half_of_the_quickest_question_of_late() {
        let freshness = Freshness::default();
        (1..=100).for_each(|took| freshness.note(took));
        freshness.second();
        assert_eq!(freshness.shown(), Some((50, 99)));
        // The first one also made the connection.
        [190.0, 41.0, 40.0, 55.0].into_iter().for_each(|took| freshness.asked(took));
        freshness.second();
        assert_eq!(freshness.shown(), Some((70, 119)));
        // By another line.
        (0..4).for_each(|_| freshness.asked(8.0));
        freshness.second();
        assert_eq!(freshness.shown(), Some((54, 103)));
    }
}
