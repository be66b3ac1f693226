//! The first look: is anyone waiting, how long, are we inside target?

use callboard_shared::figures::Thresholds;
use yew::prelude::*;

use super::{Elapsed, urgency_mark};
use crate::format;
use crate::view::Hero;

/// Draws a [`Hero`].
pub(crate) fn hero_row(hero: &Hero, ready: bool) -> Html {
    let waiting = classes!("tile", format!("tile--{}", hero.urgency.class()));
    let level = classes!("tile", format!("tile--{}", hero.level.urgency().class()));
    let number = |n: String| if ready { n } else { "–".to_owned() };
    html! {
        <section class="hero" aria-label="All queues">
            <div class={waiting.clone()} data-figure="waiting">
                <h2 class="tile__label">{ "Waiting" }</h2>
                <p class="tile__value">{ number(hero.waiting.to_string()) }</p>
                <p class="tile__note">{ urgency_mark(hero.urgency) }</p>
            </div>
            <div class={waiting} data-figure="longest-wait">
                <h2 class="tile__label">{ "Longest wait" }</h2>
                <p class="tile__value">
                    if let Some((since, _)) = &hero.longest {
                        <Elapsed since={*since} />
                    } else {
                        { number("0:00".to_owned()) }
                    }
                </p>
                <p class="tile__note">
                    if let Some((_, queue)) = &hero.longest {
                        { queue }
                    } else if ready {
                        { "No one is waiting" }
                    }
                </p>
            </div>
            <div class="tile tile--talking" data-figure="talking">
                <h2 class="tile__label">{ "Talking" }</h2>
                <p class="tile__value">{ number(hero.talking.to_string()) }</p>
                <p class="tile__note">{ "calls with an agent" }</p>
            </div>
            <div class={level} data-figure="service-level">
                <h2 class="tile__label">{ "Service level" }</h2>
                <p class="tile__value">{ number(format::percent(hero.level.percent)) }</p>
                <p class="tile__note">{ level_note(hero) }</p>
            </div>
            <dl class="tile today" aria-label="Since counting began">
                { figure("Offered", "offered", hero.today.offered, ready) }
                { figure("Handled", "handled", hero.today.handled, ready) }
                { figure("Abandoned", "abandoned", hero.today.abandoned, ready) }
                { figure("Flow-out", "flow-out", hero.today.flow_out, ready) }
            </dl>
        </section>
    }
}

fn level_note(hero: &Hero) -> String {
    let Thresholds { answer_within_s, target_percent: target, .. } = hero.level.wanted;
    match hero.level.to_recover {
        _ if hero.level.percent.is_none() => format!("target {target} % in {answer_within_s} s"),
        0 => format!("target {target} % in {answer_within_s} s met"),
        1 => format!("1 call in time → {target} %"),
        n => format!("{n} calls in time → {target} %"),
    }
}

fn figure(label: &'static str, name: &'static str, value: u32, ready: bool) -> Html {
    html! {
        <div class="today__figure" data-figure={name}>
            <dt>{ label }</dt>
            <dd>{ if ready { value.to_string() } else { "–".to_owned() } }</dd>
        </div>
    }
}
