//! Every setting, under one name in three places: `--listen` beats
//! `CALLBOARD_LISTEN` beats `listen` in the file beats the default.
//!
//! [`Settings`] is what was said, [`Config`] what it means after checking.

mod access;
pub mod alerts;
pub mod boards;
mod check;
mod file;
#[cfg(test)]
mod manual;
mod thresholds;
mod upstream;
mod variables;
pub mod webhooks;

use std::collections::BTreeMap;
use std::net::SocketAddr;
use std::path::PathBuf;
use std::time::Duration;

use callboard_shared::decode::DurationUnit;
use callboard_shared::figures::metrics;
use clap::Args;
use ipnet::IpNet;
use serde::{Deserialize, Serialize};

use crate::days::Days;
use crate::http::Limits;
use crate::secret::Secret;
use crate::server::TlsFiles;
use crate::store::Place;
use crate::telemetry::LogFormat;
use crate::upstream::Upstream;
pub use thresholds::QueueSettings;
pub use variables::unknown_variable;

/// Where the upstream's token is given as a variable. It has no flag: flags
/// are in the process list.
pub const TOKEN_VARIABLE: &str = "CALLBOARD_TOKEN";

/// Where the key of viewers is given as a variable, for the same reason.
pub const VIEWER_KEY_VARIABLE: &str = "CALLBOARD_VIEWER_KEY";

/// The secrets that are given as variables.
#[derive(Clone, Debug, Default)]
pub struct Secrets {
    /// The upstream's token.
    pub token: Option<Secret>,
    /// The viewers' key.
    pub viewer_key: Option<Secret>,
}

impl Secrets {
    /// Reads the variables.
    pub fn from_variables() -> Secrets {
        let read = |name| std::env::var(name).ok().map(|text| Secret::new(&text));
        Secrets { token: read(TOKEN_VARIABLE), viewer_key: read(VIEWER_KEY_VARIABLE) }
    }
}

/// What was said, in flags and variables or in the file.
#[derive(Args, Clone, Debug, Default, Deserialize, Serialize)]
#[serde(deny_unknown_fields, rename_all = "kebab-case", default)]
pub struct Settings {
    /// Read further settings from this file
    #[arg(long, env = "CALLBOARD_CONFIG", value_name = "FILE")]
    #[serde(skip)]
    pub config: Option<PathBuf>,

    /// Address to listen on; port 0 picks one [default: 127.0.0.1:8080]
    #[arg(long, env = "CALLBOARD_LISTEN", value_name = "ADDRESS")]
    #[serde(skip_serializing_if = "Option::is_none")]
    pub listen: Option<SocketAddr>,

    /// Base URL of the streams [default: wss://statistics-webhook.telavox.se]
    #[arg(long, env = "CALLBOARD_UPSTREAM", value_name = "URL")]
    #[serde(skip_serializing_if = "Option::is_none")]
    pub upstream: Option<String>,

    /// Hosts besides the vendor's own to which the token may be sent, by name
    #[arg(long, env = "CALLBOARD_UPSTREAM_HOSTS", value_delimiter = ',', value_name = "NAME")]
    #[serde(skip_serializing_if = "Option::is_none")]
    pub upstream_hosts: Option<Vec<String>>,

    /// File that holds the upstream's token and nothing else
    #[arg(long, env = "CALLBOARD_TOKEN_FILE", value_name = "FILE")]
    #[serde(skip_serializing_if = "Option::is_none")]
    pub token_file: Option<PathBuf>,

    /// How the token is sent: bearer, header:NAME, query:NAME, subprotocol,
    /// first-message:TEMPLATE with {token} [default: bearer]
    #[arg(long, env = "CALLBOARD_UPSTREAM_AUTH", value_name = "HOW")]
    #[serde(skip_serializing_if = "Option::is_none")]
    pub upstream_auth: Option<String>,

    /// Unit of the upstream's durations: s, ms, or auto, which is s unless a
    /// document's own instants say otherwise [default: auto]
    #[arg(long, env = "CALLBOARD_DURATION_UNIT", value_name = "UNIT")]
    #[serde(skip_serializing_if = "Option::is_none")]
    pub duration_unit: Option<String>,

