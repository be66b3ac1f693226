//! Asks for the key, when the proxy wants one.

use web_sys::HtmlInputElement;
use yew::prelude::*;

use crate::session::{self, Answer};
use crate::text::{D, t};

/// What the form knows.
#[derive(Clone, PartialEq, Properties)]
pub(crate) struct Props {
    /// The page was opened with a link, which was refused.
    pub(crate) by_link: bool,
    /// The key was accepted.
    pub(crate) on_open: Callback<()>,
}

/// A heading, a field, a button, and what became of the last try.
#[component]
pub(crate) fn SignIn(props: &Props) -> Html {
    let field = use_node_ref();
    let answer = use_state(|| None::<Answer>);
    let onsubmit = {
        let (field, answer, on_open) = (field.clone(), answer.clone(), props.on_open.clone());
        Callback::from(move |event: SubmitEvent| {
            event.prevent_default();
            let Some(input) = field.cast::<HtmlInputElement>() else { return };
            let (answer, on_open) = (answer.clone(), on_open.clone());
            wasm_bindgen_futures::spawn_local(async move {
                match session::open(input.value().trim()).await {
                    Answer::Accepted => on_open.emit(()),
                    other => answer.set(Some(other)),
                }
            });
        })
    };
    let why = if props.by_link { t(D::LinkIsOver) } else { t(D::EnterKey) };
    html! {
        <main class="sign-in">
            <form class="sign-in__form" {onsubmit}>
                <h1>{ t(D::NeedsKey) }</h1>
                <p>{ why }</p>
                <label for="key">{ t(D::KeyName) }</label>
                <input ref={field} id="key" type="password" required=true
                    autocomplete="current-password" />
                <button>{ t(D::OpenBoard) }</button>
                <p class="sign-in__answer" role="alert">{ answer.map(text) }</p>
            </form>
        </main>
    }
}

fn text(answer: Answer) -> &'static str {
    match answer {
        Answer::Accepted => "",
        Answer::Wrong => t(D::WrongKey),
        Answer::TooMany => t(D::TooManyKeys),
        Answer::Unreached => t(D::NoAnswerYet),
    }
}
