//! All of it together: from a listener to an orderly stop.

use std::future::Future;
use std::io;
use std::sync::Arc;
use std::time::Duration;

use prometheus_client::registry::Registry;
use tokio::net::TcpListener;
use tokio::sync::oneshot;
use tokio::task::JoinSet;
use tokio::time::timeout;

use crate::config::Config;
use crate::http::{App, Guard, Page, router};
use crate::hub::Hub;
use crate::secret::Secret;
use crate::simulator::{self, Options, Token};
use crate::telemetry::Counters;
use crate::upstream::{self, Upstream, UpstreamAuth};

/// Open connections get this long to take their close frames.
const STOP_WITHIN: Duration = Duration::from_secs(5);

/// Serves the board on `listener` until `shutdown` completes.
///
/// # Errors
///
/// When the listener or the demo's own one fails.
pub async fn run(
    listener: TcpListener,
    config: Config,
    shutdown: impl Future<Output = ()>,
) -> io::Result<()> {
    let page = config.page_dir.map_or_else(Page::embedded, Page::Folder);
    let build = format!("{}-{}", env!("CARGO_PKG_VERSION"), page.build());
    let counters = Arc::new(Counters::default());
    let mut registry = Registry::default();
    counters.register(&mut registry);
    let hub = Arc::new(Hub::new(build, config.duration_unit, counters));

    let mut demo = JoinSet::new();
    let upstream = match config.upstream {
        Some(upstream) => upstream,
        None => start_demo(&mut demo).await?,
    };
    let _streams = upstream::start(&upstream, &hub);
    let _tending = {
        let hub = hub.clone();
        let mut tasks = JoinSet::new();
        tasks.spawn(async move { hub.tend().await });
        tasks
    };

    let app = App {
        hub: hub.clone(),
        page,
        guard: Guard { hosts: config.allowed_hosts, origins: config.allowed_origins },
        registry,
        max_viewers: config.max_viewers,
    };
    let (stop, stopping) = oneshot::channel::<()>();
    let serving = axum::serve(listener, router(Arc::new(app)));
    let serving = serving.with_graceful_shutdown(async {
        // A dropped sender means the same.
        let _ = stopping.await;
    });
    let serving = tokio::spawn(async move { serving.await });
    shutdown.await;
    tracing::info!("stopping");
    hub.stop();
    let _ = stop.send(());
    let goodbye = async {
        let result = serving.await;
        // The server is done with a connection once it has become a socket.
        hub.all_gone().await;
        result
    };
    match timeout(STOP_WITHIN, goodbye).await {
        Ok(Ok(result)) => result,
        Ok(Err(_)) | Err(_) => Ok(()),
    }
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
