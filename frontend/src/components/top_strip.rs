//! The strip at the top: what it counts, how the links are, the time.

use callboard_shared::Stream;
use callboard_shared::wire::{StreamState, StreamStatus};
use yew::prelude::*;

use super::clock_face::ClockFace;
use crate::format;
use crate::settings::Theme;
use crate::text;
use crate::view::{LinkState, Strip};

/// Draws a [`Strip`].
pub(crate) fn top_strip(strip: &Strip, theme: Theme, on_theme: Callback<MouseEvent>) -> Html {
    let (glyph, label) = match theme {
        Theme::System => ("◐", "Theme: as the system has it"),
        Theme::Dark => ("●", "Theme: dark"),
        Theme::Light => ("○", "Theme: light"),
    };
    html! {
        <header class="strip">
            <h1 class="strip__name"><span class="logo" aria-hidden="true"></span>{ "Callboard" }</h1>
            <p class="strip__since">
                if let Some(since) = strip.counting_since {
                    { "Counting since " }<time>{ format::time_of_day(since) }</time>
                }
            </p>
            <ul class="lights" aria-label="Links">
                { for strip.streams.iter().map(stream_light) }
                { link_light(strip.link) }
            </ul>
            <ClockFace />
            <button type="button" class="button" aria-label={label} title={label} onclick={on_theme}>
                <span aria-hidden="true">{ glyph }</span>
            </button>
        </header>
    }
}

/// One stream of the upstream. Quiet is not dead: the light shows the
/// connection, not how much comes.
fn stream_light((stream, status): &(Stream, StreamStatus)) -> Html {
    let (class, state) = match status.state {
        StreamState::Live => ("live", "live"),
        StreamState::Connecting => ("late", "connecting"),
        StreamState::Backoff => ("lost", "lost, trying again"),
        StreamState::AuthFailed => ("lost", "token refused"),
    };
    let name = match stream {
        Stream::Calls => "Calls",
        Stream::Queues => "Queues",
        Stream::Agents => "Agents",
    };
    light(stream.name(), name, class, state)
}

fn link_light(link: LinkState) -> Html {
    let class = match link {
        LinkState::Live => "live",
        LinkState::Late | LinkState::Connecting => "late",
        LinkState::Lost => "lost",
    };
    light("link", "Link", class, text::link(link))
}

fn light(id: &'static str, name: &'static str, class: &'static str, state: &'static str) -> Html {
    html! {
        <li key={id} class={classes!("light", format!("light--{class}"))} data-light={id}
            title={format!("{name}: {state}")}>
            <span class="light__lamp" aria-hidden="true"></span>
            { name }
            <span class="sr-only">{ ": " }{ state }</span>
        </li>
    }
}
