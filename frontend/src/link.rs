//! The browser's link to the proxy: connects, reads, and comes back.

mod reader;
mod socket;

use std::cell::{Cell, RefCell};
use std::rc::Rc;

use callboard_shared::wire::{SILENCE_MS, ServerMessage, close};
use futures_util::future::{Either, select};
use gloo_timers::future::TimeoutFuture;
use wasm_bindgen::closure::Closure;
use wasm_bindgen::{JsCast as _, JsValue};
use web_sys::{CloseEvent, WebSocket};

use self::socket::{Inbox, Socket};
use crate::store::{Next, Store};
use crate::view::Link;
use crate::{clock, settings};

/// Between two looks at how long it has been silent, in ms.
const WATCH_MS: u32 = 1_000;
/// The first wait before coming back, and the longest, in ms.
const BACKOFF_MS: (f64, f64) = (500.0, 30_000.0);
/// Waits are cut into pieces of this, so that a woken tab need not wait, in ms.
const PIECE_MS: u32 = 200;
/// So many messages are folded in although nothing is drawn, as in a hidden tab.
const MANY: usize = 64;

/// What the link and the page share.
#[derive(Clone, Default)]
pub(crate) struct Shared {
    pub(crate) store: Rc<RefCell<Store>>,
    pub(crate) link: Rc<RefCell<Link>>,
    inbox: Rc<Inbox>,
    /// The tab was shown, the network came back, or a key was accepted: try
    /// at once.
    awake: Rc<RefCell<bool>>,
    /// Another build has taken over.
    stopped: Rc<Cell<bool>>,
}

impl Shared {
    /// Folds in what has come since the last time.
    pub(crate) fn read(&self) {
        if self.inbox.is_empty() {
            return;
        }
        let mut sent = None;
        self.inbox.take(|message| {
            fold(self, message)?;
            sent = sent.or(self.store.borrow().heard);
            Ok(())
        });
        if let Some(sent) = sent {
            clock::learn(sent, self.inbox.since_ms.get());
        }
        let heard_ms = Some(self.inbox.heard_ms.get());
        *self.link.borrow_mut() = Link { open: true, heard_ms, locked: false };
    }

    /// Closes the link for good.
    pub(crate) fn stop(&self) {
        self.stopped.set(true);
    }

    /// A key was accepted: the link may try again.
    #[cfg(feature = "desk")]
    pub(crate) fn unlock(&self) {
        self.link.borrow_mut().locked = false;
        self.awake.replace(true);
    }
}

/// How a connection ended.
#[derive(Clone, Copy)]
enum End {
    /// Come back after the usual wait.
    Lost,
    /// Come back after this many ms: the proxy is stopping.
    After(u32),
    /// A key is needed first.
    Refused,
}

/// Keeps the link for ever; `changed` is called whenever there is something
/// to draw.
pub(crate) async fn keep(shared: Shared, changed: impl Fn() + Clone + 'static) {
    listen_for_waking(&shared);
    let mut failures = 0_i32;
    while !shared.stopped.get() {
        let end = connect(&shared, &changed, &mut failures).await;
        shared.link.borrow_mut().open = false;
        changed();
        let wait = match end {
            End::Refused => {
                shared.link.borrow_mut().locked = true;
                changed();
                while shared.link.borrow().locked {
                    TimeoutFuture::new(PIECE_MS).await;
                }
                0
            }
            End::After(ms) => ms,
            End::Lost => backoff_ms(failures, js_sys::Math::random()),
        };
        failures = failures.saturating_add(1);
        sleep(&shared, wait).await;
    }
}

/// Full jitter between the first wait and a limit that doubles.
fn backoff_ms(failures: i32, chance: f64) -> u32 {
    let (first, most) = BACKOFF_MS;
    let limit = (first * 2_f64.powi(failures.min(16) + 1)).min(most);
    (first + chance * (limit - first)) as u32
}

