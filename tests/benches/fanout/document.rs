//! Documents as the upstream sends them: calls that change each time.

use std::fmt::Write as _;

/// Digits of a mark.
const DIGITS: usize = 9;
/// What stands before them: a name, which the role `floor` may see.
const BEFORE: &[u8] = b"\"name\":\"Mark ";
/// Bytes of a document, about.
const BYTES: usize = 1_500;

/// Document number `nth`: one of `calls` calls, unlike the one before.
pub(crate) fn document(nth: u64, calls: u64) -> String {
    let call = nth % calls;
    let mut text = format!(r#"{{"id_call":"fanout-{call:06}","active":1,"answered":1,"#);
    let _ = write!(
        text,
        r#""call_direction":"incoming","internal":0,"time":{{"start":1795337{call:06},"answered":1795338{call:06}}},"customer_target":{{"number":"004670{call:07}"}},"queue_first":{{"id":71,"name":"Support","phone":"0046101071","strategy":"ringall","timestart":1795337{call:06}}},"queue_last":{{"id":71,"name":"Support","phone":"0046101071","strategy":"ringall","timestart":1795337{call:06}}},"agent_first":{{"id":{agent},"name":"Agent Number {agent}","answered":1795338{call:06}}},"agent_last":{{"id":{agent},"name":"Mark {nth:0DIGITS$}","answered":1795338{call:06}}},"queue_list":["Support"],"trasnfers":0,"voicemail":0,"duration":{{"queue":{wait},"ring":{ring},"talk":{talk}}},"#,
        agent = 5_000 + call % 40,
        wait = call % 90,
        ring = call % 20,
        talk = nth / calls,
    );
    // The rest of what a customer's centre adds, in words that compress no
    // better than words do.
    text.push_str(r#""comment":""#);
    let mut word = nth.wrapping_mul(0x9E37_79B9_7F4A_7C15) | 1;
    while text.len() < BYTES {
        word = word.wrapping_mul(6_364_136_223_846_793_005).wrapping_add(call);
        text.push_str(WORDS[(word >> 59) as usize]);
        text.push(' ');
    }
    text.push_str(r#""}"#);
    text
}

/// The number of the last document in a message.
pub(crate) fn mark(message: &[u8]) -> Option<u64> {
    // From the end: of several, the last is the newest.
    let at = memchr::memmem::rfind(message, BEFORE)? + BEFORE.len();
    std::str::from_utf8(message.get(at..at + DIGITS)?).ok()?.parse().ok()
}

const WORDS: [&str; 32] = [
    "invoice", "delivery", "later", "customer", "asked", "for", "the", "second", "order", "and",
    "wants", "to", "be", "called", "on", "Tuesday", "about", "its", "terms", "contract", "renewal",
    "open", "ticket", "number", "with", "our", "partner", "in", "Malmö", "before", "noon",
    "urgent",
];
