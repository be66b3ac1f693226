//! What the first load of the page leaves to a second one: the views that are
//! rarely opened.
//!
//! The same sources are built twice. Without the feature `desk` this module is
//! a door: it asks for the larger build, which then takes the page over.

#[cfg(feature = "desk")]
pub(crate) use crate::desk::{Event, More};
#[cfg(not(feature = "desk"))]
pub(crate) use door::More;

#[cfg(not(feature = "desk"))]
mod door {
    use yew::Html;
    use yew::html::Scope;

    use crate::app::App;
    use crate::params::Params;
    use crate::store::Store;
    use crate::text::{T, t};
    use crate::view::{Look, View};

    /// The door to the larger build.
    pub(crate) struct More;

    /// A moment of the past; never here.
    pub(crate) enum Past {}

    impl std::ops::Deref for Past {
        type Target = PastStore;

        fn deref(&self) -> &PastStore {
            match *self {}
        }
    }

    /// What a moment of the past has.
    pub(crate) struct PastStore {
        pub(crate) store: Store,
    }

    impl PastStore {
        /// Never called, as there is none.
        pub(crate) fn look(&self, look: Look) -> Look {
            look
        }
    }

    impl More {
        pub(crate) fn new(params: &Params, _: &Scope<App>) -> More {
            if params.needs_more() {
                crate::takeover::ask();
            }
            More
        }

        pub(crate) fn moved(&mut self, params: &Params, _: &Scope<App>) {
            if params.needs_more() {
                crate::takeover::ask();
            }
        }

        pub(crate) fn travels(&self) -> bool {
            false
        }

        pub(crate) fn past(&self) -> Option<&Past> {
            None
        }

        pub(crate) fn key(&mut self, _: &str, _: &Scope<App>) -> bool {
            false
        }

        pub(crate) fn bar(&self, _: &Params, _: &Scope<App>) -> Html {
            Html::default()
        }

        pub(crate) fn page(&self, _: &Params, _: &View) -> Html {
            yew::html! { <p class="empty">{ t(T::Loading) }</p> }
        }

        pub(crate) fn sign_in(&self, _: bool, _: &Scope<App>) -> Html {
            yew::html! { <p class="empty">{ t(T::Loading) }</p> }
        }

        pub(crate) fn over(&self, _: &Params, _: &View, _: &Store) -> Html {
            Html::default()
        }
    }
}
