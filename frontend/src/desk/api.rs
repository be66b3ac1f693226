//! Questions to the proxy.

use std::rc::Rc;

use gloo_timers::callback::Timeout;
use serde::de::DeserializeOwned;
use wasm_bindgen::JsValue;
use wasm_bindgen_futures::JsFuture;
use yew::prelude::*;

use super::failure::Failure;
use crate::settings;
use crate::text::{D, t};

/// What has become of a question.
#[derive(Debug)]
pub(crate) enum Answer<T> {
    /// Nothing yet.
    Asked,
    /// This.
    Here(Rc<T>),
    /// Not, and why.
    Failed(Rc<Failure>),
}

impl<T> Clone for Answer<T> {
    fn clone(&self) -> Self {
        match self {
            Answer::Asked => Answer::Asked,
            Answer::Here(answer) => Answer::Here(answer.clone()),
            Answer::Failed(why) => Answer::Failed(why.clone()),
        }
    }
}

impl<T> Answer<T> {
    /// What came, if it has come.
    pub(crate) fn here(&self) -> Option<&Rc<T>> {
        match self {
            Answer::Here(answer) => Some(answer),
            Answer::Asked | Answer::Failed(_) => None,
        }
    }

    /// What is said in place of what has not come.
    pub(crate) fn instead(&self) -> Html {
        match self {
            Answer::Asked => html! { <p class="empty">{ t(crate::text::T::Loading) }</p> },
            Answer::Here(_) => Html::default(),
            Answer::Failed(why) => html! {
                <p class="empty" role="alert">{ t(D::Failed) }{ " " }{ why.html() }</p>
            },
        }
    }
}

/// The text behind a path such as `api/calls?limit=1`, or what went wrong.
pub(crate) async fn text(path: &str) -> Result<String, Rc<Failure>> {
    let unreached = || Rc::new(Failure::is(D::Unreached));
    let response = settings::ask(path).await.ok_or_else(unreached)?;
    let body = JsFuture::from(response.text().map_err(|_| unreached())?).await;
    let body = body.ok().and_then(|body| body.as_string()).ok_or_else(unreached)?;
    if response.ok() {
        return Ok(body);
    }
    Err(Rc::new(Failure::of(response.status(), &body)))
}

/// The JSON behind a path.
pub(crate) async fn json<T: DeserializeOwned>(path: &str) -> Result<T, Rc<Failure>> {
    let text = text(path).await?;
    serde_json::from_slice(text.as_bytes()).map_err(|_| Rc::new(Failure::is(D::NotUnderstood)))
}

/// Asks for `path`, unless that is empty, and again every `every_ms` if that is given. What was there
/// stays until the next has come.
#[hook]
pub(crate) fn use_answer<T: DeserializeOwned + 'static>(
    path: AttrValue,
    every_ms: Option<u32>,
) -> Answer<T> {
    let answer = use_state(|| Answer::Asked);
    let turn = use_state(|| 0_u32);
    use_effect_with((path.clone(), *turn), {
        let (answer, turn) = (answer.clone(), turn.clone());
        move |(path, now)| {
            let (path, next) = (path.clone(), *now + 1);
            // An answer to what is asked no more is dropped.
            let wanted = Rc::new(std::cell::Cell::new(true));
            let still = wanted.clone();
            wasm_bindgen_futures::spawn_local(async move {
                if path.is_empty() {
                    return;
                }
                let came = json(&path).await;
                if !still.get() {
                    return;
                }
                answer.set(match came {
                    Ok(came) => Answer::Here(Rc::new(came)),
                    Err(why) => Answer::Failed(why),
                });
            });
            let again = every_ms.map(|ms| Timeout::new(ms, move || turn.set(next)));
            move || {
                wanted.set(false);
                drop(again);
            }
        }
    });
    (*answer).clone()
}

/// `name=value` pairs behind a path.
pub(crate) fn query<'a>(
    path: &str,
    pairs: impl IntoIterator<Item = (&'a str, Option<&'a str>)>,
) -> String {
    let mut text = path.to_owned();
    let mut sign = '?';
    for (name, value) in pairs {
        let Some(value) = value.filter(|value| !value.is_empty()) else { continue };
        text.push(sign);
        text.push_str(name);
        text.push('=');
        crate::params::escape(&mut text, value);
        sign = '&';
    }
    text
}

/// An object of options in the browser's own words.
pub(crate) fn options(pairs: &[(&str, &str)]) -> js_sys::Object {
    let options = js_sys::Object::new();
    for (name, value) in pairs {
        // A plain object takes everything.
        let _ = js_sys::Reflect::set(&options, &JsValue::from_str(name), &JsValue::from_str(value));
    }
    options
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn empty_values_are_not_asked_for() {
        let path = query("api/calls", [("q", Some("a b")), ("queue", None), ("to", Some(""))]);
        assert_eq!(path, "api/calls?q=a%20b");
    }
}
