//! What is wrong with the data, and how old it is.

use yew::prelude::*;

use super::Elapsed;
use crate::view::Notice;

/// Draws a [`Notice`] over the page, so that nothing below it moves. The live
/// region is there from the start, or it would not be read out.
pub(crate) fn notice_bar(notice: Option<&Notice>) -> Html {
    html! {
        <div class="notice-place" role="status">
            if let Some(Notice { text, since, severe }) = notice {
                <p class={classes!("notice", severe.then_some("notice--severe"))}>
                    <span aria-hidden="true">{ if *severe { "■" } else { "▲" } }</span>
                    { " " }{ text }{ " " }
                    <Elapsed since={*since} always=true />
                    { " old." }
                </p>
            }
        </div>
    }
}
