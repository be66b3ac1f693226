//! Board, numbers, and what each audience was told. Behind the hub's lock.

use std::collections::{BTreeMap, BTreeSet};
use std::hash::{DefaultHasher, Hash as _, Hasher as _};
use std::sync::Arc;

use callboard_shared::audience::Audience;
use callboard_shared::board::Applied;
use callboard_shared::figures::metrics::Settings;
use callboard_shared::wire::{Entry, Seq, Status};
use callboard_shared::{Board, Call, CallId, Document, Stream, UnixMs};

use super::SNAPSHOT_STAYS_MS;
use super::channel::Channel;
use super::frame::Frame;
use super::listening::Listening;
use super::message::{self, Documents};
use crate::days::{Days, Hours};
use crate::store::rebuild::Rebuilt;

pub(super) struct State {
    pub(super) board: Board,
    pub(super) epoch: String,
    pub(super) seq: Seq,
    pub(super) status: Status,
    pub(super) thresholds: Settings,
    listening: Listening,
    pub(super) audiences: BTreeMap<Audience, Told>,
    pub(super) last_sent: UnixMs,
}

/// An audience that somebody belongs to, and what it was told.
pub(super) struct Told {
    pub(super) channel: Arc<Channel>,
    /// The number that its last message reached.
    pub(super) reached: Seq,
    snapshot: Option<Snapshot>,
}

/// A snapshot for all who join at about the same time, and the number of the
/// message that follows it.
pub(super) struct Snapshot {
    made: UnixMs,
    seq: Seq,
    frame: Arc<Frame>,
    cursor: u64,
}

/// A document that told something, and which audiences had been told of its
/// call before, in their order.
pub(super) struct News {
    stream: Stream,
    id: CallId,
    leg: usize,
    was_seen: Vec<bool>,
}

impl News {
    fn of<'a>(&self, board: &'a Board) -> Option<(&'a Call, &'a Document)> {
        let call = board.calls.get(&self.id)?;
        Some((call, call.leg(self.stream, self.leg)?))
    }
}

impl Told {
    pub(super) fn new(audience: Audience, reached: Seq) -> Told {
        Told { channel: Arc::new(Channel::new(audience)), reached, snapshot: None }
    }
}

impl State {
    /// Goes on where the store left off.
    pub(super) fn new(rebuilt: Rebuilt, thresholds: Settings, now: UnixMs) -> State {
        let mut status = Status::default();
        for stream in Stream::ALL {
            status.get_mut(stream).since = now;
        }
        let all = Told::new(Audience::supervisor(), rebuilt.seq);
        for told in rebuilt.told {
            let mut message = Documents::new(told.since, told.seq, told.at);
            told.documents.iter().for_each(|entry| message.push_entry(entry));
            all.channel.documents(message, told.since, told.seq, &told.expired);
        }
        State {
            board: rebuilt.board,
            epoch: rebuilt.epoch,
            seq: rebuilt.seq,
            status,
            thresholds,
            listening: Listening::default(),
            audiences: BTreeMap::from([(Audience::supervisor(), all)]),
            last_sent: now,
        }
    }

    /// Notes whether calls would be heard now.
    pub(super) fn listen(&mut self, now: UnixMs, hours: Option<&Hours>, days: &Days) {
        let live = self.status.all_live();
        self.status.listening = live.then(|| self.listening.note(now, hours, days)).flatten();
    }

    /// Folds a frame's documents in; what is to be told of them goes to
    /// `news`. The calls that changed.
    pub(super) fn take(
        &mut self,
        stream: Stream,
        documents: Vec<Document>,
        now: UnixMs,
        news: &mut Vec<News>,
    ) -> Vec<(CallId, Box<Call>)> {
        if documents.is_empty() {
            return Vec::new();
        }
        self.status.get_mut(stream).last_document = Some(now);
        let told = news.len();
        news.extend(documents.into_iter().filter_map(|document| self.fold(stream, document, now)));
        self.seq.0 += (news.len() - told) as u64;
        let ids: BTreeSet<_> = news[told..].iter().map(|news| &news.id).collect();
        let call = |id: &CallId| Some((id.clone(), self.board.calls.get(id)?.clone()));
        ids.into_iter().filter_map(call).collect()
    }

    /// Begins another day. Everybody starts anew: figures have become other
    /// ones without a document that says so.
    pub(super) fn begin_day(&mut self, day: UnixMs) {
        self.board.begin_day(day);
        self.start_anew();
    }

    /// Sends every viewer back to a snapshot.
    pub(super) fn start_anew(&mut self) {
        self.forget_snapshots();
        // A number of its own: who has the last one lacks this.
        self.seq.0 += 1;
        for told in self.audiences.values_mut() {
            told.channel.start_anew();
            told.reached = self.seq;
        }
    }

