//! The tables, and how an older file becomes a newer one.

use rusqlite::Connection;

use super::StoreError;

/// Says in the file's header whose it is: "Call".
const APPLICATION_ID: i32 = 0x4361_6C6C;

/// From one version to the next, in order. A released step is never changed.
pub(super) const MIGRATIONS: [&str; 3] = [
    include_str!("schema/1-calls.sql"),
    include_str!("schema/2-access.sql"),
    include_str!("schema/3-numbers.sql"),
];

const NEWEST: i32 = MIGRATIONS.len() as i32;

/// Brings the file to the newest version.
pub(super) fn migrate(connection: &mut Connection) -> Result<(), StoreError> {
    migrate_to(connection, NEWEST)
}

/// Whether [`migrate`] would change anything.
pub(super) fn is_older(connection: &Connection) -> Result<bool, StoreError> {
    let version =
        connection.pragma_query_value(None, "user_version", |row| row.get::<_, i32>(0))?;
    Ok(version < NEWEST)
}

fn migrate_to(connection: &mut Connection, newest: i32) -> Result<(), StoreError> {
    let pragma = |name| connection.pragma_query_value(None, name, |row| row.get::<_, i32>(0));
    let (owner, version) = (pragma("application_id")?, pragma("user_version")?);
    let tables: i64 =
        connection.query_row("SELECT count(*) FROM sqlite_schema", [], |row| row.get(0))?;
    if owner != APPLICATION_ID && (owner != 0 || tables > 0) {
        return Err(StoreError::Foreign);
    }
    if version > newest {
        return Err(StoreError::TooNew { version, newest });
    }
    for (step, sql) in (1..=newest).zip(MIGRATIONS).skip(usize::try_from(version).unwrap_or(0)) {
        let transaction = connection.transaction()?;
        transaction.execute_batch(sql)?;
        transaction.pragma_update(None, "application_id", APPLICATION_ID)?;
        transaction.pragma_update(None, "user_version", step)?;
        transaction.commit()?;
    }
    Ok(())
}

#[cfg(test)]
mod tests {
    use super::*;

    fn tables(connection: &Connection) -> Vec<(String, String)> {
        let sql = "SELECT name, sql FROM sqlite_schema WHERE sql IS NOT NULL ORDER BY name";
        let mut statement = connection.prepare(sql).unwrap();
        let rows = statement.query_map([], |row| Ok((row.get(0)?, row.get(1)?))).unwrap();
        rows.collect::<Result<_, _>>().unwrap()
    }

    #[test]
    fn every_older_file_becomes_the_same_newest_one() {
        let mut newest = Connection::open_in_memory().unwrap();
        migrate(&mut newest).unwrap();
        for version in 0..NEWEST {
            let mut older = Connection::open_in_memory().unwrap();
            migrate_to(&mut older, version).unwrap();
            if version > 0 {
                older.execute("INSERT INTO meta VALUES ('epoch', 'kept')", []).unwrap();
            }
            migrate(&mut older).unwrap();
            assert_eq!(tables(&older), tables(&newest), "from version {version}");
            let kept: i64 =
                older.query_row("SELECT count(*) FROM meta", [], |row| row.get(0)).unwrap();
            assert_eq!(kept, i64::from(version > 0));
            // A second start finds nothing to do.
            migrate(&mut older).unwrap();
        }
    }

    #[test]
    fn a_newer_file_and_another_programs_are_left_alone() {
        let mut newer = Connection::open_in_memory().unwrap();
        migrate(&mut newer).unwrap();
        newer.pragma_update(None, "user_version", NEWEST + 1).unwrap();
        let before = tables(&newer);
        assert!(matches!(migrate(&mut newer), Err(StoreError::TooNew { .. })));
        assert_eq!(tables(&newer), before);

        let mut foreign = Connection::open_in_memory().unwrap();
        foreign.execute_batch("CREATE TABLE other (x)").unwrap();
        assert!(matches!(migrate(&mut foreign), Err(StoreError::Foreign)));
        assert_eq!(tables(&foreign).len(), 1);
    }
}
