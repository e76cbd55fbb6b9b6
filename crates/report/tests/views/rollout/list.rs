//! The table of rollouts.

use super::told::{SECOND, Told, plain, spec};
use insta::assert_snapshot;
use mcom_model::OutcomeKind;
use mcom_report::rollout::{RolloutRow, list_json, list_text};

#[test]
fn rollouts_as_a_table_and_as_objects() {
    let going = Told::new(spec());
    let mut paused = Told::new(mcom_rollout::RolloutSpec {
        id: "7aaaabcd".parse().unwrap(),
        name: "kernel\x1b[2J".into(),
        reason: None,
        ..spec()
    });
    paused.wait(4 * SECOND).run_ends(&[("web7-fra1", OutcomeKind::Failed)]);
    let row = |told: &Told| RolloutRow::new(&told.spec, told.state(), None);
    let rows = [row(&going), row(&paused)];
    assert_snapshot!(list_text(&rows, &plain()), @r#"
    ROLLOUT   NAME           STARTED               WHO            HOSTS  STATE
    8f3kabcd  nginx-fix      2026-07-22 14:02:11Z  alice@bastion  300    running at canary  0 of 300 changed  NOBODY CARRIES IT ON  mcom rollout resume 8f3kabcd  "CHG12345"
    7aaaabcd  kernel\x1b[2J  2026-07-22 14:02:11Z  alice@bastion  300    PAUSED at canary  0 of 300 changed  1 BAD
    "#);
    assert_snapshot!(list_json(&rows[1..]), @r#"{"v":1,"rollout":"7aaaabcd","name":"kernel\u001b[2J","who":"alice@bastion","started_ms":1784728931000,"payload":"nginx-fix.sh","hosts":300,"state":"paused","since_ms":1784728935000,"stage":"canary","stages":4,"changed":0,"bad":1,"carried_on":false}"#);
    assert_eq!(list_text(&[], &plain()), "");
}
