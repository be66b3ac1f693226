//! What a board should show, counted from the engine's state and not from documents.

use serde::Serialize;

/// The simulator's own count since it started.
///
/// It is about external incoming calls that entered a queue. The totals count
/// a call once; the queues count each passage.
#[derive(Clone, Debug, Default, Eq, PartialEq, Serialize, serde::Deserialize)]
pub struct Truth {
    /// Epoch milliseconds on the simulator's clock.
    pub now: i64,
    /// Callers waiting in a queue; accepted callbacks are not on the line.
    pub waiting: u64,
    /// Callers answered since they last entered a queue (hold and transfer included).
    pub talking: u64,
    /// Agents who are offered a call of any kind and do not talk yet: the phone
    /// rings, or (no document tells the two apart) they call a customer back.
    pub ringing: u64,
    /// Each queue, in the order of ids.
    pub queues: Vec<QueueTruth>,
    /// Calls that entered a queue.
    pub offered: u64,
    /// Calls that a human answered at or after the entry, by callback included.
    pub handled: u64,
    /// Of these, callers who were called back.
    pub handled_by_callback: u64,
    /// Callers who gave up in a queue without having been answered.
    pub abandoned: u64,
    /// Calls that ended unanswered as their queue sent them away.
    pub flow_out: u64,
    /// Callers who accepted a callback.
    pub callback_accepted: u64,
    /// Callbacks that reached nobody.
    pub callback_failed: u64,
    /// Callers who wait for a callback now.
    pub callback_open: u64,
    /// Active calls of every kind, outgoing and internal ones included.
    pub calls_active: u64,
    /// Agents who talk, in calls of every kind.
    pub agents_talking: u64,
}

/// One queue's part of [`Truth`].
#[derive(Clone, Debug, Default, Eq, PartialEq, Serialize, serde::Deserialize)]
pub struct QueueTruth {
    /// Id as the documents have it, in letters.
    pub id: String,
    /// Name.
    pub name: String,
    /// Callers waiting now.
    pub waiting: u64,
    /// Callers whose last queue this is and who have been answered since.
    pub talking: u64,
    /// Passages.
    pub offered: u64,
    /// Passages answered out of this queue, by callback included.
    pub handled: u64,
    /// Passages in which the caller gave up, also after an answer elsewhere.
    pub abandoned: u64,
    /// Passages that the queue ended: timeout, digit, full or empty.
    pub flow_out: u64,
}
