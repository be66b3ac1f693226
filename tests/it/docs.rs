//! Pages of `docs/` and files of `packaging/`, held against the real binary.

use std::collections::{BTreeMap, BTreeSet};
use std::path::Path;

use callboard_shared::Stream;
use serde_json::json;
use support::{Proxy, Simulator, until};

/// Type and labels of each metric.
type Metrics = BTreeMap<String, (String, BTreeSet<String>)>;

fn file(path: &str) -> String {
    let path = Path::new(env!("CARGO_MANIFEST_DIR")).join("..").join(path);
    std::fs::read_to_string(&path).unwrap_or_else(|error| panic!("{}: {error}", path.display()))
}

/// What `docs/metrics.md` says: rows whose first cell is a metric's name.
fn documented() -> Metrics {
    let page = file("docs/metrics.md");
    let rows = page.lines().filter(|line| line.starts_with("| `callboard_"));
    let metric = |row: &str| {
        let cells: Vec<_> = row.split('|').map(str::trim).collect();
        let [_, name, kind, labels, meaning, when, _] = cells[..] else { panic!("{row}") };
        assert!(!meaning.is_empty() && !when.is_empty(), "{row}");
        let labels = labels.split(',').map(|label| label.trim().trim_matches('`').to_owned());
        let labels = labels.filter(|label| !label.is_empty()).collect();
        (name.trim_matches('`').to_owned(), (kind.to_owned(), labels))
    };
    rows.map(metric).collect()
}

/// What the proxy says at `/metrics`.
fn told(text: &str) -> Metrics {
    let mut told = Metrics::new();
    for line in text.lines().filter_map(|line| line.strip_prefix("# TYPE ")) {
        let (family, kind) = line.split_once(' ').expect("a type follows the name");
        let name = if kind == "counter" { format!("{family}_total") } else { family.to_owned() };
        let samples = text.lines().filter(|line| line.starts_with(family));
        let in_braces =
            |sample: &str| Some(sample.split_once('{')?.1.split_once('}')?.0.to_owned());
        let label = |pair: &str| pair.split_once('=').map(|(label, _)| label.to_owned());
        let labels = samples
            .filter_map(in_braces)
            .flat_map(|pairs| pairs.split(',').filter_map(label).collect::<Vec<_>>());
        told.insert(name, (kind.to_owned(), labels.collect()));
    }
    told
}

#[tokio::test]
async fn every_metric_is_documented_and_every_documented_one_is_there() {
    let simulator = Simulator::quiet().await;
    let proxy = Proxy::start(&simulator).await;
    until("the streams", async || proxy.get("/readyz").await.status(), |s| s.is_success()).await;
    // A metric with labels is there once something was counted.
    simulator.play(json!({ "queue": "71" })).await;
    for stream in Stream::ALL {
        simulator.send(stream.name(), "this is no document").await;
        simulator.send(stream.name(), r#"{"id_call":"odd","time":{"start":"soon"}}"#).await;
    }
    let look = async || told(&proxy.text("/metrics").await);
    let documented = documented();
    until("the metrics of docs/metrics.md", look, |told| *told == documented).await;
}
