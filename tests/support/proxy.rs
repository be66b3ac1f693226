//! The proxy, as a process of its own.

use std::ffi::OsString;

use reqwest::{Client, Response};

use crate::http;
use crate::process::Server;
use crate::simulator::Simulator;
use crate::token::Token;

/// A running `callboard`.
pub struct Proxy {
    /// The process.
    pub server: Server,
    client: Client,
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
        Proxy::at_with(upstream, token, options, &[]).await
    }

    /// Starts one for any upstream, with these variables, too.
    pub async fn at_with(
        upstream: &str,
        token: &Token,
        options: &[&str],
        variables: &[(&str, &str)],
    ) -> Proxy {
        let file = token.file().into();
        let mut arguments: Vec<OsString> =
            vec!["--upstream".into(), upstream.into(), "--token-file".into(), file];
        arguments.extend(options.iter().map(OsString::from));
        Proxy { server: Server::with(arguments, variables).await, client: http::client() }
    }

    /// The URL of a path, which begins with a slash.
    pub fn url(&self, path: &str) -> String {
        format!("http://{}{path}", self.server.address())
    }

    /// `GET` of a path.
    pub async fn get(&self, path: &str) -> Response {
        self.client.get(self.url(path)).send().await.expect("the proxy answers")
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

    /// What it has logged so far.
    pub fn log(&self) -> String {
        self.server.process().stderr()
    }
}

impl From<Server> for Proxy {
    /// A proxy that was started in another way.
    fn from(server: Server) -> Proxy {
        Proxy { server, client: http::client() }
    }
}
