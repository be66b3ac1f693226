//! The rows of the list of calls, written beside the virtual DOM: they change
//! with each frame, and to compare what is drawn with what was costs more
//! than to write what differs.

use std::cell::{Cell, RefCell};
use std::rc::Rc;

use wasm_bindgen::JsCast as _;
use web_sys::{Document, Element, HtmlElement, Node};
use yew::AttrValue;

use super::window::{Place, Window};
use super::{urgency_shape, way_to};
use crate::clock;
use crate::params::Params;
use crate::text::{self, T, t};
use crate::ticker::{self, Ticking};
use crate::view::{CallRow, Calls, Urgency};

/// Height of a row in px until one has been drawn.
const ROW_PX: i32 = 40;

/// Between two changes of the list's length, in ms.
const ROOM_MS: f64 = 100.0;

/// The rows in the page.
pub(crate) struct Rows {
    boxes: RefCell<Option<Boxes>>,
    place: Cell<Place>,
    /// The room that the rows have now.
    room: Cell<Option<Window>>,
    /// Since when, by the monotonic clock.
    roomed_ms: Cell<f64>,
    drawn: RefCell<Vec<Drawn>>,
}

/// What rows are in, and what they are drawn for.
struct Boxes {
    scroller: HtmlElement,
    rows: HtmlElement,
    params: Rc<Params>,
}

impl Default for Rows {
    fn default() -> Rows {
        Rows {
            boxes: RefCell::default(),
            place: Cell::new(Place::unknown(ROW_PX, 1)),
            room: Cell::default(),
            roomed_ms: Cell::default(),
            drawn: RefCell::default(),
        }
    }
}

impl Rows {
    /// Draws into these boxes from the next time on.
    pub(super) fn attach(&self, scroller: HtmlElement, rows: HtmlElement, params: Rc<Params>) {
        self.clear();
        self.boxes.replace(Some(Boxes { scroller, rows, params }));
    }

    /// Draws nowhere: the boxes are gone.
    pub(super) fn detach(&self) {
        self.clear();
        self.boxes.replace(None);
    }

    /// Takes all rows away, for them to be written anew.
    pub(crate) fn clear(&self) {
        self.drawn.take();
        self.room.take();
    }

    /// Looks where the list is scrolled to.
    pub(super) fn measure(&self) {
        if let Some(Boxes { scroller, rows, .. }) = &*self.boxes.borrow() {
            self.place.set(Place::of_rows(scroller, rows, ROW_PX));
        }
    }

    /// Makes room for a printer.
    pub(super) fn print(&self) {
        self.place.set(self.place.get().printed());
    }

    /// Which of `len` calls are in view: the first, and how many.
    pub(crate) fn in_view(&self, len: usize) -> (usize, usize) {
        let window = self.place.get().window(len);
        (window.first, window.count)
    }

    /// Writes what has changed since the last time.
    pub(crate) fn draw(&self, calls: &Calls) {
        let boxes = self.boxes.borrow();
        let Some(Boxes { scroller, rows, params }) = &*boxes else { return };
        self.give_room(calls, rows);
        let mut drawn = self.drawn.borrow_mut();
        let none_was = drawn.is_empty();
        let held = held(&drawn, &calls.rows);
        drawn.truncate(calls.rows.len());
        for (at, row) in calls.rows.iter().enumerate() {
            if at == drawn.len() {
                let Some(new) = Drawn::new(rows, row, params) else { return };
                drawn.push(new);
            }
            drawn[at].write(row, calls.first + at, params);
        }
        if let Some(id) = held {
            let now = drawn.iter().find(|drawn| drawn.row.id == id);
            // A box of the page's own can always be focused.
            let _ = now.map_or(scroller, |now| now.link.unchecked_ref()).focus();
        }
        if none_was && !drawn.is_empty() {
            // Now it can be seen how high a row is.
            self.measure();
            self.room.take();
            self.give_room(calls, rows);
        }
    }

    /// Gives rows their place at once, and the list its full length some times
    /// a second: it is seen in the scroll bar only.
    fn give_room(&self, calls: &Calls, rows: &HtmlElement) {
        let window = self.place.get().window(calls.counts.all);
        let now = clock::monotonic_ms();
        let is_seen = |known: Window| {
            known.first != window.first || (known != window && now - self.roomed_ms.get() > ROOM_MS)
        };
        if self.room.get().is_none_or(is_seen) {
            self.room.set(Some(window));
            self.roomed_ms.set(now);
            window.give_room(rows);
        }
    }
}

/// The call whose link has the focus, if its row is about to show another one.
fn held(drawn: &[Drawn], rows: &[Rc<CallRow>]) -> Option<AttrValue> {
    let moves =
        |(at, drawn): &(usize, &Drawn)| rows.get(*at).is_none_or(|row| row.id != drawn.row.id);
    let mut moving = drawn.iter().enumerate().filter(moves).peekable();
    moving.peek()?;
    let focused = web_sys::window()?.document()?.active_element()?;
    moving.find(|(_, drawn)| drawn.link == focused).map(|(_, drawn)| drawn.row.id.clone())
}

/// A row in the page. It stays where it is, and shows one call after another.
struct Drawn {
    row: Rc<CallRow>,
    /// Which one it is of all.
    index: usize,
    element: Element,
    state: Element,
    ticking: Ticking,
    /// Leads to the call's way; on a television it does not.
    link: Element,
    /// An arrow, read out as its word.
    direction: Element,
    /// As in [`texts_of`].
    texts: [Node; 3],
}

