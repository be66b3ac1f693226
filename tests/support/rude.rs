//! A client that keeps no rule: bytes to a connection, and how it ends.

use std::net::{IpAddr, SocketAddr};
use std::time::Duration;

use tokio::io::{AsyncReadExt as _, AsyncWriteExt as _};
use tokio::net::{TcpSocket, TcpStream};
use tokio::time::timeout;

use crate::wait::DEADLINE;

/// An open connection.
pub struct Rude {
    stream: TcpStream,
}

/// Masks of zeros: the payload stays readable.
const MASK: [u8; 4] = [0; 4];

impl Rude {
    /// A connection over which nothing has been said.
    pub async fn connect(address: SocketAddr) -> Rude {
        let stream = TcpStream::connect(address).await.expect("the proxy listens");
        Rude { stream }
    }

    /// The same, from another address of this machine.
    pub async fn connect_from(from: IpAddr, address: SocketAddr) -> Rude {
        let socket = TcpSocket::new_v4().expect("a socket");
        socket.bind((from, 0).into()).expect("the address is this machine's");
        Rude { stream: socket.connect(address).await.expect("the proxy listens") }
    }

    /// One that holds little that nobody reads.
    pub async fn narrow(address: SocketAddr) -> Rude {
        Rude { stream: narrow(address).await }
    }

    /// Opens a WebSocket with these further headers.
    pub async fn open(mut self, path: &str, headers: &[(&str, &str)]) -> Rude {
        let head = self.knock(path, headers).await;
        assert!(head.starts_with("HTTP/1.1 101 "), "{path}: {head}");
        self
    }

    /// Asks for a WebSocket with these further headers; gives the answer's head.
    pub async fn knock(&mut self, path: &str, headers: &[(&str, &str)]) -> String {
        let lines: String =
            headers.iter().map(|(name, value)| format!("{name}: {value}\r\n")).collect();
        let request = format!(
            "GET {path} HTTP/1.1\r\nhost: localhost\r\nconnection: upgrade\r\n\
             upgrade: websocket\r\nsec-websocket-version: 13\r\n\
             sec-websocket-key: dGhlIHNhbXBsZSBub25jZQ==\r\n{lines}\r\n"
        );
        assert!(self.say(request).await, "the proxy listens");
        self.head().await
    }

    /// Says these bytes; whether they could be said.
    pub async fn say(&mut self, bytes: impl AsRef<[u8]>) -> bool {
        self.stream.write_all(bytes.as_ref()).await.is_ok()
    }

    /// Reads up to the end of an answer's head.
    pub async fn head(&mut self) -> String {
        let mut head = Vec::new();
        let read = async {
            while !head.ends_with(b"\r\n\r\n") {
                match self.stream.read_u8().await {
                    Ok(byte) => head.push(byte),
                    Err(_) => break,
                }
            }
        };
        timeout(DEADLINE, read).await.expect("an answer in time");
        String::from_utf8_lossy(&head).into_owned()
    }

    /// Reads one frame of the other side's, with its header.
    pub async fn hear(&mut self) -> Vec<u8> {
        let reading = async {
            let mut frame = exactly::<2>(&mut self.stream).await?.to_vec();
            let more = match frame[1] & 0x7F {
                126 => 2,
                127 => 8,
                _ => 0,
            };
            for _ in 0..more {
                frame.push(self.stream.read_u8().await?);
            }
            let long = frame[2..].iter().fold(0, |sum, byte| sum << 8 | usize::from(*byte));
            let length = if more == 0 { usize::from(frame[1] & 0x7F) } else { long };
            let begun = frame.len();
            frame.resize(begun + length, 0);
            self.stream.read_exact(&mut frame[begun..]).await?;
            Ok::<_, std::io::Error>(frame)
        };
        let frame = timeout(DEADLINE, reading).await.expect("a frame in time");
        frame.expect("the socket is open")
    }

