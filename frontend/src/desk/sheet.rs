//! A sheet over the page: a real dialog, which keeps the focus and gives it
//! back.

use web_sys::HtmlDialogElement;
use yew::prelude::*;

use crate::text::{D, t};

#[derive(PartialEq, Properties)]
pub(crate) struct SheetProps {
    pub(crate) title: AttrValue,
    /// The page without the sheet.
    pub(crate) back: AttrValue,
    /// As wide as the page allows.
    #[prop_or_default]
    pub(crate) wide: bool,
    pub(crate) children: Html,
}

/// Draws its children over the page.
#[component]
pub(crate) fn Sheet(props: &SheetProps) -> Html {
    let node = use_node_ref();
    use_effect_with((), {
        let node = node.clone();
        move |()| {
            let dialog = node.cast::<HtmlDialogElement>();
            if let Some(dialog) = &dialog {
                // Refused only while it is shown already.
                let _ = dialog.show_modal();
            }
            move || {
                if let Some(dialog) = dialog {
                    dialog.close();
                }
            }
        }
    });
    let class = classes!("sheet", props.wide.then_some("sheet--wide"));
    html! {
        <dialog ref={node} {class} aria-labelledby="sheet-title">
            <header class="sheet__head">
                <h2 id="sheet-title">{ &props.title }</h2>
                <a class="button" href={props.back.clone()} aria-label={t(D::Close)}
                    title={t(D::Close)}>
                    <span aria-hidden="true">{ "✕" }</span>
                </a>
            </header>
            <div class="sheet__body" tabindex="0">{ props.children.clone() }</div>
        </dialog>
    }
}
