//! The parts of the page that load later: lost callers, history, the day in
//! figures, a call's way, how a figure came about, time travel, settings.

mod api;
mod chart;
mod day;
mod explain;
mod export;
mod failure;
mod history;
mod intervals;
mod journey;
mod lost;
mod order;
mod paper;
mod sheet;
mod sheets;
mod sign_in;
mod tables;
mod timeline;
mod travel;
mod whatif;
mod words;

use std::rc::Rc;

use yew::html::Scope;
use yew::prelude::*;

use crate::app::{self, App};
use crate::params::{Page, Params};
use crate::store::Store;
use crate::text::{T, lang, t};
use crate::view::View;

pub(crate) use travel::{Past, TravelEvent as Event};

/// What loads later, and what it remembers.
pub(crate) struct More {
    travel: travel::Travel,
}

impl More {
    pub(crate) fn new(params: &Params, app: &Scope<App>) -> More {
        let mut more = More { travel: travel::Travel::default() };
        more.moved(params, app);
        paper::hear_of_printing(app);
        more
    }

    /// The address has changed.
    pub(crate) fn moved(&mut self, params: &Params, app: &Scope<App>) {
        self.travel.moved(params, app);
    }

    /// Something that was asked for has come.
    pub(crate) fn update(&mut self, event: Event, app: &Scope<App>) -> bool {
        self.travel.update(event, app)
    }

    /// Whether the board is one of the past.
    pub(crate) fn travels(&self) -> bool {
        self.travel.at().is_some()
    }

    /// The board of the past that is shown.
    pub(crate) fn past(&self) -> Option<&Past> {
        self.travel.past()
    }

    /// A key that is no other part's.
    pub(crate) fn key(&mut self, key: &str, app: &Scope<App>) -> bool {
        self.travel.key(key, app)
    }

    /// The bar of the time that is shown.
    pub(crate) fn bar(&self, params: &Params, app: &Scope<App>) -> Html {
        self.travel.bar(params, app)
    }

    /// A view that loads later.
    pub(crate) fn page(&self, params: &Rc<Params>, view: &View) -> Html {
        let params = params.clone();
        match params.view {
            Page::Lost => html! { <lost::Lost {params} queues={view.queues.clone()} /> },
            Page::History => html! { <history::History {params} queues={view.queues.clone()} /> },
            Page::Day => html! { <day::DayPage {params} queues={view.queues.clone()} /> },
            Page::Board | Page::Wall | Page::Calls => Html::default(),
        }
    }

    /// Asks for the key.
    pub(crate) fn sign_in(&self, by_link: bool, app: &Scope<App>) -> Html {
        let on_open = app.callback(|()| app::Event::Unlock);
        html! { <sign_in::SignIn {by_link} {on_open} /> }
    }

    /// What lies over the page.
    pub(crate) fn over(&self, params: &Rc<Params>, view: &View, store: &Store) -> Html {
        // Times are in a zone that the first message names.
        if (params.call.is_some() || params.explain.is_some()) && !view.ready {
            return Html::default();
        }
        if let Some(call) = &params.call {
            let call = AttrValue::from(call.clone());
            return html! { <journey::Journey {call} params={params.clone()} /> };
        }
        if let Some(what) = &params.explain {
            let what = AttrValue::from(what.clone());
            return html! { <explain::Explain {what} params={params.clone()} /> };
        }
        match params.sheet.as_deref() {
            Some("settings") => {
                html! { <sheets::Settings params={params.clone()} lang={lang()} known={known(store)} /> }
            }
            Some("keys") => html! { <sheets::Keys params={params.clone()} lang={lang()} /> },
            Some(paper::SHEET) => self.board_as_paper(params, view, store),
            Some(_) | None => Html::default(),
        }
    }

    /// Board and wall as paper; the other views draw their own.
    fn board_as_paper(&self, params: &Rc<Params>, view: &View, store: &Store) -> Html {
        if !matches!(params.view, Page::Board | Page::Wall) {
            return Html::default();
        }
        let store = self.past().map_or(store, |past| &past.store);
        let now = crate::clock::shown_now().unwrap_or_default();
        let facts = tables::facts(view, store, params);
        let tables = tables::tables(view, store, params, now);
        let paper = paper::paper(params, t(T::ViewBoard), &facts, Html::default(), tables);
        html! { <main>{ paper }</main> }
    }
}

/// All queues of the board, shown or not, in the order of their names.
fn known(store: &Store) -> Vec<order::Known> {
    let queues = store.board.queues.iter();
    let mut known: Vec<order::Known> = queues
        .map(|(key, queue)| {
            let name = queue.name.as_deref().unwrap_or(key.as_str());
            (key.as_str().into(), name.into())
        })
        .collect();
    known.sort_by(|(_, a), (_, b)| a.cmp(b));
    known
}

/// Day and month in UTC, as a language writes them.
pub(crate) fn short_date() -> js_sys::Object {
    api::options(&[("month", "numeric"), ("day", "numeric"), ("timeZone", "UTC")])
}
