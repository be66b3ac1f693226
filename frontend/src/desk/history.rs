//! Calls of any day, searched and filtered.

use std::rc::Rc;

use callboard_shared::{UnixMs, durations};
use serde::Deserialize;
use wasm_bindgen::JsCast as _;
use web_sys::{FormData, HtmlFormElement};
use yew::prelude::*;

use super::api::{self, query};
use super::export::{Cell, Fact, Table};
use super::failure::Failure;
use super::{paper, tables};
use crate::app::go;
use crate::components::journey;
use crate::format;
use crate::params::Params;
use crate::text::{D, T, fill, t};
use crate::view::QueueCard;

/// Calls asked for at once, on the screen and for paper.
const PAGE: usize = 100;
/// Filters that are in the URL under the same names as in the question.
const FILTERS: [&str; 6] = ["q", "queue", "direction", "outcome", "from", "to"];

#[derive(Clone, Debug, Deserialize, PartialEq)]
pub(super) struct Call {
    pub(super) id_call: String,
    pub(super) start: Option<UnixMs>,
    end: Option<UnixMs>,
    active: bool,
    direction: Option<String>,
    internal: Option<bool>,
    outcome: Option<String>,
    outcome_text: Option<String>,
    number: Option<String>,
    waited_s: Option<f64>,
    talk_s: Option<f64>,
    queues: Vec<Party>,
    agents: Vec<Party>,
}

#[derive(Clone, Debug, Deserialize, PartialEq)]
pub(super) struct Party {
    id: String,
    name: Option<String>,
}

#[derive(Debug, Deserialize)]
struct Page {
    calls: Vec<Call>,
    next: Option<String>,
}

/// What has come so far.
#[derive(Clone, Debug, Default, PartialEq)]
struct Found {
    calls: Rc<Vec<Call>>,
    next: Option<String>,
    why: Option<Rc<Failure>>,
    done: bool,
}

#[derive(PartialEq, Properties)]
pub(crate) struct HistoryProps {
    pub(crate) params: Rc<Params>,
    pub(crate) queues: Rc<[QueueCard]>,
}

/// Draws the filters, and the calls that they leave.
#[component]
pub(crate) fn History(props: &HistoryProps) -> Html {
    let HistoryProps { params, queues } = props;
    let asked = asked(params);
    let found = use_state(Found::default);
    let limit = if paper::is_wanted(params) { paper::ROWS_MOST } else { PAGE };
    let more = use_callback((asked.clone(), found.clone()), move |first: bool, (asked, found)| {
        let so_far = if first { Found::default() } else { (**found).clone() };
        let (asked, found) = (asked.clone(), found.clone());
        wasm_bindgen_futures::spawn_local(async move {
            found.set(ask(&asked, so_far, limit).await);
        });
    });
    use_effect_with((asked.clone(), limit), {
        let more = more.clone();
        move |_| more.emit(true)
    });
    if found.done && paper::is_wanted(params) {
        let facts = facts(params, queues, &found);
        let told = vec![as_table(&found)];
        return paper::paper(params, t(T::ViewHistory), &facts, Html::default(), told);
    }
    let on_more = Callback::from(move |_: MouseEvent| more.emit(false));
    html! {
        <section class="panel page" aria-labelledby="history">
            <h2 class="panel__title" id="history">{ t(T::ViewHistory) }</h2>
            { filters(params, queues) }
            { exports(&asked, params) }
            if let Some(why) = &found.why {
                <p class="empty" role="alert">{ why.html() }</p>
            } else if !found.done {
                <p class="empty">{ t(T::Loading) }</p>
            } else if found.calls.is_empty() {
                <p class="empty">{ t(D::NoCallMatches) }</p>
            } else {
                { table(&found, params, on_more) }
            }
        </section>
    }
}

/// The question without its page.
fn asked(params: &Params) -> AttrValue {
    let queues = params.queues.join(",");
    let own = |name: &'static str| match name {
        // One queue can be asked for at a time.
        "queue" if params.get(name).is_none() && params.queues.len() == 1 => Some(&*queues),
        name => params.get(name),
    };
    let day = |name, value: Option<&str>| match value {
        Some(day) if day.len() == 10 => Some(format::day_bound(day, name == "to")),
        Some(other) => Some(other.to_owned()),
        None => None,
    };
    let (from, to) = (day("from", params.get("from")), day("to", params.get("to")));
    let pairs = FILTERS.map(|name| match name {
        "from" => (name, from.as_deref()),
        "to" => (name, to.as_deref()),
        name => (name, own(name)),
    });
    query("", pairs).into()
}

async fn ask(asked: &str, so_far: Found, limit: usize) -> Found {
    let sign = if asked.is_empty() { '?' } else { '&' };
    let mut path = format!("api/calls{asked}{sign}limit={limit}");
    if let Some(next) = &so_far.next {
        path.push_str("&cursor=");
        path.push_str(next);
    }
    match api::json::<Page>(&path).await {
        Ok(page) => {
            let calls = so_far.calls.iter().cloned().chain(page.calls).collect();
            Found { calls: Rc::new(calls), next: page.next, why: None, done: true }
        }
        Err(why) => Found { why: Some(why), done: true, ..so_far },
    }
}

