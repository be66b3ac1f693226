//! The board as it was at a moment, and what came after it: the same frames
//! through the same reducer, told as `/api/live` told them.

use std::collections::{BTreeMap, VecDeque};
use std::ops::ControlFlow;
use std::sync::{MutexGuard, PoisonError};

use callboard_shared::audience::Audience;
use callboard_shared::board::Applied;
use callboard_shared::decode::{DurationUnit, decode_with};
use callboard_shared::figures::metrics::Settings;
use callboard_shared::wire::{Entry, Seq, ServerMessage, Status, StreamState};
use callboard_shared::words::Strategy;
use callboard_shared::{AgentKey, Board, CallId, QueueKey, Stream, UnixMs};
use rusqlite::params;

use super::checkpoints::{Checkpoint, Checkpoints, thin};
use super::read::Reader;
use super::rebuild::{Kept, What, each_record, first_since};
use super::rows::{text, told_text};
use super::{Store, StoreError};
use crate::hub::DOCUMENT_LIMIT;

/// Calls that ended shortly before the day began may still be there, in ms.
const BEFORE_MS: i64 = 3 * 60 * 1000;
/// A call's first frame may come before its start: two clocks, in ms.
const SKEW_MS: i64 = 60_000;
const DAY_MS: i64 = 24 * 60 * 60 * 1000;
/// So long a queue is known that nobody calls, in ms.
const WEEK_MS: i64 = 7 * DAY_MS;

/// What is asked for.
#[derive(Clone, Debug)]
pub struct Moment {
    /// The moment.
    pub at: UnixMs,
    /// The beginning of its day.
    pub day: UnixMs,
    /// What came up to this instant is told after it.
    pub until: UnixMs,
    /// Whose eyes.
    pub audience: Audience,
    /// What durations are in.
    pub unit: DurationUnit,
    /// What counts as in time, and as short.
    pub settings: Settings,
    /// The build of page and proxy.
    pub build: String,
}

/// A board of the past, on its way from one moment to another.
pub struct Past {
    asked: Moment,
    board: Board,
    status: Status,
    /// When streams were lost and came back, after what was told.
    turns: VecDeque<(UnixMs, Stream, StreamState)>,
    /// The record that comes next.
    next: i64,
    /// Documents told to anybody, and the number that the audience has.
    seq: Seq,
    reached: Seq,
    has_begun: bool,
    /// All was told.
    pub is_over: bool,
}

impl Store {
    /// Goes back to a moment; its board, and its first message.
    ///
    /// # Errors
    ///
    /// When the database refuses.
    pub async fn past(&self, asked: Moment) -> Result<(Past, ServerMessage), StoreError> {
        let since = self.beginning().recording_since;
        let day = asked.day;
        let (known, step) = self.checkpoints().before(day, asked.at);
        let (past, snapshot, further) = self
            .read(move |reader| {
                let mut past = Past::begin(reader, asked, since)?;
                if let Some(checkpoint) = &known {
                    past.go_on_from(checkpoint);
                }
                let further = past.fold(reader, step)?;
                past.name(reader)?;
                past.board.since = past.asked.day.max(since);
                let snapshot = past.snapshot();
                Ok((past, snapshot, further))
            })
            .await?;
        self.checkpoints().keep(day, further);
        Ok((past, snapshot))
    }

    fn checkpoints(&self) -> MutexGuard<'_, Checkpoints> {
        self.inner.checkpoints.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// What came next, of at most so many records.
    ///
    /// # Errors
    ///
    /// When the database refuses.
    pub async fn go_on(
        &self,
        mut past: Past,
        records: usize,
    ) -> Result<(Past, Vec<ServerMessage>), StoreError> {
        self.read(move |reader| {
            let messages = past.tell(reader, records)?;
            Ok((past, messages))
        })
        .await
    }
}

impl Past {
    fn begin(reader: &mut Reader, asked: Moment, since: UnixMs) -> Result<Past, StoreError> {
        let day = asked.day;
        // Calls that were there when the day began are told from their start.
        let sql = "SELECT min(start_ms) FROM calls WHERE start_ms >= ?1 AND start_ms < ?2 \
             AND seen_ms >= ?3 AND (left_ms IS NULL OR left_ms >= ?2)";
        let values = params![day.0 - DAY_MS, day.0, day.0 - BEFORE_MS];
        let first: Option<i64> = reader.connection.query_row(sql, values, |row| row.get(0))?;
        let lead = UnixMs(first.map_or(day.0, |first| first - SKEW_MS));
        let mut board = Board::new(day).with_ledger();
        for (minute, ids) in gone(reader, lead)? {
            board.expire(&ids, UnixMs(minute * 60_000));
        }
        let next = first_since(reader, lead)?;
        let (status, turns) = status(reader, &asked, since)?;
        Ok(Past {
            asked,
            board,
            status,
            turns,
            next,
            seq: Seq(0),
            reached: Seq(0),
            has_begun: false,
            is_over: false,
        })
    }

