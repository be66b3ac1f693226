//! The rows of the list of calls, written beside the virtual DOM: they change
//! with each frame, and to compare what is drawn with what was costs more
//! than to write what differs.

use std::cell::{Cell, RefCell};
use std::rc::Rc;

use gloo_timers::callback::Timeout;
use wasm_bindgen::JsCast as _;
use web_sys::{Element, HtmlElement, Node};
use yew::{AttrValue, Callback};

use super::nodes::{Make, Shifts, read_as, set};
use super::window::{Place, Window};
use super::{urgency_shape, way_to};
use crate::clock;
use crate::params::Params;
use crate::text::{self, T, t};
use crate::ticker::{self, Ticking};
use crate::view::{CallRow, Calls, Urgency};

/// Height of a row in px until one has been drawn.
const ROW_PX: i32 = 40;

/// Where rows change without end, the list is as long as it should be, and its
/// rows stand in the page as they are seen, at least this often, in ms: that
/// is seen in the scroll bar only, or read out.
const SETTLE_MS: f64 = 1_000.0;

/// Before all time.
const NEVER: f64 = f64::NEG_INFINITY;

/// The rows in the page.
pub(crate) struct Rows {
    boxes: RefCell<Option<Boxes>>,
    place: Cell<Place>,
    /// What they have room for now.
    room: Cell<Option<Window>>,
    /// When what can wait was done, by the monotonic clock.
    settled_ms: Cell<f64>,
    /// When it will be, while there is any.
    later: RefCell<Option<Timeout>>,
    drawn: RefCell<Vec<Drawn>>,
    shifts: Shifts,
}

/// What rows are in, and what they are drawn for.
pub(super) struct Boxes {
    pub(super) scroller: HtmlElement,
    pub(super) rows: HtmlElement,
    pub(super) params: Rc<Params>,
    /// Has the rows drawn.
    pub(super) moved: Callback<()>,
}

impl Default for Rows {
    fn default() -> Rows {
        Rows {
            boxes: RefCell::default(),
            place: Cell::new(Place::unknown(ROW_PX, 1)),
            room: Cell::default(),
            settled_ms: Cell::new(NEVER),
            later: RefCell::default(),
            drawn: RefCell::default(),
            shifts: Shifts::default(),
        }
    }
}

impl Rows {
    /// Draws into these boxes from the next time on.
    pub(super) fn attach(&self, boxes: Boxes) {
        self.clear();
        self.boxes.replace(Some(boxes));
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
        self.later.take();
        self.settled_ms.set(NEVER);
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
        // Printers go by the order in the page.
        self.settled_ms.set(NEVER);
    }

    /// Which of `len` calls are in view: the first, and how many.
    pub(crate) fn in_view(&self, len: usize) -> (usize, usize) {
        let window = self.place.get().window(len);
        (window.first, window.count)
    }

    /// Writes what has changed since the last time.
    pub(crate) fn draw(&self, calls: &Calls) {
        let boxes = self.boxes.borrow();
        let Some(Boxes { scroller, rows, params, moved }) = &*boxes else { return };
        let mut drawn = self.drawn.borrow_mut();
        let none_was = drawn.is_empty();
        let differs = calls.rows.len() != drawn.len()
            || calls.rows.iter().zip(&*drawn).any(|(row, had)| !had.shows(row));
        let window = self.place.get().window(calls.counts.all);
        let settles = self.settles(differs || self.room.get() != Some(window), moved);
        let held = if differs || settles { held(scroller, &drawn) } else { None };
        if differs && arrange(&mut drawn, &calls.rows, rows, params).is_none() {
            return;
        }
        let row_px = self.place.get().row_px(1);
        for (at, (drawn, row)) in drawn.iter_mut().zip(&calls.rows).enumerate() {
            drawn.write(row, params);
            drawn.put(calls.first + at, row_px, &self.shifts);
        }
        if settles {
            settle(&mut drawn, calls.first, rows);
            self.room.set(Some(window));
            window.give_height(rows);
        }
        if let Some(id) = held {
            let now = drawn.iter().find(|drawn| drawn.row.id == id);
            let now = now.map_or::<&HtmlElement, _>(scroller, |now| now.link.unchecked_ref());
            // What has the focus already would be scrolled to.
            if focused().is_none_or(|has| has != **now) {
                // A box of the page's own can always be focused.
                let _ = now.focus();
            }
        }
        if none_was && !drawn.is_empty() {
            // Now it can be seen how high a row is.
            drop(drawn);
            self.measure();
            self.settled_ms.set(NEVER);
            self.draw(calls);
        }
    }

