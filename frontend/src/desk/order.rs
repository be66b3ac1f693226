//! Which queues are shown, and in which order: by pulling, and by buttons for
//! those who cannot or would rather not pull.

use std::rc::Rc;

use web_sys::HtmlElement;
use yew::prelude::*;

use crate::app::go;
use crate::params::Params;
use crate::text::{D, Lang, fill, t};

/// A queue by its key, and its name.
pub(crate) type Known = (AttrValue, AttrValue);

#[derive(PartialEq, Properties)]
pub(crate) struct OrderProps {
    pub(crate) params: Rc<Params>,
    /// Another one draws it anew.
    pub(crate) lang: Lang,
    /// All of the board, in the order of their names.
    pub(crate) known: Vec<Known>,
}

/// The queues that are shown, in order; none were chosen: all.
fn shown(chosen: &[String], known: &[Known]) -> Vec<String> {
    match chosen {
        [] => known.iter().map(|(key, _)| key.to_string()).collect(),
        chosen => chosen.to_vec(),
    }
}

/// The choice that shows these: all in the order of their names need none.
fn choice(shown: Vec<String>, known: &[Known]) -> Vec<String> {
    let is_usual = shown.len() == known.len()
        && shown.iter().zip(known).all(|(shown, (known, _))| *shown == **known);
    if is_usual { Vec::new() } else { shown }
}

/// Shown or not. One is always.
fn toggled(mut shown: Vec<String>, key: &str) -> Vec<String> {
    match shown.iter().position(|known| known == key) {
        Some(at) if shown.len() > 1 => drop(shown.remove(at)),
        Some(_) => (),
        None => shown.push(key.to_owned()),
    }
    shown
}

/// With this one in another place.
fn moved(mut shown: Vec<String>, key: &str, to: usize) -> Vec<String> {
    if let Some(at) = shown.iter().position(|known| known == key) {
        let key = shown.remove(at);
        shown.insert(to.min(shown.len()), key);
    }
    shown
}

/// What a person did last, to be said, and to keep the focus where it was.
#[derive(Clone, Default, PartialEq)]
struct Last {
    button: String,
    said: String,
}

