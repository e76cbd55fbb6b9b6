//! `mcom ping`: which hosts are there, by whom and which way they were reached, how far, and what their clocks say.

use crate::support::{Bench, Ran};
use crate::terminal::AtTerminal;
use serde_json::Value;
use std::process::Command;

fn objects(text: &str) -> Vec<Value> {
    text.lines().map(|line| serde_json::from_str(line).unwrap()).collect()
}

#[test]
fn hosts_answer_through_the_tree() {
    let bench = Bench::grid(2, 3);
    for (credentials, way) in [
        ("own", "with its parent's own key through mail"),
        ("auto", "by relay through mail"),
        ("transit", "by transit through its parent's sshd"),
    ] {
        let ran = bench.mcom(&["ping", "-h", "mail[1-3]-(dc1|dc2)", "--json", "--credentials", credentials]).expect(0);
        let hosts = objects(&ran.out);
        let count = |way: &str| hosts.iter().filter(|host| host["way"].as_str().unwrap().starts_with(way)).count();
        assert_eq!((hosts.len(), count("from here"), count(way)), (6, 2, 4), "{}", ran.out);
        let first = credentials == "own";
        for host in &hosts {
            assert_eq!((&host["node"], &host["shipped"]), (&env!("CARGO_PKG_VERSION").into(), &first.into()), "{host}");
            assert!(host["round_trip_us"].as_u64().is_some_and(|us| us > 0), "{host}");
            assert!(host["skew_ms"].as_i64().is_some_and(|ms| ms.abs() < 1000), "one machine has one clock: {host}");
        }
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

/// A fleet, and an operator whose ssh knows none of it.
struct Stranger {
    bench: Bench,
    known: String,
}

impl Stranger {
    fn of(bench: Bench) -> Self {
        let known = bench.path("known_hosts").display().to_string();
        Self { bench, known }
    }

    fn command(&self, args: &[&str]) -> Command {
        let file = format!("UserKnownHostsFile={}", self.known);
        let options = ["-o", &file, "-o", "GlobalKnownHostsFile=/dev/null"];
        self.bench.command(&[args, &options].concat())
    }

    fn mcom(&self, args: &[&str]) -> Ran {
        self.command(args).output().unwrap().into()
    }

    fn lines(&self) -> Vec<String> {
        std::fs::read_to_string(&self.known).unwrap_or_default().lines().map(str::to_owned).collect()
    }
}

#[test]
fn keys_are_learnt_through_the_parents_and_confirmed_by_round() {
    let stranger = Stranger::of(Bench::grid(2, 3));
    stranger.mcom(&["ping", "-h", "mail[1-3]-(dc1|dc2)"]).expect(11);
    let before = stranger.bench.logins();
    let ran = stranger.mcom(&["ping", "--learn", "--yes", "-h", "mail[1-3]-(dc1|dc2)"]).expect(0);
    assert_eq!(ran.out, "learnt 6  mail[1-3]-(dc1|dc2)\n");
    assert_eq!(stranger.bench.logins() - before, 2, "only the parents are logged in on");
    let shown: Vec<&str> = ran.err.lines().filter(|line| line.contains("  ssh-ed25519 SHA256:")).collect();
    assert_eq!(
        (shown.len(), ran.err.matches("host keys that are not known yet:\ndc1\n").count()),
        (6, 2),
        "{}",
        ran.err
    );
    assert!(ran.err.contains(&format!("kept 2 keys in {}\n", stranger.known)), "{}", ran.err);
    assert!(ran.err.contains(&format!("kept 4 keys in {}\n", stranger.known)), "{}", ran.err);
    assert_eq!(stranger.lines().len(), 6);
    // What was learnt is what links need.
    let ran = stranger.mcom(&["ping", "-h", "mail[1-3]-dc1", "--flat"]).expect(0);
    assert_eq!(ran.out.matches(": ok  from here  ").count(), 3, "{}", ran.out);
    let again = stranger.mcom(&["ping", "--learn", "-h", "mail[1-3]-(dc1|dc2)"]).expect(0);
    assert_eq!((again.out.as_str(), again.err.as_str()), ("known 6  mail[1-3]-(dc1|dc2)\n", ""));
}

#[test]
fn a_known_key_is_never_replaced() {
    let stranger = Stranger::of(Bench::grid(1, 2));
    stranger.mcom(&["ping", "--learn", "-y", "-h", "mail[1-2]-dc1", "--flat"]).expect(0);
    // The second host has the first one's key from now on, as far as the operator knows.
    let lines = stranger.lines();
    let (name, key) = (lines[1].split_once(' ').unwrap().0, lines[0].split_once(' ').unwrap().1);
    let changed = format!("{}\n{name} {key}\n", lines[0]);
    std::fs::write(&stranger.known, &changed).unwrap();
    let ran = stranger.mcom(&["ping", "--learn", "-y", "-h", "mail[1-2]-dc1", "--flat"]).expect(11);
    assert!(ran.out.starts_with("known 1  mail1-dc1\nCHANGED  mail2-dc1  it shows ssh-ed25519 SHA256:"), "{}", ran.out);
    let again = format!("ssh-keygen -R '{name}' -f '{}'; mcom ping --learn -h 'mail2-dc1'\n", stranger.known);
    assert!(ran.out.ends_with(&format!("where that is right: {again}")), "{}", ran.out);
    assert_eq!(std::fs::read_to_string(&stranger.known).unwrap(), changed);
}

#[test]
fn keys_are_kept_where_somebody_says_so() {
    let stranger = Stranger::of(Bench::grid(1, 2));
    let learn = ["ping", "--learn", "-h", "mail[1-2]-dc1", "--flat"];
    for (typed, word) in
        [("n", "mcom: none of these was kept"), ("No", "mcom: none of these was kept"), ("2", "`2` is neither y nor n")]
    {
        let mut ping = AtTerminal::of(&stranger.command(&learn));
        ping.wait_for("keep them? (y/n) ");
        ping.key(format!("{typed}\n").as_bytes());
        ping.wait_for(word);
        ping.expect(4);
        assert!(stranger.lines().is_empty());
    }
    let mut ping = AtTerminal::of(&stranger.command(&learn));
    ping.wait_for("keep them? (y/n) ");
    ping.key(b"y\n");
    ping.wait_for("learnt 2");
    ping.expect(0);
    assert_eq!(stranger.lines().len(), 2);
}

#[test]
fn nobody_is_taken_for_a_yes() {
    let stranger = Stranger::of(Bench::grid(1, 1));
    let mcom = stranger.command(&["ping", "--learn", "-h", "mail1-dc1"]);
    // In a session of its own there is no terminal.
    let mut command = Command::new("setsid");
    command.arg("--wait").arg(mcom.get_program()).args(mcom.get_args());
    command.envs(mcom.get_envs().filter_map(|(key, value)| Some((key, value?))));
    let ran: Ran = command.output().unwrap().into();
    let ran = ran.expect(4);
    let text = "mcom: nobody can be asked here: none of these was kept\n  run it at a terminal, or say that they are right: --yes\n";
    assert!(ran.err.contains("  mail1-dc1  ssh-ed25519 SHA256:") && ran.err.ends_with(text), "{}", ran.err);
    assert!(stranger.lines().is_empty());
}
