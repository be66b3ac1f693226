//! Recordings: what is said to be written is there, whatever happens.

use std::ffi::OsString;
use std::fs;
use std::os::unix::fs::PermissionsExt as _;
use std::path::{Path, PathBuf};

use serde_json::Value;
use support::{Process, Simulator, Token, run, until};
use tempfile::TempDir;

/// A folder for recordings.
pub(crate) fn folder() -> (TempDir, PathBuf) {
    let folder = tempfile::tempdir().expect("a temporary folder can be made");
    let file = folder.path().join("day.ndjson");
    (folder, file)
}

/// Starts a recorder that reports often.
pub(crate) fn record(simulator: &Simulator, token: &Token, out: &Path, more: &[&str]) -> Process {
    let mut arguments: Vec<OsString> = vec!["record".into(), "--out".into(), out.into()];
    arguments.extend(["--upstream".into(), simulator.url().into()]);
    arguments.extend(["--token-file".into(), token.file().into()]);
    arguments.extend(["--report-ms".into(), "20".into()]);
    arguments.extend(more.iter().map(OsString::from));
    Process::start(&arguments)
}

/// Lines that it has said are safe.
pub(crate) fn safe(recorder: &Process) -> usize {
    let said = recorder.stderr();
    let last = said.lines().rev().find_map(|line| {
        line.strip_prefix("callboard: ")?.strip_suffix(" lines are written safely")?.parse().ok()
    });
    last.unwrap_or(0)
}

/// Waits until all streams are recorded.
pub(crate) async fn all_live(recorder: &Process) {
    let look = async || recorder.stderr().matches("stream is live").count();
    until("three live streams", look, |live| *live == 3).await;
}

async fn stop(mut recorder: Process) -> usize {
    recorder.terminate();
    let status = recorder.ended().await;
    recorder.kill();
    assert_eq!(status.code(), Some(0), "{}", recorder.stderr());
    safe(&recorder)
}

/// The whole lines of a file, each an object.
fn lines(path: &Path) -> Vec<Value> {
    let text = fs::read_to_string(path).expect("the recording can be read");
    let whole = text.rsplit_once('\n').map_or("", |(whole, _)| whole);
    let read = |line| serde_json::from_str(line).unwrap_or_else(|error| panic!("{error}: {line}"));
    whole.lines().map(read).collect()
}

#[tokio::test]
async fn a_killed_recorder_has_written_what_it_said_and_goes_on_where_it_was() {
    let simulator = Simulator::busy().await;
    let (_folder, file) = folder();
    let mut recorder = record(&simulator, simulator.token(), &file, &[]);
    all_live(&recorder).await;
    simulator.resume().await;
    until("some lines", async || safe(&recorder), |safe| *safe >= 300).await;
    recorder.kill();
    let told = safe(&recorder);
    let written = lines(&file);
    assert!(written.len() >= told, "{} lines, {told} promised", written.len());
    let (mut streams, mut at) = (Vec::new(), 0);
    for line in &written {
        assert!(line["raw"]["id_call"].is_string(), "{line}");
        // Three tasks write: within a stream time goes forward, and nearly so
        // between them.
        let now = line["at"].as_i64().expect("`at` is a number");
        assert!(now >= at - 1_000, "{line}");
        at = now;
        streams.push(line["stream"].as_str().expect("`stream` is a word").to_owned());
    }
    streams.sort();
    streams.dedup();
    assert_eq!(streams, ["agents", "calls", "queues"]);
    let mode = fs::metadata(&file).expect("it is there").permissions().mode();
    assert_eq!(mode & 0o777, 0o600, "documents are personal data");

    // The next one cuts off what a crash can leave, and appends.
    let torn = [fs::read(&file).expect("it can be read"), b"{\"at\":1795".to_vec()].concat();
    fs::write(&file, torn).expect("it can be written");
    let before = lines(&file);
    let recorder = record(&simulator, simulator.token(), &file, &[]);
    until("more lines", async || safe(&recorder), |safe| *safe >= 100).await;
    assert!(recorder.stderr().contains("the last line was half written"), "{}", recorder.stderr());
    let told = stop(recorder).await;
    let after = lines(&file);
    assert_eq!(after.len(), before.len() + told);
    assert_eq!(after[..before.len()], before);
    assert!(fs::read(&file).expect("it can be read").ends_with(b"\n"));
}