impl Drawn {
    /// Makes a row that is the last one.
    fn new(rows: &HtmlElement, row: &Rc<CallRow>, params: &Params) -> Option<Drawn> {
        let make = Make::new()?;
        let element = make.child(rows, "div", "")?;
        set(&element, "role", "row");
        let cell = |class| {
            let cell = make.span(&element, class)?;
            set(&cell, "role", "cell");
            Some(cell)
        };
        let state = cell("call__state")?;
        let elapsed = make.span(&cell("call__time")?, "elapsed")?;
        set(&elapsed, "role", "timer");
        let caller = cell("call__caller")?;
        let direction = make.span(&caller, "call__direction")?;
        let link = make.child(&caller, "a", "why")?;
        let texts = [
            make.text(&link, "")?,
            make.text(&cell("call__queue")?, "")?,
            make.text(&cell("call__agent")?, "")?,
        ];
        let ticking = ticker::show(elapsed, row.since, false);
        let row = row.clone();
        let index = usize::MAX;
        let drawn = Drawn { row, index, element, state, ticking, link, direction, texts };
        drawn.write_id(params);
        drawn.write_state();
        drawn.write_direction();
        for (node, text) in drawn.texts.iter().zip(texts_of(&drawn.row)) {
            node.set_node_value(Some(text));
        }
        Some(drawn)
    }

    /// Writes what differs.
    fn write(&mut self, row: &Rc<CallRow>, index: usize, params: &Params) {
        if std::mem::replace(&mut self.index, index) != index {
            set(&self.element, "aria-rowindex", &(index + 2).to_string());
        }
        let old = std::mem::replace(&mut self.row, row.clone());
        if old.since != row.since {
            self.ticking.since(row.since);
        }
        if Rc::ptr_eq(&old, row) {
            return;
        }
        if old.id != row.id {
            self.write_id(params);
        }
        if (old.state, old.urgency, old.unconfirmed) != (row.state, row.urgency, row.unconfirmed) {
            self.write_state();
        }
        if old.direction != row.direction {
            self.write_direction();
        }
        for ((node, old), new) in self.texts.iter().zip(texts_of(&old)).zip(texts_of(row)) {
            if old != new {
                node.set_node_value(Some(new));
            }
        }
    }

    fn write_id(&self, params: &Params) {
        set(&self.element, "data-call", &self.row.id);
        if let Some(href) = way_to(params, &self.row.id) {
            set(&self.link, "href", &href);
        }
    }

    /// What it does, in a word, and by a shape how urgent that is: never by
    /// colour alone.
    fn write_state(&self) -> Option<()> {
        let Drawn { row, state, element, .. } = self;
        let unconfirmed = if row.unconfirmed { " call--unconfirmed" } else { "" };
        set(element, "class", &["call call--", row.state.class(), unconfirmed].concat());
        set(element, "title", if row.unconfirmed { t(T::Unconfirmed) } else { "" });
        state.set_text_content(None);
        let (make, word) = (Make::new()?, text::state(row.state));
        if row.urgency == Urgency::Calm {
            make.sign(state, "dot", "")?;
            make.text(state, word)?;
        } else {
            let (mark, urgency) = (make.span(state, "")?, text::urgency(row.urgency));
            set(&mark, "class", &["mark mark--", row.urgency.class()].concat());
            read_as(&mark, &[word, ", ", urgency].concat());
            set(&mark, "title", urgency);
            make.text(&mark, &[urgency_shape(row.urgency), " ", word].concat())?;
        }
        Some(())
    }

    fn write_direction(&self) {
        let (arrow, word) = self.row.direction.map_or(("", ""), |(arrow, word)| (arrow, t(word)));
        self.direction.set_text_content(Some(arrow));
        read_as(&self.direction, word);
    }
}

impl Drop for Drawn {
    fn drop(&mut self) {
        self.element.remove();
    }
}

/// What a row says of the caller, the queue and the agent.
fn texts_of(row: &CallRow) -> [&str; 3] {
    [&row.caller, &row.place, &row.agent]
}

/// What is seen is read out in these words. An element of its own for them, in
/// each row, cost as much to lay out and paint as the row itself.
fn read_as(element: &Element, words: &str) {
    for (name, value) in [("role", "img"), ("aria-label", words)] {
        if words.is_empty() {
            // Known names are always allowed.
            let _ = element.remove_attribute(name);
        } else {
            set(element, name, value);
        }
    }
}

fn set(element: &Element, name: &str, value: &str) {
    // Known names are always allowed.
    let _ = element.set_attribute(name, value);
}

/// Makes nodes.
struct Make(Document);

impl Make {
    fn new() -> Option<Make> {
        Some(Make(web_sys::window()?.document()?))
    }

    fn child(&self, parent: &Element, tag: &str, class: &str) -> Option<Element> {
        let child = self.0.create_element(tag).ok()?;
        if !class.is_empty() {
            set(&child, "class", class);
        }
        parent.append_child(&child).ok()?;
        Some(child)
    }

    fn span(&self, parent: &Element, class: &str) -> Option<Element> {
        self.child(parent, "span", class)
    }

    fn text(&self, parent: &Element, text: &str) -> Option<Node> {
        parent.append_child(&self.0.create_text_node(text)).ok()
    }

    /// What is seen and not read out.
    fn sign(&self, parent: &Element, class: &str, text: &str) -> Option<Node> {
        let sign = self.span(parent, class)?;
        set(&sign, "aria-hidden", "true");
        self.text(&sign, text)
    }
}
