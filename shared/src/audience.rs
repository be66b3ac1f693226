//! Who looks, and what they may see: a role, and perhaps only some queues.
//!
//! | role | names of agents | customers' numbers | unknown fields |
//! |---|---|---|---|
//! | `supervisor` | yes | yes | yes |
//! | `floor` | yes | the last two digits | no |
//! | `public` | no; keys are pseudonyms | no | no |
//!
//! A masked document folds into the same figures as the whole one, so that a
//! board of any role counts the same.

use std::collections::BTreeSet;
use std::hash::{DefaultHasher, Hash, Hasher};
use std::str::FromStr;

use serde::{Deserialize, Serialize};

use crate::call::{Call, agent_key, queue_key};
use crate::document::{AgentRef, Document, Extra, Ivr, MenuDigit, QueueRef};
use crate::ids::{AgentKey, QueueKey};
use crate::phone::{Country, Number, normalise};
use crate::stream::Stream;
use crate::text::Text;
use crate::wire::Entry;
use crate::words::{Direction, EndReason, Reason, Strategy};

/// What a viewer may see.
#[derive(
    Clone, Copy, Debug, Default, Eq, Hash, Ord, PartialEq, PartialOrd, Serialize, Deserialize,
)]
#[serde(rename_all = "snake_case")]
pub enum Role {
    /// Neither names of agents nor numbers. The default, as it shows least.
    #[default]
    Public,
    /// Names of agents; of customers' numbers the last two digits.
    Floor,
    /// All.
    Supervisor,
}

impl Role {
    /// The role's name.
    pub fn name(self) -> &'static str {
        match self {
            Role::Public => "public",
            Role::Floor => "floor",
            Role::Supervisor => "supervisor",
        }
    }
}

impl FromStr for Role {
    type Err = &'static str;

    fn from_str(text: &str) -> Result<Role, &'static str> {
        let roles = [Role::Public, Role::Floor, Role::Supervisor];
        let named = roles.into_iter().find(|role| role.name() == text);
        named.ok_or("must be supervisor, floor or public")
    }
}

/// The queues that a viewer may see; `None`: all.
pub type Scope = Option<BTreeSet<QueueKey>>;

/// A role, the queues it is limited to, and the salt of its pseudonyms.
#[derive(Clone, Debug, Default, Eq, Hash, Ord, PartialEq, PartialOrd)]
pub struct Audience {
    /// What may be seen of a call.
    pub role: Role,
    /// Of which queues.
    pub scope: Scope,
    /// Makes pseudonyms of `public` differ from one installation to the next,
    /// so that a list of names does not tell who is who.
    pub salt: u64,
}

impl Audience {
    /// Who sees all.
    pub fn supervisor() -> Audience {
        Audience { role: Role::Supervisor, ..Audience::default() }
    }

    /// The same role, and of its queues only these; `None`: all of them.
    pub fn narrowed(&self, queues: Scope) -> Audience {
        let scope = match (&self.scope, queues) {
            (Some(own), Some(wanted)) => Some(own.intersection(&wanted).cloned().collect()),
            (own, wanted) => wanted.or_else(|| own.clone()),
        };
        Audience { scope, ..self.clone() }
    }

    /// Whether nothing is masked and nothing left out.
    pub fn sees_all(&self) -> bool {
        self.role == Role::Supervisor && self.scope.is_none()
    }

    /// Whether the queue is in scope.
    pub fn sees_queue(&self, queue: &QueueKey) -> bool {
        self.scope.as_ref().is_none_or(|scope| scope.contains(queue))
    }

    /// Whether the call has come to a queue in scope. It never leaves again.
    pub fn sees(&self, call: &Call) -> bool {
        self.scope.is_none() || call.documents().flat_map(queues).any(|key| self.sees_queue(&key))
    }

    /// The key under which this role knows an agent.
    pub fn agent_key(&self, key: &AgentKey) -> AgentKey {
        if self.role > Role::Public {
            return key.clone();
        }
        let mut hasher = DefaultHasher::new();
        (self.salt, key).hash(&mut hasher);
        format!("~{:016x}", hasher.finish()).into()
    }

