//! Figures over any range, summed from columns: no document is read.

use std::collections::BTreeMap;

use callboard_shared::audience::Scope;
pub use callboard_shared::day::Gap;
use callboard_shared::figures::Figures;
use callboard_shared::figures::contribution::Entry;
use callboard_shared::{AgentKey, QueueKey, Stream, UnixMs};
use rusqlite::{Connection, params};

use super::rows::{BESIDE, ENTRY, OFFER, beside, entry, offer};
use super::{Store, StoreError, calls};
use crate::days::Days;

/// What is to be summed.
#[derive(Clone, Debug)]
pub struct Range {
    /// Booked at this instant or later.
    pub from: UnixMs,
    /// Booked before this instant.
    pub to: UnixMs,
    /// In these queues.
    pub scope: Scope,
    /// Also by intervals of so many ms, of these days.
    pub every: Option<(Days, u64)>,
}

/// The sums of a range.
#[derive(Debug, Default)]
pub struct Sums {
    /// Of all of it.
    pub figures: Figures,
    /// Of its intervals, in order; also those in which nothing happened. Only
    /// of customers and queues.
    pub intervals: Vec<Interval>,
    /// The last instant of an offer to each agent.
    pub last_seen: BTreeMap<AgentKey, UnixMs>,
    /// When streams were not live, in order.
    pub gaps: Vec<Gap>,
    /// The newest names told.
    pub names: calls::Names,
}

/// One interval.
#[derive(Debug)]
pub struct Interval {
    /// Its beginning.
    pub from: UnixMs,
    /// Its end.
    pub to: UnixMs,
    /// What was booked in it.
    pub figures: Figures,
}

impl Store {
    /// Sums a range.
    ///
    /// # Errors
    ///
    /// When the database refuses.
    pub async fn sums(&self, range: Range) -> Result<Sums, StoreError> {
        self.answer(move |reader| sums(&reader.connection, &range)).await
    }
}

pub(super) fn sums(connection: &Connection, range: &Range) -> Result<Sums, StoreError> {
    let mut sums = Sums { intervals: intervals(range), ..Sums::default() };
    sum_entries(connection, range, &mut sums)?;
    sum_offers(connection, range, &mut sums)?;
    if range.scope.is_none() {
        sum_beside(connection, range, &mut sums)?;
    }
    sums.gaps = gaps(connection, range)?;
    sums.names = calls::names(connection)?;
    Ok(sums)
}

fn intervals(range: &Range) -> Vec<Interval> {
    let mut intervals = Vec::new();
    if let Some((days, every_ms)) = &range.every {
        let mut from = range.from;
        while from < range.to {
            let to = days.interval_end(from, *every_ms).min(range.to);
            intervals.push(Interval { from, to, figures: Figures::default() });
            from = to;
        }
    }
    intervals
}

pub(super) fn counts(scope: &Scope, queue: Option<&QueueKey>) -> bool {
    scope.as_ref().is_none_or(|scope| queue.is_some_and(|queue| scope.contains(queue)))
}

fn sum_entries(connection: &Connection, range: &Range, sums: &mut Sums) -> Result<(), StoreError> {
    let sql =
        format!("SELECT {ENTRY} FROM entries WHERE at_ms >= ?1 AND at_ms < ?2 ORDER BY at_ms");
    let mut statement = connection.prepare_cached(&sql)?;
    let mut rows = statement.query(params![range.from.0, range.to.0])?;
    let mut interval = 0;
    while let Some(row) = rows.next()? {
        let (is_customer, entry) = entry(row)?;
        if !counts(&range.scope, Some(&entry.queue)) {
            continue;
        }
        while sums.intervals.get(interval).is_some_and(|interval| interval.to <= entry.at) {
            interval += 1;
        }
        let interval = sums.intervals.get_mut(interval).map(|interval| &mut interval.figures);
        for figures in [Some(&mut sums.figures), interval].into_iter().flatten() {
            let of = if is_customer { &mut figures.customers } else { &mut figures.queues };
            add(of, &entry);
        }
    }
    Ok(())
}

fn add(tallies: &mut BTreeMap<QueueKey, callboard_shared::figures::Tally>, entry: &Entry) {
    match tallies.get_mut(&entry.queue) {
        Some(tally) => tally.add(entry),
        None => tallies.entry(entry.queue.clone()).or_default().add(entry),
    }
}

fn sum_offers(connection: &Connection, range: &Range, sums: &mut Sums) -> Result<(), StoreError> {
    let sql = format!("SELECT {OFFER} FROM offers WHERE at_ms >= ?1 AND at_ms < ?2");
    let mut statement = connection.prepare_cached(&sql)?;
    let mut rows = statement.query(params![range.from.0, range.to.0])?;
    while let Some(row) = rows.next()? {
        let offer = offer(row)?;
        if !counts(&range.scope, offer.queue.as_ref()) {
            continue;
        }
        let took = offer.ring_ms.saturating_add(offer.talk_ms).saturating_add(offer.hold_ms);
        let ended = offer.at.plus_ms(took);
        let seen = sums.last_seen.entry(offer.agent.clone()).or_default();
        *seen = ended.max(*seen);
        sums.figures.agents.entry(offer.agent.clone()).or_default().add(&offer);
    }
    Ok(())
}

fn sum_beside(connection: &Connection, range: &Range, sums: &mut Sums) -> Result<(), StoreError> {
    let sql = format!("SELECT {BESIDE} FROM beside WHERE at_ms >= ?1 AND at_ms < ?2");
    let mut statement = connection.prepare_cached(&sql)?;
    let mut rows = statement.query(params![range.from.0, range.to.0])?;
    while let Some(row) = rows.next()? {
        sums.figures.beside.add(&beside(row)?);
    }
    Ok(())
}

/// Gaps within the range; of one stream those that touch are one.
fn gaps(connection: &Connection, range: &Range) -> Result<Vec<Gap>, StoreError> {
    let sql = "SELECT stream, from_ms, to_ms FROM gaps \
         WHERE from_ms < ?2 AND (to_ms IS NULL OR to_ms > ?1) ORDER BY from_ms, stream";
    let mut statement = connection.prepare_cached(sql)?;
    let mut rows = statement.query(params![range.from.0, range.to.0])?;
    let mut gaps: Vec<Gap> = Vec::new();
    while let Some(row) = rows.next()? {
        let Some(stream) = Stream::from_name(&row.get::<_, String>(0)?) else { continue };
        let from = UnixMs(row.get(1)?).max(range.from);
        let to = row.get::<_, Option<i64>>(2)?.map_or(range.to, |to| range.to.min(UnixMs(to)));
        let before = gaps.iter_mut().rev().find(|gap| gap.stream == stream);
        match before.filter(|before| before.to >= from) {
            Some(before) => before.to = before.to.max(to),
            None => gaps.push(Gap { stream, from, to }),
        }
    }
    Ok(gaps)
}
