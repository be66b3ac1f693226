//! What the proxy tells by name, in words of the page: figures, their formulas
//! and terms, and reasons.

use crate::text::{D, T, t};

/// A figure's name.
pub(crate) fn figure(name: &str) -> Option<&'static str> {
    let name = match name {
        "offered" => return Some(t(T::Offered)),
        "handled" => return Some(t(T::Handled)),
        "abandoned" => return Some(t(T::Abandoned)),
        "flow_out" => return Some(t(T::FlowOut)),
        "waiting" => return Some(t(T::Waiting)),
        "longest_wait_now_s" => return Some(t(T::LongestWait)),
        "talking" => return Some(t(T::Talking)),
        name if name.starts_with("service_level.") => return Some(t(T::ServiceLevel)),
        "handled_within" => D::FigureHandledWithin,
        "abandoned_short" => D::FigureAbandonedShort,
        "abandoned_within" => D::FigureAbandonedWithin,
        "flow_out.timeout" => D::OutcomeTimeout,
        "flow_out.full" => D::OutcomeFull,
        "flow_out.empty" => D::OutcomeEmpty,
        "flow_out.digit" => D::OutcomeDigit,
        "voicemail" => D::OutcomeVoicemail,
        "redirected" => D::OutcomeRedirected,
        "other" => D::OutcomeOther,
        "callback.declined" => D::StepCallbackDeclined,
        "callback.accepted" => D::StepCallback,
        "callback.failed" => D::OutcomeCallbackFailed,
        "transferred" => D::StepTransfer,
        "answer_s" => D::SpeedOfAnswer,
        "abandon_s" => D::FigureAbandonWaits,
        "handle_s" => D::HandleTime,
        "abandon_rate" => D::FigureAbandonRate,
        _ => return None,
    };
    Some(t(name))
}

/// The formula of a figure, or what a term of one counts.
pub(crate) fn formula(name: &str) -> Option<D> {
    Some(match name {
        "offered" => D::MeansOffered,
        "handled" | "H" => D::MeansHandled,
        "handled_within" | "H_T" => D::MeansHandledWithin,
        "abandoned" | "B" => D::MeansAbandoned,
        "abandoned_short" | "B_s" => D::MeansAbandonedShort,
        "abandoned_within" | "B_T" => D::MeansAbandonedWithin,
        "flow_out" | "F" => D::MeansFlowOut,
        "W_T" => D::MeansTooLong,
        "flow_out.timeout" => D::MeansTimeout,
        "flow_out.full" => D::MeansFull,
        "flow_out.empty" => D::MeansEmpty,
        "flow_out.digit" => D::MeansDigit,
        "voicemail" => D::MeansVoicemail,
        "redirected" => D::MeansRedirected,
        "other" => D::MeansOther,
        "callback.declined" => D::MeansDeclined,
        "callback.accepted" => D::MeansAccepted,
        "callback.failed" => D::MeansCallbackFailed,
        "transferred" => D::MeansTransferred,
        "answer_s" => D::MeansAnswerWaits,
        "abandon_s" => D::MeansAbandonWaits,
        "handle_s" => D::MeansHandle,
        "abandon_rate" => D::MeansAbandonRate,
        "service_level.short_excluded" => D::FormulaShort,
        "service_level.strict" => D::FormulaStrict,
        "service_level.ignore_abandoned_within" => D::FormulaIgnore,
        "service_level.credit_abandoned_within" => D::FormulaCredit,
        "service_level.answered_only" => D::FormulaAnswered,
        "service_level.with_flow_outs" => D::FormulaFlowOuts,
        "service_level.now" => D::FormulaNow,
        "waiting" => D::MeansWaiting,
        "longest_wait_now_s" => D::MeansLongestWait,
        "talking" => D::MeansTalking,
        _ => return None,
    })
}

/// What a reason of the upstream means.
pub(crate) fn reason(word: &str) -> Option<D> {
    Some(match word {
        "hangup" => D::ReasonHangup,
        "no_answer" => D::ReasonNoAnswer,
        "busy" => D::ReasonBusy,
        "failed" => D::ReasonFailed,
        "redirect" => D::ReasonRedirect,
        "redirect_no_answer" => D::ReasonRedirectNoAnswer,
        "redirect_not_reachable" => D::ReasonRedirectNotReachable,
        "redirect_user_busy" => D::ReasonRedirectUserBusy,
        "toggle" => D::ReasonToggle,
        "queue_leave_abandon" => D::ReasonLeaveAbandon,
        "queue_leave_digit" => D::ReasonLeaveDigit,
        "queue_leave_empty" => D::ReasonLeaveEmpty,
        "queue_leave_timeout" => D::ReasonLeaveTimeout,
        "queue_leave_full" => D::ReasonLeaveFull,
        "queue_pick" => D::ReasonPick,
        "queue_ohw_no_answer" => D::ReasonOhwNoAnswer,
        "queue_ohw_no_confirmation" => D::ReasonOhwNoConfirmation,
        "answered_elsewhere" => D::ReasonElsewhere,
        "answered_by_other_terminal" => D::ReasonOtherTerminal,
        "blind_transferred" => D::ReasonBlind,
        "at_complete" => D::ReasonAttended,
        "at_cancel" => D::ReasonAttendedCancel,
        "ivr_timeout" => D::ReasonIvrTimeout,
        "ivr_closed" => D::ReasonIvrClosed,
        "bridged" => D::ReasonBridged,
        _ => return None,
    })
}

#[cfg(test)]
mod tests {
    use callboard_shared::figures::explain::{Figure, NAMES, NowFigure};
    use callboard_shared::reasons::meaning;
    use callboard_shared::words::Reason;

    use super::*;

    /// English is what the proxy says, so that page and API never differ; that
    /// every language has the texts is held where they are.
    #[test]
    fn every_figure_term_and_reason_has_words_of_the_page() {
        let of_now = NowFigure::ALL.iter().map(|figure| (figure.name(), figure.formula()));
        let of_range = Figure::ALL.iter().map(|figure| (figure.name(), figure.formula()));
        for (name, words) in of_now.chain(of_range) {
            assert_eq!(formula(name).map(t), Some(words), "{name}");
            assert!(figure(name).is_some(), "{name}");
        }
        for name in NAMES {
            assert!(formula(name).is_some(), "{name}");
        }
        for word in Reason::KNOWN {
            let told = reason(word).map(t);
            assert_eq!(told, Some(meaning(&Reason::parse(word)).text), "{word}");
        }
    }
}
