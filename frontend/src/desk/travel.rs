//! Time travel: the whole board as it was at any moment, folded by the same
//! reducer from what the proxy has stored.

use std::collections::VecDeque;
use std::rc::Rc;

use callboard_shared::UnixMs;
use callboard_shared::wire::{self, ServerMessage};
use gloo_timers::callback::Interval;
use web_sys::HtmlInputElement;
use yew::html::Scope;
use yew::prelude::*;

use super::api::{self, query};
use super::failure::Failure;
use crate::app::{self, App, go};
use crate::params::Params;
use crate::store::Store;
use crate::text::{D, T, fill, t};
use crate::view::{Link, Look};
use crate::{clock, format, settings};

/// Asked for at once, in ms of the day.
const AHEAD_MS: u64 = 10 * 60 * 1000;
/// Less than this ahead: more is asked for, in ms.
const LOW_MS: u64 = 4 * 60 * 1000;
/// Between two drawings of a day that plays, in ms.
const FRAME_MS: u32 = 100;
/// A step by key, in ms.
const STEP_MS: i64 = 60_000;
const SPEEDS: [u32; 4] = [1, 5, 20, 60];

/// What can happen to a board of the past.
pub(crate) enum TravelEvent {
    /// What was asked for has come: the number of the question, and its lines.
    Came(u32, Result<String, Rc<Failure>>),
    /// A moment of the play has passed.
    Tick,
    /// Play, or stop.
    Play,
    /// So fast.
    Speed(u32),
    /// To this moment.
    Seek(UnixMs),
}

/// A board of the past.
pub(crate) struct Past {
    pub(crate) store: Store,
    now: UnixMs,
}

impl Past {
    /// The same look, at the moment that is shown.
    pub(crate) fn look(&self, look: Look) -> Look {
        let heard_ms = Some(look.monotonic_ms);
        Look { now: self.now, link: Link { open: true, heard_ms, locked: false }, ..look }
    }
}

/// Where in time the page is.
#[derive(Default)]
pub(crate) struct Travel {
    /// The moment that the URL asks for.
    asked: Option<UnixMs>,
    past: Option<Past>,
    /// Messages that are not folded in yet, in order.
    ahead: VecDeque<ServerMessage>,
    /// Everything up to here was asked for, and has come.
    known: UnixMs,
    /// The number of the newest question; answers to others are dropped.
    question: u32,
    waits: bool,
    why: Option<Rc<Failure>>,
    speed: u32,
    play: Option<Interval>,
}

impl Travel {
    /// The moment that is shown, if it is one of the past.
    pub(crate) fn at(&self) -> Option<UnixMs> {
        self.asked.map(|asked| self.past.as_ref().map_or(asked, |past| past.now))
    }

    /// The board of that moment, once it has come.
    pub(crate) fn past(&self) -> Option<&Past> {
        self.past.as_ref()
    }

    /// The address has changed.
    pub(crate) fn moved(&mut self, params: &Params, app: &Scope<App>) {
        if params.at == self.asked {
            return;
        }
        self.asked = params.at;
        match params.at {
            Some(at) => self.seek(at, app),
            None => {
                *self = Travel { question: self.question + 1, ..Travel::default() };
                clock::travel(None);
            }
        }
    }

    /// Something has happened; whether the board differs.
    pub(crate) fn update(&mut self, event: TravelEvent, app: &Scope<App>) -> bool {
        match event {
            TravelEvent::Came(question, came) if question == self.question => self.take(came),
            TravelEvent::Came(..) => return false,
            TravelEvent::Tick => self.tick(app),
            TravelEvent::Play => match self.play.take() {
                Some(_) => (),
                None => self.start(app),
            },
            TravelEvent::Speed(speed) => {
                self.speed = speed;
                if self.play.is_none() {
                    self.start(app);
                }
            }
            TravelEvent::Seek(at) => self.seek(at, app),
        }
        true
    }

    fn start(&mut self, app: &Scope<App>) {
        let app = app.clone();
        self.speed = self.speed.max(1);
        self.play = Some(Interval::new(FRAME_MS, move || {
            app.send_message(app::Event::More(TravelEvent::Tick));
        }));
    }

    /// Asks for the board at `at` and for what came then.
    fn seek(&mut self, at: UnixMs, app: &Scope<App>) {
        let at = clock::now().map_or(at, |now| at.min(now));
        let is_ahead = self.past.as_ref().is_some_and(|past| past.now <= at && at <= self.known);
        if is_ahead {
            return self.fold_until(at);
        }
        self.ask(at, app);
        if let Some(past) = &mut self.past {
            past.now = at;
        }
    }

    fn ask(&mut self, from: UnixMs, app: &Scope<App>) {
        self.question += 1;
        (self.waits, self.why) = (true, None);
        let (question, app) = (self.question, app.clone());
        let (at, until) = (from.0.to_string(), from.plus_ms(AHEAD_MS).0.to_string());
        let path = query("api/replay", [("at", Some(&*at)), ("until", Some(&*until))]);
        self.known = from.plus_ms(AHEAD_MS);
        wasm_bindgen_futures::spawn_local(async move {
            let came = api::text(&path).await;
            app.send_message(app::Event::More(TravelEvent::Came(question, came)));
        });
    }

