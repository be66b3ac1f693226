//! The list of components. Each takes plain values and emits callbacks; none
//! opens a socket, reads a clock or formats a number of the board's.

mod agent_grid;
mod call_list;
mod clock_face;
mod elapsed;
mod hero;
mod notice_bar;
mod queue_grid;
mod sign_in;
mod top_strip;

pub(crate) use agent_grid::agent_grid;
pub(crate) use call_list::CallList;
pub(crate) use elapsed::Elapsed;
pub(crate) use hero::hero_row;
pub(crate) use notice_bar::notice_bar;
pub(crate) use queue_grid::queue_grid;
pub(crate) use sign_in::SignIn;
pub(crate) use top_strip::top_strip;

use yew::prelude::*;

use crate::text;
use crate::view::Urgency;

/// Shape and word for an urgency: never colour alone.
fn urgency_mark(urgency: Urgency) -> Html {
    let shape = match urgency {
        Urgency::Calm => "✓",
        Urgency::Risk => "▲",
        Urgency::Breach => "■",
    };
    html! {
        <span class={classes!("mark", format!("mark--{}", urgency.class()))}>
            <span aria-hidden="true">{ shape }</span>
            <span class="mark__word">{ text::urgency(urgency) }</span>
        </span>
    }
}
