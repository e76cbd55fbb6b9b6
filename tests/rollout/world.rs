//! What else there is: other rollouts, hosts that have the change, windows, keys, restarts.

use crate::rollout::change::{Change, FOUR, PAYLOAD, THREE, WATCHED};
use crate::scene::until;
use mcom_testbed::is_root;
use std::process::Command;

#[test]
fn one_rollout_holds_its_hosts_at_a_time() {
    let change = Change::grid(2, 3);
    let file = change.file("fix", &format!("reason = 'CHG1'\n{FOUR}"));
    change.rollout(&["start", &file]).expect(14);
    let other = "name = 'other'\nhosts = 'mail[1-3]-dc2'\ncommand = 'echo other >>runs'\n[[stage]]\nreach = 'all'\n";
    let other = change.bench.file("other.toml", other);
    let refused = change.rollout(&["start", &other]).expect(4);
    for text in ["fix", "@", "CHG1", "mail[1-3]-dc2", "exclude = \"mail[1-3]-dc2\" in the file\n"] {
        assert!(refused.err.contains(text), "{text} is not said: {}", refused.err);
    }
    change.ran_once_on(&["mail2-dc1"]);
    assert_eq!(change.records().len(), 1);
    change.rollout(&["abort"]).expect(13);
    change.rollout(&["start", &other]).expect(0);
}

#[test]
fn an_undo_leaves_hosts_alone_that_another_rollout_holds() {
    let change = Change::grid(1, 3);
    change.rollout(&["start", &change.file("fix", "[[stage]]\nreach = 'all'\n")]).expect(0);
    let other = "name = 'other'\nhosts = 'mail[2-3]-dc1'\ncommand = 'echo other >>runs'\n\
                 [[stage]]\nreach = '1'\napprove = true\n[[stage]]\nreach = 'all'\n";
    change.rollout(&["start", &change.bench.file("other.toml", other)]).expect(14);
    let refused = change.rollout(&["undo", "fix"]).expect(4);
    for text in ["rollout other (", "holds 2 of these hosts: mail[2-3]-dc1", "mcom rollout abort"] {
        assert!(refused.err.contains(text), "{text} is not said: {}", refused.err);
    }
    assert!(change.where_lines("undone").is_empty());
    change.rollout(&["abort", "other"]).expect(13);
    change.rollout(&["undo", "fix"]).expect(13);
    assert_eq!(change.where_lines("undone").len(), 3);
}

#[test]
fn a_record_that_cannot_be_read_may_hold_hosts() {
    let change = Change::grid(1, 2);
    let file =
        change.file("fix", "[[stage]]\nname = 'canary'\nreach = '1'\napprove = true\n[[stage]]\nreach = 'all'\n");
    change.rollout(&["start", &file]).expect(14);
    let folder = change.records().pop().unwrap();
    let head = std::fs::read(folder.join("rollout.json")).unwrap();
    std::fs::write(folder.join("rollout.json"), "{").unwrap();
    let refused = change.rollout(&["start", &file]).expect(4);
    for text in ["may hold hosts", "rollout.json is damaged", &format!("mv '{}'", folder.display())] {
        assert!(refused.err.contains(text), "{text} is not said: {}", refused.err);
    }
    assert_eq!((change.records().len(), change.where_lines("runs").len()), (1, 1));
    let nothing = change.rollout(&["abort"]).expect(3);
    assert!(nothing.err.contains("may not be over cannot be read"), "{}", nothing.err);

    std::fs::write(folder.join("rollout.json"), head).unwrap();
    change.rollout(&["abort"]).expect(13);
    std::fs::write(folder.join("rollout.json"), "{").unwrap();
    change.rollout(&["start", &file]).expect(14);
    change.rollout(&["approve"]).expect(0);
    change.ran_once_everywhere();
}

#[test]
fn hosts_that_have_the_change_are_skipped_and_counted() {
    let change = Change::grid(1, 4);
    change.bench.mcom(&["-h", "mail[1-2]-dc1", "-c", PAYLOAD]).expect(0);
    let file = change.file("fix", "[[stage]]\nname = 'canary'\nreach = '1'\n[[stage]]\nname = 'rest'\nreach = 'all'\n");
    let done = change.rollout(&["start", &file]).expect(0);
    assert!(done.err.contains("skipped"), "{}", done.err);
    change.ran_once_everywhere();
    let status = change.rollout(&["status"]).expect(0).out;
    assert!(status.contains("2 had it") || status.contains("2 skipped"), "{status}");
    change.rollout(&["start", &file]).expect(0);
    change.ran_once_everywhere();
}

