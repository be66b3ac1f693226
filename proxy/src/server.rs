//! All of it together: from a listener to an orderly stop.
//!
//! - `accept`: connections in, with limits on time and size
//! - `connection`: one of them, plain or encrypted
//! - `doors`: how many of them one address may have
//! - `files`: how many may be open, and what for
//! - `early`: what comes before there is a board
//! - `tls`: certificates, read anew when they are renewed
//! - `prefix`: the path that a reverse proxy leaves in front

mod accept;
pub mod connection;
mod doors;
mod early;
mod files;
mod prefix;
mod tls;

use std::future::Future;
use std::io;
use std::sync::Arc;
use std::time::Duration;

use anyhow::anyhow;
use axum::Router;
use callboard_shared::figures::metrics::Settings;
use futures_util::{Stream, StreamExt as _};
use prometheus_client::registry::Registry;
use tokio::net::TcpListener;
use tokio::sync::watch;
use tokio::task::JoinSet;
use tokio::time::timeout;

use crate::access::Access;
use crate::clock;
use crate::config::Config;
use crate::http::{App, Guard, Page, Proxies, Replays, Seats, Written, router, watching_router};
use crate::hub::{Hub, Reading};
use crate::links;
use crate::secret::Secret;
use crate::simulator::{self, Options, Token};
use crate::store::rebuild::rebuild;
use crate::store::{Store, StoreError};
use crate::telemetry::Counters;
use crate::upstream::{self, Upstream, UpstreamAuth};
use crate::webhooks::Webhooks;
pub use accept::Peer;
use accept::Room;
pub use connection::Connection;
use doors::Doors;
use early::Early;
use files::Files;
pub use tls::{Tls, TlsFiles};

/// The log says at most this often that there is no room for somebody.
const SAID_EVERY: Duration = Duration::from_secs(60);
/// Open connections get this long to take their close frames.
const STOP_WITHIN: Duration = Duration::from_secs(5);

/// Where to listen.
pub struct Listeners {
    /// For viewers.
    pub main: TcpListener,
    /// For those who watch the proxy, if they have one of their own.
    pub metrics: Option<TcpListener>,
}

/// Serves the board until `shutdown` completes.
///
/// # Errors
///
/// When today's board cannot be read, a certificate cannot be read, the
/// demo's own listener fails, or something ended that never should.
pub async fn run(
    listeners: Listeners,
    config: Config,
    store: Store,
    reload: impl Stream<Item = Settings> + Send + 'static,
    shutdown: impl Future<Output = ()>,
) -> anyhow::Result<()> {
    let mut tasks = JoinSet::new();
    let upstream = match config.upstream.clone() {
        Some(upstream) => upstream,
        None => start_demo(&mut tasks).await?,
    };
    // The upstream repeats nothing, and reading the day takes its time.
    let early = Arc::new(Early::default());
    let mut streams = upstream::start(&upstream, &early);
    let (hub, mut registry, page) = board(&config, &store).await?;
    early.open(Arc::clone(&hub));
    let webhooks = Webhooks::new(config.webhooks.clone(), config.days.clone(), &mut registry);
    let app = app(&config, &hub, &store, page, registry).await?;
    let tls = config.tls.as_ref().map(Tls::load).transpose().map_err(io::Error::other)?;
    tend(&mut tasks, &app, &config, tls.as_ref(), reload);
    webhooks.start(&mut tasks, &hub);

    let (stop, stopping) = watch::channel(false);
    let mut serving = JoinSet::new();
    let files = Files::here(config.limits.viewers);
    let room = |connections| Room {
        connections,
        doors: Doors::new(app.guard.proxies.clone(), connections),
        viewers_below: files.viewers_below(),
    };
    if let Some(listener) = listeners.metrics {
        let router = watching_router(Arc::clone(&app));
        let room = room(files.watching);
        serving.spawn(accept::serve(listener, router, None, room, stopping.clone()));
    }
    let routes = prefix::strip(router(Arc::clone(&app)), app.prefix.clone());
    let room = room(files.requests);
    serving.spawn(accept::serve(listeners.main, routes, tls, room, stopping));
    let result = tokio::select! {
        () = shutdown => Ok(()),
        // A supervisor starts the whole anew, which is better than a part of it.
        _ = streams.join_next() => Err(anyhow!("the task of a stream has ended")),
        _ = tasks.join_next() => Err(anyhow!("a task in the background has ended")),
        _ = serving.join_next() => Err(anyhow!("a listener has ended")),
    };
    tracing::info!("stopping");
    hub.stop();
    // No further connections; those that are open finish their answer.
    serving.shutdown().await;
    stop.send_replace(true);
    let goodbye = async {
        stop.closed().await;
        // The server is done with a connection once it has become a socket.
        hub.all_gone().await;
    };
    // Who does not go is left behind.
    let _ = timeout(STOP_WITHIN, goodbye).await;
    // Nothing comes any more, and nothing leaves: what is kept is all of it.
    streams.shutdown().await;
    tasks.shutdown().await;
    links::keep_last(&store, &app.access).await;
    store.close().await;
    result
}

