//! Pages of calls, newest first.

use std::collections::{BTreeMap, BTreeSet, HashMap};

use callboard_shared::audience::Scope;
use callboard_shared::phone::Country;
use callboard_shared::text::Text;
use callboard_shared::{AgentKey, Call, CallId, QueueKey, UnixMs};
use rusqlite::types::Value;
use rusqlite::{Connection, Row};

use super::pack::Unpacker;
use super::rows::{read_off, text, told_text};
use super::{Store, StoreError};

/// Which calls are asked for.
#[derive(Clone, Debug, Default)]
pub struct Filter {
    /// Started at this instant or later.
    pub from: UnixMs,
    /// Started before this instant.
    pub to: UnixMs,
    /// Came to one of the queues that may be seen.
    pub scope: Scope,
    /// Came to this queue.
    pub queue: Option<QueueKey>,
    /// Was offered to, or answered by, this agent.
    pub agent: Option<AgentKey>,
    /// This direction.
    pub direction: Option<String>,
    /// This outcome.
    pub outcome: Option<String>,
    /// Goes on, or is over.
    pub active: Option<bool>,
    /// Matches this.
    pub search: Option<Search>,
}

/// What is searched for, in what may be seen. One match is enough.
#[derive(Clone, Debug, Default)]
pub struct Search {
    /// Within the digits of the customer's number; each is a form of the same.
    pub digits: Vec<String>,
    /// Where numbers without a country code belong.
    pub home: Country,
    /// Within names of queues, in lower case.
    pub queue: Option<String>,
    /// Within names of agents, in lower case.
    pub agent: Option<String>,
    /// An agent.
    pub key: Option<AgentKey>,
}

/// A place between two calls of the order.
#[derive(Clone, Debug, Eq, PartialEq)]
pub struct Cursor {
    /// Start of the last call of the page before.
    pub start: UnixMs,
    /// Its id.
    pub id: CallId,
}

/// A call as it was kept.
#[derive(Clone, Debug)]
pub struct StoredCall {
    /// Its id.
    pub id: CallId,
    /// Its place in the order.
    pub start: UnixMs,
    /// When it left the board without an end having been told, or after it.
    pub left: Option<UnixMs>,
    /// Its documents, and what they say.
    pub call: Call,
}

impl StoredCall {
    /// The place after this call.
    pub fn cursor(&self) -> Cursor {
        Cursor { start: self.start, id: self.id.clone() }
    }
}

/// The newest names told.
#[derive(Clone, Debug, Default)]
pub struct Names {
    /// Of queues.
    pub queues: BTreeMap<QueueKey, Option<Text>>,
    /// Of agents.
    pub agents: BTreeMap<AgentKey, Option<Text>>,
}

pub(super) const COLUMNS: &str = "id_call, start_ms, left_ms, dictionary, body";

impl Store {
    /// At most `limit` calls after a place in the order.
    ///
    /// # Errors
    ///
    /// When the database refuses.
    pub async fn calls(
        &self,
        filter: Filter,
        after: Option<Cursor>,
        limit: usize,
    ) -> Result<Vec<StoredCall>, StoreError> {
        self.answer(move |reader| {
            let Some(query) = Query::of(&filter, after, limit, &reader.connection)? else {
                return Ok(Vec::new());
            };
            let mut statement = reader.connection.prepare_cached(&query.sql)?;
            let mut rows = statement.query(rusqlite::params_from_iter(query.values))?;
            let mut calls = Vec::new();
            while let Some(row) = rows.next()? {
                calls.push(stored(row, &reader.connection, &mut reader.unpacker)?);
            }
            Ok(calls)
        })
        .await
    }

    /// One call.
    ///
    /// # Errors
    ///
    /// When the database refuses.
    pub async fn call(&self, id: CallId) -> Result<Option<StoredCall>, StoreError> {
        self.answer(move |reader| {
            let sql = format!("SELECT {COLUMNS} FROM calls WHERE id_call = ?1");
            let mut statement = reader.connection.prepare_cached(&sql)?;
            let mut rows = statement.query([id.as_str()])?;
            let row = rows.next()?;
            row.map(|row| stored(row, &reader.connection, &mut reader.unpacker)).transpose()
        })
        .await
    }

    /// These calls, as far as they are kept.
    ///
    /// # Errors
    ///
    /// When the database refuses.
    pub async fn calls_of(
        &self,
        ids: BTreeSet<CallId>,
    ) -> Result<HashMap<CallId, StoredCall>, StoreError> {
        self.read(move |reader| {
            let sql = format!(
                "SELECT {COLUMNS} FROM calls WHERE id_call IN (SELECT value FROM json_each(?1))"
            );
            let mut statement = reader.connection.prepare_cached(&sql)?;
            let mut rows = statement.query([serde_json::to_string(&ids)?])?;
            let mut calls = HashMap::new();
            while let Some(row) = rows.next()? {
                let call = stored(row, &reader.connection, &mut reader.unpacker)?;
                calls.insert(call.id.clone(), call);
            }
            Ok(calls)
        })
        .await
    }

    /// All names.
    ///
    /// # Errors
    ///
    /// When the database refuses.
    pub async fn names(&self) -> Result<Names, StoreError> {
        self.answer(|reader| names(&reader.connection)).await
    }
}

