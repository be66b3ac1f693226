//! The offers behind a figure of an agent.

use super::{Explanation, Found, Terms, Verdict};
use crate::figures::contribution::Offer;
use crate::figures::ledger::Ledger;
use crate::ids::AgentKey;

impl Ledger {
    /// The offers behind a figure of an agent.
    pub fn explain_agent(
        &self,
        figure: AgentFigure,
        agent: &AgentKey,
        terms: Terms<'_>,
    ) -> Explanation {
        let mut found = Vec::new();
        for (id, call) in self.calls() {
            for offer in call.offers.iter().filter(|offer| offer.agent == *agent) {
                if offer.at >= terms.from && offer.at < terms.to {
                    let counted = figure.counts(offer);
                    let verdict = if counted { Verdict::Counted } else { Verdict::LeftOut };
                    found.push(Found { at: offer.at, id, of: offer, verdict });
                }
            }
        }
        Found::sorted(found).told(figure.formula())
    }
}

/// A figure of an agent that can be explained.
#[derive(Clone, Copy, Debug, Eq, PartialEq)]
pub enum AgentFigure {
    /// Offers, and ringing per offer.
    Offered,
    /// Answered offers, and talk and hold per answer.
    Answered,
    /// True misses.
    Missed,
    /// Talks that the agent ended.
    HungUpFirst,
}

impl AgentFigure {
    /// The formula, in words.
    pub fn formula(self) -> &'static str {
        match self {
            AgentFigure::Offered => "offers of a call to this agent",
            AgentFigure::Answered => "offers that this agent answered",
            AgentFigure::Missed => {
                "offers that rang for more than a second, while nobody else answered and the \
                 caller did not leave"
            }
            AgentFigure::HungUpFirst => "answered offers whose talk the agent ended",
        }
    }

    fn counts(self, offer: &Offer) -> bool {
        match self {
            AgentFigure::Offered => true,
            AgentFigure::Answered => offer.answered,
            AgentFigure::Missed => offer.missed,
            AgentFigure::HungUpFirst => offer.hung_up_first,
        }
    }
}
