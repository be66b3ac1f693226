//! Agents as chips: on a call, ringing, or seen before.

use yew::prelude::*;

use super::Elapsed;
use crate::view::{AgentChip, Busy};

/// Draws [`AgentChip`]s.
pub(crate) fn agent_grid(agents: &[AgentChip], ready: bool) -> Html {
    let count = |busy: Busy| agents.iter().filter(|agent| agent.busy == busy).count();
    html! {
        <section class="panel" aria-labelledby="agents">
            <h2 class="panel__title" id="agents">
                { "Agents on calls" }
                <span class="panel__count" data-figure="agents-talking">{ count(Busy::Talking) }</span>
                <span class="panel__aside">{ format!("{} seen", agents.len()) }</span>
            </h2>
            if agents.is_empty() {
                <p class="empty">
                    { if ready { "No agent has been offered a call yet." } else { "Connecting…" } }
                </p>
            } else {
                <ul class="agents">
                    { for agents.iter().map(|agent| html! {
                        <Chip key={&*agent.key} agent={agent.clone()} />
                    }) }
                </ul>
            }
            <p class="panel__foot">{ "The stream does not tell who is logged in or paused." }</p>
        </section>
    }
}

#[derive(PartialEq, Properties)]
struct ChipProps {
    agent: AgentChip,
}

#[component]
fn Chip(props: &ChipProps) -> Html {
    let agent = &props.agent;
    html! {
        <li class={classes!("agent", format!("agent--{}", agent.busy.class()))}
            data-agent={agent.key.clone()}>
            <span class="dot" aria-hidden="true"></span>
            <span class="agent__name">{ &agent.name }</span>
            <span class="agent__time"><Elapsed since={agent.since} /></span>
            <span class="agent__what">
                { agent.busy.word() }
                if let Some(queue) = &agent.queue {
                    { " · " }{ queue }
                }
                if agent.busy == Busy::Free {
                    <span class="sr-only">{ " ago" }</span>
                }
            </span>
        </li>
    }
}
