//! `GET /api/explain`: the calls behind a figure, and its formula with values.

use std::collections::HashMap;
use std::sync::{Arc, LazyLock};

use axum::extract::{Query, State};
use axum::http::header::CACHE_CONTROL;
use axum::response::{IntoResponse, Response};
use axum::{Extension, Json};
use callboard_shared::audience::Audience;
use callboard_shared::figures::Thresholds;
use callboard_shared::figures::contribution::Entry;
use callboard_shared::figures::explain::{Behind, Figure, NowFigure, Scope, Term, Terms};
use callboard_shared::figures::metrics::{Now, Settings};
use callboard_shared::{CallId, QueueKey, UnixMs};
use serde::Serialize;
use serde_json::Value;

use super::App;
use super::calls::summary::{Party, Short};
use super::calls::{broken, masked};
use super::figures::{Present, present};
use super::problem::Problem;
use super::query::Parameters;
use crate::clock;
use crate::store::calls::StoredCall;
use crate::store::sums::{Range, Sums};

const KNOWN: [&str; 9] = [
    "figure",
    "queue",
    "queues",
    "date",
    "from",
    "to",
    "answer_within_s",
    "short_abandon_s",
    "limit",
];

/// Told to whoever asks for a figure that there is not.
static FIGURES: LazyLock<String> = LazyLock::new(|| {
    let of_now = NowFigure::ALL.iter().map(|figure| figure.name());
    let names: Vec<_> = of_now.chain(Figure::ALL.iter().map(|figure| figure.name())).collect();
    format!("Must be one of {}.", names.join(", "))
});

/// Which figure is asked for.
#[derive(Clone, Copy)]
enum Asks {
    /// One of who is there now.
    Now(NowFigure),
    /// One of the calls of a range.
    Of(Figure),
}

/// What is asked for.
struct Asked {
    figure: Asks,
    /// The queue whose figure it is; `None`: of all calls.
    queue: Option<QueueKey>,
    range: Range,
    settings: Settings,
    limit: usize,
    now: UnixMs,
}

#[derive(Serialize)]
struct Answer {
    figure: &'static str,
    /// The queue; `null`: all calls.
    queue: Option<Party>,
    from: UnixMs,
    to: UnixMs,
    formula: &'static str,
    /// As in `/api/metrics`.
    value: Value,
    terms: Vec<Term>,
    /// In the count, or above the line of a share.
    r#in: Vec<Short>,
    /// Only below the line of a share.
    below: Vec<Short>,
    /// In neither.
    out: Vec<Short>,
    counts: Counts,
    /// What counts as in time, and as short, for this figure.
    settings: Thresholds,
}

/// What was found behind a figure: its value, its terms, and the newest calls
/// of each list.
struct Found {
    value: Value,
    terms: Vec<Term>,
    lists: [Vec<(CallId, Entry)>; 3],
    counts: Counts,
}

#[derive(Serialize)]
struct Counts {
    r#in: usize,
    below: usize,
    out: usize,
}

