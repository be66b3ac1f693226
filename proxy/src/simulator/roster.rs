//! Queues, agents and menus: who works where, and who is offered the next call.

use std::collections::BTreeSet;

use super::chance::Chance;
use super::{Options, names};

/// How a queue chooses the phones that ring.
#[derive(Clone, Copy, Debug, Eq, PartialEq)]
pub(super) enum Strategy {
    RrMemory,
    RingAll,
    LeastRecent,
    FewestCalls,
    Random,
    Linear,
}

impl Strategy {
    /// In the order in which queues get them.
    const ALL: [Strategy; 6] = [
        Strategy::RrMemory,
        Strategy::RingAll,
        Strategy::LeastRecent,
        Strategy::FewestCalls,
        Strategy::Random,
        Strategy::Linear,
    ];

    /// The word on the wire.
    pub(super) fn wire(self) -> &'static str {
        match self {
            Strategy::RrMemory => "rrmemory",
            Strategy::RingAll => "ringall",
            Strategy::LeastRecent => "leastrecent",
            Strategy::FewestCalls => "fewestcalls",
            Strategy::Random => "random",
            Strategy::Linear => "linear",
        }
    }
}

pub(super) struct Queue {
    pub(super) id: u32,
    pub(super) name: String,
    pub(super) phone: String,
    pub(super) strategy: Strategy,
    /// Part of the incoming calls, relative to the other queues.
    pub(super) share: f64,
    /// Longest wait before the caller is sent on, in milliseconds of the centre's life.
    pub(super) max_wait: i64,
    /// Where callers go who waited too long; `None` ends the call.
    pub(super) overflow: Option<usize>,
    /// Whether answered calls are recorded.
    pub(super) records: bool,
    /// Indices of its agents.
    pub(super) agents: Vec<usize>,
    /// Calls to be offered, by time of entry: (entered, key).
    pub(super) line: BTreeSet<(i64, u64)>,
    /// Position in `agents` of the one who was offered a call last.
    tried: usize,
}

#[derive(Clone, Copy, Debug, Eq, PartialEq)]
pub(super) enum Presence {
    Idle,
    /// Ringing, dialling or talking.
    Busy,
    /// After a call, or after not answering one.
    Resting,
}

pub(super) struct Agent {
    pub(super) id: u32,
    /// First and last name, or the first only if `surname` is kept apart.
    pub(super) name: String,
    pub(super) surname: Option<&'static str>,
    /// First and last name, as in the lists of names.
    pub(super) full_name: String,
    pub(super) phone: String,
    pub(super) time_zone: &'static str,
    pub(super) presence: Presence,
    /// When the last call ended, in the centre's time.
    idle_since: i64,
    answered: u32,
}

pub(super) struct Menu {
    pub(super) id: u32,
    pub(super) name: &'static str,
    pub(super) phone: &'static str,
}

/// The menus; callers meet the first one first.
pub(super) const MENUS: [Menu; 2] = [
    Menu { id: 29968, name: "Main menu", phone: "0046105000001" },
    Menu { id: 29969, name: "Customer menu", phone: "0046105000002" },
];

pub(super) struct Roster {
    pub(super) queues: Vec<Queue>,
    pub(super) agents: Vec<Agent>,
}

impl Roster {
    pub(super) fn new(options: &Options) -> Self {
        let count = options.queues;
        let mut queues: Vec<Queue> = (0..count).map(|index| queue(index, count)).collect();
        let total: f64 = queues.iter().map(|queue| queue.share).sum();
        for index in 0..options.agents {
            // Each agent goes where most are missing for the queue's share.
            let wanted = |queue: &Queue| {
                queue.share / total * (index + 1) as f64 - queue.agents.len() as f64
            };
            let first = (0..count)
                .max_by(|a, b| wanted(&queues[*a]).total_cmp(&wanted(&queues[*b])))
                .unwrap_or(0);
            queues[first].agents.push(index);
            if count > 1 && index % 3 == 2 {
                queues[(first + 1) % count].agents.push(index);
            }
        }
        Roster { queues, agents: (0..options.agents).map(agent).collect() }
    }

