//! What is asked of `/api/calls`, checked, and within what may be seen.

use base64::Engine as _;
use base64::engine::general_purpose::URL_SAFE_NO_PAD;
use callboard_shared::audience::{Audience, Role};
use callboard_shared::lost::caller;
use callboard_shared::outcome::Outcome;
use callboard_shared::phone::Country;
use callboard_shared::{AgentKey, CallId, QueueKey, UnixMs};

use super::super::App;
use super::super::problem::Problem;
use super::super::query::Parameters;
use crate::store::calls::{Cursor, Filter, Search};

/// Fewer digits are in every number.
const DIGITS_LEAST: usize = 3;

const FILTERS: [&str; 8] = ["from", "to", "queue", "agent", "direction", "outcome", "active", "q"];
const PAGING: [&str; 2] = ["limit", "cursor"];

/// What is asked for.
pub(super) struct Asked {
    /// `None`: nothing can match.
    pub(super) filter: Option<Filter>,
    pub(super) after: Option<Cursor>,
    pub(super) limit: usize,
}

impl Asked {
    /// For a page.
    pub(super) async fn read(
        pairs: Vec<(String, String)>,
        app: &App,
        audience: &Audience,
        now: UnixMs,
    ) -> Result<Asked, Problem> {
        let known: Vec<_> = FILTERS.into_iter().chain(PAGING).collect();
        let parameters = Parameters::read(pairs, &known)?;
        let limit = parameters.limit()?;
        let after = parameters.text("cursor").map(read_cursor).transpose()?;
        let filter = filter(&parameters, app, audience, now).await?;
        Ok(Asked { filter, after, limit })
    }

    /// For all that there is.
    pub(super) async fn all(
        pairs: Vec<(String, String)>,
        app: &App,
        audience: &Audience,
        now: UnixMs,
    ) -> Result<Option<Filter>, Problem> {
        filter(&Parameters::read(pairs, &FILTERS)?, app, audience, now).await
    }
}

async fn filter(
    parameters: &Parameters,
    app: &App,
    audience: &Audience,
    now: UnixMs,
) -> Result<Option<Filter>, Problem> {
    let (from, to) = parameters.range(&app.days, now)?;
    let mut filter = Filter {
        from,
        to,
        scope: audience.scope.clone(),
        queue: parameters.text("queue").map(QueueKey::from),
        active: parameters.flag("active")?,
        direction: direction(parameters)?,
        outcome: outcome(parameters)?,
        ..Filter::default()
    };
    if let Some(agent) = parameters.text("agent") {
        filter.agent = agent_key(agent, app, audience).await?;
        if filter.agent.is_none() {
            return Ok(None);
        }
    }
    if let Some(text) = parameters.text("q") {
        filter.search = Some(search(text, app, audience).await?);
    }
    Ok(Some(filter))
}

fn direction(parameters: &Parameters) -> Result<Option<String>, Problem> {
    match parameters.text("direction") {
        None => Ok(None),
        Some(text @ ("incoming" | "outgoing")) => Ok(Some(text.to_owned())),
        Some(_) => Err(Problem::parameter("direction", "Must be incoming or outgoing.")),
    }
}

fn outcome(parameters: &Parameters) -> Result<Option<String>, Problem> {
    let Some(text) = parameters.text("outcome") else { return Ok(None) };
    let known = serde_json::from_value::<Outcome>(text.into()).is_ok();
    let what = "Must be an outcome, as handled, abandoned or flow_out_timeout.";
    known.then(|| Some(text.to_owned())).ok_or(Problem::parameter("outcome", what))
}

/// The agent whom this audience knows by `told`.
async fn agent_key(
    told: &str,
    app: &App,
    audience: &Audience,
) -> Result<Option<AgentKey>, Problem> {
    let told = AgentKey::from(told);
    if audience.role > Role::Public {
        return Ok(Some(told));
    }
    let names = app.store.names().await.map_err(super::broken)?;
    Ok(names.agents.into_keys().find(|key| audience.agent_key(key) == told))
}

