//! Callers who gave up, and what was heard of them since.

use std::collections::HashSet;

use callboard_shared::audience::Scope;
use callboard_shared::lost::{Heard, How, Lost, Word, caller, lost};
use callboard_shared::phase::Facts;
use callboard_shared::phone::Country;
use callboard_shared::{AgentKey, Call, QueueKey, UnixMs};
use rusqlite::params;

use super::calls::{COLUMNS, StoredCall, stored};
use super::read::Reader;
use super::sums::counts;
use super::{Store, StoreError};

/// A call in which something was heard of a caller.
#[derive(Clone, Debug)]
pub struct Told {
    /// The call.
    pub found: StoredCall,
    /// The queue in which the caller gave up.
    pub queue: Option<QueueKey>,
    /// From the first entry into a queue to the end, in ms.
    pub waited_ms: Option<u64>,
    /// Who answered.
    pub agent: Option<AgentKey>,
}

/// Which losses are asked for.
#[derive(Clone, Debug)]
pub struct Losses {
    /// Entered their first queue at this instant or later.
    pub from: UnixMs,
    /// And before this instant.
    pub to: UnixMs,
    /// Gave up in one of these queues.
    pub scope: Scope,
    /// Where numbers without a country code belong.
    pub home: Country,
}

impl Store {
    /// Callers who gave up, the last to do so first; with whoever reached
    /// them until now.
    ///
    /// # Errors
    ///
    /// When the database refuses.
    pub async fn lost(&self, asked: Losses) -> Result<Vec<Lost<Told>>, StoreError> {
        self.answer(move |reader| {
            let mut words = losses(reader, &asked)?;
            let callers: HashSet<_> = words.iter().filter_map(|w| w.caller.clone()).collect();
            let first = words.iter().map(|word| word.at).min();
            if let Some(first) = first {
                answers(reader, first, &callers, asked.home, &mut words)?;
            }
            Ok(lost(words))
        })
        .await
    }
}

type Words = Vec<Word<String, Told>>;

fn losses(reader: &mut Reader, asked: &Losses) -> Result<Words, StoreError> {
    // 2: gave up. A callback that failed is counted beside.
    let sql = format!(
        "SELECT {COLUMNS} FROM calls WHERE key IN (SELECT call FROM entries \
         WHERE at_ms >= ?1 AND at_ms < ?2 AND place = 0 AND (stand = 2 OR failed > 0)) \
         AND outcome IN ('abandoned', 'callback_failed')"
    );
    let mut statement = reader.connection.prepare_cached(&sql)?;
    let mut rows = statement.query(params![asked.from.0, asked.to.0])?;
    let mut words = Vec::new();
    while let Some(row) = rows.next()? {
        let found = stored(row, &reader.connection, &mut reader.unpacker)?;
        let queue = found.call.counted.passages.last().map(|last| last.queue.clone());
        let callboard_shared::Phase::Ended { at, .. } = found.call.phase else { continue };
        if !counts(&asked.scope, queue.as_ref()) {
            continue;
        }
        let customer = found.call.counted.customer.as_ref();
        let waited_ms = customer.and_then(|entry| super::rows::waited(entry.stand));
        let caller = number(&found.call, asked.home);
        let call = Told { found, queue, waited_ms, agent: None };
        words.push(Word { caller, at, call, heard: Heard::Lost });
    }
    Ok(words)
}

/// Calls that were answered after `first`, of these callers.
fn answers(
    reader: &mut Reader,
    first: UnixMs,
    callers: &HashSet<String>,
    home: Country,
    words: &mut Words,
) -> Result<(), StoreError> {
    // A call lasts some hours at most: who is answered later began later.
    let sql = format!(
        "SELECT {COLUMNS}, number FROM calls \
         WHERE start_ms >= ?1 AND answered = 1 AND internal IS NOT 1 AND number IS NOT NULL"
    );
    let mut statement = reader.connection.prepare_cached(&sql)?;
    let mut rows = statement.query([first.0.saturating_sub(LASTS_MS)])?;
    while let Some(row) = rows.next()? {
        let number = row.get_ref(5)?.as_str().map_err(|_| StoreError::Damaged)?;
        let Some(known) = caller(Some(number), home).filter(|known| callers.contains(known)) else {
            continue;
        };
        let found = stored(row, &reader.connection, &mut reader.unpacker)?;
        let facts = Facts::of(&found.call);
        let is_outgoing = found.call.told(|d| d.call_direction.as_ref())
            == Some(&callboard_shared::words::Direction::Outgoing);
        let how = if is_outgoing { How::Outgoing } else { How::Incoming };
        for answer in facts.answers {
            let call = Told {
                found: found.clone(),
                queue: answer.queue,
                waited_ms: None,
                agent: answer.agent,
            };
            let (caller, heard) = (Some(known.clone()), Heard::Reached(how));
            words.push(Word { caller, at: answer.at, call, heard });
        }
    }
    Ok(())
}

/// No call lasts longer, in ms.
const LASTS_MS: i64 = 12 * 60 * 60 * 1000;

fn number(call: &Call, home: Country) -> Option<String> {
    caller(call.told(|d| d.customer_target.as_ref()?.number.as_deref()), home)
}
