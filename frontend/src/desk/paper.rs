//! What is shown as it is printed: black on white, every row, and what holds
//! for them on top. Each table can be kept as a file.

use std::rc::Rc;

use wasm_bindgen::JsCast as _;
use wasm_bindgen::closure::Closure;
use web_sys::MouseEvent;
use yew::html::Scope;
use yew::prelude::*;

use super::export::{Fact, Form, Table, save};
use super::sheets::BoardName;
use crate::app::{App, Event};
use crate::params::Params;
use crate::text::{D, T, count, lang, t};

/// Rows of one table: more are in the file, and nobody reads them on paper.
pub(crate) const ROWS_MOST: usize = 500;
/// What is not longer, in bytes, stays on one line.
const SHORT: usize = 24;
/// `?sheet=` of the page as paper.
pub(crate) const SHEET: &str = "paper";

/// Whether the view is to be drawn as paper, rather than what lies over it.
pub(crate) fn is_wanted(params: &Params) -> bool {
    params.sheet.as_deref() == Some(SHEET) && params.call.is_none()
}

/// Where the page as paper is. What is explained, or the call that is shown,
/// stays.
pub(crate) fn href(params: &Params) -> String {
    let call = params.call.clone();
    params.href(|params| (params.sheet, params.call) = (Some(SHEET.to_owned()), call))
}

/// Has the page drawn as paper while it is printed, whatever view it is in.
pub(crate) fn hear_of_printing(app: &Scope<App>) {
    let Some(window) = web_sys::window() else { return };
    for (name, begins) in [("beforeprint", true), ("afterprint", false)] {
        let app = app.clone();
        let told = Closure::<dyn Fn()>::new(move || app.send_message(Event::Print(begins)));
        // A known event on a known target cannot fail.
        let _ = window.add_event_listener_with_callback(name, told.as_ref().unchecked_ref());
        // For the page's life.
        told.forget();
    }
}

/// One page: its title, what holds for it, a drawing, its tables.
pub(crate) fn paper(
    params: &Rc<Params>,
    title: &str,
    facts: &[Fact],
    drawing: Html,
    tables: Vec<Table>,
) -> Html {
    let back = {
        let call = params.call.clone();
        params.href(|params| params.call = call)
    };
    let on_print = Callback::from(|_: MouseEvent| {
        // Without a printer there is nothing to say that the browser does not.
        let _ = web_sys::window().map(|window| window.print());
    });
    html! {
        <article class="paper" aria-labelledby="paper">
            <div class="paper__tools">
                <button type="button" class="choice" onclick={on_print}>{ t(D::Print) }</button>
                <a class="choice" href={back}>{ t(D::Close) }</a>
            </div>
            <header class="paper__head">
                <h1 id="paper">
                    { "Callboard · " }{ title }<BoardName params={params.clone()} lang={lang()} />
                </h1>
                <ul>{ for facts.iter().map(fact) }</ul>
            </header>
            { drawing }
            { for tables.into_iter().map(|shown| table(shown, facts)) }
        </article>
    }
}

fn fact(fact: &Fact) -> Html {
    html! {
        <li>
            if !fact.title.is_empty() { { &fact.title }{ ": " } }
            <strong>{ fact.cell.shown() }</strong>
        </li>
    }
}

fn table(table: Table, facts: &[Fact]) -> Html {
    let shown: Vec<_> = table
        .columns
        .iter()
        .map(|(_, title)| *title)
        .enumerate()
        .filter(|(_, t)| !t.is_empty())
        .collect();
    let class = |index: usize| {
        let number =
            table.rows.first().and_then(|row| row.get(index)).is_some_and(|c| c.is_number());
        number.then_some("n")
    };
    let more = table.rows.len().saturating_sub(ROWS_MOST);
    let row = |cells: &Vec<super::export::Cell>| {
        let cells = shown.iter().filter_map(|(index, _)| Some((*index, cells.get(*index)?)));
        let short = |shown: &str| (shown.len() <= SHORT).then_some("short");
        html! { <tr>{ for cells.map(|(index, cell)| html! { <td class={classes!(class(index), short(cell.shown()))}>{ cell.shown() }</td> }) }</tr> }
    };
    let id = format!("paper-{}", table.name);
    let drawn = html! {
        <>
            if table.rows.is_empty() {
                <p class="paper__none">{ "–" }</p>
            } else {
                <table aria-labelledby={id.clone()}>
                    <thead>
                        <tr>{ for shown.iter().map(|(index, title)| html! {
                            <th scope="col" class={class(*index)}>{ *title }</th>
                        }) }</tr>
                    </thead>
                    <tbody>{ for table.rows.iter().take(ROWS_MOST).map(row) }</tbody>
                </table>
            }
            if more > 0 { <p class="paper__none">{ count(T::More, more, &[]) }</p> }
        </>
    };
    let title = table.title.clone();
    let table = Rc::new(table);
    let facts: Rc<[Fact]> = facts.into();
    html! {
        <section class="paper__table" data-table={table.name}>
            <h2 {id}>{ title }</h2>
            { files(move || ((*table).clone(), facts.to_vec())) }
            { drawn }
        </section>
    }
}

/// Buttons that keep a table as a file.
fn files(make: impl Fn() -> (Table, Vec<Fact>) + 'static) -> Html {
    let make = Rc::new(make);
    let one = |form: Form, label: D| {
        let make = make.clone();
        let onclick = Callback::from(move |_: MouseEvent| {
            let (table, facts) = make();
            save(&table, &facts, form);
        });
        html! { <button type="button" class="choice" {onclick}>{ t(label) }</button> }
    };
    html! {
        <span class="paper__files">
            { one(Form::Csv, D::SaveCsv) }
            { one(Form::Json, D::SaveJson) }
        </span>
    }
}

/// The same beside a table on the screen, with the way to paper.
pub(crate) fn tools(params: &Params, make: impl Fn() -> (Table, Vec<Fact>) + 'static) -> Html {
    html! {
        <p class="exports">
            { files(make) }
            <a class="choice" href={href(params)}>{ t(D::PrintView) }</a>
        </p>
    }
}
