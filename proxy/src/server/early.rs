//! What the upstream sends before there is a board: kept, and handed on when
//! today's has been read from the store. Nothing is missed by a restart but
//! what came while there was no process.

use std::sync::{Arc, Mutex, OnceLock, PoisonError};

use callboard_shared::Stream;
use callboard_shared::wire::StreamState;

use crate::hub::Hub;
use crate::upstream::{Frame, Sink};

/// Kept at most, in bytes: minutes of a large customer's day.
const BYTES: usize = 64 * 1024 * 1024;

/// The hub, or what it will get.
#[derive(Default)]
pub(super) struct Early {
    hub: OnceLock<Arc<Hub>>,
    waiting: Mutex<Waiting>,
}

#[derive(Default)]
struct Waiting {
    events: Vec<(Stream, Event)>,
    bytes: usize,
    left_out: u64,
}

enum Event {
    Frames(Vec<Frame>),
    State(StreamState),
}

impl Early {
    /// Hands on what has come, and from now on everything as it comes.
    pub(super) fn open(&self, hub: Arc<Hub>) {
        let mut waiting = self.waiting.lock().unwrap_or_else(PoisonError::into_inner);
        for (stream, event) in std::mem::take(&mut waiting.events) {
            hand_on(&hub, stream, event);
        }
        if waiting.left_out > 0 {
            let frames = waiting.left_out;
            tracing::error!(frames, "more came than could be kept before the board was there");
        }
        // Under the lock: whoever waits for it comes after what was kept.
        let _ = self.hub.set(hub);
    }

    fn take(&self, stream: Stream, event: Event) {
        if let Some(hub) = self.hub.get() {
            return hand_on(hub, stream, event);
        }
        let mut waiting = self.waiting.lock().unwrap_or_else(PoisonError::into_inner);
        if let Some(hub) = self.hub.get() {
            return hand_on(hub, stream, event);
        }
        let (frames, bytes) = match &event {
            Event::Frames(frames) => {
                (frames.len() as u64, frames.iter().map(|frame| frame.bytes.len()).sum())
            }
            Event::State(_) => (0, 0),
        };
        if waiting.bytes + bytes > BYTES {
            waiting.left_out += frames;
            return;
        }
        waiting.bytes += bytes;
        waiting.events.push((stream, event));
    }
}

fn hand_on(hub: &Hub, stream: Stream, event: Event) {
    match event {
        Event::Frames(frames) => hub.receive(stream, &frames),
        Event::State(state) => hub.stream_state(stream, state),
    }
}

impl Sink for Early {
    fn receive(&self, stream: Stream, frames: Vec<Frame>) {
        self.take(stream, Event::Frames(frames));
    }

    fn state(&self, stream: Stream, state: StreamState) {
        self.take(stream, Event::State(state));
    }
}

#[cfg(test)]
mod tests {
    use callboard_shared::{Board, UnixMs};

    use super::*;
    use crate::hub::Reading;
    use crate::store::rebuild::Rebuilt;
    use crate::store::{Place, Store};
    use crate::telemetry::Counters;

    fn hub() -> Arc<Hub> {
        let store = Store::open(&Place::Memory, 2).unwrap();
        let rebuilt = Rebuilt {
            board: Board::new(UnixMs(0)).with_ledger(),
            seq: callboard_shared::wire::Seq(0),
            epoch: "e".into(),
            clean: true,
            told: Vec::new(),
        };
        let counters = Arc::new(Counters::default());
        Arc::new(Hub::new("test".into(), Reading::default(), counters, store, rebuilt))
    }

    fn frame(id: usize) -> Frame {
        Frame { bytes: format!(r#"{{"id_call":"c{id}","active":1}}"#).into(), is_text: true }
    }

    #[test]
    fn what_came_early_is_there_and_so_is_what_comes_later() {
        let early = Early::default();
        early.state(Stream::Calls, StreamState::Live);
        early.receive(Stream::Calls, vec![frame(1)]);
        let hub = hub();
        early.open(Arc::clone(&hub));
        early.receive(Stream::Calls, vec![frame(2)]);
        assert_eq!(hub.read(|board| board.calls.len()), 2);
        assert_eq!(hub.status().calls.state, StreamState::Live);
    }

    #[test]
    fn nothing_is_lost_while_it_opens() {
        let (early, hub) = (Arc::new(Early::default()), hub());
        let sender = Arc::clone(&early);
        let sending = std::thread::spawn(move || {
            for id in 0..2_000 {
                sender.receive(Stream::Calls, vec![frame(id)]);
            }
        });
        early.open(Arc::clone(&hub));
        sending.join().unwrap();
        assert_eq!(hub.read(|board| board.calls.len()), 2_000);
    }

    #[test]
    fn it_is_bounded() {
        let early = Early::default();
        let bytes = axum::body::Bytes::from(vec![b' '; 1024 * 1024]);
        for _ in 0..100 {
            early.receive(Stream::Calls, vec![Frame { bytes: bytes.clone(), is_text: true }]);
        }
        let waiting = early.waiting.lock().unwrap();
        assert_eq!((waiting.events.len(), waiting.left_out), (64, 36));
    }
}
