//! What is refused before any host is touched, and what is said about it.

use crate::rollout::change::{Change, FOUR};
use crate::support::Ran;

#[test]
fn errors_in_the_file_point_at_their_place() {
    let change = Change::grid(2, 2);
    let top = "name = 'fix'\nhosts = '*'\ncommand = 'echo ran >>runs'\n";
    let all = "[[stage]]\nreach = 'all'\n";
    for (text, place, said) in [
        (format!("{top}sudoo = true\n{all}"), ":4:1: ", "did you mean `sudo`"),
        (format!("{top}[[stage]]\nreach = 'al'\n"), ":5:9: ", "`al` is not a reach"),
        (format!("{top}{all}soak = 90\n"), ":6:8: ", "\"30s\""),
        (format!("{top}{all}{all}"), ":7:", "which `all` before it has done already"),
        (format!("{top}[[stage]]\nhost = 'mail9-dc1'\n"), ":5:8: ", "mail9-dc1"),
        (format!("{top}script = 'fix.sh'\n{all}"), ":4:", "`script` and `command` are both there"),
        (format!("{top}{all}[health]\nscript = 'none.sh'\n"), ":7:10: ", "none.sh"),
        (format!("{top}{all}[policy]\nwindow = 'Mon 09:00-16:00'\n"), ":7:10: ", "zone"),
    ] {
        let file = change.bench.file("bad.toml", &text);
        for verb in ["plan", "start"] {
            let refused = change.rollout(&[verb, &file]).expect(2);
            let shown = &refused.err;
            assert!(shown.contains(&format!("bad.toml{place}")) && shown.contains(said), "{place}{said}: {shown}");
        }
    }
    assert!(change.records().is_empty());
    assert_eq!(change.bench.fleet.names().map(|host| change.bench.fleet.connections(host).unwrap()).sum::<usize>(), 0);
}

#[test]
fn a_commented_file_is_written_once_and_is_valid() {
    let change = Change::grid(1, 1);
    let path = change.bench.path("new.toml").display().to_string();
    change.rollout(&["init", &path]).expect(0);
    let text = std::fs::read_to_string(&path).unwrap();
    assert!(text.contains("# ") && text.contains("[[stage]]"), "{text}");
    let refused = change.rollout(&["init", &path]);
    assert!(refused.code.is_some_and(|code| (1..5).contains(&code)) && refused.err.contains("new.toml"), "{refused:?}");
    assert_eq!(std::fs::read_to_string(&path).unwrap(), text);
    // It names a script, which is not there.
    let plan = change.rollout(&["plan", &path]).expect(2);
    assert!(plan.err.contains(&format!("{path}:12:10: the script ")), "{}", plan.err);
    change.bench.file("nginx-fix.sh", "#!/bin/sh\n");
    let plan = change.rollout(&["plan", &path]).expect(0).out;
    assert!(plan.contains("300") && plan.contains("ten-per-dc"), "{plan}");
}

#[test]
fn a_rule_of_the_site_counts_hosts_of_each_stage() {
    let change = Change::grid(2, 2);
    let rule = "[[policy.forbidden]]\nhosts = 'mail1-(dc1|dc2)'\nat_most = 1\nwhy = 'they are a pair'\n";
    let fleet = std::fs::read_to_string(change.bench.fleet.client_config()).unwrap();
    let config = change.bench.file("config.toml", &format!("{fleet}\n{rule}"));
    let verb = |verb: &str, file: &str| -> Ran {
        change.command(&[verb, file]).env("MCOM_CONFIG", &config).output().unwrap().into()
    };
    let start = |file: &str| verb("start", file);
    let all = change.file("all", "[[stage]]\nname = 'together'\nreach = 'all'\n");
    let refused = start(&all).expect(4);
    assert!(refused.err.contains("they are a pair") && refused.err.contains("together"), "{}", refused.err);
    assert!(change.records().is_empty() && change.where_lines("runs").is_empty());
    let planned = verb("plan", &all).expect(4);
    assert!(planned.out.contains("together") && planned.err.contains("they are a pair"), "{planned:?}");
    let stages = "[[stage]]\nhost = 'mail1-dc1'\n[[stage]]\nreach = 'all'\n";
    start(&change.file("apart", stages)).expect(0);
    change.ran_once_everywhere();
}

#[test]
fn who_starts_hears_what_no_stage_reaches() {
    let change = Change::grid(2, 3);
    let file = change.file("fix", "[[stage]]\nname = 'one'\nreach = '1/dc'\n[[stage]]\nname = 'again'\nreach = '2'\n");
    let refused = change.rollout(&["start", &file, "--yes=19"]).expect(4);
    assert!(refused.err.contains(&format!("which they are: mcom rollout plan {file}\n")), "{}", refused.err);
    let done = change.rollout(&["start", &file, "--yes=2"]).expect(0);
    assert!(done.err.contains("mcom: no stage reaches 4 of the hosts: mail["), "{}", done.err);
    assert!(done.err.contains("mcom: stage 2 (again): 2 adds no host"), "{}", done.err);
    assert_eq!(change.where_lines("runs").len(), 2);
}

#[test]
fn verbs_name_the_rollouts_that_there_are() {
    let change = Change::grid(2, 3);
    assert!(change.rollout(&["pause"]).expect(3).err.contains("rollout"));
    change.rollout(&["start", &change.file("fix", FOUR)]).expect(14);
    change.rollout(&["status", "nothing"]).expect(3);
    let refused = change.rollout(&["undo", "nothing"]).expect(3);
    assert!(refused.err.contains("mcom rollout list"), "{}", refused.err);
    let refused = change.rollout(&["resume"]).expect(4);
    assert!(refused.err.contains("mcom rollout approve fix"), "{}", refused.err);
    change.ran_once_on(&["mail2-dc1"]);
}
