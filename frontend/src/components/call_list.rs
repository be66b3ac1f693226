//! Active calls, the waiting ones first. Only the rows in view exist.

use std::rc::Rc;

use yew::prelude::*;

use super::call_rows::{Boxes, Rows};
use super::window::around_print;
use crate::params::{Page, Params};
use crate::text::{self, T, t};
use crate::view::Counts;

/// So many rows fill any screen: more change no sizes.
const MANY: usize = 100;

#[derive(Properties)]
pub(crate) struct CallListProps {
    pub(crate) counts: Counts,
    pub(crate) rows: Rc<Rows>,
    /// The list shows another part of itself.
    pub(crate) moved: Callback<()>,
    pub(crate) params: Rc<Params>,
    pub(crate) ready: bool,
    /// Changes with the size of the window.
    pub(crate) sized: u32,
}

impl PartialEq for CallListProps {
    /// The rows draw themselves.
    fn eq(&self, other: &CallListProps) -> bool {
        (self.counts, self.ready, self.sized) == (other.counts, other.ready, other.sized)
            && self.params == other.params
    }
}

/// The list with its head; the rows are drawn by [`Rows`].
#[component]
pub(crate) fn CallList(props: &CallListProps) -> Html {
    let Counts { all, waiting } = props.counts;
    let (scroller, rows) = (use_node_ref(), use_node_ref());
    let drawn = (props.rows.clone(), props.moved.clone());
    let measure = use_callback((), move |_: (), ()| {
        drawn.0.measure();
        drawn.1.emit(());
    });
    use_effect_with(props.params.clone(), {
        let (drawn, moved) = (props.rows.clone(), props.moved.clone());
        let boxes = (scroller.clone(), rows.clone());
        move |params| {
            if let (Some(scroller), Some(rows)) = (boxes.0.cast(), boxes.1.cast()) {
                drawn.attach(Boxes { scroller, rows, params: params.clone(), moved });
            }
            move || drawn.detach()
        }
    });
    // A look at the box makes the browser lay the page out at once: it is
    // looked at only when its size may have changed.
    use_effect_with((props.sized, props.params.clone(), all.min(MANY)), {
        let measure = measure.clone();
        move |_| measure.emit(())
    });
    use_effect_with((), {
        let (drawn, moved) = (props.rows.clone(), props.moved.clone());
        let measure = measure.clone();
        move |()| {
            let print = move || {
                drawn.print();
                moved.emit(());
            };
            let heard = around_print(print, measure);
            move || drop(heard)
        }
    });
    let onscroll = measure.reform(|_: Event| ());
    html! {
        <section class="panel panel--calls" aria-labelledby="calls">
            <h2 class="panel__title" id="calls">
                { t(T::LiveCalls) }<span class="panel__count">{ all }</span>
                <span class="sr-only">{ text::count(T::CountWaiting, waiting, &[]) }</span>
                { alone(&props.params) }
            </h2>
            <div class="calls" role="table" aria-labelledby="calls"
                aria-rowcount={(all + 1).to_string()}>
                <div class="calls__scroll" ref={scroller} {onscroll} tabindex="0" role="rowgroup"
                    aria-label={t(T::Calls)}>
                    <div class="calls__head" role="row" aria-rowindex="1">
                        { for [T::State, T::Time, T::Caller, T::Queue, T::Agent].map(|name| html! {
                            <span role="columnheader">{ t(name) }</span>
                        }) }
                    </div>
                    <div class="calls__rows" ref={rows}></div>
                    if all == 0 {
                        <p class="empty">
                            { t(if props.ready { T::NoCalls } else { T::Connecting }) }
                        </p>
                    }
                </div>
            </div>
        </section>
    }
}

/// The way to the list in a page of its own, and back. On a television nobody
/// goes anywhere.
fn alone(params: &Params) -> Html {
    if params.tv || params.embed {
        return Html::default();
    }
    let (view, glyph, label) = match params.view {
        Page::Calls => (Page::Board, "⤡", T::ViewBoard),
        _ => (Page::Calls, "⤢", T::OnlyCalls),
    };
    let href = params.href(|params| params.view = view);
    html! {
        <a class="panel__alone" {href} aria-label={t(label)} title={t(label)}>{ glyph }</a>
    }
}
