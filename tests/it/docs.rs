//! Pages of `docs/` and files of `packaging/`, held against the real binary.

use std::collections::{BTreeMap, BTreeSet};
use std::path::Path;

use callboard_shared::Stream;
use serde_json::json;
use support::viewer::socket;
use support::{Proxy, Simulator, Viewer, run, until};

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
        let sample = if kind == "histogram" { format!("{family}_bucket") } else { name.clone() };
        // One name may begin as another does.
        let is_of = |line: &&str| line.split([' ', '{']).next() == Some(&sample);
        let samples = text.lines().filter(is_of);
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
    let proxy = Proxy::with(&simulator, simulator.token(), &["--max-viewers", "1"]).await;
    proxy.live().await;
    // A metric with labels is there once something was counted.
    simulator.play(json!({ "queue": "71" })).await;
    for stream in Stream::ALL {
        simulator.send(stream.name(), "this is no document").await;
        simulator.send(stream.name(), r#"{"id_call":"odd","time":{"start":"soon"}}"#).await;
    }
    let _viewer = Viewer::open(&proxy).await;
    assert_eq!(socket(&proxy, "", &[]).await.err(), Some(503), "a second viewer");
    let look = async || told(&proxy.text("/metrics").await);
    let documented = documented();
    until("the metrics of docs/metrics.md", look, |told| *told == documented).await;
}

/// `KEY=value` lines of the unit's part `[Service]`.
fn service() -> Vec<(String, String)> {
    let unit = file("packaging/callboard.service");
    let part = unit.split("[Service]").nth(1).expect("a service has one");
    let part = part.split("[Install]").next().unwrap_or_default();
    let lines = part.lines().filter(|line| !line.starts_with('#'));
    lines.filter_map(|line| line.split_once('=')).map(|(k, v)| (k.into(), v.into())).collect()
}

#[test]
fn the_service_is_locked_in() {
    let service = service();
    for line in [
        "User=callboard",
        "StateDirectory=callboard",
        "LoadCredential=token:/etc/callboard/token",
        "LoadCredential=viewer-key:/etc/callboard/viewer-key",
        "NoNewPrivileges=yes",
        "CapabilityBoundingSet=",
        "ProtectSystem=strict",
        "ProtectHome=yes",
        "PrivateTmp=yes",
        "PrivateDevices=yes",
        "RestrictAddressFamilies=AF_INET AF_INET6 AF_UNIX",
        "SystemCallFilter=@system-service",
        "MemoryDenyWriteExecute=yes",
        "MemoryMax=1G",
        "LimitCORE=0",
        "LimitNOFILE=16384",
        "Restart=always",
        "KillSignal=SIGTERM",
        "TimeoutStopSec=15",
        "UMask=0077",
    ] {
        let (key, value) = line.split_once('=').expect("a key and a value");
        assert!(service.iter().any(|(k, v)| (&**k, &**v) == (key, value)), "{line} is missing");
    }
}

/// A folder with what `/etc/callboard` and the credentials hold.
fn secrets() -> tempfile::TempDir {
    let folder = tempfile::tempdir().expect("a temporary folder can be made");
    for (name, text) in [("token", "a-token"), ("viewer-key", "a-long-viewer-key")] {
        // With the line's end that an editor leaves.
        std::fs::write(folder.path().join(name), format!("{text}\n")).expect("it can be written");
    }
    folder
}

#[track_caller]
fn is_fine(arguments: &[&str], variables: &[(&str, &str)]) {
    let output = run(arguments, variables);
    let stderr = String::from_utf8_lossy(&output.stderr);
    assert_eq!(output.status.code(), Some(0), "{arguments:?} {variables:?}: {stderr}");
}

