//! The binary `callboard`: arguments, log, exit code.

use std::net::SocketAddr;
use std::path::PathBuf;
use std::process::ExitCode;

use anyhow::Context as _;
use callboard_proxy::config::{
    Config, ConfigError, Secrets, Settings, TOKEN_VARIABLE, unknown_variable,
};
use callboard_proxy::secret::Secret;
use callboard_proxy::simulator::Token;
use callboard_proxy::store::{self, Store};
use callboard_proxy::upstream::Upstream;
use callboard_proxy::{clock, harden, links, probe, record, replay, server, simulator, telemetry};
use callboard_shared::figures::metrics;
use clap::{Parser, Subcommand};
use futures_util::{Stream, stream};
use tokio::net::{TcpListener, TcpSocket};

/// A live call board for Telavox's Stream Liner
#[derive(Parser)]
#[command(name = "callboard", version, args_conflicts_with_subcommands = true)]
struct Cli {
    #[command(subcommand)]
    command: Option<Command>,
    #[command(flatten)]
    settings: Settings,
}

#[derive(Subcommand)]
enum Command {
    /// Serve the board (what happens without a command, too)
    Serve(Settings),
    /// Play a call centre as a stand-in for the upstream
    Simulate(Simulate),
    /// Make a signed link that gives a role, for a while
    Link(LinkCommand),
    /// List the links that were made
    Links(Settings),
    /// Revoke a link
    Unlink(UnlinkCommand),
    /// Check the configuration; connects to nothing
    Check(Settings),
    /// Find out how the upstream wants the token; prints no personal data
    Probe(Probe),
    /// Append the upstream's three streams to a file, one JSON object a line
    Record(Record),
    /// Serve recordings as a stand-in for the upstream
    Replay(Replay),
}

#[derive(clap::Args)]
struct Record {
    #[command(flatten)]
    options: record::Options,
    #[command(flatten)]
    settings: Settings,
}

#[derive(clap::Args)]
struct Probe {
    #[command(flatten)]
    options: probe::Options,
    #[command(flatten)]
    settings: Settings,
}

#[derive(clap::Args)]
struct Simulate {
    #[command(flatten)]
    place: Place,
    #[command(flatten)]
    options: simulator::Options,
}

#[derive(clap::Args)]
struct Replay {
    #[command(flatten)]
    place: Place,
    #[command(flatten)]
    options: replay::Options,
}

/// Where a stand-in for the upstream is, and for whom.
#[derive(clap::Args)]
struct Place {
    /// Address to listen on; port 0 picks one
    #[arg(long, default_value = "127.0.0.1:8090")]
    listen: SocketAddr,
    /// File that holds the token that clients must send
    #[arg(long, env = "CALLBOARD_TOKEN_FILE", value_name = "FILE")]
    token_file: Option<PathBuf>,
}

#[derive(clap::Args)]
struct LinkCommand {
    #[command(flatten)]
    wanted: links::Wanted,
    #[command(flatten)]
    settings: Settings,
}

#[derive(clap::Args)]
struct UnlinkCommand {
    /// The link's name
    name: String,
    #[command(flatten)]
    settings: Settings,
}

fn main() -> ExitCode {
    harden::no_dumps();
    // Wrong usage ends here with exit code 2 and clap's own words.
    let cli = Cli::parse();
    match start(cli) {
        Ok(()) => ExitCode::SUCCESS,
        Err(error) => {
            complain(&format!("{error:#}"));
            ExitCode::from(if error.is::<ConfigError>() { 2 } else { 1 })
        }
    }
}

#[expect(clippy::print_stderr, reason = "the one line that says what to do, or what was done")]
fn complain(what: &str) {
    eprintln!("callboard: {what}");
}

#[expect(clippy::print_stdout, reason = "the contract's first line on standard output")]
fn announce(scheme: &str, address: SocketAddr) {
    println!("listening on {scheme}://{address}");
}

