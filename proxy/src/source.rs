//! Who counts as one where limits are for an address.

use std::net::{IpAddr, Ipv4Addr, Ipv6Addr};

/// An IPv4 address, or the /64 of an IPv6 one: that much is given to every
/// connection of its own (RFC 6177), so that one machine there can come from
/// more addresses than could ever be counted.
#[derive(Clone, Copy, Debug, Eq, Hash, PartialEq)]
pub struct Source(IpAddr);

impl From<IpAddr> for Source {
    /// IPv4 written as IPv6, mapped (`::ffff:192.0.2.1`) or by a translator
    /// (`64:ff9b::192.0.2.1`, RFC 6052), counts as the IPv4 address that it is.
    fn from(address: IpAddr) -> Source {
        Source(match address.to_canonical() {
            IpAddr::V6(Ipv6Addr::LOCALHOST) => IpAddr::V6(Ipv6Addr::LOCALHOST),
            IpAddr::V6(address) => match address.segments() {
                [0x64, 0xff9b, 0, 0, 0, 0, high, low] => {
                    let bits = u32::from(high) << 16 | u32::from(low);
                    IpAddr::V4(Ipv4Addr::from_bits(bits))
                }
                [a, b, c, d, ..] => IpAddr::V6(Ipv6Addr::new(a, b, c, d, 0, 0, 0, 0)),
            },
            address @ IpAddr::V4(_) => address,
        })
    }
}

impl Source {
    /// This machine by its usual addresses: a reverse proxy may stand there,
    /// also one that nobody named, so that its limits would be everybody's.
    pub fn is_own(self) -> bool {
        self.0 == IpAddr::V4(Ipv4Addr::LOCALHOST) || self.0 == IpAddr::V6(Ipv6Addr::LOCALHOST)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn source(text: &str) -> Source {
        Source::from(text.parse::<IpAddr>().unwrap())
    }

    #[test]
    fn an_ipv6_network_counts_as_one() {
        assert_eq!(source("2001:db8:1:2::1"), source("2001:db8:1:2:ffff:ffff:ffff:ffff"));
        assert_ne!(source("2001:db8:1:2::1"), source("2001:db8:1:3::1"));
        assert_ne!(source("192.0.2.1"), source("192.0.2.2"));
    }

    #[test]
    fn ipv4_written_as_ipv6_counts_as_ipv4() {
        for text in ["::ffff:192.0.2.1", "64:ff9b::192.0.2.1"] {
            assert_eq!(source(text), source("192.0.2.1"), "{text}");
            assert_ne!(source(text), source("192.0.2.2"), "{text}");
        }
        assert_ne!(source("::ffff:192.0.2.1"), source("::ffff:192.0.2.2"));
    }

    #[test]
    fn this_machine_is_its_usual_addresses_only() {
        for text in ["127.0.0.1", "::1", "::ffff:127.0.0.1"] {
            assert!(source(text).is_own(), "{text}");
        }
        for text in ["127.0.0.2", "::", "::2", "192.0.2.1", "fe80::1"] {
            assert!(!source(text).is_own(), "{text}");
        }
    }
}
