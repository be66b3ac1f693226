//! A day in figures: the chart, its table, and what-if.

use std::rc::Rc;

use callboard_shared::day::{Day, Worst};
use callboard_shared::figures::metrics::Settings;
use callboard_shared::figures::{Metrics, Thresholds};
use callboard_shared::{QueueKey, UnixMs};
use web_sys::HtmlInputElement;
use yew::prelude::*;

use super::api::{query, use_answer};
use super::chart::chart;
use super::explain::Asked;
use super::intervals::{as_table, columns, facts, table};
use super::paper;
use super::whatif::{Formula, WhatIf};
use crate::format;
use crate::params::Params;
use crate::settings;
use crate::text::{self, D, T, fill, t};
use crate::view::QueueCard;

/// Asked for anew so often, in ms.
const EVERY_MS: u32 = 30_000;
pub(super) const DAY_MS: u64 = 86_400_000;
/// Documents come sooner than so long after what they tell, in ms.
const HEARD_MS: u64 = 2_000;

#[derive(PartialEq, Properties)]
pub(crate) struct DayProps {
    pub(crate) params: Rc<Params>,
    pub(crate) queues: Rc<[QueueCard]>,
}

/// Draws the day that the URL asks for, else today.
#[component]
pub(crate) fn DayPage(props: &DayProps) -> Html {
    let DayProps { params, queues } = props;
    let minutes = minutes(params);
    let ask = |date: Option<&str>| {
        let s = (minutes * 60).to_string();
        AttrValue::from(query("api/day", [("date", date), ("interval_s", Some(&*s))]))
    };
    // Without a date the proxy says which day it is: its zone is not ours.
    let day = use_answer::<Day>(ask(params.get("date")), Some(EVERY_MS));
    let noon = day.here().map(|day| format::date(day.from.plus_ms(DAY_MS / 2)));
    let date = params.get("date").map(str::to_owned).or(noon).unwrap_or_default();
    let earlier = |days| match &*date {
        "" => AttrValue::from(""),
        date => ask(Some(&format::days_before(date, days))),
    };
    let yesterday = use_answer::<Day>(earlier(1), None);
    let week_ago = use_answer::<Day>(earlier(7), None);
    let what = use_state(|| read(params));
    let before = [yesterday.here(), week_ago.here()];
    if let Some(day) = day.here().filter(|_| paper::is_wanted(params)) {
        let columns = columns(day, before, &what);
        let drawing = html! {
            <>
                { figures(day, &what, params) }
                { chart(&columns, in_force(&what, &day.settings).target_percent) }
            </>
        };
        let facts = facts(day, &what, params, queues);
        return paper::paper(params, t(T::ViewDay), &facts, drawing, vec![as_table(&columns, day)]);
    }
    html! {
        <section class="panel page" aria-labelledby="day">
            <h2 class="panel__title" id="day">{ t(T::ViewDay) }</h2>
            { choices(params, queues, &date, minutes, &what) }
            if let Some(day) = day.here() {
                { sliders(&what, &day.settings) }
                { figures(day, &what, params) }
                { paper::tools(params, {
                    let told = as_table(&columns(day, before, &what), day);
                    let facts = facts(day, &what, params, queues);
                    move || (told.clone(), facts.clone())
                }) }
                { drawn(day, before, &what, params) }
            } else {
                { day.instead() }
            }
        </section>
    }
}

/// Minutes of a column.
fn minutes(params: &Params) -> u32 {
    let minutes = params.get("minutes").and_then(|minutes| minutes.parse().ok());
    minutes.filter(|minutes| [15, 30, 60].contains(minutes)).unwrap_or(30)
}

fn read(params: &Params) -> WhatIf {
    let number = |name| params.get(name).and_then(|text| text.parse().ok());
    WhatIf {
        answer_within_s: number("answer_within_s"),
        short_abandon_s: number("short_abandon_s"),
        formula: params.get("formula").and_then(Formula::of_name).unwrap_or_default(),
        queue: params.get("queue").map(QueueKey::from),
        only: params.queues.clone(),
    }
}

/// What the day is drawn by, in the address: it is a link, too.
fn keep(what: &WhatIf) {
    let mut params = settings::params();
    write(what, &mut params);
    crate::app::amend(&params.search());
}

fn choose(shown: &UseStateHandle<WhatIf>, what: WhatIf) {
    keep(&what);
    shown.set(what);
}

fn write(what: &WhatIf, params: &mut Params) {
    let number = |n: Option<u32>| n.map(|n| n.to_string()).unwrap_or_default();
    params.set("answer_within_s", &number(what.answer_within_s));
    params.set("short_abandon_s", &number(what.short_abandon_s));
    let is_usual = what.formula == Formula::default();
    params.set("formula", if is_usual { "" } else { what.formula.name() });
    params.set("queue", what.queue.as_ref().map_or("", |queue| &queue.0));
}

