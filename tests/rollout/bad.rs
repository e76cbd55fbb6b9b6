//! Hosts that go bad by the change: what then happens, and which hosts are never touched.

use crate::rollout::change::{Change, THREE, WATCHED};

const CANARY: &str = "mail2-dc1";
const SECOND: &str = "mail1-dc2";

#[test]
fn a_canary_whose_payload_fails_stops_it_and_an_operator_goes_on() {
    let change = Change::grid(2, 2);
    change.put(CANARY, "broken");
    let file = change.file("fix", THREE);
    let halted = change.rollout(&["start", &file]).expect(13);
    assert!(halted.err.contains("mcom rollout resume"), "{}", halted.err);
    assert_eq!(change.state(), "paused 0");
    assert_eq!(change.why()["why"], "too-many-bad");
    change.ran_once_on(&[CANARY]);
    let status = change.rollout(&["status"]).expect(13).out;
    assert!(status.contains("--accept-bad") && status.contains(CANARY), "{status}");

    let refused = change.rollout(&["resume", "--reason", "mended by hand"]).expect(4);
    assert!(refused.err.contains("1 host of the stage failed, and none may"), "{}", refused.err);
    change.rollout(&["resume", "--accept-bad", "--reason", "mended by hand"]).expect(0);
    change.ran_once_everywhere();
    assert_eq!(change.state(), "done 3");
    assert_eq!(change.events_of("accepted").len(), 1);
}

#[test]
fn a_sick_canary_ends_it_where_the_file_says_so() {
    let change = Change::grid(2, 2);
    change.put(CANARY, "sick");
    let file = change.file("fix", &format!("{WATCHED}{THREE}[policy]\non_fail = 'abort'\n"));
    let ended = change.rollout(&["start", &file]).expect(13);
    assert!(ended.err.contains("mcom rollout undo"), "{}", ended.err);
    assert_eq!(change.state(), "aborted 0");
    change.ran_once_on(&[CANARY]);
    assert_eq!(change.where_lines("undone"), []);
    let status = change.rollout(&["status"]).expect(13).out;
    assert!(status.contains("ABORTED at stage 1 of 3, canary"), "{status}");
}

#[test]
fn a_failed_canary_is_undone_where_the_file_says_so() {
    let change = Change::grid(2, 2);
    change.put(CANARY, "broken");
    let file = change.file("fix", &format!("{THREE}[policy]\non_fail = 'undo'\n"));
    change.rollout(&["start", &file]).expect(13);
    assert_eq!(change.state(), "undone 0");
    change.ran_once_on(&[CANARY]);
    assert_eq!(change.where_lines("undone"), [(CANARY.to_owned(), 1)]);
    change.rollout(&["status"]).expect(13);
}

#[test]
fn a_sick_second_stage_waits_and_goes_on_when_it_is_well_again() {
    let change = Change::grid(2, 2);
    change.put(SECOND, "sick");
    let file = change.file("fix", &format!("{WATCHED}{THREE}"));
    let halted = change.rollout(&["start", &file]).expect(13);
    assert!(halted.err.contains(&format!("sick on {SECOND}")), "what the host said is shown: {}", halted.err);
    assert_eq!(change.state(), "paused 1");
    change.ran_once_on(&[CANARY, SECOND]);
    // A resume asks again, and it is still so.
    change.rollout(&["resume"]).expect(13);
    assert_eq!(change.state(), "paused 1");
    change.mend(SECOND, "sick");
    change.rollout(&["resume"]).expect(0);
    change.ran_once_everywhere();
}

#[test]
fn as_many_bad_hosts_as_the_stage_may_have_do_not_stop_it() {
    let change = Change::grid(1, 4);
    change.put("mail1-dc1", "broken");
    let stages =
        "[[stage]]\nname = 'most'\nreach = '3'\nmax_fail = 1\n[[stage]]\nname = 'rest'\nreach = 'all'\nmax_fail = 1\n";
    let file = change.file("fix", stages);
    change.rollout(&["start", &file]).expect(0);
    change.ran_once_everywhere();
    change.rollout(&["status"]).expect(0);
}

#[test]
fn out_of_reach_is_bad_and_is_tried_again_by_a_resume() {
    let mut change = Change::grid(2, 2);
    change.bench.fleet.stop_host(SECOND).unwrap();
    let file = change.file("fix", THREE);
    change.rollout(&["start", &file]).expect(13);
    assert_eq!(change.state(), "paused 1");
    change.ran_once_on(&[CANARY]);
    change.bench.fleet.start_host(SECOND).unwrap();
    change.rollout(&["resume"]).expect(0);
    change.ran_once_everywhere();
}