    /// What to tell of a call when `changed` of it was told: nothing, the
    /// document, or all documents when the call has just come into scope.
    pub fn told(&self, call: &Call, was_seen: bool, changed: &Entry) -> Vec<Entry> {
        if !self.sees(call) {
            return Vec::new();
        }
        let mut entries = if was_seen { vec![changed.clone()] } else { entries(call) };
        entries.iter_mut().for_each(|entry| self.mask(&mut entry.doc));
        entries
    }

    /// All documents of a call as this role may see them.
    pub fn mask_call(&self, call: &mut Call) {
        if self.role < Role::Supervisor {
            let documents = call.call.iter_mut().chain(&mut call.queues).chain(&mut call.agents);
            documents.for_each(|document| self.mask(document));
            for offer in &mut call.counted.offers {
                offer.agent = self.agent_key(&offer.agent);
            }
        }
    }

    /// The document as this role may see it.
    pub fn mask(&self, document: &mut Document) {
        if self.role == Role::Supervisor {
            return;
        }
        document.extra = Extra::new();
        if let Some(customer) = &mut document.customer_target {
            customer.number = customer.number.take().and_then(|number| self.mask_number(&number));
        }
        document.menu_digit.iter_mut().for_each(|choice| self.mask_choice(choice));
        mask_words(document);
        if self.role == Role::Public {
            self.mask_people(document);
        }
    }

    fn mask_number(&self, raw: &str) -> Option<Text> {
        // Hidden is the same word in every country.
        match normalise(Some(raw), Country::default()) {
            Number::Hidden => None,
            _ if self.role == Role::Public => None,
            // The raw text: its last two digits are those of any form.
            _ => Some(Number::Unknown(raw.to_owned()).mask().into()),
        }
    }

    /// Keys pressed may be a customer's number.
    fn mask_choice(&self, choice: &mut MenuDigit) {
        let MenuDigit { dialed_number, destination, kind } = choice;
        if dialed_number.as_ref().is_some_and(|keys| keys.chars().count() > 2) {
            *dialed_number = dialed_number.take().and_then(|keys| self.mask_number(&keys));
        }
        // A menu may lead to a person.
        let is_place = kind.as_deref().is_some_and(|kind| matches!(kind, "queue" | "ivr"));
        if !is_place && self.role == Role::Public {
            *destination = None;
        }
        let is_word = |word: &Text| word.chars().all(|c| c.is_ascii_alphabetic() || c == '_');
        *kind = kind.take().filter(is_word);
    }

    fn mask_people(&self, document: &mut Document) {
        document.customer_telavox = None;
        document.agent_list.clear();
        document.agent_list_answer.clear();
        document.agent_list_no_answer.clear();
        let Document { agent, agent_first, agent_last, .. } = document;
        for agent in [agent, agent_first, agent_last].into_iter().flatten() {
            let id = agent_key(agent).map(|key| self.agent_key(&key).0);
            let AgentRef { answered, answered_flag, .. } = *agent;
            *agent = AgentRef { id, answered, answered_flag, ..AgentRef::default() };
        }
        let Document { queue, queue_first, queue_last, .. } = document;
        for queue in [queue, queue_first, queue_last].into_iter().flatten() {
            queue.phone = None;
        }
        let Document { ivr, ivr_first, ivr_last, .. } = document;
        for Ivr { phone, .. } in [ivr, ivr_first, ivr_last].into_iter().flatten() {
            *phone = None;
        }
    }
}

/// All documents of a call, to be told in this order.
fn entries(call: &Call) -> Vec<Entry> {
    let of = |stream, documents: &[Box<Document>]| {
        let legs = documents.iter().enumerate();
        legs.map(|(leg, doc)| Entry { stream, leg, doc: doc.clone() }).collect::<Vec<_>>()
    };
    let mut entries = of(Stream::Calls, call.call.as_slice());
    entries.extend(of(Stream::Queues, &call.queues));
    entries.extend(of(Stream::Agents, &call.agents));
    entries
}

/// The queues that a document names.
fn queues(document: &Document) -> impl Iterator<Item = QueueKey> {
    let named = [&document.queue, &document.queue_first, &document.queue_last];
    named.into_iter().flatten().filter_map(queue_key)
}

