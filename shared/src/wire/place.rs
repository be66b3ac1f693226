//! Where somebody who follows `/api/live` is in its numbers.

use super::{Entry, Seq};

/// The numbering, and the number reached.
#[derive(Clone, Debug, Default, Eq, PartialEq)]
pub struct Place {
    epoch: String,
    seq: Seq,
}

impl Place {
    /// A snapshot says where it is.
    pub fn begin(&mut self, epoch: String, seq: Seq) {
        *self = Place { epoch, seq };
    }

    /// What is new of the documents of a message, which are those after
    /// `since` up to `seq`; of what was told already nothing is, as it would
    /// be a step back. `None`: a number is missing. Then nothing may be
    /// folded in, and a snapshot must come next.
    pub fn follow(&mut self, since: Seq, seq: Seq, documents: Vec<Entry>) -> Option<Vec<Entry>> {
        if since > self.seq {
            self.forget();
            return None;
        }
        let is_new = seq > self.seq;
        self.seq = self.seq.max(seq);
        Some(if is_new { documents } else { Vec::new() })
    }

    /// Where to go on after a break; `None`: with a snapshot.
    pub fn resume(&self) -> Option<(&str, u64)> {
        (!self.epoch.is_empty()).then_some((&*self.epoch, self.seq.0))
    }

    /// Forgets where it was, so that the next message is a snapshot.
    pub fn forget(&mut self) {
        self.epoch.clear();
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::Stream;

    fn documents() -> Vec<Entry> {
        vec![Entry { stream: Stream::Calls, leg: 0, doc: Box::default() }]
    }

    #[test]
    fn what_follows_is_news_and_what_was_told_is_not() {
        let mut place = Place::default();
        assert_eq!(place.resume(), None);
        place.begin("e".into(), Seq(4));
        assert_eq!(place.follow(Seq(4), Seq(6), documents()), Some(documents()));
        assert_eq!(place.resume(), Some(("e", 6)));
        assert_eq!(place.follow(Seq(3), Seq(5), documents()), Some(vec![]));
        assert_eq!(place.follow(Seq(5), Seq(7), documents()), Some(documents()));
        assert_eq!(place.resume(), Some(("e", 7)));
    }

    #[test]
    fn a_missing_number_asks_for_a_snapshot() {
        let mut place = Place::default();
        place.begin("e".into(), Seq(4));
        assert_eq!(place.follow(Seq(5), Seq(6), documents()), None);
        assert_eq!(place.resume(), None);
    }
}
