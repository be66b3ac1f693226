//! The stand-in for the upstream, as a process of its own.

use std::ffi::OsString;

use reqwest::{Client, Method, Response};
use serde::Deserialize;
use serde_json::Value;

use crate::http;
use crate::process::Server;
use crate::token::Token;

/// A running `callboard simulate`.
pub struct Simulator {
    /// The process.
    pub server: Server,
    token: Token,
    client: Client,
}

/// What a board should show, as the simulator counts it.
#[derive(Clone, Debug, Deserialize)]
pub struct Truth {
    /// Callers waiting in a queue.
    pub waiting: u32,
    /// Callers answered since they last entered a queue.
    pub talking: u32,
    /// Each queue.
    pub queues: Vec<QueueTruth>,
    /// Calls that entered a queue.
    pub offered: u32,
    /// Calls answered at or after the entry, by callback included.
    pub handled: u32,
    /// Of these, callers who were called back.
    pub handled_by_callback: u32,
    /// Callers who gave up in a queue without having been answered.
    pub abandoned: u32,
    /// Calls that ended unanswered as their queue sent them away.
    pub flow_out: u32,
    /// Active calls of every kind.
    pub calls_active: u32,
}

/// One queue's part of [`Truth`].
#[derive(Clone, Debug, Deserialize)]
pub struct QueueTruth {
    /// Id, such as `71`.
    pub id: String,
    /// Callers waiting now.
    pub waiting: u32,
    /// Callers whose last queue this is and who have been answered since.
    pub talking: u32,
    /// Passages.
    pub offered: u32,
    /// Passages answered out of this queue, by callback included.
    pub handled: u32,
    /// Passages in which the caller gave up.
    pub abandoned: u32,
}

/// A small centre in which nothing happens unless it is ordered.
const QUIET: [&str; 2] = ["--calls-per-hour", "0"];

impl Simulator {
    /// Starts one with these options.
    pub async fn start(options: &[&str]) -> Simulator {
        let token = Token::new();
        let mut arguments = vec!["simulate".into(), "--token-file".into(), token.file().into()];
        arguments.extend(options.iter().map(OsString::from));
        let server = Server::start(arguments).await;
        Simulator { server, token, client: http::client() }
    }

    /// Starts one in which nothing happens unless it is ordered.
    pub async fn quiet() -> Simulator {
        Simulator::start(&QUIET).await
    }

    /// Starts a busy one that stands still until [`Simulator::resume`]: forty
    /// thousand calls per hour on the clock.
    ///
    /// It greets: a call that began before it was stopped is not lost on
    /// whoever connects.
    pub async fn busy() -> Simulator {
        let rate = ["--speed", "20", "--calls-per-hour", "2000"];
        let simulator = Simulator::start(&[&rate[..], &["--seed", "7", "--greet"]].concat()).await;
        simulator.pause().await;
        simulator
    }

    /// Its base URL.
    pub fn url(&self) -> String {
        format!("ws://{}", self.server.address())
    }

    /// The token that it wants.
    pub fn token(&self) -> &Token {
        &self.token
    }

    /// Plays one call; returns its `id_call`.
    pub async fn play(&self, script: Value) -> String {
        let answer = self.control(Method::POST, "call", script.to_string()).await;
        let answer: Value = answer.json().await.expect("the answer is JSON");
        answer["id_call"].as_str().expect("a call has an id").to_owned()
    }

    /// Sends one frame, whatever it holds, to all who listen to `stream`.
    pub async fn send(&self, stream: &str, frame: impl Into<reqwest::Body>) {
        self.control(Method::POST, &format!("frame?stream={stream}"), frame).await;
    }

    /// Closes all sockets with this code.
    pub async fn close(&self, code: u16) {
        self.control(Method::POST, &format!("close?code={code}"), "").await;
    }

    /// Stops time.
    pub async fn pause(&self) {
        self.control(Method::POST, "pause", "").await;
    }

    /// Lets time go on.
    pub async fn resume(&self) {
        self.control(Method::POST, "resume", "").await;
    }

    /// Breaks something: `kind=drop&stream=calls`.
    pub async fn fault(&self, order: &str) {
        self.control(Method::POST, &format!("fault?{order}"), "").await;
    }

    /// Its own count.
    pub async fn truth(&self) -> Truth {
        let answer = self.control(Method::GET, "truth", "").await;
        answer.json().await.expect("the truth is JSON")
    }

    async fn control(
        &self,
        method: Method,
        what: &str,
        body: impl Into<reqwest::Body>,
    ) -> Response {
        let url = format!("http://{}/control/{what}", self.server.address());
        let request = self.client.request(method, url).bearer_auth(self.token.text());
        let answer = request.body(body).send().await.expect("the simulator answers");
        let status = answer.status();
        assert!(status.is_success(), "/control/{what}: {status}");
        answer
    }
}
