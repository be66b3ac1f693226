//! The load: thousands of viewers in one thread.

use std::io::{self, Read as _, Write as _};
use std::net::SocketAddr;
use std::time::{Duration, Instant};

use mio::net::TcpStream;
use mio::{Events, Interest, Poll, Token};

use crate::document::mark;
use crate::frames::Frames;

/// Handshakes at the same time, unless it shall be a storm.
const AT_ONCE: usize = 128;
/// Everything must be over by then.
const PATIENCE: Duration = Duration::from_secs(60);

/// Who opens a socket, and how.
#[derive(Clone, Copy)]
pub(crate) struct Wish {
    /// The path.
    pub(crate) path: &'static str,
    /// Whether a first message belongs to it: a snapshot.
    pub(crate) greeted: bool,
    /// Whether compression is asked for.
    pub(crate) deflate: bool,
    /// Whether it comes with a link of the role `floor`.
    pub(crate) floor: bool,
    /// Whether it reads nothing once its socket is open.
    pub(crate) deaf: bool,
}

impl Wish {
    /// A relay's viewer.
    pub(crate) const PLAIN: Wish =
        Wish { path: "/calls", greeted: false, deflate: false, floor: false, deaf: false };
    /// A viewer of the board who sees everything.
    pub(crate) const BOARD: Wish =
        Wish { path: "/api/live", greeted: true, deflate: false, floor: false, deaf: false };
}

/// One viewer.
struct Viewer {
    stream: TcpStream,
    frames: Frames,
    wish: Wish,
    /// What is left of the request.
    out: Vec<u8>,
    /// The answer's head so far; `None` once the socket is open.
    head: Option<Vec<u8>>,
    /// Messages so far.
    messages: u64,
    served: bool,
    closed: bool,
    /// Bytes after the handshake.
    bytes: u64,
}

/// A document has reached a viewer.
#[derive(Clone, Copy)]
pub(crate) struct Arrival {
    /// Which viewer.
    pub(crate) viewer: usize,
    /// Which document.
    pub(crate) mark: u64,
    /// When.
    pub(crate) at: Instant,
}

/// All viewers of one peer.
pub(crate) struct Client {
    poll: Poll,
    events: Events,
    viewers: Vec<Viewer>,
    buffer: Vec<u8>,
    /// Documents that arrived since [`Client::turn`] was called last.
    pub(crate) arrivals: Vec<Arrival>,
    served: usize,
    address: SocketAddr,
    /// What those of the role `floor` show.
    link: String,
}

impl Client {
    /// Nobody yet.
    pub(crate) fn new(address: SocketAddr) -> Client {
        Client::with_link(address, String::new())
    }

    /// The same, with a link for those who come with one.
    pub(crate) fn with_link(address: SocketAddr, link: String) -> Client {
        Client {
            poll: Poll::new().expect("an epoll"),
            events: Events::with_capacity(4096),
            viewers: Vec::new(),
            buffer: vec![0; 256 * 1024],
            arrivals: Vec::new(),
            served: 0,
            address,
            link,
        }
    }

    /// Opens sockets and waits until all are served.
    pub(crate) fn open(&mut self, count: usize, wish: impl Fn(usize) -> Wish) {
        self.open_at_once(count, AT_ONCE, wish);
    }

    /// The same, with so many handshakes at the same time.
    pub(crate) fn open_at_once(
        &mut self,
        count: usize,
        at_once: usize,
        wish: impl Fn(usize) -> Wish,
    ) {
        let begun = Instant::now();
        let all = self.viewers.len() + count;
        while self.served < all {
            while self.viewers.len() < all && self.viewers.len() - self.served < at_once {
                let nth = self.viewers.len();
                let viewer = self.connect(nth, wish(nth));
                self.viewers.push(viewer);
            }
            self.turn(Duration::from_millis(100));
            assert!(begun.elapsed() < PATIENCE, "{} of {all} are served", self.served);
        }
    }

    fn connect(&self, nth: usize, wish: Wish) -> Viewer {
        let mut stream = TcpStream::connect(self.address).expect("a socket");
        let token = Token(nth);
        let interest = Interest::READABLE | Interest::WRITABLE;
        self.poll.registry().register(&mut stream, token, interest).expect("it can be watched");
        let extension = match wish.deflate {
            true => "sec-websocket-extensions: permessage-deflate\r\n",
            false => "",
        };
        let link = match wish.floor {
            true => format!("authorization: Bearer {}\r\n", self.link),
            false => String::new(),
        };
        let request = format!(
            "GET {} HTTP/1.1\r\nhost: localhost\r\nconnection: upgrade\r\nupgrade: websocket\r\n\
             sec-websocket-version: 13\r\nsec-websocket-key: dGhlIHNhbXBsZSBub25jZQ==\r\n\
             {extension}{link}\r\n",
            wish.path
        );
        Viewer {
            stream,
            frames: Frames::default(),
            wish,
            out: request.into_bytes(),
            head: Some(Vec::new()),
            messages: 0,
            served: false,
            closed: false,
            bytes: 0,
        }
    }

