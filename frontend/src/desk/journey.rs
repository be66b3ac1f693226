//! A call's way: lanes over time, and the same in words.

use std::rc::Rc;

use callboard_shared::{UnixMs, durations};
use serde::Deserialize;
use yew::prelude::*;

use super::api::use_answer;
use super::export::{Cell, Fact, Table};
use super::history::{outcome, seconds};
use super::paper;
use super::sheet::Sheet;
use super::timeline::{Bar, Kind, Lane, Step, Timeline, timeline};
use crate::params::Params;
use crate::text::{D, T, fill, t};
use crate::{clock, format};

/// A call that goes on is asked for again and again, in ms.
const EVERY_MS: u32 = 2_000;
/// The drawing's own units: a thousandth of the time, and a lane's height.
const WIDTH: u32 = 1000;
const LANE: u32 = 34;

#[derive(Debug, Deserialize)]
struct Told {
    active: bool,
    start: Option<UnixMs>,
    number: Option<String>,
    outcome: Option<String>,
    outcome_text: Option<String>,
    reason: Option<String>,
    why: Option<String>,
    waited_s: Option<f64>,
    talk_s: Option<f64>,
    hold_s: Option<f64>,
    steps: Vec<Step>,
}

#[derive(PartialEq, Properties)]
pub(crate) struct JourneyProps {
    pub(crate) call: AttrValue,
    pub(crate) params: Rc<Params>,
}

/// Draws the way of one call.
#[component]
pub(crate) fn Journey(props: &JourneyProps) -> Html {
    let mut path = String::from("api/calls/");
    crate::params::escape(&mut path, &props.call);
    let answer = use_answer::<Told>(path.into(), Some(EVERY_MS));
    let params = &props.params;
    if let Some(told) = answer.here().filter(|_| params.sheet.as_deref() == Some(paper::SHEET)) {
        let facts = facts(&props.call, told);
        let tables = vec![as_table(told)];
        let paper = paper::paper(params, t(D::Journey), &facts, lanes(told), tables);
        return html! { <main>{ paper }</main> };
    }
    html! {
        <Sheet title={t(D::Journey)} back={params.href(|_| ())} wide=true>
            if let Some(told) = answer.here() {
                { head(told) }
                { paper::tools(params, {
                    let (told, call) = (told.clone(), props.call.clone());
                    move || (as_table(&told), facts(&call, &told))
                }) }
                { lanes(told) }
                { steps(told) }
                <p class="note">{ t(D::InferredNote) }</p>
            } else {
                { answer.instead() }
            }
        </Sheet>
    }
}

fn ended(told: &Told) -> String {
    match &told.outcome {
        Some(name) => outcome(name, told.outcome_text.as_deref()),
        None if told.active => t(D::GoesOn).to_owned(),
        None => t(D::EndNotTold).to_owned(),
    }
}

/// What the upstream's reason means; one that is not known here in the proxy's
/// words.
fn why(told: &Told) -> Option<&str> {
    let known = told.reason.as_deref().and_then(super::words::reason);
    known.map(t).or(told.why.as_deref())
}

/// The call in short.
fn facts(call: &str, told: &Told) -> Vec<Fact> {
    let number = told.number.as_deref();
    let number = Cell::text(number).told_as(crate::view::number(number));
    vec![
        Fact::new("id_call", "", Cell::text(Some(call))),
        Fact::new("number", t(D::Number), number),
        Fact::new("start", t(D::When), Cell::at(told.start)),
        Fact::new("waited_s", t(D::Waited), Cell::seconds(told.waited_s)),
        Fact::new("talk_s", t(D::Talked), Cell::seconds(told.talk_s)),
        Fact::new("hold_s", t(D::OnHold), Cell::seconds(told.hold_s)),
        Fact::new(
            "outcome",
            t(D::Outcome),
            Cell::text(told.outcome.as_deref()).told_as(ended(told)),
        ),
    ]
}