/// Words that the playbook does not have are texts that nobody has looked at.
fn mask_words(document: &mut Document) {
    const WORD: &str = "other";
    let reason = |reason: &mut Option<Reason>| {
        if reason.as_ref().is_some_and(|reason| !reason.is_known()) {
            *reason = Some(Reason::Other(WORD.into()));
        }
    };
    if document.call_direction.as_ref().is_some_and(|word| !word.is_known()) {
        document.call_direction = Some(Direction::Other(WORD.into()));
    }
    if document.agent_end_reason.as_ref().is_some_and(|word| !word.is_known()) {
        document.agent_end_reason = Some(EndReason::Other(WORD.into()));
    }
    reason(&mut document.terminated_call_reason);
    reason(&mut document.fail_reason);
    let Document { queue, queue_first, queue_last, transfer_first, transfer_last, .. } = document;
    for QueueRef { fail_reason, strategy, .. } in
        [queue, queue_first, queue_last].into_iter().flatten()
    {
        reason(fail_reason);
        if strategy.as_ref().is_some_and(|word| !word.is_known()) {
            *strategy = Some(Strategy::Other(WORD.into()));
        }
    }
    for transfer in [transfer_first, transfer_last].into_iter().flatten() {
        if transfer.kind.as_ref().is_some_and(|kind| !kind.eq_ignore_ascii_case("blind")) {
            transfer.kind = Some(WORD.into());
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::decode::decode;

    const FULL: &str = r#"{
        "id_call": "c1", "active": 1, "call_direction": "incoming", "internal": 0,
        "customer_target": {"number": "0046701234567"},
        "customer_telavox": {"id": "285964", "name": "Firma AB"},
        "agent_list": ["Ada Byron"], "agent_list_answer": ["Ada Byron"],
        "agent_list_no_answer": ["Ada Byron"], "queue_list": ["Support"],
        "menu_digit": [{"dialed_number": "0701234567", "destination": "Ada Byron", "type": "user"}],
        "ivr_first": {"id": 1, "name": "Menu", "phone": "0046701234567"},
        "queue_first": {"id": 71, "name": "Support", "phone": "0046701234567", "fail_reason": "0701234567"},
        "queue": {"id": 71, "strategy": "Ada Byron", "phone": "0046701234567"},
        "agent_first": {"name": "Ada", "surname": "Byron", "phone": "0046701234567"},
        "agent": {"id": 6666, "name": "Ada Byron", "phone": "0046701234567"},
        "transfer_last": {"type": "to Ada Byron", "answered": 1},
        "agent_end_reason": "Ada Byron", "terminated_call_reason": "0701234567",
        "caller_name": "Ada Byron", "their_number": "0701234567"
    }"#;

    fn seen(role: Role) -> String {
        let mut document = decode(FULL.as_bytes()).unwrap().documents.remove(0);
        Audience { role, ..Audience::default() }.mask(&mut document);
        serde_json::to_string(&document).unwrap()
    }

    #[test]
    fn a_supervisor_sees_all() {
        let all = seen(Role::Supervisor);
        assert!(all.contains("0046701234567") && all.contains("their_number"), "{all}");
    }

    #[test]
    fn the_floor_sees_names_and_two_digits() {
        let seen = seen(Role::Floor);
        assert!(seen.contains("Ada Byron") && seen.contains("•67\""), "{seen}");
        for private in ["0701234567", "caller_name"] {
            assert!(!seen.contains(private), "{private}: {seen}");
        }
        let customer = seen.split("customer_target").nth(1).unwrap();
        assert!(!customer.split('}').next().unwrap().contains("1234"), "{seen}");
    }

    #[test]
    fn the_public_sees_neither_names_nor_numbers() {
        let seen = seen(Role::Public);
        for private in ["Ada", "Byron", "4567", "•", "Firma", "6666", "their_number"] {
            assert!(!seen.contains(private), "{private}: {seen}");
        }
        assert!(seen.contains("Support"), "{seen}");
    }

    #[test]
    fn pseudonyms_tell_agents_apart_and_installations_too() {
        let key = |salt, agent: &str| {
            let audience = Audience { salt, ..Audience::default() };
            audience.agent_key(&AgentKey::from(agent))
        };
        assert_eq!(key(1, "6666"), key(1, "6666"));
        assert_ne!(key(1, "6666"), key(1, "6667"));
        assert_ne!(key(1, "6666"), key(2, "6666"));
    }

    #[test]
    fn a_hidden_number_stays_hidden() {
        let floor = Audience { role: Role::Floor, ..Audience::default() };
        assert_eq!(floor.mask_number("anonymous"), None);
    }
}
