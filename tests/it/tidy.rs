//! House rules that no compiler knows.

use std::fs;
use std::path::{Path, PathBuf};

/// Lines that a file may have before its tests.
const LINES_MOST: usize = 400;

/// What a checkout holds besides our own files.
const NOT_OURS: [&str; 5] = ["target", "dist", "node_modules", "callboard-data", ".git"];

fn root() -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).parent().expect("the workspace").to_path_buf()
}

/// Our files whose names end in one of `endings`.
fn files(endings: &[&str]) -> Vec<(String, String)> {
    let (root, mut found) = (root(), Vec::new());
    let mut folders = vec![root.clone()];
    while let Some(folder) = folders.pop() {
        for entry in fs::read_dir(&folder).expect("a folder of the checkout can be read") {
            let path = entry.expect("an entry can be read").path();
            let name = path.file_name().unwrap_or_default().to_string_lossy().into_owned();
            if path.is_dir() {
                // Folders with a dot are tools' own, but for the ones of CI.
                let hidden = name.starts_with('.') && !matches!(&*name, ".github" | ".cargo");
                if !hidden && !NOT_OURS.contains(&&*name) {
                    folders.push(path);
                }
            } else if endings.iter().any(|ending| name.ends_with(ending)) {
                let text = fs::read_to_string(&path).expect("our files are text");
                let path = path.strip_prefix(&root).expect("it lies below").display().to_string();
                found.push((path, text));
            }
        }
    }
    found.sort();
    found
}

fn rust() -> Vec<(String, String)> {
    let files = files(&[".rs"]);
    for part in ["shared/src/", "proxy/src/", "frontend/src/", "xtask/src/", "tests/it/"] {
        assert!(files.iter().any(|(path, _)| path.starts_with(part)), "no file in {part}");
    }
    files
}

#[test]
fn every_file_says_what_it_is() {
    for (path, text) in rust() {
        assert!(text.starts_with("//! "), "{path}: the first line must be a `//!` sentence");
    }
}

/// Lines up to the module of tests at the end.
fn lines_of_code(text: &str) -> usize {
    let lines: Vec<_> = text.lines().collect();
    let tests = lines.windows(2).position(|pair| {
        pair[0] == "#[cfg(test)]" && pair[1].starts_with("mod ") && pair[1].ends_with('{')
    });
    tests.unwrap_or(lines.len())
}

#[test]
fn files_can_be_held_in_mind() {
    for (path, text) in rust() {
        let is_test = path.ends_with("/tests.rs") || path.starts_with("tests/it/");
        let lines = lines_of_code(&text);
        assert!(is_test || lines <= LINES_MOST, "{path}: {lines} lines, at most {LINES_MOST}");
    }
}

#[test]
fn the_page_loads_nothing_from_elsewhere() {
    for (path, text) in files(&[".html", ".css"]) {
        // The name of a language, not an address that anybody asks.
        let text = text.replace("http://www.w3.org/2000/svg", "");
        for scheme in ["http:", "https:", "src=\"//", "href=\"//", "url(//"] {
            assert!(!text.contains(scheme), "{path}: names `{scheme}`");
        }
    }
}

#[test]
fn packages_come_from_the_public_registry_and_no_file_says_otherwise() {
    let lock = fs::read_to_string(root().join("Cargo.lock")).expect("the lock file is here");
    let index = "registry+https://github.com/rust-lang/crates.io-index";
    for line in lock.lines().filter(|line| line.starts_with("source = ")) {
        assert_eq!(line, format!("source = \"{index}\""));
    }
    let hosts = [
        concat!("crates", ".io"),
        concat!("npmjs", "."),
        concat!("pypi", "."),
        concat!("docker", ".io"),
        concat!("ghcr", ".io"),
        concat!("artifactory", "."),
    ];
    let endings = [".rs", ".toml", ".html", ".css", ".json", ".yml", ".yaml", ".sh"];
    for (path, text) in files(&endings) {
        // This file itself names the one that the lock file may name.
        let text = text.replace(index, "");
        for host in hosts {
            assert!(!text.contains(host), "{path}: names {host}");
        }
    }
}

#[test]
fn no_crate_of_ours_has_unsafe_code() {
    let of = |path: &str| fs::read_to_string(root().join(path)).expect("a manifest can be read");
    let workspace: &str = &of("Cargo.toml");
    assert!(workspace.contains("[workspace.lints.rust]\nunsafe_code = \"forbid\"\n"));
    let members = workspace.lines().find_map(|line| line.strip_prefix("members = "));
    let members = members.expect("a workspace has members").trim_matches(['[', ']']).split(", ");
    for member in members.map(|member| member.trim_matches('"')) {
        let manifest = of(&format!("{member}/Cargo.toml"));
        // What `#[wasm_bindgen]` writes is unsafe, and may be for that alone.
        let own = "[lints.rust]\nunsafe_code = \"deny\"\n";
        let is_widget = member == "frontend/widget" && manifest.contains(own);
        assert!(is_widget || manifest.contains("[lints]\nworkspace = true"), "{member}");
    }
    let word = concat!("(unsafe", "_code");
    for (path, text) in rust() {
        assert!(!text.contains(word), "{path}: allows what is forbidden");
    }
}
