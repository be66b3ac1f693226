//! Agents as chips: on a call, ringing, or seen before.

use std::rc::Rc;

use web_sys::{Element, HtmlElement};
use yew::prelude::*;

use super::window::{Place, around_print};
use super::{Elapsed, journey};
use crate::params::{Page, Params};
use crate::text::{self, T, t};
use crate::view::{AgentChip, Busy};

/// Fewer are all drawn, wherever the list is scrolled to.
const FEW: usize = 60;
/// Between chips, in px, as the style sheet has it.
const GAP_PX: i32 = 6;
/// A chip's height until one has been measured, in px.
const CHIP_PX: i32 = 46;

#[derive(PartialEq, Properties)]
pub(crate) struct AgentGridProps {
    pub(crate) agents: Rc<[AgentChip]>,
    pub(crate) params: Rc<Params>,
    pub(crate) ready: bool,
    /// Changes with the size of the window.
    pub(crate) sized: u32,
}

/// Draws [`AgentChip`]s.
#[component]
pub(crate) fn AgentGrid(props: &AgentGridProps) -> Html {
    let AgentGridProps { agents, params, ready, .. } = props;
    let count = |busy: Busy| agents.iter().filter(|agent| agent.busy == busy).count();
    html! {
        <section class="panel panel--agents" aria-labelledby="agents">
            <h2 class="panel__title" id="agents">
                { t(T::AgentsOnCalls) }
                <span class="panel__count" data-figure="agents-talking">{ count(Busy::Talking) }</span>
                <span class="panel__aside">{ text::count(T::Seen, agents.len(), &[]) }</span>
            </h2>
            if agents.is_empty() {
                <p class="empty">{ t(if *ready { T::NoAgentYet } else { T::Connecting }) }</p>
            } else {
                <Chips agents={agents.clone()} params={params.clone()} ready=true
                    sized={props.sized} />
            }
            <p class="panel__foot">{ t(T::NoLogin) }</p>
        </section>
    }
}

/// The list in its box. Of many, only those in view exist.
#[component]
fn Chips(props: &AgentGridProps) -> Html {
    let AgentGridProps { agents, params, .. } = props;
    let (scroller, items) = (use_node_ref(), use_node_ref());
    let place = use_state_eq(|| Place::unknown(CHIP_PX, 3));
    let measure = use_callback((scroller.clone(), items.clone(), place.clone()), |_: (), deps| {
        let (scroller, items, place) = deps;
        let look = || {
            let (scroller, items) = (scroller.cast::<HtmlElement>()?, items.cast::<Element>()?);
            Place::of_items(&scroller, &items, GAP_PX)
        };
        look().into_iter().for_each(|found| place.set(found));
    });
    let len = agents.len();
    let many = len > FEW;
    let window = place.window(len);
    use_effect_with((props.sized, params.clone(), many), {
        let measure = measure.clone();
        move |_| measure.emit(())
    });
    use_effect_with((), {
        let measure = measure.clone();
        move |()| {
            let heard = around_print(move || place.set(place.printed()), measure);
            move || drop(heard)
        }
    });
    use_effect_with((window, many), {
        let items = items.clone();
        move |(window, many)| match items.cast::<HtmlElement>() {
            Some(items) if *many => window.give_room(&items),
            Some(items) => free(&items),
            None => {}
        }
    });
    let (first, shown) = if many { (window.first, window.count) } else { (0, len) };
    let onscroll = move |_| measure.emit(());
    html! {
        <div class="agents" ref={scroller} {onscroll} tabindex="0" role="group"
            aria-labelledby="agents">
            <ul class="agents__items" ref={items}>
                { for agents.iter().enumerate().skip(first).take(shown).map(|(nth, agent)| {
                    let place = many.then_some((nth + 1, len));
                    html! {
                        <Chip key={&*agent.key} agent={agent.clone()} params={params.clone()} {place} />
                    }
                }) }
            </ul>
        </div>
    }
}

/// Lets the items have the room they take.
fn free(items: &HtmlElement) {
    // Fails only in a document that is gone.
    let _ = items.remove_attribute("style");
}

#[derive(PartialEq, Properties)]
struct ChipProps {
    agent: AgentChip,
    params: Rc<Params>,
    /// Which of how many, where the others do not exist.
    place: Option<(usize, usize)>,
}

#[component]
fn Chip(props: &ChipProps) -> Html {
    let ChipProps { agent, params, place } = props;
    let (nth, of) = place.map(|(nth, of)| (nth.to_string(), of.to_string())).unzip();
    let inferred = (agent.busy == Busy::Ringing).then(|| t(T::Inferred));
    // On a wall everybody would read the numbers of callers.
    let with = agent.with.as_ref().filter(|_| params.view != Page::Wall);
    html! {
        <li class={classes!("agent", format!("agent--{}", agent.busy.class()))}
            data-agent={agent.key.clone()} title={inferred} aria-posinset={nth} aria-setsize={of}>
            <span class="dot" aria-hidden="true"></span>
            <span class="agent__name">{ &agent.name }</span>
            <span class="agent__time"><Elapsed since={agent.since} /></span>
            <span class="agent__what">
                <span class="agent__on">
                    { agent.busy.word() }
                    if let Some(queue) = &agent.queue {
                        { " · " }{ queue }
                    }
                </span>
                if let Some(inferred) = inferred {
                    <span class="sr-only">{ ", " }{ inferred }</span>
                }
                if let Some((call, caller)) = with {
                    <span class="agent__with">{ " · " }{ journey(params, call, html! { caller }) }</span>
                }
                if agent.busy == Busy::Free {
                    <span class="sr-only">{ " " }{ t(T::Ago) }</span>
                }
            </span>
        </li>
    }
}
