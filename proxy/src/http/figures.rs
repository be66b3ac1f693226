//! `GET /api/metrics`: figures of any range, by the thresholds that are asked
//! for, under the names of the contract.

use std::collections::{BTreeMap, BTreeSet};
use std::sync::Arc;

use axum::extract::{Query, State};
use axum::http::header::CACHE_CONTROL;
use axum::response::{IntoResponse, Response};
use axum::{Extension, Json};
use callboard_shared::audience::{Audience, Role, Scope};
use callboard_shared::figures::metrics::{AgentMetrics, Now, Settings};
use callboard_shared::figures::{Beside, Metrics, Thresholds};
use callboard_shared::text::Text;
use callboard_shared::{AgentKey, Board, QueueKey, UnixMs};
use serde::Serialize;

use super::App;
use super::calls::broken;
use super::problem::Problem;
use super::query::Parameters;
use crate::clock;
use crate::store::sums::{Gap, Range, Sums};

const KNOWN: [&str; 7] =
    ["from", "to", "queue", "by", "answer_within_s", "short_abandon_s", "interval_s"];
/// More lines than anybody draws.
const INTERVALS_MOST: u64 = 10_000;

/// What the figures are grouped by.
#[derive(Clone, Copy, Debug, Default, Eq, PartialEq)]
struct By {
    queue: bool,
    agent: bool,
    interval: bool,
}

/// What is asked for.
struct Asked {
    range: Range,
    by: By,
    settings: Settings,
    interval_s: u32,
}

#[derive(Serialize)]
struct Answer {
    from: UnixMs,
    to: UnixMs,
    /// Since when anything is known.
    since: UnixMs,
    total: Metrics,
    /// Calls that are in no queue figure. Not told where only some queues are
    /// seen or asked for.
    #[serde(skip_serializing_if = "Option::is_none")]
    beside: Option<Beside>,
    #[serde(skip_serializing_if = "Option::is_none")]
    queues: Option<BTreeMap<QueueKey, Named<Metrics>>>,
    #[serde(skip_serializing_if = "Option::is_none")]
    agents: Option<BTreeMap<AgentKey, Named<AgentMetrics>>>,
    #[serde(skip_serializing_if = "Option::is_none")]
    intervals: Option<Vec<Interval>>,
    settings: Told,
    /// Times within the range in which a stream was not live: what happened
    /// then is in no figure.
    gaps: Vec<Gap>,
}

#[derive(Serialize)]
struct Named<T> {
    name: Option<Text>,
    #[serde(flatten)]
    figures: T,
}

#[derive(Serialize)]
struct Interval {
    from: UnixMs,
    to: UnixMs,
    #[serde(flatten)]
    figures: Metrics,
}

/// The settings that held.
#[derive(Serialize)]
struct Told {
    #[serde(flatten)]
    all: Thresholds,
    /// Those of queues that have their own.
    #[serde(skip_serializing_if = "BTreeMap::is_empty")]
    queues: BTreeMap<QueueKey, Thresholds>,
    interval_s: u32,
}

/// Who is there now, as far as that is asked for and seen.
#[derive(Default)]
pub(super) struct Present {
    pub(super) customers: BTreeMap<QueueKey, Now>,
    pub(super) queues: BTreeMap<QueueKey, Now>,
}

/// Figures of a range; by default of today.
pub(super) async fn figures(
    State(app): State<Arc<App>>,
    Extension(audience): Extension<Arc<Audience>>,
    Query(pairs): Query<Vec<(String, String)>>,
) -> Result<Response, Problem> {
    let now = clock::now();
    let asked = read(pairs, &app, &audience, now)?;
    app.store.settled().await;
    let sums = app.store.sums(asked.range.clone()).await.map_err(broken)?;
    let is_now = asked.range.from <= now && now < asked.range.to;
    let scope = &asked.range.scope;
    let present = match is_now {
        true => app.hub.read(|board| present(board, scope, &sums)),
        false => Present::default(),
    };
    let since = app.store.beginning().recording_since;
    let answer = answer(&asked, sums, &present, &audience, since, now);
    Ok(([(CACHE_CONTROL, "no-store")], Json(answer)).into_response())
}

