//! Agents as chips: on a call, ringing, or seen before.

use std::rc::Rc;

use yew::prelude::*;

use super::{Elapsed, journey};
use crate::params::Params;
use crate::text::{self, T, t};
use crate::view::{AgentChip, Busy};

/// Draws [`AgentChip`]s.
pub(crate) fn agent_grid(agents: &[AgentChip], params: &Rc<Params>, ready: bool) -> Html {
    let count = |busy: Busy| agents.iter().filter(|agent| agent.busy == busy).count();
    html! {
        <section class="panel panel--agents" aria-labelledby="agents">
            <h2 class="panel__title" id="agents">
                { t(T::AgentsOnCalls) }
                <span class="panel__count" data-figure="agents-talking">{ count(Busy::Talking) }</span>
                <span class="panel__aside">{ text::count(T::Seen, agents.len(), &[]) }</span>
            </h2>
            if agents.is_empty() {
                <p class="empty">{ t(if ready { T::NoAgentYet } else { T::Connecting }) }</p>
            } else {
                <ul class="agents" tabindex="0" aria-labelledby="agents">
                    { for agents.iter().map(|agent| html! {
                        <Chip key={&*agent.key} agent={agent.clone()} params={params.clone()} />
                    }) }
                </ul>
            }
            <p class="panel__foot">{ t(T::NoLogin) }</p>
        </section>
    }
}

#[derive(PartialEq, Properties)]
struct ChipProps {
    agent: AgentChip,
    params: Rc<Params>,
}

#[component]
fn Chip(props: &ChipProps) -> Html {
    let ChipProps { agent, params } = props;
    let inferred = (agent.busy == Busy::Ringing).then(|| t(T::Inferred));
    html! {
        <li class={classes!("agent", format!("agent--{}", agent.busy.class()))}
            data-agent={agent.key.clone()} title={inferred}>
            <span class="dot" aria-hidden="true"></span>
            <span class="agent__name">{ &agent.name }</span>
            <span class="agent__time"><Elapsed since={agent.since} /></span>
            <span class="agent__what">
                { agent.busy.word() }
                if let Some(queue) = &agent.queue {
                    { " · " }{ queue }
                }
                if let Some(inferred) = inferred {
                    <span class="sr-only">{ ", " }{ inferred }</span>
                }
                if let Some((call, caller)) = &agent.with {
                    { " · " }{ journey(params, call, html! { caller }) }
                }
                if agent.busy == Busy::Free {
                    <span class="sr-only">{ " " }{ t(T::Ago) }</span>
                }
            </span>
        </li>
    }
}
