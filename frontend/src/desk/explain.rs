//! How a figure came about: its formula in words, today's values, and the
//! calls that count in and out.

use std::fmt;
use std::rc::Rc;

use callboard_shared::UnixMs;
use serde::Deserialize;
use serde_json::Value;
use yew::prelude::*;

use super::api::{query, use_answer};
use super::history::{outcome, seconds};
use super::sheet::Sheet;
use super::words;
use crate::components::journey;
use crate::format;
use crate::params::{Page, Params};
use crate::text::{self, D, T, fill, t};

/// Asked for anew so often, in ms.
const EVERY_MS: u32 = 10_000;

#[derive(Debug, Deserialize)]
struct Told {
    figure: String,
    formula: String,
    #[serde(default)]
    value: Value,
    #[serde(default)]
    terms: Vec<Term>,
    #[serde(default, rename = "in")]
    inside: Vec<Call>,
    #[serde(default)]
    below: Vec<Call>,
    #[serde(default)]
    out: Vec<Call>,
    #[serde(default)]
    counts: Counts,
    #[serde(default)]
    settings: Value,
}

#[derive(Debug, Deserialize)]
struct Term {
    name: String,
    #[serde(default)]
    formula: Option<String>,
    #[serde(default)]
    value: Value,
    #[serde(default)]
    part: String,
    #[serde(default)]
    sign: i32,
}

#[derive(Debug, Default, Deserialize)]
struct Counts {
    #[serde(default, rename = "in")]
    inside: u64,
    #[serde(default)]
    below: u64,
    #[serde(default)]
    out: u64,
}

#[derive(Debug, Deserialize)]
struct Call {
    id_call: String,
    #[serde(default)]
    start: Option<UnixMs>,
    #[serde(default)]
    number: Option<String>,
    #[serde(default)]
    waited_s: Option<f64>,
    #[serde(default)]
    outcome: Option<String>,
}

/// A figure that is asked for, in the URL: `figure`, `figure@queue`, or, of an
/// interval, `figure~from-to@queue`, where instants are in ms since 1970.
#[derive(Clone, Copy, Debug, Eq, PartialEq)]
pub(crate) struct Asked<'a> {
    pub(crate) figure: &'a str,
    pub(crate) interval: Option<(UnixMs, UnixMs)>,
    pub(crate) queue: Option<&'a str>,
}

impl<'a> Asked<'a> {
    fn read(what: &'a str) -> Asked<'a> {
        let (figure, queue) = match what.split_once('@') {
            Some((figure, queue)) => (figure, Some(queue).filter(|queue| !queue.is_empty())),
            None => (what, None),
        };
        let (figure, interval) = figure.split_once('~').unwrap_or((figure, ""));
        let interval = interval
            .split_once('-')
            .and_then(|(from, to)| Some((UnixMs(from.parse().ok()?), UnixMs(to.parse().ok()?))));
        Asked { figure, interval, queue }
    }
}

impl fmt::Display for Asked<'_> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.figure)?;
        if let Some((from, to)) = self.interval {
            write!(f, "~{}-{}", from.0, to.0)?;
        }
        self.queue.map_or(Ok(()), |queue| write!(f, "@{queue}"))
    }
}

#[derive(PartialEq, Properties)]
pub(crate) struct ExplainProps {
    /// As [`Asked`] writes it.
    pub(crate) what: AttrValue,
    pub(crate) params: Rc<Params>,
}

/// Draws the explanation of a figure.
#[component]
pub(crate) fn Explain(props: &ExplainProps) -> Html {
    let ExplainProps { what, params } = props;
    let asked = Asked::read(what);
    let figure = asked.figure;
    let answer = use_answer::<Told>(path(asked, params).into(), Some(EVERY_MS));
    let title = fill(D::HowCame, &[("figure", &title(asked))]);
    html! {
        <Sheet {title} back={params.href(|_| ())} wide=true>
            if let Some(told) = answer.here() {
                { formula(told, figure) }
                { calls(D::CountIn, &told.inside, told.counts.inside, params) }
                { calls(D::CountBelow, &told.below, told.counts.below, params) }
                { calls(D::CountOut, &told.out, told.counts.out, params) }
            } else {
                { answer.instead() }
            }
        </Sheet>
    }
}

/// What is asked of the proxy: the figure as it is on the page below.
fn path(asked: Asked<'_>, params: &Params) -> String {
    let Asked { figure, interval, queue } = asked;
    let chosen = params.queues.join(",");
    let of_day = |name| params.get(name).filter(|_| params.view == Page::Day);
    let [from, to] = match interval {
        Some((from, to)) => [from, to].map(|at| Some(at.0.to_string())),
        None => [None, None],
    };
    let asked = [
        ("figure", Some(figure)),
        ("queue", queue),
        ("queues", Some(&*chosen).filter(|_| queue.is_none())),
        ("date", of_day("date").filter(|_| interval.is_none())),
        ("from", from.as_deref()),
        ("to", to.as_deref()),
        ("answer_within_s", of_day("answer_within_s")),
        ("short_abandon_s", of_day("short_abandon_s")),
    ];
    query("api/explain", asked)
}

/// What the figure is called, and of which interval it is.
fn title(asked: Asked<'_>) -> String {
    let name = name(asked.figure);
    let Some((from, to)) = asked.interval else { return name };
    [&*name, " ", &format::hours_minutes(from), "–", &format::hours_minutes(to)].concat()
}

