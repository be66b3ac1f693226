//! Durations that tick, beside the virtual DOM.
//!
//! A component registers its element once. One timer, aligned to the second
//! of the proxy's clock, writes the text of each; the virtual DOM hears
//! nothing of it.

use std::cell::{Cell, RefCell};

use callboard_shared::{UnixMs, durations};
use gloo_timers::callback::Timeout;
use web_sys::{Element, Node};

use crate::clock;

/// After the full second, so that rounding down shows the new one, in ms.
const AFTER_SECOND_MS: i64 = 15;

struct Shown {
    element: Element,
    /// Its text, once it has one: to change it is cheaper than to put in
    /// another.
    text: RefCell<Option<Node>>,
    since: UnixMs,
    /// Goes on while the board stands still: the age of the data itself.
    always: bool,
    /// The seconds that the element shows.
    seconds: Cell<Option<u64>>,
}

thread_local! {
    static SHOWN: RefCell<Vec<Option<Shown>>> = const { RefCell::new(Vec::new()) };
}

/// Keeps an element ticking until it is dropped.
pub(crate) struct Ticking(usize);

impl Drop for Ticking {
    fn drop(&mut self) {
        SHOWN.with_borrow_mut(|shown| shown[self.0] = None);
    }
}

/// Shows the time since `since` in `element`, now and from now on.
pub(crate) fn show(element: Element, since: UnixMs, always: bool) -> Ticking {
    let one = Shown { element, text: RefCell::default(), since, always, seconds: Cell::new(None) };
    write(&one);
    SHOWN.with_borrow_mut(|shown| {
        let free = shown.iter().position(Option::is_none);
        let slot = free.unwrap_or(shown.len());
        match shown.get_mut(slot) {
            Some(empty) => *empty = Some(one),
            None => shown.push(Some(one)),
        }
        Ticking(slot)
    })
}

impl Ticking {
    /// Shows the time since another moment.
    pub(crate) fn since(&self, since: UnixMs) {
        SHOWN.with_borrow_mut(|shown| {
            if let Some(one) = &mut shown[self.0] {
                one.since = since;
                write(one);
            }
        });
    }
}

/// Writes every registered duration.
pub(crate) fn write_all() {
    SHOWN.with_borrow(|shown| shown.iter().flatten().for_each(write));
}

fn write(one: &Shown) {
    let now = if one.always { clock::now() } else { clock::shown_now() };
    let Some(now) = now else { return };
    let ms = now.since_ms(one.since);
    if one.seconds.replace(Some(ms / 1000)) == Some(ms / 1000) {
        return;
    }
    let mut text = one.text.borrow_mut();
    match &*text {
        Some(text) => text.set_node_value(Some(&durations::clock(ms))),
        None => {
            one.element.set_text_content(Some(&durations::clock(ms)));
            *text = one.element.first_child();
        }
    }
}

thread_local! {
    static STOPPED: Cell<bool> = const { Cell::new(false) };
    // Kept: one that is forgotten stays in the browser's memory for good.
    static NEXT: RefCell<Option<Timeout>> = const { RefCell::new(None) };
}

/// Ends what [`start`] began.
pub(crate) fn stop() {
    STOPPED.set(true);
}

/// Calls `each_second` until it is stopped, just after each full second.
pub(crate) fn start(each_second: impl Fn() + 'static) {
    let into_second = clock::now().map_or(0, |now| now.0.rem_euclid(1000));
    let wait = u32::try_from(1000 - into_second + AFTER_SECOND_MS).unwrap_or(1000);
    let next = Timeout::new(wait, move || {
        if STOPPED.get() {
            return;
        }
        write_all();
        each_second();
        start(each_second);
    });
    NEXT.set(Some(next));
}
