//! What happens once a second: alarms, the tab's title, what takes turns.

use callboard_shared::alert::{Change, Level, Turn};

use super::App;
use crate::{clock, settings, view};

/// The small drawings of the day are made anew so often, in s.
const DAY_EVERY_S: u32 = 60;
/// No more than one sentence is read out in this time.
const SPOKEN_EVERY_S: u32 = 15;

impl App {
    /// A second has passed; whether anything is to be drawn.
    pub(super) fn second(&mut self) -> bool {
        self.seconds += 1;
        self.freshness.second();
        self.ask();
        self.look_out();
        // Not with each drawing: every change goes through the whole browser.
        let waiting = Some(self.view.hero.waiting).filter(|_| self.view.ready);
        if std::mem::replace(&mut self.titled, waiting) != waiting {
            set_title(waiting.unwrap_or_default());
        }
        self.measure = true;
        let turns = self.params.tv && self.seconds.is_multiple_of(self.params.rotate_s());
        let speaks = self.seconds.is_multiple_of(SPOKEN_EVERY_S) && self.said != self.view.spoken;
        if speaks {
            self.said = self.view.spoken.clone();
        }
        self.draw() | turns | speaks
    }

    /// Asks the proxy what it does not say by itself, now and then. One that is
    /// not there is asked nothing: the browser would log each failure.
    fn ask(&mut self) {
        let is_due = self.asked_s.is_none_or(|at| self.seconds - at >= DAY_EVERY_S);
        if !is_due || !self.shared.link.borrow().open {
            return;
        }
        self.asked_s = Some(self.seconds);
        let (shared, freshness) = (self.shared.clone(), self.freshness.clone());
        wasm_bindgen_futures::spawn_local(async move {
            // The first may have to make a connection.
            for _ in 0..2 {
                let begun = clock::monotonic_ms();
                if settings::ask("healthz").await.is_some() {
                    freshness.asked(clock::monotonic_ms() - begun);
                }
            }
            if let Some(day) = settings::ask_day(crate::day::BAR_S).await {
                shared.store.borrow_mut().day.take(&day);
            }
        });
    }

    /// Raises alarms. What is old raises none.
    fn look_out(&mut self) {
        let store = self.shared.store.borrow();
        let Some(now) = clock::now().filter(|_| self.view.ready && self.view.notice.is_none())
        else {
            return;
        };
        let listening = store.status.listening;
        let rules = store.settings.rules();
        let changes = self.watch.look(&rules, &store.board, &store.settings, listening, now);
        let is_worse = |change: &&Change| {
            let shown = change.queue.as_ref().is_none_or(|queue| self.params.shows(&queue.0));
            shown
                && change.level == Level::Breach
                && matches!(change.turn, Turn::Raised | Turn::Worse)
        };
        if let Some(change) = changes.iter().find(is_worse) {
            self.alarm = view::alarm(&store.board, change);
            settings::alarm(&self.alarm);
        }
    }
}

/// The tab's title says what matters most.
fn set_title(waiting: usize) {
    if let Some(document) = web_sys::window().and_then(|window| window.document()) {
        document.set_title(&match waiting {
            0 => "Callboard".to_owned(),
            waiting => format!("({waiting}) Callboard"),
        });
    }
}
