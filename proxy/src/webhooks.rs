//! Alerts, sent: looks at the board once a second and posts what has changed.
//!
//! It never looks at data that is old: while a stream is not live nothing is
//! raised and nothing is over. Each webhook has a task of its own, so that one
//! that does not answer holds up none of the others.
//!
//! - `book`: what a webhook has been told, and what it is to be told now
//! - `payload`: in which words
//! - `delivery`: its queue, and when it is tried again
//! - `post`: one request

mod book;
mod delivery;
mod payload;
mod post;

use std::collections::{BTreeMap, BTreeSet};
use std::io;
use std::sync::Arc;
use std::time::Duration;

use callboard_shared::alert::{Level, Rules, Watch};
use callboard_shared::figures::metrics::Settings;
use callboard_shared::text::Text;
use callboard_shared::{Board, QueueKey, UnixMs};
use prometheus_client::registry::Registry;
use serde::Deserialize;
use tokio::task::JoinSet;

use crate::clock;
use crate::days::{Days, Hours};
use crate::hub::Hub;
use crate::secret::Secret;
use book::{Book, Key, News, Wants};
use delivery::{Counters, Outbox};
use payload::Alert;

/// Between two looks.
const LOOK_EVERY: Duration = Duration::from_secs(1);
/// What is sent.
#[derive(Clone, Copy, Debug, Default, Deserialize, Eq, PartialEq)]
#[serde(rename_all = "kebab-case")]
pub enum Form {
    /// An object of our own, for programs.
    #[default]
    Json,
    /// For Slack's incoming webhooks.
    Slack,
    /// For the workflows of Microsoft Teams.
    Teams,
}

/// Where to send to.
#[derive(Clone, Debug)]
pub struct Target {
    /// Encrypted. Else it is this machine.
    pub tls: bool,
    /// Name or address.
    pub host: String,
    /// Port.
    pub port: u16,
    /// Both, as the request names them.
    pub authority: String,
    /// Path and query: who knows them may send.
    pub path: Secret,
}

/// A webhook.
#[derive(Clone, Debug)]
pub struct Hook {
    /// Where to.
    pub target: Target,
    /// In which form.
    pub form: Form,
    /// Only of these queues. `None`: of all, and of all calls together.
    pub queues: Option<BTreeSet<QueueKey>>,
    /// From which level on.
    pub least: Level,
    /// Before the same alert is raised again.
    pub cooldown: Duration,
    /// Nothing is sent then.
    pub quiet: Option<Hours>,
    /// Whether it is said when an alert is over.
    pub says_resolved: bool,
}

/// What the settings say.
#[derive(Clone, Debug, Default)]
pub struct Plan {
    /// In the order of the file.
    pub hooks: Vec<Hook>,
    /// Hours in which silence is one. `None`: all.
    pub silence_hours: Option<Hours>,
    /// Where people reach the board, with a slash at the end.
    pub link: Option<String>,
}

/// All webhooks.
#[derive(Debug)]
pub struct Webhooks {
    plan: Plan,
    days: Days,
    counters: Arc<Counters>,
}

/// What a look has found.
struct Found {
    alerts: BTreeMap<Key, callboard_shared::alert::State>,
    names: BTreeMap<QueueKey, Text>,
    rules: Rules,
}

impl Webhooks {
    /// Counts in `registry` what will be sent.
    pub fn new(plan: Plan, days: Days, registry: &mut Registry) -> Webhooks {
        let counters = Arc::new(Counters::default());
        counters.register(registry);
        Webhooks { plan, days, counters }
    }

