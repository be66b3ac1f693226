//! `callboard link`, `links`, `unlink`: what people are given, and what the
//! running proxy learns of it.
//!
//! The commands work on the same file as the proxy, also while it runs; it
//! looks every two seconds whether they have changed it.

use std::collections::BTreeSet;
use std::sync::Arc;
use std::time::Duration;

use callboard_shared::UnixMs;
use callboard_shared::audience::Role;

use crate::access::{self, Access, Claim, Kind, Signer};
use crate::clock;
use crate::store::access::Link;
use crate::store::{Store, StoreError, access as stored};

/// Under which the store keeps what links are signed with.
const SEED: &str = "signing-key";
/// How soon a revoked link is over.
const LOOK_EVERY: Duration = Duration::from_secs(2);
/// A link without an end would outlive everybody who knows of it: 10 years.
const LONGEST_MS: u64 = 10 * 365 * 24 * 60 * 60 * 1000;
/// A day.
const DAY_MS: u64 = 24 * 60 * 60 * 1000;

/// What a link shall give.
#[derive(Clone, Debug, clap::Args)]
pub struct Wanted {
    /// What may be seen: supervisor, floor or public
    #[arg(long)]
    pub role: Role,
    /// Limited to these queues, by id [default: all]
    #[arg(long, value_delimiter = ',', value_name = "ID")]
    pub queues: Vec<String>,
    /// Valid for so long: 90d, 12h, 30m
    #[arg(long, value_name = "TIME", value_parser = lasting)]
    pub expires: Lasting,
    /// What people call it, to find it again
    #[arg(long)]
    pub name: String,
}

/// How long a link is valid, in ms.
#[derive(Clone, Copy, Debug, Eq, PartialEq)]
pub struct Lasting(pub u64);

fn lasting(text: &str) -> Result<Lasting, String> {
    let form = || "must be a time as 90d, 12h or 30m, at most ten years".to_owned();
    let last = text.char_indices().last().ok_or_else(form)?;
    let unit_ms = match last.1 {
        'd' => DAY_MS,
        'h' => 60 * 60 * 1000,
        'm' => 60 * 1000,
        _ => return Err(form()),
    };
    let count: u64 = text[..last.0].parse().map_err(|_| form())?;
    let ms = count.checked_mul(unit_ms).filter(|ms| (1..=LONGEST_MS).contains(ms));
    ms.map(Lasting).ok_or_else(form)
}

/// What links of this installation are signed with.
///
/// # Errors
///
/// When the store refuses.
pub async fn seed(store: &Store) -> Result<String, StoreError> {
    store.get_or_put(SEED, new_seed()).await
}

fn new_seed() -> String {
    format!("{:032x}{:032x}", rand::random::<u128>(), rand::random::<u128>())
}

/// Makes a link and notes it. `None`: there is one of this name.
///
/// # Errors
///
/// When the store refuses.
pub fn make(store: &stored::Access, wanted: &Wanted) -> Result<Option<String>, StoreError> {
    let signer = Signer::new(store.get_or_put(SEED, &new_seed())?.as_bytes());
    let now = clock::now();
    let claim = Claim {
        kind: Kind::Link,
        id: access::new_id(),
        role: wanted.role,
        queues: access::queues(&wanted.queues),
        until: now.plus_ms(wanted.expires.0),
        link: None,
    };
    let link = Link {
        name: wanted.name.clone(),
        id: claim.id.clone(),
        role: claim.role.name().to_owned(),
        queues: (!wanted.queues.is_empty()).then(|| wanted.queues.clone()),
        created: now,
        expires: Some(claim.until),
        last_seen: None,
        revoked: None,
    };
    Ok(store.insert_link(&link)?.then(|| signer.sign(&claim)))
}

