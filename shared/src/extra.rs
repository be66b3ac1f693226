//! What is not in the playbook. The proxy keeps it; a page, which shows none of
//! it, has a place for it that holds nothing: it would be a kilobyte of each
//! call, and the code for it a hundredth of the page.

#[cfg(not(target_arch = "wasm32"))]
mod kept {
    /// Unknown fields by their path, as they came.
    pub type Extra = serde_json::Map<String, Unknown>;

    /// An unknown value.
    pub(crate) type Unknown = serde_json::Value;

    /// Keeps an unknown field.
    pub(crate) fn keep(extra: &mut Extra, path: impl Into<String>, value: Unknown) {
        extra.insert(path.into(), value);
    }
}

#[cfg(target_arch = "wasm32")]
mod kept {
    /// Unknown fields: none.
    #[derive(Clone, Debug, Default, PartialEq, serde::Serialize)]
    pub struct Extra;

    /// An unknown value, read over.
    pub(crate) type Unknown = serde::de::IgnoredAny;

    /// Keeps no field.
    pub(crate) fn keep(_: &mut Extra, _: impl Into<String>, _: Unknown) {}

    impl Extra {
        pub(crate) fn new() -> Extra {
            Extra
        }

        pub(crate) fn is_empty(&self) -> bool {
            true
        }

        pub(crate) fn clear(&mut self) {}

        pub(crate) fn get(&self, _: &str) -> Option<&Unknown> {
            None
        }

        pub(crate) fn insert<T>(&mut self, _: String, _: T) {}
    }

    impl IntoIterator for Extra {
        type Item = (String, Unknown);
        type IntoIter = std::iter::Empty<Self::Item>;

        fn into_iter(self) -> Self::IntoIter {
            std::iter::empty()
        }
    }
}

pub use kept::Extra;
pub(crate) use kept::{Unknown, keep};
