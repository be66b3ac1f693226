//! Why an answer did not come, in the language of the page. The proxy's own
//! words are English, as an API's are, and stand beside it.

use serde_json::Value;
use yew::prelude::*;

use crate::text::{D, T, Text, fill, t};

/// Why an answer did not come.
#[derive(Clone, Debug, PartialEq)]
pub(crate) struct Failure {
    what: D,
    /// The parameter that the proxy names.
    parameter: String,
    /// In the proxy's own words.
    detail: String,
}

impl Failure {
    /// This, and the proxy has said nothing.
    pub(crate) fn is(what: D) -> Failure {
        Failure { what, parameter: String::new(), detail: String::new() }
    }

    /// An answer with this status, and the `application/problem+json` in it.
    pub(super) fn of(status: u16, body: &str) -> Failure {
        let problem: Value = serde_json::from_slice(body.as_bytes()).unwrap_or_default();
        let field = |name: &str| problem[name].as_str().unwrap_or_default().to_owned();
        let (parameter, detail) = (field("parameter"), field("detail"));
        let what = match (status, &*parameter) {
            (400, "q") => D::BadSearch,
            (400, "from" | "to") => D::BadRange,
            (400, "") => D::BadQuestion,
            (400, _) => D::BadParameter,
            (401 | 403, _) => D::KeyIsOver,
            (404, _) => D::NotKept,
            (429, _) => D::TooManyKeys,
            (500.., _) => D::BusyNow,
            _ => D::BadQuestion,
        };
        Failure { what, parameter, detail }
    }

    /// The sentence alone.
    pub(crate) fn says(&self) -> String {
        let name = label(&self.parameter);
        fill(self.what, &[("name", name), ("from", t(D::FromDay)), ("to", t(D::ToDay))])
    }

    /// The sentence, and small beside it what the proxy has said.
    pub(crate) fn html(&self) -> Html {
        html! {
            <>
                { self.says() }
                if !self.detail.is_empty() {
                    { " " }<small class="detail" lang="en">{ &*self.detail }</small>
                }
            </>
        }
    }
}

/// What the page calls a parameter. Those that nobody types have no other name.
fn label(parameter: &str) -> &str {
    let called = |text: D| text.text();
    match parameter {
        "queue" => called(D::InQueue),
        "agent" => called(D::ByAgent),
        "direction" => called(D::Direction),
        "outcome" => called(D::Outcome),
        "date" => t(T::ViewDay),
        "at" | "until" => called(D::Moment),
        other => other,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn each_status_has_a_sentence_of_the_page() {
        let of = |status, body: &str| Failure::of(status, body).says();
        let refused = |parameter: &str| {
            of(400, &format!(r#"{{"status":400,"detail":"No.","parameter":"{parameter}"}}"#))
        };
        assert!(refused("q").starts_with("A search takes"));
        assert!(refused("to").starts_with("“From” and “To”"));
        assert_eq!(refused("date"), "What is asked for as “Day” cannot be used.");
        assert_eq!(refused("interval_s"), "What is asked for as “interval_s” cannot be used.");
        assert_eq!(of(404, "{}"), t(D::NotKept));
        // What stands between us and the proxy may answer with anything.
        assert_eq!(of(502, "<html>"), t(D::BusyNow));
        assert_eq!(of(413, ""), t(D::BadQuestion));
        assert_eq!(Failure::of(400, r#"{"detail":"No."}"#).detail, "No.");
    }
}
