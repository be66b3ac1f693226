//! One proxy's board, folded from the messages of its socket.

use callboard_shared::figures::metrics::Settings;
use callboard_shared::glance::Glance;
use callboard_shared::wire::{self, Place, ServerMessage, Status};
use callboard_shared::{Board, QueueKey, UnixMs};
use wasm_bindgen::prelude::wasm_bindgen;

/// What [`Client::take`] asks for: draw.
const DRAW: u32 = 0;
/// A number is missing, or the proxy speaks another version: connect anew.
const RECONNECT: u32 = 1;

/// Board and streams as of the newest message.
#[wasm_bindgen]
#[derive(Default)]
pub struct Client {
    board: Board,
    status: Status,
    settings: Settings,
    heard: UnixMs,
    place: Place,
}

#[wasm_bindgen]
impl Client {
    /// Knows nothing yet.
    #[wasm_bindgen(constructor)]
    #[must_use]
    pub fn new() -> Client {
        Client::default()
    }

    /// Folds in a message as the socket had it; 0: draw, 1: connect anew.
    pub fn take(&mut self, text: &str) -> u32 {
        let Ok(message) = wire::read(text) else {
            self.place.forget();
            return RECONNECT;
        };
        match message {
            ServerMessage::Snapshot { epoch, seq, now, board, status, settings } => {
                self.place.begin(epoch, seq);
                self.heard = now;
                (self.board, self.status, self.settings) = (board, status, settings);
            }
            ServerMessage::Documents { since, seq, now, documents, expired } => {
                self.heard = now;
                let Some(news) = self.place.follow(since, seq, documents) else {
                    return RECONNECT;
                };
                self.status.fold(&mut self.board, news, expired, now);
            }
            ServerMessage::Status { now, status, .. } => {
                self.heard = now;
                self.status = status;
            }
        }
        DRAW
    }

    /// The query of the next socket's address: where to go on.
    #[must_use]
    pub fn resume(&self) -> String {
        let at = self.place.resume();
        at.map_or_else(String::new, |(epoch, seq)| format!("?epoch={epoch}&seq={seq}"))
    }

    /// The proxy's clock in the newest message, in ms.
    #[must_use]
    pub fn heard(&self) -> f64 {
        self.heard.0 as f64
    }

    /// The board at a glance as JSON, at `now` by the proxy's clock, in ms; of
    /// the queues only these, with commas between, empty: all.
    #[must_use]
    pub fn glance(&self, queues: &str, now: f64) -> String {
        let names = queues.split(',').map(str::trim).filter(|name| !name.is_empty());
        let queues: Vec<_> = names.map(QueueKey::from).collect();
        let now = UnixMs(now as i64);
        let glance = Glance::of(&self.board, &self.settings, &self.status, &queues, now);
        serde_json::to_string(&glance).unwrap_or_default()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_message_of_another_version_asks_for_a_new_connection() {
        let mut client = Client::new();
        assert_eq!(client.take("{}"), RECONNECT);
        assert_eq!(client.resume(), "");
        assert!(client.glance("", 1.0).starts_with("{\"now\":1,"));
    }
}
