//! Reverting a rollout, and making the change again.

use crate::rollout::change::{Change, FOUR};

#[test]
fn an_undo_reverts_what_it_touched_and_a_later_rollout_brings_the_change_again() {
    let change = Change::grid(2, 3);
    let file = change.file("fix", FOUR);
    change.rollout(&["start", &file]).expect(14);
    change.rollout(&["approve"]).expect(0);
    let undone = change.rollout(&["undo", "fix", "--reason", "customers complain"]).expect(13);
    assert_eq!(change.state(), "undone 4", "{}", undone.err);
    assert_eq!(change.where_lines("undone").len(), 6);
    let refused = change.rollout(&["undo", "fix"]).expect(4);
    assert!(refused.err.contains("rollout fix is undone already"), "{}", refused.err);
    assert_eq!(change.where_lines("undone").iter().map(|(_, times)| times).sum::<usize>(), 6);

    change.rollout(&["start", &file]).expect(14);
    change.rollout(&["approve", "fix"]).expect(0);
    assert!(change.where_lines("runs").iter().all(|(_, times)| *times == 2), "{:?}", change.where_lines("runs"));
    assert_eq!(change.records().len(), 2);
}

#[test]
fn hosts_that_had_the_change_before_keep_it_unless_all_are_meant() {
    let change = Change::grid(1, 3);
    let stages = "[[stage]]\nreach = 'all'\n";
    let file = change.file("fix", stages);
    change.bench.mcom(&["-h", "mail1-dc1", "-c", crate::rollout::change::PAYLOAD]).expect(0);
    change.rollout(&["start", &file]).expect(0);
    change.ran_once_everywhere();
    change.rollout(&["undo", "fix"]).expect(13);
    assert_eq!(change.lines("mail1-dc1", "undone"), 0, "it had the change before");
    assert_eq!(change.where_lines("undone").len(), 2);

    change.rollout(&["start", &file]).expect(0);
    change.rollout(&["undo", "fix", "--all"]).expect(13);
    assert_eq!(change.lines("mail1-dc1", "undone"), 1);
}

#[test]
fn without_an_undo_in_the_file_it_is_refused() {
    let change = Change::grid(1, 1);
    let file =
        change.bench.file("bare.toml", "name = 'bare'\nhosts = '*'\ncommand = 'true'\n[[stage]]\nreach = 'all'\n");
    change.rollout(&["start", &file]).expect(0);
    let refused = change.rollout(&["undo", "bare"]).expect(4);
    assert!(refused.err.contains("rollout bare has no script that undoes it"), "{}", refused.err);
}

#[test]
fn a_coordinator_that_dies_while_it_undoes_is_no_loss() {
    let change = Change::grid(1, 3);
    let gate = change.bench.path("gate");
    let undo = format!("echo ran >>undone; until test -e {}; do sleep 0.05; done", gate.display());
    let text = format!(
        "name = 'fix'\nhosts = '*'\ncommand = 'echo ran >>runs'\nundo = '''{undo}'''\n[[stage]]\nreach = 'all'\n"
    );
    let file = change.bench.file("fix.toml", &text);
    change.rollout(&["start", &file]).expect(0);
    let going = change.begin(&["undo", "fix"]);
    crate::scene::until("undoing", || change.where_lines("undone").len() == 3);
    going.kill();
    std::fs::write(gate, "").unwrap();
    change.rollout(&["resume"]).expect(13);
    assert_eq!(change.state(), "undone 1");
    assert!(change.where_lines("undone").iter().all(|(_, times)| *times == 1));
}
