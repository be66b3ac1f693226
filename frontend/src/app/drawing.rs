//! When the view is made anew, and which parts of it.

use gloo_timers::callback::Timeout;
use yew::prelude::*;

use super::{App, Event};
use crate::params::Page;
use crate::view::{Look, RowCache, view};
use crate::{clock, takeover};

/// Figures that are read off all calls are made anew at most this often, in ms:
/// nobody reads digits that change faster.
const FIGURES_EVERY_MS: f64 = 100.0;

impl App {
    /// Draws although nothing came.
    pub(super) fn redraw(&mut self) -> bool {
        self.drawn_ms = 0.0;
        self.draw();
        true
    }

    fn figures_every_ms(&self) -> f64 {
        match self.params.view {
            // They are in the tab's title only.
            Page::Calls => 10.0 * FIGURES_EVERY_MS,
            _ => FIGURES_EVERY_MS,
        }
    }

    /// The same, and again soon for the figures that it left out.
    pub(super) fn draw_and_owe(&mut self, ctx: &Context<Self>) -> bool {
        let differs = self.draw();
        if self.owed.is_none() && self.figured_ms < self.drawn_ms {
            let send = ctx.link().clone();
            let due = move || send.send_message(Event::Due);
            self.owed = Some(Timeout::new(self.figures_every_ms() as u32, due));
        }
        differs
    }

    /// Builds the view anew; whether it differs from the one on screen.
    pub(super) fn draw(&mut self) -> bool {
        let link = *self.shared.link.borrow();
        let turned = std::mem::replace(&mut self.locked, link.locked) != link.locked;
        let monotonic_ms = clock::monotonic_ms();
        let every_ms = f64::from(self.params.every.unwrap_or(0)) * 1_000.0;
        let waits = self.view.ready && monotonic_ms - self.drawn_ms < every_ms;
        let stands = self.frozen.is_some() && self.drawn_ms > 0.0;
        if self.locked {
            takeover::locked();
        }
        let Some(now) = clock::now().filter(|_| !waits && !stands) else { return turned };
        let is_past = self.more.past().is_some();
        if std::mem::replace(&mut self.is_past, is_past) != is_past {
            self.cache = RowCache::default();
            self.drawn_ms = 0.0;
        }
        let young = monotonic_ms - self.figured_ms < self.figures_every_ms() && self.drawn_ms > 0.0;
        let figures = Some(&self.view).filter(|view| young && view.ready);
        if figures.is_none() {
            self.figured_ms = monotonic_ms;
        }
        self.drawn_ms = monotonic_ms;
        let live = self.shared.store.borrow();
        self.freshness.heard(live.heard);
        let look = Look { link, now, monotonic_ms, params: &self.params, figures };
        let next = match self.more.past() {
            Some(past) => view(&past.store, past.look(look), &mut self.cache),
            None => view(&live, look, &mut self.cache),
        };
        if !self.more.travels() && self.frozen.is_none() {
            clock::stop(next.stale_since);
        }
        let differs = next != self.view;
        if next.ready && !self.view.ready {
            clock::mark_first_data();
            takeover::ready();
        }
        self.view = next;
        differs || turned
    }
}
