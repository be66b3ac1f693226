//! All calls of a range as a file, however many: page after page from the
//! store, so that memory and locks are those of one page.

use std::sync::Arc;

use axum::Extension;
use axum::body::{Body, Bytes};
use axum::extract::{Query, State};
use axum::http::header::{CONTENT_DISPOSITION, CONTENT_TYPE};
use axum::response::{IntoResponse, Response};
use callboard_shared::UnixMs;
use callboard_shared::audience::Audience;
use callboard_shared::csv::{MARK, row};
use futures_util::{Stream, StreamExt as _, stream};
use jiff::Timestamp;

use super::super::App;
use super::super::problem::Problem;
use super::asked::Asked;
use super::summary::{Party, Summary};
use super::{PRIVATE, masked};
use crate::clock;
use crate::store::StoreError;
use crate::store::calls::Cursor;

/// Calls read at once.
const PAGE: usize = 500;

/// The columns, in their order.
const HEADER: [&str; 19] = [
    "id_call",
    "start",
    "end",
    "active",
    "direction",
    "internal",
    "outcome",
    "outcome_text",
    "reason",
    "why",
    "number",
    "answered",
    "waited_s",
    "talk_s",
    "hold_s",
    "queues",
    "queue_names",
    "agents",
    "agent_names",
];

/// `GET /api/calls.csv`: RFC 4180, in UTF-8 with the mark that spreadsheets
/// look for.
pub(in super::super) async fn csv(
    State(app): State<Arc<App>>,
    Extension(audience): Extension<Arc<Audience>>,
    Query(pairs): Query<Vec<(String, String)>>,
) -> Result<Response, Problem> {
    let write = |text: &mut String, call: &Summary| row(text, cells(call));
    let rest = pages(&app, audience, pairs, write).await?;
    let mut header = String::from(MARK);
    row(&mut header, HEADER);
    let first = stream::once(async move { Ok::<_, StoreError>(Bytes::from(header)) });
    Ok(file("text/csv; charset=utf-8; header=present", "calls.csv", first.chain(rest)))
}

/// `GET /api/calls.ndjson`: one object a line.
pub(in super::super) async fn ndjson(
    State(app): State<Arc<App>>,
    Extension(audience): Extension<Arc<Audience>>,
    Query(pairs): Query<Vec<(String, String)>>,
) -> Result<Response, Problem> {
    let write = |text: &mut String, call: &Summary| {
        // Our own type has text keys and finite numbers only.
        text.push_str(&serde_json::to_string(call).unwrap_or_default());
        text.push('\n');
    };
    let lines = pages(&app, audience, pairs, write).await?;
    Ok(file("application/x-ndjson", "calls.ndjson", lines))
}

fn file(
    kind: &'static str,
    name: &'static str,
    parts: impl Stream<Item = Result<Bytes, StoreError>> + Send + 'static,
) -> Response {
    let named = format!("attachment; filename=\"{name}\"");
    let headers = [(CONTENT_TYPE, kind.to_owned()), (CONTENT_DISPOSITION, named)];
    // An error breaks the answer off: half a file is not taken for a whole.
    (PRIVATE, headers, Body::from_stream(parts)).into_response()
}

/// All calls that are asked for, in parts of a page each.
async fn pages<W: Fn(&mut String, &Summary) + Copy + Send + 'static>(
    app: &App,
    audience: Arc<Audience>,
    pairs: Vec<(String, String)>,
    write: W,
) -> Result<impl Stream<Item = Result<Bytes, StoreError>> + Send + use<W>, Problem> {
    app.store.settled().await;
    let filter = Asked::all(pairs, app, &audience, clock::now()).await?;
    let store = app.store.clone();
    let begin = filter.map(|filter| (filter, None::<Cursor>));
    Ok(stream::try_unfold(begin, move |at| {
        let (store, audience) = (store.clone(), audience.clone());
        async move {
            let Some((filter, after)) = at else { return Ok(None) };
            let calls = store.calls(filter.clone(), after, PAGE).await?;
            let next = calls.last().filter(|_| calls.len() == PAGE).map(|call| call.cursor());
            let mut text = String::new();
            for call in calls {
                write(&mut text, &Summary::of(&masked(call, &audience)));
            }
            Ok(Some((Bytes::from(text), next.map(|cursor| (filter, Some(cursor))))))
        }
    }))
}

fn cells(call: &Summary) -> [String; 19] {
    let text = |text: Option<&str>| text.unwrap_or_default().to_owned();
    let ids = |parties: &[Party]| {
        parties.iter().map(|party| party.id.as_str()).collect::<Vec<_>>().join("; ")
    };
    let names = |parties: &[Party]| {
        let names = parties.iter().map(|party| party.name.as_deref().unwrap_or(&party.id));
        names.collect::<Vec<_>>().join("; ")
    };
    let outcome = call.outcome.as_ref().and_then(crate::store::rows::word);
    [
        call.id_call.to_string(),
        call.start.map(instant).unwrap_or_default(),
        call.end.map(instant).unwrap_or_default(),
        call.active.to_string(),
        text(call.direction.as_deref()),
        call.internal.map(|internal| internal.to_string()).unwrap_or_default(),
        text(outcome.as_deref()),
        text(call.outcome_text),
        text(call.reason.as_deref()),
        text(call.why.as_deref()),
        text(call.number.as_deref()),
        call.answered.to_string(),
        call.waited_s.map(|s| s.to_string()).unwrap_or_default(),
        call.talk_s.map(|s| s.to_string()).unwrap_or_default(),
        call.hold_s.map(|s| s.to_string()).unwrap_or_default(),
        ids(&call.queues),
        names(&call.queues),
        ids(&call.agents),
        names(&call.agents),
    ]
}

/// In UTC, as people and spreadsheets read it.
fn instant(at: UnixMs) -> String {
    Timestamp::from_millisecond(at.0).map(|at| at.to_string()).unwrap_or_default()
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    proptest! {
        #[test]
        fn another_reader_reads_what_was_written(
            rows in prop::collection::vec(prop::collection::vec("[a-zå=+@,;\"'\t\r\n -]{0,12}", 3), 1..6),
        ) {
            let mut text = String::new();
            for cells in &rows {
                row(&mut text, cells);
            }
            let reader = csv::ReaderBuilder::new().has_headers(false).from_reader(text.as_bytes()).into_records();
            let read: Vec<Vec<String>> = reader
                .map(|record| record.unwrap().iter().map(str::to_owned).collect())
                .collect();
            let plain = |cell: &String| {
                cell.strip_prefix('\'').filter(|rest| rest.starts_with(['=', '+', '-', '@', '\t', '\r'])).unwrap_or(cell).to_owned()
            };
            for (read, written) in read.iter().zip(&rows) {
                for (read, written) in read.iter().zip(written) {
                    prop_assert!(!read.starts_with(['=', '+', '-', '@', '\t', '\r']), "{read:?}");
                    prop_assert_eq!(plain(read), plain(written));
                }
            }
            prop_assert_eq!(read.len(), rows.len());
            prop_assert!(text.ends_with("\r\n"));
        }
    }
}
