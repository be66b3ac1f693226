//! Links and keys of the whole page, heard in one place.
//!
//! Everything that leads from one view to another is a link with an address,
//! so that it can be opened in a tab of its own, and is followed here without
//! a load.

use wasm_bindgen::JsCast as _;
use wasm_bindgen::closure::Closure;
use web_sys::{Element, EventTarget, KeyboardEvent, MouseEvent};
use yew::html::Scope;

use crate::app::{App, Event};

/// One event that is heard, where, and what is done then.
type Heard = (EventTarget, &'static str, Closure<dyn FnMut(web_sys::Event)>);

/// Hears until it is dropped.
pub(crate) struct Inputs {
    heard: Vec<Heard>,
}

impl Inputs {
    /// Sends what is heard to the page.
    pub(crate) fn listen(app: &Scope<App>) -> Inputs {
        let mut inputs = Inputs { heard: Vec::new() };
        let Some(window) = web_sys::window() else { return inputs };
        let Some(document) = window.document() else { return inputs };
        let send = app.clone();
        inputs.hear(document.clone().into(), "click", move |event| {
            if let Some(search) = followed(&event) {
                event.prevent_default();
                send.send_message(Event::Go(search));
            }
        });
        let send = app.clone();
        inputs.hear(document.into(), "keydown", move |event| {
            if let Some(key) = pressed(&event) {
                send.send_message(Event::Key(key));
            }
        });
        let send = app.clone();
        inputs.hear(window.clone().into(), "popstate", move |_| send.send_message(Event::Moved));
        let send = app.clone();
        inputs.hear(window.into(), "resize", move |_| send.send_message(Event::Sized));
        inputs
    }

    fn hear(
        &mut self,
        target: EventTarget,
        name: &'static str,
        act: impl FnMut(web_sys::Event) + 'static,
    ) {
        let closure = Closure::<dyn FnMut(web_sys::Event)>::new(act);
        // A known event on a known target cannot fail.
        let _ = target.add_event_listener_with_callback(name, closure.as_ref().unchecked_ref());
        self.heard.push((target, name, closure));
    }
}

impl Drop for Inputs {
    fn drop(&mut self) {
        for (target, name, closure) in &self.heard {
            let function = closure.as_ref().unchecked_ref();
            let _ = target.remove_event_listener_with_callback(name, function);
        }
    }
}

/// The query of a link of ours that was clicked plainly.
fn followed(event: &web_sys::Event) -> Option<String> {
    let mouse = event.dyn_ref::<MouseEvent>()?;
    let plain = mouse.button() == 0
        && !(mouse.ctrl_key() || mouse.meta_key() || mouse.shift_key() || mouse.alt_key());
    let target = event.target()?.dyn_into::<Element>().ok()?;
    let link = target.closest("a[href^='?']").ok().flatten().filter(|_| plain)?;
    link.get_attribute("href")
}

/// A key that was pressed alone, and not into a field.
fn pressed(event: &web_sys::Event) -> Option<String> {
    let key = event.dyn_ref::<KeyboardEvent>()?;
    let alone = !(key.ctrl_key() || key.meta_key() || key.alt_key());
    let field = event.target().and_then(|target| target.dyn_into::<Element>().ok());
    let in_field = field.is_some_and(|field| {
        field.closest("input:not([type=range]), select, textarea").ok().flatten().is_some()
    });
    (alone && (!in_field || key.key() == "Escape")).then(|| key.key())
}
