//! What is wrong with the data, and how old it is.

use callboard_shared::UnixMs;
use yew::prelude::*;

use super::Elapsed;
use crate::text::{T, t};
use crate::view::Notice;

/// Draws a [`Notice`]; else that the board was frozen. The live region is there
/// from the start, or it would not be read out.
pub(crate) fn notice_bar(notice: Option<&Notice>, frozen: Option<UnixMs>) -> Html {
    let frozen = frozen.filter(|_| notice.is_none());
    html! {
        <div role="status">
            if let Some(Notice { text, since, severe }) = notice {
                <p class={classes!("notice", severe.then_some("notice--severe"))}>
                    <span aria-hidden="true">{ if *severe { "■" } else { "▲" } }</span>
                    { " " }{ text }{ " " }
                    <Elapsed since={*since} always=true />
                    { " " }{ t(T::Old) }
                </p>
            }
            if let Some(since) = frozen {
                <p class="notice">
                    <span aria-hidden="true">{ "▲" }</span>
                    { " " }{ t(T::Frozen) }{ " " }
                    <Elapsed {since} always=true />
                    { " " }{ t(T::Old) }
                </p>
            }
        </div>
    }
}
