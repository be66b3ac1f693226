//! `GET /api/explain`: the calls behind a figure, and its formula with values.

use std::collections::HashMap;
use std::sync::{Arc, LazyLock};

use axum::extract::{Query, State};
use axum::http::header::CACHE_CONTROL;
use axum::response::{IntoResponse, Response};
use axum::{Extension, Json};
use callboard_shared::audience::Audience;
use callboard_shared::figures::contribution::Entry;
use callboard_shared::figures::explain::{Behind, Figure, Scope, Term, Terms};
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

const KNOWN: [&str; 8] =
    ["figure", "queue", "date", "from", "to", "answer_within_s", "short_abandon_s", "limit"];

/// Told to whoever asks for a figure that there is not.
static FIGURES: LazyLock<String> = LazyLock::new(|| {
    let names: Vec<_> = Figure::ALL.iter().map(|figure| figure.name()).collect();
    format!("Must be one of {}.", names.join(", "))
});

/// What is asked for.
struct Asked {
    figure: Figure,
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
    let ledger = app.store.ledger(asked.range.clone()).await.map_err(broken)?;
    let sums = app.store.sums(asked.range.clone()).await.map_err(broken)?;
    let is_now = asked.range.from <= asked.now && asked.now < asked.range.to;
    let present = match is_now {
        true => app.hub.read(|board| present(board, &asked.range.scope, &sums)),
        false => Present::default(),
    };
    let scope = asked.queue.clone().map_or(Scope::Total, Scope::Queue);
    // In the past nobody waits now.
    let now = if is_now { asked.now } else { asked.range.from };
    let Range { from, to, .. } = asked.range;
    let terms = Terms { settings: &asked.settings, now, from, to };
    let behind = ledger.behind(asked.figure, &scope, terms);
    let newest = |found: &[(&CallId, &Entry)]| {
        let newest = found.iter().rev().take(asked.limit);
        newest.map(|(id, entry)| ((*id).clone(), (*entry).clone())).collect::<Vec<_>>()
    };
    let lists = [&behind.counted, &behind.weighed, &behind.left_out].map(|list| newest(list));
    let ids = lists.iter().flatten().map(|(id, _)| id.clone()).collect();
    let mut calls = app.store.calls_of(ids).await.map_err(broken)?;
    calls.retain(|_, found| audience.sees(&found.call));
    let calls = calls.into_iter().map(|(id, found)| (id, masked(found, &audience))).collect();
    let [r#in, below, out] = lists.map(|list| shorts(list, &calls, &sums));
    let answer = Answer {
        figure: asked.figure.name(),
        queue: asked.queue.clone().map(|queue| party(queue, &sums)),
        from,
        to,
        formula: asked.figure.formula(),
        value: value(&asked, &sums, &present),
        terms: asked.figure.terms(&behind.sums),
        r#in,
        below,
        out,
        counts: counts(&behind),
    };
    Ok(([(CACHE_CONTROL, "no-store")], Json(answer)).into_response())
}

fn read(pairs: Vec<(String, String)>, app: &App, audience: &Audience) -> Result<Asked, Problem> {
    let now = clock::now();
    let parameters = Parameters::read(pairs, &KNOWN)?;
    let figure = parameters.text("figure").and_then(Figure::from_name);
    let figure = figure.ok_or(Problem::parameter("figure", &FIGURES))?;
    let (from, to) = parameters.span(&app.days, now)?;
    let queue = parameters.text("queue").map(QueueKey::from);
    // A queue's passages count wherever their call came from.
    let scope = match &queue {
        Some(queue) => {
            Some([queue.clone()].into_iter().filter(|queue| audience.sees_queue(queue)).collect())
        }
        None => audience.scope.clone(),
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
fn value(asked: &Asked, sums: &Sums, present: &Present) -> Value {
    let (settings, now) = (&asked.settings, asked.now);
    let nobody = Now::default();
    let metrics = match &asked.queue {
        None => sums.figures.total(settings, &present.customers, now),
        Some(queue) => {
            let present = present.queues.get(queue).unwrap_or(&nobody);
            sums.figures.queue(queue, settings, present, now)
        }
    };
    let metrics = serde_json::to_value(metrics).unwrap_or_default();
    let place = format!("/{}", asked.figure.name().replace('.', "/"));
    metrics.pointer(&place).cloned().unwrap_or_default()
}

fn counts(behind: &Behind<'_>) -> Counts {
    let Behind { counted, weighed, left_out, .. } = behind;
    Counts { r#in: counted.len(), below: weighed.len(), out: left_out.len() }
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
