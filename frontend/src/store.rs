//! What this tab knows: the board, folded from messages.

use std::cell::RefCell;

use callboard_shared::figures::metrics::Settings;
use callboard_shared::wire::{Place, ServerMessage, Status};
use callboard_shared::{Board, CallId, UnixMs};

use crate::day::Day;

/// Calls that are remembered one by one as moved: some frames' worth under the
/// greatest load.
const MANY_MOVED: usize = 2_000;

/// Board and streams as of the newest message.
#[derive(Debug, Default)]
pub(crate) struct Store {
    /// The board.
    pub(crate) board: Board,
    /// The upstream's streams.
    pub(crate) status: Status,
    /// What counts as in time, and as short.
    pub(crate) settings: Settings,
    /// The day so far, in bars.
    pub(crate) day: Day,
    /// Calls that are new, elsewhere or gone since a list of them was made.
    pub(crate) moved: RefCell<Moved>,
    /// The proxy's clock in the newest message.
    pub(crate) heard: Option<UnixMs>,
    /// The build that the page came with.
    build: Option<String>,
    /// Messages since the proxy has had another page.
    outdated: u32,
    place: Place,
}

/// Calls that have moved.
#[derive(Debug, Default, Eq, PartialEq)]
pub(crate) enum Moved {
    /// Any of them may have.
    #[default]
    All,
    /// These.
    Only(Vec<CallId>),
}

impl Moved {
    /// Takes more of them in. Where nobody asks, as while no list is shown, or
    /// one that stands still, it is soon all of them.
    fn note(&mut self, ids: Vec<CallId>) {
        if let Moved::Only(known) = self {
            known.extend(ids);
            if known.len() > MANY_MOVED {
                *self = Moved::All;
            }
        }
    }
}

/// What a message asks for.
#[derive(Clone, Copy, Debug, Eq, PartialEq)]
pub(crate) enum Next {
    /// Draw.
    Draw,
    /// A number is missing: connect anew.
    Reconnect,
    /// The proxy has another page now.
    Reload,
}

impl Store {
    /// Where to go on after a break: epoch and number.
    pub(crate) fn resume(&self) -> Option<(&str, u64)> {
        self.place.resume()
    }

    /// Forgets where it was, so that the next message is a snapshot.
    pub(crate) fn forget(&mut self) {
        self.place.forget();
    }

    /// Folds a message in.
    pub(crate) fn take(&mut self, message: ServerMessage) -> Next {
        match message {
            ServerMessage::Snapshot { epoch, seq, now, board, status, settings } => {
                self.heard = Some(now);
                self.settings = settings;
                self.status = status;
                self.board = board;
                self.moved.replace(Moved::All);
                self.place.begin(epoch, seq);
                Next::Draw
            }
            ServerMessage::Documents { since, seq, now, documents, expired } => {
                self.heard = Some(now);
                let Some(news) = self.place.follow(since, seq, documents) else {
                    return Next::Reconnect;
                };
                let moved = self.status.fold(&mut self.board, news, expired, now);
                self.moved.borrow_mut().note(moved);
                Next::Draw
            }
            ServerMessage::Status { now, build, status } => {
                self.heard = Some(now);
                self.status = status;
                match &self.build {
                    Some(known) if *known != build => {
                        // At a quiet moment, or after five minutes without one.
                        self.outdated += 1;
                        let is_quiet =
                            self.board.calls.values().all(|call| call.phase.waiting_in().is_none());
                        if is_quiet || self.outdated > 150 { Next::Reload } else { Next::Draw }
                    }
                    Some(_) => Next::Draw,
                    None => {
                        self.build = Some(build);
                        Next::Draw
                    }
                }
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use callboard_shared::wire::{Entry, Seq};
    use callboard_shared::{Document, Stream};

    use super::*;

    fn documents(since: u64, seq: u64, id: &str) -> ServerMessage {
        let doc = Document { id_call: id.into(), active: Some(true), ..Document::default() };
        ServerMessage::Documents {
            since: Seq(since),
            seq: Seq(seq),
            now: UnixMs(9),
            documents: vec![Entry { stream: Stream::Calls, leg: 0, doc: Box::new(doc) }],
            expired: vec![],
        }
    }

    fn snapshot(seq: u64) -> ServerMessage {
        ServerMessage::Snapshot {
            epoch: "e".into(),
            seq: Seq(seq),
            now: UnixMs(7),
            board: Board::default(),
            status: Status::default(),
            settings: Settings::default(),
        }
    }

    #[test]
    fn documents_follow_the_snapshot() {
        let mut store = Store::default();
        assert_eq!(store.resume(), None);
        assert_eq!(store.take(snapshot(4)), Next::Draw);
        assert_eq!(store.take(documents(4, 5, "a")), Next::Draw);
        assert_eq!(store.resume(), Some(("e", 5)));
        assert!(store.board.calls.contains_key("a"));
        // What was known already is no step back.
        assert_eq!(store.take(documents(3, 4, "a")), Next::Draw);
        assert_eq!(store.resume(), Some(("e", 5)));
    }

    #[test]
    fn what_nobody_asks_for_is_not_kept_without_end() {
        let mut store = Store::default();
        store.take(snapshot(0));
        store.moved.replace(Moved::Only(vec![]));
        store.take(documents(0, 1, "0"));
        assert_eq!(*store.moved.borrow(), Moved::Only(vec!["0".into()]));
        // What stays where it is, is none of them.
        store.take(documents(1, 2, "0"));
        assert_eq!(*store.moved.borrow(), Moved::Only(vec!["0".into()]));
        for seq in 2..=MANY_MOVED as u64 + 1 {
            store.take(documents(seq, seq + 1, &seq.to_string()));
        }
        assert_eq!(*store.moved.borrow(), Moved::All);
    }

    #[test]
    fn a_missing_number_is_noticed() {
        let mut store = Store::default();
        store.take(snapshot(4));
        assert_eq!(store.take(documents(5, 6, "a")), Next::Reconnect);
        assert!(store.board.calls.is_empty());
    }

    #[test]
    fn another_build_asks_for_a_reload() {
        let status = |build: &str| ServerMessage::Status {
            now: UnixMs(1),
            build: build.into(),
            status: Status::default(),
        };
        let mut store = Store::default();
        assert_eq!(store.take(status("1")), Next::Draw);
        assert_eq!(store.take(status("1")), Next::Draw);
        assert_eq!(store.take(status("2")), Next::Reload);
    }
}
