//! The path prefix of `public-url`, for reverse proxies that leave it in front.
//! Those that take it off need nothing: both ways reach the same routes.

use axum::Router;
use axum::extract::Request;
use axum::http::Uri;
use axum::middleware::{Next, from_fn};

use super::around;

/// Takes `prefix` off every path that has it. It must be off before the
/// routes are looked up.
pub(super) fn strip(router: Router, prefix: Option<String>) -> Router {
    let Some(prefix) = prefix else { return router };
    around(router).layer(from_fn(move |mut request: Request, next: Next| {
        if let Some(uri) = without(request.uri(), &prefix) {
            *request.uri_mut() = uri;
        }
        next.run(request)
    }))
}

/// The address without the prefix, if it has it.
fn without(uri: &Uri, prefix: &str) -> Option<Uri> {
    let rest = uri.path_and_query()?.as_str().strip_prefix(prefix)?;
    format!("/{rest}").parse().ok()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_prefix_is_taken_off_where_it_is() {
        let without =
            |path: &str| without(&path.parse().unwrap(), "/board/").map(|uri| uri.to_string());
        assert_eq!(without("/board/"), Some("/".into()));
        assert_eq!(without("/board/api/live?seq=1"), Some("/api/live?seq=1".into()));
        assert_eq!(without("/api/live"), None);
        assert_eq!(without("/boards/"), None);
    }
}
