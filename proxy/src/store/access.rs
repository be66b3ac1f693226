//! Links that were given out, and sessions that ended early.

use std::collections::HashMap;

use callboard_shared::UnixMs;
use rusqlite::{Connection, OptionalExtension as _, params};

use super::{Place, Store, StoreError, open};

/// A link that was given out.
#[derive(Clone, Debug, Eq, PartialEq)]
pub struct Link {
    /// What people call it.
    pub name: String,
    /// What it calls itself. Not its signature: who reads the file cannot
    /// make the link.
    pub id: String,
    /// The role it gives.
    pub role: String,
    /// The queues it is limited to; `None`: all.
    pub queues: Option<Vec<String>>,
    /// When it was made.
    pub created: UnixMs,
    /// When it ends; `None`: never.
    pub expires: Option<UnixMs>,
    /// When it was last used.
    pub last_seen: Option<UnixMs>,
    /// When it was revoked.
    pub revoked: Option<UnixMs>,
}

/// The same file from a command beside the server.
pub struct Access {
    connection: Connection,
}

impl Access {
    /// Opens the store of a process that may be running.
    ///
    /// # Errors
    ///
    /// As [`Store::open`]; memory cannot be shared.
    pub fn beside(place: &Place) -> Result<Access, StoreError> {
        Ok(Access { connection: open::beside(place)? })
    }

    /// Notes a link; `false`: there is one of this name or id already.
    ///
    /// # Errors
    ///
    /// When the database refuses.
    pub fn insert_link(&self, link: &Link) -> Result<bool, StoreError> {
        insert_link(&self.connection, link)
    }

    /// All links, by name.
    ///
    /// # Errors
    ///
    /// When the database refuses.
    pub fn links(&self) -> Result<Vec<Link>, StoreError> {
        links(&self.connection)
    }

    /// Revokes a link; `false`: there is none of this name that was valid.
    ///
    /// # Errors
    ///
    /// When the database refuses.
    pub fn revoke_link(&self, name: &str, at: UnixMs) -> Result<bool, StoreError> {
        revoke_link(&self.connection, name, at)
    }

    /// A value under `key`.
    ///
    /// # Errors
    ///
    /// When the database refuses.
    pub fn get(&self, key: &str) -> Result<Option<String>, StoreError> {
        open::get(&self.connection, key)
    }

    /// Puts a value under `key` unless there is one; the one that is there
    /// then. Of two processes that try, both get the same.
    ///
    /// # Errors
    ///
    /// When the database refuses.
    pub fn get_or_put(&self, key: &str, value: &str) -> Result<String, StoreError> {
        get_or_put(&self.connection, key, value)
    }
}

impl Store {
    /// Notes a link; `false`: there is one of this name or id already.
    ///
    /// # Errors
    ///
    /// When the database refuses.
    pub async fn insert_link(&self, link: Link) -> Result<bool, StoreError> {
        self.write(move |connection| insert_link(connection, &link)).await
    }

    /// All links, by name.
    ///
    /// # Errors
    ///
    /// When the database refuses.
    pub async fn links(&self) -> Result<Vec<Link>, StoreError> {
        self.read(|reader| links(&reader.connection)).await
    }

    /// Revokes a link; `false`: there is none of this name that was valid.
    ///
    /// # Errors
    ///
    /// When the database refuses.
    pub async fn revoke_link(&self, name: String, at: UnixMs) -> Result<bool, StoreError> {
        self.write(move |connection| revoke_link(connection, &name, at)).await
    }

    /// Notes when links were used, all of it or nothing.
    ///
    /// # Errors
    ///
    /// When the database refuses.
    pub async fn touch_links(&self, seen: HashMap<String, UnixMs>) -> Result<(), StoreError> {
        let sql = "UPDATE links SET last_seen_ms = ?2 WHERE id = ?1";
        self.write(move |connection| each(connection, sql, &seen)).await
    }

    /// A number that becomes another one when somebody else writes into the
    /// file: what this store writes itself leaves it as it is.
    ///
    /// # Errors
    ///
    /// When the database refuses.
    pub async fn version(&self) -> Result<i64, StoreError> {
        let read = |connection: &mut Connection| {
            Ok(connection.pragma_query_value(None, "data_version", |row| row.get(0))?)
        };
        self.write(read).await
    }

