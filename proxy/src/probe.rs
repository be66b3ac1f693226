//! `callboard probe`: tries each way of sending the token, and says in plain
//! words what came of it.
//!
//! The playbook does not say how the token is sent; the owner of one finds out
//! with this in a minute. What is printed holds no token and nothing that a
//! document says: sizes, names of known fields, and what was odd.

mod words;

use std::io::Write;
use std::time::Duration;

use anyhow::bail;
use callboard_shared::Stream;
use callboard_shared::decode::decode;
use tokio::time::sleep;

use crate::clock;
use crate::secret::Secret;
use crate::upstream::{ConnectError, First, Upstream, UpstreamAuth, attempt};

/// The ways that are tried, the likeliest first.
const WAYS: [&str; 8] = [
    "bearer",
    "header:authorization",
    "query:token",
    "query:access_token",
    "subprotocol",
    "first-message:{token}",
    r#"first-message:{"token":"{token}"}"#,
    r#"first-message:{"type":"auth","token":"{token}"}"#,
];

/// What is tried, and how patiently.
#[derive(clap::Args, Clone, Debug)]
pub struct Options {
    /// Stream to try: calls, queues or agents
    #[arg(long, default_value = "calls", value_name = "NAME", value_parser = stream)]
    pub stream: Stream,

    /// Seconds to wait for a document where a way was accepted, 1 to 3600
    #[arg(long, default_value_t = 10, value_name = "SECONDS",
        value_parser = clap::value_parser!(u64).range(1..=3600))]
    pub wait: u64,

    /// Try the other ways, too, after one has brought a document
    #[arg(long)]
    pub all: bool,

    /// Milliseconds between two attempts
    #[arg(long, hide = true, default_value_t = 1_500)]
    pub pause: u64,
}

fn stream(name: &str) -> Result<Stream, &'static str> {
    Stream::from_name(name).ok_or("must be calls, queues or agents")
}

/// What came of one way.
enum Outcome {
    NotOpened(ConnectError),
    Opened(First),
}

impl Outcome {
    /// A document came: nothing more is to be found out.
    fn delivers(&self) -> bool {
        match self {
            Outcome::Opened(First::Frame(frame)) => {
                decode(&frame.bytes).is_ok_and(|decoded| !decoded.documents.is_empty())
            }
            _ => false,
        }
    }

    /// The stream was opened and stayed so.
    fn accepted(&self) -> bool {
        matches!(self, Outcome::Opened(First::Frame(_) | First::Silence))
    }

    /// Another way would meet the same, or annoy the upstream.
    fn ends_it(&self) -> bool {
        let Outcome::NotOpened(error) = self else { return false };
        matches!(
            error,
            ConnectError::Network(_)
                | ConnectError::Astray(_)
                | ConnectError::Timeout(_)
                | ConnectError::Url
                | ConnectError::Answer { status: 429 }
        )
    }
}

/// Tries the ways one after the other and tells `out`.
///
/// # Errors
///
/// When no way works, or nothing can be written.
pub async fn run(
    options: &Options,
    upstream: &Upstream,
    out: &mut impl Write,
) -> anyhow::Result<()> {
    if let Some(expiry) = words::expiry(&upstream.token, clock::now()) {
        writeln!(out, "{expiry}\n")?;
    }
    let Options { stream, wait, .. } = options;
    let host = &upstream.base;
    writeln!(out, "Trying {host}/{stream}, waiting up to {wait} s for a document each time.\n")?;
    let mut found: Vec<(UpstreamAuth, Outcome)> = Vec::new();
    for (number, way) in ways(&upstream.auth).into_iter().enumerate() {
        if number > 0 {
            sleep(Duration::from_millis(options.pause)).await;
        }
        write!(out, "{way}: ")?;
        out.flush()?;
        let outcome = outcome(options, upstream, way.clone()).await;
        writeln!(out, "{}", words::of(&outcome))?;
        let enough = outcome.delivers() && !options.all;
        let ends_it = outcome.ends_it();
        found.push((way, outcome));
        if enough || ends_it {
            break;
        }
    }
    writeln!(out)?;
    conclude(options, upstream, &found, out).await
}

/// The usual ways, with the configured one first.
fn ways(configured: &UpstreamAuth) -> Vec<UpstreamAuth> {
    let mut ways = vec![configured.clone()];
    for way in WAYS {
        let way = way.parse().expect("the ways are written as the setting is");
        if way != *configured {
            ways.push(way);
        }
    }
    ways
}

async fn outcome(options: &Options, upstream: &Upstream, auth: UpstreamAuth) -> Outcome {
    let upstream = Upstream { auth, ..upstream.clone() };
    let wait = Duration::from_secs(options.wait);
    match attempt(options.stream, &upstream, wait).await {
        Ok(first) => Outcome::Opened(first),
        Err(error) => Outcome::NotOpened(error),
    }
}

/// Gives advice.
async fn conclude(
    options: &Options,
    upstream: &Upstream,
    found: &[(UpstreamAuth, Outcome)],
    out: &mut impl Write,
) -> anyhow::Result<()> {
    if let Some((way, _)) = found.iter().find(|(_, outcome)| outcome.delivers()) {
        writeln!(out, "{way} works: a document came. Put this into callboard.toml:\n")?;
        writeln!(out, "    {}", words::setting(way))?;
        return Ok(());
    }
    let accepted: Vec<_> = found.iter().filter(|(_, outcome)| outcome.accepted()).collect();
    let Some((way, _)) = accepted.first() else {
        bail!("no way of sending the token worked: {}", words::why_none(found));
    };
    writeln!(out, "{way} was accepted, but no document came. The line for callboard.toml:\n")?;
    writeln!(out, "    {}\n", words::setting(way))?;
    if accepted.len() > 1 {
        writeln!(out, "So were {} other ways: which one is right cannot be told.", {
            accepted.len() - 1
        })?;
    }
    writeln!(out, "What could not be told:")?;
    let may_ask = !found.last().is_some_and(|(_, last)| last.ends_it());
    if may_ask && opens_for_anybody(options, upstream).await {
        writeln!(
            out,
            "- The stream opens without a token, too: that it opens says nothing. Only a document does."
        )?;
    }
    writeln!(out, "- Whether documents come: try again when people are calling, with --wait 300.")?;
    Ok(())
}

/// Whether the stream opens without a token: whoever lets anybody in has not
/// looked at it.
async fn opens_for_anybody(options: &Options, upstream: &Upstream) -> bool {
    sleep(Duration::from_millis(options.pause)).await;
    let nobody = Upstream { token: Secret::new(""), ..upstream.clone() };
    let query = UpstreamAuth::Query("unused".to_owned());
    outcome(options, &nobody, query).await.accepted()
}