    /// A snapshot and what follows it.
    fn take(&mut self, came: Result<String, Rc<Failure>>) {
        self.waits = false;
        let lines = match came {
            Ok(lines) => lines,
            Err(why) => {
                (self.why, self.play) = (Some(why), None);
                return;
            }
        };
        let mut messages = lines.lines().filter_map(|line| wire::read(line).ok());
        let Some(first @ ServerMessage::Snapshot { now, .. }) = messages.next() else {
            self.why = Some(Rc::new(Failure::is(D::NotUnderstood)));
            return;
        };
        // What was shown goes on from where it is.
        let shown = self.past.as_ref().map(|past| past.now).filter(|shown| *shown > now);
        let mut store = Store::default();
        store.take(first);
        self.ahead = messages.collect();
        self.past = Some(Past { store, now });
        self.fold_until(shown.unwrap_or(now));
    }

    /// Folds in what came until `at`, and shows that moment.
    fn fold_until(&mut self, at: UnixMs) {
        let Some(past) = &mut self.past else { return };
        let is_due = |message: &mut ServerMessage| match message {
            ServerMessage::Snapshot { now, .. }
            | ServerMessage::Documents { now, .. }
            | ServerMessage::Status { now, .. } => *now <= at,
        };
        while let Some(message) = self.ahead.pop_front_if(is_due) {
            past.store.take(message);
        }
        past.now = at;
        past.store.heard = Some(at);
        clock::travel(Some(at));
    }

    fn tick(&mut self, app: &Scope<App>) {
        let Some(past) = &self.past else { return };
        let next = past.now.plus_ms(u64::from(self.speed * FRAME_MS));
        if clock::now().is_some_and(|now| next >= now) {
            self.play = None;
            return go(&settings::params().href(|params| params.at = None));
        }
        if next < self.known || !self.waits {
            self.fold_until(next.min(self.known));
        }
        if self.known.since_ms(next) < LOW_MS && !self.waits {
            self.ask(next, app);
        }
    }

    /// A key that is no other part's.
    pub(crate) fn key(&mut self, key: &str, app: &Scope<App>) -> bool {
        let Some(at) = self.at() else {
            if key == "b"
                && let Some(now) = clock::now()
            {
                let at = UnixMs(now.0 - 15 * STEP_MS);
                go(&settings::params().href(|params| params.at = Some(at)));
            }
            return false;
        };
        match key {
            "ArrowLeft" => self.update(TravelEvent::Seek(UnixMs(at.0 - STEP_MS)), app),
            "ArrowRight" => self.update(TravelEvent::Seek(UnixMs(at.0 + STEP_MS)), app),
            " " => self.update(TravelEvent::Play, app),
            "l" => {
                go(&settings::params().href(|params| params.at = None));
                false
            }
            _ => false,
        }
    }

    /// The scrubber: where in its day the board is.
    pub(crate) fn bar(&self, params: &Params, app: &Scope<App>) -> Html {
        let Some(at) = self.at() else { return Html::default() };
        let day = format::date(at);
        let begin: i64 = format::day_bound(&day, false).parse().unwrap_or(at.0);
        let end: i64 = format::day_bound(&day, true).parse().unwrap_or(at.0);
        let end = clock::now().map_or(end, |now| end.min(now.0));
        let on_seek = app.batch_callback(|event: InputEvent| {
            let input = event.target_dyn_into::<HtmlInputElement>()?;
            let s: i64 = input.value().parse().ok()?;
            Some(app::Event::More(TravelEvent::Seek(UnixMs(s * 1000))))
        });
        let live = params.href(|params| params.at = None);
        html! {
            <section class="travel" aria-label={t(D::TimeTravel)}>
                { self.play_button(app) }
                <label class="travel__at">
                    <span class="sr-only">{ t(D::Moment) }</span>
                    <input type="range" min={(begin / 1000).to_string()} max={(end / 1000).to_string()}
                        value={(at.0 / 1000).to_string()} aria-valuetext={format::moment(at)}
                        oninput={on_seek} />
                </label>
                <output class="travel__moment">{ format::moment(at) }</output>
                { self.speeds(app) }
                <a class="choice choice--live" href={live}>{ t(D::BackToLive) }</a>
                if self.waits && self.past.is_none() { <span role="status">{ t(T::Loading) }</span> }
                if let Some(why) = &self.why { <span role="alert">{ why.html() }</span> }
            </section>
        }
    }

    fn play_button(&self, app: &Scope<App>) -> Html {
        let plays = self.play.is_some();
        let label = t(if plays { D::Stop } else { D::Play });
        let onclick = app.callback(|_: MouseEvent| app::Event::More(TravelEvent::Play));
        html! {
            <button type="button" class="button" aria-label={label} title={label} {onclick}>
                <span class={if plays { "icon-pause" } else { "icon-play" }} aria-hidden="true"></span>
            </button>
        }
    }

    fn speeds(&self, app: &Scope<App>) -> Html {
        let one = |speed: u32| {
            let onclick =
                app.callback(move |_: MouseEvent| app::Event::More(TravelEvent::Speed(speed)));
            let pressed = (self.speed == speed && self.play.is_some()).to_string();
            let label = fill(D::TimesAsFast, &[("n", &speed.to_string())]);
            html! {
                <button type="button" class="choice" aria-pressed={pressed} aria-label={label} {onclick}>
                    { format!("{speed}×") }
                </button>
            }
        };
        html! { <span class="travel__speeds">{ for SPEEDS.into_iter().map(one) }</span> }
    }
}
