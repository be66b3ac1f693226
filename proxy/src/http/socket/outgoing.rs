//! Frames to the wire: all that wait in one system call.

use std::future::{Future as _, poll_fn};
use std::io::{self, IoSlice};
use std::pin::Pin;
use std::task::{Context, Poll, ready};
use std::time::Duration;

use tokio::io::AsyncWrite;
use tokio::time::{Sleep, sleep};

use crate::hub::outbox::Outbox;

/// Slices handed over at once.
const SLICES: usize = 64;

/// Why frames could not be written.
#[derive(Debug)]
pub(super) enum Unwritten {
    /// The other side is gone.
    Gone,
    /// It takes nothing.
    Stalled,
}

/// Writes the frames, each in the form that the viewer understands. It may
/// take as long as it likes, as long as it takes something every `patience`.
/// What cannot be written stays in `out`.
pub(super) async fn write<S: AsyncWrite + Unpin>(
    stream: &mut S,
    out: &mut Outbox,
    deflate: bool,
    patience: Duration,
) -> Result<(), Unwritten> {
    while !out.is_empty() {
        let write = |cx: &mut Context<'_>| poll_write(stream, cx, out, deflate);
        let written = patiently(patience, write).await?;
        if written == 0 {
            return Err(Unwritten::Gone);
        }
        out.advance(written, deflate);
    }
    // TLS keeps records back until it is told.
    patiently(patience, |cx| Pin::new(&mut *stream).poll_flush(cx)).await
}

/// Polls until it is done or `patience` is over. A timer costs more than the
/// write itself: only those that wait get one.
async fn patiently<T>(
    patience: Duration,
    mut poll: impl FnMut(&mut Context<'_>) -> Poll<io::Result<T>>,
) -> Result<T, Unwritten> {
    let mut timer: Option<Pin<Box<Sleep>>> = None;
    poll_fn(|cx| match poll(cx) {
        Poll::Ready(done) => Poll::Ready(done.map_err(|_| Unwritten::Gone)),
        Poll::Pending => {
            let timer = timer.get_or_insert_with(|| Box::pin(sleep(patience)));
            ready!(timer.as_mut().poll(cx));
            Poll::Ready(Err(Unwritten::Stalled))
        }
    })
    .await
}

fn poll_write<S: AsyncWrite + Unpin>(
    stream: &mut S,
    cx: &mut Context<'_>,
    out: &Outbox,
    deflate: bool,
) -> Poll<io::Result<usize>> {
    let stream = Pin::new(stream);
    let Some((first, rest)) = out.frames().split_first() else { return Poll::Ready(Ok(0)) };
    let first = &first.wire(deflate)[out.offset()..];
    if rest.is_empty() {
        return stream.poll_write(cx, first);
    }
    let mut slices = [IoSlice::new(&[]); SLICES];
    slices[0] = IoSlice::new(first);
    let mut count = 1;
    for (slice, frame) in slices[1..].iter_mut().zip(rest) {
        *slice = IoSlice::new(frame.wire(deflate));
        count += 1;
    }
    let written = ready!(stream.poll_write_vectored(cx, &slices[..count]))?;
    Poll::Ready(Ok(written))
}