async fn sleep(shared: &Shared, ms: u32) {
    let mut left = ms;
    shared.awake.replace(false);
    while left > 0 && !shared.awake.replace(false) {
        let piece = left.min(PIECE_MS);
        TimeoutFuture::new(piece).await;
        left -= piece;
    }
}

/// One connection, from opening to its end.
async fn connect(
    shared: &Shared,
    changed: &(impl Fn() + Clone + 'static),
    failures: &mut i32,
) -> End {
    let url = {
        let store = shared.store.borrow();
        settings::socket_url(store.resume())
    };
    let Some(socket) = url.and_then(|url| open(&url)) else { return End::Lost };
    let (inbox, begun) = (&shared.inbox, clock::monotonic_ms());
    inbox.begin(begun);
    let came = {
        let (shared, changed) = (shared.clone(), changed.clone());
        move |waiting| match waiting {
            1 => changed(),
            MANY.. => shared.read(),
            _ => {}
        }
    };
    let socket = Socket::listen(socket, inbox, came);
    let end = loop {
        match select(inbox.ended(), TimeoutFuture::new(WATCH_MS)).await {
            Either::Left((end, _)) => break end,
            Either::Right(_) => {
                let silent = clock::monotonic_ms() - inbox.heard_ms.get() > SILENCE_MS as f64;
                if silent || shared.stopped.get() {
                    break End::Lost;
                }
            }
        }
    };
    drop(socket);
    if inbox.heard_ms.get() > begun {
        *failures = 0;
    }
    // What came is known, so that the next connection goes on after it.
    shared.read();
    end
}

/// Opens the socket. A link goes beside the address, which servers write into
/// their logs.
fn open(url: &str) -> Option<WebSocket> {
    let Some(link) = settings::link() else { return WebSocket::new(url).ok() };
    let protocols = ["callboard.v1".to_owned(), format!("key.{link}")];
    let protocols: js_sys::Array = protocols.iter().map(|name| JsValue::from_str(name)).collect();
    WebSocket::new_with_str_sequence(url, &protocols).ok()
}

/// Folds one message in; `None`: it could not be read.
fn fold(shared: &Shared, message: Option<ServerMessage>) -> Result<(), End> {
    let Some(message) = message else {
        // A proxy of another version: its page fits it.
        shared.store.borrow_mut().forget();
        return Err(End::Lost);
    };
    match shared.store.borrow_mut().take(message) {
        Next::Draw => Ok(()),
        Next::Reconnect => Err(End::After(0)),
        Next::Reload => {
            if let Some(window) = web_sys::window() {
                // Cannot fail on a page of our own.
                let _ = window.location().reload();
            }
            Ok(())
        }
    }
}

impl End {
    fn of(event: &CloseEvent) -> End {
        match event.code() {
            close::UNAUTHORIZED => End::Refused,
            close::STOPPING => event.reason().parse().map_or(End::Lost, End::After),
            _ => End::Lost,
        }
    }
}

/// A tab that is shown again, or a network that is back, is no reason to wait.
fn listen_for_waking(shared: &Shared) {
    let Some(window) = web_sys::window() else { return };
    let Some(document) = window.document() else { return };
    let awake = shared.awake.clone();
    let on_wake = Closure::<dyn FnMut()>::new(move || {
        awake.replace(true);
    });
    let function = on_wake.as_ref().unchecked_ref();
    // Known events on known targets cannot fail.
    let _ = document.add_event_listener_with_callback("visibilitychange", function);
    let _ = window.add_event_listener_with_callback("online", function);
    // Lives as long as the page.
    on_wake.forget();
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn waits_grow_to_a_limit_and_are_never_shorter_than_the_first() {
        assert_eq!(backoff_ms(0, 0.0), 500);
        assert_eq!(backoff_ms(0, 1.0), 1_000);
        assert_eq!(backoff_ms(3, 1.0), 8_000);
        assert_eq!(backoff_ms(i32::MAX, 1.0), 30_000);
    }
}