/// A figure's name in the words of the page.
fn name(figure: &str) -> String {
    words::figure(figure).map_or_else(|| figure.replace(['_', '.'], " "), str::to_owned)
}

/// A formula in the page's language; one that is not known here in the
/// proxy's words.
fn in_words<'a>(figure: &str, told: &'a str) -> &'a str {
    words::formula(figure).map_or(told, |known| t(known))
}

/// A share as percent, anything else as it is.
fn value(told: &Value, figure: &str) -> String {
    let is_share = figure.starts_with("service_level") || figure.ends_with("rate");
    match told.as_f64().or(told["mean"].as_f64()) {
        Some(s) if figure.ends_with("_s") => seconds(Some(s)),
        None if told.is_null() || told.is_object() => t(T::NotAvailable).to_owned(),
        None => told.as_str().map_or_else(|| told.to_string(), str::to_owned),
        Some(share) if is_share => {
            let tenths = text::tenths((share * 1000.0).round() as u64);
            format!("{tenths} %")
        }
        Some(n) if n.fract() == 0.0 => text::whole(n as u64),
        Some(n) => text::tenths((n * 10.0).round() as u64),
    }
}

fn formula(told: &Told, figure: &str) -> Html {
    let first_below = told.terms.iter().position(|term| term.part == "below");
    let term = |(index, term): (usize, &Term)| {
        let words = in_words(&term.name, term.formula.as_deref().unwrap_or(&term.name));
        let sign = match term.sign {
            ..0 => "−",
            _ if first_below == Some(index) => "÷",
            _ => "+",
        };
        html! {
            <tr>
                <td class="n">{ sign }</td>
                <th scope="row">{ words }</th>
                <td class="n">{ value(&term.value, &term.name) }</td>
            </tr>
        }
    };
    html! {
        <section class="formula">
            <p class="formula__value">{ value(&told.value, &told.figure) }</p>
            { spread(&told.value) }
            <p class="formula__words">{ in_words(figure, &told.formula) }</p>
            { thresholds(&told.settings) }
            if !told.terms.is_empty() {
                <table class="list">
                    <thead>
                        <tr>
                            <th scope="col"><span class="sr-only">{ t(D::Sign) }</span></th>
                            <th scope="col">{ t(D::Term) }</th>
                            <th scope="col">{ t(D::Value) }</th>
                        </tr>
                    </thead>
                    <tbody>{ for told.terms.iter().enumerate().map(term) }</tbody>
                </table>
            }
        </section>
    }
}

/// How far apart waits are, beside their mean.
fn spread(value: &Value) -> Html {
    if value["mean"].is_null() {
        return Html::default();
    }
    let of = |name: &str| seconds(value[name].as_f64());
    let (median, p90, max) = (of("median"), of("p90"), of("max"));
    let places = [("median", &*median), ("p90", &*p90), ("max", &*max)];
    html! { <p class="note">{ fill(D::Spread, &places) }</p> }
}

fn thresholds(settings: &Value) -> Html {
    let number = |name: &str| settings[name].as_u64().or(settings["all"][name].as_u64());
    let all = (number("answer_within_s"), number("short_abandon_s"), number("target_percent"));
    let (Some(s), Some(short), Some(target)) = all else { return Html::default() };
    let p = text::percent(u32::try_from(target).ok());
    let places = [("s", &*s.to_string()), ("short", &*short.to_string()), ("p", &*p)];
    html! { <p class="note">{ fill(D::InForce, &places) }</p> }
}

fn calls(title: D, calls: &[Call], count: u64, params: &Params) -> Html {
    let row = |call: &Call| {
        let at = call.start.map_or_else(|| "–".to_owned(), format::moment);
        let ended = call.outcome.as_deref().map(|name| outcome(name, None));
        let ended = ended.unwrap_or_else(|| t(D::GoesOn).to_owned());
        html! {
            <tr data-call={call.id_call.clone()}>
                <td>{ journey(params, &call.id_call, html! { at }) }</td>
                <th scope="row">{ crate::view::number(call.number.as_deref()) }</th>
                <td class="n">{ seconds(call.waited_s) }</td>
                <td>{ ended }</td>
            </tr>
        }
    };
    let head = [D::When, D::Number, D::Waited, D::Outcome];
    html! {
        if count > 0 || !calls.is_empty() {
            <details class="table" open={calls.len() <= 20}>
                <summary>{ t(title) }{ ": " }{ text::whole(count.max(calls.len() as u64)) }</summary>
                <table class="list">
                    <thead>
                        <tr>{ for head.into_iter().map(|name| html! { <th scope="col">{ t(name) }</th> }) }</tr>
                    </thead>
                    <tbody>{ for calls.iter().map(row) }</tbody>
                </table>
            </details>
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_is_asked_for_is_read_as_it_was_written() {
        let interval = Some((UnixMs(1_795_334_400_000), UnixMs(1_795_336_200_000)));
        for (text, figure, interval, queue) in [
            ("offered", "offered", None, None),
            ("handled@71", "handled", None, Some("71")),
            // A queue may be called anything.
            ("handled@7~1-2@x", "handled", None, Some("7~1-2@x")),
            ("answer_s~1795334400000-1795336200000", "answer_s", interval, None),
            ("answer_s~1795334400000-1795336200000@71", "answer_s", interval, Some("71")),
        ] {
            let asked = Asked { figure, interval, queue };
            assert_eq!((Asked::read(text), asked.to_string()), (asked, text.to_owned()));
        }
        assert_eq!(Asked::read("offered~soon").interval, None);
    }
}
