//! What people, queues and menus of the simulated company are called.

/// Id and name of the Telavox account; the id is a string on the wire.
pub(super) const ACCOUNT: (&str, &str) = ("285964", "Nordljus Handel AB");

/// Names of queues; beyond these they are numbered.
const QUEUES: [&str; 12] = [
    "Support",
    "Sales",
    "Billing",
    "Switchboard",
    "Orders",
    "Returns",
    "Technical support",
    "Bookings",
    "Complaints",
    "Partners",
    "Deliveries",
    "Kundtjänst Öresund",
];

const FIRST: [&str; 23] = [
    "Astrid", "Björn", "Camilla", "Daniel", "Elin", "Freja", "Gunnar", "Hanna", "Ingrid", "Jens",
    "Kaisa", "Lars", "Maja", "Nils", "Oskar", "Pernille", "Ragnhild", "Søren", "Tuva", "Ulrika",
    "Viggo", "Wilma", "Åsa",
];

const LAST: [&str; 24] = [
    "Andersson",
    "Berg",
    "Christensen",
    "Dahl",
    "Eriksson",
    "Forsberg",
    "Gundersen",
    "Hansen",
    "Isaksson",
    "Johansson",
    "Korhonen",
    "Lindqvist",
    "Mäkinen",
    "Nygaard",
    "Olsen",
    "Pedersen",
    "Rasmussen",
    "Sørensen",
    "Thorvaldsen",
    "Virtanen",
    "Wallin",
    "Åkesson",
    "Öberg",
    "Østergaard",
];

const ZONES: [&str; 6] = [
    "Europe/Stockholm",
    "Europe/Stockholm",
    "Europe/Copenhagen",
    "Europe/Stockholm",
    "Europe/Oslo",
    "Europe/Helsinki",
];

/// The name of the queue at `index`.
pub(super) fn queue(index: usize) -> String {
    QUEUES.get(index).map_or_else(|| format!("Queue {}", index + 1), |name| (*name).to_owned())
}

/// First and last name of the agent at `index`.
///
/// The third and the eighth share one name: a board must not take a name for
/// an identity.
pub(super) fn agent(index: usize) -> (&'static str, &'static str) {
    let index = if index == 7 { 2 } else { index };
    // The lengths have no common factor, so pairs repeat only after 552 agents.
    (FIRST[index * 5 % FIRST.len()], LAST[index * 7 % LAST.len()])
}

/// The IANA time zone of the agent at `index`.
pub(super) fn zone(index: usize) -> &'static str {
    ZONES[index % ZONES.len()]
}
