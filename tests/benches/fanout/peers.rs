//! The peers: child processes on a core of their own.
//!
//! - `raw`: what the machine can do: bytes as they came, one write each
//! - `axum`: the relay that one writes first

mod axum;
mod raw;

use std::io::{BufRead as _, BufReader, Read as _, Write as _};
use std::net::{SocketAddr, TcpStream};
use std::path::PathBuf;
use std::process::{Child, Command, Stdio};
use std::time::Duration;

use tempfile::TempDir;

use crate::feed::Feed;
use crate::machine;

/// Who is measured.
#[derive(Clone, Copy, Debug, Eq, PartialEq)]
pub(crate) enum Kind {
    /// One write for each message and socket.
    Raw,
    /// The same, but what waits is joined.
    Joined,
    /// tokio's broadcast channel and axum's WebSocket.
    Axum,
    /// The proxy.
    Callboard,
}

impl Kind {
    pub(crate) const ALL: [Kind; 4] = [Kind::Raw, Kind::Joined, Kind::Axum, Kind::Callboard];

    pub(crate) fn name(self) -> &'static str {
        match self {
            Kind::Raw => "raw",
            Kind::Joined => "joined",
            Kind::Axum => "axum",
            Kind::Callboard => "callboard",
        }
    }
}

/// What this program does when it is started as `peer NAME ADDRESS`.
pub(crate) fn run(name: &str, upstream: SocketAddr) {
    match name {
        "raw" => raw::relay(upstream, false),
        "joined" => raw::relay(upstream, true),
        "axum" => axum::relay(upstream),
        _ => panic!("no peer is called {name}"),
    }
}

/// Says where a peer listens, in the proxy's own words.
fn announce(address: SocketAddr) {
    println!("listening on http://{address}");
}

/// A running peer. Ended when dropped.
pub(crate) struct Peer {
    child: Child,
    /// Where it listens.
    pub(crate) address: SocketAddr,
    folder: TempDir,
}

impl Peer {
    /// Starts one and waits until it hears the upstream.
    pub(crate) fn start(kind: Kind, feed: &Feed) -> Peer {
        Peer::start_by(&[], kind, feed)
    }

    /// The same, by another program, which becomes it.
    pub(crate) fn start_by(starter: &[String], kind: Kind, feed: &Feed) -> Peer {
        let folder = TempDir::new().expect("a temporary folder");
        let own = std::env::current_exe().expect("a program knows its own path");
        let command = match kind {
            Kind::Callboard => callboard(feed.address, &folder),
            kind => {
                let mut command = machine::pinned(&own);
                command.args(["peer", kind.name(), &feed.address.to_string()]);
                command
            }
        };
        let mut command = by(starter, command);
        // Whatever it keeps, it keeps here.
        command.current_dir(folder.path()).stdin(Stdio::null()).stdout(Stdio::piped());
        let mut child = command.stderr(Stdio::null()).spawn().expect("the peer can be started");
        let mut line = String::new();
        let stdout = child.stdout.take().expect("it is piped");
        BufReader::new(stdout).read_line(&mut line).expect("it says where it listens");
        let address = line.trim().rsplit('/').next().and_then(|address| address.parse().ok());
        let address = address.unwrap_or_else(|| panic!("{} said {line:?}", kind.name()));
        feed.wait();
        Peer { child, address, folder }
    }

    pub(crate) fn cpu(&self) -> Duration {
        machine::cpu(self.child.id())
    }

    pub(crate) fn memory(&self) -> u64 {
        machine::memory(self.child.id())
    }

    pub(crate) fn peak(&self) -> u64 {
        machine::peak(self.child.id())
    }

    /// A signed link of the role `floor`; only the proxy makes such.
    pub(crate) fn link(&self) -> String {
        let mut command = Command::new(binary());
        command.args(["link", "--role", "floor", "--expires", "1d", "--name", "bench"]);
        // Its data is where it was started.
        command.current_dir(self.folder.path()).stderr(Stdio::null());
        let output = command.output().expect("the proxy can be started");
        let address = String::from_utf8_lossy(&output.stdout);
        let link = address.trim().split_once("?link=").expect("an address with a link");
        link.1.to_owned()
    }

    /// The body of a path.
    pub(crate) fn get(&self, path: &str) -> String {
        let mut stream = TcpStream::connect(self.address).expect("it listens");
        let request =
            format!("GET {path} HTTP/1.1\r\nhost: localhost\r\nconnection: close\r\n\r\n");
        stream.write_all(request.as_bytes()).expect("it listens");
        let mut answer = String::new();
        stream.read_to_string(&mut answer).expect("it answers in text");
        answer.split_once("\r\n\r\n").map_or(String::new(), |(_, body)| body.to_owned())
    }
}

/// The proxy, next to this program's folder.
fn binary() -> PathBuf {
    let own = std::env::current_exe().expect("a program knows its own path");
    let binary = own.parent().and_then(|deps| deps.parent()).expect("target/release/deps");
    let binary = binary.join("callboard");
    assert!(binary.is_file(), "run `cargo build --release -p callboard-proxy` first");
    binary
}

fn callboard(upstream: SocketAddr, folder: &TempDir) -> Command {
    let token = folder.path().join("token");
    std::fs::write(&token, "a-token-for-the-bench").expect("a file can be written");
    let mut command = machine::pinned(&binary());
    command.args(["--listen", "127.0.0.1:0", "--upstream", &format!("ws://{upstream}")]);
    command.arg("--token-file").arg(token);
    command
}

/// The same command, started by another program.
fn by(starter: &[String], command: Command) -> Command {
    let [program, rest @ ..] = starter else { return command };
    let mut by = Command::new(program);
    by.args(rest).arg(command.get_program()).args(command.get_args());
    by
}

impl Drop for Peer {
    fn drop(&mut self) {
        // Fails only when it is over already.
        let _ = self.child.kill();
        let _ = self.child.wait();
    }
}