/// The steps for a file or for paper.
fn as_table(told: &Told) -> Table {
    let row = |step: &Step| {
        let took = step.until.filter(|_| !step.is_moment()).map(|until| until.since_ms(step.at));
        let certainty = if step.is_inferred() { t(T::Inferred) } else { t(D::Known) };
        vec![
            Cell::at(Some(step.at)).told_as(format::time_of_day(step.at)),
            Cell::at(step.until),
            Cell::word(&*step.step, words(step)),
            Cell::text(step.name.as_deref()),
            Cell::text(step.queue.as_deref()),
            Cell::text(step.agent.as_deref()),
            Cell::text(step.outcome.as_deref()),
            Cell::seconds(took.map(|ms| ms as f64 / 1000.0)),
            Cell::word(&*step.certainty, certainty),
        ]
    };
    Table {
        name: "journey",
        title: t(D::Journey).to_owned(),
        columns: vec![
            ("at", t(D::When)),
            ("until", ""),
            ("step", t(D::Step)),
            ("name", ""),
            ("queue", ""),
            ("agent", ""),
            ("outcome", ""),
            ("seconds", t(D::Took)),
            ("certainty", t(D::Certainty)),
        ],
        rows: told.steps.iter().map(row).collect(),
    }
}

fn head(told: &Told) -> Html {
    let one = |name: D, value: String| html! { <div class="sum"><dt>{ t(name) }</dt><dd>{ value }</dd></div> };
    html! {
        <>
            <dl class="sums sums--small">
                { one(D::Number, crate::view::number(told.number.as_deref())) }
                { one(D::When, told.start.map_or_else(|| "–".to_owned(), format::moment)) }
                { one(D::Waited, seconds(told.waited_s)) }
                { one(D::Talked, seconds(told.talk_s)) }
                { one(D::OnHold, seconds(told.hold_s)) }
                { one(D::Outcome, ended(told)) }
            </dl>
            if let Some(why) = why(told) { <p class="note">{ why }</p> }
        </>
    }
}

fn lanes(told: &Told) -> Html {
    let drawn = timeline(&told.steps, clock::now().unwrap_or_default());
    html! {
        <figure class="lanes">
            <ol class="lanes__names" aria-hidden="true">
                { for drawn.lanes.iter().map(|lane| html! { <li>{ &lane.name }</li> }) }
            </ol>
            { drawing(&drawn, &told.steps) }
            <figcaption class="lanes__ends">
                <span>{ format::time_of_day(drawn.from) }</span>
                <span>{ durations::clock(drawn.to.since_ms(drawn.from)) }</span>
                <span>{ format::time_of_day(drawn.to) }</span>
            </figcaption>
        </figure>
    }
}

fn drawing(drawn: &Timeline, steps: &[Step]) -> Html {
    let height = LANE * u32::try_from(drawn.lanes.len().max(1)).unwrap_or(1);
    html! {
        <svg class="lanes__drawing" viewBox={format!("0 0 {WIDTH} {height}")}
            height={height.to_string()} preserveAspectRatio="none" role="img"
            aria-label={t(D::JourneyDrawing)}>
            <defs>
                <pattern id="inferred" width="6" height="6" patternUnits="userSpaceOnUse"
                    patternTransform="rotate(45)">
                    <rect width="3" height="6" class="lanes__hatch" />
                </pattern>
            </defs>
            { for drawn.marks.iter().map(|mark| html! {
                <line class="lanes__mark" x1={mark.from.to_string()} x2={mark.from.to_string()}
                    y1="0" y2={height.to_string()} vector-effect="non-scaling-stroke" />
            }) }
            { for drawn.lanes.iter().enumerate().map(|(index, lane)| lane_bars(lane, index, steps)) }
        </svg>
    }
}

