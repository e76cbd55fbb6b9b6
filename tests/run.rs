//! `mcom run` over real fleets: what reaches the hosts, what comes back, through whom, and at what cost.

use crate::support::{Bench, count, outcomes};

#[test]
fn a_script_reaches_every_host_through_one_connection_per_datacenter() {
    let bench = Bench::grid(2, 5);
    let script = bench.file("hello.sh", "#!/bin/sh\necho \"$MCOM_HOST in $MCOM_DC says $1\"\n");
    let ran = bench.mcom(&["-h", "mail[1-5]-(dc1|dc2)", "-s", &script, "--", "good morning"]).expect(0);
    let mut expected: Vec<String> = Vec::new();
    for dc in ["dc1", "dc2"] {
        expected.extend((1..=5).map(|n| format!("mail{n}-{dc}: mail{n}-{dc} in {dc} says good morning")));
    }
    expected.sort();
    assert_eq!(ran.sorted(), expected);
    let events = bench.events();
    assert_eq!(count(&events, "event", "shipped"), 2, "the payload crosses each long link once");
    assert_eq!(count(&events, "event", "intent"), 2);
    assert_eq!(count(&events, "said", "ended"), 10);
    let by_coordinator = |e: &&serde_json::Value| e["said"] == "linked" && e.get("by").is_none();
    assert_eq!(events.iter().filter(by_coordinator).count(), 2);
    assert_eq!(bench.logins(), 10, "each host is logged in to once");
    let last = events.last().unwrap();
    assert_eq!((&last["event"], &last["by"]), (&"run-ended".into(), &"itself".into()));
}

#[test]
fn a_second_run_ships_no_node() {
    let bench = Bench::grid(1, 3);
    for shipped in [3, 0] {
        bench.mcom(&["-h", "mail[1-3]-dc1", "--", "true"]).expect(0);
        let events = bench.events();
        let ships = events.iter().filter(|event| event["node_shipped"] == true).count();
        assert_eq!(ships, shipped);
    }
}

#[test]
fn a_deep_tree_runs_every_host_once() {
    let bench = Bench::grid(1, 9);
    let ran = bench.mcom(&["-h", "mail[1-9]-dc1", "--width", "2", "-c", "echo $MCOM_HOST >>runs; cat runs"]).expect(0);
    let expected: Vec<String> = (1..=9).map(|n| format!("mail{n}-dc1: mail{n}-dc1")).collect();
    assert_eq!(ran.sorted(), expected);
    let events = bench.events();
    assert!(count(&events, "said", "chosen") >= 3, "there are parents below the parent");
    assert_eq!(bench.logins(), 9);
}

#[test]
fn fan_out_paces_and_changes_no_tree() {
    let bench = Bench::grid(1, 4);
    let log = bench.path("log");
    let text = format!("echo in >>{0}; sleep 0.1; echo out >>{0}", log.display());
    bench.mcom(&["-h", "mail[1-4]-dc1", "-f", "1", "-c", &text]).expect(0);
    assert_eq!(std::fs::read_to_string(log).unwrap(), "in\nout\n".repeat(4));
    let chosen = bench.events().into_iter().find(|event| event["said"] == "chosen").unwrap();
    assert_eq!(chosen["below"], 3);
}

#[test]
fn one_host_prints_raw_and_gives_its_streams_apart() {
    let bench = Bench::grid(1, 1);
    let ran = bench.mcom(&["-h", "mail1-dc1", "-c", "printf 'no newline'; echo oops >&2"]).expect(0);
    assert_eq!(ran.out, "no newline");
    assert!(ran.err.lines().any(|line| line == "oops"), "{}", ran.err);
}

