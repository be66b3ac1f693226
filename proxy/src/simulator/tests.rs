//! Options: defaults, ranges, and the token that never shows.

use clap::{CommandFactory, Parser};

use super::*;

#[derive(Parser)]
struct Cli {
    #[command(flatten)]
    options: Options,
}

#[test]
fn flags_have_the_documented_names_and_defaults() {
    Cli::command().debug_assert();
    let none = Cli::parse_from(["simulate"]).options;
    assert_eq!(format!("{none:?}"), format!("{:?}", Options::default()));
    let line = "simulate --seed 7 --agents 3 --queues 2 --calls-per-hour 60.5 --speed 60 \
                --start 1795337000000 --greet --no-ring-events";
    let all = Cli::parse_from(line.split_whitespace()).options;
    assert_eq!((all.seed, all.agents, all.queues, all.greet), (7, 3, 2, true));
    assert_eq!(all.start, Some(1_795_337_000_000));
    assert_eq!(all.check(), Ok(()));
}

#[track_caller]
fn check_refusal(options: Options, sentence: &str) {
    assert_eq!(options.check().unwrap_err().to_string(), sentence);
}

#[test]
fn an_option_out_of_range_is_named() {
    let options = Options::default;
    check_refusal(Options { queues: 0, ..options() }, "--queues must be 1 to 200, not 0");
    check_refusal(Options { agents: 9_000, ..options() }, "--agents must be 0 to 5000, not 9000");
    check_refusal(Options { speed: 0.0, ..options() }, "--speed must be 0.1 to 1000, not 0");
    check_refusal(
        Options { calls_per_hour: f64::NAN, ..options() },
        "--calls-per-hour must be 0 to 1000000, not NaN",
    );
    check_refusal(
        Options { start: Some(-1), ..options() },
        "--start must be 0 to 4102444800000, not -1",
    );
}

#[test]
fn the_token_cannot_be_printed() {
    let token = Token::new("s3cret");
    assert_eq!(format!("{token:?}"), "Token(…)");
}

#[test]
fn a_simulator_refuses_bad_options_in_its_own_words() {
    let options = Options { queues: 0, ..Options::default() };
    let error = Simulator::new(Token::new("t"), options).err().unwrap();
    assert_eq!(error.kind(), io::ErrorKind::InvalidInput);
    assert!(error.to_string().contains("--queues"));
}