    fn go_on_from(&mut self, known: &Checkpoint) {
        self.board = known.board.clone();
        self.next = known.next;
        self.has_begun = true;
        for stream in Stream::ALL {
            let last = known.status.get(stream).last_document;
            self.status.get_mut(stream).last_document = last;
        }
    }

    /// Up to the moment; nobody is told. Gives checkpoints on the way.
    fn fold(
        &mut self,
        reader: &mut Reader,
        mut step: usize,
    ) -> Result<Vec<Checkpoint>, StoreError> {
        let (at, day) = (self.asked.at, self.asked.day);
        let first = self.next;
        let (mut newest, mut folded, mut further) = (day, 0, Vec::new());
        each_record(reader, first, |kept| {
            if kept.at > at {
                return ControlFlow::Break(());
            }
            if kept.at >= day && !self.has_begun {
                self.has_begun = true;
                self.board.begin_day(day);
            }
            self.next = kept.id + 1;
            newest = newest.max(kept.at);
            self.take(kept, false);
            folded += usize::from(self.has_begun);
            if folded >= step {
                folded = 0;
                let (board, status, next) = (self.board.clone(), self.status, self.next);
                further.push(Checkpoint { at: newest, next, board, status });
                step *= thin(&mut further);
            }
            ControlFlow::Continue(())
        })?;
        if !self.has_begun {
            self.has_begun = true;
            self.board.begin_day(day);
        }
        self.seq = Seq(0);
        Ok(further)
    }

    fn tell(
        &mut self,
        reader: &mut Reader,
        records: usize,
    ) -> Result<Vec<ServerMessage>, StoreError> {
        let until = self.asked.until;
        let (first, mut left, mut ended) = (self.next, records, true);
        let mut messages = Vec::new();
        each_record(reader, first, |kept| {
            if kept.at > until {
                return ControlFlow::Break(());
            }
            if left == 0 {
                ended = false;
                return ControlFlow::Break(());
            }
            left -= 1;
            self.next = kept.id + 1;
            self.turn(kept.at, &mut messages);
            messages.extend(self.take(kept, true));
            ControlFlow::Continue(())
        })?;
        if ended {
            self.is_over = true;
            self.turn(until, &mut messages);
            // The last word: who has it has all.
            messages.push(self.status(until));
        }
        Ok(messages)
    }

    /// Folds a record in; what the audience is told of it.
    fn take(&mut self, kept: Kept, is_told: bool) -> Option<ServerMessage> {
        let (now, mut documents, mut expired) = (kept.at, Vec::new(), Vec::new());
        match kept.what {
            What::Frame(stream, body) => {
                documents = self.take_frame(stream, &body, now, is_told);
            }
            What::Expired(ids) => {
                if is_told {
                    let calls = &self.board.calls;
                    let sees = |id: &CallId| {
                        calls.get(id).is_some_and(|call| self.asked.audience.sees(call))
                    };
                    expired = ids.iter().filter(|id| sees(id)).cloned().collect();
                }
                self.board.expire(&ids, now);
            }
        }
        if documents.is_empty() && expired.is_empty() {
            return None;
        }
        let since = std::mem::replace(&mut self.reached, self.seq);
        Some(ServerMessage::Documents { since, seq: self.seq, now, documents, expired })
    }

    fn take_frame(&mut self, stream: Stream, body: &[u8], at: UnixMs, is_told: bool) -> Vec<Entry> {
        // As the hub does: what it refused has no documents.
        let decoded = (body.len() <= DOCUMENT_LIMIT).then(|| decode_with(body, self.asked.unit));
        let decoded = decoded.and_then(Result::ok);
        let mut told = Vec::new();
        for document in decoded.map(|decoded| decoded.documents).unwrap_or_default() {
            self.status.get_mut(stream).last_document = Some(at);
            let (id, audience) = (document.id_call.clone(), &self.asked.audience);
            let was_seen =
                is_told && self.board.calls.get(&id).is_some_and(|call| audience.sees(call));
            let Applied::Changed(leg, doc) = self.board.apply(stream, document, at) else {
                continue;
            };
            self.seq.0 += 1;
            if is_told {
                let changed = Entry { stream, leg, doc: Box::new(doc.clone()) };
                if let Some(call) = self.board.calls.get(&id) {
                    told.extend(audience.told(call, was_seen, &changed));
                }
            }
        }
        told
    }