    /// Folder of the store, or :memory: to keep nothing
    /// [default: ./callboard-data; :memory: in the demo]
    #[arg(long, env = "CALLBOARD_DATA_DIR", value_name = "FOLDER")]
    #[serde(skip_serializing_if = "Option::is_none")]
    pub data_dir: Option<PathBuf>,

    /// Days after which documents are deleted [default: 400; 2 in memory]
    #[arg(long, env = "CALLBOARD_RETENTION_DAYS", value_name = "DAYS")]
    #[serde(skip_serializing_if = "Option::is_none")]
    pub retention_days: Option<u32>,

    /// Seconds after which a question about the past is given up [default: 30]
    #[arg(long, env = "CALLBOARD_QUESTION_LIMIT_S", value_name = "SECONDS")]
    #[serde(skip_serializing_if = "Option::is_none")]
    pub question_limit_s: Option<u32>,

    /// Time zone in which a day begins, and whose time the board shows [default: Europe/Stockholm]
    #[arg(long, env = "CALLBOARD_TIME_ZONE", value_name = "NAME")]
    #[serde(skip_serializing_if = "Option::is_none")]
    pub time_zone: Option<String>,

    /// Time at which a day begins [default: 00:00]
    #[arg(long, env = "CALLBOARD_DAY_START", value_name = "HH:MM")]
    #[serde(skip_serializing_if = "Option::is_none")]
    pub day_start: Option<String>,

    /// File that holds the key that viewers must show
    #[arg(long, env = "CALLBOARD_VIEWER_KEY_FILE", value_name = "FILE")]
    #[serde(skip_serializing_if = "Option::is_none")]
    pub viewer_key_file: Option<PathBuf>,

    /// Country to which telephone numbers without a country code belong, and whose
    /// numbers are shown without one, as two letters of ISO 3166: SE, DK, NO, FI
    /// and others [default: SE]
    #[arg(long, env = "CALLBOARD_HOME_COUNTRY", value_name = "CODE")]
    #[serde(skip_serializing_if = "Option::is_none")]
    pub home_country: Option<String>,

    /// Answered within so many seconds is in time [default: 20]
    #[arg(long, env = "CALLBOARD_ANSWER_WITHIN_S", value_name = "SECONDS")]
    #[serde(skip_serializing_if = "Option::is_none")]
    pub answer_within_s: Option<u32>,

    /// Given up within so many seconds is no lost call [default: 5]
    #[arg(long, env = "CALLBOARD_SHORT_ABANDON_S", value_name = "SECONDS")]
    #[serde(skip_serializing_if = "Option::is_none")]
    pub short_abandon_s: Option<u32>,

    /// Share of calls that should be answered in time [default: 80]
    #[arg(long, env = "CALLBOARD_TARGET_PERCENT", value_name = "PERCENT")]
    #[serde(skip_serializing_if = "Option::is_none")]
    pub target_percent: Option<u32>,

    /// The same three for single queues, in the file only: [queues.71]
    #[arg(skip)]
    #[serde(skip_serializing_if = "BTreeMap::is_empty")]
    pub queues: BTreeMap<String, QueueSettings>,

    /// Limits of alerts, in the file only: [alerts]
    #[arg(skip)]
    #[serde(skip_serializing_if = "Option::is_none")]
    pub alerts: Option<alerts::AlertSettings>,

    /// The same for all calls together, in the file only: [total.alerts]
    #[arg(skip)]
    #[serde(skip_serializing_if = "Option::is_none")]
    pub total: Option<alerts::TotalSettings>,

    /// Hours in which silence is an alert, as 08:00-17:00 [default: all day]
    #[arg(long, env = "CALLBOARD_SILENCE_HOURS", value_name = "HOURS")]
    #[serde(skip_serializing_if = "Option::is_none")]
    pub silence_hours: Option<String>,

    /// Whom alerts are sent to, in the file only: [[webhooks]]
    #[arg(skip)]
    #[serde(skip_serializing)]
    pub webhooks: Vec<webhooks::WebhookSettings>,

