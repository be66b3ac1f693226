//! The upstream that all peers listen to: documents about some calls.

use std::ops::Deref;

use crate::document::document;

/// A [`support::Feed`] that knows what to say.
pub(crate) struct Feed {
    feed: support::Feed,
    calls: u64,
}

impl Feed {
    /// Starts one whose documents are about so many calls.
    pub(crate) fn start(calls: u64) -> Feed {
        Feed { feed: support::Feed::start(), calls }
    }

    /// Publishes the next document; its number.
    pub(crate) fn publish(&mut self) -> u64 {
        let nth = self.feed.next();
        self.feed.publish(document(nth, self.calls))
    }
}

impl Deref for Feed {
    type Target = support::Feed;

    fn deref(&self) -> &support::Feed {
        &self.feed
    }
}