/// What is searched for, in what the role may see. Numbers are searched for
/// those only who see them: whether there is an answer would tell them.
async fn search(text: &str, app: &App, audience: &Audience) -> Result<Search, Problem> {
    let text = text.trim();
    let digits: String = text.chars().filter(char::is_ascii_digit).collect();
    let spells_number = text.chars().all(|c| c.is_ascii_digit() || " +-()./".contains(c))
        && digits.len() >= DIGITS_LEAST;
    let part = Some(text.to_lowercase());
    let home = app.hub.thresholds().home;
    match audience.role {
        Role::Supervisor => Ok(Search {
            digits: if spells_number { forms(text, &digits, home) } else { Vec::new() },
            home,
            queue: part.clone(),
            agent: part,
            key: Some(AgentKey::from(text)),
        }),
        Role::Floor if spells_number => {
            Err(Problem::parameter("q", "This role sees no numbers and may not search for them."))
        }
        Role::Floor => Ok(Search {
            queue: part.clone(),
            agent: part,
            key: Some(AgentKey::from(text)),
            ..Search::default()
        }),
        Role::Public => {
            let key = agent_key(text, app, audience).await?;
            Ok(Search { queue: part, key, ..Search::default() })
        }
    }
}

/// The digits of `text` as they may be within a number that was normalised:
/// as they are, without the 0 of the national form or the 00 of the
/// international one, and of a whole number its one form.
fn forms(text: &str, digits: &str, home: Country) -> Vec<String> {
    let bare = digits.trim_start_matches('0');
    let mut forms = vec![digits.to_owned()];
    if bare.len() >= DIGITS_LEAST && bare.len() != digits.len() {
        forms.push(bare.to_owned());
    }
    // Already found where another form is a part of it.
    let whole = caller(Some(text), home);
    forms.extend(whole.filter(|whole| !forms.iter().any(|form| whole.contains(form))));
    forms
}

/// A cursor as the answer has it. It is bound to nothing but the order.
pub(super) fn write_cursor(cursor: &Cursor) -> String {
    URL_SAFE_NO_PAD.encode(format!("{} {}", cursor.start.0, cursor.id))
}

fn read_cursor(text: &str) -> Result<Cursor, Problem> {
    let bytes = URL_SAFE_NO_PAD.decode(text).ok();
    let text = bytes.and_then(|bytes| String::from_utf8(bytes).ok());
    let cursor = text.as_deref().and_then(|text| {
        let (start, id) = text.split_once(' ')?;
        Some(Cursor { start: UnixMs(start.parse().ok()?), id: CallId::from(id) })
    });
    cursor.ok_or(Problem::parameter("cursor", "Must be `next` of the page before."))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn cursors_come_back_and_nothing_else_does() {
        let cursor = Cursor { start: UnixMs(-7), id: "a b/ö".into() };
        assert_eq!(read_cursor(&write_cursor(&cursor)).unwrap(), cursor);
        for wrong in ["x", "", "====", &URL_SAFE_NO_PAD.encode("no number")] {
            assert!(read_cursor(wrong).is_err(), "{wrong}");
        }
    }

    #[test]
    fn a_number_is_found_in_each_of_its_forms() {
        let of = |text: &str, home| {
            let digits: String = text.chars().filter(char::is_ascii_digit).collect();
            forms(text, &digits, home)
        };
        assert_eq!(of("0701234567", Country::Se), ["0701234567", "701234567"]);
        assert_eq!(of("0046701234567", Country::Se), ["0046701234567", "46701234567"]);
        assert_eq!(of("4670", Country::Se), ["4670"]);
        // Only a whole number tells which 0 is none of it.
        assert_eq!(of("+46 (0)70-123", Country::Se), ["46070123", "4670123"]);
        assert_eq!(of("+358 (0)40 1234567", Country::Fi), ["3580401234567", "358401234567"]);
        assert_eq!(of("412 34 567", Country::No), ["41234567"]);
        assert_eq!(of("+45 12 34 56 78", Country::Dk), ["4512345678"]);
    }
}
