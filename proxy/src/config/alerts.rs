//! Limits of alerts, for all queues, for all calls together, and for single
//! queues.

use std::ops::RangeInclusive;

use callboard_shared::alert::{Limits, Rule, Rules};
use serde::{Deserialize, Serialize};

use super::check::refuse;
use super::{ConfigError, Settings};

/// Limits of one place. What is missing is taken from the place before it.
#[derive(Clone, Copy, Debug, Default, Deserialize, Eq, PartialEq, Serialize)]
#[serde(deny_unknown_fields, rename_all = "kebab-case", default)]
pub struct AlertSettings {
    /// Callers waiting now.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub waiting: Option<LimitSettings>,
    /// The longest of those waiting now, in s.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub longest_wait_s: Option<LimitSettings>,
    /// Percent of calls answered in time.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub service_level: Option<LimitSettings>,
    /// Without a call offered, in min.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub silence_min: Option<LimitSettings>,
    /// Calls from which on the service level is watched.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub least_decided: Option<u32>,
}

/// Two limits; one that is missing is never reached.
#[derive(Clone, Copy, Debug, Default, Deserialize, Eq, PartialEq, Serialize)]
#[serde(deny_unknown_fields, rename_all = "kebab-case", default)]
pub struct LimitSettings {
    /// From here on it is a warning.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub warn: Option<u32>,
    /// From here on it is a breach.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub breach: Option<u32>,
}

/// What all calls together have of their own.
#[derive(Clone, Copy, Debug, Default, Deserialize, Eq, PartialEq, Serialize)]
#[serde(deny_unknown_fields, rename_all = "kebab-case", default)]
pub struct TotalSettings {
    /// Without them nothing is watched of all calls together.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub alerts: Option<AlertSettings>,
}

/// The rules; `None`: those that hold unless told otherwise.
pub(super) fn rules(settings: &Settings) -> Result<Option<Rules>, ConfigError> {
    let all = settings.alerts.unwrap_or_default();
    let all = laid_over(Rule::default(), &all, "alerts.")?;
    let total = settings.total.unwrap_or_default().alerts;
    let total = total.map(|own| laid_over(all, &own, "total.alerts.")).transpose()?;
    let own = settings.queues.iter().filter_map(|(queue, own)| Some((queue, own.alerts?)));
    let queues = own.map(|(queue, own)| {
        let name = format!("queues.{queue}.alerts.");
        Ok((queue.as_str().into(), laid_over(all, &own, &name)?))
    });
    let rules = Rules { all, total, queues: queues.collect::<Result<_, _>>()? };
    Ok(Some(rules).filter(|rules| *rules != Rules::default()))
}

fn laid_over(under: Rule, own: &AlertSettings, name: &str) -> Result<Rule, ConfigError> {
    let up = |key: &str, told, under, most| limits(&format!("{name}{key}"), told, under, 1..=most);
    let service_level = format!("{name}service-level");
    let least_decided = own.least_decided.unwrap_or(under.least_decided);
    if !(1..=100_000).contains(&least_decided) {
        return refuse(&format!("{name}least-decided"), "must be 1 to 100000");
    }
    let rule = Rule {
        waiting: up("waiting", own.waiting, under.waiting, 10_000)?,
        longest_wait: up("longest-wait-s", own.longest_wait_s, under.longest_wait, 86_400)?,
        silence: up("silence-min", own.silence_min, under.silence, 10_080)?,
        service_level: limits(&service_level, own.service_level, under.service_level, 1..=100)?,
        least_decided,
    };
    for (key, limits) in [
        ("waiting", rule.waiting),
        ("longest-wait-s", rule.longest_wait),
        ("silence-min", rule.silence),
    ] {
        if limits.breach.is_some_and(|breach| limits.warn > Some(breach)) {
            return refuse(&format!("{name}{key}"), "`breach` must not be below `warn`");
        }
    }
    let Limits { warn, breach } = rule.service_level;
    if warn.is_some() && breach > warn {
        return refuse(&service_level, "`breach` must not be above `warn`: less is worse");
    }
    Ok(rule)
}

fn limits(
    setting: &str,
    told: Option<LimitSettings>,
    under: Limits,
    range: RangeInclusive<u32>,
) -> Result<Limits, ConfigError> {
    let Some(LimitSettings { warn, breach }) = told else { return Ok(under) };
    if !warn.iter().chain(&breach).all(|limit| range.contains(limit)) {
        return refuse(setting, format!("must be {} to {}", range.start(), range.end()));
    }
    Ok(Limits { warn, breach })
}

#[cfg(test)]
mod tests {
    use super::*;

    fn read(file: &str) -> Result<Option<Rules>, String> {
        let settings = Settings::default().over(file).map_err(|error| error.to_string())?;
        rules(&settings).map_err(|error| error.to_string())
    }

    #[test]
    fn a_queue_takes_what_it_does_not_say_from_all() {
        assert_eq!(read("[queues.71]\ntarget-percent = 90").unwrap(), None);
        let file = "[alerts]\nwaiting = { warn = 3, breach = 6 }\n[total.alerts]\nwaiting = {}\n\
             [queues.71.alerts]\nservice-level = { warn = 90 }\nleast-decided = 5\nsilence-min = { warn = 30 }\n";
        let rules = read(file).unwrap().unwrap();
        let all = Rule { waiting: Limits::new(3, 6), ..Rule::default() };
        assert_eq!(rules.all, all);
        assert_eq!(rules.total, Some(Rule { waiting: Limits::default(), ..all }));
        let service_level = Limits { warn: Some(90), breach: None };
        let silence = Limits { warn: Some(30), breach: None };
        assert_eq!(rules.queues["71"], Rule { service_level, silence, least_decided: 5, ..all });
        // As the page reads them.
        let settings = callboard_shared::figures::metrics::Settings {
            alerts: Some(rules),
            ..Default::default()
        };
        let told = serde_json::to_value(&settings).unwrap();
        assert_eq!(
            serde_json::from_value::<callboard_shared::figures::metrics::Settings>(told).unwrap(),
            settings
        );
    }

    #[test]
    fn what_makes_no_sense_is_named() {
        for (file, words) in [
            ("[alerts]\nwaiting = { warn = 3, breach = 2 }", "`alerts.waiting`: `breach`"),
            ("[alerts]\nwaiting = { warn = 0 }", "`alerts.waiting`: must be 1 to 10000"),
            ("[alerts]\nwaiting = 7", "waiting"),
            ("[alerts]\nwaits = {}", "waits"),
            (
                "[total.alerts]\nlongest-wait-s = { breach = 90000 }",
                "`total.alerts.longest-wait-s`",
            ),
            (
                "[queues.71.alerts]\nservice-level = { warn = 60, breach = 80 }",
                "`queues.71.alerts.service-level`",
            ),
            (
                "[alerts]\nsilence-min = { warn = 60, breach = 30 }",
                "`alerts.silence-min`: `breach`",
            ),
            ("[queues.71.alerts]\nleast-decided = 0", "`queues.71.alerts.least-decided`"),
        ] {
            let why = read(file).unwrap_err();
            assert!(why.contains(words), "{why}");
        }
    }
}
