//! The board's own tables: all queues together, each queue, calls, agents.

use callboard_shared::figures::{Metrics, Thresholds};
use callboard_shared::phase::Phase;
use callboard_shared::words::Direction;
use callboard_shared::{AgentKey, Board, Call, QueueKey, UnixMs};

use super::export::{Cell, Fact, Table};
use crate::params::Params;
use crate::store::Store;
use crate::text::{self, D, T, fill, t};
use crate::view::{AgentChip, Busy, CallRow, QueueCard, View, all_rows};

/// Everything that the board shows at `now`, in the order in which it does.
pub(crate) fn tables(view: &View, store: &Store, params: &Params, now: UnixMs) -> Vec<Table> {
    vec![
        total(view, store, params, now),
        queues(view, store, now),
        calls(store, params, now),
        agents(view, &store.board, now),
    ]
}

/// What the board counts by: the time, the queues, the thresholds.
pub(crate) fn facts(view: &View, store: &Store, params: &Params) -> Vec<Fact> {
    let mut facts = vec![Fact::moment()];
    if let Some(since) = view.strip.counting_since {
        facts.push(Fact::new("since", t(T::Today), Cell::at(Some(since))));
    }
    if let Some(notice) = &view.notice {
        facts.push(Fact::new("notice", "", Cell::word(&*notice.text, &*notice.text)));
    }
    facts.extend(chosen_queues(params, &view.queues));
    facts.extend(in_force(store.settings.all));
    facts
}

/// The queues that were chosen, if not all are shown.
pub(crate) fn chosen_queues(params: &Params, queues: &[QueueCard]) -> Option<Fact> {
    let name = |key: &String| {
        let card = queues.iter().find(|card| *card.key == **key);
        card.map_or_else(|| key.clone(), |card| card.name.to_string())
    };
    let names: Vec<_> = params.queues.iter().map(name).collect();
    let cell = Cell::word(params.queues.join(","), names.join(", "));
    (!names.is_empty()).then(|| Fact::new("queues", t(T::Queues), cell))
}

/// Thresholds in words.
pub(crate) fn in_force(thresholds: Thresholds) -> [Fact; 3] {
    let Thresholds { answer_within_s: s, short_abandon_s: short, target_percent } = thresholds;
    let (within, p) = (s.to_string(), text::percent(Some(target_percent)));
    let one = |name, n, shown: String| Fact::new(name, "", Cell::count(Some(n)).told_as(shown));
    [
        one("target_percent", target_percent, fill(T::Target, &[("p", &p), ("s", &within)])),
        one("answer_within_s", s, fill(D::AnswerWithin, &[("s", &within)])),
        one("short_abandon_s", short, fill(D::ShortWithin, &[("s", &short.to_string())])),
    ]
}

/// The figures of a row, as the API names them.
fn figures() -> [(&'static str, &'static str); 9] {
    [
        ("waiting", t(T::Waiting)),
        ("longest_wait_now_s", t(T::LongestWait)),
        ("talking", t(T::Talking)),
        ("offered", t(T::Offered)),
        ("handled", t(T::Handled)),
        ("abandoned", t(T::Abandoned)),
        ("abandoned_short", ""),
        ("flow_out", t(T::FlowOut)),
        ("service_level.short_excluded", t(T::ServiceLevel)),
    ]
}

fn figures_of(metrics: &Metrics) -> [Cell; 9] {
    let out = &metrics.flow_out;
    [
        Cell::count(Some(metrics.waiting)),
        Cell::seconds(metrics.longest_wait_now_s.map(|s| s as f64)),
        Cell::count(Some(metrics.talking)),
        Cell::count(Some(metrics.offered)),
        Cell::count(Some(metrics.handled)),
        Cell::count(Some(metrics.abandoned)),
        Cell::count(Some(metrics.abandoned_short)),
        Cell::count(Some(out.timeout + out.full + out.empty + out.digit)),
        Cell::share(metrics.service_level.short_excluded),
    ]
}

fn total(view: &View, store: &Store, params: &Params, now: UnixMs) -> Table {
    let metrics = store.board.total_of(&store.settings, now, |queue| params.shows(&queue.0));
    let mut row = figures_of(&metrics);
    // By the queue that the caller is in now, as the first look has it.
    let waiting = u32::try_from(view.hero.waiting).ok();
    let longest = view.hero.longest.as_ref().map(|(since, _)| now.since_ms(*since) / 1000);
    row[0] = Cell::count(waiting);
    row[1] = Cell::seconds(longest.map(|s| s as f64));
    Table {
        name: "total",
        title: match chosen_queues(params, &view.queues) {
            Some(chosen) => chosen.cell.shown().to_owned(),
            None => t(T::AllQueues).to_owned(),
        },
        columns: figures().into(),
        rows: vec![row.into()],
    }
}

fn queues(view: &View, store: &Store, now: UnixMs) -> Table {
    let mut columns = vec![("queue", ""), ("queue_name", t(T::Queue)), ("strategy", "")];
    columns.extend(figures());
    columns.extend([("answer_within_s", ""), ("short_abandon_s", ""), ("target_percent", "")]);
    let row = |card: &QueueCard| {
        let key = QueueKey::from(&*card.key);
        let queue = store.board.queues.get(&key);
        let strategy = queue.and_then(|queue| queue.strategy.as_ref());
        let thresholds = store.settings.of(&key);
        let names = [
            Cell::text(Some(&card.key)),
            Cell::text(Some(&card.name)),
            Cell::text(strategy.map(|strategy| strategy.as_str())),
        ];
        let figures = figures_of(&store.board.queue(&key, &store.settings, now));
        let thresholds = [
            Cell::count(Some(thresholds.answer_within_s)),
            Cell::count(Some(thresholds.short_abandon_s)),
            Cell::count(Some(thresholds.target_percent)),
        ];
        names.into_iter().chain(figures).chain(thresholds).collect()
    };
    Table {
        name: "queues",
        title: t(T::Queues).to_owned(),
        columns,
        rows: view.queues.iter().map(row).collect(),
    }
}