    /// Ids of links that were revoked.
    ///
    /// # Errors
    ///
    /// When the database refuses.
    pub async fn revoked_links(&self) -> Result<Vec<String>, StoreError> {
        self.read(|reader| {
            texts(&reader.connection, "SELECT id FROM links WHERE revoked_ms IS NOT NULL")
        })
        .await
    }

    /// Ends sessions, each with the instant until which it would have been
    /// valid; all of them or none.
    ///
    /// # Errors
    ///
    /// When the database refuses.
    pub async fn end_sessions(&self, ended: HashMap<String, UnixMs>) -> Result<(), StoreError> {
        let sql = "INSERT INTO ended_sessions VALUES (?1, ?2) ON CONFLICT (id) DO NOTHING";
        self.write(move |connection| each(connection, sql, &ended)).await
    }

    /// Ids of sessions that ended early.
    ///
    /// # Errors
    ///
    /// When the database refuses.
    pub async fn ended_sessions(&self) -> Result<Vec<String>, StoreError> {
        self.read(|reader| texts(&reader.connection, "SELECT id FROM ended_sessions")).await
    }

    /// Puts a value under `key` unless there is one; the one that is there
    /// then.
    ///
    /// # Errors
    ///
    /// When the database refuses.
    pub async fn get_or_put(&self, key: &'static str, value: String) -> Result<String, StoreError> {
        self.write(move |connection| get_or_put(connection, key, &value)).await
    }
}

/// The same for each id and instant, in one transaction.
fn each(
    connection: &mut Connection,
    sql: &str,
    list: &HashMap<String, UnixMs>,
) -> Result<(), StoreError> {
    let transaction = connection.transaction()?;
    for (id, at) in list {
        transaction.prepare_cached(sql)?.execute(params![id, at.0])?;
    }
    Ok(transaction.commit()?)
}

fn get_or_put(connection: &Connection, key: &str, value: &str) -> Result<String, StoreError> {
    let sql = "INSERT INTO meta VALUES (?1, ?2) ON CONFLICT (key) DO NOTHING";
    connection.execute(sql, [key, value])?;
    Ok(open::get(connection, key)?.unwrap_or_default())
}

fn insert_link(connection: &Connection, link: &Link) -> Result<bool, StoreError> {
    let queues = link.queues.as_ref().map(serde_json::to_string).transpose()?;
    let sql = "INSERT INTO links VALUES (?1, ?2, ?3, ?4, ?5, ?6, ?7, ?8) ON CONFLICT DO NOTHING";
    let inserted = connection.execute(
        sql,
        params![
            link.name,
            link.id,
            link.role,
            queues,
            link.created.0,
            link.expires.map(|at| at.0),
            link.last_seen.map(|at| at.0),
            link.revoked.map(|at| at.0),
        ],
    )?;
    Ok(inserted == 1)
}

fn revoke_link(connection: &Connection, name: &str, at: UnixMs) -> Result<bool, StoreError> {
    let sql =
        "UPDATE links SET revoked_ms = ?2 WHERE name = ?1 AND revoked_ms IS NULL RETURNING id";
    let id: Option<String> =
        connection.query_row(sql, params![name, at.0], |row| row.get(0)).optional()?;
    Ok(id.is_some())
}

fn links(connection: &Connection) -> Result<Vec<Link>, StoreError> {
    let mut statement = connection.prepare("SELECT * FROM links ORDER BY name")?;
    let mut rows = statement.query([])?;
    let mut links = Vec::new();
    while let Some(row) = rows.next()? {
        let at = |column| Ok::<_, rusqlite::Error>(row.get::<_, Option<i64>>(column)?.map(UnixMs));
        let queues: Option<String> = row.get(3)?;
        links.push(Link {
            name: row.get(0)?,
            id: row.get(1)?,
            role: row.get(2)?,
            queues: queues.map(|queues| serde_json::from_str(&queues)).transpose()?,
            created: UnixMs(row.get(4)?),
            expires: at(5)?,
            last_seen: at(6)?,
            revoked: at(7)?,
        });
    }
    Ok(links)
}

fn texts(connection: &Connection, sql: &str) -> Result<Vec<String>, StoreError> {
    let mut statement = connection.prepare(sql)?;
    let rows = statement.query_map([], |row| row.get(0))?;
    Ok(rows.collect::<Result<_, _>>()?)
}