fn filters(params: &Rc<Params>, queues: &[QueueCard]) -> Html {
    let search = params.clone();
    let send = Callback::from(move |form: HtmlFormElement| {
        let Ok(data) = FormData::new_with_form(&form) else { return };
        let href = search.href(|params| {
            for name in FILTERS {
                params.set(name, &data.get(name).as_string().unwrap_or_default());
            }
        });
        go(&href);
    });
    let onsubmit = {
        let send = send.clone();
        Callback::from(move |event: SubmitEvent| {
            event.prevent_default();
            event.target_dyn_into::<HtmlFormElement>().into_iter().for_each(|form| send.emit(form));
        })
    };
    let onchange = Callback::from(move |event: Event| {
        let target = event.target().and_then(|target| target.dyn_into::<web_sys::Element>().ok());
        let form = target.and_then(|target| target.closest("form").ok().flatten());
        form.and_then(|form| form.dyn_into().ok()).into_iter().for_each(|form| send.emit(form));
    });
    let field = |name: &'static str, label, kind: &'static str| {
        let value = params.get(name).unwrap_or_default().to_owned();
        html! {
            <label>{ t(label) }<input type={kind} {name} {value} autocomplete="off" /></label>
        }
    };
    let queue_names = queues.iter().map(|queue| (queue.key.to_string(), queue.name.to_string()));
    html! {
        <form class="filters" {onsubmit} {onchange} role="search">
            { field("q", D::Search, "search") }
            { select(params, "queue", D::InQueue, queue_names.collect()) }
            { select(params, "direction", D::Direction, directions()) }
            { select(params, "outcome", D::Outcome, outcomes()) }
            { field("from", D::FromDay, "date") }
            { field("to", D::ToDay, "date") }
            <button class="button button--wide">{ t(D::Search) }</button>
        </form>
    }
}

fn select(params: &Params, name: &'static str, label: D, options: Vec<(String, String)>) -> Html {
    let chosen = params.get(name).unwrap_or_default();
    html! {
        <label>
            { t(label) }
            <select {name}>
                <option value="" selected={chosen.is_empty()}>{ t(D::Any) }</option>
                { for options.into_iter().map(|(value, shown)| {
                    let selected = value == chosen;
                    html! { <option {value} {selected}>{ shown }</option> }
                }) }
            </select>
        </label>
    }
}

fn directions() -> Vec<(String, String)> {
    [("incoming", T::Incoming), ("outgoing", T::Outgoing)]
        .map(|(value, name)| (value.to_owned(), t(name).to_owned()))
        .into()
}

/// The outcomes that can be asked for, in words.
pub(super) const OUTCOMES: [(&str, D); 15] = [
    ("handled", D::OutcomeHandled),
    ("abandoned", D::OutcomeAbandoned),
    ("callback_open", D::OutcomeCallbackOpen),
    ("callback_failed", D::OutcomeCallbackFailed),
    ("voicemail", D::OutcomeVoicemail),
    ("flow_out_timeout", D::OutcomeTimeout),
    ("flow_out_full", D::OutcomeFull),
    ("flow_out_empty", D::OutcomeEmpty),
    ("flow_out_digit", D::OutcomeDigit),
    ("redirected", D::OutcomeRedirected),
    ("answered", D::OutcomeAnswered),
    ("closed", D::OutcomeClosed),
    ("left_in_menu", D::OutcomeLeftInMenu),
    ("not_reached", D::OutcomeNotReached),
    ("other", D::OutcomeOther),
];

/// An outcome in words; one that is not known here in the proxy's.
pub(super) fn outcome(name: &str, told: Option<&str>) -> String {
    let known = OUTCOMES.iter().find(|(known, _)| *known == name);
    known.map_or_else(|| told.unwrap_or(name).to_owned(), |(_, text)| t(*text).to_owned())
}

fn outcomes() -> Vec<(String, String)> {
    OUTCOMES.iter().map(|(value, name)| ((*value).to_owned(), t(*name).to_owned())).collect()
}

/// The whole range as files.
fn exports(asked: &str, params: &Params) -> Html {
    html! {
        <p class="exports">
            <a class="choice" href={format!("api/calls.csv{asked}")} download="calls.csv">{ t(D::AsCsv) }</a>
            <a class="choice" href={format!("api/calls.ndjson{asked}")} download="calls.ndjson">{ t(D::AsJson) }</a>
            <a class="choice" href={paper::href(params)}>{ t(D::PrintView) }</a>
        </p>
    }
}

fn table(found: &Found, params: &Params, on_more: Callback<MouseEvent>) -> Html {
    let head = [D::When, D::Number, D::InQueue, D::ByAgent, D::Waited, D::Talked, D::Outcome];
    html! {
        <div class="scroll" tabindex="0" role="group" aria-labelledby="history">
            <table class="list">
                <thead>
                    <tr>{ for head.into_iter().map(|name| html! { <th scope="col">{ t(name) }</th> }) }</tr>
                </thead>
                <tbody>{ for found.calls.iter().map(|call| row(call, params)) }</tbody>
            </table>
            if found.next.is_some() {
                <button type="button" class="button button--wide" onclick={on_more}>
                    { t(D::MoreCalls) }
                </button>
            }
        </div>
    }
}

