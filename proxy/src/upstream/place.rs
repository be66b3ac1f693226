//! Where a connection that carries the token may lead: what the upstream's
//! name resolves to is looked at before anything is connected, and what was
//! looked at is what is connected.

use std::net::{IpAddr, Ipv4Addr, Ipv6Addr, SocketAddr};

use axum::http::Uri;
use tokio::net::{TcpStream, lookup_host};

use super::ConnectError;
use super::connection::network;

/// Whether a host, without brackets, is written as this machine.
pub(crate) fn is_this_machine(host: &str) -> bool {
    host.eq_ignore_ascii_case("localhost")
        || host.parse::<IpAddr>().is_ok_and(|address| address.is_loopback())
}

/// Connects to the host of a URL.
pub(super) async fn connect(url: &Uri) -> Result<TcpStream, ConnectError> {
    let host = url.host().ok_or(ConnectError::Url)?;
    let host = host.trim_start_matches('[').trim_end_matches(']');
    let port = url.port_u16().unwrap_or(if url.scheme_str() == Some("wss") { 443 } else { 80 });
    let failed = |error: std::io::Error| ConnectError::Network(network(error.kind()));
    let found = lookup_host((host, port)).await.map_err(failed)?.collect();
    let stream = TcpStream::connect(&*allowed(host, found)?).await.map_err(failed)?;
    stream.set_nodelay(true).map_err(failed)?;
    Ok(stream)
}

/// Of the addresses of `host` those to which the token may go: this machine if
/// it was written so, else the public internet alone. A name server of
/// somebody else's, or a mistake in one's own, must not lead into the network
/// in which the proxy stands.
fn allowed(host: &str, found: Vec<SocketAddr>) -> Result<Vec<SocketAddr>, ConnectError> {
    let here = is_this_machine(host);
    let first = found.first().map(SocketAddr::ip);
    let may = |address: &SocketAddr| match address.ip().to_canonical() {
        address if here => address.is_loopback(),
        IpAddr::V4(address) => is_public_v4(address),
        IpAddr::V6(address) => is_public_v6(address),
    };
    let allowed: Vec<_> = found.into_iter().filter(may).collect();
    match first {
        Some(address) if allowed.is_empty() => Err(ConnectError::Astray(address)),
        _ => Ok(allowed),
    }
}

/// What RFC 6890 and its successors set aside is not the public internet.
fn is_public_v4(address: Ipv4Addr) -> bool {
    let is_set_aside = matches!(
        address.octets(),
        [0 | 10 | 127 | 240..=255, ..]
            | [100, 64..=127, ..]
            | [169, 254, ..]
            | [172, 16..=31, ..]
            | [192, 0, 0 | 2, _]
            | [192, 168, ..]
            | [198, 18 | 19, ..]
            | [198, 51, 100, _]
            | [203, 0, 113, _]
    );
    !is_set_aside && !address.is_multicast()
}

/// Only 2000::/3 is, without what is set aside in it. Networks without IPv4
/// write IPv4 addresses behind 64:ff9b::/96 (RFC 6052).
fn is_public_v6(address: Ipv6Addr) -> bool {
    match address.segments() {
        [0x64, 0xff9b, 0, 0, 0, 0, high, low] => {
            is_public_v4(Ipv4Addr::from_bits(u32::from(high) << 16 | u32::from(low)))
        }
        // Protocols of the IETF (Teredo), documentation, 6to4.
        [0x2001, 0..=0x1ff | 0xdb8, ..] | [0x2002, ..] | [0x3fff, 0..=0xfff, ..] => false,
        [first, ..] => first & 0xe000 == 0x2000,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn addresses(texts: &[&str]) -> Vec<SocketAddr> {
        texts.iter().map(|text| SocketAddr::new(text.parse().unwrap(), 443)).collect()
    }

    #[track_caller]
    fn check(host: &str, found: &[&str], expected: &[&str]) {
        let got = allowed(host, addresses(found)).ok();
        assert_eq!(got, Some(addresses(expected)).filter(|list| !list.is_empty()), "{found:?}");
    }

    #[test]
    fn a_name_leads_to_the_public_internet_only() {
        for public in [
            "46.16.232.1",
            "100.63.255.255",
            "172.32.0.1",
            "192.0.1.1",
            "198.20.0.1",
            "223.255.255.255",
            "2a00:1450::1",
            "2001:200::1",
            "64:ff9b::2e10:e801",
            "::ffff:46.16.232.1",
        ] {
            check("x.example", &[public], &[public]);
        }
        for private in [
            "0.0.0.0",
            "10.1.2.3",
            "100.64.0.1",
            "127.0.0.1",
            "127.8.8.8",
            "169.254.169.254",
            "172.16.0.1",
            "172.31.255.255",
            "192.0.0.170",
            "192.0.2.1",
            "192.168.0.1",
            "198.19.0.1",
            "198.51.100.1",
            "203.0.113.1",
            "224.0.0.1",
            "255.255.255.255",
            "::",
            "::1",
            "::10.0.0.1",
            "::ffff:10.0.0.1",
            "::ffff:127.0.0.1",
            "64:ff9b::a00:1",
            "64:ff9b:1::1",
            "100::1",
            "2001::1",
            "2001:db8::1",
            "2002:a00:1::1",
            "3fff::1",
            "fc00::1",
            "fdff::1",
            "fe80::1",
            "fec0::1",
            "ff02::1",
        ] {
            check("x.example", &[private], &[]);
        }
    }

    #[test]
    fn of_several_addresses_only_those_that_may_be_are_tried() {
        check("x.example", &["10.0.0.1", "46.16.232.1", "fd00::1"], &["46.16.232.1"]);
        let refused = allowed("x.example", addresses(&["10.0.0.1", "fd00::1"])).unwrap_err();
        assert!(refused.to_string().contains("10.0.0.1"), "{refused}");
    }

    #[test]
    fn this_machine_is_meant_when_it_is_written() {
        for host in ["localhost", "Localhost", "127.0.0.1", "::1"] {
            check(host, &["127.0.0.1", "::1"], &["127.0.0.1", "::1"]);
            check(host, &["46.16.232.1"], &[]);
        }
        for host in ["localhost.example", "localhost.", "x", "0", "127.1"] {
            check(host, &["127.0.0.1", "::1"], &[]);
        }
    }
}
