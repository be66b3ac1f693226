//! `GET /api/lost`: callers who gave up, and who has spoken to them since.

use std::sync::Arc;

use axum::extract::{Query, State};
use axum::http::header::CACHE_CONTROL;
use axum::response::{IntoResponse, Response};
use axum::{Extension, Json};
use callboard_shared::audience::{Audience, Role};
use callboard_shared::lost::{How, Lost};
use callboard_shared::text::Text;
use callboard_shared::{AgentKey, UnixMs};
use serde::Serialize;

use super::App;
use super::calls::summary::Party;
use super::calls::{broken, masked};
use super::problem::Problem;
use super::query::Parameters;
use crate::clock;
use crate::store::calls::Names;
use crate::store::lost::{Losses, Told};

const KNOWN: [&str; 5] = ["date", "from", "to", "queue", "limit"];

#[derive(Serialize)]
struct Answer {
    from: UnixMs,
    to: UnixMs,
    /// The last to give up first, at most `limit`.
    lost: Vec<Caller>,
    /// Callers who were reached since, listed or not.
    recovered: usize,
    /// Callers whom nobody has reached.
    still_lost: usize,
}

#[derive(Serialize)]
struct Caller {
    /// The last call in which they gave up.
    id_call: Text,
    /// When they did.
    at: UnixMs,
    number: Option<Text>,
    /// Where they did.
    queue: Option<Party>,
    waited_s: Option<f64>,
    /// How often they gave up since they were last reached.
    attempts: u32,
    reached: Option<Reached>,
}

#[derive(Serialize)]
struct Reached {
    at: UnixMs,
    how: How,
    /// `null`: a call that may not be seen.
    id_call: Option<Text>,
    agent: Option<Party>,
}

/// Lost callers; by default of today.
pub(super) async fn lost(
    State(app): State<Arc<App>>,
    Extension(audience): Extension<Arc<Audience>>,
    Query(pairs): Query<Vec<(String, String)>>,
) -> Result<Response, Problem> {
    let parameters = Parameters::read(pairs, &KNOWN)?;
    let (from, to) = parameters.span(&app.days, clock::now())?;
    let limit = parameters.limit()?;
    let home = app.hub.thresholds().home;
    let asked = Losses { from, to, scope: parameters.scope("queue", &audience), home };
    app.store.settled().await;
    let lost = app.store.lost(asked).await.map_err(broken)?;
    let names = app.store.names().await.map_err(broken)?;
    let recovered = lost.iter().filter(|lost| lost.reached.is_some()).count();
    let still_lost = lost.len() - recovered;
    let told = lost.into_iter().take(limit).map(|lost| caller(lost, &names, &audience));
    let answer = Answer { from, to, lost: told.collect(), recovered, still_lost };
    Ok(([(CACHE_CONTROL, "no-store")], Json(answer)).into_response())
}

fn caller(lost: Lost<Told>, names: &Names, audience: &Audience) -> Caller {
    let Lost { at, call, attempts, reached } = lost;
    let Told { found, queue, waited_ms, .. } = call;
    let found = masked(found, audience);
    let queue = queue.map(|queue| {
        let name = names.queues.get(&queue).cloned().flatten();
        Party { id: queue.0, name }
    });
    Caller {
        id_call: found.id.0,
        at,
        number: found.call.told(|d| d.customer_target.as_ref()?.number.clone()),
        queue,
        waited_s: waited_ms.map(|ms| ms as f64 / 1000.0),
        attempts,
        reached: reached.map(|(at, how, call)| {
            let seen = audience.sees(&call.found.call);
            let agent = call.agent.filter(|_| seen).map(|agent| party(&agent, names, audience));
            Reached { at, how, id_call: seen.then_some(call.found.id.0), agent }
        }),
    }
}

fn party(agent: &AgentKey, names: &Names, audience: &Audience) -> Party {
    let name = names.agents.get(agent).cloned().flatten();
    let name = name.filter(|_| audience.role > Role::Public);
    Party { id: audience.agent_key(agent).0, name }
}