/// One line per link, columns aligned.
pub fn table(links: &[Link], now: UnixMs) -> String {
    let head = ["NAME", "ROLE", "QUEUES", "STATE", "EXPIRES", "LAST SEEN"].map(ToOwned::to_owned);
    let rows = links.iter().map(|link| {
        let state = match link {
            Link { revoked: Some(_), .. } => "revoked",
            Link { expires: Some(expires), .. } if *expires <= now => "expired",
            _ => "valid",
        };
        [
            link.name.clone(),
            link.role.clone(),
            link.queues.as_ref().map_or_else(|| "all".to_owned(), |queues| queues.join(",")),
            state.to_owned(),
            link.expires.map_or_else(|| "never".to_owned(), day),
            link.last_seen.map_or_else(|| "never".to_owned(), day),
        ]
    });
    let rows: Vec<_> = std::iter::once(head).chain(rows).collect();
    let widths = [0, 1, 2, 3, 4, 5]
        .map(|column: usize| rows.iter().map(|row| row[column].chars().count()).max().unwrap_or(0));
    let line = |row: &[String; 6]| {
        let cells = row.iter().zip(widths).map(|(cell, width)| format!("{cell:width$}"));
        cells.collect::<Vec<_>>().join("  ").trim_end().to_owned() + "\n"
    };
    rows.iter().map(line).collect()
}

/// `2026-11-22 19:21Z`.
fn day(at: UnixMs) -> String {
    let at = jiff::Timestamp::from_millisecond(at.0).unwrap_or_default();
    at.strftime("%Y-%m-%d %H:%MZ").to_string()
}

/// Keeps what the proxy knows of links and what the store knows in step, for
/// ever.
pub async fn keep(store: Store, access: Arc<Access>) {
    let mut known = None;
    loop {
        if let Err(error) = look(&store, &access, &mut known).await {
            tracing::warn!("links were not looked at: {error}");
        }
        tokio::time::sleep(LOOK_EVERY).await;
    }
}

/// What the store should know before the proxy stops.
pub async fn keep_last(store: &Store, access: &Access) {
    if let Err(error) = write(store, access).await {
        tracing::warn!("the last of links and sessions was not kept: {error}");
    }
}

/// `known`: the store's version when it was read last.
async fn look(store: &Store, access: &Access, known: &mut Option<i64>) -> Result<(), StoreError> {
    write(store, access).await?;
    // Asked before it is read: what changes meanwhile is read the next time.
    let version = store.version().await?;
    if *known != Some(version) {
        learn(store, access).await?;
        *known = Some(version);
    }
    Ok(())
}

/// Learns which links and sessions are over: before anybody is let in, or
/// some would be back for a moment.
///
/// # Errors
///
/// When the store refuses.
pub async fn learn(store: &Store, access: &Access) -> Result<(), StoreError> {
    let mut over: BTreeSet<_> = store.revoked_links().await?.into_iter().collect();
    over.extend(store.ended_sessions().await?);
    access.replace_over(over);
    Ok(())
}

async fn write(store: &Store, access: &Access) -> Result<(), StoreError> {
    let ended = access.ended();
    if !ended.is_empty() {
        store.end_sessions(ended.clone()).await?;
        access.kept_ended(&ended);
    }
    let seen = access.seen();
    if !seen.is_empty() {
        store.touch_links(seen.clone()).await?;
        access.kept_seen(&seen);
    }
    Ok(())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn times_are_read_as_people_write_them() {
        assert_eq!(lasting("90d"), Ok(Lasting(90 * DAY_MS)));
        assert_eq!(lasting("12h"), Ok(Lasting(DAY_MS / 2)));
        assert_eq!(lasting("30m"), Ok(Lasting(1_800_000)));
        for wrong in ["", "d", "90", "0d", "-1d", "1.5h", "99999999d", "5ö", "90 d"] {
            assert!(lasting(wrong).is_err(), "{wrong}");
        }
    }

    #[test]
    fn the_table_says_what_became_of_each() {
        let link = |name: &str, revoked, expires| Link {
            name: name.into(),
            id: "x".into(),
            role: "floor".into(),
            queues: Some(vec!["71".into(), "72".into()]),
            created: UnixMs(0),
            expires: Some(UnixMs(expires)),
            last_seen: None,
            revoked,
        };
        let links = [
            link("TV 3rd floor", None, 2_000_000),
            link("old", None, 5),
            link("gone", Some(UnixMs(3)), 2_000_000),
        ];
        let table = table(&links, UnixMs(10));
        let lines: Vec<_> = table.lines().collect();
        assert!(lines[0].starts_with("NAME          ROLE   QUEUES  STATE"), "{table}");
        for (line, word) in lines[1..].iter().zip(["valid", "expired", "revoked"]) {
            assert!(line.contains(word) && line.contains("71,72"), "{line}");
        }
    }
}