#[test]
fn the_service_starts_what_the_binary_knows() {
    let service = service();
    let start = service.iter().find(|(key, _)| key == "ExecStart").expect("it starts something");
    let folder = secrets();
    let path = folder.path().to_str().expect("a plain path");
    let root = concat!(env!("CARGO_MANIFEST_DIR"), "/..");
    let line = start.1.replace("${CREDENTIALS_DIRECTORY}", path);
    let line = line.replace("${STATE_DIRECTORY}", path);
    let line = line.replace("/etc/callboard/", &format!("{root}/packaging/"));
    let words: Vec<_> = line.split(' ').collect();
    let ["/usr/local/bin/callboard", "serve", arguments @ ..] = &words[..] else {
        panic!("{line}");
    };
    is_fine(&[&["check"], arguments].concat(), &[]);
    assert!(!line.contains('$') && !line.contains('%'), "{line}");
}

#[test]
fn the_containers_settings_are_known_to_the_binary() {
    let folder = secrets();
    let path = folder.path().to_str().expect("a plain path");
    let mut variables = Vec::new();
    let dockerfile = file("packaging/Dockerfile");
    let env = dockerfile.lines().find_map(|line| line.strip_prefix("ENV ")).expect("it has some");
    variables.extend(env.split(' ').filter_map(|pair| pair.split_once('=')));
    let compose = file("packaging/compose.yaml");
    let lines = compose.lines().map(str::trim).filter(|line| line.starts_with("CALLBOARD_"));
    variables.extend(lines.filter_map(|line| line.split_once(": ")));
    assert!(variables.len() >= 7, "{variables:?}");
    let host = "${BOARD_HOST:?set BOARD_HOST to the name that people type}";
    let variables: Vec<_> = variables
        .into_iter()
        .map(|(name, value)| {
            (name, value.replace("/run/secrets", path).replace(host, "board.example"))
        })
        .collect();
    let variables: Vec<_> = variables.iter().map(|(name, value)| (*name, &**value)).collect();
    is_fine(&["check"], &variables);
}

#[test]
fn the_container_can_do_little() {
    let compose = file("packaging/compose.yaml");
    let (callboard, rest) = compose.split_once("  caddy:").expect("two services");
    for service in [callboard, rest] {
        for line in
            ["read_only: true", "cap_drop: [ALL]", "no-new-privileges:true", "tmpfs: [/tmp]"]
        {
            assert!(service.contains(line), "{line} is missing:\n{service}");
        }
    }
    assert!(!callboard.contains("ports:"), "only Caddy is reached from outside");
    let dockerfile = file("packaging/Dockerfile");
    let last = dockerfile.rsplit("FROM ").next().expect("a last stage");
    assert!(last.contains("USER 10001:10001"), "{last}");
}

/// The pages of the checkout: their folders and names.
const FOLDERS: [&str; 2] = ["", "docs/"];

fn pages() -> Vec<(&'static str, String)> {
    let mut pages = Vec::new();
    for folder in FOLDERS {
        let path = Path::new(env!("CARGO_MANIFEST_DIR")).join("..").join(folder);
        for entry in std::fs::read_dir(path).expect("a folder of the checkout can be read") {
            let name = entry.expect("an entry can be read").file_name();
            let name = name.to_str().expect("a plain name").to_owned();
            if name.ends_with(".md") {
                pages.push((folder, name));
            }
        }
    }
    pages
}

#[test]
fn links_between_pages_lead_somewhere() {
    let mut checked = 0;
    for (folder, name) in pages() {
        let text = file(&format!("{folder}{name}"));
        for target in text.split("](").skip(1).filter_map(|rest| rest.split(')').next()) {
            let path = target.split('#').next().unwrap_or_default();
            if path.is_empty() || target.contains("://") {
                continue;
            }
            let place = Path::new(env!("CARGO_MANIFEST_DIR")).join("..").join(folder).join(path);
            assert!(place.exists(), "{folder}{name}: {target} is not there");
            checked += 1;
        }
    }
    assert!(checked > 20, "only {checked} links were found");
}

#[test]
fn every_page_is_in_the_index() {
    let index = file("docs/README.md");
    for (folder, name) in pages() {
        if folder == "docs/" && name != "README.md" {
            assert!(index.contains(&format!("]({name})")), "docs/README.md lacks {name}");
        }
    }
}
