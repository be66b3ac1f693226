//! The binary as a process: what it is told, what it says, how it ends.

use std::ffi::OsString;
use std::io::Read;
use std::net::SocketAddr;
use std::process::{Child, Command, ExitStatus, Output, Stdio};
use std::sync::{Arc, Mutex, PoisonError};
use std::thread::{self, JoinHandle};

use crate::binary::callboard;
use crate::wait::until;

/// A running `callboard` and all that it says. Killed when dropped.
pub struct Process {
    child: Child,
    stdout: Said,
    stderr: Said,
    readers: Vec<JoinHandle<()>>,
}

type Said = Arc<Mutex<Vec<u8>>>;

impl Process {
    /// Starts `callboard` with these arguments and no variable of its own.
    pub fn start(arguments: &[OsString]) -> Process {
        Process::with(arguments, &[])
    }

    /// Starts `callboard` with these arguments and these variables.
    pub fn with(arguments: &[OsString], variables: &[(String, String)]) -> Process {
        let mut child = command(arguments)
            .envs(variables.iter().cloned())
            .stdin(Stdio::null())
            .stdout(Stdio::piped())
            .stderr(Stdio::piped())
            .spawn()
            .expect("the binary can be started");
        let (stdout, stderr) = (Said::default(), Said::default());
        let readers = vec![
            collect(child.stdout.take().expect("it is piped"), &stdout),
            collect(child.stderr.take().expect("it is piped"), &stderr),
        ];
        Process { child, stdout, stderr, readers }
    }

    /// All that it said on standard output so far.
    pub fn stdout(&self) -> String {
        text(&self.stdout)
    }

    /// All that it said on standard error so far: its log.
    pub fn stderr(&self) -> String {
        text(&self.stderr)
    }

    /// Its number in the process list.
    pub fn id(&self) -> u32 {
        self.child.id()
    }

    /// Ends it without giving it a chance to say goodbye.
    pub fn kill(&mut self) {
        // Fails only when it is over already.
        let _ = self.child.kill();
        let _ = self.child.wait();
        for reader in self.readers.drain(..) {
            let _ = reader.join();
        }
    }

    /// Asks it to stop, as an init system does.
    pub fn terminate(&self) {
        let id = self.id().to_string();
        let status = Command::new("kill").args(["-TERM", &id]).status();
        assert!(status.is_ok_and(|status| status.success()), "SIGTERM can be sent");
    }

    /// Waits for its end.
    pub async fn ended(&mut self) -> ExitStatus {
        let child = &mut self.child;
        let look = async || child.try_wait().expect("our own child can be waited for");
        until("the end of the process", look, Option::is_some).await.expect("it has ended")
    }

    fn has_ended(&mut self) -> bool {
        matches!(self.child.try_wait(), Ok(Some(_)))
    }
}

impl Drop for Process {
    fn drop(&mut self) {
        self.kill();
    }
}

/// `callboard` without the variables that the developer may have set.
fn command(arguments: &[OsString]) -> Command {
    let mut command = Command::new(callboard());
    command.args(arguments);
    for (name, _) in std::env::vars_os() {
        if name.to_string_lossy().starts_with("CALLBOARD_") {
            command.env_remove(name);
        }
    }
    command
}

fn collect(mut from: impl Read + Send + 'static, into: &Said) -> JoinHandle<()> {
    let into = Arc::clone(into);
    thread::spawn(move || {
        let mut part = [0; 8 * 1024];
        while let Ok(length @ 1..) = from.read(&mut part) {
            let mut said = into.lock().unwrap_or_else(PoisonError::into_inner);
            said.extend_from_slice(&part[..length]);
        }
    })
}

fn text(said: &Said) -> String {
    let said = said.lock().unwrap_or_else(PoisonError::into_inner);
    String::from_utf8_lossy(&said).into_owned()
}

/// Runs `callboard` to its end, with these variables.
pub fn run(arguments: &[&str], variables: &[(&str, &str)]) -> Output {
    let arguments: Vec<_> = arguments.iter().map(OsString::from).collect();
    let variables = variables.iter().copied();
    let output = command(&arguments).envs(variables).stdin(Stdio::null()).output();
    output.expect("the binary can be started")
}

/// A process that listens.
pub struct Server {
    process: Process,
    address: SocketAddr,
    arguments: Vec<OsString>,
    variables: Vec<(String, String)>,
}

impl Server {
    /// Starts `callboard` with these arguments on a free port and waits until
    /// it listens.
    pub async fn start(arguments: Vec<OsString>) -> Server {
        Server::with(arguments, &[]).await
    }

    /// Starts it with these variables, too.
    pub async fn with(arguments: Vec<OsString>, variables: &[(&str, &str)]) -> Server {
        let owned = |(name, value): &(&str, &str)| ((*name).to_owned(), (*value).to_owned());
        let variables: Vec<_> = variables.iter().map(owned).collect();
        match listen("127.0.0.1:0", &arguments, &variables).await {
            Ok((process, address)) => Server { process, address, arguments, variables },
            Err(log) => panic!("callboard did not start: {log}"),
        }
    }

    /// Where it listens.
    pub fn address(&self) -> SocketAddr {
        self.address
    }

    /// The process.
    pub fn process(&self) -> &Process {
        &self.process
    }

    /// The process, to be stopped.
    pub fn process_mut(&mut self) -> &mut Process {
        &mut self.process
    }

    /// Kills it. The port stays known.
    pub fn kill(&mut self) {
        self.process.kill();
    }

    /// Starts it anew on the same port.
    pub async fn restart(&mut self) {
        self.kill();
        let (address, arguments) = (self.address.to_string(), &self.arguments);
        let variables = &self.variables;
        // Another socket of this machine may hold the port for a moment.
        let look =
            async || listen(&address, arguments, variables).await.map(|(process, _)| process).ok();
        let process = until("a restart on the same port", look, Option::is_some).await;
        self.process = process.expect("it has started");
    }
}

/// Starts the binary; gives what it said when it ended instead of listening.
async fn listen(
    address: &str,
    arguments: &[OsString],
    variables: &[(String, String)],
) -> Result<(Process, SocketAddr), String> {
    let mut all = arguments.to_vec();
    all.extend(["--listen".into(), address.into()]);
    let mut process = Process::with(&all, variables);
    let look = async || (process.stdout(), process.has_ended());
    let started = |(stdout, ended): &(String, bool)| stdout.contains('\n') || *ended;
    let (stdout, ended) = until("`listening on …`", look, started).await;
    if ended {
        process.kill();
        return Err(process.stderr());
    }
    let said = stdout.lines().next().unwrap_or_default();
    let address = said.strip_prefix("listening on ").and_then(|url| url.split_once("://"));
    let address = address.and_then(|(_, address)| address.parse().ok());
    Ok((process, address.unwrap_or_else(|| panic!("the first line is {said:?}"))))
}

impl std::fmt::Debug for Process {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("Process").field("id", &self.id()).finish_non_exhaustive()
    }
}
