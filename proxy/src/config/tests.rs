//! Settings in, meaning or one sentence out.

use super::*;

fn token() -> Secrets {
    Secrets { token: Some(Secret::new("hunter2")), viewer_key: None }
}

#[track_caller]
fn refused(settings: Settings) -> String {
    settings.resolve(token()).unwrap_err().to_string()
}

#[test]
fn flags_beat_the_file_and_the_file_beats_the_default() {
    let flags = Settings { max_viewers: Some(7), ..Settings::default() };
    let file = "max-viewers = 3\nlisten = \"127.0.0.1:9000\"\nallowed-hosts = [\"Board.example\"]";
    let config = check::config(flags.over(file).unwrap(), token()).unwrap();
    assert_eq!(config.limits.viewers, 7);
    assert_eq!(config.listen.port(), 9000);
    assert_eq!(config.allowed_hosts, ["board.example"]);
    assert_eq!(config.upstream.unwrap().base, "wss://statistics-webhook.telavox.se");
}

#[test]
fn what_is_unknown_or_impossible_is_named() {
    let in_file = |text: &str| Settings::default().over(text).unwrap_err().to_string();
    assert!(in_file("lisen = 1").contains("lisen"));
    assert!(in_file("token = \"hunter2\"").contains("unknown field `token`"));
    assert!(!in_file("token = \"hunter2\"").contains("hunter2"));

    let listen = Some("0.0.0.0:80".parse().unwrap());
    assert!(refused(Settings { listen, ..Settings::default() }).starts_with("`listen`"));
    let open = Settings { listen, public: Some(true), ..Settings::default() };
    assert!(open.resolve(token()).is_ok());

    let upstream = |url: &str| Settings { upstream: Some(url.into()), ..Settings::default() };
    assert!(refused(upstream("ws://elsewhere.example")).contains("unencrypted"));
    assert!(refused(upstream("wss://x.example\\y")).starts_with("`upstream`"));
    assert!(refused(upstream("https://elsewhere.example")).contains("wss://"));
    assert!(refused(upstream("wss://x.example/?token=1")).starts_with("`upstream`"));
    assert!(upstream("ws://127.0.0.1:9").resolve(token()).is_ok());
    assert!(refused(upstream("wss//x.example/")).starts_with("`upstream-hosts`"));
    let allowed =
        Settings { upstream_hosts: Some(vec!["X.example".into()]), ..upstream("wss//x.example/") };
    assert_eq!(allowed.resolve(token()).unwrap().upstream.unwrap().base, "wss://x.example");

    let unit = Settings { duration_unit: Some("minutes".into()), ..Settings::default() };
    assert!(refused(unit).starts_with("`duration-unit`"));

    let zone = Settings { time_zone: Some("Atlantis".into()), ..Settings::default() };
    assert!(refused(zone).starts_with("`time-zone`"));
    let start = Settings { day_start: Some("4".into()), ..Settings::default() };
    assert!(refused(start).starts_with("`day-start`"));
    let never = Settings { retention_days: Some(0), ..Settings::default() };
    assert!(refused(never).starts_with("`retention-days`"));
    for limit in [0, 601] {
        let limit = Settings { question_limit_s: Some(limit), ..Settings::default() };
        assert!(refused(limit).starts_with("`question-limit-s`"));
    }

    let none = Settings::default().resolve(Secrets::default()).unwrap_err().to_string();
    assert!(none.contains(TOKEN_VARIABLE), "{none}");
}

#[test]
fn the_demo_keeps_nothing_unless_it_is_told_where() {
    let config = |demo, folder: Option<&str>| {
        let data_dir = folder.map(Into::into);
        let settings = Settings { demo: Some(demo), data_dir, ..Settings::default() };
        let config = settings.resolve(token()).unwrap();
        (config.place, config.retention_days)
    };
    let folder = |name: &str| Place::Folder(name.into());
    assert_eq!(config(false, None), (folder("callboard-data"), 400));
    assert_eq!(config(true, None), (Place::Memory, 2));
    assert_eq!(config(true, Some("x")), (folder("x"), 400));
    assert_eq!(config(false, Some(":memory:")), (Place::Memory, 2));
}

#[test]
fn a_mistyped_variable_is_found() {
    let unknown = |name: &str| unknown_variable([name.to_owned()].into_iter());
    assert_eq!(unknown("CALLBOARD_LISTEN"), None);
    assert_eq!(unknown("CALLBOARD_TOKEN"), None);
    assert_eq!(unknown("PATH"), None);
    assert_eq!(unknown("CALLBOARD_LISEN").as_deref(), Some("CALLBOARD_LISEN"));
}

#[test]
fn the_token_is_in_no_debug_print() {
    let config = Settings::default().resolve(token()).unwrap();
    assert!(!format!("{config:?}").contains("hunter2"));
}

#[test]
fn a_queue_has_what_it_is_given_and_else_what_all_have() {
    let file = "target-percent = 90\n[queues.71]\nanswer-within-s = 10\n";
    let of = |file: &str| Settings::default().over(file).unwrap().thresholds();
    let thresholds = of(file).unwrap();
    let own = thresholds.of(&"71".into());
    assert_eq!((own.answer_within_s, own.short_abandon_s, own.target_percent), (10, 5, 90));
    assert_eq!(thresholds.of(&"72".into()).answer_within_s, 20);
    let wrong = |file: &str| of(file).unwrap_err().to_string();
    assert!(wrong("[queues.71]\ntarget-percent = 100\n").starts_with("`queues.71.target-percent`"));
    assert!(wrong("answer-within-s = 0\n").starts_with("`answer-within-s`"));
    assert!(of("short-abandon-s = 0\n").is_ok());
    assert!(Settings::default().over("[queues.71]\nanswer = 10\n").is_err());
    let soon = Settings::default().over("listen = \"127.0.0.1:1\"\nmax-viewers = \"soon\"\n");
    let soon = soon.unwrap_err().to_string();
    assert!(soon.contains("`max-viewers`") && !soon.contains("soon"), "{soon}");
}

#[test]
fn the_home_country_is_one_whose_numbers_are_known() {
    let of = |file: &str| Settings::default().over(file).unwrap().thresholds();
    assert_eq!(of("").unwrap().home.iso(), "SE");
    assert_eq!(of("home-country = \"no\"").unwrap().home.iso(), "NO");
    let why = of("home-country = \"XX\"").unwrap_err().to_string();
    assert!(why.starts_with("`home-country`: must be one of SE, DK, NO"), "{why}");
}
