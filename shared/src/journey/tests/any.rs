//! Whatever the documents tell, there are steps, in order.

use proptest::prelude::*;

use super::*;
use crate::document::{AgentRef, Document, Ivr, MenuDigit, OnHooked, QueueRef, Transfer};

fn instant() -> impl Strategy<Value = Option<UnixMs>> {
    let told = prop_oneof![
        8 => (0..40i64).prop_map(|s| UnixMs(ZERO + s * 500)),
        1 => prop_oneof![Just(i64::MIN), Just(-1), Just(i64::MAX)].prop_map(UnixMs),
    ];
    prop::option::of(told)
}

fn seconds() -> impl Strategy<Value = Option<f64>> {
    prop::option::of(prop_oneof![
        6 => (0..30u8).prop_map(f64::from),
        1 => prop_oneof![Just(f64::NAN), Just(-5.0), Just(f64::INFINITY), Just(1e300)],
    ])
}

prop_compose! {
    /// One of few ids, or none.
    fn id()(id in prop::option::of(0..3u8)) -> Option<Text> {
        id.map(|id| id.to_string().into())
    }
}

prop_compose! {
    fn agent()(id in id(), name in id(), answered in instant()) -> AgentRef {
        AgentRef { id, name, answered, ..AgentRef::default() }
    }
}

prop_compose! {
    fn queue()(
        id in id(), name in id(), timestart in instant(),
        fail_reason in prop::option::of(prop::sample::select(vec![
            Reason::QueueLeaveAbandon, Reason::QueueLeaveTimeout, Reason::QueuePick, Reason::Hangup,
            Reason::QueueOhwNoAnswer,
        ])),
    ) -> QueueRef {
        QueueRef { id, name, timestart, fail_reason, ..QueueRef::default() }
    }
}

prop_compose! {
    fn document()(
        time in (instant(), instant(), instant()),
        flags in (any::<Option<bool>>(), any::<Option<bool>>(), any::<Option<bool>>()),
        counts in prop::option::of((0..3u32, 0..3u32)),
        agents in (prop::option::of(agent()), prop::option::of(agent()), prop::option::of(agent())),
        queues in (prop::option::of(queue()), prop::option::of(queue()), prop::option::of(queue())),
        menu in prop::option::of((id(), instant())),
        digits in prop::collection::vec(id(), 0..3),
        lengths in (seconds(), seconds(), seconds(), seconds()),
    ) -> Document {
        let mut document = Document { id_call: "a".into(), ..Document::default() };
        (document.time.start, document.time.end, document.time.answered) = time;
        (document.active, document.answered, document.voicemail) = flags;
        if let Some((transfers, asked)) = counts {
            document.transfers = Some(transfers);
            document.transfer_first = (transfers > 0).then(Transfer::default);
            document.transfer_last = (transfers > 1).then(Transfer::default);
            let answer_wait_request = Some(asked);
            document.on_hooked_calls = Some(OnHooked { answer_wait_request, ..OnHooked::default() });
        }
        (document.agent, document.agent_first, document.agent_last) = agents;
        (document.queue, document.queue_first, document.queue_last) = queues;
        document.ivr_first = menu.map(|(name, timestamp)| Ivr { name, timestamp, ..Ivr::default() });
        document.menu_digit = digits.into_iter()
            .map(|destination| MenuDigit { destination, ..MenuDigit::default() }).collect();
        let duration = &mut document.duration;
        (duration.hold, duration.ring.total, duration.talk.total, duration.queue.total) = lengths;
        document
    }
}

proptest! {
    #[test]
    fn whatever_the_documents_tell_the_steps_are_in_order(
        documents in prop::collection::vec((0..3usize, document()), 1..9),
    ) {
        let streams = [Stream::Calls, Stream::Queues, Stream::Agents];
        let mut call = Call::default();
        for (stream, document) in documents {
            call.fold(streams[stream], document);
            let journey = journey(&call);
            prop_assert!(journey.steps.is_sorted_by_key(|step| step.at));
            for step in journey.steps {
                prop_assert!(step.until.is_none_or(|until| until >= step.at));
            }
        }
    }
}
