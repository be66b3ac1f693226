//! Documents of a busy centre: calls that wait, are answered, talk and end.

use std::fmt::Write as _;

/// A call's life in documents: it waits, talks, and ends with the last.
const WAITING: u32 = 2;
const LIFE: u32 = 20;
/// Bytes of a document, about.
const BYTES: usize = 1_500;
/// The call that is watched: it waits longer than any other, so that its row
/// is the first, and each of its documents has another number.
pub(crate) const PROBE: &str = "probe";
/// Digits of the probe's number that count.
pub(crate) const DIGITS: usize = 7;

/// All calls of the centre.
pub(crate) struct Workload {
    calls: Vec<Life>,
    /// The id of the next call.
    id: u64,
    random: u64,
    begun_ms: u64,
}

struct Life {
    id: u64,
    step: u32,
    start_ms: u64,
}

impl Workload {
    /// So many calls, each somewhere in its life, as of `now` in epoch ms.
    pub(crate) fn new(calls: usize, now: u64) -> Workload {
        let mut random = 0x9E37_79B9_7F4A_7C15;
        let calls: Vec<_> = (0..calls as u64)
            .map(|id| {
                let step = (next(&mut random) % u64::from(LIFE - 1)) as u32;
                Life { id, step, start_ms: now - next(&mut random) % 300_000 }
            })
            .collect();
        Workload { id: calls.len() as u64, calls, random, begun_ms: now }
    }

    /// The document of each call as it is.
    pub(crate) fn all(&self) -> impl Iterator<Item = String> {
        self.calls.iter().map(document)
    }

    /// A document that takes one call a step on, as of `now` in epoch ms.
    pub(crate) fn next(&mut self, now: u64) -> String {
        let at = (next(&mut self.random) % self.calls.len() as u64) as usize;
        let life = &mut self.calls[at];
        life.step += 1;
        if life.step >= LIFE {
            *life = Life { id: self.id, step: 0, start_ms: now };
            self.id += 1;
        }
        document(life)
    }

    /// The probe with another number.
    pub(crate) fn probe(&self, nth: u64) -> String {
        let nth = nth % 10_u64.pow(DIGITS as u32);
        let start = self.begun_ms - 1_800_000;
        format!(
            r#"{{"id_call":"{PROBE}","active":1,"answered":0,"call_direction":"incoming","internal":0,"time":{{"start":{start}}},"customer_target":{{"number":"004670{nth:0DIGITS$}"}},{queue},"duration":{{"queue":9}}}}"#,
            queue = queue(0, start),
        )
    }
}

fn queue(id: u64, start_ms: u64) -> String {
    let id = id % 4 + 71;
    let name = ["Support", "Orders", "Billing", "Front desk"][(id - 71) as usize];
    let queue = format!(
        r#"{{"id":{id},"name":"{name}","phone":"00461010{id:05}","strategy":"ringall","timestart":{start_ms}}}"#
    );
    format!(r#""queue_first":{queue},"queue_last":{queue},"queue_list":["{name}"]"#)
}

fn document(life: &Life) -> String {
    let Life { id, step, start_ms } = *life;
    let ends = step + 1 >= LIFE;
    let answered = step >= WAITING;
    let mut text = format!(
        r#"{{"id_call":"load-{id:08}","active":{},"answered":{},"call_direction":"incoming","internal":0,"customer_target":{{"number":"004673{:07}"}},{},"trasnfers":0,"voicemail":0,"duration":{{"queue":{},"talk":{}}},"#,
        u8::from(!ends),
        u8::from(answered),
        id % 10_000_000,
        queue(id, start_ms),
        id % 90,
        step,
    );
    let answered_ms = start_ms + 4_000 + id % 9_000;
    let agent = 5_000 + id % 400;
    if answered {
        let agent =
            format!(r#"{{"id":{agent},"name":"Agent Number {agent}","answered":{answered_ms}}}"#);
        let _ = write!(text, r#""agent_first":{agent},"agent_last":{agent},"#);
    }
    let _ = write!(text, r#""time":{{"start":{start_ms}"#);
    if answered {
        let _ = write!(text, r#","answered":{answered_ms}"#);
    }
    if ends {
        let _ = write!(text, r#","end":{}"#, answered_ms + 60_000);
    }
    // What a customer's own fields are about.
    text.push_str(r#"},"comment":""#);
    let mut seed = id.wrapping_mul(31).wrapping_add(u64::from(step)) | 1;
    while text.len() < BYTES {
        text.push_str(WORDS[(next(&mut seed) % WORDS.len() as u64) as usize]);
        text.push(' ');
    }
    text.push_str(r#""}"#);
    text
}

/// xorshift64: the same documents in every run.
fn next(state: &mut u64) -> u64 {
    *state ^= *state << 13;
    *state ^= *state >> 7;
    *state ^= *state << 17;
    *state
}

const WORDS: [&str; 16] = [
    "invoice", "delivery", "later", "customer", "asked", "for", "the", "second", "order", "and",
    "wants", "to", "be", "called", "on", "Tuesday",
];
