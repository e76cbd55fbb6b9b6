//! The log of runs in which parents were lost, and of runs that were halted or carried on.

use crate::fixture::{Scene, reason, text};
use crate::live::{show, terminal, visible};
use crate::lost::{lost_parents, parent};
use insta::assert_snapshot;
use mcom_model::{EndedBy, Exit, HostEvent, Outcome, OutputMode, ReasonKind, RunClock, RunLimits, What};
use mcom_report::{LogOptions, nested_log};

const OK: Exit = Exit::Code(0);

fn log(scene: &Scene, options: &LogOptions) -> String {
    text(|out| nested_log(&scene.view(), &scene.bodies, options, out))
}

fn tty(verbose: u8) -> LogOptions {
    LogOptions { verbose, tty: true, ..LogOptions::default() }
}

#[test]
fn the_log_tells_through_whom_a_datacenter_was_commanded() {
    assert_snapshot!(log(&lost_parents(), &tty(0)), @r#"
    run 8f3kabcd  fix.sh 8e1a46  alice@bastion  14:02:11Z  58.0s  "CHG123"
    ├─ dc1  1 UNREACHABLE   not reached
    │  └─ UNREACHABLE 1  web1  connect to host web1-dc1 port 22: Connection timed out  +10.0s
    │         → check that the host is up, or give more time with --connect-timeout
    ├─ dc2  8 ok 1 UNKNOWN  via mail1-dc2 until +20.1s (lost), then mail3-dc2  ship 0.4s  run p50 30.0s p95 30.0s max 30.0s (mail7-dc2)
    │  ├─ UNKNOWN 1  mail8  the host rebooted after the claim  +46.0s
    │  │      → look at the host before you run it there again: the payload may have run in part
    │  └─ ok 8  (no output)
    └─ dc3  1 ok            direct  run 13.0s
    "#);
}

#[test]
fn the_log_tells_the_same_of_the_parents_inside() {
    assert_snapshot!(log(&lost_parents(), &tty(1)), @r#"
    run 8f3kabcd  fix.sh 8e1a46  alice@bastion  14:02:11Z  58.0s  "CHG123"
    ├─ dc1  1 UNREACHABLE   not reached
    │  └─ UNREACHABLE 1  web1  connect to host web1-dc1 port 22: Connection timed out  +10.0s
    │         → check that the host is up, or give more time with --connect-timeout
    ├─ dc2  8 ok 1 UNKNOWN  via mail1-dc2 until +20.1s (lost), then mail3-dc2  ship 0.4s  run p50 30.0s p95 30.0s max 30.0s (mail7-dc2)
    │  ├─ mail1-dc2  parent of 8  2 ok  since +0.3s  LOST +20.1s: no answer for 15 s, then mail3-dc2
    │  │  ├─ ok 1  mail2  +3.0s  (no output)
    │  │  └─ mail5-dc2  parent of 3  1 ok  since +1.3s  LOST +20.1s with the parent above it
    │  │     └─ ok 1  mail6  +4.0s  (no output)
    │  └─ mail3-dc2  parent of 6  6 ok 1 UNKNOWN  since +23.3s
    │     ├─ ok 4  mail[1,3-4,9]  +40.0s..+52.0s  (no output)
    │     ├─ asked again 2  mail[3-4]  attached again
    │     ├─ asked again 1  mail1  link lost once, attached again
    │     ├─ mail5-dc2  parent of 2  since +24.1s  LOST +30.0s: Connection reset by peer, then mail7-dc2
    │     └─ mail7-dc2  parent of 2  2 ok 1 UNKNOWN  since +30.4s
    │        ├─ UNKNOWN 1  mail8  the host rebooted after the claim  +46.0s
    │        │      → look at the host before you run it there again: the payload may have run in part
    │        ├─ ok 2  mail[5,7]  +40.0s  (no output)
    │        ├─ asked again 2  mail[7-8]  attached again
    │        └─ asked again 1  mail5  link lost once, attached again
    └─ dc3  1 ok            direct  run 13.0s
       ├─ ok 1  db1  +14.0s  (no output)
       └─ asked again 1  db1  link lost twice, attached again
    "#);
}

#[test]
fn the_log_tells_of_each_host_how_often_its_link_was_lost() {
    assert_snapshot!(log(&lost_parents(), &tty(2)), @r#"
    run 8f3kabcd  fix.sh 8e1a46  alice@bastion  14:02:11Z  58.0s  "CHG123"
    ├─ dc1  1 UNREACHABLE   not reached
    │  └─ web1-dc1  UNREACHABLE  connect to host web1-dc1 port 22: Connection timed out  +10.0s
    │         → check that the host is up, or give more time with --connect-timeout
    ├─ dc2  8 ok 1 UNKNOWN  via mail1-dc2 until +20.1s (lost), then mail3-dc2  ship 0.4s  run p50 30.0s p95 30.0s max 30.0s (mail7-dc2)
    │  ├─ mail1-dc2  parent of 8  2 ok  since +0.3s  LOST +20.1s: no answer for 15 s, then mail3-dc2
    │  │  ├─ mail2-dc2  ok  +3.0s  run 1.6s
    │  │  └─ mail5-dc2  parent of 3  1 ok  since +1.3s  LOST +20.1s with the parent above it
    │  │     └─ mail6-dc2  ok  +4.0s  run 2.1s
    │  └─ mail3-dc2  parent of 6  6 ok 1 UNKNOWN  since +23.3s
    │     ├─ mail1-dc2  ok  +45.0s  run 30.0s  link lost once, attached again
    │     ├─ mail3-dc2  ok  +40.0s  run 30.0s  attached again
    │     ├─ mail4-dc2  ok  +40.0s  run 30.0s  attached again
    │     ├─ mail9-dc2  ok  +52.0s  run 2.0s
    │     ├─ mail5-dc2  parent of 2  since +24.1s  LOST +30.0s: Connection reset by peer, then mail7-dc2
    │     └─ mail7-dc2  parent of 2  2 ok 1 UNKNOWN  since +30.4s
    │        ├─ mail5-dc2  ok  +40.0s  run 30.0s  link lost once, attached again
    │        ├─ mail7-dc2  ok  +40.0s  run 30.0s  attached again
    │        └─ mail8-dc2  UNKNOWN  the host rebooted after the claim  +46.0s  attached again
    │               → look at the host before you run it there again: the payload may have run in part
    └─ dc3  1 ok            direct  run 13.0s
       └─ db1-dc3  ok  +14.0s  run 13.0s  link lost twice, attached again
    "#);
}

#[test]
fn hosts_that_are_asked_again_or_held_are_told_while_it_goes_on() {
    let mut scene = lost_parents();
    scene.events.retain(|event| event.at.as_millis() < 23_500);
    assert_snapshot!(log(&scene, &LogOptions { running: true, ..tty(0) }), @r#"
    run 8f3kabcd  fix.sh 8e1a46  alice@bastion  14:02:11Z  23.4s  RUNNING  "CHG123"
    ├─ dc1  1 UNREACHABLE                 not reached
    │  └─ UNREACHABLE 1  web1  connect to host web1-dc1 port 22: Connection timed out  +10.0s
    │         → check that the host is up, or give more time with --connect-timeout
    ├─ dc2  2 ok 7 NOT ENDED (1 running)  via mail1-dc2 until +20.1s (lost), then mail3-dc2  ship 0.4s  run p50 1.6s p95 2.1s max 2.1s (mail6-dc2)
    │  ├─ RUNNING 1  mail3
    │  ├─ ASKED AGAIN 4  mail[1,4-5,7]
    │  └─ WAITING 2  mail[8-9]
    └─ dc3  1 ok                          direct  run 13.0s
    "#);
    let mut scene = lost_parents();
    scene.events.retain(|event| event.at.as_millis() < 32_000);
    assert_snapshot!(log(&scene, &LogOptions { running: true, ..tty(1) }), @r#"
    run 8f3kabcd  fix.sh 8e1a46  alice@bastion  14:02:11Z  31.4s  RUNNING  "CHG123"
    ├─ dc1  1 UNREACHABLE                 not reached
    │  └─ UNREACHABLE 1  web1  connect to host web1-dc1 port 22: Connection timed out  +10.0s
    │         → check that the host is up, or give more time with --connect-timeout
    ├─ dc2  2 ok 7 NOT ENDED (6 running)  via mail1-dc2 until +20.1s (lost), then mail3-dc2  ship 0.4s  run p50 1.6s p95 2.1s max 2.1s (mail6-dc2)
    │  ├─ mail1-dc2  parent of 8  2 ok  since +0.3s  LOST +20.1s: no answer for 15 s, then mail3-dc2
    │  │  ├─ ok 1  mail2  +3.0s  (no output)
    │  │  └─ mail5-dc2  parent of 3  1 ok  since +1.3s  LOST +20.1s with the parent above it
    │  │     └─ ok 1  mail6  +4.0s  (no output)
    │  └─ mail3-dc2  parent of 6  since +23.3s
    │     ├─ RUNNING 3  mail[1,3-4]
    │     ├─ HELD 1  mail9  waits: run 9zzzabcd.1 of bob@bastion2 (backup.sh) holds the host since 12 s
    │     ├─ asked again 2  mail[3-4]  attached again
    │     ├─ asked again 1  mail1  link lost once, attached again
    │     ├─ mail5-dc2  parent of 2  since +24.1s  LOST +30.0s: Connection reset by peer, then mail7-dc2
    │     └─ mail7-dc2  parent of 2  since +30.4s
    │        ├─ RUNNING 3  mail[5,7-8]
    │        ├─ asked again 2  mail[7-8]  attached again
    │        └─ asked again 1  mail5  link lost once, attached again
    └─ dc3  1 ok                          direct  run 13.0s
       ├─ ok 1  db1  +14.0s  (no output)
       └─ asked again 1  db1  link lost twice, attached again
    "#);
}

#[test]
fn the_turns_of_a_run_stand_below_its_datacenters() {
    let dcs: [(&str, &[&str]); 1] = [("dc1", &["a1-dc1", "a2-dc1", "a3-dc1", "a4-dc1"])];
    let mut scene = Scene::limited(&dcs, RunLimits { max_fail: Some(0), ..RunLimits::default() });
    scene.head(0, "a1-dc1", 3);
    scene.start(400, "a1-dc1");
    scene.exit(1_000, "a1-dc1", 600, Exit::Code(1), (b"", b""));
    let (via, hosts) = (scene.id("a1-dc1"), std::iter::once(scene.id("a2-dc1")).collect());
    scene.push(801, What::Intent { hosts, via });
    scene.start(900, "a2-dc1");
    let bad = reason(ReasonKind::Halted, "1 host is bad, --max-fail 0");
    scene.push(1_001, What::Halted { by: EndedBy::MaxFail, reason: bad.clone() });
    scene.end(1_002, "a3-dc1", Outcome::NotRun { reason: bad }, None);
    scene.push(12_000, What::CancelAsked { by: Some("bob@bastion2".into()) });
    let hosts = ["a2-dc1", "a4-dc1"].map(|host| scene.id(host)).into_iter().collect();
    scene.push(182_000, What::Resumed { who: "bob@bastion".into(), ms: 1_784_729_113_000, hosts });
    scene.head(183_000, "a2-dc1", 1);
    assert_snapshot!(log(&scene, &tty(1)), @r#"
    run 8f3kabcd  fix.sh 8e1a46  alice@bastion  14:02:11Z  3m03s  INTERRUPTED  "CHG123"
    ├─ dc1  1 FAILED 1 NOT RUN 2 NOT ENDED  via a1-dc1 until +12.0s (interrupted), then a2-dc1  ship 0.4s  run 0.6s
    │  ├─ a1-dc1  parent of 3  1 FAILED  since +0.3s  until +12.0s (interrupted), then a2-dc1
    │  │  └─ FAILED 1  a1  exit 1  +1.0s  (no output)
    │  ├─ a2-dc1  parent of 1  since +3m03s
    │  │  └─ ASKED AGAIN 1  a2
    │  ├─ NOT RUN 1  a3  1 host is bad, --max-fail 0
    │  └─ WAITING 1  a4
    ├─ halted +1.0s: 1 host is bad, --max-fail 0
    ├─ cancel asked +12.0s by bob@bastion2
    └─ resumed +3m02s by bob@bastion (1 host asked again, 1 to start)
    "#);
    assert!(log(&scene, &LogOptions { running: true, ..tty(0) }).contains("RUNNING, CANCELLING"));
}

#[test]
fn the_first_line_is_cut_to_the_terminal() {
    let whole = log(&lost_parents(), &tty(0));
    let cut = log(&lost_parents(), &LogOptions { width: Some(50), ..tty(0) });
    assert_eq!(cut.lines().next(), Some("run 8f3kabcd  fix.sh 8e1a46  alice@bastion  14:02…"));
    assert!(cut.lines().skip(1).eq(whole.lines().skip(1)));
}

#[test]
fn a_long_command_gives_way_before_what_became_of_the_run() {
    let mut scene = Scene::named(&[("dc1", &["a1-dc1"])], OutputMode::AtEnd, &"sleep 1; ".repeat(30));
    scene.finish(1_000, EndedBy::MaxFail);
    let cut = log(&scene, &LogOptions { width: Some(110), ..tty(0) });
    assert_snapshot!(cut.lines().next().unwrap(), @r#"run 8f3kabcd  sleep 1; slee… 8e1a46  alice@bastion  14:02:11Z  1.0s  HALTED: too many hosts were bad  "CHG123""#);
}

#[test]
fn a_datacenter_that_loses_parent_after_parent_is_told_in_one_line() {
    let names: Vec<String> = (0..12).map(|n| format!("mail{n}-dc1")).collect();
    let names: Vec<&str> = names.iter().map(String::as_str).collect();
    let mut scene = Scene::new(&[("dc1", &names)], OutputMode::AtEnd);
    for (place, ms) in (0..9).zip((0..).step_by(10_000)) {
        parent(&mut scene, ms, names[place], None, &names[place + 1..]);
        scene.say(ms + 5_000, names[place], HostEvent::ParentLost { reason: reason(ReasonKind::LinkLost, "reset") });
    }
    let log = log(&scene, &tty(0));
    assert_snapshot!(log.lines().nth(1).unwrap(), @"└─ dc1  12 NOT ENDED  via mail0-dc1 until +5.0s (lost), … 4 more, then mail5-dc1 until +55.0s (lost), then mail6-dc1 until +1m05s (lost), then mail7-dc1 until +1m15s (lost), then mail8-dc1 until +1m25s (lost)  ship 0.4s");
}

#[test]
fn held_hosts_are_folded_by_holder_and_named_where_nothing_runs() {
    let mut scene = Scene::new(&[("dc1", &["a1-dc1", "a2-dc1", "a3-dc1"])], OutputMode::AtEnd);
    for (host, seconds) in ["a1-dc1", "a2-dc1", "a3-dc1"].into_iter().zip([12, 13, 9]) {
        let who = if seconds == 9 { "eve\x1b[2J" } else { "bob@bastion2" };
        let text = format!("run 9zzzabcd.1 of {who} (backup.sh) holds the host since {seconds} s");
        scene.say(400, host, HostEvent::Claimed { boot: "b00t".into(), uid: None });
        scene.say(500, host, HostEvent::Held { reason: reason(ReasonKind::Busy, &text) });
    }
    assert_snapshot!(log(&scene, &LogOptions { running: true, ..tty(0) }), @r#"
    run 8f3kabcd  fix.sh 8e1a46  alice@bastion  14:02:11Z  0.5s  RUNNING  "CHG123"
    └─ dc1  3 NOT ENDED
       ├─ HELD 2  a[1-2]  waits: run 9zzzabcd.1 of bob@bastion2 (backup.sh) holds the host since up to 13 s
       └─ HELD 1  a3  waits: run 9zzzabcd.1 of eve\x1b[2J (backup.sh) holds the host since 9 s
    "#);
    let mut show = show(&scene, terminal());
    scene.events.iter().for_each(|event| show.report.event(event, &scene.bodies));
    show.report.tick(RunClock::from_millis(1_000), &scene.bodies);
    assert_snapshot!(visible(&show.err.take()), @r#"
    run 8f3kabcd  fix.sh  0 of 3 ended  +1.0s
    dc1  ················  0/3    3 held
    a1-dc1 waits: run 9zzzabcd.1 of bob@bastion2 (backup.sh) holds the host since 12 s
    "#);
}

#[test]
fn a_run_that_had_ended_is_not_interrupted_by_being_carried_on_and_the_same_parent_is_named_once() {
    let mut scene = Scene::new(&[("dc1", &["a1-dc1", "a2-dc1", "a3-dc1"])], OutputMode::AtEnd);
    let gone = || Outcome::Unknown { reason: reason(ReasonKind::LostWhileRunning, "no answer for 15 s") };
    parent(&mut scene, 0, "a1-dc1", None, &["a2-dc1", "a3-dc1"]);
    scene.link(700, "a2-dc1", Some("a1-dc1"));
    scene.link(700, "a3-dc1", Some("a1-dc1"));
    scene.exit(1_000, "a1-dc1", 600, OK, (b"", b""));
    scene.exit(1_000, "a2-dc1", 600, OK, (b"", b""));
    scene.end(7_000, "a3-dc1", gone(), None);
    scene.finish(7_100, EndedBy::Itself);
    for ms in [20_000, 40_000] {
        let hosts = std::iter::once(scene.id("a3-dc1")).collect();
        scene.push(ms, What::Resumed { who: "bob@bastion".into(), ms, hosts });
        parent(&mut scene, ms + 100, "a1-dc1", None, &["a3-dc1"]);
        scene.end(ms + 5_000, "a3-dc1", gone(), None);
        scene.finish(ms + 5_100, EndedBy::Itself);
        if ms == 20_000 {
            assert_eq!(via(&scene), "via a1-dc1, again after +7.1s");
        }
    }
    assert_snapshot!(log(&scene, &tty(1)), @r#"
    run 8f3kabcd  fix.sh 8e1a46  alice@bastion  14:02:11Z  45.1s  "CHG123"
    ├─ dc1  2 ok 1 UNKNOWN  via a1-dc1, again 2 times, last after +25.1s  ship 0.4s  run p50 0.6s p95 0.6s max 0.6s (a2-dc1)
    │  ├─ a1-dc1  parent of 2  1 ok  since +0.3s  until +7.1s (run ended), then again
    │  │  └─ ok 1  a2  +1.0s  (no output)
    │  └─ a1-dc1  parent of 1  1 ok 1 UNKNOWN  since +40.4s
    │     ├─ UNKNOWN 1  a3  no answer for 15 s  +45.0s
    │     │      → mcom resume asks the host again when it can be reached
    │     └─ ok 1  a1  +1.0s  (no output)
    ├─ resumed +20.0s by bob@bastion (1 host asked again)
    └─ resumed +40.0s by bob@bastion (1 host asked again)
    "#);
    let hosts = std::iter::once(scene.id("a3-dc1")).collect();
    scene.push(60_000, What::Resumed { who: "bob@bastion".into(), ms: 1, hosts });
    parent(&mut scene, 60_100, "a2-dc1", None, &["a3-dc1"]);
    let other = "via a1-dc1, again 2 times, last after +25.1s until +45.1s (run ended), then a2-dc1";
    assert_eq!(via(&scene), other);
}

/// Through whom the one datacenter was commanded.
fn via(scene: &Scene) -> String {
    let log = log(scene, &tty(0));
    let line = log.lines().nth(1).unwrap();
    line[line.find("via").unwrap()..].split("  ").next().unwrap().to_owned()
}
