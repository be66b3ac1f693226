//! The first look: is anyone waiting, how long, are we inside target?

use std::rc::Rc;

use callboard_shared::figures::Thresholds;
use yew::prelude::*;

use super::{Elapsed, explained, urgency_mark, urgency_shape};
use crate::params::Params;
use crate::text::{self, T, t};
use crate::view::{Hero, Urgency};

#[derive(PartialEq, Properties)]
pub(crate) struct HeroProps {
    pub(crate) hero: Rc<Hero>,
    pub(crate) params: Rc<Params>,
    pub(crate) ready: bool,
}

/// Draws a [`Hero`].
#[component]
pub(crate) fn HeroRow(props: &HeroProps) -> Html {
    let HeroProps { hero, params, ready } = props;
    let ready = *ready;
    let waiting = classes!("tile", format!("tile--{}", hero.urgency.class()));
    let level = classes!("tile", format!("tile--{}", hero.level.urgency.class()));
    let number = |n: String| if ready { n } else { "–".to_owned() };
    let shown = |name, n: String| explained(params, name, None, html! { number(n) });
    html! {
        <section class="hero" aria-label={t(T::AllQueues)}>
            <div class={waiting.clone()} data-figure="waiting">
                <h2 class="tile__label">{ t(T::Waiting) }</h2>
                <p class="tile__value">{ shown("waiting", hero.waiting.to_string()) }</p>
                <p class="tile__note">{ urgency_mark(hero.urgency) }</p>
            </div>
            { longest(hero, waiting, params, ready) }
            <div class="tile tile--talking" data-figure="talking">
                <h2 class="tile__label">{ t(T::Talking) }</h2>
                <p class="tile__value">{ shown("talking", hero.talking.to_string()) }</p>
                <p class="tile__note">{ t(T::WithAgent) }</p>
            </div>
            <div class={level} data-figure="service-level">
                <h2 class="tile__label">{ t(T::ServiceLevel) }</h2>
                <p class="tile__value">
                    { shown("service_level.short_excluded", text::percent(hero.level.percent)) }
                </p>
                <p class="tile__note">
                    if hero.level.urgency != Urgency::Calm {
                        <span aria-hidden="true">{ urgency_shape(hero.level.urgency) }{ " " }</span>
                        <span class="sr-only">{ text::urgency(hero.level.urgency) }{ ": " }</span>
                    }
                    { level_note(hero) }
                </p>
            </div>
            { today(hero, params, ready) }
        </section>
    }
}

fn longest(hero: &Hero, class: Classes, params: &Params, ready: bool) -> Html {
    let shown = match &hero.longest {
        Some((since, _)) => html! { <Elapsed since={*since} /> },
        None => html! { { if ready { "0:00" } else { "–" } } },
    };
    html! {
        <div {class} data-figure="longest-wait">
            <h2 class="tile__label">{ t(T::LongestWait) }</h2>
            <p class="tile__value">{ explained(params, "longest_wait_now_s", None, shown) }</p>
            <p class="tile__note">
                if let Some((_, queue)) = &hero.longest {
                    { queue }
                } else if ready {
                    { t(T::NoOneWaits) }
                }
            </p>
        </div>
    }
}

fn level_note(hero: &Hero) -> String {
    let Thresholds { answer_within_s, target_percent, .. } = hero.level.wanted;
    let target = text::percent(Some(target_percent));
    let places = [("p", &*target), ("s", &answer_within_s.to_string())];
    match hero.level.to_recover {
        _ if hero.level.percent.is_none() => text::fill(T::Target, &places),
        0 => text::fill(T::TargetMet, &places),
        n => text::count(T::ToRecover, n as usize, &places),
    }
}

/// Counts since counting began.
#[component]
pub(crate) fn Today(props: &HeroProps) -> Html {
    today(&props.hero, &props.params, props.ready)
}

fn today(hero: &Hero, params: &Params, ready: bool) -> Html {
    let figure = |label, name: &'static str, explain: &'static str, value: u32| {
        let shown = if ready { text::whole(value.into()) } else { "–".to_owned() };
        html! {
            <div class="today__figure" data-figure={name}>
                <dt>{ t(label) }</dt>
                <dd>{ explained(params, explain, None, html! { shown }) }</dd>
            </div>
        }
    };
    let today = &hero.today;
    html! {
        <dl class="tile today" aria-label={t(T::Today)}>
            { figure(T::Offered, "offered", "offered", today.offered) }
            { figure(T::Handled, "handled", "handled", today.handled) }
            { figure(T::Abandoned, "abandoned", "abandoned", today.abandoned) }
            { figure(T::FlowOut, "flow-out", "flow_out", today.flow_out) }
        </dl>
    }
}
