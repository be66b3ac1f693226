//! The binary as a process: what it is told, what it says, how it ends.

use std::ffi::OsString;
use std::io::Read;
use std::net::SocketAddr;
use std::process::{Child, Command, ExitStatus, Output, Stdio};
use std::sync::{Arc, Mutex, PoisonError, mpsc};
use std::thread::{self, JoinHandle};

use crate::binary::callboard;
use crate::wait::{DEADLINE, until};

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
        Process::launch(&Launch::default(), arguments)
    }

    /// Starts `callboard` with these arguments in this way.
    fn launch(launch: &Launch, arguments: &[OsString]) -> Process {
        let mut child = command(launch, arguments)
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

    /// Memory of it that is in RAM, in bytes.
    pub fn memory(&self) -> u64 {
        let text = std::fs::read_to_string(format!("/proc/{}/status", self.id()));
        let text = text.expect("the process list can be read");
        let line = text.lines().find_map(|line| line.strip_prefix("VmRSS:"));
        let kib = line.and_then(|line| line.trim().strip_suffix(" kB")?.trim().parse::<u64>().ok());
        kib.expect("a size in kB") * 1024
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
        self.signal("TERM");
    }

    /// Sends a signal by its name.
    pub fn signal(&self, name: &str) {
        let (id, name) = (self.id().to_string(), format!("-{name}"));
        let status = Command::new("kill").args([&name, &id]).status();
        assert!(status.is_ok_and(|status| status.success()), "{name} can be sent");
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

/// How a process is started.
#[derive(Clone, Debug, Default)]
pub struct Launch {
    /// By another program: `env --ignore-signal=HUP`.
    pub starter: Vec<String>,
    /// With these variables.
    pub variables: Vec<(String, String)>,
}

impl Launch {
    /// By another program.
    pub fn under(starter: &[&str]) -> Launch {
        let starter = starter.iter().map(|word| (*word).to_owned()).collect();
        Launch { starter, ..Launch::default() }
    }

    /// With these variables.
    pub fn with(variables: &[(&str, &str)]) -> Launch {
        let owned = |(name, value): &(&str, &str)| ((*name).to_owned(), (*value).to_owned());
        Launch { variables: variables.iter().map(owned).collect(), ..Launch::default() }
    }
}

/// `callboard` without the variables that the developer may have set.
fn command(launch: &Launch, arguments: &[OsString]) -> Command {
    let mut command = match &launch.starter[..] {
        [] => Command::new(callboard()),
        [program, rest @ ..] => {
            let mut command = Command::new(program);
            command.args(rest).arg(callboard());
            command
        }
    };
    command.args(arguments);
    for (name, _) in std::env::vars_os() {
        if name.to_string_lossy().starts_with("CALLBOARD_") {
            command.env_remove(name);
        }
    }
    command.envs(launch.variables.iter().cloned());
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
    // Nothing is left behind, unless the test says where.
    let memory = [("CALLBOARD_DATA_DIR", ":memory:")];
    let launch = Launch::with(&[&memory[..], variables].concat());
    let child = command(&launch, &arguments)
        .stdin(Stdio::null())
        .stdout(Stdio::piped())
        .stderr(Stdio::piped())
        .spawn()
        .expect("the binary can be started");
    let id = child.id().to_string();
    let (send, ended) = mpsc::channel();
    thread::spawn(move || send.send(child.wait_with_output()));
    match ended.recv_timeout(DEADLINE) {
        Ok(output) => output.expect("what it said can be read"),
        Err(_) => {
            // It would outlive the test.
            let _ = Command::new("kill").args(["-KILL", &id]).status();
            panic!("{arguments:?}: it goes on instead of ending");
        }
    }
}

/// A process that listens.
pub struct Server {
    process: Process,
    address: SocketAddr,
    launch: Launch,
    arguments: Vec<OsString>,
}

impl Server {
    /// Starts `callboard` with these arguments on a free port and waits until
    /// it listens.
    pub async fn start(arguments: Vec<OsString>) -> Server {
        Server::launch(Launch::default(), arguments).await
    }

    /// The same, started in this way.
    pub async fn launch(launch: Launch, arguments: Vec<OsString>) -> Server {
        // On the heap: every test holds this future.
        match Box::pin(listen("127.0.0.1:0", &launch, &arguments)).await {
            Ok((process, address)) => Server { process, address, launch, arguments },
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
        let (address, launch, arguments) =
            (self.address.to_string(), &self.launch, &self.arguments);
        // Another socket of this machine may hold the port for a moment.
        let look =
            async || listen(&address, launch, arguments).await.map(|(process, _)| process).ok();
        let process = until("a restart on the same port", look, Option::is_some).await;
        self.process = process.expect("it has started");
    }
}

/// Starts the binary; gives what it said when it ended instead of listening.
async fn listen(
    address: &str,
    launch: &Launch,
    arguments: &[OsString],
) -> Result<(Process, SocketAddr), String> {
    let mut all = arguments.to_vec();
    all.extend(["--listen".into(), address.into()]);
    let mut process = Process::launch(launch, &all);
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
