//! What counts as in time and as short, for all queues and for single ones.

use callboard_shared::figures::Thresholds;
use callboard_shared::figures::metrics;
use callboard_shared::phone::Country;

use serde::{Deserialize, Serialize};

use super::alerts;
use super::check::refuse;
use super::{ConfigError, Settings};

/// Nobody waits longer for an answer, in s.
const ANSWER_WITHIN_MOST: u32 = 3_600;
/// A longer wait is given up for good reason, in s.
const SHORT_ABANDON_MOST: u32 = 600;
/// A target of 100 % could never be reached again after one miss.
const TARGET_MOST: u32 = 99;

/// What a queue has of its own.
#[derive(Clone, Copy, Debug, Default, Deserialize, Serialize)]
#[serde(deny_unknown_fields, rename_all = "kebab-case", default)]
pub struct QueueSettings {
    /// As [`Settings::answer_within_s`].
    #[serde(skip_serializing_if = "Option::is_none")]
    pub answer_within_s: Option<u32>,
    /// As [`Settings::short_abandon_s`].
    #[serde(skip_serializing_if = "Option::is_none")]
    pub short_abandon_s: Option<u32>,
    /// As [`Settings::target_percent`].
    #[serde(skip_serializing_if = "Option::is_none")]
    pub target_percent: Option<u32>,
    /// As [`Settings::alerts`].
    #[serde(skip_serializing_if = "Option::is_none")]
    pub alerts: Option<alerts::AlertSettings>,
}

pub(super) fn thresholds(settings: &Settings) -> Result<metrics::Settings, ConfigError> {
    let all = QueueSettings {
        answer_within_s: settings.answer_within_s,
        short_abandon_s: settings.short_abandon_s,
        target_percent: settings.target_percent,
        ..QueueSettings::default()
    };
    let all = laid_over(Thresholds::default(), &all, "")?;
    let queues = settings.queues.iter().map(|(queue, own)| {
        let name = format!("queues.{queue}.");
        Ok((queue.as_str().into(), laid_over(all, own, &name)?))
    });
    let queues = queues.collect::<Result<_, _>>()?;
    let home = home(settings.home_country.as_deref())?;
    Ok(metrics::Settings {
        all,
        queues,
        alerts: alerts::rules(settings)?,
        home,
        zone: String::new(),
    })
}

fn home(code: Option<&str>) -> Result<Country, ConfigError> {
    let Some(code) = code else { return Ok(Country::default()) };
    Country::from_iso(code).map_or_else(
        || {
            let known: Vec<_> = Country::ALL.iter().map(|country| country.iso()).collect();
            refuse("home-country", format!("must be one of {}", known.join(", ")))
        },
        Ok,
    )
}

fn laid_over(
    under: Thresholds,
    own: &QueueSettings,
    name: &str,
) -> Result<Thresholds, ConfigError> {
    let within = |key: &str, value: Option<u32>, under: u32, most: u32| match value {
        Some(value) if value == 0 && key != "short-abandon-s" || value > most => {
            let least = u32::from(key != "short-abandon-s");
            refuse(&format!("{name}{key}"), format!("must be {least} to {most}"))
        }
        value => Ok(value.unwrap_or(under)),
    };
    Ok(Thresholds {
        answer_within_s: within(
            "answer-within-s",
            own.answer_within_s,
            under.answer_within_s,
            ANSWER_WITHIN_MOST,
        )?,
        short_abandon_s: within(
            "short-abandon-s",
            own.short_abandon_s,
            under.short_abandon_s,
            SHORT_ABANDON_MOST,
        )?,
        target_percent: within(
            "target-percent",
            own.target_percent,
            under.target_percent,
            TARGET_MOST,
        )?,
    })
}