fn start(cli: Cli) -> anyhow::Result<()> {
    let names = std::env::vars_os().filter_map(|(name, _)| name.into_string().ok());
    if let Some(name) = unknown_variable(names) {
        let why = format!("`{name}`: no setting of this name; unset it, or see callboard --help");
        return Err(ConfigError(why).into());
    }
    let secrets = Secrets::from_variables();
    let runtime = tokio::runtime::Builder::new_multi_thread().enable_all().build()?;
    match cli.command.unwrap_or(Command::Serve(cli.settings)) {
        Command::Serve(settings) => {
            let config = settings.clone().resolve(secrets)?;
            runtime.block_on(serve(config, settings))
        }
        Command::Simulate(simulate) => runtime.block_on(play(simulate, secrets.token)),
        Command::Replay(replay) => runtime.block_on(play_again(replay, secrets.token)),
        Command::Link(command) => make_link(&command),
        Command::Links(settings) => list_links(settings),
        Command::Unlink(command) => unlink(command),
        Command::Check(settings) => {
            settings.resolve(secrets)?;
            say_it_is_fine();
            Ok(())
        }
        Command::Probe(Probe { options, settings }) => {
            let (_, upstream) = upstream(settings, secrets)?;
            runtime.block_on(probe::run(&options, &upstream, &mut std::io::stdout()))
        }
        Command::Record(Record { options, settings }) => {
            let (config, upstream) = upstream(settings, secrets)?;
            telemetry::init(config.log_format, &config.log);
            // The signals are the runtime's: inside of it.
            runtime.block_on(async { record::run(&options, &upstream, complain, signal()).await })
        }
    }
}

#[expect(clippy::print_stdout, reason = "the answer of `callboard check`")]
fn say_it_is_fine() {
    println!("the configuration is fine");
}

/// Settings and upstream, for commands that serve nothing.
fn upstream(settings: Settings, secrets: Secrets) -> anyhow::Result<(Config, Upstream)> {
    let none = "`demo`: this command is for a real upstream: leave the demo out";
    let config = settings.resolve(secrets)?;
    let upstream = config.upstream.clone();
    Ok((config, upstream.ok_or_else(|| ConfigError(none.to_owned()))?))
}

async fn serve(config: Config, settings: Settings) -> anyhow::Result<()> {
    telemetry::init(config.log_format, &config.log);
    // Each viewer is an open file.
    if rlimit::increase_nofile_limit(u64::MAX).is_err() {
        tracing::warn!("the limit of open files stays as it is");
    }
    // Before anything is announced: without its store it does not start.
    let store = open_store(&config)?;
    let main = bind(config.listen)?;
    let metrics = match config.metrics_listen {
        Some(address) => Some(bind(address)?),
        None => None,
    };
    let (stop, reload) = (signal(), reload(settings));
    announce(if config.tls.is_some() { "https" } else { "http" }, main.local_addr()?);
    if let Some(metrics) = &metrics {
        announce("http", metrics.local_addr()?);
    }
    let listeners = server::Listeners { main, metrics };
    server::run(listeners, config, store, reload, stop).await.context("the server failed")
}

/// The store of a proxy that may be running, and where people reach that.
fn beside(settings: Settings) -> anyhow::Result<(store::access::Access, String)> {
    let here = settings.whereabouts()?;
    let open = store::access::Access::beside(&here.place);
    Ok((open.with_context(|| format!("`data-dir` {}", here.place))?, here.url))
}

#[expect(clippy::print_stdout, reason = "the answer of `callboard link`")]
fn make_link(command: &LinkCommand) -> anyhow::Result<()> {
    let (store, url) = beside(command.settings.clone())?;
    let name = &command.wanted.name;
    let taken = || anyhow::anyhow!("there is a link named {name:?} already: choose another name");
    let link = links::make(&store, &command.wanted)?.ok_or_else(taken)?;
    println!("{url}?link={link}");
    Ok(())
}

#[expect(clippy::print_stdout, reason = "the answer of `callboard links`")]
fn list_links(settings: Settings) -> anyhow::Result<()> {
    let (store, _) = beside(settings)?;
    print!("{}", links::table(&store.links()?, clock::now()));
    Ok(())
}

fn unlink(command: UnlinkCommand) -> anyhow::Result<()> {
    let (store, _) = beside(command.settings)?;
    let revoked = store.revoke_link(&command.name, clock::now())?;
    let none = "there is no valid link of this name: see `callboard links`";
    anyhow::ensure!(revoked, none);
    Ok(())
}

