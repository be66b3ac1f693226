//! When the view is made anew, and which parts of it.

use gloo_timers::callback::Timeout;
use yew::html::Scope;

use super::{App, Event};
use crate::params::Page;
use crate::view::{Calls, Counts, Look, rows, view};
use crate::{clock, takeover};

/// All but the rows of the calls is made anew at most this often, in ms: nobody
/// reads digits that change faster.
const VIEW_EVERY_MS: f64 = 100.0;
/// On a page of calls, where it is two numbers above the list.
const COUNTS_EVERY_MS: f64 = 250.0;

impl App {
    /// Draws although nothing came.
    pub(super) fn redraw(&mut self) -> bool {
        self.drawn_ms.set(0.0);
        if let Some((since, _)) = self.frozen {
            self.frozen = Some((since, self.list(&|len| (0, len))));
        }
        self.draw();
        true
    }

    /// Stops the board, or lets it go on.
    pub(super) fn freeze(&mut self) -> bool {
        self.frozen = match (&self.frozen, clock::now()) {
            (None, Some(now)) => Some((now, Calls::default())),
            _ => None,
        };
        self.buttons.frozen = self.frozen.is_some();
        clock::stop(self.frozen.as_ref().map(|(since, _)| *since));
        self.redraw()
    }

    /// How often the view is made anew at most, in ms.
    fn view_every_ms(&self) -> f64 {
        if self.params.view == Page::Calls { COUNTS_EVERY_MS } else { VIEW_EVERY_MS }
    }

    /// A frame is about to be drawn. Most often there is nothing to do but to
    /// write rows: to be told so by a message would cost more than to do it.
    pub(super) fn frame(link: &Scope<Self>) {
        let app = link.get_component();
        let Some(app) = app.filter(|app| app.draw_rows_only(2.0)) else {
            return link.send_message(Event::Draw);
        };
        app.owe(link);
    }

    /// Draws again soon, for the figures that were left out.
    pub(super) fn owe(&self, link: &Scope<Self>) {
        if self.viewed_ms < self.drawn_ms.get() {
            let send = link.clone();
            let due = move || send.send_message(Event::Due);
            let later = || Timeout::new(self.view_every_ms() as u32, due);
            self.owed.borrow_mut().get_or_insert_with(later);
        }
    }

    /// The calls in view, as of the newest drawing.
    fn list(&self, in_view: &dyn Fn(usize) -> (usize, usize)) -> Calls {
        let live = self.shared.store.borrow();
        let store = self.more.past().map_or(&*live, |past| &past.store);
        rows(store, self.at.get(), &self.params, in_view, &mut self.cache.borrow_mut())
    }

    /// Draws the rows of the calls, where they are shown; how many there are.
    pub(super) fn draw_rows(&self) -> Counts {
        if !matches!(self.params.view, Page::Board | Page::Calls) {
            return Counts::default();
        }
        let drawn = self.rows.clone();
        let in_view = |len| drawn.in_view(len);
        let calls = match &self.frozen {
            Some((_, calls)) => calls.part(in_view),
            None => self.list(&in_view),
        };
        drawn.draw(&calls);
        calls.counts
    }

    /// Draws the rows of what has come, if that is all there is to draw.
    fn draw_rows_only(&self, patience: f64) -> bool {
        self.shared.read();
        let is_special = self.locked
            || self.shared.link.borrow().locked
            || self.frozen.is_some()
            || self.is_past
            || self.more.past().is_some()
            || self.params.every.is_some();
        let ms = clock::monotonic_ms();
        let is_due =
            self.drawn_ms.get() <= 0.0 || ms - self.viewed_ms >= patience * self.view_every_ms();
        let now = clock::now().filter(|_| self.view.ready && !is_special && !is_due);
        let Some(now) = now else { return false };
        self.freshness.heard(self.shared.store.borrow().heard);
        self.drawn_ms.set(ms);
        self.at.set(self.view.at(now));
        self.draw_rows();
        self.freshness.painted();
        true
    }

    /// Draws what has come; whether the virtual DOM has to.
    pub(super) fn draw(&mut self) -> bool {
        if self.draw_rows_only(1.0) {
            return false;
        }
        let link = *self.shared.link.borrow();
        let turned = std::mem::replace(&mut self.locked, link.locked) != link.locked;
        let monotonic_ms = clock::monotonic_ms();
        let every_ms = f64::from(self.params.every.unwrap_or(0)) * 1_000.0;
        let waits = self.view.ready && monotonic_ms - self.drawn_ms.get() < every_ms;
        let stands = self.frozen.is_some() && self.drawn_ms.get() > 0.0;
        if self.locked {
            takeover::locked();
        }
        let Some(now) = clock::now().filter(|_| !waits && !stands) else { return turned };
        let is_past = self.more.past().is_some();
        if std::mem::replace(&mut self.is_past, is_past) != is_past {
            self.cache.take();
            self.drawn_ms.set(0.0);
        }
        self.freshness.heard(self.shared.store.borrow().heard);
        let anew = self.drawn_ms.get() <= 0.0 || !self.view.ready;
        self.drawn_ms.set(monotonic_ms);
        self.viewed_ms = monotonic_ms;
        self.draw_view(Look { link, now, monotonic_ms }, anew) || turned
    }

    /// Builds the view anew; whether it differs from the one on screen.
    fn draw_view(&mut self, look: Look, anew: bool) -> bool {
        let live = self.shared.store.borrow();
        let (store, look) = match self.more.past() {
            Some(past) => (&past.store, past.look(look)),
            None => (&*live, look),
        };
        // On a page of calls figures are in the tab's title only.
        let young = look.monotonic_ms - self.figured_ms < 10.0 * VIEW_EVERY_MS;
        let keeps = young && !anew && self.params.view == Page::Calls;
        let figures = Some(&self.view).filter(|_| keeps);
        if figures.is_none() {
            self.figured_ms = look.monotonic_ms;
        }
        let mut next = view(store, look, &self.params, figures);
        self.at.set(next.at(look.now));
        drop(live);
        next.counts = self.draw_rows();
        if !self.more.travels() && self.frozen.is_none() {
            clock::stop(next.stale_since);
        }
        let differs = next != self.view;
        if next.ready && !self.view.ready {
            clock::mark_first_data();
            takeover::ready();
        }
        self.view = next;
        if !differs {
            self.freshness.painted();
        }
        differs
    }
}
