//! The page: store, link, clock and layout.

mod drawing;
mod seconds;

use std::cell::{Cell, RefCell};
use std::rc::Rc;

use callboard_shared::UnixMs;
use callboard_shared::alert::Watch;
use gloo_timers::callback::Timeout;
use yew::prelude::*;

use crate::components::{
    AgentGrid, Buttons, CallList, HeroRow, QueueGrid, Rows, Today, TopStrip, Wall, notice_bar,
    rows_that_fit,
};
use crate::frame::Frames;
use crate::freshness::Freshness;
use crate::input::Inputs;
use crate::link::{self, Shared};
use crate::more::More;
use crate::params::{Page, Params};
use crate::view::{Calls, RowCache, View};
use crate::{settings, takeover, text, ticker};

/// What can happen to the page.
pub(crate) enum Event {
    /// Messages came.
    Draw,
    /// A second has passed.
    Second,
    /// A link of the page was followed.
    Go(String),
    /// The address has changed.
    Moved,
    /// Another language is there.
    Spoken,
    /// There is room for another number of rows.
    Measured,
    /// The window has another size.
    Sized,
    /// The list of calls shows another part of itself.
    Scrolled,
    /// Figures that were left out of a drawing are due.
    Due,
    /// The theme button.
    NextTheme,
    /// The board is to stand still, or to go on.
    Freeze,
    /// A key was pressed outside of a field.
    Key(String),
    /// The key was accepted.
    #[cfg(feature = "desk")]
    Unlock,
    /// The page is being printed, or has been.
    #[cfg(feature = "desk")]
    Print(bool),
    /// Something that the later parts of the page asked for.
    #[cfg(feature = "desk")]
    More(crate::more::Event),
}

/// The page.
pub(crate) struct App {
    shared: Shared,
    cache: RefCell<RowCache>,
    view: View,
    params: Rc<Params>,
    buttons: Buttons,
    /// The rows of the calls.
    rows: Rc<Rows>,
    /// Since when the board stands still, and all calls of that moment.
    frozen: Option<(UnixMs, Calls)>,
    /// The moment that it shows.
    at: Cell<UnixMs>,
    /// When it was drawn last, by the monotonic clock; 0: draw whatever is.
    drawn_ms: Cell<f64>,
    /// When the view was made last, by the monotonic clock.
    viewed_ms: f64,
    /// When its figures were made last, by the monotonic clock.
    figured_ms: f64,
    /// Set while figures are older than the list beside them.
    owed: RefCell<Option<Timeout>>,
    /// It shows the past.
    is_past: bool,
    /// Rows that fit on the wall.
    fit: usize,
    /// How often the window has had another size.
    sized: u32,
    /// The list of calls shows another part of itself.
    scrolled: Callback<()>,
    /// It is time to look how many rows fit, which makes the browser lay out
    /// the page at once.
    measure: bool,
    /// How many wait by the tab's title.
    titled: Option<usize>,
    /// Seconds on this page, for what takes turns.
    seconds: u32,
    /// By them, when the proxy was last asked what it does not say by itself.
    asked_s: Option<u32>,
    freshness: Rc<Freshness>,
    more: More,
    /// Which figures are beyond their limits, and since when.
    watch: Watch,
    /// The newest breach, for those who listen.
    alarm: AttrValue,
    /// The first look for those who listen: one sentence, seldom. Empty at the
    /// start, or it would not be heard.
    said: AttrValue,
    locked: bool,
    _inputs: Inputs,
}

impl Component for App {
    type Message = Event;
    type Properties = ();

