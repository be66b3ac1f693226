//! Every sentence and word of the page, in one place.

use callboard_shared::words::Strategy;

use crate::view::{LinkState, State, Urgency};

/// The queue's way of offering calls. Unknown ones are shown as they come.
pub(crate) fn strategy(strategy: &Strategy) -> &str {
    match strategy {
        Strategy::RingAll => "Ring all",
        Strategy::RoundRobin => "Round robin",
        Strategy::RoundRobinOrdered => "Round robin, fixed order",
        Strategy::LeastRecent => "Longest idle",
        Strategy::FewestCalls => "Fewest calls",
        Strategy::Random => "Random",
        Strategy::WeightedRandom => "Random, weighted",
        Strategy::Linear => "In order",
        Strategy::Other(word) => word,
    }
}

/// What a call is doing.
pub(crate) fn state(state: State) -> &'static str {
    match state {
        State::Waiting => "Waiting",
        State::Ringing => "Ringing",
        State::Talking => "Talking",
        State::Menu => "In menu",
        State::Connecting => "Connecting",
        State::Callback => "Callback",
    }
}

/// How bad it is, beside colour and shape.
pub(crate) fn urgency(urgency: Urgency) -> &'static str {
    match urgency {
        Urgency::Calm => "Calm",
        Urgency::Risk => "At risk",
        Urgency::Breach => "Breach",
    }
}

/// The browser's link to the proxy.
pub(crate) fn link(state: LinkState) -> &'static str {
    match state {
        LinkState::Connecting => "connecting",
        LinkState::Live => "live",
        LinkState::Late => "late",
        LinkState::Lost => "lost",
    }
}
