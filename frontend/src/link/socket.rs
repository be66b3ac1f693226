//! The browser's socket. What it hears is read at once, between two frames, and
//! kept until the page is about to draw: a frame has only to fold it in.

use std::cell::{Cell, RefCell};
use std::rc::Rc;
use std::task::{Poll, Waker};

use callboard_shared::wire::ServerMessage;
use wasm_bindgen::closure::Closure;
use wasm_bindgen::convert::FromWasmAbi;
use wasm_bindgen::{JsCast as _, JsValue};
use web_sys::{CloseEvent, MessageEvent, WebSocket};

use super::End;
use super::reader::Reader;
use crate::clock;

/// What a socket has heard.
#[derive(Default)]
pub(super) struct Inbox {
    reader: RefCell<Reader>,
    /// Messages that nobody has taken yet; `None`: one that could not be read.
    messages: RefCell<Vec<Option<ServerMessage>>>,
    /// When the first of them came, by the monotonic clock.
    pub(super) since_ms: Cell<f64>,
    /// When the newest message came, by the monotonic clock.
    pub(super) heard_ms: Cell<f64>,
    /// Set when the connection is to end, or has ended.
    end: Cell<Option<End>>,
    waker: RefCell<Option<Waker>>,
}

impl Inbox {
    /// A connection begins at `now` by the monotonic clock.
    pub(super) fn begin(&self, now: f64) {
        self.messages.take();
        self.end.take();
        self.heard_ms.set(now);
    }

    /// Takes the messages out, one after another; their place is kept, as a new
    /// one for each frame would be dear.
    pub(super) fn take(&self, mut each: impl FnMut(Option<ServerMessage>) -> Result<(), End>) {
        let end = self.messages.borrow_mut().drain(..).try_for_each(&mut each);
        if let Err(end) = end {
            self.end(end);
        }
    }

    /// Whether nothing has come since the last time.
    pub(super) fn is_empty(&self) -> bool {
        self.messages.borrow().is_empty()
    }

    /// Reads a message and keeps it; how many there are now.
    fn put(&self, message: &JsValue) -> usize {
        let mut messages = self.messages.borrow_mut();
        let now = clock::monotonic_ms();
        self.heard_ms.set(now);
        if messages.is_empty() {
            self.since_ms.set(now);
        }
        messages.push(self.reader.borrow_mut().read(message));
        messages.len()
    }

    /// Ends the connection, unless it has ended.
    pub(super) fn end(&self, end: End) {
        let known = self.end.take();
        self.end.set(known.or(Some(end)));
        if let Some(waker) = self.waker.take() {
            waker.wake();
        }
    }

    /// Waits until the connection is to end.
    pub(super) fn ended(&self) -> impl Future<Output = End> + Unpin + '_ {
        std::future::poll_fn(|context| match self.end.take() {
            Some(end) => Poll::Ready(end),
            None => {
                self.waker.replace(Some(context.waker().clone()));
                Poll::Pending
            }
        })
    }
}

/// A socket that fills an inbox until it is dropped.
pub(super) struct Socket {
    socket: WebSocket,
    _on_message: Closure<dyn FnMut(MessageEvent)>,
    _on_close: Closure<dyn FnMut(CloseEvent)>,
}

impl Socket {
    /// `came` is told how many messages wait with each that came.
    pub(super) fn listen(
        socket: WebSocket,
        inbox: &Rc<Inbox>,
        came: impl Fn(usize) + 'static,
    ) -> Socket {
        let kept = inbox.clone();
        let on_message = closure(move |event: MessageEvent| came(kept.put(&event.data())));
        let inbox = inbox.clone();
        // An error is always followed by this.
        let on_close = closure(move |event| inbox.end(End::of(&event)));
        socket.set_onmessage(Some(on_message.as_ref().unchecked_ref()));
        socket.set_onclose(Some(on_close.as_ref().unchecked_ref()));
        Socket { socket, _on_message: on_message, _on_close: on_close }
    }
}

fn closure<E: FromWasmAbi + 'static>(act: impl FnMut(E) + 'static) -> Closure<dyn FnMut(E)> {
    Closure::new(act)
}

impl Drop for Socket {
    fn drop(&mut self) {
        self.socket.set_onmessage(None);
        self.socket.set_onclose(None);
        // Fails for codes and reasons only, and there are none.
        let _ = self.socket.close();
    }
}
