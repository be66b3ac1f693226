//! A day of a centre at sixty times its speed: the page's memory at its end is
//! what it was after the first hours.

use std::time::{Duration, Instant};

use support::{Browser, Proxy, Simulator};

/// Hours of the day that are looked at.
const LOOKS: u32 = 24;
/// Until then everything has been there once.
const SETTLED: usize = 4;
/// Growth from then to the end that is noise.
const MOST: f64 = 1.10;

/// Memory at one moment.
struct Look {
    renderer_mb: f64,
    heap_mb: f64,
    nodes: f64,
    listeners: f64,
}

/// Runs the day for so long on the clock.
pub(crate) async fn run(time: Duration) {
    let rate = ["--speed", "60", "--calls-per-hour", "600", "--warm-up", "10"];
    let simulator = Simulator::start(&[&rate[..], &["--seed", "11", "--greet"]].concat()).await;
    let proxy = Proxy::start(&simulator).await;
    let browser = Browser::start(1280, 800).await;
    browser.open(&proxy.url("/")).await;
    browser.until_class("[data-light=link]", "light--live").await;
    println!("a day at sixty times its speed ({} s)", time.as_secs());
    println!("  hour   renderer MB   heap MB   nodes   listeners");
    let begun = Instant::now();
    let mut looks = Vec::new();
    for hour in 1..=LOOKS {
        let next = time * hour / LOOKS;
        tokio::time::sleep(next.saturating_sub(begun.elapsed())).await;
        let look = look(&browser).await;
        let Look { renderer_mb, heap_mb, nodes, listeners } = look;
        println!("  {hour:>4} {renderer_mb:>13.1} {heap_mb:>9.2} {nodes:>7} {listeners:>11}");
        looks.push(look);
    }
    let offered = browser.text("[data-figure=offered] dd").await.unwrap_or_default();
    println!("  offered on the page at the end: {offered}");
    verdict(&looks);
}

async fn look(browser: &Browser) -> Look {
    let counts = browser.metrics().await;
    let of = |name: &str| counts.get(name).copied().unwrap_or_default();
    Look {
        renderer_mb: browser.memory() as f64 / 1e6,
        heap_mb: of("JSHeapUsedSize") / 1e6,
        nodes: of("Nodes"),
        listeners: of("JSEventListeners"),
    }
}

/// The median of the last hours against that of the first settled ones.
fn verdict(looks: &[Look]) {
    let median = |looks: &[Look], of: &dyn Fn(&Look) -> f64| {
        let mut values: Vec<_> = looks.iter().map(of).collect();
        values.sort_unstable_by(f64::total_cmp);
        values.get(values.len() / 2).copied().unwrap_or_default()
    };
    let settled = looks.get(SETTLED..2 * SETTLED).unwrap_or_default();
    let end = looks.get(looks.len() - SETTLED..).unwrap_or_default();
    let row = |name: &str, of: &dyn Fn(&Look) -> f64| {
        let ratio = median(end, of) / median(settled, of);
        let sign = if ratio <= MOST { '✓' } else { '✗' };
        println!("{sign} {name:<40} {ratio:>8.2} ×   at most {MOST} ×");
    };
    row("memory of the renderer, end of the day", &|look| look.renderer_mb);
    row("heap of the script", &|look| look.heap_mb);
    row("nodes", &|look| look.nodes);
    row("listeners", &|look| look.listeners);
}
