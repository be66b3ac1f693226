//! The proxy, as a process of its own.

use std::ffi::OsString;
use std::path::PathBuf;

use reqwest::{Client, Response};
use serde_json::Value;
use tempfile::TempDir;

use crate::http;
use crate::process::{Launch, Server};
use crate::simulator::Simulator;
use crate::token::Token;
use crate::wait::until;

/// A running `callboard`.
pub struct Proxy {
    /// The process.
    pub server: Server,
    client: Client,
    /// Goes with it.
    folder: Option<TempDir>,
}

impl Proxy {
    /// Starts one for this simulator.
    pub async fn start(simulator: &Simulator) -> Proxy {
        Proxy::with(simulator, simulator.token(), &[]).await
    }

    /// Starts one for this simulator with a token of its own and options.
    pub async fn with(simulator: &Simulator, token: &Token, options: &[&str]) -> Proxy {
        Proxy::at(&simulator.url(), token, options).await
    }

    /// Starts one for any upstream.
    pub async fn at(upstream: &str, token: &Token, options: &[&str]) -> Proxy {
        Proxy::launch(Launch::default(), upstream, token, options).await
    }

    /// Starts one for any upstream, with these variables, too.
    pub async fn at_with(
        upstream: &str,
        token: &Token,
        options: &[&str],
        variables: &[(&str, &str)],
    ) -> Proxy {
        Proxy::launch(Launch::with(variables), upstream, token, options).await
    }

    /// The same, started by another program.
    pub async fn under(starter: &[&str], upstream: &str, token: &Token, options: &[&str]) -> Proxy {
        Proxy::launch(Launch::under(starter), upstream, token, options).await
    }

    async fn launch(launch: Launch, upstream: &str, token: &Token, options: &[&str]) -> Proxy {
        let file = token.file().into();
        let mut arguments: Vec<OsString> =
            vec!["--upstream".into(), upstream.into(), "--token-file".into(), file];
        arguments.extend(options.iter().map(OsString::from));
        // Each has a store of its own, unless the test names one.
        let folder = tempfile::tempdir().expect("a temporary folder can be made");
        if !options.contains(&"--data-dir") {
            arguments.extend(["--data-dir".into(), folder.path().join("data").into()]);
        }
        let server = Server::launch(launch, arguments).await;
        Proxy { server, client: http::client(), folder: Some(folder) }
    }

    /// The folder of its store, unless the test named one.
    pub fn data_dir(&self) -> PathBuf {
        let folder = self.folder.as_ref().expect("it has a folder of its own");
        folder.path().join("data")
    }

    /// Stops it as an init system does, and starts it anew on the same port.
    pub async fn stop_and_start(&mut self) {
        self.server.process().terminate();
        let status = self.server.process_mut().ended().await;
        assert!(status.success(), "{}", self.log());
        self.server.restart().await;
    }

    /// The body of a path, as JSON.
    pub async fn json(&self, path: &str) -> Value {
        let text = self.text(path).await;
        serde_json::from_str(&text).unwrap_or_else(|error| panic!("{path}: {error}: {text}"))
    }

    /// Waits until all streams are live: what was sent before is told to nobody.
    pub async fn until_live(&self) {
        let streams = ["calls", "queues", "agents"];
        let look = async || self.json("/api/snapshot").await["status"].clone();
        let live = |status: &Value| streams.iter().all(|name| status[*name]["state"] == "live");
        until("live streams", look, live).await;
    }

    /// The URL of a path, which begins with a slash.
    pub fn url(&self, path: &str) -> String {
        format!("http://{}{path}", self.server.address())
    }

    /// `GET` of a path.
    pub async fn get(&self, path: &str) -> Response {
        self.client.get(self.url(path)).send().await.expect("the proxy answers")
    }

    /// Waits until all streams are live: what was said before is nobody's.
    pub async fn live(&self) {
        let look = async || self.get("/readyz").await.status().as_u16();
        until("live streams", look, |status| *status == 200).await;
    }

    /// The body of a path, as text.
    pub async fn text(&self, path: &str) -> String {
        self.get(path).await.text().await.expect("the body is text")
    }

    /// One number of `/metrics`, with its labels; zero while it is not there.
    pub async fn metric(&self, name: &str) -> u64 {
        let text = self.text("/metrics").await;
        let value = text.lines().find_map(|line| line.strip_prefix(name)?.strip_prefix(' '));
        value.map_or(0, |value| value.trim().parse().expect("a counter is a whole number"))
    }

    /// What it has logged, once these words are there. What is said and what
    /// is seen elsewhere come by different ways.
    pub async fn logged(&self, words: &str) -> String {
        let what = format!("{words:?} in the log");
        until(&what, async || self.log(), |log| log.contains(words)).await
    }

    /// What it has logged so far.
    pub fn log(&self) -> String {
        self.server.process().stderr()
    }
}

impl From<Server> for Proxy {
    /// A proxy that was started in another way.
    fn from(server: Server) -> Proxy {
        Proxy { server, client: http::client(), folder: None }
    }
}
