//! The board from afar: queues as rows, the worst first, and agents.
//!
//! Rows are dropped before type is made smaller, and are larger where they
//! would leave half of their room empty. On a television what does
//! not fit takes turns below the hero row; while anything is in breach the
//! worst stay.

use std::rc::Rc;

use yew::prelude::*;

use super::queue_grid::{level_bar, longest, no_queues};
use super::spark::spark;
use super::{AgentGrid, explained, urgency_mark};
use crate::params::Params;
use crate::text::{self, T, t};
use crate::view::{AgentChip, QueueCard, Urgency};

/// Height of a row and of the head above them, in hundredths of the label's.
const ROW: i32 = 235;
const HEAD: i32 = 390;

#[derive(PartialEq, Properties)]
pub(crate) struct WallProps {
    pub(crate) queues: Rc<[QueueCard]>,
    /// Why there is none.
    pub(crate) no_queue: Option<AttrValue>,
    pub(crate) agents: Rc<[AgentChip]>,
    pub(crate) params: Rc<Params>,
    pub(crate) ready: bool,
    /// Rows that have room.
    pub(crate) fit: usize,
    /// Pages that have had their turn.
    pub(crate) turn: usize,
    /// Changes with the size of the window.
    pub(crate) sized: u32,
}

/// Draws queues and agents.
#[component]
pub(crate) fn Wall(props: &WallProps) -> Html {
    let WallProps { queues, agents, params, ready, fit, turn, sized, .. } = props;
    let (fit, turns) = (*fit, params.takes_turns());
    let pages = pages(queues.len(), fit, turns);
    let breach = queues.iter().any(|queue| queue.urgency == Urgency::Breach);
    let page = if breach { 0 } else { *turn % pages };
    let is_last = page + 1 == pages;
    html! {
        <div id="wall" class={classes!("wall", turns.then_some("wall--turns"))}>
            if !turns || !is_last {
                { table(props, page * fit) }
            }
            if is_last {
                <AgentGrid agents={agents.clone()} params={params.clone()} ready={*ready} sized={*sized} />
            }
        </div>
    }
}

/// How many pages take turns: queues, and agents last.
fn pages(queues: usize, fit: usize, turns: bool) -> usize {
    if turns { queues.div_ceil(fit.max(1)).max(1) + 1 } else { 1 }
}

/// How many rows fit into the part below the hero row, which has been drawn.
pub(crate) fn rows_that_fit() -> Option<usize> {
    let window = web_sys::window()?;
    let wall = window.document()?.get_element_by_id("wall")?;
    let style = window.get_computed_style(&wall).ok()??;
    // In px, with decimals that do not matter here. Whole numbers are read
    // without the tables that reading a float needs.
    let label = style.get_property_value("font-size").ok()?;
    let label = label.split(['.', 'p']).next()?.parse::<i32>().ok()?;
    let room = wall.client_height() * 100 - HEAD * label;
    usize::try_from(room / (ROW * label).max(1)).ok().map(|rows| rows.max(1))
}

fn table(props: &WallProps, first: usize) -> Html {
    let WallProps { queues, no_queue, params, ready, fit, .. } = props;
    let fit = *fit;
    // On a television type is as large as its distance asks for.
    let is_few = !params.takes_turns() && queues.len() * 2 <= fit;
    let rest = queues.get(first + fit..).unwrap_or_default();
    let head = [
        T::Queue,
        T::Waiting,
        T::Ringing,
        T::Longest,
        T::ServiceLevel,
        T::Handled,
        T::Abandoned,
        // The drawings below it say more to who cannot see them.
        T::ViewDay,
    ];
    html! {
        <section class="panel panel--wall" aria-labelledby="queues">
            <h2 class="sr-only" id="queues">{ t(T::Queues) }</h2>
            if queues.is_empty() {
                { no_queues(no_queue.as_ref(), *ready) }
            } else {
                <table class={classes!("wall-queues", is_few.then_some("wall-queues--few"))}>
                    <thead>
                        <tr>{ for head.into_iter().map(|name| html! { <th scope="col">{ t(name) }</th> }) }</tr>
                    </thead>
                    <tbody>
                        { for queues.iter().skip(first).take(fit).map(|queue| row(queue, params)) }
                    </tbody>
                </table>
                { more(rest, params) }
            }
        </section>
    }
}

/// Says what has no room.
fn more(rest: &[QueueCard], params: &Params) -> Html {
    let calm = rest.iter().all(|queue| queue.urgency == Urgency::Calm);
    let text = if calm { T::MoreCalm } else { T::More };
    html! {
        if !rest.is_empty() {
            <p class="wall__more">
                { text::count(text, rest.len(), &[]) }
                if params.takes_turns() { { " ↻" } }
            </p>
        }
    }
}

fn row(queue: &QueueCard, params: &Params) -> Html {
    let class = classes!("wall-queue", format!("wall-queue--{}", queue.urgency.class()));
    let cell = |figure: &'static str, explain, shown: Html| {
        let bar = (figure == "service-level").then(|| level_bar(queue));
        html! {
            <td data-figure={figure}>
                { explained(params, explain, Some(&queue.key), shown) }
                { bar.unwrap_or_default() }
            </td>
        }
    };
    let count = |n: u32| html! { text::whole(n.into()) };
    let (today, level) = (&queue.today, html! { text::percent(queue.level.percent) });
    html! {
        <tr {class} key={&*queue.key} data-queue={queue.key.clone()}>
            <th scope="row">
                { urgency_mark(queue.urgency) }
                <span class="wall-queue__name">{ &queue.name }</span>
            </th>
            { cell("waiting", "waiting", html! { queue.waiting }) }
            <td data-figure="ringing" title={t(T::Inferred)}>{ queue.ringing }</td>
            { cell("longest-wait", "longest_wait_now_s", longest(queue)) }
            { cell("service-level", "service_level.short_excluded", level) }
            { cell("handled", "handled", count(today.handled)) }
            { cell("abandoned", "abandoned", count(today.abandoned)) }
            <td>{ spark(&queue.day) }</td>
        </tr>
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_does_not_fit_takes_turns_with_agents_last() {
        assert_eq!(pages(3, 6, true), 2);
        assert_eq!(pages(13, 6, true), 4);
        assert_eq!(pages(0, 6, true), 2);
        assert_eq!(pages(13, 6, false), 1);
    }
}
