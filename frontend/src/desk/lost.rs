//! Who gave up, and whether they were reached since.

use std::rc::Rc;

use callboard_shared::{UnixMs, durations};
use serde::Deserialize;
use yew::prelude::*;

use super::api::{query, use_answer};
use super::export::{Cell, Fact, Table};
use super::{paper, tables};
use crate::components::journey;
use crate::format;
use crate::params::Params;
use crate::text::{self, D, T, fill, t};
use crate::view::{QueueCard, number};

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
    attempts: u32,
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
    pub(crate) queues: Rc<[QueueCard]>,
}

/// Draws today's lost callers, those still lost first.
#[component]
pub(crate) fn Lost(props: &LostProps) -> Html {
    let params = &props.params;
    let queues = params.queues.join(",");
    let path = query("api/lost", [("queue", Some(&*queues)), ("limit", Some("500"))]);
    let answer = use_answer::<Told>(path.into(), Some(EVERY_MS));
    let queues = props.queues.clone();
    if let Some(told) = answer.here().filter(|_| paper::is_wanted(params)) {
        let (told, facts) = (as_table(told), facts(params, &queues));
        return paper::paper(params, t(T::ViewLost), &facts, Html::default(), vec![told]);
    }
    html! {
        <section class="panel page" aria-labelledby="lost">
            <h2 class="panel__title" id="lost">{ t(T::ViewLost) }</h2>
            if let Some(told) = answer.here() {
                { sums(told) }
                { paper::tools(params, {
                    let (told, params) = (told.clone(), params.clone());
                    move || (as_table(&told), facts(&params, &queues))
                }) }
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
        <>
        <dl class="sums">
            { one(D::StillLost, if told.still_lost > 0 { "sum--breach" } else { "" }, text::whole(told.still_lost as u64)) }
            { one(D::Recovered, "", text::whole(told.recovered as u64)) }
            { one(D::RecoveryRate, "", text::percent(share)) }
        </dl>
        <p class="note">{ t(D::LostRule) }</p>
        </>
    }
}

/// Those still lost first, the last to give up on top.
fn in_order(told: &Told) -> Vec<&Caller> {
    let mut callers: Vec<_> = told.lost.iter().collect();
    callers.sort_by_key(|caller| (caller.reached.is_some(), std::cmp::Reverse(caller.at)));
    callers
}

fn facts(params: &Params, queues: &[QueueCard]) -> Vec<Fact> {
    std::iter::once(Fact::moment()).chain(tables::chosen_queues(params, queues)).collect()
}

/// The list for a file or for paper.
fn as_table(told: &Told) -> Table {
    let row = |caller: &&Caller| {
        let (queue, reached) = (caller.queue.as_ref(), caller.reached.as_ref());
        let agent = reached.and_then(|reached| reached.agent.as_ref());
        let at = Cell::at(reached.map(|reached| reached.at));
        vec![
            Cell::text(Some(&caller.id_call)),
            Cell::at(Some(caller.at)),
            Cell::text(caller.number.as_deref()).told_as(number(caller.number.as_deref())),
            Cell::text(queue.map(|queue| &*queue.id)),
            Cell::text(queue.map(Party::name)),
            Cell::seconds(caller.waited_s),
            Cell::count(Some(caller.attempts)),
            at.told_as(reached.map_or_else(|| t(D::NotYet).to_owned(), reached_words)),
            Cell::text(reached.map(|reached| &*reached.how)),
            Cell::text(reached.and_then(|reached| reached.id_call.as_deref())),
            Cell::text(agent.map(Party::name)),
        ]
    };
    Table {
        name: "lost",
        title: t(T::ViewLost).to_owned(),
        columns: vec![
            ("id_call", ""),
            ("at", t(D::When)),
            ("number", t(D::Number)),
            ("queue", ""),
            ("queue_name", t(D::InQueue)),
            ("waited_s", t(D::Waited)),
            ("attempts", t(D::Attempts)),
            ("reached_at", t(D::ReachedSince)),
            ("reached_how", ""),
            ("reached_id_call", ""),
            ("reached_agent_name", t(D::ByAgent)),
        ],
        rows: in_order(told).iter().map(row).collect(),
    }
}

fn table(told: &Told, params: &Params) -> Html {
    let callers = in_order(told);
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
            <th scope="row">{ number(caller.number.as_deref()) }</th>
            <td>{ queue.unwrap_or_default().to_owned() }</td>
            <td class="n">{ waited.unwrap_or_else(|| "–".to_owned()) }</td>
            <td class="n">{ text::whole(caller.attempts as u64) }</td>
            <td>{ reached(caller.reached.as_ref(), params) }</td>
        </tr>
    }
}

fn reached_words(reached: &Reached) -> String {
    let at = format::moment(reached.at);
    let how = if reached.how == "outgoing" { D::CalledBackAt } else { D::CalledAgainAt };
    fill(how, &[("at", &at)])
}

fn reached(reached: Option<&Reached>, params: &Params) -> Html {
    let Some(reached) = reached else {
        return html! { <span class="mark mark--breach">{ "■ " }{ t(D::NotYet) }</span> };
    };
    let text = reached_words(reached);
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
