//! What the element `<call-board>` asks: the same reducer as in the proxy and
//! the page, and the board at a glance. No component, no socket: those are in
//! `widget.js`.

mod client;

fn main() {}
