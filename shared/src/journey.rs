//! One call's way, step by step, read from its three kinds of documents.
//!
//! The documents tell few instants, and only of the first and the last menu,
//! queue and agent. What lies between is concluded where it can be: such
//! steps are [`Certainty::Inferred`]. What has a name but no place in time
//! (middle menus, middle queues without a document of their own, phones that
//! are only in `agent_list`) is no step.

mod placed;
mod reader;
#[cfg(test)]
mod tests;

use serde::Serialize;

use crate::call::Call;
use crate::ids::{AgentKey, QueueKey};
use crate::outcome::Outcome;
use crate::text::Text;
use crate::time::UnixMs;
use crate::words::{Direction, EndReason, Reason};
use reader::{Reader, told_if};

/// How far two accounts of one instant may differ, in ms: durations are told
/// in whole seconds.
const SLACK_MS: u64 = 1_000;

/// A call's steps.
#[derive(Clone, Debug, Default, PartialEq, Serialize)]
pub struct Journey {
    /// The steps in order of their beginning.
    pub steps: Vec<Step>,
    /// Start of the call, where any was told.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub start: Option<UnixMs>,
    /// End of the call. `None`: it goes on.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub end: Option<UnixMs>,
}

/// One step.
#[derive(Clone, Debug, PartialEq, Serialize)]
pub struct Step {
    /// Its beginning.
    pub at: UnixMs,
    /// Its end, never before `at`; equal to it for what takes no time.
    /// `None`: it goes on, or its end is not known.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub until: Option<UnixMs>,
    /// What happened.
    #[serde(flatten)]
    pub kind: StepKind,
    /// Whether its instants were told.
    pub certainty: Certainty,
}

/// Whether the instants of a step were told.
#[derive(Clone, Copy, Debug, Eq, Ord, PartialEq, PartialOrd, Serialize)]
#[serde(rename_all = "snake_case")]
pub enum Certainty {
    /// A document told all of them.
    Known,
    /// At least one is concluded from others.
    Inferred,
}

/// What happened. The order is the one of steps that begin together.
#[derive(Clone, Debug, PartialEq, Serialize)]
#[serde(tag = "step", rename_all = "snake_case")]
#[allow(missing_docs, reason = "the fields are named after what they are")]
pub enum StepKind {
    /// The call began.
    Start { direction: Option<Direction> },
    /// In a menu.
    Menu { name: Option<Text> },
    /// A key pressed in a menu, and where it led.
    Digit { key: Option<Text>, destination: Option<Text> },
    /// Handed over by an agent; `kind` as it came (`blind`).
    Transfer { kind: Option<Text>, answered: Option<bool> },
    /// In a queue, until an answer or another way out.
    Queue { queue: QueueKey, name: Option<Text>, left: Option<Reason> },
    /// A callback was offered, accepted or not; `failed`: accepted, and the
    /// customer was not reached.
    Callback { accepted: bool, failed: bool },
    /// One phone rang. In an outgoing call the agent is who called.
    Ring { agent: AgentKey, name: Option<Text>, queue: Option<QueueKey>, outcome: RingOutcome },
    /// A human and the customer talked.
    Talk {
        agent: Option<AgentKey>,
        name: Option<Text>,
        queue: Option<QueueKey>,
        ended_by: Option<EndReason>,
    },
    /// On hold for so long, at some time within the talk before this step.
    Hold { seconds: u64 },
    /// In a personal voicemail.
    Voicemail,
    /// The call ended.
    End { reason: Option<Reason>, outcome: Outcome },
}

/// How the ringing of one phone ended.
#[derive(Clone, Copy, Debug, Eq, PartialEq, Serialize)]
#[serde(rename_all = "snake_case")]
pub enum RingOutcome {
    /// Here.
    Answered,
    /// By another agent while this phone rang: not a miss.
    AnsweredElsewhere,
    /// By nobody, although the caller stayed.
    NotAnswered,
    /// The caller left while it rang: not a miss.
    CallerLeft,
    /// It has not ended.
    StillRinging,
}

/// The steps of `call`, from whichever of its documents have arrived.
pub fn journey(call: &Call) -> Journey {
    let reader = Reader::new(call);
    let mut steps: Vec<Step> = reader.start().into_iter().collect();
    steps.extend(reader.menus());
    steps.extend(reader.facts.passages.iter().map(|passage| reader.queue(passage)));
    steps.extend(reader.legs.iter().filter_map(|leg| reader.ring(leg)));
    steps.extend(reader.facts.answers.iter().flat_map(|answer| reader.talk(answer)));
    steps.extend(reader.voicemail(&steps));
    steps.extend(reader.end());
    sort(&mut steps);
    reader.settle(&mut steps);
    let placed = [reader.digits(&steps), reader.transfers(&steps), reader.callback()];
    steps.extend(placed.into_iter().flatten());
    sort(&mut steps);
    Journey { steps, start: call.start(), end: reader.ended() }
}

fn sort(steps: &mut [Step]) {
    let rank = |kind: &StepKind| match kind {
        StepKind::Start { .. } => 0,
        StepKind::Menu { .. } => 1,
        StepKind::Digit { .. } => 2,
        StepKind::Transfer { .. } => 3,
        StepKind::Queue { .. } => 4,
        StepKind::Callback { .. } => 5,
        StepKind::Ring { .. } => 6,
        // A hold stays behind its talk, as the sort is stable.
        StepKind::Talk { .. } | StepKind::Hold { .. } => 7,
        StepKind::Voicemail => 8,
        StepKind::End { .. } => 9,
    };
    steps.sort_by_key(|step| (step.at, rank(&step.kind)));
}

impl Step {
    fn new(at: UnixMs, until: Option<UnixMs>, kind: StepKind, certainty: Certainty) -> Step {
        // An end before the beginning: one of the two cannot be right.
        let certainty = certainty.max(told_if(until.is_none_or(|until| until >= at)));
        Step { at, until: until.map(|until| until.max(at)), kind, certainty }
    }

    /// What takes no time and has no instant of its own.
    fn placed(at: UnixMs, kind: StepKind) -> Step {
        Step::new(at, Some(at), kind, Certainty::Inferred)
    }
}
