//! One page under one load: what it costs, and how late it is.

use std::collections::BTreeMap;
use std::time::{Duration, Instant};

use support::{Browser, Feed, Proxy, until};

use crate::workload::{DIGITS, Workload};
use crate::{now_ms, since_1970_ms};

/// Between two documents of the probe.
const PROBE_EVERY: Duration = Duration::from_millis(23);
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
    /// In their turns. The list by hand has two, as if they were two programs:
    /// what lies between them is the noise of the machine.
    pub(crate) const ALL: [Shown; 4] = [Shown::Calls, Shown::List, Shown::Board, Shown::List];
}

/// What was measured in one pass.
#[derive(Clone, Debug)]
pub(crate) struct Figures {
    /// Of the main thread's time, in percent.
    pub(crate) busy: f64,
    /// Of it in programs, in styles, and in layout.
    pub(crate) parts: [f64; 3],
    /// How late numbers were on screen, in ms: the middle.
    pub(crate) p50: f64,
    /// What 99 of 100 were within, in ms.
    pub(crate) p99: f64,
    /// From a frame's begin until it was painted, in ms: the middle, and what 99
    /// of 100 were within.
    pub(crate) frame: [f64; 2],
    /// How late frames began, in ms, likewise.
    pub(crate) begun: [f64; 2],
    /// In MB.
    pub(crate) memory: f64,
    /// Drawn a second.
    pub(crate) frames: f64,
    /// In ms; zero: none was over 50 ms.
    pub(crate) longest: f64,
}

/// A browser that shows one of them.
pub(crate) struct Stage {
    browser: Browser,
    shown: Shown,
    /// Documents of the probe so far, and when each was sent.
    sent: BTreeMap<u64, f64>,
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
                self.sent.insert(nth % 10_u64.pow(DIGITS as u32), since_1970_ms());
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
        let spread = |nth: usize| {
            let entries = seen[0].as_array().into_iter().flatten();
            let mut all: Vec<_> = entries.filter_map(|entry| entry[nth].as_f64()).collect();
            all.sort_unstable_by(f64::total_cmp);
            [50, 99].map(|percent| percentile(&all, percent))
        };
        let tasks = seen[1].as_array().into_iter().flatten();
        Figures {
            busy: 100.0 * grown("TaskDuration") / seconds,
            parts: ["ScriptDuration", "RecalcStyleDuration", "LayoutDuration"]
                .map(|name| 100.0 * grown(name) / seconds),
            memory: percentile(&memory, 50),
            frames: late.len() as f64 / seconds,
            frame: spread(2),
            begun: spread(3),
            p50: percentile(&late, 50),
            p99: percentile(&late, 99),
            longest: tasks.filter_map(serde_json::Value::as_f64).fold(0.0, f64::max),
        }
    }

    /// How late a number was on screen, in ms.
    fn late(&self, entry: &serde_json::Value) -> Option<f64> {
        let digits = entry[0].as_str()?;
        let nth: u64 = digits.get(digits.len().checked_sub(DIGITS)?..)?.parse().ok()?;
        Some(entry[1].as_f64()? - *self.sent.get(&nth)?)
    }
}

/// The middle of the passes: a single disturbance is in one of them only.
pub(crate) fn middle(passes: &[Figures], of: &dyn Fn(&Figures) -> f64) -> f64 {
    let mut values: Vec<_> = passes.iter().map(of).collect();
    values.sort_unstable_by(f64::total_cmp);
    percentile(&values, 50)
}

/// Of sorted values; infinite where there are none.
fn percentile(sorted: &[f64], percent: usize) -> f64 {
    let at = (sorted.len() * percent).div_ceil(100).max(1) - 1;
    sorted.get(at).copied().unwrap_or(f64::INFINITY)
}
