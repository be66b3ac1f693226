//! The part of a long list that exists: what is in view, and some rows around
//! it. The rest is room.

use wasm_bindgen::JsCast as _;
use wasm_bindgen::closure::Closure;
use web_sys::{Element, HtmlElement};
use yew::Callback;

/// Rows drawn above and below the part in view.
const SPARE_ROWS: usize = 6;
/// Until something has been measured: a screenful, in px.
const SCREEN_PX: i32 = 1_200;
/// So much of a list is printed, in px: five hundred calls.
const PRINTED_PX: i32 = 20_000;

/// Where a box is scrolled to, and how its items lie in it. In px.
#[derive(Clone, Copy, Debug, PartialEq)]
pub(crate) struct Place {
    top: i32,
    height: i32,
    /// From one row to the next.
    row: i32,
    /// Items side by side.
    columns: usize,
}

impl Place {
    /// Before anything has been measured, with rows of this height.
    pub(crate) fn unknown(row: i32, columns: usize) -> Place {
        Place { top: 0, height: SCREEN_PX, row, columns }
    }

    /// For a printer: as if the box were as high as can be.
    pub(crate) fn printed(self) -> Place {
        Place { top: 0, height: PRINTED_PX, ..self }
    }

    /// Looks at a box whose rows are all as high as the first, or as `row`
    /// while there is none.
    pub(crate) fn of_rows(scroller: &HtmlElement, rows: &HtmlElement, row: i32) -> Place {
        let first = rows.first_element_child().and_then(|first| first.dyn_into().ok());
        let row = first.map_or(row, |first: HtmlElement| first.offset_height());
        let (top, height) = (scroller.scroll_top(), scroller.client_height());
        Place { top, height, row: row.max(1), columns: 1 }
    }

    /// Looks at a box whose items are all like the first.
    pub(crate) fn of_items(scroller: &HtmlElement, items: &Element, gap: i32) -> Option<Place> {
        let first = items.first_element_child()?.dyn_into::<HtmlElement>().ok()?;
        let (row, width) = (first.offset_height() + gap, first.offset_width() + gap);
        let columns = usize::try_from((items.client_width() + gap) / width.max(1)).unwrap_or(1);
        let (top, height) = (scroller.scroll_top(), scroller.client_height());
        Some(Place { top, height, row: row.max(1), columns: columns.max(1) })
    }

    /// Where a row begins, in px.
    pub(crate) fn row_px(self, index: usize) -> i32 {
        index as i32 * self.row
    }

    /// What is in view of `len` items.
    pub(crate) fn window(self, len: usize) -> Window {
        let rows = |px: i32| usize::try_from(px / self.row).unwrap_or(0);
        let (top, reach) = (rows(self.top), rows(self.height) + 1 + SPARE_ROWS);
        let all = len.div_ceil(self.columns);
        let first = top.saturating_sub(SPARE_ROWS).min(all.saturating_sub(reach));
        let before = first * self.columns;
        Window {
            first: before,
            count: ((top + reach) * self.columns).min(len) - before,
            before_px: self.row_px(first),
            height_px: self.row_px(all - first),
        }
    }
}

/// The items from `first`, `count` of them, and their room.
#[derive(Clone, Copy, Debug, PartialEq)]
pub(crate) struct Window {
    pub(crate) first: usize,
    pub(crate) count: usize,
    /// Above them.
    before_px: i32,
    /// Theirs, and below them.
    height_px: i32,
}

impl Window {
    /// Gives the box of the items its full height, and the items their place.
    pub(crate) fn give_room(self, items: &HtmlElement) {
        give(items, "height", self.height_px);
        give(items, "padding-top", self.before_px);
    }

    /// Gives the box its full height, where items have places of their own.
    pub(crate) fn give_height(self, items: &HtmlElement) {
        give(items, "height", self.before_px + self.height_px);
    }
}

/// By script, as the page's policy allows no inline style.
fn give(items: &HtmlElement, property: &str, px: i32) {
    // Known properties with plain lengths cannot fail.
    let _ = items.style().set_property(property, &[&*px.to_string(), "px"].concat());
}

/// An event of the window that is heard until this is dropped.
pub(crate) struct Heard(&'static str, Closure<dyn Fn()>);

/// Hears an event of the window.
fn heard(name: &'static str, act: impl Fn() + 'static) -> Heard {
    let heard = Heard(name, Closure::new(act));
    if let Some(window) = web_sys::window() {
        // A known event on a known target cannot fail.
        let _ = window.add_event_listener_with_callback(name, heard.1.as_ref().unchecked_ref());
    }
    heard
}

/// Draws a list in whole for a printer by `print`, and as it is measured after
/// that, until what is returned is dropped.
pub(crate) fn around_print(print: impl Fn() + 'static, measure: Callback<()>) -> [Heard; 2] {
    [heard("beforeprint", print), heard("afterprint", move || measure.emit(()))]
}

impl Drop for Heard {
    fn drop(&mut self) {
        if let Some(window) = web_sys::window() {
            let function = self.1.as_ref().unchecked_ref();
            let _ = window.remove_event_listener_with_callback(self.0, function);
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn window(top: i32, height: i32, columns: usize, len: usize) -> (usize, usize) {
        let Window { first, count, .. } = Place { top, height, row: 40, columns }.window(len);
        (first, count)
    }

    #[test]
    fn only_rows_in_view_and_some_spare_ones_are_drawn() {
        assert_eq!(window(0, 400, 1, 3), (0, 3));
        assert_eq!(window(0, 400, 1, 5_000), (0, 17));
        assert_eq!(window(40 * 100, 400, 1, 5_000), (94, 23));
        // At the end there is nothing after it.
        assert_eq!(window(40 * 4_990, 400, 1, 5_000), (4_983, 17));
        // The list became shorter than the place it was scrolled to.
        assert_eq!(window(40 * 100, 400, 1, 50), (33, 17));
        assert_eq!(window(0, 400, 1, 0), (0, 0));
    }

    #[test]
    fn items_side_by_side_share_a_row() {
        assert_eq!(window(0, 400, 3, 400), (0, 51));
        assert_eq!(window(40 * 100, 400, 3, 400), (282, 69));
        // The last row is not full.
        assert_eq!(window(40 * 130, 400, 3, 400), (351, 49));
        let all = Place { top: 0, height: 400, row: 40, columns: 3 }.window(400);
        assert_eq!((all.before_px, all.height_px), (0, 40 * 134));
    }
}
