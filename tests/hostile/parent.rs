//! Captured parents that speak for hosts of other links, lie about the ways to their own children, or ask for logins
//! that are not theirs.

use crate::hostile::stage::{Case, Stage, broken};
use crate::scene::until;
use mcom_testbed::Fleet;

/// One datacenter with a captured parent for each, and one whose parent is as it should be.
pub const CASES: &[Case] = &[
    broken("result-for-a-foreign-host", "unknown", "which is not below it"),
    broken("result-for-no-host", "unknown", "it spoke of host 4000000000, which is not below it"),
    broken("output-of-a-foreign-host", "unknown", "which is not below it"),
    broken("output-gone-of-a-foreign-host", "unknown", "which is not below it"),
    broken("lost-a-foreign-parent", "unknown", "which is not below it"),
    broken("link-by-a-foreign-parent", "unknown", "it said of"),
    broken("link-by-nobody", "unknown", "it said of"),
    broken("result-without-a-start", "unknown", "with a receipt, without a start"),
    broken("ask-for-a-foreign-host", "unknown", "which is not below it"),
    broken("ask-in-a-foreign-name", "unknown", "which is not below it"),
];

#[test]
fn a_parent_speaks_for_its_own_hosts_alone() {
    let stage = Stage::of(Fleet::builder().grid("mail", CASES.len() + 1, 3));
    let parents: Vec<String> = (1..=CASES.len()).map(|dc| format!("mail1-dc{dc}")).collect();
    for (parent, case) in parents.iter().zip(CASES) {
        stage.capture(parent, case.attack);
    }
    // Nothing ends before everything was tried, so none of the captured hosts has its own outcome by then.
    let gate = stage.scene.gate("gate");
    let run = stage.scene.start("run", &["-h", "*", "--parents", "mail1-*"], &gate.shell());
    until("all attempts", || run.count("event", "violation") >= CASES.len());
    gate.open();
    let played = stage.ended(run);
    let captured: Vec<&str> = parents.iter().map(String::as_str).collect();
    played.came_to(captured.iter().copied().zip(CASES));
    played.others_are_ok(&captured);
    assert_eq!(played.ran.code, Some(16), "{}", played.ran.err);
    let mut violators = played.violators();
    violators.sort();
    let mut expected = parents.clone();
    expected.sort();
    assert_eq!(violators, expected, "each is recorded once, and nobody else is");
}
