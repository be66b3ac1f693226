//! What can be explained: each figure's name and its formula in words.

macro_rules! figures {
    ($(#[$about:meta])* $kind:ident {
        $( $(#[$doc:meta])* $figure:ident $name:literal = $formula:literal, )*
    }) => {
        $(#[$about])*
        #[derive(Clone, Copy, Debug, Eq, PartialEq)]
        pub enum $kind {
            $( $(#[$doc])* $figure, )*
        }

        impl $kind {
            /// All of them.
            pub const ALL: &'static [$kind] = &[ $( $kind::$figure, )* ];

            /// Its name in the contract.
            pub fn name(self) -> &'static str {
                match self { $( $kind::$figure => $name, )* }
            }

            /// Its formula, in words.
            pub fn formula(self) -> &'static str {
                match self { $( $kind::$figure => $formula, )* }
            }

            /// The figure with this name.
            pub fn from_name(name: &str) -> Option<$kind> {
                $kind::ALL.iter().copied().find(|figure| figure.name() == name)
            }
        }
    };
}

figures! {
    /// A figure of the calls of some hours; each has a field of that meaning in
    /// [`crate::figures::Metrics`].
    Figure {
        /// Entered a queue.
        Offered "offered" = "calls from outside that entered a queue",
        /// Answered.
        Handled "handled" = "calls answered by a human at or after they entered the queue",
        /// Answered within T.
        HandledWithin "handled_within" = "calls answered within the answer threshold",
        /// Gave up.
        Abandoned "abandoned" = "calls given up in the queue, short ones included",
        /// Gave up within s.
        AbandonedShort "abandoned_short" = "calls given up within the short-abandon threshold",
        /// Gave up within T.
        AbandonedWithin "abandoned_within" = "calls given up within the answer threshold",
        /// F: left by any of the following.
        FlowOut "flow_out" = "calls that left as a limit of the queue was reached, or by a key",
        /// The longest wait was reached.
        Timeout "flow_out.timeout" = "calls that left as the longest wait was reached",
        /// The queue was full.
        Full "flow_out.full" = "calls that left as the queue was full",
        /// Nobody was signed in.
        Empty "flow_out.empty" = "calls that left as nobody was signed in",
        /// A key was pressed.
        Digit "flow_out.digit" = "calls that left by a key",
        /// Ended in a voicemail.
        Voicemail "voicemail" = "calls that ended in a personal voicemail",
        /// Sent on.
        Redirected "redirected" = "calls that were sent on without an answer",
        /// Any other end.
        Other "other" = "calls that ended in any other way",
        /// Did not want a callback.
        Declined "callback.declined" = "calls whose customer declined a callback",
        /// Wanted a callback.
        Accepted "callback.accepted" = "calls whose customer accepted a callback",
        /// Could not be called back.
        Failed "callback.failed" = "accepted callbacks that did not reach the customer",
        /// Handled, and then sent on.
        Transferred "transferred" = "answered calls that were then sent on",
        /// Waits for an answer: mean, median, P90, longest.
        AnswerWaits "answer_s" = "waits of answered calls, from the entry into the queue to the answer",
        /// Waits of those who gave up.
        AbandonWaits "abandon_s" = "waits of calls given up, from the entry into the queue to the end",
        /// Talk and hold per talk.
        Handle "handle_s" = "(talk + hold) ÷ talks that are over; the stream has no wrap-up",
        /// Share of those who gave up.
        AbandonRate "abandon_rate" = "(given up − shortly) ÷ (offered − given up shortly)",
        /// H_T ÷ (H + B).
        Strict "service_level.strict" = "answered in time ÷ (answered + given up)",
        /// H_T ÷ (H + B − B_T).
        IgnoreAbandonedWithin "service_level.ignore_abandoned_within"
            = "answered in time ÷ (answered + given up − given up in time)",
        /// (H_T + B_T) ÷ (H + B).
        CreditAbandonedWithin "service_level.credit_abandoned_within"
            = "(answered in time + given up in time) ÷ (answered + given up)",
        /// H_T ÷ H.
        AnsweredOnly "service_level.answered_only" = "answered in time ÷ answered",
        /// H_T ÷ (H + B − B_s).
        ShortExcluded "service_level.short_excluded"
            = "answered in time ÷ (answered + given up − given up shortly)",
        /// H_T ÷ (H + B − B_s + F).
        WithFlowOuts "service_level.with_flow_outs"
            = "answered in time ÷ (answered + given up − given up shortly + flow-outs)",
        /// H_T ÷ (H + B − B_s + W_T).
        Now "service_level.now"
            = "answered in time ÷ (answered + given up − given up shortly + waiting too long now)",
    }
}

figures! {
    /// A figure of who is there now, by the clock of the queue that each came
    /// to last; those of [`crate::figures::Metrics`] of a queue are the same.
    NowFigure {
        /// In a queue, and not answered.
        Waiting "waiting" = "callers from outside who are in a queue now, not answered yet",
        /// Since the entry of who came first.
        LongestWait "longest_wait_now_s"
            = "time since the entry into the queue of the caller who waits there longest now",
        /// Answered, and not over.
        Talking "talking" = "calls from outside that came through a queue and talk now",
    }
}
