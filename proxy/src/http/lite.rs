//! `GET /lite`: the board as plain HTML, for screens without WebAssembly, or
//! without JavaScript at all.
//!
//! - `part`: the figures as HTML
//! - `words`: its texts in a language
//! - `events`: the same figures, as often as they change
//! - `lite.js`: what keeps a page alive that has JavaScript, in the syntax of 2016
//!
//! Without JavaScript the page loads itself anew every few seconds.

mod events;
mod part;
mod words;

use std::collections::HashMap;
use std::sync::{Arc, Mutex, PoisonError};

use axum::Extension;
use axum::extract::{Query, State};
use axum::http::header::{CACHE_CONTROL, CONTENT_TYPE};
use axum::http::{HeaderValue, StatusCode};
use axum::response::{IntoResponse, Response};
use callboard_shared::audience::{Audience, Role};
use callboard_shared::lang::Lang;
use callboard_shared::{QueueKey, UnixMs};
use serde::Deserialize;

use super::App;
use crate::access::Caller;
use crate::clock;
pub(super) use events::stream;
use part::escape;
use words::Words;

const SCRIPT: &str = include_str!("lite/lite.js");
const STYLE: &str = include_str!("lite/lite.css");
const DOOR: &str = include_str!("lite/old.js");

/// A page without JavaScript loads itself anew after so many seconds.
const RELOAD_S: u32 = 5;
/// Figures are written once for all who ask within this time, in ms.
const PART_STAYS_MS: u64 = 500;
/// Queues that can be asked for by name.
const QUEUES_MOST: usize = 100;
/// Only what is needed here, and no script but our own file.
const POLICY: &str = "default-src 'none'; script-src 'self'; style-src 'self'; \
                      connect-src 'self'; img-src 'self'; base-uri 'none'; form-action 'none'; \
                      frame-ancestors 'none'";

/// What the address asks for. The signed link, too, is read elsewhere.
#[derive(Deserialize)]
pub(super) struct Asked {
    #[serde(default)]
    queues: String,
    #[serde(default)]
    lang: String,
    #[serde(default)]
    theme: String,
    part: Option<String>,
}

impl Asked {
    fn queues(&self) -> Vec<QueueKey> {
        let names = self.queues.split(',').map(str::trim).filter(|name| !name.is_empty());
        names.take(QUEUES_MOST).map(QueueKey::from).collect()
    }

    fn lang(&self) -> Lang {
        Lang::of_tag(&self.lang).unwrap_or_default()
    }

    /// The names of themes are those of the page.
    fn theme(&self) -> &'static str {
        match &*self.theme {
            "dark" => "dark",
            "light" => "light",
            "contrast" => "contrast",
            _ => "system",
        }
    }
}

/// Who sees which figures, in which words.
#[derive(Clone, Debug, Eq, Hash, PartialEq)]
struct Whose {
    audience: Audience,
    queues: Vec<QueueKey>,
    lang: Lang,
}

/// Figures as they were written last.
#[derive(Debug, Default)]
pub struct Written(Mutex<HashMap<Whose, (UnixMs, Arc<str>)>>);

impl Whose {
    fn new(asked: &Asked, audience: &Audience) -> Whose {
        Whose { audience: audience.clone(), queues: asked.queues(), lang: asked.lang() }
    }

    /// The figures as HTML in one line, not older than [`PART_STAYS_MS`].
    fn part(&self, app: &App, words: &Words) -> Arc<str> {
        let now = clock::now();
        {
            let written = app.lite.0.lock().unwrap_or_else(PoisonError::into_inner);
            let fresh = written.get(self).filter(|(at, _)| now.since_ms(*at) < PART_STAYS_MS);
            if let Some((_, text)) = fresh {
                return Arc::clone(text);
            }
        }
        let glance = app.hub.glance(&self.audience, &self.queues);
        let text: Arc<str> = part::write(&glance, words, self.audience.role > Role::Public).into();
        let mut written = app.lite.0.lock().unwrap_or_else(PoisonError::into_inner);
        written.retain(|_, (at, _)| now.since_ms(*at) < PART_STAYS_MS);
        written.insert(self.clone(), (now, Arc::clone(&text)));
        text
    }
}

