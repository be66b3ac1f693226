//! What the machine can do: one thread, an epoll, and the upstream's bytes as
//! they came. A server's frames are the same on both sides.

use std::collections::HashMap;
use std::io::{ErrorKind, Read as _, Write as _};
use std::net::{Ipv4Addr, SocketAddr};

use mio::net::{TcpListener, TcpStream};
use mio::{Events, Interest, Poll, Token};
use tokio_tungstenite::tungstenite::handshake::derive_accept_key;

use crate::frames::head;

const LISTENER: Token = Token(0);
const UPSTREAM: Token = Token(1);
/// The first viewer's.
const FIRST: usize = 2;

struct Relay {
    poll: Poll,
    /// Who has not asked yet, with what was read.
    asking: HashMap<usize, (TcpStream, Vec<u8>)>,
    /// Who listens, by token.
    viewers: Vec<(usize, TcpStream)>,
    next: usize,
    joins: bool,
    /// Bytes of the upstream that are no whole frame yet.
    rest: Vec<u8>,
}

/// Runs until it is killed. `joins`: what one read brings goes out in one
/// write.
pub(super) fn relay(upstream: SocketAddr, joins: bool) {
    let mut upstream = greet(upstream);
    let poll = Poll::new().expect("an epoll");
    let mut listener = TcpListener::bind((Ipv4Addr::LOCALHOST, 0).into()).expect("a free port");
    let registry = poll.registry();
    registry.register(&mut listener, LISTENER, Interest::READABLE).expect("it can be watched");
    registry.register(&mut upstream, UPSTREAM, Interest::READABLE).expect("it can be watched");
    super::announce(listener.local_addr().expect("it has an address"));
    let mut relay = Relay {
        poll,
        asking: HashMap::new(),
        viewers: Vec::new(),
        next: FIRST,
        joins,
        rest: Vec::new(),
    };
    let mut events = Events::with_capacity(1024);
    let mut buffer = vec![0; 256 * 1024];
    loop {
        relay.poll.poll(&mut events, None).expect("an epoll");
        for event in &events {
            match event.token() {
                LISTENER => relay.accept(&listener),
                UPSTREAM => relay.pass_on(&mut upstream, &mut buffer),
                Token(token) => relay.answer(token, &mut buffer),
            }
        }
    }
}

/// Opens `/calls` at the upstream.
fn greet(upstream: SocketAddr) -> TcpStream {
    let mut stream = std::net::TcpStream::connect(upstream).expect("the upstream");
    let request = "GET /calls HTTP/1.1\r\nhost: localhost\r\nconnection: upgrade\r\n\
                   upgrade: websocket\r\nsec-websocket-version: 13\r\n\
                   sec-websocket-key: dGhlIHNhbXBsZSBub25jZQ==\r\n\r\n";
    stream.write_all(request.as_bytes()).expect("the upstream");
    let mut head = Vec::new();
    while !head.ends_with(b"\r\n\r\n") {
        let mut byte = [0];
        stream.read_exact(&mut byte).expect("the upstream answers");
        head.extend(byte);
    }
    stream.set_nonblocking(true).expect("a socket can be");
    TcpStream::from_std(stream)
}

impl Relay {
    fn accept(&mut self, listener: &TcpListener) {
        while let Ok((mut stream, _)) = listener.accept() {
            let _ = stream.set_nodelay(true);
            let token = self.next;
            self.next += 1;
            let registry = self.poll.registry();
            registry
                .register(&mut stream, Token(token), Interest::READABLE)
                .expect("it can be watched");
            self.asking.insert(token, (stream, Vec::new()));
        }
    }

    /// A viewer's handshake; later, its end.
    fn answer(&mut self, token: usize, buffer: &mut [u8]) {
        let Some((stream, request)) = self.asking.get_mut(&token) else {
            let at = self.viewers.iter().position(|(other, _)| *other == token);
            if let Some(at) = at
                && !matches!(self.viewers[at].1.read(buffer), Ok(1..) | Err(_))
            {
                self.viewers.swap_remove(at);
            }
            return;
        };
        while let Ok(length @ 1..) = stream.read(buffer) {
            request.extend_from_slice(&buffer[..length]);
        }
        if !request.ends_with(b"\r\n\r\n") {
            return;
        }
        let key = String::from_utf8_lossy(request);
        let key = key.lines().find_map(|line| line.strip_prefix("sec-websocket-key: "));
        let accept = derive_accept_key(key.unwrap_or_default().as_bytes());
        let answer = format!(
            "HTTP/1.1 101 Switching Protocols\r\nupgrade: websocket\r\nconnection: upgrade\r\n\
             sec-websocket-accept: {accept}\r\n\r\n"
        );
        if let Some((mut stream, _)) = self.asking.remove(&token)
            && stream.write_all(answer.as_bytes()).is_ok()
        {
            self.viewers.push((token, stream));
        }
    }

    /// The upstream's frames to everybody.
    fn pass_on(&mut self, upstream: &mut TcpStream, buffer: &mut [u8]) {
        loop {
            match upstream.read(buffer) {
                Ok(length @ 1..) => self.rest.extend_from_slice(&buffer[..length]),
                Err(error) if error.kind() == ErrorKind::WouldBlock => return,
                _ => std::process::exit(0),
            }
            let mut end = 0;
            while let Some((header, length)) = head(&self.rest[end..])
                && self.rest.len() - end >= header + length
            {
                if !self.joins {
                    write(&mut self.viewers, &self.rest[end..end + header + length]);
                }
                end += header + length;
            }
            if self.joins && end > 0 {
                write(&mut self.viewers, &self.rest[..end]);
            }
            self.rest.drain(..end);
        }
    }
}

/// One write each. Who does not take all of it at once is let go.
fn write(viewers: &mut Vec<(usize, TcpStream)>, bytes: &[u8]) {
    viewers
        .retain_mut(|(_, stream)| stream.write(bytes).is_ok_and(|written| written == bytes.len()));
}
