//! One drawing per frame, however many messages came since the last.

use std::cell::{Cell, RefCell};
use std::rc::Rc;

use gloo_timers::callback::Timeout;
use wasm_bindgen::JsCast as _;
use wasm_bindgen::closure::Closure;
use web_sys::{Document, Window};

/// How often a hidden tab is drawn, in ms: browsers give it no frames.
const HIDDEN_MS: u32 = 1_000;

/// Asks for drawings.
#[derive(Clone)]
pub(crate) struct Frames(Rc<Inner>);

struct Inner {
    /// Asked with each frame: the way to it is longer than the question.
    page: Option<(Window, Document)>,
    asked: Cell<bool>,
    draw: Box<dyn Fn()>,
    on_frame: RefCell<Option<Closure<dyn FnMut()>>>,
    /// Kept: one that is forgotten stays in the browser's memory for good.
    later: RefCell<Option<Timeout>>,
}

impl Frames {
    /// `draw` is called once for any number of requests before a frame.
    pub(crate) fn new(draw: impl Fn() + 'static) -> Frames {
        let page = || {
            let window = web_sys::window()?;
            let document = window.document()?;
            Some((window, document))
        };
        let inner = Rc::new(Inner {
            page: page(),
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
        let on_frame = self.0.on_frame.borrow();
        if let (Some((window, document)), Some(on_frame)) = (&self.0.page, on_frame.as_ref())
            && !document.hidden()
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
