//! The page: store, link, clock and layout.

use yew::prelude::*;

use crate::components::{
    CallList, SignIn, agent_grid, hero_row, notice_bar, queue_grid, top_strip,
};
use crate::frame::Frames;
use crate::link::{self, Shared};
use crate::settings::{self, Theme};
use crate::view::{RowCache, View, view};
use crate::{clock, ticker};

/// What can happen to the page.
pub(crate) enum Event {
    /// Messages came, or a second has passed.
    Draw,
    /// The theme button.
    NextTheme,
    /// The key was accepted.
    Unlock,
}

/// The page.
pub(crate) struct App {
    shared: Shared,
    cache: RowCache,
    view: View,
    theme: Theme,
    locked: bool,
}

impl Component for App {
    type Message = Event;
    type Properties = ();

    fn create(ctx: &Context<Self>) -> App {
        let theme = settings::theme();
        settings::set_theme(theme);
        let shared = Shared::default();
        let draw = ctx.link().callback(|()| Event::Draw);
        let frames = Frames::new({
            let draw = draw.clone();
            move || draw.emit(())
        });
        wasm_bindgen_futures::spawn_local(link::keep(shared.clone(), move || frames.request()));
        ticker::start(move || draw.emit(()));
        App { shared, cache: RowCache::default(), view: View::default(), theme, locked: false }
    }

    fn update(&mut self, _: &Context<Self>, event: Event) -> bool {
        match event {
            Event::Draw => self.draw(),
            Event::Unlock => {
                self.shared.unlock();
                self.locked = false;
                true
            }
            Event::NextTheme => {
                self.theme = self.theme.next();
                settings::set_theme(self.theme);
                true
            }
        }
    }

    fn view(&self, ctx: &Context<Self>) -> Html {
        if self.locked {
            let on_open = ctx.link().callback(|()| Event::Unlock);
            return html! { <SignIn by_link={settings::link().is_some()} {on_open} /> };
        }
        let view = &self.view;
        let stale = view.stale_since.is_some().then_some("board--stale");
        let on_theme = ctx.link().callback(|_: MouseEvent| Event::NextTheme);
        html! {
            <div class={classes!("board", stale)}>
                { top_strip(&view.strip, self.theme, on_theme) }
                { notice_bar(view.notice.as_ref()) }
                <main class="board__main">
                    { hero_row(&view.hero, view.ready) }
                    <div class="board__lower">
                        { queue_grid(&view.queues, view.ready) }
                        <CallList calls={view.calls.clone()} ready={view.ready} />
                        { agent_grid(&view.agents, view.ready) }
                    </div>
                </main>
            </div>
        }
    }
}

impl App {
    /// Builds the view anew; whether it differs from the one on screen.
    fn draw(&mut self) -> bool {
        let link = *self.shared.link.borrow();
        let turned = std::mem::replace(&mut self.locked, link.locked) != link.locked;
        let Some(now) = clock::now() else { return turned };
        let store = self.shared.store.borrow();
        let next = view(&store, link, now, clock::monotonic_ms(), &mut self.cache);
        clock::stop(next.stale_since);
        let differs = next != self.view;
        if next.hero.waiting != self.view.hero.waiting || !self.view.ready {
            set_title(next.hero.waiting);
        }
        if next.ready && !self.view.ready {
            clock::mark_first_data();
        }
        self.view = next;
        differs || turned
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
