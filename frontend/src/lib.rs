//! The board in the browser.
//!
//! Text of the socket → `store` (the same reducer as in the proxy) →
//! `view` (plain values, tested natively) → `components` (values in, DOM
//! out). Seconds tick in `ticker`, beside the virtual DOM. What is rarely
//! opened is in a second, larger build of the same sources (`desk`).

mod app;
mod clock;
mod components;
mod day;
#[cfg(feature = "desk")]
mod desk;
mod format;
mod frame;
mod freshness;
mod input;
mod link;
mod more;
mod params;
#[cfg(feature = "desk")]
mod session;
mod settings;
mod store;
mod takeover;
mod text;
mod ticker;
mod view;

/// A document is a score of texts that come and go.
#[cfg(target_family = "wasm")]
#[global_allocator]
static MEMORY: talc::wasm::WasmDynamicTalc = talc::wasm::new_wasm_dynamic_allocator();

/// Mounts the board, in the language that the URL or the browser asks for.
pub fn mount() {
    wasm_bindgen_futures::spawn_local(async {
        settings::speak(settings::language(&settings::params())).await;
        if let Some(place) = takeover::place() {
            yew::Renderer::<app::App>::with_root(place).render();
        }
    });
}