/// The queue that a call is in, or came by.
fn queue_of(call: &Call) -> Option<&QueueKey> {
    match &call.phase {
        Phase::Talking { queue, .. } => queue.as_ref(),
        Phase::AwaitingCallback { queue, .. } => Some(queue),
        phase => phase.waiting_in().map(|(queue, _)| queue),
    }
}

fn agents_of(call: &Call) -> &[AgentKey] {
    match &call.phase {
        Phase::Talking { agent: Some(agent), .. } => std::slice::from_ref(agent),
        Phase::Ringing { agents, .. } => agents,
        _ => &[],
    }
}

fn name_of<'a>(board: &'a Board, agent: &'a AgentKey) -> &'a str {
    let known = board.agents.get(agent).and_then(|agent| agent.name.as_deref());
    known.unwrap_or(agent.as_str())
}

fn calls(store: &Store, params: &Params, now: UnixMs) -> Table {
    let board = &store.board;
    let row = |row: &CallRow| {
        let call = board.calls.get(&*row.id).map(AsRef::as_ref);
        let told = |number: &Call| number.told(|d| d.customer_target.as_ref()?.number.clone());
        let number = call.and_then(told);
        let queue = call.and_then(queue_of);
        let queue_name = queue.and_then(|queue| board.queues.get(queue)?.name.as_deref());
        let menu = call.and_then(|call| match &call.phase {
            Phase::Menu { menu, .. } => menu.as_deref(),
            _ => None,
        });
        let agents = call.map(agents_of).unwrap_or_default();
        let ids: Vec<_> = agents.iter().map(|agent| agent.0.as_str()).collect();
        let names: Vec<_> = agents.iter().map(|agent| name_of(board, agent)).collect();
        let internal = call.and_then(|call| call.told(|d| d.internal)) == Some(true);
        let direction = call.and_then(|call| call.told(|d| d.call_direction.clone()));
        let direction = if internal { Some(Direction::Internal) } else { direction };
        let way = row.direction.map_or("–", |(_, word)| t(word));
        vec![
            Cell::text(Some(&row.id)),
            Cell::word(row.state.class(), text::state(row.state)),
            Cell::word(row.urgency.class(), text::urgency(row.urgency)),
            Cell::at(Some(row.since)),
            Cell::seconds(Some((now.since_ms(row.since) / 1000) as f64)),
            Cell::text(number.as_deref()).told_as(&*row.caller),
            Cell::text(direction.as_ref().map(Direction::as_str)).told_as(way),
            Cell::text(queue.map(|queue| &*queue.0)),
            Cell::text(queue_name).told_as(&*row.place),
            Cell::text(menu),
            Cell::text(Some(&ids.join("; "))),
            Cell::word(names.join("; "), names.join(", ")),
            Cell::flag(row.unconfirmed, ""),
        ]
    };
    Table {
        name: "calls",
        title: t(T::LiveCalls).to_owned(),
        columns: vec![
            ("id_call", ""),
            ("state", t(T::State)),
            ("urgency", ""),
            ("since", ""),
            ("seconds", t(T::Time)),
            ("number", t(T::Caller)),
            ("direction", t(D::Direction)),
            ("queue", ""),
            ("queue_name", t(T::Queue)),
            ("menu", ""),
            ("agents", ""),
            ("agent_names", t(T::Agent)),
            ("unconfirmed", ""),
        ],
        rows: all_rows(store, now, params).iter().map(|call| row(call)).collect(),
    }
}

fn agents(view: &View, board: &Board, now: UnixMs) -> Table {
    let row = |chip: &AgentChip| {
        let call = chip.with.as_ref().map(|(id, _)| &**id);
        let number = call.and_then(|id| board.calls.get(id));
        let number = number.and_then(|c| c.told(|d| d.customer_target.as_ref()?.number.clone()));
        let caller = chip.with.as_ref().map_or("", |(_, caller)| &**caller);
        let seconds = (now.since_ms(chip.since) / 1000) as f64;
        let ago = if chip.busy == Busy::Free { t(T::Ago) } else { "" };
        let seconds = Cell::seconds(Some(seconds));
        let shown = format!("{} {ago}", seconds.shown());
        vec![
            Cell::text(Some(&chip.key)),
            Cell::text(Some(&chip.name)),
            Cell::word(chip.busy.class(), chip.busy.word()),
            Cell::at(Some(chip.since)),
            seconds.told_as(shown.trim_end()),
            Cell::text(chip.queue.as_deref()),
            Cell::text(call),
            Cell::text(number.as_deref()).told_as(caller),
        ]
    };
    Table {
        name: "agents",
        title: t(T::LinkAgents).to_owned(),
        columns: vec![
            ("agent", ""),
            ("agent_name", t(T::Agent)),
            ("state", t(T::State)),
            ("since", ""),
            ("seconds", t(T::Time)),
            ("queue_name", t(T::Queue)),
            ("id_call", ""),
            ("number", t(T::Caller)),
        ],
        rows: view.agents.iter().map(row).collect(),
    }
}