    /// Whether what can wait is to be done now; `is_loose`: there is more of it.
    /// If later, `moved` is told then.
    fn settles(&self, is_loose: bool, moved: &Callback<()>) -> bool {
        let is_loose = is_loose || self.later.borrow().is_some();
        let now = clock::monotonic_ms();
        if is_loose && now - self.settled_ms.get() >= SETTLE_MS {
            self.settled_ms.set(now);
            self.later.take();
            return true;
        }
        if is_loose {
            let moved = moved.clone();
            // Timers may be a little early by the other clock.
            let later = || Timeout::new(SETTLE_MS as u32 + 10, move || moved.emit(()));
            self.later.borrow_mut().get_or_insert_with(later);
        }
        false
    }
}

/// Brings the rows in the page into the order in which they are seen, and says
/// which ones of all they are.
fn settle(drawn: &mut [Drawn], first: usize, rows: &HtmlElement) {
    let mut next = None;
    for (at, row) in drawn.iter_mut().enumerate().rev() {
        if row.element.next_sibling() != next {
            // The next one is in the same box.
            let _ = rows.insert_before(&row.element, next.as_ref());
        }
        row.number(first + at);
        next = Some(row.element.clone().into());
    }
}

/// Gives each call a row: its own, else one whose call is no longer in view.
/// In place, as lists of this size are dear where most of memory is small.
fn arrange(
    drawn: &mut Vec<Drawn>,
    calls: &[Rc<CallRow>],
    rows: &HtmlElement,
    params: &Params,
) -> Option<()> {
    for (at, call) in calls.iter().enumerate() {
        let later = drawn.get(at..).unwrap_or_default();
        let own = later.iter().position(|had| had.shows(call));
        let is_free = |had: &Drawn| !calls[at..].iter().any(|call| had.shows(call));
        match own.or_else(|| later.iter().position(is_free)) {
            Some(from) => drawn.swap(at, at + from),
            None => {
                let last = drawn.len();
                drawn.push(Drawn::new(rows, call, params)?);
                drawn.swap(at, last);
            }
        }
    }
    drawn.truncate(calls.len());
    Some(())
}

fn focused() -> Option<Element> {
    web_sys::window()?.document()?.active_element()
}

/// The call whose link has the focus.
fn held(scroller: &Node, drawn: &[Drawn]) -> Option<AttrValue> {
    let focused = focused()?;
    // Most often it is none of these: that is one question, not one for each.
    scroller.contains(Some(&focused)).then_some(())?;
    drawn.iter().find(|drawn| drawn.link == focused).map(|drawn| drawn.row.id.clone())
}

/// A row in the page. It shows its call for as long as that is in view, then
/// another one.
struct Drawn {
    row: Rc<CallRow>,
    /// Which one it was of all when the list settled.
    index: usize,
    /// Its upper edge, in px.
    top: i32,
    element: HtmlElement,
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
    /// Makes a row that is the last one in the page.
    fn new(rows: &HtmlElement, row: &Rc<CallRow>, params: &Params) -> Option<Drawn> {
        let make = Make::new()?;
        let element: HtmlElement = make.child(rows, "div", "")?.unchecked_into();
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
        let (index, top) = (usize::MAX, i32::MIN);
        let drawn = Drawn { row, index, top, element, state, ticking, link, direction, texts };
        drawn.write_id(params);
        drawn.write_state();
        drawn.write_direction();
        for (node, text) in drawn.texts.iter().zip(texts_of(&drawn.row)) {
            node.set_node_value(Some(text));
        }
        Some(drawn)
    }

    /// Whether it is the row of this call.
    fn shows(&self, row: &Rc<CallRow>) -> bool {
        Rc::ptr_eq(&self.row, row) || self.row.id == row.id
    }

    /// Says which one it is of all.
    fn number(&mut self, index: usize) {
        if std::mem::replace(&mut self.index, index) != index {
            set(&self.element, "aria-rowindex", &(index + 2).to_string());
        }
    }

    /// Puts it where it is seen. To move it there in the page would make the
    /// browser lay out and paint it anew, and all below it.
    fn put(&mut self, index: usize, row_px: i32, shifts: &Shifts) {
        let top = index as i32 * row_px;
        if std::mem::replace(&mut self.top, top) != top {
            shifts.put(&self.element, index, row_px);
        }
    }

    /// Writes what differs.
    fn write(&mut self, row: &Rc<CallRow>, params: &Params) {
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
