//! Nodes made and written beside the virtual DOM.

use web_sys::{Document, Element, Node};

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
