//! `/api/calls`: what was kept of calls, as whoever asks may see it.
//!
//! | route | answer |
//! |---|---|
//! | `GET /api/calls` | a page of calls, newest first, and where the next begins |
//! | `GET /api/calls.csv`, `.ndjson` | all of them, however many |
//! | `GET /api/calls/{id_call}` | everything known of one |
//!
//! What a role may not see is masked before anything is written, and what is
//! masked is not searched either: an empty answer would tell as much.

mod asked;
mod export;
pub(super) mod summary;
#[cfg(test)]
mod tests;

use std::sync::Arc;

use axum::extract::{Path, Query, State};
use axum::http::StatusCode;
use axum::http::header::CACHE_CONTROL;
use axum::response::{IntoResponse, Response};
use axum::{Extension, Json};
use callboard_shared::Document;
use callboard_shared::audience::Audience;
use callboard_shared::call::Legs;
use serde::Serialize;

use super::App;
use super::problem::Problem;
use crate::clock;
use crate::store::StoreError;
use crate::store::calls::StoredCall;
use asked::Asked;
pub(super) use export::{csv, ndjson};
use summary::Summary;

/// What every answer of these routes carries: it is about people.
const PRIVATE: [(axum::http::HeaderName, &str); 1] = [(CACHE_CONTROL, "no-store")];

#[derive(Serialize)]
struct Page {
    calls: Vec<Summary>,
    /// The `cursor` of the next page; `null`: this was the last.
    next: Option<String>,
}

/// A page.
pub(super) async fn list(
    State(app): State<Arc<App>>,
    Extension(audience): Extension<Arc<Audience>>,
    Query(pairs): Query<Vec<(String, String)>>,
) -> Result<Response, Problem> {
    app.store.settled().await;
    let asked = Asked::read(pairs, &app, &audience, clock::now()).await?;
    let Some(filter) = asked.filter else {
        return Ok((PRIVATE, Json(Page { calls: Vec::new(), next: None })).into_response());
    };
    // One more than asked for tells whether there is a next page.
    let mut calls = app.store.calls(filter, asked.after, asked.limit + 1).await.map_err(broken)?;
    let more = calls.len() > asked.limit;
    calls.truncate(asked.limit);
    let next = calls.last().filter(|_| more).map(|call| asked::write_cursor(&call.cursor()));
    let calls = calls.into_iter().map(|call| Summary::of(&masked(call, &audience))).collect();
    Ok((PRIVATE, Json(Page { calls, next })).into_response())
}

#[derive(Serialize)]
struct Whole {
    #[serde(flatten)]
    summary: Summary,
    documents: Documents,
    #[serde(flatten)]
    journey: Steps,
}

#[derive(Serialize)]
struct Documents {
    calls: Option<Box<Document>>,
    queues: Legs,
    agents: Legs,
}

#[derive(Serialize)]
struct Steps {
    steps: Vec<callboard_shared::journey::Step>,
}

/// One call.
pub(super) async fn one(
    State(app): State<Arc<App>>,
    Extension(audience): Extension<Arc<Audience>>,
    Path(id): Path<String>,
) -> Result<Response, Problem> {
    app.store.settled().await;
    let found = app.store.call(id.into()).await.map_err(broken)?;
    // What may not be seen is not told apart from what is not there.
    let found = found.filter(|found| audience.sees(&found.call));
    let found = found.ok_or(Problem::new(
        StatusCode::NOT_FOUND,
        "No such call is kept. Ids are those of `GET /api/calls`.",
    ))?;
    let found = masked(found, &audience);
    let summary = Summary::of(&found);
    let steps = callboard_shared::journey::journey(&found.call).steps;
    let call = found.call;
    let documents = Documents { calls: call.call, queues: call.queues, agents: call.agents };
    let whole = Whole { summary, documents, journey: Steps { steps } };
    Ok((PRIVATE, Json(whole)).into_response())
}

/// A call as `audience` may see it. All that is told is read from it.
pub(super) fn masked(mut found: StoredCall, audience: &Audience) -> StoredCall {
    audience.mask_call(&mut found.call);
    crate::store::rows::read_off(&mut found.call);
    found
}

/// The store could not answer. Why is in the log, and nobody else's affair.
pub(super) fn broken(error: StoreError) -> Problem {
    if let StoreError::TooSlow = error {
        tracing::warn!("{error}");
        return Problem::busy(
            "The store has not answered within the time that a question has. Ask for a shorter \
             range of time, or for less at the same time; the limit is `question-limit-s`.",
        );
    }
    tracing::error!("a question to the store failed: {error}");
    Problem::new(
        StatusCode::SERVICE_UNAVAILABLE,
        "The store cannot be read at the moment. Its state is on `/readyz`.",
    )
}
