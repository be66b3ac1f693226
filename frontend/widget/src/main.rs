//! What the element `<call-board>` asks: the same reducer as in the proxy and
//! the page, and the board at a glance. No component, no socket: those are in
//! `widget.js`.

mod client;

/// A document is a score of texts that come and go.
#[cfg(target_family = "wasm")]
#[global_allocator]
static MEMORY: talc::wasm::WasmDynamicTalc = talc::wasm::new_wasm_dynamic_allocator();

fn main() {}