    /// Names of saved boards, in the file only: [boards]
    #[arg(skip)]
    #[serde(skip_serializing_if = "BTreeMap::is_empty")]
    pub boards: BTreeMap<String, String>,

    /// Serve others than this machine although nobody is asked for a key
    #[arg(long, env = "CALLBOARD_PUBLIC", num_args = 0..=1, default_missing_value = "true")]
    #[serde(skip_serializing_if = "Option::is_none")]
    pub public: Option<bool>,

    /// Origins whose pages may open sockets, besides the board's own
    #[arg(long, env = "CALLBOARD_ALLOWED_ORIGINS", value_delimiter = ',', value_name = "ORIGIN")]
    #[serde(skip_serializing_if = "Option::is_none")]
    pub allowed_origins: Option<Vec<String>>,

    /// Host names under which the board is reached, besides loopback ones
    #[arg(long, env = "CALLBOARD_ALLOWED_HOSTS", value_delimiter = ',', value_name = "NAME")]
    #[serde(skip_serializing_if = "Option::is_none")]
    pub allowed_hosts: Option<Vec<String>>,

    /// URL under which people reach the board, with the path prefix that a
    /// reverse proxy adds, such as `https://intranet.example/board/`
    #[arg(long, env = "CALLBOARD_PUBLIC_URL", value_name = "URL")]
    #[serde(skip_serializing_if = "Option::is_none")]
    pub public_url: Option<String>,

    /// Reverse proxies whose word on a client's address counts, as addresses
    /// or networks: 10.0.0.0/8
    #[arg(long, env = "CALLBOARD_TRUSTED_PROXIES", value_delimiter = ',', value_name = "NET")]
    #[serde(skip_serializing_if = "Option::is_none")]
    pub trusted_proxies: Option<Vec<String>>,

    /// Certificate for TLS of its own, in PEM; read anew when it is renewed
    #[arg(long, env = "CALLBOARD_TLS_CERT", value_name = "FILE")]
    #[serde(skip_serializing_if = "Option::is_none")]
    pub tls_cert: Option<PathBuf>,

    /// Private key of that certificate, in PEM
    #[arg(long, env = "CALLBOARD_TLS_KEY", value_name = "FILE")]
    #[serde(skip_serializing_if = "Option::is_none")]
    pub tls_key: Option<PathBuf>,

    /// A listener of its own for /metrics, /readyz and /healthz, without a key
    #[arg(long, env = "CALLBOARD_METRICS_LISTEN", value_name = "ADDRESS")]
    #[serde(skip_serializing_if = "Option::is_none")]
    pub metrics_listen: Option<SocketAddr>,

    /// Open live sockets at most [default: 10000]
    #[arg(long, env = "CALLBOARD_MAX_VIEWERS", value_name = "COUNT")]
    #[serde(skip_serializing_if = "Option::is_none")]
    pub max_viewers: Option<usize>,

    /// Of these from one address (of IPv6: one /64), other than this machine's
    /// own [default: 500]
    #[arg(long, env = "CALLBOARD_MAX_VIEWERS_PER_ADDRESS", value_name = "COUNT")]
    #[serde(skip_serializing_if = "Option::is_none")]
    pub max_viewers_per_address: Option<usize>,

    /// Of these by one link, or by one session begun with the key [default: 2500]
    #[arg(long, env = "CALLBOARD_MAX_VIEWERS_PER_LINK", value_name = "COUNT")]
    #[serde(skip_serializing_if = "Option::is_none")]
    pub max_viewers_per_link: Option<usize>,

    /// New ones a second, and five times as many at once; 0: any [default: 2000]
    #[arg(long, env = "CALLBOARD_NEW_VIEWERS_PER_SECOND", value_name = "COUNT")]
    #[serde(skip_serializing_if = "Option::is_none")]
    pub new_viewers_per_second: Option<u32>,

    /// Form of the log on standard error [default: text]
    #[arg(long, env = "CALLBOARD_LOG_FORMAT", value_enum)]
    #[serde(skip_serializing_if = "Option::is_none")]
    pub log_format: Option<LogFormat>,