    /// Folds a document in; `None`: it said nothing new.
    fn fold(&mut self, stream: Stream, document: Document, now: UnixMs) -> Option<News> {
        let before = self.board.calls.get(&document.id_call);
        // After a gap also a repetition is news: the call is still there.
        let unconfirmed = before.is_some_and(|call| call.seen < self.status.calls.since);
        let was_seen = |audience: &Audience| before.is_some_and(|call| audience.sees(call));
        let was_seen = self.audiences.keys().map(was_seen).collect();
        let id = document.id_call.clone();
        let leg = match self.board.apply(stream, document, now) {
            Applied::Changed(leg, _) => leg,
            Applied::Known(leg, _) if unconfirmed => leg,
            Applied::Known(..) | Applied::Late => return None,
        };
        Some(News { stream, id, leg, was_seen })
    }

    /// Tells every audience what it may see of the news.
    pub(super) fn tell(&mut self, news: &[News], now: UnixMs) {
        if news.is_empty() {
            return;
        }
        self.last_sent = now;
        for (place, (audience, told)) in self.audiences.iter_mut().enumerate() {
            let mut message = Documents::new(told.reached, self.seq, now);
            for item in news {
                let Some((call, doc)) = item.of(&self.board) else { continue };
                if audience.sees_all() {
                    message.push(item.stream, item.leg, doc);
                    continue;
                }
                let changed =
                    Entry { stream: item.stream, leg: item.leg, doc: Box::new(doc.clone()) };
                let entries = audience.told(call, item.was_seen[place], &changed);
                entries.iter().for_each(|entry| message.push_entry(entry));
            }
            if !message.is_empty() {
                told.channel.documents(message, told.reached, self.seq, &[]);
                told.reached = self.seq;
            }
        }
    }

    /// Takes calls off the board and tells who has seen them.
    pub(super) fn expire(&mut self, due: &[CallId], now: UnixMs) {
        self.last_sent = now;
        for (audience, told) in &mut self.audiences {
            let calls = &self.board.calls;
            let seen = |id: &&CallId| calls.get(*id).is_some_and(|call| audience.sees(call));
            let expired: Vec<_> = due.iter().filter(seen).cloned().collect();
            if !expired.is_empty() {
                let message = Documents::new(told.reached, self.seq, now);
                told.channel.documents(message, told.reached, self.seq, &expired);
                told.reached = self.seq;
            }
        }
        self.board.expire(due, now);
    }

    /// Forgets audiences that nobody belongs to any longer.
    pub(super) fn forget_the_gone(&mut self) {
        let stays = |audience: &Audience, told: &mut Told| {
            audience.sees_all() || told.channel.has_viewers()
        };
        self.audiences.retain(stays);
    }

    pub(super) fn told(&mut self, audience: &Audience) -> &mut Told {
        let seq = self.seq;
        let new = || Told::new(audience.clone(), seq);
        self.audiences.entry(audience.clone()).or_insert_with(new)
    }

    /// The numbering as an audience knows it: what one was told is no basis
    /// for what another is told.
    pub(super) fn epoch_of(&self, audience: &Audience) -> String {
        if audience.sees_all() {
            return self.epoch.clone();
        }
        let mut hasher = DefaultHasher::new();
        audience.hash(&mut hasher);
        format!("{}.{:08x}", self.epoch, hasher.finish() as u32)
    }

    /// The board as an audience sees it, written once for all who join at
    /// about the same time, and the number of the message that follows.
    pub(super) fn snapshot(&mut self, audience: &Audience, now: UnixMs) -> (Vec<Arc<Frame>>, u64) {
        let (epoch, seq) = (self.epoch_of(audience), self.seq);
        let told = self.told(audience);
        if let Some(Snapshot { made, frame, cursor, .. }) = &told.snapshot
            && now.since_ms(*made) < SNAPSHOT_STAYS_MS
        {
            return (vec![Arc::clone(frame)], *cursor);
        }
        if told.reached < seq {
            // Its next message shall follow this snapshot's number.
            let message = Documents::new(told.reached, seq, now);
            told.channel.documents(message, told.reached, seq, &[]);
            told.reached = seq;
        }
        let cursor = told.channel.next();
        let board = self.board.seen_by(audience);
        let frame = message::snapshot(&epoch, seq, now, &board, &self.status, &self.thresholds);
        let snapshot = Snapshot { made: now, seq, frame: Arc::clone(&frame), cursor };
        self.told(audience).snapshot = Some(snapshot);
        (vec![frame], cursor)
    }

    /// Forgets an audience's snapshot unless nothing has come since.
    pub(super) fn forget_old_snapshot(&mut self, audience: &Audience) {
        let seq = self.seq;
        self.told(audience).snapshot.take_if(|snapshot| snapshot.seq < seq);
    }

    pub(super) fn forget_snapshots(&mut self) {
        self.audiences.values_mut().for_each(|told| told.snapshot = None);
    }
}
