//! The page's files: inside the binary, or from a folder while developing.
//!
//! Each file lies beside its `.br` and `.gz` form, made when the page was
//! built. Names with a hash never change; everything else is asked for anew
//! each time, and answered with 304 when it is the same.

use std::borrow::Cow;
use std::fmt::Write as _;
use std::path::{Path, PathBuf};
use std::sync::Arc;

use axum::body::Body;
use axum::extract::State;
use axum::http::header::{
    ACCEPT_ENCODING, CACHE_CONTROL, CONTENT_ENCODING, CONTENT_TYPE, ETAG, HeaderValue,
    IF_NONE_MATCH, VARY,
};
use axum::http::{HeaderMap, StatusCode, Uri};
use axum::response::{IntoResponse, Response};
use base64::Engine as _;
use base64::engine::general_purpose::STANDARD as BASE64;
use rust_embed::RustEmbed;
use sha2::{Digest as _, Sha256};

use super::App;
use super::problem::Problem;

/// What Trunk built, with precompressed forms beside each file.
#[derive(RustEmbed)]
#[folder = "../dist"]
#[allow_missing = true]
struct Embedded;

/// Where the page's files come from.
#[derive(Debug)]
pub enum Page {
    /// Inside the binary.
    Embedded {
        /// The policy that fits the page's scripts.
        csp: Option<HeaderValue>,
    },
    /// From this folder, read anew each time.
    Folder(PathBuf),
}

impl Page {
    /// The page inside the binary.
    pub fn embedded() -> Page {
        let csp = Embedded::get("index.html").and_then(|index| policy(&index.data));
        Page::Embedded { csp }
    }

    /// Whether there is a page at all.
    pub fn exists(&self) -> bool {
        self.read("index.html").is_some()
    }

    /// A text that differs between builds of the page.
    pub fn build(&self) -> String {
        let index = self.read("index.html").unwrap_or_default();
        hex(&Sha256::digest(&index)[..6])
    }

    /// The Content-Security-Policy of every answer.
    pub(super) fn csp(&self) -> Option<HeaderValue> {
        match self {
            Page::Embedded { csp } => csp.clone(),
            Page::Folder(_) => policy(&self.read("index.html")?),
        }
    }

    pub(super) fn read(&self, name: &str) -> Option<Cow<'static, [u8]>> {
        match self {
            Page::Embedded { .. } => Embedded::get(name).map(|file| file.data),
            Page::Folder(folder) => std::fs::read(folder.join(name)).ok().map(Cow::Owned),
        }
    }
}

/// Everything from our own origin, no inline script but those that Trunk put
/// into the page, named by their hashes, and no frame around it.
fn policy(index: &[u8]) -> Option<HeaderValue> {
    let mut policy = String::from("default-src 'none'; script-src 'self' 'wasm-unsafe-eval'");
    for script in inline_scripts(std::str::from_utf8(index).ok()?) {
        let hash = BASE64.encode(Sha256::digest(script));
        let _ = write!(policy, " 'sha256-{hash}'");
    }
    policy.push_str(
        "; style-src 'self'; connect-src 'self'; img-src 'self' data:; font-src 'self'; \
         manifest-src 'self'; base-uri 'none'; form-action 'none'; frame-ancestors 'none'",
    );
    HeaderValue::try_from(policy).ok()
}

/// The contents of scripts without `src`. The page is our own build's, so
/// its tags are as Trunk writes them.
fn inline_scripts(html: &str) -> impl Iterator<Item = &str> {
    html.split("<script").skip(1).filter_map(|rest| {
        let (tag, rest) = rest.split_once('>')?;
        let (content, _) = rest.split_once("</script>")?;
        (!tag.contains("src=") && !content.is_empty()).then_some(content)
    })
}

/// Any path that is no route: a file of the page.
pub(super) async fn serve(State(app): State<Arc<App>>, uri: Uri, headers: HeaderMap) -> Response {
    let name = match uri.path().trim_start_matches('/') {
        "" => "index.html",
        name => name,
    };
    if !is_plain(name) {
        return not_found();
    }
    file(&app, name, &headers)
}

/// A file by its name.
pub(super) fn file(app: &App, name: &str, headers: &HeaderMap) -> Response {
    if let Some(file) = negotiated(&app.page, name, headers) {
        return file;
    }
    if name == "index.html" {
        return without_page();
    }
    not_found()
}

fn not_found() -> Response {
    Problem::new(StatusCode::NOT_FOUND, "There is nothing here.").into_response()
}

fn without_page() -> Response {
    let text = "This binary was built without the page. `cargo xtask build` makes one with it.\n";
    (StatusCode::SERVICE_UNAVAILABLE, text).into_response()
}

/// Names of files as Trunk makes them. Whatever else a path holds, it is not
/// a file of ours.
fn is_plain(name: &str) -> bool {
    let plain =
        |byte: u8| byte.is_ascii_alphanumeric() || matches!(byte, b'.' | b'-' | b'_' | b'/');
    name.bytes().all(plain) && !name.split('/').any(|part| part.is_empty() || part.starts_with('.'))
}