    fn create(ctx: &Context<Self>) -> App {
        let params = settings::params();
        settings::dress(&params);
        let shared = Shared::default();
        let send = ctx.link().clone();
        let frames = Frames::new(move || Self::frame(&send));
        wasm_bindgen_futures::spawn_local(link::keep(shared.clone(), move || frames.request()));
        let send = ctx.link().clone();
        ticker::start(move || send.send_message(Event::Second));
        takeover::yield_later({
            let shared = shared.clone();
            move || {
                shared.stop();
                ticker::stop();
            }
        });
        let more = More::new(&params, ctx.link());
        App {
            shared,
            cache: RefCell::default(),
            view: View::default(),
            params: Rc::new(params),
            buttons: Buttons {
                theme: ctx.link().callback(|_| Event::NextTheme),
                freeze: ctx.link().callback(|_| Event::Freeze),
                frozen: false,
            },
            rows: Rc::default(),
            frozen: None,
            at: Cell::default(),
            drawn_ms: Cell::default(),
            viewed_ms: 0.0,
            figured_ms: 0.0,
            owed: RefCell::default(),
            is_past: false,
            fit: 6,
            sized: 0,
            scrolled: ctx.link().callback(|()| Event::Scrolled),
            measure: true,
            titled: None,
            seconds: 0,
            asked_s: None,
            freshness: Rc::default(),
            more,
            watch: Watch::default(),
            alarm: AttrValue::from(""),
            said: AttrValue::from(""),
            locked: false,
            _inputs: Inputs::listen(ctx.link()),
        }
    }

    fn update(&mut self, ctx: &Context<Self>, event: Event) -> bool {
        match event {
            Event::Draw => self.draw(),
            Event::Due => {
                self.owed.take();
                let differs = self.draw();
                self.owe(ctx.link());
                differs
            }
            Event::Second => self.second(),
            Event::Sized => {
                self.sized += 1;
                self.measure = true;
                true
            }
            Event::Scrolled => {
                self.draw_rows();
                false
            }
            Event::Go(search) => {
                settings::go(&search);
                self.moved(ctx)
            }
            Event::Moved => self.moved(ctx),
            Event::Measured => true,
            Event::Spoken => {
                settings::dress(&self.params);
                self.cache.take();
                self.rows.clear();
                self.redraw()
            }
            #[cfg(feature = "desk")]
            Event::Unlock => {
                self.shared.unlock();
                self.locked = false;
                true
            }
            Event::NextTheme => {
                settings::go(&settings::next_theme(&self.params));
                self.moved(ctx)
            }
            Event::Freeze => self.freeze(),
            Event::Key(key) => self.key(ctx, &key),
            #[cfg(feature = "desk")]
            Event::Print(begins) => {
                let mut params = settings::params();
                if begins {
                    (params.sheet, params.explain) = (Some("paper".to_owned()), None);
                }
                self.params = Rc::new(params);
                true
            }
            #[cfg(feature = "desk")]
            Event::More(event) => self.more.update(event, ctx.link()) | self.redraw(),
        }
    }

    fn view(&self, ctx: &Context<Self>) -> Html {
        if self.locked {
            let by_link = self.params.get("link").is_some();
            return self.more.sign_in(by_link, ctx.link());
        }
        let (view, params) = (&self.view, &self.params);
        let class = classes!(
            "board",
            format!("board--{}", params.view.word()),
            (view.stale_since.is_some() && !self.more.travels()).then_some("board--stale"),
        );
        let notice = view.notice.as_ref().filter(|_| !self.more.travels());
        html! {
            <div {class}>
                if !params.embed {
                    <TopStrip strip={view.strip.clone()} fresh={self.freshness.shown()}
                        params={params.clone()} buttons={self.buttons.clone()} />
                }
                { notice_bar(notice, self.frozen.as_ref().map(|(since, _)| *since)) }
                <p class="sr-only" role="status">{ &self.said }</p>
                <p class="sr-only" role="alert">{ &self.alarm }</p>
                { self.more.bar(params, ctx.link()) }
                <main class="board__main">
                    { match params.view {
                        Page::Board => self.board(),
                        Page::Wall => self.wall(),
                        Page::Calls => self.calls(),
                        Page::Lost | Page::History | Page::Day => self.more.page(params, view),
                    } }
                </main>
                { self.more.over(params, view, &self.shared.store.borrow()) }
            </div>
        }
    }

