//! One drawing per frame, however many messages came since the last.

use std::cell::{Cell, RefCell};
use std::rc::Rc;

use gloo_timers::callback::Timeout;
use wasm_bindgen::JsCast as _;
use wasm_bindgen::closure::Closure;

/// How often a hidden tab is drawn, in ms: browsers give it no frames.
const HIDDEN_MS: u32 = 1_000;

/// Asks for drawings.
#[derive(Clone)]
pub(crate) struct Frames(Rc<Inner>);

struct Inner {
    asked: Cell<bool>,
    draw: Box<dyn Fn()>,
    on_frame: RefCell<Option<Closure<dyn FnMut()>>>,
    /// Kept: one that is forgotten stays in the browser's memory for good.
    later: RefCell<Option<Timeout>>,
}

impl Frames {
    /// `draw` is called once for any number of requests before a frame.
    pub(crate) fn new(draw: impl Fn() + 'static) -> Frames {
        let inner = Rc::new(Inner {
            asked: Cell::new(false),
            draw: Box::new(draw),
            on_frame: RefCell::new(None),
            later: RefCell::new(None),
        });
        let weak = Rc::downgrade(&inner);
        let on_frame = Closure::new(move || {
            if let Some(inner) = weak.upgrade() {
                inner.run();
            }
        });
        inner.on_frame.replace(Some(on_frame));
        Frames(inner)
    }

    /// Asks for a drawing at the next frame.
    pub(crate) fn request(&self) {
        if self.0.asked.replace(true) {
            return;
        }
        let window = web_sys::window();
        let hidden =
            window.as_ref().and_then(|window| window.document()).is_none_or(|d| d.hidden());
        let on_frame = self.0.on_frame.borrow();
        if let (false, Some(window), Some(on_frame)) = (hidden, window, on_frame.as_ref())
            && window.request_animation_frame(on_frame.as_ref().unchecked_ref()).is_ok()
        {
            return;
        }
        let inner = self.0.clone();
        let later = Timeout::new(HIDDEN_MS, move || inner.run());
        self.0.later.replace(Some(later));
    }
}

impl Inner {
    fn run(&self) {
        self.asked.set(false);
        (self.draw)();
    }
}
