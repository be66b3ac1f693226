//! Nodes made and written beside the virtual DOM.

use std::cell::RefCell;

use js_sys::JsString;
use wasm_bindgen::JsCast as _;
use wasm_bindgen::prelude::wasm_bindgen;
use web_sys::{Document, Element, HtmlElement, Node};

/// What is seen is read out in these words. An element of its own for them, in
/// each row, cost as much to lay out and paint as the row itself.
pub(super) fn read_as(element: &Element, words: &str) {
    for (name, value) in [("role", "img"), ("aria-label", words)] {
        if words.is_empty() {
            // Known names are always allowed.
            let _ = element.remove_attribute(name);
        } else {
            set(element, name, value);
        }
    }
}

/// Sets an attribute.
pub(super) fn set(element: &Element, name: &str, value: &str) {
    // Known names are always allowed.
    let _ = element.set_attribute(name, value);
}

#[wasm_bindgen]
extern "C" {
    /// A style that takes a text as the browser has it.
    type Style;

    #[wasm_bindgen(method, setter)]
    fn set_transform(this: &Style, value: &JsString);
}

/// Puts elements where rows are. The words for it are kept as the browser has
/// them: to hand them over costs as much as to move.
#[derive(Default)]
pub(super) struct Shifts {
    /// Height of a row, and the words for each.
    words: RefCell<(i32, Vec<Option<JsString>>)>,
}

impl Shifts {
    /// Puts an element where row `index` is, with rows of `row_px`.
    pub(super) fn put(&self, element: &HtmlElement, index: usize, row_px: i32) {
        let mut words = self.words.borrow_mut();
        if words.0 != row_px {
            *words = (row_px, Vec::new());
        }
        if words.1.len() <= index {
            words.1.resize(index + 1, None);
        }
        let top = || ["translateY(", &(index as i32 * row_px).to_string(), "px)"].concat().into();
        let word = words.1[index].get_or_insert_with(top);
        element.style().unchecked_ref::<Style>().set_transform(word);
    }
}

/// Makes nodes.
pub(super) struct Make(Document);

impl Make {
    pub(super) fn new() -> Option<Make> {
        Some(Make(web_sys::window()?.document()?))
    }

    /// An element at the end of another one.
    pub(super) fn child(&self, parent: &Element, tag: &str, class: &str) -> Option<Element> {
        let child = self.0.create_element(tag).ok()?;
        if !class.is_empty() {
            set(&child, "class", class);
        }
        parent.append_child(&child).ok()?;
        Some(child)
    }

    pub(super) fn span(&self, parent: &Element, class: &str) -> Option<Element> {
        self.child(parent, "span", class)
    }

    pub(super) fn text(&self, parent: &Element, text: &str) -> Option<Node> {
        parent.append_child(&self.0.create_text_node(text)).ok()
    }

    /// What is seen and not read out.
    pub(super) fn sign(&self, parent: &Element, class: &str, text: &str) -> Option<Node> {
        let sign = self.span(parent, class)?;
        set(&sign, "aria-hidden", "true");
        self.text(&sign, text)
    }
}