    fn rendered(&mut self, ctx: &Context<Self>, _: bool) {
        if self.view.ready {
            self.freshness.painted();
        }
        if self.params.view == Page::Wall && std::mem::take(&mut self.measure) {
            let fit = rows_that_fit().unwrap_or(self.fit);
            if fit != std::mem::replace(&mut self.fit, fit) {
                ctx.link().send_message(Event::Measured);
            }
        }
    }
}

/// Leads the page to another address, as a link would.
#[cfg(feature = "desk")]
pub(crate) fn go(search: &str) {
    settings::go(search);
    look_again();
}

/// The same without a step that "back" undoes.
#[cfg(feature = "desk")]
pub(crate) fn amend(search: &str) {
    settings::amend(search);
    look_again();
}

/// The address has changed, and not by "back".
#[cfg(feature = "desk")]
fn look_again() {
    if let (Some(window), Ok(event)) = (web_sys::window(), web_sys::Event::new("popstate")) {
        // Nobody can cancel it.
        let _ = window.dispatch_event(&event);
    }
}

impl App {
    /// Everything that is going on.
    fn board(&self) -> Html {
        let (view, params, sized) = (&self.view, &self.params, self.sized);
        let ready = view.ready;
        html! {
            <>
                <HeroRow hero={view.hero.clone()} params={params.clone()} {ready} />
                <div class="board__lower">
                    <QueueGrid queues={view.queues.clone()} no_queue={view.no_queue.clone()}
                        params={params.clone()} {ready} />
                    { self.calls() }
                    <AgentGrid agents={view.agents.clone()} params={params.clone()} {ready}
                        {sized} />
                </div>
            </>
        }
    }

    /// The live calls.
    fn calls(&self) -> Html {
        let View { counts, ready, .. } = self.view;
        html! {
            <CallList {counts} rows={self.rows.clone()} params={self.params.clone()} {ready}
                sized={self.sized} moved={self.scrolled.clone()} />
        }
    }

    /// For a look from afar.
    fn wall(&self) -> Html {
        let (view, params, fit) = (&self.view, &self.params, self.fit);
        let (ready, sized) = (view.ready, self.sized);
        let turn = (self.seconds / params.rotate_s()) as usize;
        html! {
            <>
                <HeroRow hero={view.hero.clone()} params={params.clone()} {ready} />
                <Wall queues={view.queues.clone()} no_queue={view.no_queue.clone()}
                    agents={view.agents.clone()} params={params.clone()} {ready} {fit} {turn}
                    {sized} />
                <Today hero={view.hero.clone()} params={params.clone()} {ready} />
            </>
        }
    }

    /// The address has changed: shows what it asks for.
    fn moved(&mut self, ctx: &Context<Self>) -> bool {
        let params = settings::params();
        let lang = settings::language(&params);
        if lang != text::lang() {
            let send = ctx.link().clone();
            wasm_bindgen_futures::spawn_local(async move {
                settings::speak(lang).await;
                send.send_message(Event::Spoken);
            });
        }
        settings::dress(&params);
        self.measure = true;
        self.more.moved(&params, ctx.link());
        if params.queues != self.params.queues {
            self.cache.take();
        }
        self.params = Rc::new(params);
        self.redraw()
    }

    fn key(&mut self, ctx: &Context<Self>, key: &str) -> bool {
        let params = &self.params;
        let go = |change: &dyn Fn(&mut Params)| Event::Go(params.href(change));
        let sheet = |name: &'static str| go(&|params| params.sheet = Some(name.to_owned()));
        let event = match key {
            "p" => Event::Freeze,
            "t" => Event::NextTheme,
            "Escape" if params.needs_more() => go(&|_| ()),
            "?" => sheet("keys"),
            "," => sheet("settings"),
            "e" => {
                let call = params.call.clone();
                go(&move |params| {
                    (params.sheet, params.call) = (Some("paper".to_owned()), call.clone());
                })
            }
            _ => match key.parse().ok().and_then(|n: usize| Page::ALL.get(n.checked_sub(1)?)) {
                Some(page) => go(&|params| params.view = *page),
                None => return self.more.key(key, ctx.link()),
            },
        };
        ctx.link().send_message(event);
        false
    }
}
