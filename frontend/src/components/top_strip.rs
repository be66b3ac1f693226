//! The strip at the top: what it counts, the views, how the links are, the
//! time, and what can be set.

use std::rc::Rc;

use callboard_shared::wire::StreamState;
use yew::prelude::*;

use super::clock_face::ClockFace;
use crate::format;
use crate::params::{Page, Params, Theme};
use crate::text::{self, T, fill, t};
use crate::view::{Light, LinkState, Strip};

/// What the strip can ask for beside its links.
#[derive(Clone, PartialEq)]
pub(crate) struct Buttons {
    pub(crate) theme: Callback<MouseEvent>,
    pub(crate) freeze: Callback<MouseEvent>,
    /// The board stands still.
    pub(crate) frozen: bool,
}

#[derive(PartialEq, Properties)]
pub(crate) struct TopStripProps {
    pub(crate) strip: Strip,
    /// How long messages take to this screen, in ms: the middle, and what 99 of
    /// 100 stay within.
    pub(crate) fresh: Option<(u32, u32)>,
    pub(crate) params: Rc<Params>,
    pub(crate) buttons: Buttons,
}

/// Draws a [`Strip`]. On a television there is nothing to choose.
#[component]
pub(crate) fn TopStrip(props: &TopStripProps) -> Html {
    let TopStripProps { strip, fresh, params, buttons } = props;
    html! {
        <header class="strip">
            <h1 class="strip__name"><span class="logo" aria-hidden="true"></span>{ "Callboard" }</h1>
            if !params.tv {
                { freeze_button(buttons) }
                { views(params) }
            }
            <p class="strip__since">
                if let Some(since) = strip.counting_since {
                    { fill(T::CountingSince, &[("at", &format::hours_minutes(since))]) }
                }
            </p>
            <ul class="lights" aria-label={t(T::Links)}>
                { for strip.streams.iter().map(stream_light) }
                { link_light(strip.link, *fresh) }
            </ul>
            <ClockFace />
            if !params.tv {
                { choices(params, buttons) }
            }
        </header>
    }
}

fn views(params: &Params) -> Html {
    html! {
        <nav class="views" aria-label={t(T::Views)}>
            { for Page::ALL.into_iter().map(|page| {
                let current = (page == params.view).then_some("page");
                html! {
                    <a href={params.href(|params| params.view = page)} aria-current={current}>
                        { t(name(page)) }
                    </a>
                }
            }) }
        </nav>
    }
}

fn name(page: Page) -> T {
    match page {
        Page::Board => T::ViewBoard,
        Page::Wall => T::ViewWall,
        Page::Calls => T::LiveCalls,
        Page::Lost => T::ViewLost,
        Page::History => T::ViewHistory,
        Page::Day => T::ViewDay,
    }
}

/// Near the top of the tab order: whom change disturbs must find it at once.
fn freeze_button(buttons: &Buttons) -> Html {
    let (icon, label) = match buttons.frozen {
        true => ("icon-play", T::Resume),
        false => ("icon-pause", T::Freeze),
    };
    html! {
        <button type="button" class="button" aria-label={t(label)} title={t(label)}
            aria-pressed={buttons.frozen.to_string()} onclick={buttons.freeze.clone()}>
            <span class={icon} aria-hidden="true"></span>
        </button>
    }
}

fn choices(params: &Params, buttons: &Buttons) -> Html {
    let (glyph, name) = match params.theme {
        Theme::System => ("◐", T::ThemeSystem),
        Theme::Dark => ("●", T::ThemeDark),
        Theme::Light => ("○", T::ThemeLight),
        Theme::Contrast => ("◩", T::ThemeContrast),
    };
    let theme = fill(T::ThemeIs, &[("name", t(name))]);
    let sheet = |name: &'static str| params.href(|params| params.sheet = Some(name.to_owned()));
    let link = |name, glyph, label| {
        html! {
            <a class="button" href={sheet(name)} aria-label={t(label)} title={t(label)}>
                <span aria-hidden="true">{ glyph }</span>
            </a>
        }
    };
    html! {
        <div class="choices">
            <button type="button" class="button" aria-label={theme.clone()} title={theme}
                onclick={buttons.theme.clone()}>
                <span aria-hidden="true">{ glyph }</span>
            </button>
            { link("settings", "⚙\u{fe0e}", T::Settings) }
            { link("keys", "?", T::Keys) }
        </div>
    }
}

/// One stream of the upstream. Quiet is not dead: the light shows the
/// connection, not how much comes.
fn stream_light(light: &Light) -> Html {
    let (class, state) = match light.state {
        StreamState::Live => ("live", T::IsLive),
        StreamState::Connecting => ("late", T::IsConnecting),
        StreamState::Backoff => ("lost", T::IsLostRetry),
        StreamState::AuthFailed => ("lost", T::IsRefused),
    };
    let mut state = t(state).to_owned();
    if let Some(last) = light.last {
        state += ", ";
        state += &fill(T::LastDocument, &[("at", &format::date_and_time(last))]);
    }
    lamp(light.stream.name(), text::stream(light.stream), class, &state, Html::default())
}

/// The link to the proxy, and how long its messages take.
fn link_light(link: LinkState, fresh: Option<(u32, u32)>) -> Html {
    let class = match link {
        LinkState::Live => "live",
        LinkState::Late | LinkState::Connecting => "late",
        LinkState::Lost => "lost",
    };
    let (name, state) = (t(T::LinkProxy), text::link(link));
    let Some((p50, p99)) = fresh.filter(|_| link == LinkState::Live) else {
        return lamp("link", name, class, state, Html::default());
    };
    let (p50, p99) = (p50.to_string(), p99.to_string());
    let title = fill(T::Freshness, &[("p50", &p50), ("p99", &p99)]);
    let age = html! { <span class="light__age" {title}>{ p50 }{ "\u{a0}ms" }</span> };
    lamp("link", name, class, state, age)
}

fn lamp(id: &'static str, name: &'static str, class: &'static str, state: &str, age: Html) -> Html {
    html! {
        <li key={id} class={classes!("light", format!("light--{class}"))} data-light={id}
            title={format!("{name}: {state}")}>
            <span class="light__lamp" aria-hidden="true"></span>
            <span class="light__name">{ name }</span>
            <span class="sr-only">{ ": " }{ state.to_owned() }</span>
            { age }
        </li>
    }
}
