//! Builds the proxy anew when the page has changed: its file names do.
#![allow(clippy::print_stdout, reason = "how a build script speaks to cargo")]

fn main() {
    println!("cargo:rerun-if-changed=build.rs");
    // A path that is not there would count as changed each time.
    if std::path::Path::new("../dist").exists() {
        println!("cargo:rerun-if-changed=../dist");
    } else {
        println!("cargo:rerun-if-changed=..");
    }
}