    /// A viewer leaves, and comes back at once as one who knows nothing.
    pub(crate) fn come_back(&mut self, viewer: usize) {
        let wish = self.viewers[viewer].wish;
        let anew = self.connect(viewer, wish);
        let before = std::mem::replace(&mut self.viewers[viewer], anew);
        self.served -= usize::from(before.served);
    }

    /// How many have got what they came for.
    pub(crate) fn served(&self) -> usize {
        self.served
    }

    /// Handles what is there, or waits for it up to `timeout`.
    pub(crate) fn turn(&mut self, timeout: Duration) {
        self.arrivals.clear();
        match self.poll.poll(&mut self.events, Some(timeout)) {
            Err(error) if error.kind() != io::ErrorKind::Interrupted => panic!("epoll: {error}"),
            _ => (),
        }
        for event in &self.events {
            let index = event.token().0;
            let viewer = &mut self.viewers[index];
            if event.is_writable() {
                viewer.write();
            }
            if event.is_readable() {
                let was_served = viewer.served;
                viewer.read(index, &mut self.buffer, &mut self.arrivals);
                self.served += usize::from(viewer.served && !was_served);
                if viewer.wish.deaf && viewer.served && !was_served {
                    let watched = self.poll.registry();
                    watched.deregister(&mut viewer.stream).expect("it was watched");
                }
            }
        }
    }

    /// Turns until this much time is over.
    pub(crate) fn idle(&mut self, time: Duration) {
        let end = Instant::now() + time;
        while let Some(left) = end.checked_duration_since(Instant::now()) {
            self.turn(left);
        }
    }

    /// From now on this viewer reads nothing.
    pub(crate) fn deafen(&mut self, viewer: usize) {
        let stream = &mut self.viewers[viewer].stream;
        self.poll.registry().deregister(stream).expect("it was watched");
    }

    /// Bytes that a viewer has received since its handshake.
    pub(crate) fn bytes(&self, viewer: usize) -> u64 {
        self.viewers[viewer].bytes
    }

    /// How many were closed by the peer.
    pub(crate) fn closed(&self) -> usize {
        self.who_is_closed().count()
    }

    /// Who was closed by the peer.
    pub(crate) fn who_is_closed(&self) -> impl Iterator<Item = usize> {
        (0..).zip(&self.viewers).filter(|(_, viewer)| viewer.closed).map(|(viewer, _)| viewer)
    }
}

impl Viewer {
    fn write(&mut self) {
        while !self.out.is_empty() {
            match self.stream.write(&self.out) {
                Ok(written) => drop(self.out.drain(..written)),
                Err(_) => return,
            }
        }
    }

    fn read(&mut self, index: usize, buffer: &mut [u8], arrivals: &mut Vec<Arrival>) {
        loop {
            let length = match self.stream.read(buffer) {
                Ok(length @ 1..) => length,
                Err(error) if error.kind() == io::ErrorKind::WouldBlock => return,
                Ok(0) | Err(_) => {
                    self.closed = true;
                    return;
                }
            };
            self.take(index, &buffer[..length], arrivals);
            // A short read has emptied the socket.
            if length < buffer.len() {
                return;
            }
        }
    }

    fn take(&mut self, index: usize, bytes: &[u8], arrivals: &mut Vec<Arrival>) {
        let rest: Vec<u8>;
        let mut bytes = bytes;
        if let Some(head) = &mut self.head {
            head.extend_from_slice(bytes);
            let Some(end) = head.windows(4).position(|four| four == b"\r\n\r\n") else { return };
            assert!(head.starts_with(b"HTTP/1.1 101"), "{}", String::from_utf8_lossy(head));
            rest = head.split_off(end + 4);
            bytes = &rest;
            self.head = None;
            self.served = self.wish.deaf || !self.wish.greeted;
        }
        self.bytes += bytes.len() as u64;
        let at = Instant::now();
        let (messages, looks) = (&mut self.messages, !self.wish.deflate);
        self.frames.take(bytes, |payload| {
            *messages += 1;
            if looks && let Some(mark) = mark(payload) {
                arrivals.push(Arrival { viewer: index, mark, at });
            }
        });
        self.served |= self.messages > 0;
    }
}
