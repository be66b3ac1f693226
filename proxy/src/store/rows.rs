//! A call as rows, and what it counts for back from them.

use std::collections::BTreeMap;

use callboard_shared::call::{agent_key, queue_key};
use callboard_shared::document::QueueRef;
use callboard_shared::figures::contribution::{Entry, Offer, Stand};
use callboard_shared::figures::{Beside, Contribution};
use callboard_shared::phase::{Facts, phase};
use callboard_shared::text::Text;
use callboard_shared::{AgentKey, Call, CallId, Document, Phase, QueueKey, UnixMs};
use rusqlite::{Connection, Row, params};

use super::StoreError;
use super::pack::Packer;

/// Reads phase and contribution off a call that was read from the disk.
pub fn read_off(call: &mut Call) {
    let facts = Facts::of(call);
    call.phase = phase(call, &facts);
    call.counted = Contribution::of(call, &facts, &call.phase);
}

/// The word for an outcome, as in the answers of the proxy.
pub fn word(value: &impl serde::Serialize) -> Option<String> {
    serde_json::to_value(value).ok()?.as_str().map(str::to_owned)
}

/// The queues and agents that a call's documents name, with their names.
#[derive(Default)]
pub struct Parties {
    /// By their keys; name and strategy are set.
    pub queues: BTreeMap<QueueKey, QueueRef>,
    /// By their keys, with their full names.
    pub agents: BTreeMap<AgentKey, Option<Text>>,
}

/// Who and what a call's documents name.
pub fn parties(call: &Call) -> Parties {
    let mut parties = Parties::default();
    for document in call.documents() {
        let queues = [&document.queue, &document.queue_first, &document.queue_last];
        for queue in queues.into_iter().flatten() {
            if let Some(key) = queue_key(queue) {
                let known = parties.queues.entry(key).or_default();
                known.name = queue.name.clone().or(known.name.take());
                known.strategy = queue.strategy.clone().or(known.strategy.take());
            }
        }
        let agents = [&document.agent, &document.agent_first, &document.agent_last];
        for agent in agents.into_iter().flatten() {
            if let Some(key) = agent_key(agent) {
                let name = parties.agents.entry(key).or_default();
                // The longer form has the surname with it.
                let told = agent.full_name().map(Text::from);
                *name = told.into_iter().chain(name.take()).max_by_key(|name| name.len());
            }
        }
    }
    parties
}

fn whole(ms: u64) -> i64 {
    i64::try_from(ms).unwrap_or(i64::MAX)
}

fn natural(ms: i64) -> u64 {
    u64::try_from(ms).unwrap_or(0)
}

/// A text of a row.
pub(super) fn text(row: &Row<'_>, at: usize) -> rusqlite::Result<Text> {
    Ok(row.get_ref(at)?.as_str()?.into())
}

/// A text of a row that may have none.
pub(super) fn told_text(row: &Row<'_>, at: usize) -> rusqlite::Result<Option<Text>> {
    Ok(row.get_ref(at)?.as_str_or_null()?.map(Text::from))
}

/// Writes a call over what was known of it.
pub(super) fn put_call(
    connection: &Connection,
    id: &CallId,
    call: &Call,
    packer: &mut Packer,
) -> Result<(), StoreError> {
    let facts = Facts::of(call);
    let phase = phase(call, &facts);
    let counted = Contribution::of(call, &facts, &phase);
    let key = put_columns(connection, id, call, &facts, &phase, &counted, packer)?;
    for table in ["call_queues", "call_agents", "entries", "offers", "beside"] {
        let sql = format!("DELETE FROM {table} WHERE call = ?1");
        connection.prepare_cached(&sql)?.execute([key])?;
    }
    put_parties(connection, key, call)?;
    put_contribution(connection, key, &counted, call.seen)
}

