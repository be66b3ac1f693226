//! Time since an instant, ticking.

use callboard_shared::UnixMs;
use web_sys::Element;
use yew::prelude::*;

use crate::ticker;

#[derive(PartialEq, Properties)]
pub(crate) struct ElapsedProps {
    pub(crate) since: UnixMs,
    /// Goes on while the board stands still.
    #[prop_or_default]
    pub(crate) always: bool,
}

/// An element whose text the ticker writes. The virtual DOM knows nothing of
/// the text and leaves it alone.
#[component]
pub(crate) fn Elapsed(props: &ElapsedProps) -> Html {
    let node = use_node_ref();
    use_effect_with((props.since, props.always), {
        let node = node.clone();
        move |&(since, always)| {
            let ticking =
                node.cast::<Element>().map(|element| ticker::show(element, since, always));
            move || drop(ticking)
        }
    });
    html! { <span class="elapsed" role="timer" ref={node}></span> }
}