    /// The states that streams have taken by `now`.
    fn turn(&mut self, now: UnixMs, messages: &mut Vec<ServerMessage>) {
        while let Some((at, stream, state)) = self.turns.pop_front_if(|(at, ..)| *at <= now) {
            let status = self.status.get_mut(stream);
            (status.state, status.since) = (state, at);
            messages.push(self.status(at));
        }
    }

    fn status(&self, now: UnixMs) -> ServerMessage {
        ServerMessage::Status { now, build: self.asked.build.clone(), status: self.status }
    }

    fn snapshot(&mut self) -> ServerMessage {
        ServerMessage::Snapshot {
            // Nothing that comes later goes on from here.
            epoch: format!("replay-{}", self.asked.at.0),
            seq: self.seq,
            now: self.asked.at,
            board: self.board.seen_by(&self.asked.audience).into_owned(),
            status: self.status,
            settings: self.asked.settings.clone(),
        }
    }

    /// Queues that were called in the days before are known, and what was
    /// never told by then has the name that it was told later.
    fn name(&mut self, reader: &Reader) -> Result<(), StoreError> {
        let connection = &reader.connection;
        let sql = "SELECT DISTINCT queue FROM entries WHERE at_ms >= ?1 AND at_ms < ?2";
        let mut statement = connection.prepare(sql)?;
        let day = self.asked.day.0;
        let mut rows = statement.query([day - WEEK_MS, day])?;
        while let Some(row) = rows.next()? {
            self.board.queues.entry(QueueKey(text(row, 0)?)).or_default();
        }
        let mut statement = connection.prepare("SELECT key, name, strategy FROM queues")?;
        let mut rows = statement.query([])?;
        while let Some(row) = rows.next()? {
            let Some(known) = self.board.queues.get_mut(&QueueKey(text(row, 0)?)) else { continue };
            known.name = known.name.take().or(told_text(row, 1)?);
            if let (None, Some(strategy)) = (&known.strategy, row.get::<_, Option<String>>(2)?) {
                known.strategy = Some(Strategy::parse(&strategy));
            }
        }
        let mut statement = connection.prepare("SELECT key, name FROM agents")?;
        let mut rows = statement.query([])?;
        while let Some(row) = rows.next()? {
            if let Some(agent) = self.board.agents.get_mut(&AgentKey(text(row, 0)?)) {
                agent.name = agent.name.take().or(told_text(row, 1)?);
            }
        }
        Ok(())
    }
}

/// Calls that had left before `at`, by the minute: each look at who has left
/// costs all of them.
fn gone(reader: &Reader, at: UnixMs) -> Result<BTreeMap<i64, Vec<CallId>>, StoreError> {
    let sql = "SELECT id_call, left_ms FROM calls WHERE left_ms >= ?1 AND left_ms < ?2";
    let mut statement = reader.connection.prepare(sql)?;
    let mut rows = statement.query(params![at.0 - DAY_MS, at.0])?;
    let mut gone: BTreeMap<i64, Vec<CallId>> = BTreeMap::new();
    while let Some(row) = rows.next()? {
        gone.entry(row.get::<_, i64>(1)? / 60_000).or_default().push(CallId(text(row, 0)?));
    }
    Ok(gone)
}

