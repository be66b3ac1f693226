//! One page under one load: what it costs, and how late it is.

use std::collections::BTreeMap;
use std::time::{Duration, Instant};

use support::{Browser, Feed, Proxy, until};

use crate::now_ms;
use crate::workload::{DIGITS, Workload};

/// Between two documents of the probe.
const PROBE_EVERY: Duration = Duration::from_millis(47);
/// Between two bursts of the feed.
const TICK: Duration = Duration::from_millis(4);
/// The window.
const SIZE: (u32, u32) = (1280, 800);

/// Which page.
#[derive(Clone, Copy, Debug, Eq, PartialEq)]
pub(crate) enum Shown {
    /// The product's live calls.
    Calls,
    /// The product's board, with all that it shows besides.
    Board,
    /// By hand.
    List,
}

impl Shown {
    pub(crate) const ALL: [Shown; 3] = [Shown::Calls, Shown::List, Shown::Board];
}

/// What was measured.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Figures {
    /// Of the main thread's time, in percent.
    pub(crate) busy: f64,
    /// Of it in programs, in styles, and in layout.
    pub(crate) parts: [f64; 3],
    /// In ms.
    pub(crate) p50: f64,
    /// In ms.
    pub(crate) p99: f64,
    /// In MB.
    pub(crate) memory: f64,
    /// Drawn a second.
    pub(crate) frames: f64,
    /// In ms; zero: none was over 50 ms.
    pub(crate) longest: f64,
}

impl Figures {
    /// The better of two passes, figure by figure.
    pub(crate) fn least(self, other: Figures) -> Figures {
        Figures {
            parts: if self.busy <= other.busy { self.parts } else { other.parts },
            busy: self.busy.min(other.busy),
            p50: self.p50.min(other.p50),
            p99: self.p99.min(other.p99),
            memory: self.memory.min(other.memory),
            frames: self.frames.max(other.frames),
            longest: self.longest.min(other.longest),
        }
    }
}

/// A browser that shows one of them.
pub(crate) struct Stage {
    browser: Browser,
    shown: Shown,
    /// Documents of the probe so far, and when each was sent.
    sent: BTreeMap<u64, u64>,
}

impl Stage {
    /// Opens the page and waits until the probe is on it.
    pub(crate) async fn open(shown: Shown, proxy: &Proxy, height: u64) -> Stage {
        let browser = Browser::start(SIZE.0, SIZE.1).await;
        let url = match shown {
            Shown::Board => proxy.url("/"),
            Shown::Calls => proxy.url("/?view=calls"),
            Shown::List => proxy.url(&format!("/list.html?height={height}")),
        };
        browser.open(&url).await;
        browser.resize(SIZE.0, SIZE.1).await;
        let look = async || browser.text("[data-call=probe] .call__caller").await;
        until("the probe on the page", look, Option::is_some).await;
        browser.script(include_str!("probe.js"), vec![]).await;
        Stage { browser, shown, sent: BTreeMap::new() }
    }

    /// The height of the board's list in px, for the other one to have the same.
    pub(crate) async fn height(&self, known: u64) -> u64 {
        if self.shown != Shown::Calls {
            return known;
        }
        let look = "return document.querySelector('.calls__scroll').clientHeight";
        self.browser.script(look, vec![]).await.as_u64().unwrap_or(known)
    }

    /// Sends documents for so long and measures.
    pub(crate) async fn run(
        &mut self,
        feed: &mut Feed,
        workload: &mut Workload,
        rate: u64,
        time: Duration,
    ) -> Figures {
        self.browser.script("seen.length = tasks.length = 0", vec![]).await;
        let before = self.browser.counted().await;
        let (mut published, mut probed, begun) = (0, 0_u32, Instant::now());
        let mut memory = Vec::new();
        while begun.elapsed() < time {
            let due = (begun.elapsed().as_secs_f64() * rate as f64) as u64;
            for _ in published..due {
                feed.publish(workload.next(now_ms()));
            }
            published = due;
            if begun.elapsed() >= PROBE_EVERY * probed {
                probed += 1;
                let nth = feed.next();
                self.sent.insert(nth % 10_u64.pow(DIGITS as u32), now_ms());
                feed.publish(workload.probe(nth));
            }
            if probed % 20 == 19 && memory.len() < probed as usize / 20 + 1 {
                memory.push(self.browser.memory() as f64 / 1e6);
            }
            tokio::time::sleep(TICK).await;
        }
        let after = self.browser.counted().await;
        let seen = self.browser.script("return [seen, tasks]", vec![]).await;
        self.figures(&before, &after, memory, &seen)
    }

    fn figures(
        &self,
        before: &BTreeMap<String, f64>,
        after: &BTreeMap<String, f64>,
        mut memory: Vec<f64>,
        seen: &serde_json::Value,
    ) -> Figures {
        let grown = |name: &str| after.get(name).unwrap_or(&0.0) - before.get(name).unwrap_or(&0.0);
        let seconds = grown("Timestamp");
        let entries = seen[0].as_array().into_iter().flatten();
        let mut late: Vec<_> = entries.filter_map(|entry| self.late(entry)).collect();
        late.sort_unstable_by(f64::total_cmp);
        memory.sort_unstable_by(f64::total_cmp);
        let tasks = seen[1].as_array().into_iter().flatten();
        Figures {
            busy: 100.0 * grown("TaskDuration") / seconds,
            parts: ["ScriptDuration", "RecalcStyleDuration", "LayoutDuration"]
                .map(|name| 100.0 * grown(name) / seconds),
            p50: percentile(&late, 50),
            p99: percentile(&late, 99),
            memory: percentile(&memory, 50),
            frames: late.len() as f64 / seconds,
            longest: tasks.filter_map(serde_json::Value::as_f64).fold(0.0, f64::max),
        }
    }

    /// How late a number was on screen, in ms.
    fn late(&self, entry: &serde_json::Value) -> Option<f64> {
        let digits = entry[0].as_str()?;
        let nth: u64 = digits.get(digits.len().checked_sub(DIGITS)?..)?.parse().ok()?;
        Some(entry[1].as_f64()? - *self.sent.get(&nth)? as f64)
    }
}

/// Of sorted values; infinite where there are none.
fn percentile(sorted: &[f64], percent: usize) -> f64 {
    let at = (sorted.len() * percent).div_ceil(100).max(1) - 1;
    sorted.get(at).copied().unwrap_or(f64::INFINITY)
}
