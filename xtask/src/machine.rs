//! The machine we run on: where things are, and how commands are prepared.
//!
//! Two compilers may be at work. Native crates are always built with the one
//! that runs `cargo xtask`. The page may need another: where rustup cannot
//! fetch the wasm32 standard library, Debian's compiler builds it from source.

use std::env;
use std::ffi::{OsStr, OsString};
use std::path::{Path, PathBuf};
use std::process::Command;

use anyhow::{Context, Result};

use crate::step::ask;

/// The target that the page is compiled for.
pub(crate) const WASM: &str = "wasm32-unknown-unknown";

/// Flags of the smallest page: it prints no panic, and so needs neither what
/// would be printed nor where it happened.
const SMALLEST: &str = "-Zunstable-options -Cpanic=immediate-abort -Zfmt-debug=none \
     -Zlocation-detail=none";

/// Variables that cargo sets for the program it runs, us.
///
/// Handed on, they would differ from those of a `cargo build` typed by hand,
/// and build scripts that watch them would run again at each change of hands.
const CARGOS_OWN: [&str; 6] =
    ["CARGO_PKG_", "CARGO_MANIFEST_", "CARGO_BIN_", "CARGO_CRATE_", "CARGO_PRIMARY_", "OUT_DIR"];

/// Variables that would lead Debian's compiler back to the user's own.
const RUSTUPS_OWN: [&str; 5] =
    ["RUSTUP_TOOLCHAIN", "RUSTC", "RUSTDOC", "LD_LIBRARY_PATH", "DYLD_FALLBACK_LIBRARY_PATH"];

/// Where the checkout, its tools and its builds are.
pub(crate) struct Machine {
    /// The checkout.
    pub(crate) root: PathBuf,
    /// Tools that `setup` installs: `.tools`, or `XTASK_TOOLS_DIR`.
    pub(crate) tools: PathBuf,
    /// Native builds: `target`, or `CARGO_TARGET_DIR`.
    pub(crate) target: PathBuf,
}

impl Machine {
    /// Looks around.
    pub(crate) fn here() -> Result<Self> {
        // The variable is right even when the checkout has moved since xtask
        // was compiled.
        let manifest = env::var_os("CARGO_MANIFEST_DIR")
            .map_or_else(|| PathBuf::from(env!("CARGO_MANIFEST_DIR")), PathBuf::from);
        let root = manifest.parent().context("run this as `cargo xtask`")?.to_path_buf();
        let folder = |variable: &str, default: &str| match env::var_os(variable) {
            Some(folder) if !folder.is_empty() => std::path::absolute(folder)
                .with_context(|| format!("set {variable} to the path of a folder")),
            _ => Ok(root.join(default)),
        };
        let tools = folder("XTASK_TOOLS_DIR", ".tools")?;
        let target = folder("CARGO_TARGET_DIR", "target")?;
        Ok(Self { root, tools, target })
    }

    /// Builds for the browser. Never shared with native ones: the two may come
    /// from different compilers.
    pub(crate) fn wasm_target(&self) -> PathBuf {
        self.target.join("wasm")
    }

    /// The page as Trunk leaves it and the proxy embeds it.
    pub(crate) fn dist(&self) -> PathBuf {
        self.root.join("dist")
    }

    /// Links to Debian's compiler; exists only where the user's own cannot
    /// build the page.
    pub(crate) fn debian_rust(&self) -> PathBuf {
        self.tools.join("debian-rust")
    }

    /// Programs of the npm packages that `setup` installs.
    pub(crate) fn node_bin(&self) -> PathBuf {
        self.node().join("node_modules/.bin")
    }

    /// Where `setup` lets npm install.
    pub(crate) fn node(&self) -> PathBuf {
        self.tools.join("node")
    }

    /// True when the compiler that runs `cargo xtask` has the wasm32 standard library.
    pub(crate) fn own_compiler_knows_wasm(&self) -> bool {
        ask(self.native("rustc").args(["--print", "target-libdir", "--target", WASM]))
            .is_some_and(|folder| Path::new(folder.trim()).exists())
    }

    /// A command that builds or runs native code.
    pub(crate) fn native(&self, program: impl AsRef<OsStr>) -> Command {
        let mut command = self.command(program, vec![self.tools.join("bin")]);
        command.env("CARGO_TARGET_DIR", &self.target);
        command
    }

    /// A command that builds for the browser, or one of the tools around that.
    pub(crate) fn wasm(&self, program: impl AsRef<OsStr>) -> Command {
        let mut folders = vec![self.tools.join("bin"), self.node_bin()];
        let debian = self.debian_rust();
        let use_debian = debian.join("rustc").exists();
        if use_debian {
            folders.insert(0, debian);
        }
        let mut command = self.command(program, folders);
        command.env("CARGO_TARGET_DIR", self.wasm_target());
        if use_debian {
            for variable in RUSTUPS_OWN {
                command.env_remove(variable);
            }
            // The library comes as source, and building it is still unstable.
            command.env("RUSTC_BOOTSTRAP", "1");
            command.env("CARGO_UNSTABLE_BUILD_STD", "std,panic_abort");
        }
        command
    }

