//! One attempt, to see what happens: for `callboard probe`.

use std::time::Duration;

use callboard_shared::Stream;
use tokio::sync::mpsc;
use tokio::time::{sleep, timeout};

use super::{ConnectError, End, Frame, Upstream, connection};

/// How long a goodbye may take.
const GOODBYE_LIMIT: Duration = Duration::from_secs(1);

/// What happened on a stream that was open.
#[derive(Debug)]
pub enum First {
    /// A frame came.
    Frame(Frame),
    /// The upstream closed it with this code.
    Closed(u16),
    /// It broke off, in plain words.
    Lost(String),
    /// Nothing came in time.
    Silence,
}

/// Opens `stream`, waits for its first frame, and says goodbye.
///
/// # Errors
///
/// When it cannot be opened.
pub async fn attempt(
    stream: Stream,
    upstream: &Upstream,
    wait: Duration,
) -> Result<First, ConnectError> {
    let mut socket = connection::open(stream, upstream).await?;
    let (sender, mut frames) = mpsc::unbounded_channel();
    let first = tokio::select! {
        // A frame counts even if the connection ended right after it.
        biased;
        Some(frame) = frames.recv() => First::Frame(frame),
        end = connection::run(&mut socket, |came| {
            came.into_iter().for_each(|frame| drop(sender.send(frame)));
        }) => {
            match (frames.try_recv(), end) {
                (Ok(frame), _) => First::Frame(frame),
                (Err(_), End::Closed { code } | End::Refused { code }) => First::Closed(code),
                (Err(_), end) => First::Lost(end.to_string()),
            }
        }
        () = sleep(wait) => First::Silence,
    };
    // Whatever comes of it: a polite client says that it goes.
    let _ = timeout(GOODBYE_LIMIT, socket.close(None)).await;
    Ok(first)
}
