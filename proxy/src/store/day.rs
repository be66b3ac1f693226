//! When callers waited, and what each call counted for, read from columns:
//! for the worst moments of a day, and for the calls behind a figure.

use std::collections::HashMap;

use callboard_shared::day::Waited;
use callboard_shared::figures::Contribution;
use callboard_shared::figures::contribution::Stand;
use callboard_shared::figures::ledger::Ledger;
use callboard_shared::{CallId, UnixMs};
use rusqlite::{Connection, params};

use super::rows::{ENTRY, entry, text};
use super::sums::{Range, Sums, counts, sums};
use super::{Store, StoreError};

/// Who entered longer before the range waits no longer, in ms.
const BEFORE_MS: i64 = 4 * 60 * 60 * 1000;

impl Store {
    /// Sums a range, and tells when callers waited in it. `now` ends the
    /// waits that go on.
    ///
    /// # Errors
    ///
    /// When the database refuses.
    pub async fn day(&self, range: Range, now: UnixMs) -> Result<(Sums, Vec<Waited>), StoreError> {
        self.answer(move |reader| {
            let sums = sums(&reader.connection, &range)?;
            Ok((sums, waits(&reader.connection, &range, now)?))
        })
        .await
    }

    /// What each call counted for in a range, in its queues.
    ///
    /// # Errors
    ///
    /// When the database refuses.
    pub async fn ledger(&self, range: Range) -> Result<Ledger, StoreError> {
        self.answer(move |reader| ledger(&reader.connection, &range)).await
    }
}

/// What calls counted for in a range, and which of them are gone.
fn ledger(connection: &Connection, range: &Range) -> Result<Ledger, StoreError> {
    let sql = format!(
        "SELECT {ENTRY}, id_call, left_ms FROM entries \
         JOIN (SELECT key, id_call, left_ms FROM calls) ON key = call \
         WHERE at_ms >= ?1 AND at_ms < ?2 ORDER BY at_ms, call, place"
    );
    let mut statement = connection.prepare_cached(&sql)?;
    let mut rows = statement.query(params![range.from.0, range.to.0])?;
    let (mut ledger, mut calls) = (Ledger::default(), HashMap::<CallId, Contribution>::new());
    while let Some(row) = rows.next()? {
        let (is_customer, entry) = entry(row)?;
        if !counts(&range.scope, Some(&entry.queue)) {
            continue;
        }
        let id = CallId(text(row, 12)?);
        if row.get::<_, Option<i64>>(13)?.is_some() {
            ledger.note_left(id.clone());
        }
        let call = calls.entry(id).or_default();
        if is_customer {
            call.customer = Some(entry);
        } else {
            call.passages.push(entry);
        }
    }
    calls.iter().for_each(|(id, call)| ledger.note(id, call));
    Ok(ledger)
}

/// What ended a wait besides what its entry tells.
struct End {
    /// The call's end.
    told: Option<UnixMs>,
    /// When it left the board.
    left: Option<UnixMs>,
}

fn waits(connection: &Connection, range: &Range, now: UnixMs) -> Result<Vec<Waited>, StoreError> {
    let sql = format!(
        "SELECT {ENTRY}, call, end_ms, left_ms FROM entries \
         JOIN (SELECT key, end_ms, left_ms FROM calls) ON key = call \
         WHERE at_ms >= ?1 AND at_ms < ?2 AND place > 0 ORDER BY at_ms, place"
    );
    let mut statement = connection.prepare_cached(&sql)?;
    let mut rows = statement.query(params![range.from.0 - BEFORE_MS, range.to.0])?;
    let mut waits: Vec<Waited> = Vec::new();
    // Where each call waited last: at its next entry it waits there no longer.
    let mut last: HashMap<i64, Option<usize>> = HashMap::new();
    while let Some(row) = rows.next()? {
        let (_, entry) = entry(row)?;
        let end = End {
            told: row.get::<_, Option<_>>(13)?.map(UnixMs),
            left: row.get::<_, Option<_>>(14)?.map(UnixMs),
        };
        let call = row.get(12)?;
        if let Some(Some(before)) = last.get(&call)
            && let Some(before) = waits.get_mut(*before)
        {
            before.to = before.to.min(entry.at);
        }
        let seen = counts(&range.scope, Some(&entry.queue));
        last.insert(call, seen.then_some(waits.len()));
        if seen {
            let to = leaves(entry.at, entry.stand, &end, now);
            waits.push(Waited { queue: entry.queue, from: entry.at, to });
        }
    }
    Ok(waits)
}

/// When a caller stopped to wait who entered at `at`.
fn leaves(at: UnixMs, stand: Stand, end: &End, now: UnixMs) -> UnixMs {
    match stand {
        Stand::Handled { wait_ms } | Stand::Abandoned { wait_ms } => at.plus_ms(wait_ms),
        Stand::Open => end.told.or(end.left).unwrap_or(now),
        // Turned away at the door; and nobody tells when one who will be
        // called back has hung up.
        Stand::Full | Stand::Empty | Stand::Callback => at,
        Stand::Timeout | Stand::Digit | Stand::Voicemail | Stand::Redirected | Stand::Other => {
            end.told.or(end.left).unwrap_or(at)
        }
    }
}
