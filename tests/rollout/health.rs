//! Checks that cannot say how hosts are, and the command on this machine that speaks for all of them.

use crate::rollout::change::{Change, THREE, WATCHED};

#[test]
fn a_check_that_cannot_say_pauses_once_and_the_verdict_is_remembered() {
    let change = Change::grid(2, 2);
    change.put("mail2-dc1", "unsure");
    let file = change.file("fix", &format!("{WATCHED}{THREE}"));
    let paused = change.rollout(&["start", &file]).expect(14);
    assert!(paused.err.contains("cannot say"), "{}", paused.err);
    assert_eq!((change.state().as_str(), &change.why()["why"]), ("paused 0", &"inconclusive".into()));
    let status = change.rollout(&["status"]).expect(14).out;
    assert!(status.contains("mcom rollout resume"), "{status}");
    change.rollout(&["resume", "--reason", "seen"]).expect(0);
    assert_eq!(change.life().iter().filter(|state| state.starts_with("paused")).count(), 1);
    change.ran_once_everywhere();
}

#[test]
fn sick_hosts_that_were_never_touched_say_nothing_about_the_change() {
    let change = Change::grid(1, 4);
    for host in ["mail1-dc1", "mail3-dc1", "mail4-dc1"] {
        change.put(host, "sick");
    }
    let stages =
        "[[stage]]\nname = 'canary'\nhost = 'mail2-dc1'\nsoak = '2s'\n[[stage]]\nname = 'rest'\nreach = 'all'\n";
    let file = change.file("fix", &format!("{WATCHED}control = 2\n{stages}"));
    let paused = change.rollout(&["start", &file]).expect(14);
    assert!(paused.err.contains("never touched"), "{}", paused.err);
    assert_eq!((change.state().as_str(), &change.why()["why"]), ("paused 0", &"inconclusive".into()));
    change.ran_once_on(&["mail2-dc1"]);
}

#[test]
fn the_command_here_speaks_for_all_hosts() {
    let change = Change::grid(2, 2);
    let says = change.bench.path("monitoring");
    std::fs::write(&says, "errors\n").unwrap();
    let health = format!(
        "[health]\nevery = '1s'\nwithin = '1s'\nfails = 1\n[health.global]\ncommand = '! cat {}'\n",
        says.display()
    );
    let file = change.file("fix", &format!("{health}{THREE}"));
    let halted = change.rollout(&["start", &file]).expect(13);
    assert!(halted.err.contains("errors"), "{}", halted.err);
    assert_eq!(change.why()["why"], "global-sick");
    assert_eq!(change.where_lines("checks"), [], "no script is asked");
    std::fs::remove_file(&says).unwrap();
    change.rollout(&["resume"]).expect(0);
    change.ran_once_everywhere();
}

#[test]
fn health_is_left_out_for_a_reason_alone() {
    let change = Change::grid(1, 2);
    change.put("mail1-dc1", "sick");
    let stages =
        "[[stage]]\nname = 'canary'\nhost = 'mail1-dc1'\nsoak = '1s'\n[[stage]]\nname = 'rest'\nreach = 'all'\n";
    let file = change.file("fix", &format!("{WATCHED}{stages}"));
    change.rollout(&["start", &file]).expect(13);
    let refused = change.rollout(&["resume", "--skip-health"]);
    assert!(matches!(refused.code, Some(2 | 4)) && refused.err.contains("--reason"), "{refused:?}");
    change.rollout(&["resume", "--skip-health", "--reason", "the check is wrong"]).expect(0);
    let asked = change.events_of("asked");
    assert_eq!((&asked[0]["health"], &asked[0]["reason"]), (&true.into(), &"the check is wrong".into()));
    change.ran_once_everywhere();
}