    /// Watches and sends, for ever. Without webhooks nothing is watched.
    pub fn start(self, tasks: &mut JoinSet<io::Result<()>>, hub: &Arc<Hub>) {
        if self.plan.hooks.is_empty() {
            return;
        }
        let mut outboxes = Vec::new();
        for (i, hook) in self.plan.hooks.iter().enumerate() {
            let outbox = Arc::new(Outbox::new(i + 1, Arc::clone(&self.counters)));
            outboxes.push(Arc::clone(&outbox));
            let target = hook.target.clone();
            tasks.spawn(async move {
                outbox.deliver(&target).await;
                Ok(())
            });
        }
        let hub = Arc::clone(hub);
        tasks.spawn(async move {
            self.watch(&hub, &outboxes).await;
            Ok(())
        });
    }

    async fn watch(self, hub: &Hub, outboxes: &[Arc<Outbox>]) {
        let mut watch = Watch::default();
        let mut books: Vec<_> = outboxes.iter().map(|_| Book::default()).collect();
        let mut is_told = false;
        let mut beat = tokio::time::interval(LOOK_EVERY);
        beat.set_missed_tick_behavior(tokio::time::MissedTickBehavior::Delay);
        loop {
            beat.tick().await;
            let now = clock::now();
            let since = hub.status().listening;
            let look =
                |board: &Board, settings: &Settings| found(&mut watch, board, settings, since, now);
            let Some(found) = hub.read_live(look) else { continue };
            if !std::mem::replace(&mut is_told, true) {
                tracing::info!(webhooks = outboxes.len(), "alerts are watched");
            }
            for ((hook, book), outbox) in self.plan.hooks.iter().zip(&mut books).zip(outboxes) {
                self.tell(hook, book, outbox, &found, now);
            }
        }
    }

    fn tell(&self, hook: &Hook, book: &mut Book, outbox: &Outbox, found: &Found, now: UnixMs) {
        let alerts = found.alerts.iter().filter(|((queue, _), _)| hook.wants(queue.as_ref()));
        let alerts = alerts.map(|(key, state)| (key.clone(), *state)).collect();
        let is_quiet = hook.quiet.is_some_and(|hours| hours.since(&self.days, now).is_some());
        let wants =
            Wants { least: hook.least, cooldown: hook.cooldown, says_resolved: hook.says_resolved };
        for news in book.compare(wants, &alerts, is_quiet, now) {
            let alert = self.alert(&news, found, now);
            outbox.put(alert.written(hook.form));
        }
    }

    fn alert<'a>(&self, news: &'a News, found: &'a Found, now: UnixMs) -> Alert<'a> {
        let (queue, kind) = (news.key.0.as_ref(), news.key.1);
        // The limit that is, or was, reached.
        let limits = found.rules.of(queue).map(|rule| rule.limits(kind)).unwrap_or_default();
        let limit = match news.level.max(news.before) {
            _ if news.level == Level::Warn => limits.warn,
            Level::Breach => limits.breach,
            _ => limits.warn,
        };
        Alert {
            queue,
            name: queue.and_then(|queue| found.names.get(queue)).map(Text::as_str),
            kind,
            turn: news.turn,
            level: news.level,
            value: news.value,
            limit,
            since: news.since,
            clock: self.days.on_clock(news.since),
            at: now,
            link: self.plan.link.as_deref().map(|link| payload::link(link, queue)),
        }
    }
}

fn found(
    watch: &mut Watch,
    board: &Board,
    settings: &Settings,
    since: Option<UnixMs>,
    now: UnixMs,
) -> Found {
    let rules = settings.rules().into_owned();
    watch.look(&rules, board, settings, since, now);
    let alerts = watch.states().map(|(queue, kind, state)| ((queue.cloned(), kind), state));
    let names = board.queues.iter();
    let names = names.filter_map(|(key, queue)| Some((key.clone(), queue.name.clone()?)));
    Found { alerts: alerts.collect(), names: names.collect(), rules }
}

impl Hook {
    /// Whether it is about this queue, or about all calls.
    fn wants(&self, queue: Option<&QueueKey>) -> bool {
        match &self.queues {
            Some(queues) => queue.is_some_and(|queue| queues.contains(queue)),
            None => true,
        }
    }
}