fn choices(
    params: &Params,
    queues: &[QueueCard],
    date: &str,
    minutes: u32,
    what: &UseStateHandle<WhatIf>,
) -> Html {
    let link = |name: String, holds: bool, href: String| {
        html! { <a class="choice" {href} aria-current={holds.then_some("true")}>{ name }</a> }
    };
    let to_day = |date: String| params.href(|params| params.set("date", &date));
    let of_minutes = |m: u32| {
        let href = params.href(|params| params.set("minutes", &m.to_string()));
        link(fill(D::Minutes, &[("n", &m.to_string())]), m == minutes, href)
    };
    let on_queue = {
        let what = what.clone();
        Callback::from(move |event: Event| {
            let Some(select) = event.target_dyn_into::<web_sys::HtmlSelectElement>() else {
                return;
            };
            let value = select.value();
            let queue = (!value.is_empty()).then(|| QueueKey::from(&*value));
            choose(&what, WhatIf { queue, ..(*what).clone() });
        })
    };
    html! {
        <div class="choices-row">
            <nav aria-label={t(T::ViewDay)}>
                { link("←".to_owned(), false, to_day(format::days_before(date, 1))) }
                <strong>{ date }</strong>
                { link("→".to_owned(), false, to_day(format::days_before(date, -1))) }
                { link(t(D::TodayIs).to_owned(), params.get("date").is_none(), to_day(String::new())) }
            </nav>
            <div>{ for [15, 30, 60].into_iter().map(of_minutes) }</div>
            <label>
                { t(T::Queue) }{ " " }
                <select onchange={on_queue}>
                    <option value="" selected={what.queue.is_none()}>{ t(D::AllCustomers) }</option>
                    { for queues.iter().map(|queue| {
                        let selected = what.queue.as_ref().is_some_and(|key| *key.0 == *queue.key);
                        html! { <option value={queue.key.clone()} {selected}>{ &queue.name }</option> }
                    }) }
                </select>
            </label>
        </div>
    }
}

/// The thresholds that are in force for what is shown.
pub(super) fn in_force(what: &WhatIf, settings: &Settings) -> Thresholds {
    what.queue.as_ref().map_or(settings.all, |queue| settings.of(queue))
}

fn sliders(what: &UseStateHandle<WhatIf>, settings: &Settings) -> Html {
    let force = in_force(what, settings);
    let within = what.answer_within_s.unwrap_or(force.answer_within_s);
    let short = what.short_abandon_s.unwrap_or(force.short_abandon_s);
    let slider =
        |name: D, id: &'static str, value: u32, limits: (u32, u32), set: fn(&mut WhatIf, u32)| {
            let next = {
                let what = what.clone();
                move |event: &Event| {
                    let s = event.target_dyn_into::<HtmlInputElement>()?.value().parse().ok()?;
                    let mut next = (*what).clone();
                    set(&mut next, s);
                    Some(next)
                }
            };
            let oninput = {
                let (what, next) = (what.clone(), next.clone());
                Callback::from(move |event: InputEvent| {
                    next(&event).into_iter().for_each(|n| what.set(n))
                })
            };
            // Not with each step of the slider: browsers take so many addresses only.
            let onchange = Callback::from(move |event: Event| next(&event).iter().for_each(keep));
            html! {
                <label class="slider" for={id}>
                    <span>{ fill(name, &[("s", &value.to_string())]) }</span>
                    <input type="range" {id} min={limits.0.to_string()} max={limits.1.to_string()}
                        value={value.to_string()} {oninput} {onchange} />
                </label>
            }
        };
    let reset = {
        let what = what.clone();
        Callback::from(move |_: MouseEvent| {
            let (answer_within_s, short_abandon_s) = (None, None);
            choose(&what, WhatIf { answer_within_s, short_abandon_s, ..(*what).clone() });
        })
    };
    let (s, short_s) = (force.answer_within_s.to_string(), force.short_abandon_s.to_string());
    let target = text::percent(Some(force.target_percent));
    html! {
        <fieldset class="what-if">
            <legend>{ t(D::WhatIf) }</legend>
            { slider(D::AnswerWithin, "within", within, (1, 120), |what, s| what.answer_within_s = Some(s)) }
            { slider(D::ShortWithin, "short", short, (0, 60), |what, s| what.short_abandon_s = Some(s)) }
            { formulas(what) }
            <p class="what-if__force">
                { fill(D::InForce, &[("s", &s), ("short", &short_s), ("p", &target)]) }
                if what.differs() {
                    { " " }
                    <button type="button" class="button button--wide" onclick={reset}>
                        { t(D::AsInForce) }
                    </button>
                }
            </p>
        </fieldset>
    }
}

