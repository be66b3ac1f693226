//! Whom alerts are sent to: `[[webhooks]]`, and in which hours silence is one.

use std::path::PathBuf;
use std::time::Duration;

use axum::http::Uri;
use callboard_shared::QueueKey;
use callboard_shared::alert::Level;
use serde::Deserialize;

use super::check::refuse;
use super::{ConfigError, Settings};
use crate::days::Hours;
use crate::secret::Secret;
use crate::webhooks::{Form, Hook, Plan, Target};

/// More are a job for a program behind one of them.
const HOOKS_MOST: usize = 20;
/// Between two alerts of the same figure and queue, in s.
const COOLDOWN_S: u32 = 300;
/// A day, in s.
const COOLDOWN_MOST: u32 = 86_400;

/// One of `[[webhooks]]`.
#[derive(Clone, Debug, Default, Deserialize)]
#[serde(deny_unknown_fields, rename_all = "kebab-case", default)]
pub struct WebhookSettings {
    /// Where to send to. Whoever knows it can send there, too: a secret.
    pub url: Option<Secret>,
    /// The same in a file of its own.
    pub url_file: Option<PathBuf>,
    /// What is sent.
    pub kind: Form,
    /// Only alerts of these queues.
    pub queues: Option<Vec<String>>,
    /// From which level on.
    pub min_level: Option<LevelSetting>,
    /// Seconds before the same figure of the same queue is raised again.
    pub cooldown_s: Option<u32>,
    /// Hours in which nothing is sent.
    pub quiet_hours: Option<String>,
    /// Whether it is said when an alert is over.
    pub send_resolved: Option<bool>,
}

/// The setting `min-level`.
#[derive(Clone, Copy, Debug, Deserialize, Eq, PartialEq)]
#[serde(rename_all = "kebab-case")]
pub enum LevelSetting {
    /// Warnings, too.
    Warn,
    /// Breaches only.
    Breach,
}

pub(super) fn plan(settings: &Settings) -> Result<Plan, ConfigError> {
    if settings.webhooks.len() > HOOKS_MOST {
        return refuse("webhooks", format!("has more than {HOOKS_MOST} of them"));
    }
    let hooks = settings.webhooks.iter().enumerate();
    let hooks = hooks.map(|(i, hook)| hook_of(hook, &format!("webhooks.{}", i + 1)));
    let link = settings.public_url.as_ref();
    Ok(Plan {
        hooks: hooks.collect::<Result<_, _>>()?,
        silence_hours: silence_hours(settings)?,
        link: link.map(|url| format!("{}/", url.trim_end_matches('/'))),
    })
}

/// Hours in which calls are expected; the same for all queues.
fn silence_hours(settings: &Settings) -> Result<Option<Hours>, ConfigError> {
    let told = settings.silence_hours.as_deref();
    told.map(|told| hours("silence-hours", told)).transpose()
}

fn hours(setting: &str, told: &str) -> Result<Hours, ConfigError> {
    match Hours::new(told) {
        Some(hours) => Ok(hours),
        None => refuse(setting, "must be written as 08:00-17:00, with two different times"),
    }
}

fn hook_of(told: &WebhookSettings, name: &str) -> Result<Hook, ConfigError> {
    let of = |key: &str| format!("{name}.{key}");
    let url = match (&told.url, &told.url_file) {
        (Some(_), Some(_)) => return refuse(&of("url"), "there is `url-file`, too: give one"),
        (None, None) => return refuse(&of("url"), "is missing: give it, or `url-file`"),
        (Some(url), None) => url.clone(),
        (None, Some(path)) => match Secret::from_file(path) {
            Ok(url) => url,
            Err(error) => {
                let why = format!("cannot read {}: {error}", path.display());
                return refuse(&of("url-file"), why);
            }
        },
    };
    let target = target(&url).or_else(|why| refuse(&of("url"), why))?;
    if told.queues.as_ref().is_some_and(Vec::is_empty) {
        return refuse(&of("queues"), "is empty: name queues by their ids, or leave it out");
    }
    let cooldown_s = told.cooldown_s.unwrap_or(COOLDOWN_S);
    if cooldown_s > COOLDOWN_MOST {
        return refuse(&of("cooldown-s"), format!("must be 0 to {COOLDOWN_MOST}"));
    }
    let queues = told.queues.iter().flatten().map(|queue| QueueKey::from(queue.as_str()));
    let quiet = told.quiet_hours.as_deref();
    Ok(Hook {
        target,
        form: told.kind,
        queues: told.queues.is_some().then(|| queues.collect()),
        least: match told.min_level {
            Some(LevelSetting::Warn) => Level::Warn,
            Some(LevelSetting::Breach) | None => Level::Breach,
        },
        cooldown: Duration::from_secs(cooldown_s.into()),
        quiet: quiet.map(|told| hours(&of("quiet-hours"), told)).transpose()?,
        says_resolved: told.send_resolved.unwrap_or(true),
    })
}

