//! One card per queue.

use yew::prelude::*;

use super::{Elapsed, urgency_mark};
use crate::format;
use crate::view::QueueCard;

/// Draws [`QueueCard`]s.
pub(crate) fn queue_grid(queues: &[QueueCard], ready: bool) -> Html {
    html! {
        <section class="panel" aria-labelledby="queues">
            <h2 class="panel__title" id="queues">
                { "Queues" }<span class="panel__count">{ queues.len() }</span>
            </h2>
            if queues.is_empty() {
                <p class="empty">
                    { if ready { "No call has entered a queue yet." } else { "Connecting…" } }
                </p>
            } else {
                <ul class="queues">
                    { for queues.iter().map(|queue| html! {
                        <Queue key={&*queue.key} queue={queue.clone()} />
                    }) }
                </ul>
            }
        </section>
    }
}

#[derive(PartialEq, Properties)]
struct QueueProps {
    queue: QueueCard,
}

#[component]
fn Queue(props: &QueueProps) -> Html {
    let queue = &props.queue;
    let today = &queue.today;
    html! {
        <li class={classes!("queue", format!("queue--{}", queue.urgency.class()))}
            data-queue={queue.key.clone()}>
            <div class="queue__head">
                <h3 class="queue__name">{ &queue.name }</h3>
                <span class="queue__strategy">{ queue.strategy.clone().unwrap_or_default() }</span>
                { urgency_mark(queue.urgency) }
            </div>
            <dl class="queue__now">
                <div data-figure="waiting">
                    <dt>{ "Waiting" }</dt><dd>{ queue.waiting }</dd>
                </div>
                <div data-figure="longest-wait">
                    <dt>{ "Longest" }</dt>
                    <dd>
                        if let Some(since) = queue.longest {
                            <Elapsed {since} />
                        } else {
                            { "0:00" }
                        }
                    </dd>
                </div>
                <div class="queue__talking" data-figure="talking">
                    <dt>{ "Talking" }</dt><dd>{ queue.talking }</dd>
                </div>
            </dl>
            { level_bar(queue) }
            <dl class="queue__today">
                <div data-figure="offered"><dt>{ "Offered" }</dt><dd>{ today.offered }</dd></div>
                <div data-figure="handled"><dt>{ "Handled" }</dt><dd>{ today.handled }</dd></div>
                <div data-figure="abandoned"><dt>{ "Abandoned" }</dt><dd>{ today.abandoned }</dd></div>
                <div data-figure="service-level">
                    <dt>{ "Service level" }</dt><dd>{ format::percent(queue.level.percent) }</dd>
                </div>
            </dl>
        </li>
    }
}

/// The service level as a bar with its target. Attributes of SVG, as the
/// page's policy allows no inline style.
fn level_bar(queue: &QueueCard) -> Html {
    let width = queue.level.percent.unwrap_or(0);
    let class = format!("level level--{}", queue.level.urgency().class());
    // The mark ends where the target begins.
    let tenths = (queue.level.wanted.target_percent * 10).saturating_sub(4);
    let target = format!("{}.{}", tenths / 10, tenths % 10);
    html! {
        <svg class={class} viewBox="0 0 100 4" preserveAspectRatio="none" aria-hidden="true">
            <rect class="level__all" width="100" height="4" />
            <rect class="level__share" width={width.to_string()} height="4" />
            <rect class="level__target" x={target} width="0.8" height="4" />
        </svg>
    }
}