fn put_columns(
    connection: &Connection,
    id: &CallId,
    call: &Call,
    facts: &Facts,
    phase: &Phase,
    counted: &Contribution,
    packer: &mut Packer,
) -> Result<i64, StoreError> {
    let body = packer.pack(&serde_json::to_vec(call)?)?;
    let (end, outcome, reason) = match phase {
        Phase::Ended { at, outcome, reason } => {
            (Some(at.0), word(outcome), reason.as_ref().map(|reason| reason.as_str().to_owned()))
        }
        _ => (None, None, None),
    };
    let number = call.told(|d| d.customer_target.as_ref()?.number.as_deref());
    let ms = |seconds: Option<f64>| seconds.map(|seconds| (seconds * 1000.0).round() as i64);
    let sql = "INSERT INTO calls (id_call, start_ms, told_start_ms, end_ms, seen_ms, active, \
         direction, internal, outcome, reason, number, answered, waited_ms, talk_ms, \
         hold_ms, dictionary, body) \
         VALUES (?1, ?2, ?3, ?4, ?5, ?6, ?7, ?8, ?9, ?10, ?11, ?12, ?13, ?14, ?15, ?16, ?17) \
         ON CONFLICT (id_call) DO UPDATE SET start_ms = coalesce(excluded.told_start_ms, start_ms), \
         told_start_ms = excluded.told_start_ms, end_ms = excluded.end_ms, \
         seen_ms = excluded.seen_ms, left_ms = NULL, active = excluded.active, \
         direction = excluded.direction, internal = excluded.internal, \
         outcome = excluded.outcome, reason = excluded.reason, number = excluded.number, \
         answered = excluded.answered, waited_ms = excluded.waited_ms, \
         talk_ms = excluded.talk_ms, hold_ms = excluded.hold_ms, \
         dictionary = excluded.dictionary, body = excluded.body RETURNING key";
    let values = params![
        id.as_str(),
        call.start().unwrap_or(call.seen).0,
        call.start().map(|start| start.0),
        end,
        call.seen.0,
        call.is_active(),
        call.told(|d| d.call_direction.as_ref()).map(|word| word.as_str()),
        call.told(|d| d.internal),
        outcome,
        reason,
        number,
        !facts.answers.is_empty(),
        counted.customer.as_ref().and_then(|entry| waited(entry.stand)).map(whole),
        ms(over_legs(call, |d| d.duration.talk.total)),
        ms(over_legs(call, |d| d.duration.hold)),
        packer.dictionary,
        body,
    ];
    Ok(connection.prepare_cached(sql)?.query_row(values, |row| row.get(0))?)
}

/// A duration over all legs that were answered; the call's own where no leg
/// tells it. In s.
pub fn over_legs(call: &Call, read: fn(&Document) -> Option<f64>) -> Option<f64> {
    let legs = call.agents.iter().filter(|leg| leg.time.answered.is_some());
    let told = legs.filter_map(|leg| read(leg)).reduce(|a, b| a + b);
    told.or_else(|| call.call.as_deref().and_then(read))
}

/// The wait that is decided.
pub fn waited(stand: Stand) -> Option<u64> {
    match stand {
        Stand::Handled { wait_ms } | Stand::Abandoned { wait_ms } => Some(wait_ms),
        _ => None,
    }
}

fn put_parties(connection: &Connection, key: i64, call: &Call) -> Result<(), StoreError> {
    let Parties { queues, agents } = parties(call);
    for (queue, told) in &queues {
        let sql = "INSERT INTO call_queues VALUES (?1, ?2)";
        connection.prepare_cached(sql)?.execute(params![key, queue.as_str()])?;
        let sql = "INSERT INTO queues (key, name, strategy, seen_ms) VALUES (?1, ?2, ?3, ?4) \
             ON CONFLICT (key) DO UPDATE SET name = coalesce(excluded.name, name), \
             strategy = coalesce(excluded.strategy, strategy), \
             seen_ms = max(excluded.seen_ms, seen_ms)";
        let strategy = told.strategy.as_ref().map(|word| word.as_str());
        let values = params![queue.as_str(), told.name.as_deref(), strategy, call.seen.0];
        connection.prepare_cached(sql)?.execute(values)?;
    }
    for (agent, name) in &agents {
        let sql = "INSERT INTO call_agents VALUES (?1, ?2)";
        connection.prepare_cached(sql)?.execute(params![key, agent.as_str()])?;
        // The longer form has the surname with it.
        let sql = "INSERT INTO agents (key, name, seen_ms) VALUES (?1, ?2, ?3) \
             ON CONFLICT (key) DO UPDATE SET seen_ms = max(excluded.seen_ms, seen_ms), \
             name = CASE WHEN length(excluded.name) >= coalesce(length(name), 0) \
             THEN excluded.name ELSE name END";
        let values = params![agent.as_str(), name.as_deref(), call.seen.0];
        connection.prepare_cached(sql)?.execute(values)?;
    }
    Ok(())
}

