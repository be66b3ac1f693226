//! Who gave up, and whether they were reached since.

use std::rc::Rc;

use callboard_shared::{UnixMs, durations};
use serde::Deserialize;
use yew::prelude::*;

use super::api::{query, use_answer};
use crate::components::journey;
use crate::format;
use crate::params::Params;
use crate::text::{self, D, T, fill, t};

/// How often it is asked for anew, in ms.
const EVERY_MS: u32 = 15_000;

#[derive(Debug, Deserialize)]
struct Told {
    lost: Vec<Caller>,
    recovered: usize,
    still_lost: usize,
}

#[derive(Debug, Deserialize)]
struct Caller {
    id_call: String,
    at: UnixMs,
    number: Option<String>,
    queue: Option<Party>,
    waited_s: Option<f64>,
    attempts: usize,
    reached: Option<Reached>,
}

#[derive(Debug, Deserialize)]
struct Party {
    id: String,
    name: Option<String>,
}

impl Party {
    fn name(&self) -> &str {
        self.name.as_deref().unwrap_or(&self.id)
    }
}

#[derive(Debug, Deserialize)]
struct Reached {
    at: UnixMs,
    how: String,
    /// Missing where it is a call of queues that are not seen.
    id_call: Option<String>,
    agent: Option<Party>,
}

#[derive(PartialEq, Properties)]
pub(crate) struct LostProps {
    pub(crate) params: Rc<Params>,
}

/// Draws today's lost callers, those still lost first.
#[component]
pub(crate) fn Lost(props: &LostProps) -> Html {
    let params = &props.params;
    let queues = params.queues.join(",");
    let path = query("api/lost", [("queue", Some(&*queues)), ("limit", Some("500"))]);
    let answer = use_answer::<Told>(path.into(), Some(EVERY_MS));
    html! {
        <section class="panel page" aria-labelledby="lost">
            <h2 class="panel__title" id="lost">{ t(T::ViewLost) }</h2>
            if let Some(told) = answer.here() {
                { sums(told) }
                if told.lost.is_empty() {
                    <p class="empty">{ t(D::NobodyLost) }</p>
                } else {
                    { table(told, params) }
                }
            } else {
                { answer.instead() }
            }
        </section>
    }
}

fn sums(told: &Told) -> Html {
    let all = told.recovered + told.still_lost;
    let share = u32::try_from(told.recovered * 100).ok();
    let share = share.and_then(|share| share.checked_div(u32::try_from(all).ok()?));
    let one = |name: D, class: &'static str, value: String| {
        html! { <div class={classes!("sum", class)}><dt>{ t(name) }</dt><dd>{ value }</dd></div> }
    };
    html! {
        <dl class="sums">
            { one(D::StillLost, "sum--breach", text::whole(told.still_lost as u64)) }
            { one(D::Recovered, "", text::whole(told.recovered as u64)) }
            { one(D::RecoveryRate, "", text::percent(share)) }
        </dl>
    }
}

fn table(told: &Told, params: &Params) -> Html {
    let mut callers: Vec<_> = told.lost.iter().collect();
    callers.sort_by_key(|caller| (caller.reached.is_some(), std::cmp::Reverse(caller.at)));
    let head = [D::When, D::Number, D::InQueue, D::Waited, D::Attempts, D::ReachedSince];
    html! {
        <div class="scroll" tabindex="0" role="group" aria-labelledby="lost">
            <table class="list">
                <thead>
                    <tr>{ for head.into_iter().map(|name| html! { <th scope="col">{ t(name) }</th> }) }</tr>
                </thead>
                <tbody>{ for callers.into_iter().map(|caller| row(caller, params)) }</tbody>
            </table>
        </div>
    }
}

fn row(caller: &Caller, params: &Params) -> Html {
    let queue = caller.queue.as_ref().map(Party::name);
    let waited = caller.waited_s.map(|s| durations::clock((s * 1000.0) as u64));
    html! {
        <tr key={caller.id_call.clone()} data-call={caller.id_call.clone()}>
            <td>{ journey(params, &caller.id_call, html! { format::moment(caller.at) }) }</td>
            <th scope="row">{ crate::view::number(caller.number.as_deref()) }</th>
            <td>{ queue.unwrap_or_default().to_owned() }</td>
            <td class="n">{ waited.unwrap_or_else(|| "–".to_owned()) }</td>
            <td class="n">{ text::whole(caller.attempts as u64) }</td>
            <td>{ reached(caller.reached.as_ref(), params) }</td>
        </tr>
    }
}

fn reached(reached: Option<&Reached>, params: &Params) -> Html {
    let Some(reached) = reached else {
        return html! { <span class="mark mark--breach">{ "■ " }{ t(D::NotYet) }</span> };
    };
    let at = format::moment(reached.at);
    let how = if reached.how == "outgoing" { D::CalledBackAt } else { D::CalledAgainAt };
    let text = fill(how, &[("at", &at)]);
    html! {
        <>
            <span aria-hidden="true">{ "✓ " }</span>
            { match &reached.id_call {
                Some(call) => journey(params, call, html! { text }),
                None => html! { text },
            } }
            if let Some(agent) = &reached.agent { { " · " }{ agent.name().to_owned() } }
        </>
    }
}
