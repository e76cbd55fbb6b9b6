//! `mcom ping`: which hosts are there, by whom and which way they were reached, how far, and what their clocks say.

use crate::support::Bench;
use serde_json::Value;

fn objects(text: &str) -> Vec<Value> {
    text.lines().map(|line| serde_json::from_str(line).unwrap()).collect()
}

#[test]
fn hosts_answer_through_the_tree() {
    let bench = Bench::grid(2, 3);
    let ran = bench.mcom(&["ping", "-h", "mail[1-3]-(dc1|dc2)", "--json"]).expect(0);
    let hosts = objects(&ran.out);
    let count = |way: &str| hosts.iter().filter(|host| host["way"].as_str().unwrap().starts_with(way)).count();
    assert_eq!((hosts.len(), count("from here"), count("with its parent's own key through mail")), (6, 2, 4));
    for host in &hosts {
        assert_eq!((&host["node"], &host["shipped"]), (&env!("CARGO_PKG_VERSION").into(), &true.into()), "{host}");
        assert!(host["round_trip_us"].as_u64().is_some_and(|us| us > 0), "{host}");
        assert!(host["skew_ms"].as_i64().is_some_and(|ms| ms.abs() < 1000), "one machine has one clock: {host}");
    }
    let again = bench.mcom(&["ping", "-h", "mail[1-3]-dc1", "--flat"]).expect(0);
    for line in again.sorted() {
        assert!(line.contains(": ok  from here  node ") && line.contains("  round trip "), "{line}");
        assert!(!line.contains("put there now") && line.contains("  clock "), "{line}");
    }
    assert!(bench.events().is_empty(), "a ping leaves no run");
}

#[test]
fn hosts_that_are_not_there_are_named() {
    let bench = Bench::grid(1, 2);
    let ran = bench.mcom(&["ping", "-h", "mail[1-2]-dc1,mail9-dc1"]).expect(11);
    let silent: Vec<&str> =
        ran.sorted().into_iter().filter(|line| line.starts_with("mail9-dc1: UNREACHABLE")).collect();
    assert_eq!(silent.len(), 1, "{}", ran.out);
}
