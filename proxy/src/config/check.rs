//! What the settings mean together, and which of them cannot work.

use std::net::{Ipv4Addr, SocketAddr};
use std::path::PathBuf;
use std::time::Duration;

use callboard_shared::decode::DurationUnit;

use super::{Config, ConfigError, Secrets, Settings, Whereabouts};
use super::{access, boards, thresholds, upstream, webhooks};
use crate::days::{BadDays, Days};
use crate::store::Place;

/// Reached from this machine only, unless told otherwise.
const LISTEN: SocketAddr = SocketAddr::new(std::net::IpAddr::V4(Ipv4Addr::LOCALHOST), 8080);

/// The folder of the store.
const DATA_DIR: &str = "callboard-data";
/// Instead of a folder: nothing is kept.
const MEMORY: &str = ":memory:";
/// A year, and the month after it to look back from.
const RETENTION_DAYS: u32 = 400;
/// What memory is for is today, and the day before it.
const RETENTION_DAYS_IN_MEMORY: u32 = 2;
/// Three centuries: beyond it dates overflow.
const RETENTION_DAYS_MOST: u32 = 100_000;
/// Of a question to the store, in s.
const QUESTION_LIMIT_S: u32 = 30;
/// Nobody waits longer for an answer, in s.
const QUESTION_LIMIT_S_MOST: u32 = 600;
/// The vendor's country.
const TIME_ZONE: &str = "Europe/Stockholm";

pub(super) fn refuse<T>(setting: &str, what: impl std::fmt::Display) -> Result<T, ConfigError> {
    Err(ConfigError(format!("`{setting}`: {what}")))
}

pub(super) fn config(settings: Settings, secrets: Secrets) -> Result<Config, ConfigError> {
    let listen = settings.listen.unwrap_or(LISTEN);
    let viewer_key = access::viewer_key(&settings, secrets.viewer_key)?;
    access::is_closed_enough(&settings, listen, viewer_key.is_some())?;
    let demo = settings.demo == Some(true);
    if demo && (settings.upstream.is_some() || settings.token_file.is_some()) {
        return refuse(
            "demo",
            "the demo has an upstream of its own: leave out `upstream` and `token-file`",
        );
    }
    let upstream = if demo { None } else { Some(upstream::upstream(&settings, secrets.token)?) };
    let duration_unit = match settings.duration_unit.as_deref() {
        None | Some("auto") => DurationUnit::Auto,
        Some("s") => DurationUnit::Seconds,
        Some("ms") => DurationUnit::Milliseconds,
        Some(_) => return refuse("duration-unit", "must be auto, s or ms"),
    };
    let place = place(settings.data_dir.clone(), demo);
    let retention_days = retention(settings.retention_days, &place)?;
    let days = days(settings.time_zone.as_deref(), settings.day_start.as_deref())?;
    if let Some(folder) = settings.page_dir.as_ref().filter(|folder| !folder.is_dir()) {
        return refuse("page-dir", format!("{} is not a folder", folder.display()));
    }
    let reached = access::reached(&settings)?;
    Ok(Config {
        listen,
        upstream,
        duration_unit,
        place,
        retention_days,
        question_limit: question_limit(settings.question_limit_s)?,
        days,
        thresholds: thresholds::thresholds(&settings)?,
        webhooks: webhooks::plan(&settings)?,
        boards: boards::boards(&settings.boards)?,
        allowed_hosts: reached.hosts,
        allowed_origins: reached.origins,
        prefix: reached.prefix,
        trusted_proxies: access::proxies(&settings)?,
        tls: access::tls(&settings)?,
        metrics_listen: settings.metrics_listen,
        limits: access::limits(&settings)?,
        viewer_key,
        log_format: settings.log_format.unwrap_or_default(),
        log: settings.log.unwrap_or_else(|| "info".to_owned()),
        page_dir: settings.page_dir,
    })
}

pub(super) fn whereabouts(settings: Settings) -> Result<Whereabouts, ConfigError> {
    access::reached(&settings)?;
    let listen = settings.listen.unwrap_or(LISTEN);
    let scheme = if settings.tls_cert.is_some() { "https" } else { "http" };
    let url = match &settings.public_url {
        Some(url) => format!("{}/", url.trim_end_matches('/')),
        None => format!("{scheme}://{listen}/"),
    };
    Ok(Whereabouts { place: place(settings.data_dir, settings.demo == Some(true)), url })
}

fn place(folder: Option<PathBuf>, demo: bool) -> Place {
    match folder {
        Some(folder) if folder.as_os_str() == MEMORY => Place::Memory,
        Some(folder) => Place::Folder(folder),
        None if demo => Place::Memory,
        None => Place::Folder(DATA_DIR.into()),
    }
}

fn retention(days: Option<u32>, place: &Place) -> Result<u32, ConfigError> {
    match (days, place) {
        (Some(days), _) if !(1..=RETENTION_DAYS_MOST).contains(&days) => {
            refuse("retention-days", format!("must be 1 to {RETENTION_DAYS_MOST}"))
        }
        (Some(days), _) => Ok(days),
        (None, Place::Folder(_)) => Ok(RETENTION_DAYS),
        (None, Place::Memory) => Ok(RETENTION_DAYS_IN_MEMORY),
    }
}

fn question_limit(limit_s: Option<u32>) -> Result<Duration, ConfigError> {
    match limit_s.unwrap_or(QUESTION_LIMIT_S) {
        limit_s @ 1..=QUESTION_LIMIT_S_MOST => Ok(Duration::from_secs(limit_s.into())),
        _ => refuse("question-limit-s", format!("must be 1 to {QUESTION_LIMIT_S_MOST}")),
    }
}

fn days(zone: Option<&str>, start: Option<&str>) -> Result<Days, ConfigError> {
    match Days::new(zone.unwrap_or(TIME_ZONE), start.unwrap_or("00:00")) {
        Ok(days) => Ok(days),
        Err(BadDays::Zone) => {
            refuse("time-zone", "no such time zone: write it as Europe/Stockholm")
        }
        Err(BadDays::Start) => refuse("day-start", "must be a time as 04:00"),
    }
}
