//! A viewer's task: what comes first, then everything else, until one side
//! goes away.
//!
//! While there is nothing to do but to pass on what comes, the task parks and
//! the channel's loop writes in its place (`hub::fanout`). A stream with TLS
//! cannot be lent: its task wakes for every message.

use std::convert::Infallible;
use std::io;
use std::sync::Arc;
use std::time::Duration;

use callboard_shared::wire::close;
use tokio::net::TcpStream;
use tokio::time::Instant;

use super::incoming::{Heard, Incoming};
use super::{Goodbye, Viewer, outgoing};
use crate::hub::Pull;
use crate::hub::channel::STOPPING;
use crate::hub::fanout::{Membership, Turn};
use crate::hub::frame::{Frame, Opcode};
use crate::hub::outbox::Outbox;
use crate::server::connection::Stream;

/// A viewer that takes nothing for this long is closed.
const WRITE_LIMIT: Duration = Duration::from_secs(10);
/// A client may send so many messages a second.
const MESSAGES_PER_S: u32 = 5;
/// And so many pings and pongs.
const PINGS_PER_S: u32 = 10;
/// A stream with nothing to say sends a ping, so that nobody on the way takes
/// it for dead.
const PING_EVERY: Duration = Duration::from_secs(25);
/// Viewers are told to come back after a delay of their own, up to this, so
/// that a restart does not bring all of them at once.
const COME_BACK_WITHIN_MS: u32 = 5_000;

/// One viewer and the way to it.
pub(super) struct Conversation<V> {
    stream: Stream,
    /// The same, for the loop; `None` with TLS.
    lent: Option<Arc<TcpStream>>,
    /// The place in the loop of the channel that is listened to.
    membership: Option<Membership>,
    incoming: Incoming,
    deflate: bool,
    viewer: V,
    out: Outbox,
    pace: Pace,
    checked: Instant,
    /// When something was written last.
    written: Instant,
}

/// Counts what a client sends by the second.
struct Pace {
    second: Instant,
    messages: u32,
    pings: u32,
}

impl Pace {
    fn new() -> Pace {
        Pace { second: Instant::now(), messages: 0, pings: 0 }
    }

    fn allows(&mut self, heard: &Heard) -> bool {
        if self.second.elapsed() >= Duration::from_secs(1) {
            *self = Pace::new();
        }
        match heard {
            Heard::Text(_) | Heard::Binary => self.messages += 1,
            _ => self.pings += 1,
        }
        self.messages <= MESSAGES_PER_S && self.pings <= PINGS_PER_S
    }
}

impl<V: Viewer> Conversation<V> {
    pub(super) fn new(
        stream: Stream,
        incoming: Incoming,
        deflate: bool,
        mut viewer: V,
    ) -> Conversation<V> {
        let out = std::mem::take(&mut viewer.subscription().first).into();
        let (lent, pace) = (stream.lend(), Pace::new());
        let (checked, written) = (pace.second, pace.second);
        Conversation {
            stream,
            lent,
            membership: None,
            incoming,
            deflate,
            viewer,
            out,
            pace,
            checked,
            written,
        }
    }

    /// Gives the stream back, and what is not written.
    pub(super) fn end(self) -> (Stream, Outbox) {
        (self.stream, self.out)
    }

    /// Serves the viewer until there is a reason not to.
    pub(super) async fn run(&mut self) -> Result<Infallible, Goodbye> {
        loop {
            let wrote = !self.out.is_empty();
            if wrote {
                outgoing::write(&mut self.stream, &mut self.out, self.deflate, WRITE_LIMIT).await?;
            }
            self.next().await?;
            // One look at the clock for all that depends on it: it costs as
            // much as most of what happens here for a message.
            let now = Instant::now();
            if wrote {
                self.written = now;
            }
            if now - self.checked >= Duration::from_secs(1) {
                self.checked = now;
                self.viewer.check()?;
            }
            if self.out.is_empty() && now - self.written >= PING_EVERY {
                self.out.end().push(Frame::new(Opcode::Ping, b""));
            }
        }
    }

    /// Waits for something to send, for something to hear, or for a moment's
    /// peace.
    async fn next(&mut self) -> Result<(), Goodbye> {
        let mut waited = false;
        loop {
            self.pull()?;
            // Heard while waiting: who keeps up costs one attempt per message.
            if waited {
                return Ok(());
            }
            let has_more = !self.out.is_empty();
            let heard = if has_more {
                tokio::select! {
                    biased;
                    heard = self.incoming.next(&mut self.stream) => Some(heard),
                    () = std::future::ready(()) => None,
                }
            } else {
                self.wait().await
            };
            match heard {
                Some(heard) => return self.hear(heard),
                None if has_more => return Ok(()),
                None => waited = true,
            }
        }
    }

    /// Takes what is new, unless something is still to be written: a viewer
    /// that stalls shall not hold on to both.
    fn pull(&mut self) -> Result<(), Goodbye> {
        let subscription = self.viewer.subscription();
        let head = *subscription.news.borrow_and_update();
        if head == STOPPING {
            let delay_ms = rand::random_range(0..COME_BACK_WITHIN_MS);
            return Err(Goodbye::Because(close::STOPPING, delay_ms.to_string()));
        }
        if self.out.is_empty()
            && subscription.cursor < head
            && let Pull::Fallen = subscription.pull(self.out.end())
        {
            self.viewer.begin_anew()?;
            self.out.end().append(&mut self.viewer.subscription().first);
        }
        Ok(())
    }

    /// Waits until the viewer says something, or `None`: there is something
    /// to do for it.
    async fn wait(&mut self) -> Option<io::Result<Heard>> {
        let subscription = self.viewer.subscription();
        let heard = self.incoming.next(&mut self.stream);
        let Some(lent) = &self.lent else {
            return tokio::select! {
                biased;
                heard = heard => Some(heard),
                // An error means that the channel is gone, which the hub outlives.
                _ = subscription.news.changed() => None,
            };
        };
        let channel = &subscription.channel;
        self.membership.take_if(|membership| !membership.is_of(channel));
        let membership = self.membership.get_or_insert_with(|| Membership::join(channel));
        let cursor = subscription.cursor;
        let turn = Turn { cursor, rest: Outbox::default(), written: self.written };
        membership.park(lent, self.deflate, turn, self.checked);
        // What came before the loop knew of us.
        let is_behind = cursor < *subscription.news.borrow();
        let heard = tokio::select! {
            biased;
            heard = heard => Some(heard),
            () = std::future::ready(()), if is_behind => None,
            () = membership.called() => None,
        };
        if let Some(turn) = membership.take_back() {
            subscription.cursor = turn.cursor;
            (self.out, self.written) = (turn.rest, turn.written);
        }
        heard
    }

    fn hear(&mut self, heard: io::Result<Heard>) -> Result<(), Goodbye> {
        let heard = heard.map_err(|_| Goodbye::Gone)?;
        if !self.pace.allows(&heard) {
            return Err(Goodbye::because(close::POLICY, "too many messages a second"));
        }
        match heard {
            Heard::Text(text) => {
                self.viewer.hear(&text)?;
                self.out.end().append(&mut self.viewer.subscription().first);
                Ok(())
            }
            Heard::Binary => Err(Goodbye::because(close::POLICY, "no client may send this")),
            Heard::Ping(payload) => {
                self.out.end().push(Frame::new(Opcode::Pong, &payload));
                Ok(())
            }
            Heard::Pong => Ok(()),
            Heard::Close(_) => Err(Goodbye::Closed),
            Heard::Broken(code) => Err(Goodbye::because(code, "this breaks the protocol")),
        }
    }
}