    /// The agents to ring for the next call of `queue`: none, one, or with ring-all several.
    pub(super) fn choose(&mut self, queue: usize, chance: &mut Chance) -> Vec<usize> {
        let agents = &self.agents;
        let queue = &mut self.queues[queue];
        let len = queue.agents.len();
        let idle = |position: &usize| agents[queue.agents[*position]].presence == Presence::Idle;
        let mut free = (0..len).filter(idle);
        let position = match queue.strategy {
            Strategy::RingAll => return free.map(|position| queue.agents[position]).collect(),
            Strategy::RrMemory => (1..=len).map(|step| (queue.tried + step) % len).find(idle),
            Strategy::LeastRecent => free.min_by_key(|at| agents[queue.agents[*at]].idle_since),
            Strategy::FewestCalls => free.min_by_key(|at| agents[queue.agents[*at]].answered),
            Strategy::Random => {
                let free: Vec<usize> = free.collect();
                chance.index(free.len()).map(|at| free[at])
            }
            Strategy::Linear => free.next(),
        };
        let Some(position) = position else { return Vec::new() };
        queue.tried = position;
        vec![queue.agents[position]]
    }

    /// Whether anyone of `queue` could be offered a call now.
    pub(super) fn has_idle(&self, queue: usize) -> bool {
        self.queues[queue].agents.iter().any(|agent| self.agents[*agent].presence == Presence::Idle)
    }

    pub(super) fn is_idle(&self, agent: usize) -> bool {
        self.agents[agent].presence == Presence::Idle
    }

    /// An idle agent of the whole company, drawn by lot.
    pub(super) fn any_idle(&self, chance: &mut Chance) -> Option<usize> {
        let idle = |agent: &usize| self.agents[*agent].presence == Presence::Idle;
        let idle: Vec<usize> = (0..self.agents.len()).filter(idle).collect();
        chance.index(idle.len()).map(|at| idle[at])
    }

    pub(super) fn agent_by_id(&self, id: &str) -> Option<usize> {
        self.agents.iter().position(|agent| agent.id.to_string() == id)
    }

    pub(super) fn queue_by_id(&self, id: &str) -> Option<usize> {
        self.queues.iter().position(|queue| queue.id.to_string() == id)
    }
}

impl Agent {
    /// Notes an answered call.
    pub(super) fn count_answer(&mut self) {
        self.answered += 1;
    }

    /// Ready for the next call at `now`, in the centre's time.
    pub(super) fn become_idle(&mut self, now: i64) {
        self.presence = Presence::Idle;
        self.idle_since = now;
    }
}

fn queue(index: usize, count: usize) -> Queue {
    const SECOND: i64 = 1_000;
    let id = 71 + u32::try_from(index).unwrap_or(0);
    Queue {
        id,
        name: names::queue(index),
        phone: format!("0046105{:06}", 100_000 + id),
        strategy: Strategy::ALL[index % Strategy::ALL.len()],
        share: [0.38, 0.27, 0.20, 0.15].get(index).copied().unwrap_or(0.1),
        max_wait: [180, 90, 150, 60, 120][index % 5] * SECOND,
        // The last queue has nowhere to send people.
        overflow: (index + 1 < count).then_some(index + 1),
        records: index.is_multiple_of(3),
        agents: Vec::new(),
        line: BTreeSet::new(),
        tried: 0,
    }
}

fn agent(index: usize) -> Agent {
    let (first, last) = names::agent(index);
    let full_name = format!("{first} {last}");
    let apart = index % 4 == 1;
    Agent {
        id: 5_551 + u32::try_from(index).unwrap_or(0),
        name: if apart { first.to_owned() } else { full_name.clone() },
        surname: apart.then_some(last),
        full_name,
        phone: format!("0046105{:06}", 550_000 + index),
        time_zone: names::zone(index),
        presence: Presence::Idle,
        idle_since: 0,
        answered: 0,
    }
}
