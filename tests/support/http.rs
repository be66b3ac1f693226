//! HTTP: a well-behaved client, and one that sends what it is told.

use std::net::SocketAddr;

use reqwest::Client;
use tokio::io::{AsyncReadExt as _, AsyncWriteExt as _};
use tokio::net::TcpStream;
use tokio::time::timeout;

use crate::wait::DEADLINE;

/// A client that goes nowhere but to the address it is given, and decodes
/// nothing.
pub fn client() -> Client {
    let client = Client::builder().no_proxy().timeout(DEADLINE).build();
    client.expect("a client without TLS can be built")
}

/// An answer, byte for byte.
#[derive(Debug)]
pub struct Answer {
    /// The status.
    pub status: u16,
    /// Status line and headers, as they came.
    pub head: String,
    /// The body.
    pub body: Vec<u8>,
}

impl Answer {
    /// A header's value.
    pub fn header(&self, name: &str) -> Option<&str> {
        self.head.lines().skip(1).find_map(|line| {
            let (given, value) = line.split_once(':')?;
            given.eq_ignore_ascii_case(name).then(|| value.trim())
        })
    }
}

/// Sends `GET target` with exactly these headers (and `Connection: close`).
/// No library stands between: paths stay as they are written.
pub async fn get(address: SocketAddr, target: &str, headers: &[(&str, &str)]) -> Answer {
    let lines: String =
        headers.iter().map(|(name, value)| format!("{name}: {value}\r\n")).collect();
    // A handshake names what its connection is for itself.
    let upgrades = headers.iter().any(|(name, _)| name.eq_ignore_ascii_case("connection"));
    let close = if upgrades { "" } else { "connection: close\r\n" };
    let request = format!("GET {target} HTTP/1.1\r\n{lines}{close}\r\n");
    let exchange = async {
        let mut stream = TcpStream::connect(address).await?;
        stream.write_all(request.as_bytes()).await?;
        let mut answer = Vec::new();
        // A server that refuses may close before it was read to the end.
        let _ = stream.read_to_end(&mut answer).await;
        Ok::<_, std::io::Error>(answer)
    };
    let answer = timeout(DEADLINE, exchange).await;
    let answer = answer.unwrap_or_else(|_| panic!("GET {target}: no end of the answer"));
    parse(&answer.unwrap_or_else(|error| panic!("GET {target}: {error}")), target)
}

fn parse(answer: &[u8], target: &str) -> Answer {
    let end = answer.windows(4).position(|four| four == b"\r\n\r\n");
    let end = end.unwrap_or_else(|| panic!("GET {target}: no answer"));
    let head = String::from_utf8_lossy(&answer[..end]).into_owned();
    let status = head.split(' ').nth(1).and_then(|status| status.parse().ok());
    let status = status.unwrap_or_else(|| panic!("GET {target}: {head}"));
    Answer { status, head, body: answer[end + 4..].to_vec() }
}
