//! Values in, DOM out.

mod agent_grid;
mod call_list;
mod call_rows;
mod clock_face;
mod elapsed;
mod hero;
mod nodes;
mod notice_bar;
mod queue_grid;
mod spark;
mod top_strip;
mod wall;
mod window;

pub(crate) use agent_grid::AgentGrid;
pub(crate) use call_list::CallList;
pub(crate) use call_rows::Rows;
pub(crate) use elapsed::Elapsed;
pub(crate) use hero::{HeroRow, Today};
pub(crate) use notice_bar::notice_bar;
pub(crate) use queue_grid::QueueGrid;
pub(crate) use top_strip::{Buttons, TopStrip};
pub(crate) use wall::{Wall, rows_that_fit};

use yew::prelude::*;

use crate::params::Params;
use crate::text;
use crate::view::Urgency;

fn urgency_shape(urgency: Urgency) -> &'static str {
    match urgency {
        Urgency::Calm => "✓",
        Urgency::Risk => "▲",
        Urgency::Breach => "■",
    }
}

/// Shape and word for an urgency: never colour alone.
pub(crate) fn urgency_mark(urgency: Urgency) -> Html {
    let shape = urgency_shape(urgency);
    html! {
        <span class={classes!("mark", format!("mark--{}", urgency.class()))}>
            <span aria-hidden="true">{ shape }</span>
            <span class="mark__word">{ text::urgency(urgency) }</span>
        </span>
    }
}

/// A figure that can be asked how it came about. On a television nobody asks,
/// and of the past the proxy knows how each call ended, not how it stood then.
pub(crate) fn explained(
    params: &Params,
    figure: &'static str,
    queue: Option<&str>,
    shown: Html,
) -> Html {
    if params.tv || params.embed || params.at.is_some() {
        return shown;
    }
    let mut what = figure.to_owned();
    if let Some(queue) = queue {
        what.push('@');
        what.push_str(queue);
    }
    let href = params.href(|params| params.explain = Some(what));
    html! { <a class="why" {href}>{ shown }</a> }
}

/// What names a call leads to its way.
pub(crate) fn journey(params: &Params, call: &str, shown: Html) -> Html {
    match way_to(params, call) {
        Some(href) => html! { <a class="why" {href}>{ shown }</a> },
        None => shown,
    }
}

/// The address of a call's way. On a television nobody asks.
fn way_to(params: &Params, call: &str) -> Option<String> {
    let asks = !params.tv && !params.embed;
    asks.then(|| params.href(|params| params.call = Some(call.to_owned())))
}