    /// Makes `command`, which builds for the browser, build the smallest page.
    ///
    /// The standard library is built with the page, for size, and a panic ends
    /// at once instead of carrying the code that prints it: a tenth of the
    /// page. Both are unstable, and need the library's sources; without them
    /// the page is larger. A folder of its own, as flags are part of a build.
    pub(crate) fn smallest(&self, command: &mut Command) {
        if !self.debian_rust().exists() && !self.has_library_sources() {
            return;
        }
        command.env("CARGO_TARGET_DIR", self.target.join("page"));
        command.env("RUSTC_BOOTSTRAP", "1");
        command.env("CARGO_UNSTABLE_BUILD_STD", "std,panic_abort");
        command.env("CARGO_UNSTABLE_BUILD_STD_FEATURES", "optimize_for_size");
        command.env("RUSTFLAGS", SMALLEST);
    }

    /// True when the compiler that runs `cargo xtask` has the sources of the
    /// standard library.
    pub(crate) fn has_library_sources(&self) -> bool {
        ask(self.native("rustc").args(["--print", "sysroot"])).is_some_and(|root| {
            let library = Path::new(root.trim()).join("lib/rustlib/src/rust/library");
            library.join("std/Cargo.toml").exists()
        })
    }

    /// A command in the checkout that finds `folders` first and inherits no
    /// settings of a board or of the cargo that runs us.
    fn command(&self, program: impl AsRef<OsStr>, mut folders: Vec<PathBuf>) -> Command {
        folders.extend(search_path());
        let mut command = Command::new(program);
        command.current_dir(&self.root);
        // Cannot fail for folders that came out of PATH; a checkout whose own
        // path holds a separator is left to the tools on PATH.
        if let Ok(path) = env::join_paths(folders) {
            command.env("PATH", path);
        }
        for (name, _) in env::vars_os().filter(|(name, _)| is_not_for_children(name)) {
            command.env_remove(name);
        }
        command
    }
}

/// The first of `names` that is a program on PATH.
pub(crate) fn find(names: &[&str]) -> Option<PathBuf> {
    names.iter().find_map(|name| {
        let file = format!("{name}{}", env::consts::EXE_SUFFIX);
        search_path().map(|folder| folder.join(&file)).find(|path| path.is_file())
    })
}

fn search_path() -> impl Iterator<Item = PathBuf> {
    let path = env::var_os("PATH").unwrap_or_default();
    env::split_paths(&path).collect::<Vec<_>>().into_iter()
}

fn is_not_for_children(name: &OsString) -> bool {
    let name = name.to_string_lossy();
    name == "CARGO"
        || name.starts_with("CALLBOARD_")
        || CARGOS_OWN.iter().any(|prefix| name.starts_with(prefix))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn children_see_neither_a_boards_settings_nor_the_cargo_that_runs_us() {
        for name in ["CALLBOARD_TOKEN", "CARGO", "CARGO_PKG_NAME", "CARGO_MANIFEST_DIR"] {
            assert!(is_not_for_children(&OsString::from(name)), "{name}");
        }
        for name in ["PATH", "CARGO_HOME", "CARGO_TERM_COLOR", "XTASK_CHROMIUM"] {
            assert!(!is_not_for_children(&OsString::from(name)), "{name}");
        }
    }

    #[test]
    fn debians_compiler_comes_first_and_alone_when_it_is_linked() {
        let folder = tempfile::tempdir().unwrap();
        let root = folder.path().to_path_buf();
        let machine =
            Machine { tools: root.join("tools"), target: root.join("target"), root: root.clone() };
        let bootstrap = |command: &Command| command.get_envs().any(|(k, _)| k == "RUSTC_BOOTSTRAP");
        assert!(!bootstrap(&machine.wasm("cargo")));

        std::fs::create_dir_all(machine.debian_rust()).unwrap();
        std::fs::write(machine.debian_rust().join("rustc"), "").unwrap();
        let command = machine.wasm("cargo");
        assert!(bootstrap(&command));
        assert!(command.get_envs().any(|(k, v)| k == "RUSTUP_TOOLCHAIN" && v.is_none()));
        let path = command.get_envs().find(|(k, _)| *k == "PATH").unwrap().1.unwrap();
        assert_eq!(env::split_paths(path).next(), Some(machine.debian_rust()));
        assert!(!bootstrap(&machine.native("cargo")));
    }
}