fn read(
    pairs: Vec<(String, String)>,
    app: &App,
    audience: &Audience,
    now: UnixMs,
) -> Result<Asked, Problem> {
    let parameters = Parameters::read(pairs, &KNOWN)?;
    let (from, to) = parameters.range(&app.days, now)?;
    let by = by(&parameters)?;
    let interval_s = parameters.interval_s()?;
    let every_ms = u64::from(interval_s) * 1000;
    if by.interval && to.since_ms(from) / every_ms > INTERVALS_MOST {
        let what = "Would give more than 10000 intervals: ask for longer ones, or less time.";
        return Err(Problem::parameter("interval_s", what));
    }
    let settings = parameters.thresholds(app.hub.thresholds())?;
    let scope = parameters.scope("queue", audience);
    let every = by.interval.then(|| (app.days.clone(), every_ms));
    Ok(Asked { range: Range { from, to, scope, every }, by, settings, interval_s })
}

fn by(parameters: &Parameters) -> Result<By, Problem> {
    let Some(text) = parameters.text("by") else {
        return Ok(By { queue: true, agent: true, interval: false });
    };
    let mut by = By::default();
    for word in text.split(',') {
        match word {
            "queue" => by.queue = true,
            "agent" => by.agent = true,
            "interval" => by.interval = true,
            _ => {
                let what = "Must be queue, agent or interval, or several with commas between.";
                return Err(Problem::parameter("by", what));
            }
        }
    }
    Ok(by)
}

pub(super) fn present(board: &Board, scope: &Scope, sums: &Sums) -> Present {
    let counts = |queue: &QueueKey| scope.as_ref().is_none_or(|scope| scope.contains(queue));
    let mut customers = board.customers_now();
    customers.retain(|queue, _| counts(queue));
    let known = sums.figures.queues.keys().chain(board.queues.keys());
    let known: BTreeSet<_> = known.filter(|queue| counts(queue)).collect();
    let queues = known.into_iter().map(|queue| (queue.clone(), board.queue_now(queue)));
    Present { customers, queues: queues.collect() }
}

fn answer(
    asked: &Asked,
    sums: Sums,
    present: &Present,
    audience: &Audience,
    since: UnixMs,
    now: UnixMs,
) -> Answer {
    let Asked { range, by, settings, interval_s } = asked;
    let figures = &sums.figures;
    let total = figures.total(settings, &present.customers, now);
    let nobody = Now::default();
    let queues = || {
        let known: BTreeSet<_> = figures.queues.keys().chain(present.queues.keys()).collect();
        let named = known.into_iter().map(|queue| {
            let present = present.queues.get(queue).unwrap_or(&nobody);
            let figures = figures.queue(queue, settings, present, now);
            let name = sums.names.queues.get(queue).cloned().flatten();
            (queue.clone(), Named { name, figures })
        });
        named.collect()
    };
    let agents = || {
        let named = figures.agents.iter().map(|(agent, tally)| {
            let figures = AgentMetrics::of(tally, sums.last_seen.get(agent).copied());
            let name = sums.names.agents.get(agent).cloned().flatten();
            let name = name.filter(|_| audience.role > Role::Public);
            (audience.agent_key(agent), Named { name, figures })
        });
        named.collect()
    };
    let intervals = || {
        let intervals = sums.intervals.iter().map(|interval| Interval {
            from: interval.from,
            to: interval.to,
            // Who waits now is in the total: an interval is what was booked in it.
            figures: interval.figures.total(settings, &BTreeMap::new(), now),
        });
        intervals.collect()
    };
    Answer {
        from: range.from,
        to: range.to,
        since,
        total,
        beside: range.scope.is_none().then_some(figures.beside),
        queues: by.queue.then(queues),
        agents: by.agent.then(agents),
        intervals: by.interval.then(intervals),
        settings: Told {
            all: settings.all,
            queues: settings.queues.clone(),
            interval_s: *interval_s,
        },
        gaps: gaps(&sums.gaps, now),
    }
}

/// Gaps so far: one that lasts ends now at the latest.
pub(super) fn gaps(gaps: &[Gap], now: UnixMs) -> Vec<Gap> {
    let gaps = gaps.iter().map(|gap| Gap { to: gap.to.min(now), ..*gap });
    gaps.filter(|gap| gap.from < gap.to).collect()
}
