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

/// Times from a message's departure to its drawing, in ms.
///
/// The proxy's clock is known from the least late message, so what that one
/// took on the line is in none of them.
#[derive(Default)]
pub(crate) struct Freshness {
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
        let at = |percent: usize| kept[(kept.len() * percent).div_ceil(100).max(1) - 1];
        self.shown.set(Some((at(50), at(99))));
    }

    /// The middle, and what 99 of 100 stay within, in ms.
    pub(crate) fn shown(&self) -> Option<(u32, u32)> {
        self.shown.get()
    }
}
