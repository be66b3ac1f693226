//! `GET /api/day`: a day in intervals of sums, so that the page can apply
//! other thresholds itself, and its worst moments.

use std::sync::Arc;

use axum::extract::{Query, State};
use axum::http::header::CACHE_CONTROL;
use axum::response::{IntoResponse, Response};
use axum::{Extension, Json};
use callboard_shared::audience::Audience;
use callboard_shared::day::{Day, Interval, worst};
use callboard_shared::figures::metrics::Settings;

use super::App;
use super::calls::broken;
use super::figures::gaps;
use super::problem::Problem;
use super::query::Parameters;
use crate::clock;
use crate::store::sums::Range;

const KNOWN: [&str; 5] = ["date", "from", "to", "interval_s", "queue"];

/// A day; by default today.
pub(super) async fn day(
    State(app): State<Arc<App>>,
    Extension(audience): Extension<Arc<Audience>>,
    Query(pairs): Query<Vec<(String, String)>>,
) -> Result<Response, Problem> {
    let now = clock::now();
    let parameters = Parameters::read(pairs, &KNOWN)?;
    let (from, to) = parameters.span(&app.days, now)?;
    let interval_s = parameters.interval_s()?;
    let every = Some((app.days.clone(), u64::from(interval_s) * 1000));
    let range = Range { from, to, scope: parameters.scope("queue", &audience), every };
    app.store.settled().await;
    let (sums, waits) = app.store.day(range, now).await.map_err(broken)?;
    let booked =
        |interval: &Interval| !interval.customers.is_empty() || !interval.queues.is_empty();
    let intervals = sums.intervals.into_iter().map(|interval| Interval {
        from: interval.from,
        to: interval.to,
        customers: interval.figures.customers,
        queues: interval.figures.queues,
    });
    let answer = Day {
        from,
        to,
        since: app.store.beginning().recording_since,
        interval_s,
        settings: seen(app.hub.thresholds(), &audience),
        gaps: gaps(&sums.gaps, now),
        worst: worst(&waits, from, to),
        intervals: intervals.filter(booked).collect(),
    };
    Ok(([(CACHE_CONTROL, "no-store")], Json(answer)).into_response())
}

/// Thresholds of queues that may be seen.
fn seen(mut settings: Settings, audience: &Audience) -> Settings {
    settings.queues.retain(|queue, _| audience.sees_queue(queue));
    settings
}
