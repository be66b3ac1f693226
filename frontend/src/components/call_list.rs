//! Active calls, the waiting ones first. Only the rows in view exist.

use std::rc::Rc;

use web_sys::HtmlElement;
use yew::prelude::*;

use super::{Elapsed, journey, urgency_mark};
use crate::params::Params;
use crate::text::{self, T, t};
use crate::view::{CallRow, State, Urgency};

/// Height of a row in px; the style sheet has the same as `--row`.
const ROW_PX: i32 = 40;
/// The same, where everything is smaller.
const DENSE_ROW_PX: i32 = 30;
/// Rows drawn above and below the part in view.
const SPARE_ROWS: usize = 6;

#[derive(PartialEq, Properties)]
pub(crate) struct CallListProps {
    pub(crate) calls: Rc<[Rc<CallRow>]>,
    pub(crate) params: Rc<Params>,
    pub(crate) ready: bool,
}

/// The rows from `first`, `count` of them.
#[derive(Clone, Copy, Debug, PartialEq)]
struct Window {
    first: usize,
    count: usize,
}

impl Window {
    /// What is in view of `len` rows in a box scrolled by `top` px.
    fn of(top: i32, height: i32, row: i32, len: usize) -> Window {
        let rows = |px: i32| usize::try_from(px / row).unwrap_or(0);
        let count = rows(height) + 2 * SPARE_ROWS + 1;
        let first = rows(top).saturating_sub(SPARE_ROWS).min(len.saturating_sub(count));
        Window { first, count: count.min(len - first) }
    }
}

/// Draws [`CallRow`]s.
#[component]
pub(crate) fn CallList(props: &CallListProps) -> Html {
    let calls = &props.calls;
    let (scroller, rows) = (use_node_ref(), use_node_ref());
    // Until it has been measured: a screenful.
    let place = use_state_eq(|| (0, 1200));
    let measure = use_callback((scroller.clone(), place.clone()), |_: (), (scroller, place)| {
        if let Some(element) = scroller.cast::<HtmlElement>() {
            place.set((element.scroll_top(), element.client_height()));
        }
    });
    let row = if props.params.dense { DENSE_ROW_PX } else { ROW_PX };
    let window = Window::of(place.0, place.1, row, calls.len());
    use_effect({
        let measure = measure.clone();
        move || measure.emit(())
    });
    use_effect_with((window.first, calls.len(), row), {
        let rows = rows.clone();
        move |&(first, len, row)| place_rows(&rows, row, first, len)
    });
    let onscroll = move |_| measure.emit(());
    let waiting = calls.iter().filter(|call| call.state == State::Waiting).count();
    html! {
        <section class="panel panel--calls" aria-labelledby="calls">
            <h2 class="panel__title" id="calls">
                { t(T::LiveCalls) }<span class="panel__count">{ calls.len() }</span>
                <span class="sr-only">{ text::count(T::CountWaiting, waiting, &[]) }</span>
            </h2>
            <div class="calls" role="table" aria-labelledby="calls"
                aria-rowcount={(calls.len() + 1).to_string()}>
                <div class="calls__scroll" ref={scroller} {onscroll} tabindex="0" role="rowgroup"
                    aria-label={t(T::Calls)}>
                    <div class="calls__head" role="row" aria-rowindex="1">
                        { for [T::State, T::Time, T::Caller, T::Queue, T::Agent].map(|name| html! {
                            <span role="columnheader">{ t(name) }</span>
                        }) }
                    </div>
                    <div class="calls__rows" ref={rows}>
                        { for calls.iter().enumerate().skip(window.first).take(window.count)
                            .map(|(index, call)| html! {
                                <Row key={&*call.id} call={call.clone()} {index}
                                    params={props.params.clone()} />
                            }) }
                    </div>
                    if calls.is_empty() {
                        <p class="empty">
                            { t(if props.ready { T::NoCalls } else { T::Connecting }) }
                        </p>
                    }
                </div>
            </div>
        </section>
    }
}

/// Gives the list its full height and puts the drawn rows in their place. By
/// script, as the page's policy allows no inline style.
fn place_rows(rows: &NodeRef, row: i32, first: usize, len: usize) {
    let Some(rows) = rows.cast::<HtmlElement>() else { return };
    let px = |rows: usize| format!("{}px", rows * row as usize);
    let style = rows.style();
    // Known properties with plain lengths cannot fail.
    let _ = style.set_property("height", &px(len - first.min(len)));
    let _ = style.set_property("padding-top", &px(first));
}

#[derive(PartialEq, Properties)]
struct RowProps {
    call: Rc<CallRow>,
    index: usize,
    params: Rc<Params>,
}

#[component]
fn Row(props: &RowProps) -> Html {
    let call = &props.call;
    let class = classes!(
        "call",
        format!("call--{}", call.state.class()),
        call.unconfirmed.then_some("call--unconfirmed"),
    );
    let title = call.unconfirmed.then(|| t(T::Unconfirmed));
    html! {
        <div {class} {title} role="row" aria-rowindex={(props.index + 2).to_string()}
            data-call={call.id.clone()}>
            <span role="cell" class="call__state">
                if call.urgency == Urgency::Calm {
                    <span class="dot" aria-hidden="true"></span>{ text::state(call.state) }
                } else {
                    { urgency_mark(call.urgency) }
                    <span class="sr-only">{ text::state(call.state) }</span>
                }
            </span>
            <span role="cell" class="call__time"><Elapsed since={call.since} /></span>
            <span role="cell" class="call__caller">
                if let Some((arrow, word)) = call.direction {
                    <span class="call__direction" aria-hidden="true">{ arrow }</span>
                    <span class="sr-only">{ t(word) }{ " " }</span>
                }
                { journey(&props.params, &call.id, html! { &call.caller }) }
            </span>
            <span role="cell" class="call__queue">{ &call.place }</span>
            <span role="cell" class="call__agent">{ &call.agent }</span>
        </div>
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn only_rows_in_view_and_some_spare_ones_are_drawn() {
        let window = |top, height, len| {
            let Window { first, count } = Window::of(top, height, ROW_PX, len);
            (first, count)
        };
        assert_eq!(window(0, 400, 3), (0, 3));
        assert_eq!(window(0, 400, 5_000), (0, 23));
        assert_eq!(window(40 * 100, 400, 5_000), (94, 23));
        // The list became shorter than the place it was scrolled to.
        assert_eq!(window(40 * 100, 400, 50), (27, 23));
        assert_eq!(window(0, 400, 0), (0, 0));
    }
}