/// Takes a URL apart. What is wrong is said without a word of it.
fn target(url: &Secret) -> Result<Target, &'static str> {
    const FORM: &str = "must be a URL as https://host/path";
    let uri: Uri = url.expose().parse().map_err(|_| FORM)?;
    let authority = uri.authority().ok_or(FORM)?;
    if authority.as_str().contains('@') {
        return Err("must not hold a user name or a password");
    }
    let host = authority.host().trim_matches(['[', ']']);
    let is_loopback = matches!(host, "localhost" | "127.0.0.1" | "::1");
    let tls = match uri.scheme_str() {
        Some("https") => true,
        Some("http") if is_loopback => false,
        Some("http") => return Err("would cross the network unencrypted: use https://"),
        _ => return Err(FORM),
    };
    let port = authority.port_u16().unwrap_or(if tls { 443 } else { 80 });
    let path = uri.path_and_query().map_or("/", |path| path.as_str());
    Ok(Target {
        tls,
        host: host.to_owned(),
        port,
        authority: authority.as_str().to_owned(),
        path: Secret::new(path),
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    fn read(file: &str) -> Result<Plan, String> {
        let settings = Settings::default().over(file).map_err(|error| error.to_string())?;
        plan(&settings).map_err(|error| error.to_string())
    }

    #[test]
    fn what_is_not_said_has_a_default() {
        let plan = read(
            "public-url = \"https://board.example/x\"\n\
             silence-hours = \"08:00-17:00\"\n\
             [[webhooks]]\nurl = \"https://hooks.example/T0/hunter2?sig=abc\"\n\
             [[webhooks]]\nurl = \"http://[::1]:9/\"\nkind = \"teams\"\nqueues = [\"71\"]\n\
             min-level = \"warn\"\ncooldown-s = 0\nquiet-hours = \"22:00-07:00\"\nsend-resolved = false\n",
        )
        .unwrap();
        assert_eq!(plan.link.as_deref(), Some("https://board.example/x/"));
        assert_eq!(plan.silence_hours, Hours::new("08:00-17:00"));
        let [plain, full] = &plan.hooks[..] else { panic!("two of them") };
        let told = (&plain.form, &plain.queues, plain.least, plain.cooldown.as_secs());
        assert_eq!(told, (&Form::Json, &None, Level::Breach, 300));
        assert!(plain.says_resolved && plain.quiet.is_none() && plain.target.tls);
        assert_eq!((&*plain.target.host, plain.target.port), ("hooks.example", 443));
        assert_eq!(plain.target.path.expose(), "/T0/hunter2?sig=abc");
        assert_eq!((&*full.target.host, full.target.port, full.target.tls), ("::1", 9, false));
        assert_eq!((full.least, full.says_resolved), (Level::Warn, false));
        assert_eq!(full.queues, Some([QueueKey::from("71")].into()));
        assert!(!format!("{plan:?}").contains("hunter2"));
        assert!(read("").unwrap().hooks.is_empty());
    }

    #[test]
    fn hours_are_hours() {
        assert_eq!(
            read("silence-hours = \"8\"").unwrap_err(),
            "`silence-hours`: must be written as 08:00-17:00, with two different times"
        );
    }

    #[test]
    fn what_makes_no_sense_is_named_without_the_url() {
        let fine = "url = \"https://hunter2.example/hunter2\"\n";
        for (file, words) in [
            ("".to_owned(), "`webhooks.1.url`: is missing"),
            ("url = 7".to_owned(), "url"),
            ("url = \"hunter2\"".to_owned(), "`webhooks.1.url`: must be a URL"),
            ("url = \"ftp://hunter2/\"".to_owned(), "`webhooks.1.url`: must be a URL"),
            ("url = \"http://hunter2.example/\"".to_owned(), "unencrypted"),
            ("url = \"https://a:hunter2@b.example/\"".to_owned(), "a password"),
            ("url-file = \"/no/such\"".to_owned(), "`webhooks.1.url-file`: cannot read"),
            (format!("{fine}url-file = \"/no\""), "give one"),
            (format!("{fine}kind = \"pager\""), "kind"),
            (format!("{fine}min-level = \"calm\""), "min-level"),
            (format!("{fine}queues = []"), "`webhooks.1.queues`"),
            (format!("{fine}cooldown-s = 86401"), "`webhooks.1.cooldown-s`"),
            (format!("{fine}quiet-hours = \"22-07\""), "`webhooks.1.quiet-hours`"),
            (format!("{fine}uri = \"hunter2\""), "uri"),
        ] {
            let why = read(&format!("[[webhooks]]\n{file}")).unwrap_err();
            assert!(why.contains(words) && !why.contains("hunter2"), "{why}");
        }
    }
}