pub(super) fn names(connection: &Connection) -> Result<Names, StoreError> {
    let mut names = Names::default();
    let mut statement = connection.prepare_cached("SELECT key, name FROM queues")?;
    let mut rows = statement.query([])?;
    while let Some(row) = rows.next()? {
        names.queues.insert(QueueKey(text(row, 0)?), told_text(row, 1)?);
    }
    let mut statement = connection.prepare_cached("SELECT key, name FROM agents")?;
    let mut rows = statement.query([])?;
    while let Some(row) = rows.next()? {
        names.agents.insert(AgentKey(text(row, 0)?), told_text(row, 1)?);
    }
    Ok(names)
}

pub(super) fn stored(
    row: &Row<'_>,
    connection: &Connection,
    unpacker: &mut Unpacker,
) -> Result<StoredCall, StoreError> {
    let body = row.get_ref(4)?.as_blob().map_err(|_| StoreError::Damaged)?;
    let body = unpacker.unpack(connection, row.get(3)?, body)?;
    let mut call: Call = serde_json::from_slice(&body)?;
    read_off(&mut call);
    let left = row.get::<_, Option<i64>>(2)?.map(UnixMs);
    Ok(StoredCall { id: CallId(text(row, 0)?), start: UnixMs(row.get(1)?), left, call })
}

/// A question in SQL. Values are bound, never written into it.
struct Query {
    sql: String,
    values: Vec<Value>,
}

impl Query {
    /// `None`: nothing can match.
    fn of(
        filter: &Filter,
        after: Option<Cursor>,
        limit: usize,
        connection: &Connection,
    ) -> Result<Option<Query>, StoreError> {
        let sql = format!("SELECT {COLUMNS} FROM calls WHERE start_ms >= ? AND start_ms < ?");
        let mut query = Query { sql, values: vec![filter.from.0.into(), filter.to.0.into()] };
        let in_queues = "EXISTS (SELECT 1 FROM call_queues WHERE call = key \
             AND queue IN (SELECT value FROM json_each(?)))";
        if let Some(scope) = &filter.scope {
            query.and(in_queues, [serde_json::to_string(scope)?.into()]);
        }
        if let Some(queue) = &filter.queue {
            query.and(in_queues, [serde_json::to_string(&[queue])?.into()]);
        }
        if let Some(agent) = &filter.agent {
            let sql = "EXISTS (SELECT 1 FROM call_agents WHERE call = key AND agent = ?)";
            query.and(sql, [agent.to_string().into()]);
        }
        if let Some(direction) = &filter.direction {
            query.and("direction = ?", [direction.clone().into()]);
        }
        if let Some(outcome) = &filter.outcome {
            query.and("outcome = ?", [outcome.clone().into()]);
        }
        match filter.active {
            Some(true) => query.and("active = 1 AND left_ms IS NULL", []),
            Some(false) => query.and("(active = 0 OR left_ms IS NOT NULL)", []),
            None => (),
        }
        if let Some(search) = &filter.search
            && !query.search(search, connection)?
        {
            return Ok(None);
        }
        if let Some(Cursor { start, id }) = after {
            query.and("(start_ms, id_call) < (?, ?)", [start.0.into(), id.to_string().into()]);
        }
        query.sql.push_str(" ORDER BY start_ms DESC, id_call DESC LIMIT ?");
        query.values.push(i64::try_from(limit).unwrap_or(i64::MAX).into());
        Ok(Some(query))
    }

    fn and<const N: usize>(&mut self, condition: &str, values: [Value; N]) {
        self.sql.push_str(" AND ");
        self.sql.push_str(condition);
        self.values.extend(values);
    }

    /// Adds what is searched for; `false`: nothing has it.
    fn search(&mut self, search: &Search, connection: &Connection) -> Result<bool, StoreError> {
        let names = names(connection)?;
        let within = |name: &Option<Text>, part: &Option<String>| match (name, part) {
            (Some(name), Some(part)) => name.to_lowercase().contains(part),
            _ => false,
        };
        let queues = names.queues.iter().filter(|(_, name)| within(name, &search.queue));
        let queues: Vec<_> = queues.map(|(key, _)| key).collect();
        let agents = names.agents.iter().filter(|(_, name)| within(name, &search.agent));
        let agents: Vec<_> = agents.map(|(key, _)| key).chain(&search.key).collect();
        let mut any = Vec::new();
        if !queues.is_empty() {
            any.push(
                "EXISTS (SELECT 1 FROM call_queues WHERE call = key \
                 AND queue IN (SELECT value FROM json_each(?)))",
            );
            self.values.push(serde_json::to_string(&queues)?.into());
        }
        if !agents.is_empty() {
            any.push(
                "EXISTS (SELECT 1 FROM call_agents WHERE call = key \
                 AND agent IN (SELECT value FROM json_each(?)))",
            );
            self.values.push(serde_json::to_string(&agents)?.into());
        }
        for digits in &search.digits {
            any.push("instr(caller(number, ?), ?) > 0");
            self.values.extend([search.home.iso().to_owned(), digits.clone()].map(Value::from));
        }
        if any.is_empty() {
            return Ok(false);
        }
        self.sql.push_str(&format!(" AND ({})", any.join(" OR ")));
        Ok(true)
    }
}
