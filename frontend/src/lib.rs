//! The board in the browser.
//!
//! Text of the socket → `store` (the same reducer as in the proxy) →
//! `view` (plain values, tested natively) → `components` (values in, DOM
//! out). Seconds tick in `ticker`, beside the virtual DOM.

mod app;
mod clock;
mod components;
mod format;
mod frame;
mod link;
mod session;
mod settings;
mod store;
mod text;
mod ticker;
mod view;

/// Mounts the board into the element `app`.
pub fn mount() {
    let document = web_sys::window().and_then(|window| window.document());
    if let Some(root) = document.and_then(|document| document.get_element_by_id("app")) {
        yew::Renderer::<app::App>::with_root(root).render();
    }
}
