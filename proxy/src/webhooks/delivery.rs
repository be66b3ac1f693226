//! What waits for one webhook, and when it is tried again.

use std::collections::VecDeque;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::time::Duration;

use prometheus_client::metrics::counter::Counter;
use prometheus_client::registry::Registry;
use tokio::sync::Notify;

use super::Target;
use super::post::{Failure, post};

/// More alerts than this are no news any more: the oldest goes.
const WAITING_MOST: usize = 100;
/// Waits before each further try: three and a half minutes in all at most.
const AGAIN_AFTER_S: [u64; 5] = [2, 8, 20, 60, 120];

/// What is counted, since the process began, of all webhooks.
#[derive(Debug, Default)]
pub(super) struct Counters {
    delivered: Counter,
    failures: Counter,
    lost: Counter,
}

impl Counters {
    /// Names them in `registry`.
    pub(super) fn register(&self, registry: &mut Registry) {
        for (name, help, counter) in [
            ("callboard_webhook_delivered", "Alerts that a webhook took", &self.delivered),
            ("callboard_webhook_failures", "Tries that failed", &self.failures),
            ("callboard_webhook_lost", "Alerts that were given up", &self.lost),
        ] {
            registry.register(name, help, counter.clone());
        }
    }
}

/// What waits for one webhook.
#[derive(Debug)]
pub(super) struct Outbox {
    /// Its place in the file, from 1 on: its URL is a secret.
    number: usize,
    waiting: Mutex<VecDeque<String>>,
    news: Notify,
    counters: Arc<Counters>,
}

impl Outbox {
    /// An empty one.
    pub(super) fn new(number: usize, counters: Arc<Counters>) -> Outbox {
        Outbox { number, waiting: Mutex::default(), news: Notify::new(), counters }
    }

    fn lock(&self) -> MutexGuard<'_, VecDeque<String>> {
        self.waiting.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// Puts a body at the end.
    pub(super) fn put(&self, body: String) {
        let mut waiting = self.lock();
        if waiting.len() >= WAITING_MOST {
            waiting.pop_front();
            self.counters.lost.inc();
        }
        waiting.push_back(body);
        self.news.notify_one();
    }

    /// Delivers one after the other, for ever.
    pub(super) async fn deliver(&self, target: &Target) {
        loop {
            let next = self.lock().pop_front();
            match next {
                Some(body) => self.try_on(target, &body).await,
                None => self.news.notified().await,
            }
        }
    }

    async fn try_on(&self, target: &Target, body: &str) {
        for tried in 0.. {
            let Err(failure) = post(target, body).await else {
                self.counters.delivered.inc();
                return;
            };
            self.counters.failures.inc();
            let webhook = self.number;
            match wait(failure, tried, rand::random()) {
                Some(wait) => {
                    let again_in_s = wait.as_secs();
                    tracing::warn!(webhook, again_in_s, "alert not delivered: {failure}");
                    tokio::time::sleep(wait).await;
                }
                None => {
                    self.counters.lost.inc();
                    tracing::error!(webhook, "alert given up: {failure}");
                    return;
                }
            }
        }
    }
}

/// The wait before the next try. `None`: there is none. `chance`: 0 to 1.
fn wait(failure: Failure, tried: usize, chance: f64) -> Option<Duration> {
    let wait = Duration::from_secs(*AGAIN_AFTER_S.get(tried).filter(|_| failure.may_pass())?);
    // Between half and whole, so that webhooks of one host do not knock together.
    let wait = wait.mul_f64(0.5 + chance.clamp(0.0, 1.0) / 2.0);
    match failure {
        Failure::NotNow(_, Some(asked)) => Some(wait.max(asked)),
        _ => Some(wait),
    }
}

#[cfg(test)]
mod tests {
    use axum::http::StatusCode;

    use super::*;

    #[test]
    fn it_is_tried_five_times_more() {
        let waits = |chance| (0..7).map(move |tried| wait(Failure::Timeout, tried, chance));
        let seconds = |wait: Option<Duration>| wait.map(|wait| wait.as_secs());
        let most: Vec<_> = waits(1.0).map(seconds).collect();
        assert_eq!(most, [Some(2), Some(8), Some(20), Some(60), Some(120), None, None]);
        let least: Vec<_> = waits(0.0).map(seconds).collect();
        assert_eq!(least, [Some(1), Some(4), Some(10), Some(30), Some(60), None, None]);
    }

    #[test]
    fn what_was_refused_is_not_tried_again_and_who_asks_for_time_gets_it() {
        for failure in
            [Failure::Refused(StatusCode::NOT_FOUND), Failure::Redirected(StatusCode::FOUND)]
        {
            assert_eq!(wait(failure, 0, 1.0), None);
        }
        let asked = Some(Duration::from_secs(30));
        let busy = Failure::NotNow(StatusCode::TOO_MANY_REQUESTS, asked);
        assert_eq!([wait(busy, 0, 1.0), wait(busy, 5, 1.0)], [asked, None]);
    }

    #[test]
    fn the_oldest_goes_when_there_are_too_many() {
        let counters = Arc::new(Counters::default());
        let outbox = Outbox::new(1, Arc::clone(&counters));
        (0..WAITING_MOST + 2).for_each(|n| outbox.put(n.to_string()));
        assert_eq!((outbox.lock().len(), counters.lost.get()), (WAITING_MOST, 2));
        assert_eq!(outbox.lock().pop_front().as_deref(), Some("2"));
    }
}