fn open_store(config: &Config) -> anyhow::Result<Store> {
    let place = &config.place;
    let store = Store::open(place, config.retention_days);
    let store = store.with_context(|| format!("`data-dir` {place}"))?;
    Ok(store.answering_within(config.question_limit))
}

async fn play(simulate: Simulate, variable: Option<Secret>) -> anyhow::Result<()> {
    telemetry::init(telemetry::LogFormat::Text, "info");
    let Simulate { place, options } = simulate;
    let token = clients_token(&place, variable)?;
    options.check().map_err(|error| ConfigError(error.to_string()))?;
    let listener = bind(place.listen)?;
    let stop = signal();
    announce("ws", listener.local_addr()?);
    simulator::serve(listener, token, options, stop).await.context("the simulator failed")
}

async fn play_again(replay: Replay, variable: Option<Secret>) -> anyhow::Result<()> {
    telemetry::init(telemetry::LogFormat::Text, "info");
    let Replay { place, options } = replay;
    let token = clients_token(&place, variable)?;
    replay::check(&options.files)?;
    let listener = bind(place.listen)?;
    let stop = signal();
    announce("ws", listener.local_addr()?);
    replay::run(listener, token, options, complain, stop).await.context("the replay failed")
}

/// The token that clients must send.
fn clients_token(place: &Place, variable: Option<Secret>) -> Result<Token, ConfigError> {
    let refuse = |why: String| Err(ConfigError(format!("`token-file`: {why}")));
    let token = match (variable, &place.token_file) {
        (Some(_), Some(_)) => {
            return refuse(format!("{TOKEN_VARIABLE} is set too: give one of them"));
        }
        (Some(token), None) => token,
        (None, Some(path)) => match Secret::from_file(path) {
            Ok(token) => token,
            Err(error) => return refuse(format!("cannot read {}: {error}", path.display())),
        },
        (None, None) => {
            return refuse(format!(
                "clients must send a token: name a file that holds one, or set {TOKEN_VARIABLE}"
            ));
        }
    };
    Ok(Token::new(token.expose()))
}

/// Connections that wait to be taken: all screens of a customer come back at
/// once, and who finds no place here tries again only seconds later. The system
/// may allow fewer.
const WAITING: u32 = 8192;

fn bind(address: SocketAddr) -> anyhow::Result<TcpListener> {
    let listen = || {
        let socket = if address.is_ipv4() { TcpSocket::new_v4()? } else { TcpSocket::new_v6()? };
        socket.set_reuseaddr(true)?;
        socket.bind(address)?;
        socket.listen(WAITING)
    };
    listen().with_context(|| format!("cannot listen on {address}: is something else there?"))
}

/// What counts as in time, read anew from file and variables at each SIGHUP.
/// Settings that do not fit are named, and the old ones stay.
fn reload(settings: Settings) -> impl Stream<Item = metrics::Settings> + Send + 'static {
    use tokio::signal::unix::{SignalKind, signal};
    let hangup = signal(SignalKind::hangup());
    stream::unfold((hangup, settings), async |(mut hangup, settings)| {
        loop {
            let Ok(signals) = &mut hangup else { std::future::pending().await };
            signals.recv().await?;
            match settings.clone().thresholds() {
                Ok(thresholds) => {
                    tracing::info!("thresholds were read anew");
                    return Some((thresholds, (hangup, settings)));
                }
                Err(error) => tracing::error!("the old thresholds stay: {error}"),
            }
        }
    })
}

/// Completes on Ctrl-C or SIGTERM. Both are caught from the call on: whoever
/// has read the first line may send one at once.
fn signal() -> impl Future<Output = ()> + Send + 'static {
    use tokio::signal::unix::{SignalKind, signal};
    let [interrupt, terminate] = [SignalKind::interrupt(), SignalKind::terminate()].map(signal);
    async move {
        match (interrupt, terminate) {
            (Ok(mut interrupt), Ok(mut terminate)) => {
                tokio::select! {
                    _ = interrupt.recv() => (),
                    _ = terminate.recv() => (),
                }
            }
            // Without them the system ends the process in its own way.
            _ => std::future::pending().await,
        }
    }
}