/// Draws the list of queues.
#[component]
pub(crate) fn Order(props: &OrderProps) -> Html {
    let OrderProps { params, known, .. } = props;
    let pulled = use_state(|| None::<String>);
    let last = use_state(Last::default);
    use_effect_with(((*last).clone(), params.queues.clone()), |(last, _)| keep_focus(&last.button));
    let list = shown(&params.queues, known);
    let lead = {
        let (params, known) = (params.clone(), known.clone());
        move |shown: Vec<String>| {
            go(&params.href(|params| {
                params.queues = choice(shown, &known);
                params.sheet = Some("settings".to_owned());
            }));
        }
    };
    let name = |key: &str| {
        let known = known.iter().find(|(known, _)| **known == *key);
        known.map_or_else(|| key.to_owned(), |(_, name)| name.to_string())
    };
    let step = |key: &String, at: usize, up: bool| {
        let to = if up { at.checked_sub(1) } else { Some(at + 1).filter(|to| *to < list.len()) };
        let label = fill(if up { D::MoveUp } else { D::MoveDown }, &[("name", &name(key))]);
        let id = format!("order-{}-{key}", if up { "up" } else { "down" });
        let (n, of) = (to.map_or(0, |to| to + 1).to_string(), list.len().to_string());
        let said = fill(D::MovedTo, &[("name", &name(key)), ("n", &n), ("of", &of)]);
        let next = to.map(|to| moved(list.clone(), key, to));
        let (lead, last, button) = (lead.clone(), last.clone(), id.clone());
        let onclick = Callback::from(move |_: MouseEvent| {
            if let Some(next) = next.clone() {
                last.set(Last { button: button.clone(), said: said.clone() });
                lead(next);
            }
        });
        html! {
            <button type="button" class="button" {id} aria-label={label.clone()} title={label}
                aria-disabled={to.is_none().to_string()} {onclick}>
                <span aria-hidden="true">{ if up { "↑" } else { "↓" } }</span>
            </button>
        }
    };
    let tick = |key: &str, is_shown: bool| {
        let (lead, next) = (lead.clone(), toggled(list.clone(), key));
        let onchange = Callback::from(move |_: Event| lead(next.clone()));
        let only = is_shown && list.len() == 1;
        html! {
            <label>
                <input type="checkbox" checked={is_shown} disabled={only} {onchange} />
                { name(key) }
            </label>
        }
    };
    let row = |(at, key): (usize, &String)| {
        let ondragstart = {
            let (pulled, key) = (pulled.clone(), key.clone());
            Callback::from(move |_: DragEvent| pulled.set(Some(key.clone())))
        };
        let ondrop = {
            let (pulled, lead, list) = (pulled.clone(), lead.clone(), list.clone());
            Callback::from(move |event: DragEvent| {
                event.prevent_default();
                if let Some(key) = &*pulled {
                    lead(moved(list.clone(), key, at));
                }
                pulled.set(None);
            })
        };
        let class =
            classes!("order__row", (pulled.as_ref() == Some(key)).then_some("order__row--pulled"));
        html! {
            <li {class} key={&**key} draggable="true" data-order={key.clone()} {ondragstart} {ondrop}
                ondragover={Callback::from(|event: DragEvent| event.prevent_default())}>
                <span class="order__grip" aria-hidden="true">{ "⠿" }</span>
                { tick(key, true) }
                { step(key, at, true) }
                { step(key, at, false) }
            </li>
        }
    };
    let left_out = known.iter().filter(|(key, _)| !list.iter().any(|shown| **key == *shown));
    html! {
        <>
            <ol class="order">
                { for list.iter().enumerate().map(row) }
                { for left_out.map(|(key, _)| html! {
                    <li class="order__row order__row--out" key={&**key}>{ tick(key, false) }</li>
                }) }
            </ol>
            <p class="sr-only" role="status">{ &last.said }</p>
            <p class="order__note">{ t(D::OrderNote) }</p>
        </>
    }
}

/// A row that was moved keeps its button in focus, which moving it has cost.
fn keep_focus(button: &str) {
    let Some(document) = web_sys::window().and_then(|window| window.document()) else { return };
    let lost = document
        .active_element()
        .is_none_or(|active| matches!(&*active.tag_name(), "BODY" | "DIALOG"));
    let found = document.get_element_by_id(button).filter(|_| lost);
    if let Some(Ok(button)) = found.map(wasm_bindgen::JsCast::dyn_into::<HtmlElement>) {
        // Refused only by what cannot be focused.
        let _ = button.focus();
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn known() -> Vec<Known> {
        ["71", "72", "73"].map(|key| (key.into(), key.into())).into()
    }

    fn texts(keys: &[&str]) -> Vec<String> {
        keys.iter().map(|key| (*key).to_owned()).collect()
    }

    #[test]
    fn all_in_the_order_of_names_is_no_choice() {
        let all = shown(&[], &known());
        assert_eq!(all, ["71", "72", "73"]);
        assert_eq!(choice(all.clone(), &known()), texts(&[]));
        assert_eq!(choice(moved(all, "73", 0), &known()), ["73", "71", "72"]);
    }

    #[test]
    fn one_is_always_shown() {
        let two = toggled(shown(&[], &known()), "72");
        assert_eq!(two, ["71", "73"]);
        let one = toggled(two, "71");
        assert_eq!(toggled(one.clone(), "73"), ["73"]);
        assert_eq!(toggled(one, "71"), ["73", "71"]);
    }

    #[test]
    fn a_queue_goes_where_it_is_put() {
        assert_eq!(moved(texts(&["a", "b", "c"]), "a", 1), ["b", "a", "c"]);
        assert_eq!(moved(texts(&["a", "b", "c"]), "a", 9), ["b", "c", "a"]);
        assert_eq!(moved(texts(&["a"]), "x", 0), ["a"]);
    }
}