fn formulas(what: &UseStateHandle<WhatIf>) -> Html {
    let onchange = {
        let what = what.clone();
        Callback::from(move |event: Event| {
            let Some(select) = event.target_dyn_into::<web_sys::HtmlSelectElement>() else {
                return;
            };
            let formula = Formula::of_name(&select.value()).unwrap_or_default();
            choose(&what, WhatIf { formula, ..(*what).clone() });
        })
    };
    html! {
        <label class="slider">
            <span>{ t(D::FormulaIs) }</span>
            <select {onchange}>
                { for Formula::ALL.into_iter().map(|formula| {
                    let selected = formula == what.formula;
                    html! { <option value={formula.name()} {selected}>{ words(formula) }</option> }
                }) }
            </select>
        </label>
    }
}

pub(super) fn words(formula: Formula) -> &'static str {
    t(match formula {
        Formula::Strict => D::FormulaStrict,
        Formula::IgnoreWithin => D::FormulaIgnore,
        Formula::CreditWithin => D::FormulaCredit,
        Formula::AnsweredOnly => D::FormulaAnswered,
        Formula::ShortExcluded => D::FormulaShort,
        Formula::WithFlowOuts => D::FormulaFlowOuts,
    })
}

/// Leads to how a figure came about, of the day or of an interval of it.
pub(super) fn way_to(
    figure: &str,
    interval: Option<(UnixMs, UnixMs)>,
    what: &WhatIf,
    params: &Params,
) -> String {
    params.href(|params| {
        write(what, params);
        let queue = what.queue.as_ref().map(|queue| &*queue.0);
        params.explain = Some(Asked { figure, interval, queue }.to_string());
    })
}

fn figures(day: &Day, what: &WhatIf, params: &Params) -> Html {
    let metrics = what.figures(&day.intervals, &day.settings);
    let usual = WhatIf { answer_within_s: None, short_abandon_s: None, ..what.clone() };
    let usual = usual.figures(&day.intervals, &day.settings);
    let level = |metrics: &Metrics| text::percent(what.formula.share(metrics).floor_percent());
    let one = |name: &str, figure: &str, value: String, note: String| {
        let href = way_to(figure, None, what, params);
        html! {
            <div class="sum">
                <dt>{ name }</dt>
                <dd><a class="why" {href}>{ value }</a><small>{ note }</small></dd>
            </div>
        }
    };
    let share = what.formula.figure();
    let note =
        if what.differs() { fill(D::InsteadOf, &[("p", &level(&usual))]) } else { String::new() };
    let count = |n: u32| text::whole(n.into());
    html! {
        <dl class="sums" aria-live="off">
            { one(t(T::ServiceLevel), &share, level(&metrics), note) }
            { one(t(T::Offered), "offered", count(metrics.offered), String::new()) }
            { one(t(T::Handled), "handled", count(metrics.handled), String::new()) }
            { one(t(T::Abandoned), "abandoned", count(metrics.abandoned), fill(D::OfThemShort, &[("n", &count(metrics.abandoned_short))])) }
            { one(t(D::SpeedOfAnswer), "answer_s", super::history::seconds(metrics.answer_s.mean), String::new()) }
            { one(t(D::HandleTime), "handle_s", super::history::seconds(metrics.handle_s), t(D::NoWrapUp).to_owned()) }
        </dl>
    }
}

fn drawn(day: &Day, before: [Option<&Rc<Day>>; 2], what: &WhatIf, params: &Params) -> Html {
    let columns = columns(day, before, what);
    let worst = day.worst.iter().map(|worst| {
        let at = format::hours_minutes(worst.at);
        let wait = super::history::seconds(Some(worst.longest_wait_s));
        let text = text::count(D::WorstAt, worst.waiting as usize, &[("at", &at), ("wait", &wait)]);
        let href = params.href(|params| {
            (params.at, params.view) = (Some(heard(worst)), crate::params::Page::Board);
        });
        html! { <li><a class="choice" {href}>{ text }</a></li> }
    });
    html! {
        <>
            { chart(&columns, in_force(what, &day.settings).target_percent) }
            if !day.worst.is_empty() && day.to.since_ms(day.from) <= DAY_MS + 3_600_000 {
                <section class="worst">
                    <h3>{ t(D::WorstMoments) }</h3>
                    <ul>{ for worst }</ul>
                </section>
            }
            { table(&columns, what, params) }
        </>
    }
}

/// When we had heard of a worst moment: its last document took a while to come.
fn heard(worst: &Worst) -> UnixMs {
    let half = worst.until.since_ms(worst.at) / 2;
    worst.at.plus_ms(half.min(HEARD_MS))
}
