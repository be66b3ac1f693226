//! Telephone numbers of the home country, as callers are told apart by them.

use std::collections::BTreeSet;
use std::fs;

use serde_json::Value;
use support::{Proxy, Simulator, Viewer, until};

use crate::queries::play_to_its_end;

/// Who gives up with the number as it is written at home, and is then answered
/// with the other form of the same.
const CALLERS: [(&str, &str, &str); 3] = [
    ("NO", "41234567", "+4741234567"),
    ("FI", "0401234567", "+358401234567"),
    ("DK", "12345678", "004512345678"),
];

fn ids(calls: &Value) -> BTreeSet<String> {
    let calls = calls.as_array().expect("a list of calls");
    calls.iter().map(|call| call["id_call"].as_str().expect("an id").to_owned()).collect()
}

/// Two calls of each caller; their ids, by caller.
async fn play(simulator: &Simulator, viewer: &mut Viewer) -> Vec<[String; 2]> {
    let (mut played, mut over) = (Vec::new(), 0);
    for (_, at_home, abroad) in CALLERS {
        let mut of_one = Vec::new();
        for (number, answer) in [(at_home, None), (abroad, Some(50))] {
            over += 1;
            of_one.push(play_to_its_end(simulator, viewer, number, answer, over).await);
        }
        played.push(of_one.try_into().expect("two calls"));
    }
    played
}

/// Whom the proxy calls reached is the caller of `home` alone, and both of
/// that caller's calls are found by either form.
async fn follows(proxy: &Proxy, home: &str, played: &[[String; 2]]) {
    let look = async || proxy.json("/api/lost").await;
    let is_home = |lost: &Value| {
        let lost = lost["lost"].as_array().map_or(&[][..], Vec::as_slice);
        let reached = lost.iter().filter(|lost| !lost["reached"].is_null());
        let at_home = CALLERS.iter().zip(played).filter(|((country, ..), _)| *country == home);
        reached.map(|lost| lost["id_call"].as_str()).eq(at_home.map(|(_, of)| Some(of[0].as_str())))
    };
    let lost = until(&format!("callers of {home}"), look, is_home).await;
    assert_eq!(lost["recovered"], usize::from(home != "SE"), "{lost}");
    for ((country, at_home, abroad), of_one) in CALLERS.iter().zip(played) {
        let both: BTreeSet<_> = of_one.iter().cloned().collect();
        let found = proxy.json(&format!("/api/calls?q={}", abroad.replace('+', "%2B"))).await;
        assert_eq!(ids(&found["calls"]) == both, *country == home, "{home}: {abroad}: {found}");
        let found = proxy.json(&format!("/api/calls?q={at_home}")).await;
        assert!(ids(&found["calls"]).is_superset(&both), "{home}: {at_home}: {found}");
    }
}

#[tokio::test]
async fn callers_are_told_apart_by_the_home_country_also_by_a_new_one() {
    let simulator = Simulator::quiet().await;
    let folder = tempfile::tempdir().expect("a temporary folder can be made");
    let file = folder.path().join("callboard.toml");
    let at_home = |home: &str| {
        fs::write(&file, format!("home-country = \"{home}\"\n")).expect("a file can be written");
    };
    at_home("NO");
    let options = ["--config", file.to_str().expect("a plain path")];
    let mut proxy = Proxy::with(&simulator, simulator.token(), &options).await;
    let mut viewer = Viewer::open(&proxy).await;
    viewer.wait_until_live().await;
    let played = play(&simulator, &mut viewer).await;
    follows(&proxy, "NO", &played).await;
    // Of what is kept already, while it runs,
    for home in ["FI", "SE"] {
        at_home(home);
        proxy.server.process().signal("HUP");
        follows(&proxy, home, &played).await;
    }
    // and by a start.
    at_home("DK");
    proxy.stop_and_start().await;
    follows(&proxy, "DK", &played).await;
}
