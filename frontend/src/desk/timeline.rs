//! A call's steps as lanes over time. Plain values, no browser.

use callboard_shared::UnixMs;
use serde::Deserialize;

/// A step as `/api/calls/{id}` tells it.
#[derive(Clone, Debug, Default, Deserialize, PartialEq)]
pub(crate) struct Step {
    pub(crate) at: UnixMs,
    #[serde(default)]
    pub(crate) until: Option<UnixMs>,
    pub(crate) step: String,
    #[serde(default)]
    pub(crate) name: Option<String>,
    #[serde(default)]
    pub(crate) agent: Option<String>,
    #[serde(default)]
    pub(crate) queue: Option<String>,
    #[serde(default)]
    pub(crate) outcome: Option<String>,
    #[serde(default)]
    pub(crate) left: Option<String>,
    #[serde(default)]
    pub(crate) key: Option<String>,
    #[serde(default)]
    pub(crate) destination: Option<String>,
    #[serde(default)]
    pub(crate) direction: Option<String>,
    #[serde(default)]
    pub(crate) kind: Option<String>,
    #[serde(default)]
    pub(crate) answered: Option<bool>,
    #[serde(default)]
    pub(crate) ended_by: Option<String>,
    #[serde(default)]
    pub(crate) reason: Option<String>,
    #[serde(default)]
    pub(crate) seconds: Option<u64>,
    #[serde(default)]
    pub(crate) accepted: Option<bool>,
    #[serde(default)]
    pub(crate) failed: Option<bool>,
    pub(crate) certainty: String,
}

impl Step {
    /// Whether its instants were concluded rather than told.
    pub(crate) fn is_inferred(&self) -> bool {
        self.certainty == "inferred"
    }

    /// Whether it takes no time.
    pub(crate) fn is_moment(&self) -> bool {
        self.until == Some(self.at)
    }
}

/// What a lane is for, in the order from top to bottom.
#[derive(Clone, Copy, Debug, Eq, Ord, PartialEq, PartialOrd)]
pub(crate) enum Kind {
    Menu,
    Queue,
    Agent,
    Other,
}

/// A span of a lane, in thousandths of the whole time.
#[derive(Clone, Debug, PartialEq)]
pub(crate) struct Bar {
    pub(crate) from: u32,
    pub(crate) to: u32,
    /// The index of its step.
    pub(crate) step: usize,
}

/// Everything that one menu, queue or phone had to do with the call.
#[derive(Clone, Debug, PartialEq)]
pub(crate) struct Lane {
    pub(crate) kind: Kind,
    pub(crate) name: String,
    pub(crate) bars: Vec<Bar>,
}

/// Lanes, and the time that they span.
#[derive(Clone, Debug, Default, PartialEq)]
pub(crate) struct Timeline {
    pub(crate) lanes: Vec<Lane>,
    /// Moments without a lane of their own, with their index.
    pub(crate) marks: Vec<Bar>,
    pub(crate) from: UnixMs,
    pub(crate) to: UnixMs,
}

/// Lays steps out. What goes on reaches until `now`.
pub(crate) fn timeline(steps: &[Step], now: UnixMs) -> Timeline {
    let Some(from) = steps.iter().map(|step| step.at).min() else { return Timeline::default() };
    let going_on = steps.iter().all(|step| step.step != "end");
    let ends = steps.iter().map(|step| step.until.unwrap_or(step.at));
    let to = ends.chain(going_on.then_some(now)).max().unwrap_or(from);
    let span = to.since_ms(from).max(1);
    let place =
        |at: UnixMs| u32::try_from(at.since_ms(from) * 1000 / span).unwrap_or(1000).min(1000);
    let mut timeline = Timeline { from, to, ..Timeline::default() };
    for (index, step) in steps.iter().enumerate() {
        let bar = Bar { from: place(step.at), to: place(step.until.unwrap_or(to)), step: index };
        let name =
            || step.name.clone().or_else(|| step.agent.clone()).or_else(|| step.queue.clone());
        let kind = match &*step.step {
            "menu" => Kind::Menu,
            "queue" => Kind::Queue,
            "ring" | "talk" => Kind::Agent,
            "voicemail" => Kind::Other,
            // A hold is somewhere within the talk before it.
            _ => {
                timeline.marks.push(bar);
                continue;
            }
        };
        let name = name().unwrap_or_default();
        let known = timeline.lanes.iter_mut().find(|lane| lane.kind == kind && lane.name == name);
        match known {
            Some(lane) => lane.bars.push(bar),
            None => timeline.lanes.push(Lane { kind, name, bars: vec![bar] }),
        }
    }
    // Within a kind in the order of their first step.
    timeline.lanes.sort_by_key(|lane| lane.kind);
    timeline
}

#[cfg(test)]
mod tests {
    use super::*;

    fn step(name: &str, who: &str, at: i64, until: i64) -> Step {
        Step {
            at: UnixMs(at),
            until: Some(UnixMs(until)),
            step: name.to_owned(),
            name: Some(who.to_owned()),
            certainty: "known".to_owned(),
            ..Step::default()
        }
    }

    #[test]
    fn each_phone_that_rang_is_a_lane() {
        let steps = [
            step("start", "", 0, 0),
            step("menu", "Main", 0, 1000),
            step("queue", "Support", 1000, 5000),
            step("ring", "Ada", 2000, 5000),
            step("ring", "Bo", 2000, 5000),
            step("talk", "Ada", 5000, 10_000),
            step("end", "", 10_000, 10_000),
        ];
        let drawn = timeline(&steps, UnixMs(99_000));
        let names: Vec<_> = drawn.lanes.iter().map(|lane| &*lane.name).collect();
        assert_eq!(names, ["Main", "Support", "Ada", "Bo"]);
        assert_eq!(drawn.lanes[2].bars.len(), 2);
        assert_eq!((drawn.lanes[2].bars[1].from, drawn.lanes[2].bars[1].to), (500, 1000));
        assert_eq!((drawn.marks.len(), drawn.to), (2, UnixMs(10_000)));
    }

    #[test]
    fn what_goes_on_reaches_until_now() {
        let mut talk = step("talk", "Ada", 5000, 0);
        talk.until = None;
        let drawn = timeline(&[step("start", "", 0, 0), talk], UnixMs(20_000));
        assert_eq!((drawn.to, drawn.lanes[0].bars[0].to), (UnixMs(20_000), 1000));
        assert_eq!(timeline(&[], UnixMs(1)), Timeline::default());
    }
}
