//! Active calls, the waiting ones first. Only the rows in view exist.

use std::rc::Rc;

use web_sys::HtmlElement;
use yew::prelude::*;

use super::window::{Place, around_print};
use super::{Elapsed, journey, urgency_mark};
use crate::params::{Page, Params};
use crate::text::{self, T, t};
use crate::view::{CallRow, Calls, Urgency};

/// Height of a row in px; the style sheet has the same as `--row`.
const ROW_PX: i32 = 40;
/// The same, where everything is smaller.
const DENSE_ROW_PX: i32 = 30;
/// So many rows fill any screen: more change no sizes.
const MANY: usize = 100;

#[derive(PartialEq, Properties)]
pub(crate) struct CallListProps {
    pub(crate) calls: Calls,
    /// The list was scrolled.
    pub(crate) moved: Callback<Event>,
    pub(crate) params: Rc<Params>,
    pub(crate) ready: bool,
    /// Changes with the size of the window and the place of the list.
    pub(crate) sized: u32,
}

/// Draws [`CallRow`]s.
#[component]
pub(crate) fn CallList(props: &CallListProps) -> Html {
    let calls = &props.calls;
    let (scroller, rows) = (use_node_ref(), use_node_ref());
    let row = if props.params.dense { DENSE_ROW_PX } else { ROW_PX };
    let place = use_state_eq(|| Place::unknown(row, 1));
    let measure = use_callback((scroller.clone(), place.clone(), row), |_: (), deps| {
        let (scroller, place, row) = deps;
        if let Some(element) = scroller.cast::<HtmlElement>() {
            place.set(Place::of_rows(&element, *row));
        }
    });
    let window = place.window(calls.len());
    // A look at the box makes the browser lay the page out at once: it is
    // looked at only when its size may have changed.
    use_effect_with((props.sized, props.params.clone(), calls.len().min(MANY)), {
        let measure = measure.clone();
        move |_| measure.emit(())
    });
    use_effect_with(window, {
        let rows = rows.clone();
        move |window| window.give_room(&rows)
    });
    use_effect_with(row, {
        let measure = measure.clone();
        move |&row| {
            let heard = around_print(move || place.set(Place::printed(row, 1)), measure);
            move || drop(heard)
        }
    });
    calls.in_view.set((window.first, window.count));
    let onscroll = props.moved.clone();
    html! {
        <section class="panel panel--calls" aria-labelledby="calls">
            <h2 class="panel__title" id="calls">
                { t(T::LiveCalls) }<span class="panel__count">{ calls.len() }</span>
                <span class="sr-only">{ text::count(T::CountWaiting, calls.waiting(), &[]) }</span>
                { alone(&props.params) }
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