/// What the list was chosen by.
fn facts(params: &Params, queues: &[QueueCard], found: &Found) -> Vec<Fact> {
    let mut facts = vec![Fact::moment()];
    facts.extend(tables::chosen_queues(params, queues));
    let names = [D::Search, D::InQueue, D::Direction, D::Outcome, D::FromDay, D::ToDay];
    for (name, title) in FILTERS.into_iter().zip(names) {
        let Some(value) = params.get(name) else { continue };
        let known = || queues.iter().find(|queue| *queue.key == *value);
        let shown = match name {
            "queue" => known().map_or(value, |queue| &*queue.name).to_owned(),
            "outcome" => outcome(value, None),
            "direction" if value == "incoming" => t(T::Incoming).to_owned(),
            "direction" if value == "outgoing" => t(T::Outgoing).to_owned(),
            _ => value.to_owned(),
        };
        facts.push(Fact::new(name, t(title), Cell::word(value, shown)));
    }
    if found.next.is_some() {
        let cut = fill(D::ListCut, &[("n", &found.calls.len().to_string())]);
        facts.push(Fact::new("more", "", Cell::flag(true, &cut)));
    }
    facts
}

/// The list for a file or for paper.
fn as_table(found: &Found) -> Table {
    let ids = |parties: &[Party]| {
        parties.iter().map(|party| party.id.as_str()).collect::<Vec<_>>().join("; ")
    };
    let list = |parties: &[Party]| Cell::word(names(parties).replace(", ", "; "), names(parties));
    let row = |call: &Call| {
        let (_, way) = direction(call);
        vec![
            Cell::text(Some(&call.id_call)),
            Cell::at(call.start),
            Cell::at(call.end),
            Cell::flag(call.active, ""),
            Cell::text(call.direction.as_deref()).told_as(t(way)),
            Cell::text(call.number.as_deref()).told_as(crate::view::number(call.number.as_deref())),
            Cell::text(Some(&ids(&call.queues))),
            list(&call.queues),
            Cell::text(Some(&ids(&call.agents))),
            list(&call.agents),
            Cell::seconds(call.waited_s),
            Cell::seconds(call.talk_s),
            Cell::text(call.outcome.as_deref()).told_as(ended(call)),
        ]
    };
    Table {
        name: "history",
        title: t(T::Calls).to_owned(),
        columns: vec![
            ("id_call", ""),
            ("start", t(D::When)),
            ("end", ""),
            ("active", ""),
            ("direction", t(D::Direction)),
            ("number", t(D::Number)),
            ("queues", ""),
            ("queue_names", t(D::InQueue)),
            ("agents", ""),
            ("agent_names", t(D::ByAgent)),
            ("waited_s", t(D::Waited)),
            ("talk_s", t(D::Talked)),
            ("outcome", t(D::Outcome)),
        ],
        rows: found.calls.iter().map(row).collect(),
    }
}

/// A duration, or that there is none.
pub(super) fn seconds(s: Option<f64>) -> String {
    s.map_or_else(|| "–".to_owned(), |s| durations::clock((s * 1000.0) as u64))
}

fn names(parties: &[Party]) -> String {
    let names: Vec<_> =
        parties.iter().map(|party| party.name.as_deref().unwrap_or(&party.id)).collect();
    names.join(", ")
}

fn direction(call: &Call) -> (&'static str, T) {
    match (call.internal, call.direction.as_deref()) {
        (Some(true), _) | (_, Some("internal")) => ("↔", T::Internal),
        (_, Some("outgoing")) => ("↗", T::Outgoing),
        _ => ("↙", T::Incoming),
    }
}

fn ended(call: &Call) -> String {
    match &call.outcome {
        Some(name) => outcome(name, call.outcome_text.as_deref()),
        None if call.active => t(D::GoesOn).to_owned(),
        None if call.end.is_none() => t(D::EndNotTold).to_owned(),
        None => "–".to_owned(),
    }
}

pub(super) fn row(call: &Call, params: &Params) -> Html {
    let at = call.start.map_or_else(|| "–".to_owned(), format::moment);
    let (arrow, word) = direction(call);
    html! {
        <tr key={call.id_call.clone()} data-call={call.id_call.clone()}>
            <td>{ journey(params, &call.id_call, html! { at }) }</td>
            <th scope="row">
                <span aria-hidden="true">{ arrow }{ " " }</span>
                <span class="sr-only">{ t(word) }{ " " }</span>
                { crate::view::number(call.number.as_deref()) }
            </th>
            <td>{ names(&call.queues) }</td>
            <td>{ names(&call.agents) }</td>
            <td class="n">{ seconds(call.waited_s) }</td>
            <td class="n">{ seconds(call.talk_s.filter(|s| *s > 0.0)) }</td>
            <td>{ ended(call) }</td>
        </tr>
    }
}