    /// What is logged: error, warn, info, debug [default: info]
    #[arg(long, env = "CALLBOARD_LOG", value_name = "LEVEL")]
    #[serde(skip_serializing_if = "Option::is_none")]
    pub log: Option<String>,

    /// Serve the page from this folder instead of the one inside the binary
    #[arg(long, env = "CALLBOARD_PAGE_DIR", value_name = "FOLDER")]
    #[serde(skip_serializing_if = "Option::is_none")]
    pub page_dir: Option<PathBuf>,

    /// Play a simulated call centre in this process and connect to it
    #[arg(long, env = "CALLBOARD_DEMO", num_args = 0..=1, default_missing_value = "true")]
    #[serde(skip_serializing_if = "Option::is_none")]
    pub demo: Option<bool>,
}

/// What the settings mean.
#[derive(Clone, Debug)]
pub struct Config {
    /// Address to listen on.
    pub listen: SocketAddr,
    /// The streams. `None`: the simulator in this process.
    pub upstream: Option<Upstream>,
    /// Unit of the upstream's durations.
    pub duration_unit: DurationUnit,
    /// Where the store is.
    pub place: Place,
    /// Days after which documents are deleted.
    pub retention_days: u32,
    /// A question to the store that takes longer is given up.
    pub question_limit: Duration,
    /// When a day begins.
    pub days: Days,
    /// What counts as in time, and as short.
    pub thresholds: metrics::Settings,
    /// Whom alerts are sent to.
    pub webhooks: crate::webhooks::Plan,
    /// Saved boards, by name.
    pub boards: Vec<boards::Board>,
    /// Host names besides loopback ones, lower-case.
    pub allowed_hosts: Vec<String>,
    /// Origins besides the board's own, lower-case.
    pub allowed_origins: Vec<String>,
    /// Open live sockets at most, and how fast new ones may come.
    pub limits: Limits,
    /// What viewers must show. `None`: nothing.
    pub viewer_key: Option<Secret>,
    /// Path under which people reach the board, with a slash at both ends.
    pub prefix: Option<String>,
    /// Reverse proxies whose word counts.
    pub trusted_proxies: Vec<IpNet>,
    /// TLS of its own.
    pub tls: Option<TlsFiles>,
    /// A listener for those who watch the proxy.
    pub metrics_listen: Option<SocketAddr>,
    /// Form of the log.
    pub log_format: LogFormat,
    /// What is logged.
    pub log: String,
    /// The page's folder. `None`: inside the binary.
    pub page_dir: Option<PathBuf>,
}

/// Where the store is, and where people reach the board.
#[derive(Clone, Debug)]
pub struct Whereabouts {
    /// The store.
    pub place: Place,
    /// The board, with a slash at the end.
    pub url: String,
}

/// A setting that stops the start. One sentence that names it.
#[derive(Clone, Debug, Eq, PartialEq, thiserror::Error)]
#[error("{0}")]
pub struct ConfigError(pub String);

impl Settings {
    /// Lays flags and variables over the file, and checks the result.
    /// `secrets` are those given as variables.
    ///
    /// # Errors
    ///
    /// The first setting that is wrong, or a combination that cannot work.
    pub fn resolve(self, secrets: Secrets) -> Result<Config, ConfigError> {
        check::config(self.with_file()?, secrets)
    }

    /// What counts as in time: all that may change while the proxy runs.
    ///
    /// # Errors
    ///
    /// As [`Settings::resolve`], for the settings that are looked at.
    pub fn thresholds(self) -> Result<metrics::Settings, ConfigError> {
        thresholds::thresholds(&self.with_file()?)
    }

    /// Where the store is and where people reach the board: all that commands
    /// beside the server need.
    ///
    /// # Errors
    ///
    /// As [`Settings::resolve`], for the settings that are looked at.
    pub fn whereabouts(self) -> Result<Whereabouts, ConfigError> {
        check::whereabouts(self.with_file()?)
    }
}

#[cfg(test)]
mod tests;
