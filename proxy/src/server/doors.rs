//! Connections by address: who opens many and asks for nothing takes none of
//! the others' places.

use std::net::IpAddr;
use std::sync::{Arc, Mutex, PoisonError};

use super::SAID_EVERY;
use crate::http::Proxies;
use crate::source::Source;
use crate::tally::Tally;
use crate::telemetry::Seldom;

/// One address has this share of all connections, sockets left out: 256 of the
/// usual 1,024. A browser opens six.
const SHARE: usize = 4;

/// Who is in.
pub(super) struct Doors {
    proxies: Proxies,
    per_address: usize,
    open: Mutex<Tally<Source>>,
    /// That somebody was sent away.
    said: Seldom,
}

/// A connection's leave to be there, given back when dropped.
pub(super) struct Pass {
    doors: Arc<Doors>,
    /// `None`: it is not counted.
    counted: Option<Source>,
}

impl Doors {
    /// For so many connections in all. Reverse proxies that are trusted count
    /// as many clients.
    pub(super) fn new(proxies: Proxies, connections: usize) -> Arc<Doors> {
        let per_address = connections.div_ceil(SHARE);
        Arc::new(Doors { proxies, per_address, open: Mutex::default(), said: Seldom::default() })
    }

    /// Lets a connection in; `None`: too many have come from there.
    pub(super) fn admit(self: &Arc<Doors>, address: IpAddr) -> Option<Pass> {
        let source = Source::from(address);
        if source.is_own() || self.proxies.trusts(address) {
            return Some(Pass { doors: Arc::clone(self), counted: None });
        }
        let mut open = self.open.lock().unwrap_or_else(PoisonError::into_inner);
        if open.of(&source) < self.per_address {
            open.add(source);
            return Some(Pass { doors: Arc::clone(self), counted: Some(source) });
        }
        if self.said.is_due(SAID_EVERY) {
            tracing::warn!(
                "one address has {} connections open that are no sockets, further \
                 ones are closed; if a reverse proxy stands there, name it in `trusted-proxies`",
                self.per_address
            );
        }
        None
    }
}

impl Drop for Pass {
    fn drop(&mut self) {
        let Some(source) = self.counted else { return };
        self.doors.open.lock().unwrap_or_else(PoisonError::into_inner).remove(&source);
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const PER_ADDRESS: usize = 256;

    #[test]
    fn an_ipv6_network_has_one_share() {
        let doors = Doors::new(Proxies::default(), 1024);
        let admit = |text: &str| doors.admit(text.parse().unwrap());
        let passes: Vec<_> = (0..PER_ADDRESS).map(|n| admit(&format!("2001:db8::{n:x}"))).collect();
        assert!(passes.iter().all(Option::is_some));
        assert!(admit("2001:db8::ffff:1").is_none());
        assert!(admit("2001:db8:0:1::1").is_some(), "the network beside it");
    }

    #[test]
    fn each_address_has_its_share_and_gets_it_back() {
        let doors = Doors::new(Proxies(vec!["10.0.0.0/8".parse().unwrap()]), 1024);
        let [one, other, own, proxy] = ["192.0.2.1", "192.0.2.2", "127.0.0.1", "10.1.2.3"]
            .map(|text| text.parse::<IpAddr>().unwrap());
        let mapped: IpAddr = "::ffff:192.0.2.1".parse().unwrap();
        let mut passes: Vec<_> =
            (0..PER_ADDRESS).map(|_| doors.admit(one).expect("a place")).collect();
        assert!(doors.admit(one).is_none() && doors.admit(mapped).is_none());
        assert!(doors.admit(other).is_some());
        passes.pop();
        passes.push(doors.admit(mapped).expect("a place that was given back"));
        for free in [own, proxy] {
            let many: Option<Vec<_>> = (0..=PER_ADDRESS).map(|_| doors.admit(free)).collect();
            assert!(many.is_some(), "{free}");
        }
        drop(passes);
        assert!(doors.open.lock().unwrap().is_empty(), "nothing is kept of who has left");
    }
}