fn lane_bars(lane: &Lane, index: usize, steps: &[Step]) -> Html {
    let y = LANE * u32::try_from(index).unwrap_or(0);
    let kind = match lane.kind {
        Kind::Menu => "menu",
        Kind::Queue => "queue",
        Kind::Agent => "agent",
        Kind::Other => "other",
    };
    let bar = |bar: &Bar| {
        let Some(step) = steps.get(bar.step) else { return Html::default() };
        let class = classes!("lane", format!("lane--{kind}"), format!("lane--{}", step.step));
        let width = bar.to.saturating_sub(bar.from).max(3);
        let rect = |class: Classes| {
            html! {
                <rect {class} x={bar.from.to_string()} y={(y + 7).to_string()}
                    width={width.to_string()} height={(LANE - 14).to_string()} />
            }
        };
        html! {
            <g>
                <title>{ words(step) }</title>
                { rect(class) }
                if step.is_inferred() { { rect(classes!("lane__inferred")) } }
            </g>
        }
    };
    lane.bars.iter().map(bar).collect()
}

/// Every step in words, in order.
fn steps(told: &Told) -> Html {
    let row = |step: &Step| {
        let took = step.until.filter(|_| !step.is_moment());
        let took = took.map(|until| durations::clock(until.since_ms(step.at)));
        html! {
            <tr class={step.is_inferred().then_some("inferred")}>
                <td class="n">{ format::time_of_day(step.at) }</td>
                <th scope="row">{ words(step) }</th>
                <td class="n">{ took.unwrap_or_default() }</td>
                <td>{ if step.is_inferred() { t(T::Inferred) } else { t(D::Known) } }</td>
            </tr>
        }
    };
    let head = [D::When, D::Step, D::Took, D::Certainty];
    html! {
        <table class="list list--steps">
            <thead>
                <tr>{ for head.into_iter().map(|name| html! { <th scope="col">{ t(name) }</th> }) }</tr>
            </thead>
            <tbody>{ for told.steps.iter().map(row) }</tbody>
        </table>
    }
}

/// One step in words.
fn words(step: &Step) -> String {
    let name = step.name.as_deref().or(step.agent.as_deref()).or(step.queue.as_deref());
    let name = name.unwrap_or("–");
    let with = |text: D| fill(text, &[("name", name)]);
    match &*step.step {
        "start" => t(D::StepStart).to_owned(),
        "menu" => with(D::StepMenu),
        "digit" => {
            let (key, to) = (step.key.as_deref(), step.destination.as_deref());
            fill(D::StepDigit, &[("key", key.unwrap_or("–")), ("name", to.unwrap_or("–"))])
        }
        "queue" => with(D::StepQueue),
        "ring" => fill(D::StepRing, &[("name", name), ("how", ring(step.outcome.as_deref()))]),
        "talk" => with(D::StepTalk),
        "hold" => {
            let s = step.seconds.unwrap_or_default();
            fill(D::StepHold, &[("time", &durations::clock(s * 1000))])
        }
        "transfer" if step.answered == Some(false) => t(D::StepTransferVain).to_owned(),
        "transfer" => t(D::StepTransfer).to_owned(),
        "callback" => t(match (step.accepted, step.failed) {
            (_, Some(true)) => D::StepCallbackFailed,
            (Some(true), _) => D::StepCallback,
            _ => D::StepCallbackDeclined,
        })
        .to_owned(),
        "voicemail" => t(D::OutcomeVoicemail).to_owned(),
        "end" => match &step.outcome {
            Some(name) => fill(D::StepEnd, &[("how", &outcome(name, None))]),
            None => t(D::End).to_owned(),
        },
        other => other.to_owned(),
    }
}

fn ring(outcome: Option<&str>) -> &'static str {
    t(match outcome {
        Some("answered") => D::RingAnswered,
        Some("answered_elsewhere") => D::RingElsewhere,
        Some("not_answered") => D::RingNotAnswered,
        Some("caller_left") => D::RingCallerLeft,
        _ => D::RingGoesOn,
    })
}