/// The page, or with `part` only its figures.
pub(super) async fn page(
    State(app): State<Arc<App>>,
    Extension(caller): Extension<Arc<Caller>>,
    Query(asked): Query<Asked>,
) -> Response {
    let words = Words::read(&app.page, asked.lang());
    let audience = match caller.authorized() {
        Ok(audience) => audience,
        Err(problem) if asked.part.is_some() => return problem.into_response(),
        Err(_) => return html(StatusCode::UNAUTHORIZED, &locked(&asked, &words)),
    };
    let figures = Whose::new(&asked, audience).part(&app, &words);
    let text = match asked.part {
        Some(_) => figures.to_string(),
        None => whole(&asked, &words, &figures),
    };
    html(StatusCode::OK, &text)
}

fn html(status: StatusCode, text: &str) -> Response {
    let headers = [
        (CONTENT_TYPE, "text/html; charset=utf-8"),
        (CACHE_CONTROL, "no-store"),
        (axum::http::header::CONTENT_SECURITY_POLICY, POLICY),
    ];
    (status, headers, text.to_owned()).into_response()
}

fn head(asked: &Asked, words: &Words, reload: &str) -> String {
    format!(
        "<!doctype html>\n<html lang=\"{}\"><head><meta charset=\"utf-8\">\
         <meta name=\"viewport\" content=\"width=device-width, initial-scale=1\">\
         <title>Callboard</title><link rel=\"stylesheet\" href=\"lite.css\">{reload}</head>\
         <body class=\"{}\" data-gone=\"{}\" data-old=\"{}\">",
        words.lang.tag(),
        asked.theme(),
        escape(words.get("NoLink")),
        escape(words.get("Old")),
    )
}

fn whole(asked: &Asked, words: &Words, figures: &str) -> String {
    let reload =
        format!("<noscript><meta http-equiv=\"refresh\" content=\"{RELOAD_S}\"></noscript>");
    let head = head(asked, words, &reload);
    format!(
        "{head}<main><h1 class=\"hidden\">Callboard</h1>\
         <p id=\"gone\" class=\"notice\" role=\"alert\" hidden></p>\
         <div id=\"figures\">{figures}</div></main>\
         <script src=\"lite.js\"></script></body></html>\n"
    )
}

/// A page for who has shown nothing that is valid. Forms need more of the
/// policy than they are worth here: the board itself has one.
fn locked(asked: &Asked, words: &Words) -> String {
    let head = head(asked, words, "");
    format!(
        "{head}<main><h1>{}</h1><p>{}</p><p><a href=\"./\">{}</a></p>\
         <p><code>callboard link --role floor --expires 90d --name TV</code> → \
         <code>/lite?link=…</code></p></main></body></html>\n",
        escape(words.get("NeedsKey")),
        escape(words.get("EnterKey")),
        escape(words.get("OpenBoard")),
    )
}

/// `/lite.js`.
pub(super) async fn script() -> Response {
    file("text/javascript; charset=utf-8", SCRIPT)
}

/// `/old.js`: sends browsers that cannot run the page here.
pub(super) async fn door() -> Response {
    file("text/javascript; charset=utf-8", DOOR)
}

/// `/lite.css`.
pub(super) async fn style() -> Response {
    file("text/css; charset=utf-8", STYLE)
}

/// They are small, and must fit the page that names them.
fn file(content_type: &'static str, text: &'static str) -> Response {
    let fixed = HeaderValue::from_static;
    ([(CONTENT_TYPE, fixed(content_type)), (CACHE_CONTROL, fixed("no-cache"))], text)
        .into_response()
}
