//! `docs/settings.md`, written from [`Settings`] itself: names and words are
//! clap's, keys and their types are serde's. `cargo xtask docs` writes it.

use std::path::Path;

use clap::{Arg, CommandFactory, Parser};

use super::{Settings, TOKEN_VARIABLE, VIEWER_KEY_VARIABLE};

const HEAD: &str = "\
<!-- Written by `cargo xtask docs` from `Settings` in proxy/src/config.rs. Change it there. -->

# Settings

Each setting has one name in three places. The flag beats the variable, the variable beats the file,
the file beats the default. The file is the one that `--config` names; it is TOML, without sections.
A list is written with commas in a flag or a variable (`--allowed-hosts a.example,b.example`).

A key or a `CALLBOARD_` variable that is none of these stops the start, and so does a combination that
cannot work. `callboard check` says so without starting anything.

";

const SECRETS: &str = "
## Single queues

`answer-within-s`, `short-abandon-s` and `target-percent` hold for all queues. In the file, and only
there, a queue may have its own, under its id:

```toml
answer-within-s = 20

[queues.71]
answer-within-s = 10
target-percent = 90
```

All three, and `home-country`, are read anew at `SIGHUP` (`systemctl reload callboard`): every board shows at once what is
in force, also for the calls of the past hours. Other settings want a restart.

## Limits of alerts

A queue is at `warn` or at `breach`: from so many callers waiting, from so long a wait, below such a
service level (once so many of its calls were decided). The rules are told to the page with the
thresholds, and read anew with them. In the file only; these are the defaults:

```toml
[alerts]
waiting = { warn = 5, breach = 10 }
longest-wait-s = { warn = 20, breach = 60 }
service-level = { warn = 80, breach = 60 }
least-decided = 20

[queues.71.alerts]
waiting = { warn = 2 }
silence-min = { warn = 30, breach = 60 }

[total.alerts]
service-level = {}
```

A queue, and all calls together (`total`, which is not watched without such a section), take from
`[alerts]` what they do not say. A limit that a pair leaves out is never reached; `{}` switches one off.
An alert is raised at once, and gets better when its figure was within the limit for 30 s on end.
`silence-min` is off unless told: so many minutes without a call offered, within `silence-hours` and
while the streams are live. [alerts.md](alerts.md) says more.

## Webhooks

Alerts are posted to those that the file names, and only there. All but the URL may be left out; these
are the defaults:

```toml
[[webhooks]]
url-file = \"/etc/callboard/webhook\"  # or url = \"https://…\": whoever knows it can post there
kind = \"json\"                        # or slack, teams
min-level = \"breach\"                 # or warn
cooldown-s = 300                       # 0 to 86400
send-resolved = true
# queues = [\"71\", \"72\"]             # all, and all calls together
# quiet-hours = \"22:00-07:00\"         # none; in `time-zone`
```

The URL is `https://`, or `http://` to this machine. At most 20. They want a restart. What is sent, and
when, is in [alerts.md](alerts.md).

## Saved boards

The state of the view is in the page's address. In the file, and only there, such a state can have a
name; the page offers them by it:

```toml
[boards]
\"Support wall\" = \"?view=wall&queues=71,72\"
```

At most 50, a name of at most 60 characters, up to 2 KB each. What somebody sees of one is still what
their key or link shows.

## Secrets

Both are in a file of their own, or in a variable. They have no flag, as flags are in the process
list, and no key, as configuration files are copied about. To give one in both ways stops the start.

| variable | instead of | meaning |
|---|---|---|
";

#[derive(Parser)]
struct All {
    #[command(flatten)]
    _settings: Settings,
}