/// The smallest form that the client takes.
fn negotiated(page: &Page, name: &str, headers: &HeaderMap) -> Option<Response> {
    let accepted = headers.get(ACCEPT_ENCODING).and_then(|value| value.to_str().ok());
    let accepts = |coding: &str| accepted.is_some_and(|list| lists(list, coding));
    let (data, coding) = [("br", "br"), ("gzip", "gz")]
        .into_iter()
        .filter(|(coding, _)| accepts(coding))
        .find_map(|(coding, end)| Some((page.read(&format!("{name}.{end}"))?, Some(coding))))
        .or_else(|| Some((page.read(name)?, None)))?;

    let etag = format!("\"{}\"", hex(&Sha256::digest(&data)[..12]));
    let same = headers.get(IF_NONE_MATCH).and_then(|value| value.to_str().ok());
    let mut response = match same {
        Some(known) if known.split(',').any(|tag| tag.trim() == etag) => {
            StatusCode::NOT_MODIFIED.into_response()
        }
        _ => Body::from(data.into_owned()).into_response(),
    };
    let headers = response.headers_mut();
    headers.insert(CONTENT_TYPE, HeaderValue::from_static(content_type(name)));
    headers.insert(VARY, HeaderValue::from_static("accept-encoding"));
    headers.insert(ETAG, HeaderValue::try_from(etag).ok()?);
    let keep = if is_hashed(name) { "public, max-age=31536000, immutable" } else { "no-cache" };
    headers.insert(CACHE_CONTROL, HeaderValue::from_static(keep));
    if let Some(coding) = coding {
        headers.insert(CONTENT_ENCODING, HeaderValue::from_static(coding));
    }
    Some(response)
}

/// Whether an `Accept-Encoding` list has `coding`, and not with `q=0`.
fn lists(list: &str, coding: &str) -> bool {
    list.split(',').any(|entry| {
        let mut parts = entry.split(';').map(str::trim);
        let named = parts.next().is_some_and(|name| name.eq_ignore_ascii_case(coding));
        let refused = parts.any(|q| {
            q.strip_prefix("q=").and_then(|q| q.parse::<f32>().ok()).is_some_and(|q| q <= 0.0)
        });
        named && !refused
    })
}

/// Trunk puts up to 16 hex digits into the names of files that never change:
/// it leaves out zeros in front.
fn is_hashed(name: &str) -> bool {
    name.split(['-', '.', '_']).any(|part| {
        (13..=16).contains(&part.len()) && part.bytes().all(|byte| byte.is_ascii_hexdigit())
    })
}

fn content_type(name: &str) -> &'static str {
    match Path::new(name).extension().and_then(|end| end.to_str()) {
        Some("html") => "text/html; charset=utf-8",
        Some("js") => "text/javascript; charset=utf-8",
        Some("css") => "text/css; charset=utf-8",
        Some("wasm") => "application/wasm",
        Some("svg") => "image/svg+xml",
        Some("ts") => "text/plain; charset=utf-8",
        Some("json" | "webmanifest") => "application/json",
        _ => "application/octet-stream",
    }
}

fn hex(bytes: &[u8]) -> String {
    bytes.iter().fold(String::new(), |mut text, byte| {
        let _ = write!(text, "{byte:02x}");
        text
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn only_names_of_files_are_files() {
        assert!(is_plain("index.html"));
        assert!(is_plain("snippets/x-1a/inline0.js"));
        for name in ["../Cargo.toml", "a//b", ".env", "a/../b", "a%2e", "a\\b", "a\0"] {
            assert!(!is_plain(name), "{name}");
        }
    }

    #[test]
    fn the_policy_names_inline_scripts_by_their_hash() {
        let html = r#"<script src="a.js"></script><script type="module">x()</script>"#;
        assert_eq!(inline_scripts(html).collect::<Vec<_>>(), ["x()"]);
        let policy = policy(html.as_bytes()).unwrap();
        let policy = policy.to_str().unwrap();
        assert_eq!(policy.matches("'sha256-").count(), 1);
        assert!(!policy.contains("unsafe-inline") && !policy.contains("'unsafe-eval'"));
    }

    #[test]
    fn encodings_are_taken_as_offered() {
        assert!(lists("gzip, deflate, br;q=0.8", "br"));
        assert!(!lists("gzip, br;q=0", "br"));
        assert!(!lists("identity", "gzip"));
    }

    #[test]
    fn hashed_names_are_known() {
        assert!(is_hashed("callboard-frontend-0a1b2c3d4e5f6071_bg.wasm"));
        assert!(is_hashed("callboard-frontend-27d1484d38617e2.js"));
        assert!(!is_hashed("index.html") && !is_hashed("widget.js"));
    }
}