/// Today's board, what is counted of it, and the page.
async fn board(config: &Config, store: &Store) -> anyhow::Result<(Arc<Hub>, Registry, Page)> {
    let page = config.page_dir.clone().map_or_else(Page::embedded, Page::Folder);
    let build = format!("{}-{}", env!("CARGO_PKG_VERSION"), page.build());
    let counters = Arc::new(Counters::default());
    let mut registry = Registry::default();
    counters.register(&mut registry);
    store.register(&mut registry);
    let reading = Reading {
        unit: config.duration_unit,
        days: config.days.clone(),
        thresholds: config.thresholds.clone(),
        silence_hours: config.webhooks.silence_hours,
    };
    let rebuilt = rebuild(store, &reading.days, reading.unit, clock::now()).await?;
    let hub = Arc::new(Hub::new(build, reading, counters, store.clone(), rebuilt));
    Ok((hub, registry, page))
}

/// What goes on beside serving, for ever.
fn tend(
    tasks: &mut JoinSet<io::Result<()>>,
    app: &Arc<App>,
    config: &Config,
    tls: Option<&Tls>,
    reload: impl Stream<Item = Settings> + Send + 'static,
) {
    let hub = Arc::clone(&app.hub);
    tasks.spawn(async move {
        hub.tend().await;
        Ok(())
    });
    let hub = Arc::clone(&app.hub);
    tasks.spawn(async move {
        let mut reload = std::pin::pin!(reload);
        while let Some(thresholds) = reload.next().await {
            hub.set_thresholds(thresholds);
        }
        // Nothing to be read any more is nothing that ends the rest.
        std::future::pending().await
    });
    let keeping = links::keep(app.store.clone(), Arc::clone(&app.access));
    tasks.spawn(async move {
        keeping.await;
        Ok(())
    });
    if let (Some(tls), Some(files)) = (tls, &config.tls) {
        let renewing = tls.clone().renew(files.clone());
        tasks.spawn(async move {
            renewing.await;
            Ok(())
        });
    }
}

async fn app(
    config: &Config,
    hub: &Arc<Hub>,
    store: &Store,
    page: Page,
    registry: Registry,
) -> Result<Arc<App>, StoreError> {
    let guard = Guard {
        hosts: config.allowed_hosts.clone(),
        origins: config.allowed_origins.clone(),
        proxies: Proxies(config.trusted_proxies.clone()),
    };
    let seed = links::seed(store).await?;
    let access = Access::new(config.viewer_key.clone(), seed.as_bytes());
    links::learn(store, &access).await?;
    Ok(Arc::new(App {
        hub: Arc::clone(hub),
        page,
        guard,
        access: Arc::new(access),
        registry,
        store: store.clone(),
        days: config.days.clone(),
        seats: Arc::new(Seats::new(config.limits)),
        boards: config.boards.clone(),
        replays: Replays::default(),
        prefix: config.prefix.clone(),
        lite: Written::default(),
    }))
}

/// Plays a call centre behind a real socket with a token of its own.
async fn start_demo(tasks: &mut JoinSet<io::Result<()>>) -> io::Result<Upstream> {
    let listener = TcpListener::bind("127.0.0.1:0").await?;
    let base = format!("ws://{}", listener.local_addr()?);
    let secret = format!("{:032x}", rand::random::<u128>());
    // The first look shows a centre at work instead of an empty one.
    let options = Options { greet: true, warm_up: 30, ..Options::default() };
    let simulator =
        simulator::serve(listener, Token::new(secret.clone()), options, std::future::pending());
    tasks.spawn(simulator);
    Ok(Upstream { base, auth: UpstreamAuth::Bearer, token: Secret::new(&secret) })
}

/// An empty router, for what is laid around another.
fn around(inner: Router) -> Router {
    Router::new().fallback_service(inner)
}
