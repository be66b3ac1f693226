//! The intervals of a day as they are drawn, and as a table for files and
//! paper.

use std::rc::Rc;

use callboard_shared::UnixMs;
use callboard_shared::day::Day;
use callboard_shared::figures::Thresholds;
use yew::prelude::*;

use super::chart::Column;
use super::day::{DAY_MS, in_force, way_to, words};
use super::export::{Cell, Fact, Table};
use super::tables;
use super::whatif::WhatIf;
use crate::day::is_gap;
use crate::params::Params;
use crate::text::{self, D, T, fill, t};
use crate::view::QueueCard;
use crate::{clock, format};

/// Every interval of the day, those to come included, with the same of other days behind it.
pub(super) fn columns(day: &Day, before: [Option<&Rc<Day>>; 2], what: &WhatIf) -> Vec<Column> {
    let step = u64::from(day.interval_s) * 1000;
    let now = clock::now().unwrap_or_default();
    let count = day.to.since_ms(day.from).div_ceil(step.max(1));
    let of = |day: &Day, from: UnixMs| {
        let found = day.intervals.iter().find(|interval| interval.from == from);
        what.figures(found, &day.settings)
    };
    let one = |index: u64| {
        let from = day.from.plus_ms(index * step);
        let to = from.plus_ms(step);
        let metrics = of(day, from);
        let earlier = |other: Option<&Rc<Day>>| {
            let other = other.filter(|other| !other.intervals.is_empty())?;
            Some(of(other, other.from.plus_ms(index * step)).offered)
        };
        Column {
            label: format::hours_minutes(from),
            from,
            to,
            offered: metrics.offered,
            handled: metrics.handled,
            abandoned: metrics.abandoned,
            level: what.formula.share(&metrics).floor_percent(),
            share: Some(what.formula.share(&metrics)),
            before: before.map(earlier),
            gap: from < now && is_gap(day, from, to.min(now)),
            future: from > now,
        }
    };
    (0..count).map(one).collect()
}

/// What the day was counted by.
pub(super) fn facts(day: &Day, what: &WhatIf, params: &Params, queues: &[QueueCard]) -> Vec<Fact> {
    let date = format::date(day.from.plus_ms(DAY_MS / 2));
    let mut facts = vec![Fact::new("date", t(T::ViewDay), Cell::text(Some(&date))), Fact::moment()];
    match &what.queue {
        Some(key) => {
            let card = queues.iter().find(|card| *card.key == *key.0);
            let name = card.map_or(&*key.0, |card| &*card.name);
            facts.push(Fact::new("queue", t(T::Queue), Cell::word(&*key.0, name)));
        }
        None => facts.extend(tables::chosen_queues(params, queues)),
    }
    let words = Cell::word(what.formula.name(), words(what.formula));
    facts.push(Fact::new("formula", t(D::FormulaIs), words));
    let force = in_force(what, &day.settings);
    facts.extend(tables::in_force(Thresholds {
        answer_within_s: what.answer_within_s.unwrap_or(force.answer_within_s),
        short_abandon_s: what.short_abandon_s.unwrap_or(force.short_abandon_s),
        ..force
    }));
    facts
}

/// The intervals for a file or for paper.
pub(super) fn as_table(columns: &[Column], day: &Day) -> Table {
    let nothing = callboard_shared::figures::Share::of(0, 0);
    let row = |column: &Column| {
        vec![
            Cell::at(Some(column.from)).told_as(&*column.label),
            Cell::at(Some(column.to)),
            Cell::count(Some(column.offered)),
            Cell::count(Some(column.handled)),
            Cell::count(Some(column.abandoned)),
            Cell::share(column.share.unwrap_or(nothing)),
            Cell::count(column.before[0]),
            Cell::count(column.before[1]),
            Cell::flag(column.gap, if column.gap { "⚠" } else { "" }),
        ]
    };
    Table {
        name: "day",
        title: fill(D::Minutes, &[("n", &(day.interval_s / 60).to_string())]),
        columns: vec![
            ("from", t(D::When)),
            ("to", ""),
            ("offered", t(T::Offered)),
            ("handled", t(T::Handled)),
            ("abandoned", t(T::Abandoned)),
            ("service_level", t(T::ServiceLevel)),
            ("offered_day_before", t(D::LegendYesterday)),
            ("offered_week_before", t(D::LegendWeekAgo)),
            ("gap", t(D::LegendGap)),
        ],
        rows: columns.iter().filter(|column| !column.future).map(row).collect(),
    }
}

/// The intervals that have begun, for the page: each figure leads to how it came about.
pub(super) fn table(columns: &[Column], what: &WhatIf, params: &Params) -> Html {
    let head = [
        t(D::When),
        t(T::Offered),
        t(T::Handled),
        t(T::Abandoned),
        t(T::ServiceLevel),
        t(D::LegendYesterday),
        t(D::LegendWeekAgo),
    ];
    let number = |n: Option<u32>| n.map_or_else(|| "–".to_owned(), |n| text::whole(n.into()));
    let share = what.formula.figure();
    let row = |column: &Column| {
        let why = |figure: &str, value: String| {
            let href = way_to(figure, Some((column.from, column.to)), what, params);
            html! { <td class="n"><a class="why" {href}>{ value }</a></td> }
        };
        html! {
            <tr>
                <th scope="row">{ &column.label }{ if column.gap { " ⚠" } else { "" } }</th>
                { why("offered", text::whole(column.offered.into())) }
                { why("handled", text::whole(column.handled.into())) }
                { why("abandoned", text::whole(column.abandoned.into())) }
                { why(&share, text::percent(column.level)) }
                <td class="n">{ number(column.before[0]) }</td>
                <td class="n">{ number(column.before[1]) }</td>
            </tr>
        }
    };
    html! {
        <details class="table">
            <summary>{ t(D::AsTable) }</summary>
            <table class="list">
                <thead>
                    <tr>{ for head.into_iter().map(|name| html! { <th scope="col">{ name }</th> }) }</tr>
                </thead>
                <tbody>{ for columns.iter().filter(|column| !column.future).map(row) }</tbody>
            </table>
        </details>
    }
}
