//! Who takes what the upstream sends: the hub, or the recorder.

use axum::body::Bytes;
use callboard_shared::Stream;
use callboard_shared::wire::StreamState;

/// One message of the upstream, as it came.
#[derive(Clone, Debug)]
pub struct Frame {
    /// Its bytes. A text is UTF-8; what a binary frame holds is open.
    pub bytes: Bytes,
    /// Whether it came as text. Readers of documents need not care, whoever
    /// passes frames on byte for byte does.
    pub is_text: bool,
}

/// Takes frames and states. Called from three tasks, never for long: a stream
/// is not read meanwhile.
pub trait Sink: Send + Sync + 'static {
    /// Frames came, one or, under load, some together; in order, never none.
    fn receive(&self, stream: Stream, frames: Vec<Frame>);
    /// This became of a stream.
    fn state(&self, stream: Stream, state: StreamState);
}