/// The calls behind a figure; by default of today.
pub(super) async fn explain(
    State(app): State<Arc<App>>,
    Extension(audience): Extension<Arc<Audience>>,
    Query(pairs): Query<Vec<(String, String)>>,
) -> Result<Response, Problem> {
    let asked = read(pairs, &app, &audience)?;
    app.store.settled().await;
    let sums = app.store.sums(asked.range.clone()).await.map_err(broken)?;
    let found = match asked.figure {
        Asks::Of(figure) => of_range(&app, &asked, figure, &sums).await?,
        Asks::Now(figure) => of_now(&app, &asked, figure),
    };
    let Found { value, terms, lists, counts } = found;
    let ids = lists.iter().flatten().map(|(id, _)| id.clone()).collect();
    let mut calls = app.store.calls_of(ids).await.map_err(broken)?;
    calls.retain(|_, found| audience.sees(&found.call));
    let calls = calls.into_iter().map(|(id, found)| (id, masked(found, &audience))).collect();
    let [r#in, below, out] = lists.map(|list| shorts(list, &calls, &sums));
    let (figure, formula) = match asked.figure {
        Asks::Of(figure) => (figure.name(), figure.formula()),
        Asks::Now(figure) => (figure.name(), figure.formula()),
    };
    let answer = Answer {
        figure,
        queue: asked.queue.clone().map(|queue| party(queue, &sums)),
        from: asked.range.from,
        to: asked.range.to,
        formula,
        value,
        terms,
        r#in,
        below,
        out,
        counts,
        settings: asked.queue.as_ref().map_or(asked.settings.all, |key| asked.settings.of(key)),
    };
    Ok(([(CACHE_CONTROL, "no-store")], Json(answer)).into_response())
}

/// A figure of the calls of a range.
async fn of_range(app: &App, asked: &Asked, figure: Figure, sums: &Sums) -> Result<Found, Problem> {
    let ledger = app.store.ledger(asked.range.clone()).await.map_err(broken)?;
    let present = match asked.is_now() {
        true => app.hub.read(|board| present(board, &asked.range.scope, sums)),
        false => Present::default(),
    };
    let scope = asked.queue.clone().map_or(Scope::Total, Scope::Queue);
    // In the past nobody waits now.
    let now = if asked.is_now() { asked.now } else { asked.range.from };
    let Range { from, to, .. } = asked.range;
    let behind = ledger.behind(figure, &scope, Terms { settings: &asked.settings, now, from, to });
    let (value, terms) = (value(asked, figure, sums, &present), figure.terms(&behind.sums));
    Ok(Found { value, terms, ..Found::of(&behind, asked.limit) })
}

/// A figure of who is there now.
fn of_now(app: &App, asked: &Asked, figure: NowFigure) -> Found {
    let of_scope = |key: &QueueKey| asked.range.scope.as_ref().is_none_or(|all| all.contains(key));
    let of_queue = |key: &QueueKey| asked.queue.as_ref().is_none_or(|queue| queue == key);
    app.hub.read(|board| {
        let wanted = |key: &QueueKey| asked.is_now() && of_scope(key) && of_queue(key);
        let (value, behind) = board.behind_now(figure, asked.now, wanted);
        Found { value: value.into(), ..Found::of(&behind, asked.limit) }
    })
}

impl Asked {
    fn is_now(&self) -> bool {
        self.range.from <= self.now && self.now < self.range.to
    }
}

impl Found {
    /// The newest calls of each list.
    fn of(behind: &Behind<'_>, limit: usize) -> Found {
        let newest = |found: &[(&CallId, &Entry)]| {
            let newest = found.iter().rev().take(limit);
            newest.map(|(id, entry)| ((*id).clone(), (*entry).clone())).collect::<Vec<_>>()
        };
        let Behind { counted, weighed, left_out, .. } = behind;
        Found {
            value: Value::Null,
            terms: Vec::new(),
            lists: [counted, weighed, left_out].map(|list| newest(list)),
            counts: Counts { r#in: counted.len(), below: weighed.len(), out: left_out.len() },
        }
    }
}

fn read(pairs: Vec<(String, String)>, app: &App, audience: &Audience) -> Result<Asked, Problem> {
    let now = clock::now();
    let parameters = Parameters::read(pairs, &KNOWN)?;
    let name = parameters.text("figure").unwrap_or_default();
    let figure = Figure::from_name(name).map(Asks::Of);
    let figure = figure.or_else(|| NowFigure::from_name(name).map(Asks::Now));
    let figure = figure.ok_or(Problem::parameter("figure", &FIGURES))?;
    let (from, to) = parameters.span(&app.days, now)?;
    let queue = parameters.text("queue").map(QueueKey::from);
    if queue.is_some() && parameters.text("queues").is_some() {
        let what = "Either `queue`, one queue's own figure, or `queues`, the total of some.";
        return Err(Problem::parameter("queues", what));
    }
    // A queue's passages count wherever their call came from.
    let scope = match &queue {
        Some(queue) => {
            Some([queue.clone()].into_iter().filter(|queue| audience.sees_queue(queue)).collect())
        }
        None => parameters.scope("queues", audience),
    };
    Ok(Asked {
        figure,
        queue,
        range: Range { from, to, scope, every: None },
        settings: parameters.thresholds(app.hub.thresholds())?,
        limit: parameters.limit()?,
        now,
    })
}

/// The figure itself, as `/api/metrics` has it.
fn value(asked: &Asked, figure: Figure, sums: &Sums, present: &Present) -> Value {
    let (settings, now) = (&asked.settings, asked.now);
    let nobody = Now::default();
    let metrics = match &asked.queue {
        None => sums.figures.total(settings, &present.customers, now),
        Some(queue) => {
            let present = present.queues.get(queue).unwrap_or(&nobody);
            sums.figures.queue(queue, settings, present, now)
        }
    };
    if figure == Figure::FlowOut {
        return metrics.flow_out.all().into();
    }
    let metrics = serde_json::to_value(metrics).unwrap_or_default();
    let place = format!("/{}", figure.name().replace('.', "/"));
    metrics.pointer(&place).cloned().unwrap_or_default()
}

fn party(queue: QueueKey, sums: &Sums) -> Party {
    let name = sums.names.queues.get(&queue).cloned().flatten();
    Party { id: queue.0, name }
}

fn shorts(
    list: Vec<(CallId, Entry)>,
    calls: &HashMap<CallId, StoredCall>,
    sums: &Sums,
) -> Vec<Short> {
    let short = |(id, entry): (CallId, Entry)| {
        let queue = party(entry.queue.clone(), sums);
        Some(Short::of(calls.get(&id)?, &entry, queue))
    };
    list.into_iter().filter_map(short).collect()
}
