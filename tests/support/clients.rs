//! Clients that others wrote: Python's `websockets`, Node's `ws`, curl.

use std::path::Path;
use std::process::{Command, Stdio};

const MISSING: &str = "is not set: run the tests by `cargo xtask test`, which installs the \
                       WebSocket clients of others and says where they are";

/// One of them.
#[derive(Clone, Copy, Debug)]
pub enum Client {
    /// Python's `websockets`.
    Python,
    /// Node's `ws`.
    Node,
}

impl Client {
    /// All that open sockets.
    pub const ALL: [Client; 2] = [Client::Python, Client::Node];

    /// The client, ready to be told what to do.
    ///
    /// # Panics
    ///
    /// When it is not installed.
    pub fn command(self) -> Command {
        let scripts = Path::new(env!("CARGO_MANIFEST_DIR")).join("clients");
        let mut command = match self {
            Client::Python => Command::new(variable("XTASK_PYTHON")),
            Client::Node => Command::new("node"),
        };
        match self {
            Client::Python => command.arg(scripts.join("client.py")),
            Client::Node => {
                command.env("NODE_PATH", variable("XTASK_NODE_MODULES"));
                command.arg(scripts.join("client.cjs"))
            }
        };
        quiet(command)
    }
}

/// Node with a script of ours, which finds the packages of the set-up.
pub fn node(script: &Path) -> Command {
    let mut command = Command::new("node");
    command.env("NODE_PATH", variable("XTASK_NODE_MODULES")).arg(script);
    command
}

/// The text of a file of a package of the set-up.
///
/// # Panics
///
/// When it is not installed.
pub fn package_file(path: &str) -> String {
    let file = Path::new(&variable("XTASK_NODE_MODULES")).join(path);
    std::fs::read_to_string(&file).unwrap_or_else(|error| panic!("{}: {error}", file.display()))
}

/// curl, which goes through no proxy.
pub fn curl() -> Command {
    let mut command = Command::new("curl");
    command.args(["--silent", "--show-error", "--no-buffer", "--noproxy", "*"]);
    quiet(command)
}

fn quiet(mut command: Command) -> Command {
    command.stdin(Stdio::null()).stdout(Stdio::piped()).stderr(Stdio::inherit());
    command
}

fn variable(name: &str) -> String {
    let value = std::env::var(name).ok().filter(|value| !value.is_empty());
    value.unwrap_or_else(|| panic!("{name} {MISSING}"))
}
