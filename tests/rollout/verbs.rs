//! What operators ask for from other terminals, and what they are shown.

use crate::rollout::change::{Change, FOUR};
use serde_json::Value;

/// One host that is watched for long, then the others.
const LONG: &str =
    "[[stage]]\nname = 'canary'\nhost = 'mail2-dc1'\nsoak = '10m'\n[[stage]]\nname = 'rest'\nreach = 'all'\n";

#[test]
fn an_abort_while_it_awaits_approval_wins() {
    let change = Change::grid(2, 3);
    let file = change.file("fix", FOUR);
    change.rollout(&["start", &file]).expect(14);
    let aborted = change.rollout(&["abort", "--reason", "not today"]).expect(13);
    assert!(aborted.err.contains("mcom rollout undo"), "it offers to undo: {}", aborted.err);
    assert_eq!(change.state(), "aborted 0");
    change.ran_once_on(&["mail2-dc1"]);
    let status = change.rollout(&["status", "fix"]).expect(13).out;
    assert!(status.contains("mail2-dc1") && status.contains("not today"), "{status}");
    let refused = change.rollout(&["approve", "fix"]).expect(4);
    assert!(refused.err.contains("rollout fix is aborted: there is nothing to approve"), "{}", refused.err);
    change.ran_once_on(&["mail2-dc1"]);
}

#[test]
fn an_abort_in_a_stage_lets_hosts_in_flight_finish_and_starts_no_other() {
    let change = Change::grid(1, 4);
    let stages = "[[stage]]\nname = 'all'\nreach = 'all'\nbatch = '1/dc'\n";
    let file = change.file_of("fix", &format!("{}; echo ended >>ended", change.waiting()), stages);
    let going = change.begin(&["start", &file]);
    change.await_starts(1);
    change.rollout(&["abort"]).expect(13);
    change.await_state("aborting 0");
    assert_eq!(change.where_lines("ended"), []);
    change.go();
    let ended = going.expect(13);
    assert_eq!(change.state(), "aborted 0");
    assert_eq!(change.where_lines("runs").len(), 1, "{}", ended.err);
    assert_eq!(change.where_lines("runs"), change.where_lines("ended"));
}

#[test]
fn pause_resume_and_skip_soak_from_another_terminal() {
    let change = Change::grid(1, 3);
    let file = change.file("fix", LONG);
    let going = change.begin(&["start", &file]);
    change.await_state("soaking 0");
    change.rollout(&["pause", "--reason", "lunch"]).expect(14);
    let paused = going.expect(14);
    assert!(paused.err.contains("mcom rollout resume"), "{}", paused.err);
    assert_eq!((change.state().as_str(), &change.why()["reason"]), ("paused 0", &"lunch".into()));
    change.ran_once_on(&["mail2-dc1"]);
    let again = change.rollout(&["pause"]).expect(4);
    assert!(again.err.contains("rollout fix is paused already"), "{}", again.err);

    let going = change.begin(&["resume"]);
    change.await_state("soaking 0");
    let refused = change.rollout(&["resume", "--skip-soak"]);
    assert!(matches!(refused.code, Some(2 | 4)) && refused.err.contains("--reason"), "{refused:?}");
    assert_eq!(change.state(), "soaking 0");
    change.rollout(&["resume", "--skip-soak", "--reason", "seen enough"]).expect(0);
    going.expect(0);
    change.ran_once_everywhere();
    let asked = change.events_of("asked");
    let words: Vec<_> = asked.iter().map(|order| order["verb"].as_str().unwrap()).collect();
    assert_eq!(words, ["pause", "resume", "resume"]);
    assert_eq!((&asked[2]["soak"], &asked[2]["reason"]), (&true.into(), &"seen enough".into()));
    assert!(asked.iter().all(|order| order["who"].as_str().unwrap().contains('@')), "{asked:?}");
}

#[test]
fn detached_it_goes_on_without_a_terminal_and_can_be_watched() {
    let change = Change::grid(2, 3);
    let file = change.file_of("fix", &change.waiting(), FOUR);
    let started = change.rollout(&["start", &file, "--detach"]).expect(0);
    assert!(started.err.contains("mcom rollout watch"), "{}", started.err);
    change.await_starts(1);
    let status = change.rollout(&["status"]).expect(14).out;
    assert!(status.contains("running"), "{status}");
    let watch = change.begin(&["watch"]);
    change.go();
    watch.expect(14);
    change.await_state("awaiting-approval 0");
    change.rollout(&["approve", "--detach"]).expect(0);
    change.rollout(&["watch", "fix"]).expect(0);
    change.ran_once_everywhere();
    assert_eq!(change.state(), "done 4");
}

#[test]
fn list_and_status_are_objects_with_json() {
    let change = Change::grid(1, 2);
    let file =
        change.file("fix", "[[stage]]\nname = 'canary'\nreach = '1'\napprove = true\n[[stage]]\nreach = 'all'\n");
    change.rollout(&["status"]).expect(3);
    change.rollout(&["start", &file]).expect(14);
    let object = |ran: &str| -> Value { serde_json::from_str(ran.lines().next().unwrap()).unwrap() };
    let status = object(&change.rollout(&["status", "--json"]).expect(14).out);
    assert_eq!((&status["name"], &status["state"]), (&"fix".into(), &"awaiting-approval".into()), "{status}");
    let list = change.rollout(&["list", "--json"]).expect(0).out;
    assert_eq!(list.lines().count(), 1);
    assert_eq!(object(&list)["state"], "awaiting-approval", "{list}");
    change.rollout(&["approve"]).expect(0);
    assert_eq!(object(&change.rollout(&["status", "--json"]).expect(0).out)["state"], "done");
    let list = change.rollout(&["list"]).expect(0).out;
    assert!(list.contains("fix") && list.contains("done"), "{list}");
}

#[test]
fn a_run_of_it_that_is_cancelled_pauses_it() {
    let change = Change::grid(1, 2);
    let file = change.file_of("fix", &change.waiting(), "[[stage]]\nreach = 'all'\nmax_fail = 2\n");
    let going = change.begin(&["start", &file]);
    change.await_starts(2);
    let run = change.events_of("run-begun")[0]["run"].as_str().unwrap().to_owned();
    change.bench.mcom(&["cancel", &run]).expect(0);
    going.expect(14);
    assert_eq!((change.state().as_str(), &change.why()["why"]), ("paused 0", &"stopped".into()));
}
