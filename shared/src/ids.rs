//! What things are told apart by. All are opaque: the upstream writes ids as
//! numbers here and as strings there, and they are unique only per kind.

use std::borrow::Borrow;
use std::fmt;

use serde::{Deserialize, Serialize};

use crate::text::Text;

macro_rules! key {
    ($(#[$doc:meta])* $name:ident) => {
        $(#[$doc])*
        #[derive(Clone, Debug, Default, Eq, Hash, Ord, PartialEq, PartialOrd, Serialize, Deserialize)]
        #[serde(transparent)]
        pub struct $name(pub Text);

        impl $name {
            /// The key as text.
            pub fn as_str(&self) -> &str {
                &self.0
            }
        }

        impl Borrow<str> for $name {
            fn borrow(&self) -> &str {
                &self.0
            }
        }

        impl From<Text> for $name {
            fn from(text: Text) -> Self {
                $name(text)
            }
        }

        impl From<String> for $name {
            fn from(text: String) -> Self {
                $name(text.into())
            }
        }

        impl From<&str> for $name {
            fn from(text: &str) -> Self {
                $name(text.into())
            }
        }

        impl fmt::Display for $name {
            fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
                f.write_str(&self.0)
            }
        }
    };
}

key! {
    /// `id_call`: one call through all its queues and transfers.
    CallId
}
key! {
    /// A queue: its id, else its name.
    QueueKey
}
key! {
    /// An agent: the id, else the phone, else the name.
    AgentKey
}
