//! The coordinator of a rollout is killed: hosts in flight finish, nothing new starts, and another process goes on at the
//! same place, with the same hosts, none of them twice.

use crate::rollout::change::{Change, FOUR, WATCHED};
use crate::scene::until;
use mcom_testbed::{Fleet, Links, Random, Way};
use std::time::Duration;

/// One host that is watched for long, then the others.
fn watched(soak: &str) -> String {
    format!(
        "[[stage]]\nname = 'canary'\nhost = 'mail2-dc1'\nsoak = '{soak}'\n[[stage]]\nname = 'rest'\nreach = 'all'\n"
    )
}

#[test]
fn in_a_soak() {
    let change = Change::grid(2, 2);
    let file = change.file("fix", &watched("3s"));
    let going = change.begin(&["start", &file]);
    change.await_state("soaking 0");
    going.kill();
    let status = change.rollout(&["status"]).expect(14).out;
    assert!(status.contains("mcom rollout resume"), "nobody carries it on, and that is said: {status}");
    let soaking_until = change.events_of("became").pop().unwrap()["until_ms"].as_u64().unwrap();

    change.rollout(&["resume"]).expect(0);
    change.ran_once_everywhere();
    assert_eq!(change.events_of("carried-on").len(), 1);
    let became = change.events_of("became");
    let next = became.iter().find(|event| event["stage"] == 1).unwrap();
    assert!(next["at_ms"].as_u64().unwrap() >= soaking_until, "the soak is as long as it was to be");
}

#[test]
fn in_a_stage_with_hosts_in_flight() {
    let change = Change::grid(2, 3);
    let file = change.file_of("fix", &change.waiting(), FOUR);
    change.go();
    change.rollout(&["start", &file]).expect(14);
    std::fs::remove_file(change.bench.path("go")).unwrap();
    let stages: Vec<_> = (0..4).map(|stage| change.hosts_of_stage(stage)).collect();

    let going = change.begin(&["approve"]);
    change.await_starts(2);
    going.kill();
    change.go();
    change.rollout(&["resume"]).expect(0);
    change.ran_once_everywhere();
    assert_eq!((0..4).map(|stage| change.hosts_of_stage(stage)).collect::<Vec<_>>(), stages, "the same hosts");
    let begun = change.events_of("run-begun");
    assert_eq!(begun.len(), 4, "the open run is carried on, not begun anew: {begun:?}");
}

#[test]
fn after_a_run_is_recorded_and_before_it_has_a_ledger() {
    let change = Change::of(Fleet::builder().grid("mail", 1, 2).proxied());
    change.bench.mcom(&["-h", "*", "-O", "none", "--", "true"]).expect(0);
    for host in ["mail1-dc1", "mail2-dc1"] {
        change.bench.fleet.stall(host, Links::All, Some(Way::Both)).unwrap();
    }
    let file = change.file("fix", &watched("1s"));
    let going = change.begin(&["start", &file]);
    let run = || change.events_of("run-begun").first().map(|event| event["run"].as_str().unwrap().to_owned());
    until("the run begins", || run().is_some_and(|run| change.ledger(&run).join("events.ndjson").exists()));
    going.kill();
    // No host has heard of it: without its ledger, it is as if that had never been made.
    std::fs::remove_dir_all(change.ledger(&run().unwrap())).unwrap();
    change.bench.fleet.heal().unwrap();
    change.rollout(&["resume"]).expect(0);
    change.ran_once_everywhere();
    assert!(change.ledger(&run().unwrap()).exists(), "it was begun under the same id");
}

#[test]
fn again_and_again() {
    let change = Change::grid(1, 3);
    let payload = change.waiting();
    let file = change.file_of(
        "fix",
        &payload,
        "[[stage]]\nname = 'first'\nreach = '1'\n[[stage]]\nname = 'rest'\nreach = 'all'\n",
    );
    let going = change.begin(&["start", &file]);
    change.await_starts(1);
    going.kill();
    for times in 1..=2 {
        let going = change.begin(&["resume"]);
        until("it is carried on", || change.events_of("carried-on").len() == times);
        going.kill();
    }
    change.go();
    change.rollout(&["resume"]).expect(0);
    change.ran_once_everywhere();
}

#[test]
fn at_any_moment() {
    // Two of each datacenter are all of them: there are three stages.
    let change = Change::grid(2, 2);
    let seed = 20;
    let mut random = Random::new(seed);
    let file = change.file("fix", &format!("{WATCHED}{}", FOUR.replace("approve = true", "")));
    let mut code = change.begin(&["start", &file]).killed_after(Duration::from_millis(200));
    let mut deaths = 0;
    while code.is_none() {
        deaths += 1;
        assert!(deaths < 200, "seed {seed}: it never comes to its end: {:?}", change.life());
        // Killed before it was recorded, it has not begun.
        let args = if change.state().is_empty() { vec!["start", &file] } else { vec!["resume", "fix"] };
        let time = Duration::from_millis(100 + random.below(700) * deaths);
        code = change.begin(&args).killed_after(time);
    }
    assert_eq!(
        (code, change.state().as_str()),
        (Some(0), "done 3"),
        "seed {seed}, {deaths} deaths: {:?}",
        change.life()
    );
    change.ran_once_everywhere();
}

#[test]
fn an_abort_of_one_that_nobody_carries_on() {
    let change = Change::grid(1, 3);
    let file = change.file("fix", &watched("10m"));
    let going = change.begin(&["start", &file]);
    change.await_state("soaking 0");
    going.kill();
    change.rollout(&["abort"]).expect(13);
    assert_eq!(change.state(), "aborted 0");
    change.ran_once_on(&["mail2-dc1"]);
}

#[test]
fn a_torn_last_line_is_cut_off() {
    use std::io::Write as _;
    let change = Change::grid(1, 2);
    let file = change.file("fix", &watched("1s"));
    let going = change.begin(&["start", &file]);
    change.await_state("soaking 0");
    going.kill();
    let events = change.records().pop().unwrap().join("events.ndjson");
    let mut events = std::fs::OpenOptions::new().append(true).open(events).unwrap();
    events.write_all(b"{\"at_ms\":99,\"event\":\"beca").unwrap();
    change.rollout(&["resume"]).expect(0);
    change.ran_once_everywhere();
}