#[tokio::test]
async fn whatever_comes_is_kept_as_it_came() {
    let simulator = Simulator::quiet().await;
    let (_folder, file) = folder();
    let recorder = record(&simulator, simulator.token(), &file, &[]);
    all_live(&recorder).await;
    let frames: [&[u8]; 4] = [br#"{"n":1.10,"n":[ ]}"#, b"no JSON", b"{\n}", &[0xff, 0x00]];
    for (count, frame) in frames.into_iter().enumerate() {
        simulator.send("queues", frame.to_vec()).await;
        until("a line", async || safe(&recorder), |safe| *safe == count + 1).await;
    }
    assert_eq!(stop(recorder).await, 4);
    let text = fs::read_to_string(&file).expect("it can be read");
    for (line, end) in text.lines().zip([
        r#","stream":"queues","raw":{"n":1.10,"n":[ ]}}"#,
        r#","stream":"queues","raw_text":"no JSON"}"#,
        r#","stream":"queues","raw_text":"{\n}"}"#,
        r#","stream":"queues","raw_base64":"/wA="}"#,
    ]) {
        assert!(line.ends_with(end), "{line}");
    }
}

#[tokio::test]
async fn a_large_file_is_put_aside_and_nothing_is_lost() {
    let simulator = Simulator::quiet().await;
    let (folder, file) = folder();
    let recorder = record(&simulator, simulator.token(), &file, &["--rotate-mb", "1"]);
    all_live(&recorder).await;
    for count in 1..=5 {
        let frame = format!(r#"{{"id_call":"{count}","x":"{}"}}"#, "y".repeat(600_000));
        simulator.send("calls", frame).await;
        until("a line", async || safe(&recorder), |safe| *safe == count).await;
    }
    stop(recorder).await;
    let mut ids = Vec::new();
    let mut files = 0;
    for entry in fs::read_dir(folder.path()).expect("the folder can be read") {
        let path = entry.expect("an entry can be read").path();
        let mode = fs::metadata(&path).expect("it is there").permissions().mode();
        assert_eq!(mode & 0o777, 0o600, "{}", path.display());
        ids.extend(lines(&path).iter().map(|line| line["raw"]["id_call"].to_string()));
        files += 1;
    }
    ids.sort();
    assert_eq!((files, ids.concat()), (3, r#""1""2""3""4""5""#.to_owned()));
}

#[tokio::test]
async fn a_recorder_keeps_the_token_to_itself() {
    let simulator = Simulator::quiet().await;
    let (_folder, file) = folder();
    let wrong = Token::new();
    let options = ["--upstream-auth", "query:token", "--log", "trace"];
    for token in [simulator.token(), &wrong] {
        let mut recorder = record(&simulator, token, &file, &options);
        let refused = token.text() == wrong.text();
        let words = if refused { "refused the token" } else { "stream is live" };
        let look = async || recorder.stderr().matches(words).count();
        until(words, look, |count| *count == 3).await;
        simulator.send("calls", r#"{"id_call":"a"}"#).await;
        if !refused {
            until("a line", async || safe(&recorder), |safe| *safe == 1).await;
        }
        recorder.kill();
        let said = [recorder.stdout(), recorder.stderr()].concat();
        assert!(!said.contains(token.text()), "{said}");
    }
    let text = fs::read_to_string(&file).expect("it can be read");
    assert!(!text.contains(simulator.token().text()) && text.contains("id_call"), "{text}");
}

#[test]
fn a_file_that_cannot_be_used_is_named() {
    let (folder, file) = folder();
    let nowhere = folder.path().join("no/such/folder").display().to_string();
    let diary = file.display().to_string();
    fs::write(&file, "dear diary").expect("it can be written");
    for (out, words) in [(&*nowhere, "no/such/folder"), (&diary, "no recording")] {
        let arguments = ["record", "--out", out, "--upstream", "ws://127.0.0.1:9"];
        let output = run(&arguments, &[("CALLBOARD_TOKEN", "t")]);
        let stderr = String::from_utf8_lossy(&output.stderr);
        assert_eq!(output.status.code(), Some(2), "{stderr}");
        assert!(stderr.contains("`out`") && stderr.contains(words), "{stderr}");
        assert_eq!(stderr.trim_end().lines().count(), 1, "{stderr}");
    }
    assert_eq!(fs::read_to_string(&file).expect("it can be read"), "dear diary");
}