#[test]
fn keys_that_are_gone_while_it_soaks_pause_it_and_fail_nothing() {
    let change = Change::grid(2, 2);
    let file = change.file("fix", &format!("{WATCHED}{}", THREE.replace("'1s'", "'3s'")));
    let going = change.begin(&["start", &file]);
    change.await_state("soaking 0");
    let key = change.bench.fleet.dir().join("client_key");
    let hidden = key.with_extension("hidden");
    std::fs::rename(&key, &hidden).unwrap();
    let paused = going.expect(14);
    assert_eq!((change.state().as_str(), &change.why()["why"]), ("paused 0", &"cannot-reach".into()), "{}", paused.err);
    assert!(paused.err.contains("key"), "{}", paused.err);
    change.rollout(&["status"]).expect(14);
    std::fs::rename(&hidden, &key).unwrap();
    change.rollout(&["resume"]).expect(0);
    change.ran_once_everywhere();
}

#[test]
fn outside_its_window_no_stage_starts() {
    let change = Change::grid(1, 2);
    // The day after tomorrow, wherever midnight falls while this runs.
    let day = Command::new("date").args(["-u", "-d", "2 days", "+%a"]).env("LC_ALL", "C").output().unwrap();
    let day = String::from_utf8(day.stdout).unwrap();
    let window = format!("{} 09:00-16:00 UTC", day.trim());
    let file = change.file("fix", &format!("[[stage]]\nreach = 'all'\n[policy]\nwindow = '{window}'\n"));
    change.rollout(&["start", &file, "--detach"]).expect(0);
    until("it waits", || change.why()["why"] == "window");
    assert_eq!(change.state(), "pending 0");
    let status = change.rollout(&["status"]).expect(14).out;
    assert!(status.contains("the window in which stages start is closed"), "{status}");
    change.ran_once_on(&[]);
    change.rollout(&["abort"]).expect(13);
    assert_eq!(change.state(), "aborted 0");
    change.ran_once_on(&[]);
}

#[test]
fn a_host_that_restarts_is_done_when_it_is_back_under_another_boot_id() {
    if !is_root() {
        return;
    }
    let mut change = Change::grid(1, 2);
    let root = concat!(env!("CARGO_MANIFEST_DIR"), "/examples/rollouts");
    let stages = "[[stage]]\nreach = 'all'\nbatch = '1/dc'\nreboots = '60s'\n";
    let text = format!(
        "name = 'restart'\nhosts = '*'\nscript = '{root}/restart.sh'\nenv = ['MCOM_EXAMPLE_RESTART=touch due']\n\
         [health]\nscript = '{root}/check-nginx.sh'\nevery = '1s'\nwithin = '20s'\n{stages}"
    );
    let hosts: Vec<_> = change.bench.fleet.names().map(str::to_owned).collect();
    for host in &hosts {
        let run = change.bench.fleet.home(host).unwrap().join("run");
        std::fs::create_dir(&run).unwrap();
        std::fs::write(run.join("reboot-required"), "").unwrap();
    }
    let file = change.bench.file("restart.toml", &text);
    let going = change.begin(&["start", &file]);
    for host in hosts {
        let home = change.bench.fleet.home(&host).unwrap();
        until("a restart is due", || home.join("due").exists());
        change.bench.fleet.reboot(&host).unwrap();
    }
    going.expect(0);
    assert_eq!(change.state(), "done 1");
    assert!(!change.events_of("rebooted").is_empty());
}

#[test]
fn a_host_that_does_not_come_back_in_time_is_bad() {
    let change = Change::grid(1, 2);
    let file =
        change.file("fix", "[[stage]]\nname = 'canary'\nreach = '1'\nreboots = '2s'\n[[stage]]\nreach = 'all'\n");
    change.rollout(&["start", &file]).expect(13);
    assert_eq!((change.state().as_str(), &change.why()["why"]), ("paused 0", &"too-many-bad".into()));
    assert_eq!(change.where_lines("runs").len(), 1);
}
