//! Messages from texts of the browser, by way of our own memory. What
//! `wasm-bindgen` does for that looks at each character in JavaScript; the
//! browser has it as a copy.

use callboard_shared::wire::{self, ServerMessage};
use wasm_bindgen::prelude::wasm_bindgen;
use wasm_bindgen::{JsCast as _, JsValue};

#[wasm_bindgen]
extern "C" {
    type TextEncoder;

    #[wasm_bindgen(constructor)]
    fn new() -> TextEncoder;

    #[wasm_bindgen(method, js_name = encodeInto)]
    fn encode_into(this: &TextEncoder, text: &JsValue, into: &mut [u8]) -> Encoded;

    type Encoded;

    #[wasm_bindgen(method, getter)]
    fn read(this: &Encoded) -> u32;

    #[wasm_bindgen(method, getter)]
    fn written(this: &Encoded) -> u32;
}

/// The place for texts that is kept, in bytes: a snapshot takes a hundred times
/// as much as the messages after it.
const KEPT_BYTES: usize = 1 << 18;

/// Reads texts one after another into the same place.
pub(super) struct Reader {
    encoder: TextEncoder,
    bytes: Vec<u8>,
}

impl Default for Reader {
    fn default() -> Reader {
        Reader { encoder: TextEncoder::new(), bytes: Vec::new() }
    }
}

impl Reader {
    /// The message that a text is, if it is one that this page understands.
    pub(super) fn read(&mut self, text: &JsValue) -> Option<ServerMessage> {
        let message = wire::read(self.copy(text)).ok();
        self.rest();
        message
    }

    /// The text in UTF-8; nothing of what is none.
    fn copy(&mut self, text: &JsValue) -> &[u8] {
        let Some(text) = text.dyn_ref::<js_sys::JsString>() else { return &[] };
        let length = text.length();
        self.make_room(length);
        let mut done = self.encoder.encode_into(text, &mut self.bytes);
        if done.read() < length {
            // No character takes more than three.
            self.make_room(done.written() + 3 * (length - done.read()));
            done = self.encoder.encode_into(text, &mut self.bytes);
        }
        self.bytes.get(..done.written() as usize).unwrap_or_default()
    }

    /// Gives back the place for a large text, which has been read.
    fn rest(&mut self) {
        if self.bytes.len() > KEPT_BYTES {
            self.bytes = Vec::new();
        }
    }

    fn make_room(&mut self, bytes: u32) {
        if self.bytes.len() < bytes as usize {
            self.bytes.resize(bytes as usize, 0);
        }
    }
}
