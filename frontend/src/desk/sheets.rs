//! Settings and keys. Every choice is a link, so that a board is one.

use std::rc::Rc;

use serde::Deserialize;
use yew::prelude::*;

use super::api::use_answer;
use super::order::{Known, Order};
use super::sheet::Sheet;
use crate::params::{Params, Theme};
use crate::text::{D, Lang, T, fill, t};

#[derive(PartialEq, Properties)]
pub(crate) struct KeysProps {
    pub(crate) params: Rc<Params>,
    /// Another one draws it anew.
    pub(crate) lang: Lang,
}

/// Which key does what.
#[component]
pub(crate) fn Keys(props: &KeysProps) -> Html {
    let keys = [
        ("1 – 5", t(D::KeyViews)),
        ("p", t(D::KeyFreeze)),
        ("t", t(D::KeyTheme)),
        (",", t(T::Settings)),
        ("e", t(D::KeyPaper)),
        ("b", t(D::KeyTravel)),
        ("← →", t(D::KeySteps)),
        ("Space", t(D::KeyPlay)),
        ("l", t(D::KeyLive)),
        ("Esc", t(D::Close)),
        ("?", t(T::Keys)),
    ];
    html! {
        <Sheet title={t(T::Keys)} back={props.params.href(|_| ())}>
            <table class="keys">
                <thead><tr><th scope="col">{ t(D::Key) }</th><th scope="col">{ t(D::Does) }</th></tr></thead>
                <tbody>
                    { for keys.into_iter().map(|(key, does)| html! {
                        <tr><td><kbd>{ key }</kbd></td><td>{ does }</td></tr>
                    }) }
                </tbody>
            </table>
        </Sheet>
    }
}

#[derive(PartialEq, Properties)]
pub(crate) struct SettingsProps {
    pub(crate) params: Rc<Params>,
    /// Another one draws it anew.
    pub(crate) lang: Lang,
    pub(crate) known: Vec<Known>,
}

/// One choice: what it is called, whether it holds, and where it leads.
fn choice(name: &str, holds: bool, href: String) -> Html {
    html! {
        <a class="choice" {href} aria-current={holds.then_some("true")}>{ name }</a>
    }
}

fn group(title: &str, choices: Html) -> Html {
    html! {
        <section class="setting">
            <h3>{ title }</h3>
            <div class="setting__choices">{ choices }</div>
        </section>
    }
}

/// What can be chosen.
#[component]
pub(crate) fn Settings(props: &SettingsProps) -> Html {
    let SettingsProps { params, lang, known } = props;
    let stay = |change: &dyn Fn(&mut Params)| {
        params.href(|params| {
            change(params);
            params.sheet = Some("settings".to_owned());
        })
    };
    html! {
        <Sheet title={t(T::Settings)} back={params.href(|_| ())}>
            { group(t(D::Language), languages(params, &stay)) }
            { group(t(D::ThemeTitle), themes(params, &stay)) }
            { group(t(D::Density), html! { <>
                { choice(t(D::Normal), !params.dense, stay(&|params| params.dense = false)) }
                { choice(t(D::Compact), params.dense, stay(&|params| params.dense = true)) }
            </> }) }
            { group(t(D::Updates), updates(params, &stay)) }
            { group(t(T::Queues), html! {
                <Order params={params.clone()} lang={*lang} known={known.clone()} />
            }) }
            { group(t(D::Alarms), html! { <>
                { choice(t(D::Sound), params.sound, stay(&|params| params.sound ^= true)) }
                { choice(t(D::Notify), params.notify, stay(&|params| params.notify ^= true)) }
            </> }) }
            { group(t(D::Television), television(params)) }
            { group(t(D::TakeAlong), choice(t(D::PrintView), false, super::paper::href(params))) }
            <Boards params={params.clone()} lang={*lang} />
            <p class="note">{ t(D::BoardIsLink) }</p>
        </Sheet>
    }
}

type Stay<'a> = dyn Fn(&dyn Fn(&mut Params)) -> String + 'a;

fn languages(params: &Params, stay: &Stay<'_>) -> Html {
    Lang::ALL
        .into_iter()
        .map(|lang| {
            let holds = crate::text::lang() == lang;
            let href = stay(&move |params| params.lang = Some(lang));
            html! { <span lang={lang.tag()}>{ choice(lang.name(), holds, href) }</span> }
        })
        .chain(
            params.lang.map(|_| choice(t(D::AsBrowser), false, stay(&|params| params.lang = None))),
        )
        .collect()
}

fn themes(params: &Params, stay: &Stay<'_>) -> Html {
    let themes = [
        (Theme::System, T::ThemeSystem),
        (Theme::Dark, T::ThemeDark),
        (Theme::Light, T::ThemeLight),
        (Theme::Contrast, T::ThemeContrast),
    ];
    let one = |(theme, name)| {
        choice(t(name), params.theme == theme, stay(&move |params| params.theme = theme))
    };
    themes.into_iter().map(one).collect()
}

fn updates(params: &Params, stay: &Stay<'_>) -> Html {
    let one = |every: Option<u32>| {
        let name = match every {
            None => t(D::AtOnce).to_owned(),
            Some(s) => fill(D::EverySeconds, &[("s", &s.to_string())]),
        };
        choice(&name, params.every == every, stay(&move |params| params.every = every))
    };
    [None, Some(5), Some(30)].into_iter().map(one).collect()
}

fn television(params: &Params) -> Html {
    let one = |metres: u32| {
        let href = params.href(|params| {
            if params.theme == Theme::System {
                params.theme = Theme::Dark;
            }
            (params.tv, params.distance) = (true, Some(metres));
            params.view = crate::params::Page::Wall;
        });
        choice(
            &fill(D::FromMetres, &[("m", &metres.to_string())]),
            params.distance == Some(metres),
            href,
        )
    };
    [2, 3, 4, 5].into_iter().map(one).collect()
}

#[derive(Deserialize)]
struct Saved {
    boards: Vec<Board>,
}

#[derive(Deserialize)]
struct Board {
    name: String,
    query: String,
}

/// The name that the configuration file has for what is shown, if any.
#[component]
pub(super) fn BoardName(props: &KeysProps) -> Html {
    let saved = use_answer::<Saved>("api/boards".into(), None);
    let shown = props.params.href(|params| params.set("link", ""));
    let is_shown = |board: &&Board| {
        let pairs = web_sys::UrlSearchParams::new_with_str(&board.query).ok();
        let pairs = pairs.iter().flat_map(|pairs| js_sys::Array::from(pairs).to_vec());
        let text = |pair: &js_sys::Array, at| pair.get(at).as_string();
        let pairs = pairs.filter_map(|pair| {
            let pair = js_sys::Array::from(&pair);
            Some((text(&pair, 0)?, text(&pair, 1)?))
        });
        Params::read(pairs).search() == shown
    };
    let name =
        saved.here().and_then(|saved| Some(saved.boards.iter().find(is_shown)?.name.clone()));
    html! { if let Some(name) = name { { " · " }{ name } } }
}

/// Boards that the configuration file names.
#[component]
fn Boards(props: &KeysProps) -> Html {
    let saved = use_answer::<Saved>("api/boards".into(), None);
    let Some(saved) = saved.here().filter(|saved| !saved.boards.is_empty()) else {
        return Html::default();
    };
    let link = props.params.get("link").map(|link| format!("&link={link}")).unwrap_or_default();
    let one = |board: &Board| choice(&board.name, false, format!("{}{link}", board.query));
    group(t(D::SavedBoards), saved.boards.iter().map(one).collect())
}
