//! The page as files: compression, caching, 304.

use std::collections::BTreeSet;
use std::io::Read as _;

use support::http::{self, Answer};
use support::{Proxy, Simulator};

/// Files that the page names, relative to it.
pub(crate) fn files(index: &str) -> BTreeSet<String> {
    let named = index.split("./").skip(1).map(|rest| {
        let is_name = |c: char| c.is_ascii_alphanumeric() || "-_./".contains(c);
        rest.split(|c| !is_name(c)).next().unwrap_or_default().to_owned()
    });
    named.collect()
}

async fn get(proxy: &Proxy, path: &str, encoding: &str) -> Answer {
    let headers = [("host", "localhost"), ("accept-encoding", encoding)];
    http::get(proxy.server.address(), path, &headers).await
}

/// What a browser makes of an answer.
fn decoded(answer: &Answer) -> Vec<u8> {
    let mut plain = Vec::new();
    let result = match answer.header("content-encoding") {
        None => return answer.body.clone(),
        Some("br") => brotli::Decompressor::new(&*answer.body, 4096).read_to_end(&mut plain),
        Some("gzip") => flate2::read::GzDecoder::new(&*answer.body).read_to_end(&mut plain),
        Some(other) => panic!("{other}: nobody asked for it"),
    };
    result.expect("the answer can be decoded");
    plain
}

async fn proxy() -> (Simulator, Proxy) {
    let simulator = Simulator::quiet().await;
    let proxy = Proxy::start(&simulator).await;
    (simulator, proxy)
}

/// The page and every file that it names.
async fn paths(proxy: &Proxy) -> Vec<String> {
    let index = proxy.text("/").await;
    let files = files(&index);
    assert!(files.iter().any(|name| name.ends_with(".wasm")), "{index}");
    assert!(files.iter().any(|name| name.ends_with(".css")), "{index}");
    std::iter::once("/".to_owned()).chain(files.iter().map(|name| format!("/{name}"))).collect()
}

#[tokio::test]
async fn every_form_of_a_file_has_the_same_content() {
    let (_simulator, proxy) = proxy().await;
    for path in paths(&proxy).await {
        let plain = get(&proxy, &path, "identity").await;
        assert_eq!((plain.status, plain.header("content-encoding")), (200, None), "{path}");
        for (accepted, coding) in [
            ("br", "br"),
            ("gzip", "gzip"),
            ("gzip, deflate, br, zstd", "br"),
            ("br;q=0, gzip", "gzip"),
        ] {
            let packed = get(&proxy, &path, accepted).await;
            assert_eq!(packed.header("content-encoding"), Some(coding), "{path} as {accepted}");
            assert_eq!(packed.header("content-type"), plain.header("content-type"), "{path}");
            assert!(packed.body.len() < plain.body.len(), "{path} as {accepted}");
            assert!(decoded(&packed) == plain.body, "{path} as {accepted} differs");
            let vary = packed.header("vary").unwrap_or_default();
            assert!(vary.eq_ignore_ascii_case("accept-encoding"), "{path}: {vary}");
        }
    }
}

#[tokio::test]
async fn what_is_known_is_not_sent_again() {
    let (_simulator, proxy) = proxy().await;
    for path in paths(&proxy).await {
        for encoding in ["identity", "br"] {
            let first = get(&proxy, &path, encoding).await;
            let tag = first.header("etag").expect("every file has a tag").to_owned();
            let headers =
                [("host", "localhost"), ("accept-encoding", encoding), ("if-none-match", &tag)];
            let again = http::get(proxy.server.address(), &path, &headers).await;
            assert_eq!((again.status, again.body.len()), (304, 0), "{path}");
            assert_eq!(again.header("etag"), Some(&*tag), "{path}");
            assert_eq!(again.header("cache-control"), first.header("cache-control"), "{path}");
        }
    }
}

#[tokio::test]
async fn names_with_a_hash_are_kept_and_the_page_is_asked_for() {
    let (_simulator, proxy) = proxy().await;
    for path in paths(&proxy).await {
        let answer = get(&proxy, &path, "br").await;
        let keep = answer.header("cache-control").unwrap_or_default();
        match &*path {
            "/" => assert_eq!(keep, "no-cache"),
            _ => assert!(
                keep.contains("immutable") && keep.contains("max-age=31536000"),
                "{path}: {keep}"
            ),
        }
    }
}

#[tokio::test]
async fn every_file_has_its_type() {
    let (_simulator, proxy) = proxy().await;
    for path in paths(&proxy).await {
        let answer = get(&proxy, &path, "identity").await;
        let expected = match path.rsplit('.').next() {
            Some("js") => "text/javascript; charset=utf-8",
            Some("css") => "text/css; charset=utf-8",
            Some("wasm") => "application/wasm",
            Some("svg") => "image/svg+xml",
            _ => "text/html; charset=utf-8",
        };
        assert_eq!(answer.header("content-type"), Some(expected), "{path}");
    }
}

#[tokio::test]
async fn unknown_paths_are_problems() {
    let (_simulator, proxy) = proxy().await;
    for path in ["/nothing", "/api/nothing", "/index.html.bak"] {
        let answer = get(&proxy, path, "br").await;
        assert_eq!(answer.status, 404, "{path}");
        assert_eq!(answer.header("content-type"), Some("application/problem+json"), "{path}");
    }
}