#[test]
fn arguments_environment_directory_and_standard_input_arrive_as_they_are() {
    let bench = Bench::grid(1, 1);
    let stdin = bench.file("input", "from a file\n");
    let odd = "two  words 'quoted' \"double\" $HOME `date` \\ *";
    let script = bench.file("show.sh", "printf '%s|' \"$@\" \"$KEY\" \"$(pwd)\"; cat\n");
    let args = ["-h", "mail1-dc1", "-s", &script, "-e", "KEY=a b=c", "--cwd", "/usr", "--stdin", &stdin, "--", odd, ""];
    assert_eq!(bench.mcom(&args).expect(0).out, format!("{odd}||a b=c|/usr|from a file\n"));
    let ran = bench.mcom(&["-h", "mail1-dc1", "--", "printf", "%s\n", odd]).expect(0);
    assert_eq!(ran.out, format!("{odd}\n"));
}

#[test]
fn an_interpreter_line_is_honoured() {
    let bench = Bench::grid(1, 1);
    let script = bench.file("count.awk", "#!/usr/bin/awk -f\nBEGIN { print 6 * 7 }\n");
    assert_eq!(bench.mcom(&["-h", "mail1-dc1", "-s", &script]).expect(0).out, "42\n");
}

#[test]
fn failures_time_outs_and_signals_have_their_own_outcomes() {
    let bench = Bench::grid(1, 4);
    let text = "case $MCOM_HOST in mail1-*) exit 3;; mail2-*) sleep 60;; mail3-*) kill -9 $$;; esac";
    let ran = bench.mcom(&["-h", "mail[1-4]-dc1", "-u", "1s", "-c", text]).expect(10);
    let outcomes = outcomes(&bench);
    assert_eq!(outcomes, ["failed", "failed", "ok", "timed-out"], "{}", ran.err);
    assert!(ran.err.contains("mail1-dc1  exit 3") && ran.err.contains("TIMED OUT 1  mail2-dc1"), "{}", ran.err);
    let maxrc = bench.mcom(&["-h", "mail1-dc1", "-S", "-c", "exit 42"]);
    assert_eq!(maxrc.code, Some(42));
}

#[test]
fn a_parent_that_cannot_be_reached_gives_way() {
    let bench = Bench::grid(1, 4);
    let plan = bench.mcom(&["plan", "-h", "mail[1-4]-dc1", "--parents", "mail3-dc1", "-c", "true"]).expect(0);
    assert!(plan.out.contains("mail3-dc1"), "{}", plan.out);
    let mut bench = bench;
    bench.fleet.stop_host("mail3-dc1").unwrap();
    let ran = bench.mcom(&["-h", "mail[1-4]-dc1", "--parents", "mail3-dc1", "--", "true"]).expect(11);
    assert_eq!(outcomes(&bench), ["ok", "ok", "ok", "unreachable"], "{}", ran.err);
    assert_eq!(count(&bench.events(), "said", "gave-way"), 1);
    let log = bench.mcom(&["log"]).expect(0);
    assert!(log.out.contains("mail3-dc1") && log.out.contains("gave way"), "{}", log.out);
}

#[test]
fn a_datacenter_without_any_reachable_host_is_unreachable_and_the_other_runs() {
    let mut bench = Bench::grid(2, 3);
    for n in 1..=3 {
        bench.fleet.stop_host(&format!("mail{n}-dc2")).unwrap();
    }
    bench.mcom(&["-h", "mail[1-3]-(dc1|dc2)", "-t", "2s", "--", "true"]).expect(11);
    assert_eq!(outcomes(&bench), ["ok", "ok", "ok", "unreachable", "unreachable", "unreachable"]);
}

#[test]
fn flat_uses_no_parents() {
    let bench = Bench::grid(2, 3);
    bench.mcom(&["-h", "mail[1-3]-(dc1|dc2)", "--flat", "--", "true"]).expect(0);
    let events = bench.events();
    assert_eq!(count(&events, "said", "chosen"), 0);
    assert!(events.iter().all(|event| event.get("by").is_none() || event["event"] == "run-ended"));
}
