//! One card per queue.

use std::rc::Rc;

use yew::prelude::*;

use super::spark::spark;
use super::{Elapsed, explained, urgency_mark};
use crate::params::Params;
use crate::text::{self, T, t};
use crate::view::QueueCard;

#[derive(PartialEq, Properties)]
pub(crate) struct QueueGridProps {
    pub(crate) queues: Rc<[QueueCard]>,
    /// Why there is none.
    pub(crate) no_queue: Option<AttrValue>,
    pub(crate) params: Rc<Params>,
    pub(crate) ready: bool,
}

/// Draws [`QueueCard`]s.
#[component]
pub(crate) fn QueueGrid(props: &QueueGridProps) -> Html {
    let QueueGridProps { queues, no_queue, params, ready } = props;
    html! {
        <section class="panel" aria-labelledby="queues">
            <h2 class="panel__title" id="queues">
                { t(T::Queues) }<span class="panel__count">{ queues.len() }</span>
            </h2>
            if queues.is_empty() {
                { no_queues(no_queue.as_ref(), *ready) }
            } else {
                <ul class="queues">
                    { for queues.iter().map(|queue| html! {
                        <Queue key={&*queue.key} queue={queue.clone()} params={params.clone()} />
                    }) }
                </ul>
            }
        </section>
    }
}

/// Why there is no queue.
pub(crate) fn no_queues(why: Option<&AttrValue>, ready: bool) -> Html {
    html! {
        <p class="empty">
            { match why {
                Some(why) => why,
                None if ready => t(T::NoQueueYet),
                None => t(T::Connecting),
            } }
        </p>
    }
}

#[derive(PartialEq, Properties)]
struct QueueProps {
    queue: QueueCard,
    params: Rc<Params>,
}

#[component]
fn Queue(props: &QueueProps) -> Html {
    let QueueProps { queue, params } = props;
    let asked = |name, shown: Html| explained(params, name, Some(&queue.key), shown);
    html! {
        <li class={classes!("queue", format!("queue--{}", queue.urgency.class()))}
            data-queue={queue.key.clone()}>
            <div class="queue__head">
                <h3 class="queue__name">{ &queue.name }</h3>
                <span class="queue__strategy">{ queue.strategy.clone().unwrap_or_default() }</span>
                { urgency_mark(queue.urgency) }
            </div>
            <div class="queue__top">
            <dl class="queue__now">
                <div data-figure="waiting">
                    <dt>{ t(T::Waiting) }</dt>
                    <dd>{ asked("waiting", html! { queue.waiting }) }</dd>
                </div>
                <div data-figure="longest-wait">
                    <dt>{ t(T::Longest) }</dt>
                    <dd>{ asked("longest_wait_now_s", longest(queue)) }</dd>
                </div>
                <div class="queue__talking" data-figure="talking">
                    <dt>{ t(T::Talking) }</dt>
                    <dd>{ asked("talking", html! { queue.talking }) }</dd>
                </div>
            </dl>
            { spark(&queue.day) }
            </div>
            { level_bar(queue) }
            { today(queue, params) }
        </li>
    }
}

/// The oldest wait of a queue, ticking.
pub(crate) fn longest(queue: &QueueCard) -> Html {
    match queue.longest {
        Some(since) => html! { <Elapsed {since} /> },
        None => html! { "0:00" },
    }
}

fn today(queue: &QueueCard, params: &Params) -> Html {
    let figure = |label, name: &'static str, explain, shown: String| {
        html! {
            <div data-figure={name}>
                <dt>{ t(label) }</dt>
                <dd>{ explained(params, explain, Some(&queue.key), html! { shown }) }</dd>
            </div>
        }
    };
    let (today, level) = (&queue.today, text::percent(queue.level.percent));
    let count = |n: u32| text::whole(n.into());
    html! {
        <dl class="queue__today">
            { figure(T::Offered, "offered", "offered", count(today.offered)) }
            { figure(T::Handled, "handled", "handled", count(today.handled)) }
            { figure(T::Abandoned, "abandoned", "abandoned", count(today.abandoned)) }
            { figure(T::ServiceLevel, "service-level", "service_level.short_excluded", level) }
        </dl>
    }
}

/// The service level as a bar with its target. Attributes of SVG, as the
/// page's policy allows no inline style.
pub(crate) fn level_bar(queue: &QueueCard) -> Html {
    let width = queue.level.percent.unwrap_or(0);
    let class = format!("level level--{}", queue.level.urgency.class());
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
