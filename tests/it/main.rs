//! The integration tests: one binary, a module per topic.
//!
//! Every test starts processes of its own on free ports, so that all of them
//! may run at the same time. A test is a script: who does what, and what a
//! viewer then sees. Waiting is done for values; nothing here measures how
//! long something takes.

/// Keys and sessions: who is let in, by which way, and who must go.
mod access;

/// Attacks, each by its row in `docs/attacks.md`.
mod attacks;

/// Clients that others wrote.
mod clients;

/// The command line: exit codes, and the one sentence that says what to do.
mod cli;

/// Pages of `docs/` and files of `packaging/`, held against the real binary.
mod docs;

/// What breaks: upstream gone, token refused, frames that are no documents.
mod faults;

/// Signed links: what each role sees by them, until they end.
mod links;

/// The board of another time.
mod look_back;

/// TLS of its own.
mod own_tls;

/// The board as plain HTML.
mod lite;

/// The board in other people's pages.
mod widget;

/// The page as files: compression, caching, 304.
mod page;

/// What can be done with the board.
mod board;

/// The page in a browser.
mod browser;

/// What is shown, as files and on paper.
mod export;

/// Questions about calls and figures.
mod queries;

/// Telephone numbers of the home country.
mod numbers;

/// The streams as they came, and the messages as events.
mod raw;

/// Who may ask, what every answer carries, and where the token never is.
mod security;

/// What lives on: restarts, crashes, disks that are full.
mod store;

/// Documents on their way from the simulator to a viewer.
mod streams;

/// Certificates of the upstream: which of them get the token.
mod tls;

/// Upstreams that misbehave.
mod upstream;

/// Which way of sending the token works.
mod probe;

/// The streams into a file.
mod record;

/// Such a file as an upstream.
mod replay;

/// Alerts, sent to a real receiver.
mod webhooks;

/// House rules that no compiler knows.
mod tidy;