/// How the streams were at the moment, as far as gaps tell, and how they
/// turned after it.
#[allow(clippy::type_complexity, reason = "a pair that one place takes apart")]
fn status(
    reader: &Reader,
    asked: &Moment,
    since: UnixMs,
) -> Result<(Status, VecDeque<(UnixMs, Stream, StreamState)>), StoreError> {
    let mut status = Status::default();
    for stream in Stream::ALL {
        let status = status.get_mut(stream);
        (status.state, status.since) = (StreamState::Live, since);
    }
    // One that was over at once is none.
    let sql = "SELECT stream, from_ms, to_ms FROM gaps \
         WHERE from_ms <= ?1 AND (to_ms IS NULL OR to_ms > from_ms) ORDER BY from_ms";
    let mut statement = reader.connection.prepare(sql)?;
    let mut rows = statement.query([asked.until.0])?;
    let mut turns = Vec::new();
    while let Some(row) = rows.next()? {
        let Some(stream) = Stream::from_name(&row.get::<_, String>(0)?) else { continue };
        turns.push((UnixMs(row.get(1)?), stream, StreamState::Backoff));
        if let Some(to) = row.get::<_, Option<i64>>(2)? {
            turns.push((UnixMs(to), stream, StreamState::Live));
        }
    }
    // Where one gap follows another at once, it ends before the next begins.
    turns.sort_by_key(|(at, _, state)| (*at, *state != StreamState::Live));
    let later = turns.iter().position(|(at, ..)| *at > asked.at).unwrap_or(turns.len());
    let rest = turns.split_off(later);
    for (at, stream, state) in turns {
        let status = status.get_mut(stream);
        (status.state, status.since) = (state, at);
    }
    let rest = rest.into_iter().filter(|(at, ..)| *at <= asked.until);
    Ok((status, rest.collect()))
}

#[cfg(test)]
mod tests {
    use callboard_shared::audience::Audience;

    use super::super::checkpoints::{MOST, STEP};
    use super::super::{Frame, Place};
    use super::*;

    const DAY: UnixMs = UnixMs(1_795_305_600_000);

    async fn board(store: &Store, minute: i64) -> Board {
        let at = UnixMs(DAY.0 + minute * 60_000);
        let asked = Moment {
            at,
            day: DAY,
            until: at,
            audience: Audience::supervisor(),
            unit: DurationUnit::Auto,
            settings: Settings::default(),
            build: String::new(),
        };
        let (_, snapshot) = store.past(asked).await.unwrap();
        let ServerMessage::Snapshot { board, .. } = snapshot else { panic!("no snapshot") };
        board
    }

    /// The upstream's clock says when a caller entered, ours when we heard of it.
    #[tokio::test]
    async fn a_queue_is_known_from_the_moment_that_we_heard_of_it() {
        let store = Store::open(&Place::Memory, 10_000).unwrap();
        let (entered, heard) = (DAY.0 + 60_000, DAY.0 + 180_000);
        let body = format!(
            r#"{{"id_call":"1","active":1,"call_direction":"incoming","time":{{"start":{entered}}},"queue_first":{{"id":71,"timestart":{entered}}}}}"#
        );
        let mut now = Board::new(DAY);
        for document in decode_with(body.as_bytes(), DurationUnit::Auto).unwrap().documents {
            now.apply(Stream::Calls, document, UnixMs(heard));
        }
        let (stream, bytes) = (Stream::Calls, body.into());
        let frame = Frame { stream, at: UnixMs(heard), is_text: true, bytes, seq: 1 };
        store.keep_frame(frame, now.calls.clone());
        store.durable().await;
        assert!(board(&store, 2).await.queues.is_empty());
        assert!(board(&store, 3).await.queues.contains_key("71"));
    }

    /// A call a minute that waits, and ends five minutes later.
    #[tokio::test]
    async fn a_checkpoint_changes_nothing_but_the_time_that_it_takes() {
        let store = Store::open(&Place::Memory, 10_000).unwrap();
        let mut seq = 0;
        for minute in 0..400 {
            let at = UnixMs(DAY.0 + minute * 60_000);
            for (id, active) in [(minute, 1), (minute - 5, 0)] {
                let start = DAY.0 + id * 60_000;
                let body = format!(
                    r#"{{"id_call":"{id}","active":{active},"call_direction":"incoming","time":{{"start":{start}}},"queue_first":{{"id":71,"timestart":{start}}}}}"#
                );
                seq += 1;
                let (stream, bytes) = (Stream::Calls, body.into());
                store.keep_frame(Frame { stream, at, is_text: true, bytes, seq }, []);
            }
        }
        store.durable().await;
        let minutes = [399, 5, 200, 9, 10, 11, 398, 0, 250];
        let mut expected = Vec::new();
        for minute in minutes {
            *store.checkpoints() = Checkpoints::default();
            expected.push(board(&store, minute).await);
        }
        assert!(expected[0].figures != expected[1].figures);
        for (minute, expected) in minutes.into_iter().zip(expected) {
            assert_eq!(board(&store, minute).await, expected, "minute {minute}");
        }
        let checkpoints = store.checkpoints();
        assert!((2..=MOST).contains(&checkpoints.kept.len()), "{}", checkpoints.kept.len());
        assert!(checkpoints.step > STEP);
    }
}