/// The whole file.
fn manual() -> String {
    let mut text = HEAD.to_owned();
    text += "| flag | variable | key in the file | default | meaning |\n|---|---|---|---|---|\n";
    for argument in All::command().get_arguments() {
        text += &row(argument);
    }
    text += SECRETS;
    let key = "The key that viewers must show";
    text += &format!("| `{TOKEN_VARIABLE}` | `--token-file` | The upstream's token |\n");
    text += &format!("| `{VIEWER_KEY_VARIABLE}` | `--viewer-key-file` | {key} |\n");
    text
}

fn row(argument: &Arg) -> String {
    let name = argument.get_long().expect("a setting has a flag");
    let variable = argument.get_env().expect("a setting has a variable").display();
    let help = argument.get_help().expect("a setting is documented").to_string();
    let (meaning, default) = match help.split_once(" [default: ") {
        Some((meaning, default)) => (meaning, default.trim_end_matches(']')),
        None => (&*help, "–"),
    };
    let key = key(name).map_or_else(|| "–".to_owned(), |key| format!("`{key}`"));
    let cells =
        format!("`{}` | `{variable}` | {key} | {default} | {meaning}", flag(argument, name));
    assert!(cells.matches('|').count() == 4 && !cells.contains('\n'), "no row of a table: {cells}");
    format!("| {cells} |\n")
}

/// The flag as it is typed, with its value: `--listen ADDRESS`.
fn flag(argument: &Arg, name: &str) -> String {
    let values: Vec<_> =
        argument.get_possible_values().iter().map(|value| value.get_name().to_owned()).collect();
    let value = match &values[..] {
        // True without a value.
        [yes, no] if yes == "true" && no == "false" => return format!("--{name}"),
        [] => argument.get_value_names().unwrap_or_default().join(" "),
        // A bar would end the table's cell.
        values => values.join("/"),
    };
    format!("--{name} {value}")
}

/// The key as it is written in the file, by the first type that serde takes
/// for it; `None`: there is no such key.
fn key(name: &str) -> Option<String> {
    [("\"x\"", "\"…\""), ("1", "1"), ("true", "true"), ("[\"x\"]", "[\"…\"]")].iter().find_map(
        |(tried, shown)| {
            let error = toml::from_str::<Settings>(&format!("{name} = {tried}")).err();
            let why = error.map_or_else(String::new, |error| error.message().to_owned());
            let fits = !why.contains("invalid type") && !why.contains("unknown field");
            fits.then(|| format!("{name} = {shown}"))
        },
    )
}

#[test]
fn the_manual_is_what_the_code_says() {
    let path = Path::new(env!("CARGO_MANIFEST_DIR")).join("../docs/settings.md");
    let manual = manual();
    if std::env::var_os("UPDATE_DOCS").is_some() {
        std::fs::write(&path, &manual).unwrap();
    }
    let written = std::fs::read_to_string(&path).unwrap_or_default();
    assert!(
        written == manual,
        "docs/settings.md is not what Settings says: run `cargo xtask docs`"
    );
}

#[test]
fn the_manual_has_every_setting_with_its_type() {
    let manual = manual();
    for row in [
        "`--listen ADDRESS` | `CALLBOARD_LISTEN` | `listen = \"…\"` | 127.0.0.1:8080 | Address to",
        "`--config FILE` | `CALLBOARD_CONFIG` | – | – | Read further settings",
        "`--max-viewers COUNT` | `CALLBOARD_MAX_VIEWERS` | `max-viewers = 1` | 10000 |",
        "`--allowed-hosts NAME` | `CALLBOARD_ALLOWED_HOSTS` | `allowed-hosts = [\"…\"]` | – |",
        "`--log-format text/json` | `CALLBOARD_LOG_FORMAT` | `log-format = \"…\"` | text |",
        "`--demo` | `CALLBOARD_DEMO` | `demo = true` | – |",
    ] {
        assert!(manual.contains(&format!("| {row}")), "{row}\n{manual}");
    }
    for secret in [TOKEN_VARIABLE, VIEWER_KEY_VARIABLE] {
        assert!(manual.contains(&format!("| `{secret}` |")), "{secret}");
    }
}
