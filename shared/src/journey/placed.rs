//! Steps that have no instant of their own, and are placed by those that have.

use super::reader::{Reader, told_if};
use super::{Certainty, Step, StepKind};
use crate::document::{Document, OnHooked};
use crate::outcome::Outcome;
use crate::phase::accepted_callback;
use crate::words::Reason;

impl<'a> Reader<'a> {
    /// After all that has an end before the call's.
    pub(super) fn voicemail(&self, steps: &[Step]) -> Option<Step> {
        let ended = self.ended();
        self.call.told(|document| document.voicemail).filter(|voicemail| *voicemail)?;
        let untils = steps.iter().filter_map(|step| step.until);
        let at = untils.filter(|until| ended.is_none_or(|ended| *until <= ended)).max()?;
        Some(Step::new(at, ended, StepKind::Voicemail, Certainty::Inferred))
    }

    /// The caller is in one place at a time: where no end was told, a place
    /// was left when the next one was reached.
    pub(super) fn settle(&self, steps: &mut [Step]) {
        for index in 0..steps.len() {
            let (head, tail) = steps.split_at_mut(index + 1);
            let Some(step) = head.last_mut().filter(|step| step.until.is_none()) else { continue };
            let menu = match step.kind {
                StepKind::Menu { .. } => true,
                StepKind::Queue { .. } | StepKind::Talk { .. } => false,
                _ => continue,
            };
            let next = tail.iter().find(|next| match next.kind {
                StepKind::Start { .. } | StepKind::Hold { .. } => false,
                StepKind::Ring { .. } => menu,
                _ => true,
            });
            let Some(next) = next else { continue };
            step.until = Some(next.at);
            let told = match (&step.kind, &next.kind) {
                (
                    StepKind::Queue { left: None | Some(Reason::QueuePick), .. },
                    StepKind::Talk { .. },
                ) => self.told_answer(next.at),
                (
                    StepKind::Queue { left: Some(Reason::QueueLeaveAbandon), .. },
                    StepKind::End { .. },
                ) => next.certainty == Certainty::Known,
                _ => false,
            };
            step.certainty = step.certainty.max(told_if(told));
        }
    }

    /// Keys have an order and no instants: each is pressed where the queue of
    /// its destination begins, else in its menu.
    pub(super) fn digits(&self, steps: &[Step]) -> Vec<Step> {
        let mut digits = self.call.documents().map(|document| &document.menu_digit);
        let digits = digits.find(|digits| !digits.is_empty()).map_or(&[][..], Vec::as_slice);
        let menus = || steps.iter().filter(|step| matches!(step.kind, StepKind::Menu { .. }));
        let Some(mut at) = menus().map(|menu| menu.at).next().or(self.call.start()) else {
            return Vec::new();
        };
        let mut placed = Vec::new();
        for (index, digit) in digits.iter().enumerate() {
            let leads = |step: &&Step| match &step.kind {
                StepKind::Queue { name: Some(name), .. } => {
                    step.at >= at && digit.destination.as_ref() == Some(name)
                }
                _ => false,
            };
            let menu = menus().nth(index).map_or(at, |menu| menu.at.max(at));
            at = steps.iter().find(leads).map_or(menu, |queue| queue.at);
            let (key, destination) = (digit.dialed_number.clone(), digit.destination.clone());
            placed.push(Step::placed(at, StepKind::Digit { key, destination }));
        }
        placed
    }

    /// Transfers have no instants: each is placed where a talk ends after
    /// which the call goes on.
    pub(super) fn transfers(&self, steps: &[Step]) -> Vec<Step> {
        let legs = || self.call.documents().filter_map(|document| document.transfers).max();
        let told = self.call.call.as_ref().and_then(|document| document.transfers);
        let count = told.or_else(legs).unwrap_or(0);
        let first = self.call.told(|document| document.transfer_first.as_ref());
        let last = self.call.told(|document| document.transfer_last.as_ref());
        let transfers = match (first, last) {
            (Some(first), Some(last)) if count > 1 || (count == 0 && first != last) => {
                vec![first.clone(), last.clone()]
            }
            (_, Some(one)) | (Some(one), None) => vec![one.clone()],
            (None, None) => vec![Default::default(); usize::from(count > 0)],
        };
        let talks = || steps.iter().filter(|step| matches!(step.kind, StepKind::Talk { .. }));
        let goes_on = |talk: &&Step| {
            steps.iter().any(|step| match step.kind {
                StepKind::Queue { .. } | StepKind::Ring { .. } | StepKind::Talk { .. } => {
                    step.at > talk.at
                }
                _ => false,
            })
        };
        let handed = || talks().filter(goes_on).map(|talk| talk.until.unwrap_or(talk.at));
        let unplaced = talks().next_back().map(|talk| talk.until.unwrap_or(talk.at));
        let unplaced = unplaced.or(self.ended()).or(self.call.start());
        let placed = transfers.into_iter().enumerate().filter_map(|(index, transfer)| {
            let at = if index == 0 { handed().next() } else { handed().next_back() };
            let kind = StepKind::Transfer { kind: transfer.kind, answered: transfer.answered };
            Some(Step::placed(at.or(unplaced)?, kind))
        });
        placed.collect()
    }

    pub(super) fn callback(&self) -> Vec<Step> {
        let count = |read: fn(&OnHooked) -> Option<u32>| {
            self.call.told(|document| read(document.on_hooked_calls.as_ref()?)).unwrap_or(0)
        };
        let (asked, missed) = (count(|o| o.answer_wait_request), count(|o| o.customer_no_answer));
        let in_callback = |document: &Document| document.on_hooked_calls?.in_callback;
        let failed = matches!(self.ended, Some((_, Outcome::CallbackFailed)))
            || (asked >= 1 && missed >= asked);
        let accepted = failed
            || accepted_callback(self.call)
            || self.call.documents().any(|document| in_callback(document) == Some(true));
        if !accepted && count(|o| o.no_wait_request) == 0 {
            return Vec::new();
        }
        let entry = self.facts.passages.last().map(|passage| passage.at);
        let kind = StepKind::Callback { accepted, failed };
        entry.or(self.call.start()).map(|at| Step::placed(at, kind)).into_iter().collect()
    }
}