    /// Says a byte now and then, for as long as it is allowed to.
    ///
    /// # Panics
    ///
    /// When it is still allowed to at [`DEADLINE`].
    pub async fn drip(&mut self, bytes: &[u8]) -> Vec<u8> {
        let (mut read, mut write) = self.stream.split();
        let mut answer = Vec::new();
        let dripping = async {
            for byte in bytes.iter().cycle() {
                // Who has been cut off goes on reading only.
                if write.write_all(&[*byte]).await.is_err() {
                    break;
                }
                tokio::time::sleep(Duration::from_millis(500)).await;
            }
            std::future::pending::<()>().await;
        };
        let ending = async {
            tokio::select! {
                _ = read.read_to_end(&mut answer) => (),
                () = dripping => (),
            }
        };
        timeout(DEADLINE, ending).await.expect("the connection is closed in time");
        answer
    }

    /// Says nothing and hears nothing until the other side closes.
    pub async fn silence(&mut self) -> Vec<u8> {
        self.drip(&[]).await
    }

    /// Says `bytes` `times` over, as long as it can, while it reads; gives the
    /// close code that it hears, or 1006 where there is none.
    pub async fn attack(&mut self, bytes: &[u8], times: usize) -> u16 {
        let (mut read, mut write) = self.stream.split();
        let writing = async {
            for _ in 0..times {
                if write.write_all(bytes).await.is_err() {
                    break;
                }
            }
            std::future::pending::<u16>().await
        };
        let ending = async {
            tokio::select! {
                code = close_code(&mut read) => code,
                code = writing => code,
            }
        };
        timeout(DEADLINE, ending).await.expect("the connection is closed in time")
    }

    /// Says it all before it reads anything.
    pub async fn attack_unheard(&mut self, bytes: &[u8]) -> u16 {
        let (mut read, mut write) = self.stream.split();
        let ending = async {
            // Who is cut off has said enough.
            let _ = write.write_all(bytes).await;
            close_code(&mut read).await
        };
        timeout(DEADLINE, ending).await.expect("the connection is closed in time")
    }
}

/// A connection whose kernel buffer holds little.
pub(crate) async fn narrow(address: SocketAddr) -> TcpStream {
    let socket = TcpSocket::new_v4().expect("a socket");
    socket.set_recv_buffer_size(4096).expect("a small buffer");
    socket.connect(address).await.expect("the proxy listens")
}

/// Reads frames up to a close frame.
async fn close_code(read: &mut (impl tokio::io::AsyncRead + Unpin)) -> u16 {
    loop {
        let Ok([first, length]) = exactly::<2>(read).await else { return 1006 };
        let length = match length & 0x7F {
            126 => read.read_u16().await.map(u64::from),
            127 => read.read_u64().await,
            short => Ok(u64::from(short)),
        };
        let Ok(length) = length else { return 1006 };
        let mut payload = Vec::new();
        match (&mut *read).take(length).read_to_end(&mut payload).await {
            Ok(read) if read as u64 == length => (),
            _ => return 1006,
        }
        if first & 0x0F == 8 {
            let code = payload.first_chunk::<2>().map(|code| u16::from_be_bytes(*code));
            return code.unwrap_or(1005);
        }
    }
}

async fn exactly<const N: usize>(
    read: &mut (impl tokio::io::AsyncRead + Unpin),
) -> std::io::Result<[u8; N]> {
    let mut bytes = [0; N];
    read.read_exact(&mut bytes).await?;
    Ok(bytes)
}

/// A client's frame: `first` is FIN, RSV and opcode.
pub fn frame(first: u8, payload: &[u8]) -> Vec<u8> {
    let mut frame = vec![first];
    match (u8::try_from(payload.len()), u16::try_from(payload.len())) {
        (Ok(length @ 0..126), _) => frame.push(0x80 | length),
        (_, Ok(length)) => {
            frame.push(0x80 | 126);
            frame.extend(length.to_be_bytes());
        }
        _ => {
            frame.push(0x80 | 127);
            frame.extend((payload.len() as u64).to_be_bytes());
        }
    }
    frame.extend(MASK);
    frame.extend(payload);
    frame
}
