//! How the larger build takes the page over from the first one.
//!
//! The first build asks `loader.js` for the larger one, which mounts beside it
//! and, once it has data to show, has its place made free by an event. What is
//! chosen is in the URL, so nothing else is handed over.

#[cfg(not(feature = "desk"))]
use wasm_bindgen::{JsCast as _, JsValue};
use web_sys::{Element, Window};

/// Told to the page when the larger build has something to show.
const READY: &str = "callboard-more-ready";

fn window() -> Option<Window> {
    web_sys::window()
}

/// Asks for the larger build, once.
#[cfg(not(feature = "desk"))]
pub(crate) fn ask() {
    let ask = || {
        let window = window()?;
        let load = js_sys::Reflect::get(&window, &JsValue::from_str("callboardMore")).ok()?;
        load.dyn_ref::<js_sys::Function>()?.call0(&JsValue::NULL).ok()
    };
    // Without the loader, as in a page of our own for tests, this build stays.
    let _ = ask();
}

/// The element that this build mounts into, and what makes its place free.
#[cfg(not(feature = "desk"))]
pub(crate) fn place() -> Option<Element> {
    window()?.document()?.get_element_by_id("app")
}

/// Leaves the page when the larger build is ready, after `stop`.
#[cfg(not(feature = "desk"))]
pub(crate) fn yield_later(stop: impl FnOnce() + 'static) {
    let Some(window) = window() else { return };
    let leave = wasm_bindgen::closure::Closure::once_into_js(move || {
        stop();
        place().inspect(Element::remove);
    });
    // A known event on a known target cannot fail.
    let _ = window.add_event_listener_with_callback(READY, leave.unchecked_ref());
}

/// This build has something to show.
#[cfg(not(feature = "desk"))]
pub(crate) fn ready() {}

/// A key is wanted, for which the larger build has a form.
#[cfg(not(feature = "desk"))]
pub(crate) fn locked() {
    ask();
}

/// A key is wanted: there is a form to show.
#[cfg(feature = "desk")]
pub(crate) fn locked() {
    ready();
}

/// Nobody takes over from this build.
#[cfg(feature = "desk")]
pub(crate) fn yield_later(_: impl FnOnce() + 'static) {}

/// The element that this build mounts into: hidden beside the first one's.
#[cfg(feature = "desk")]
pub(crate) fn place() -> Option<Element> {
    let document = window()?.document()?;
    let place = document.create_element("div").ok()?;
    place.set_id("more");
    place.set_attribute("hidden", "").ok()?;
    document.body()?.append_child(&place).ok()?;
    Some(place)
}

/// This build has something to show: the first one leaves.
#[cfg(feature = "desk")]
pub(crate) fn ready() {
    let tell = || {
        let window = window()?;
        let document = window.document()?;
        document.get_element_by_id("more")?.remove_attribute("hidden").ok()?;
        window.dispatch_event(&web_sys::Event::new(READY).ok()?).ok()?;
        // In a page that this build has for itself the place is still there.
        document.get_element_by_id("app").inspect(Element::remove);
        Some(())
    };
    let _ = tell();
}