/// Writes what a call counts for. What has no start is booked at `seen`.
pub(super) fn put_contribution(
    connection: &Connection,
    key: i64,
    counted: &Contribution,
    seen: UnixMs,
) -> Result<(), StoreError> {
    let entries = counted.customer.iter().map(|entry| (0, entry));
    let passages = (1_i64..).zip(&counted.passages);
    for (place, entry) in entries.chain(passages) {
        let (stand, wait_ms) = stand_code(entry.stand);
        let [declined, accepted, failed] = entry.callbacks;
        let sql =
            "INSERT INTO entries VALUES (?1, ?2, ?3, ?4, ?5, ?6, ?7, ?8, ?9, ?10, ?11, ?12, ?13)";
        connection.prepare_cached(sql)?.execute(params![
            entry.at.0,
            key,
            place,
            entry.queue.as_str(),
            stand,
            whole(wait_ms),
            declined,
            accepted,
            failed,
            entry.transferred,
            entry.talks,
            whole(entry.talk_ms),
            whole(entry.hold_ms),
        ])?;
    }
    for (place, offer) in (0_i64..).zip(&counted.offers) {
        let sql = "INSERT INTO offers VALUES (?1, ?2, ?3, ?4, ?5, ?6, ?7, ?8, ?9, ?10, ?11)";
        connection.prepare_cached(sql)?.execute(params![
            offer.at.0,
            key,
            place,
            offer.agent.as_str(),
            offer.queue.as_ref().map(QueueKey::as_str),
            offer.answered,
            offer.missed,
            offer.hung_up_first,
            whole(offer.ring_ms),
            whole(offer.talk_ms),
            whole(offer.hold_ms),
        ])?;
    }
    let beside = &counted.beside;
    if *beside != Beside::default() {
        let sql = "INSERT INTO beside VALUES (?1, ?2, ?3, ?4, ?5, ?6, ?7, ?8, ?9, ?10, ?11)";
        connection.prepare_cached(sql)?.execute(params![
            counted.start.unwrap_or(seen).0,
            key,
            beside.outgoing,
            beside.outgoing_answered,
            beside.menu,
            beside.menu_lost,
            beside.menu_closed,
            beside.internal,
            beside.transferred,
            beside.transferred_blind,
            beside.transferred_in_vain,
        ])?;
    }
    Ok(())
}

/// Columns of an [`Entry`], in the order of [`entry`].
pub(super) const ENTRY: &str = "at_ms, queue, stand, wait_ms, declined, accepted, failed, \
    transferred, talks, talk_ms, hold_ms, place";
/// Columns of an [`Offer`], in the order of [`offer`].
pub(super) const OFFER: &str =
    "at_ms, agent, queue, answered, missed, hung_up_first, ring_ms, talk_ms, hold_ms";
/// Columns of [`Beside`], in the order of [`beside`].
pub(super) const BESIDE: &str = "outgoing, outgoing_answered, menu, menu_lost, menu_closed, \
    internal, transferred, transferred_blind, transferred_in_vain";

/// An entry, and whether it is the customer's.
pub(super) fn entry(row: &Row<'_>) -> rusqlite::Result<(bool, Entry)> {
    let entry = Entry {
        at: UnixMs(row.get(0)?),
        queue: QueueKey(text(row, 1)?),
        stand: stand(row.get(2)?, natural(row.get(3)?)),
        callbacks: [row.get(4)?, row.get(5)?, row.get(6)?],
        transferred: row.get(7)?,
        talks: row.get(8)?,
        talk_ms: natural(row.get(9)?),
        hold_ms: natural(row.get(10)?),
    };
    Ok((row.get::<_, i64>(11)? == 0, entry))
}

pub(super) fn offer(row: &Row<'_>) -> rusqlite::Result<Offer> {
    Ok(Offer {
        at: UnixMs(row.get(0)?),
        agent: AgentKey(text(row, 1)?),
        queue: told_text(row, 2)?.map(QueueKey),
        answered: row.get(3)?,
        missed: row.get(4)?,
        hung_up_first: row.get(5)?,
        ring_ms: natural(row.get(6)?),
        talk_ms: natural(row.get(7)?),
        hold_ms: natural(row.get(8)?),
    })
}

pub(super) fn beside(row: &Row<'_>) -> rusqlite::Result<Beside> {
    Ok(Beside {
        outgoing: row.get(0)?,
        outgoing_answered: row.get(1)?,
        menu: row.get(2)?,
        menu_lost: row.get(3)?,
        menu_closed: row.get(4)?,
        internal: row.get(5)?,
        transferred: row.get(6)?,
        transferred_blind: row.get(7)?,
        transferred_in_vain: row.get(8)?,
    })
}

fn stand_code(stand: Stand) -> (i64, u64) {
    match stand {
        Stand::Open => (0, 0),
        Stand::Handled { wait_ms } => (1, wait_ms),
        Stand::Abandoned { wait_ms } => (2, wait_ms),
        Stand::Timeout => (3, 0),
        Stand::Full => (4, 0),
        Stand::Empty => (5, 0),
        Stand::Digit => (6, 0),
        Stand::Callback => (7, 0),
        Stand::Voicemail => (8, 0),
        Stand::Redirected => (9, 0),
        Stand::Other => (10, 0),
    }
}

fn stand(code: i64, wait_ms: u64) -> Stand {
    match code {
        0 => Stand::Open,
        1 => Stand::Handled { wait_ms },
        2 => Stand::Abandoned { wait_ms },
        3 => Stand::Timeout,
        4 => Stand::Full,
        5 => Stand::Empty,
        6 => Stand::Digit,
        7 => Stand::Callback,
        8 => Stand::Voicemail,
        9 => Stand::Redirected,
        _ => Stand::Other,
    }
}

#[cfg(test)]
mod tests;
