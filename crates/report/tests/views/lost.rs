//! A tree of three levels in which parents are lost, at both levels, and what readers see of it.

use crate::fixture::{Scene, reason, text};
use crate::live::{play, show, terminal, visible};
use insta::assert_snapshot;
use mcom_model::RunClock;
use mcom_model::{EndedBy, Exit, HostEvent, Outcome, OutputMode, ReasonKind, What};
use mcom_report::{LogOptions, Progress, ReportOptions, nested_log};

const MAILS: [&str; 9] = [
    "mail1-dc2",
    "mail2-dc2",
    "mail3-dc2",
    "mail4-dc2",
    "mail5-dc2",
    "mail6-dc2",
    "mail7-dc2",
    "mail8-dc2",
    "mail9-dc2",
];

const OK: Exit = Exit::Code(0);

/// mail1 commands mail2 to mail5, and mail5 commands mail6 to mail8. mail1 is lost, then mail5 under its successor.
pub fn lost_parents() -> Scene {
    let dcs: [(&str, &[&str]); 3] = [("dc1", &["web1-dc1"]), ("dc2", &MAILS), ("dc3", &["db1-dc3"])];
    let mut scene = Scene::new(&dcs, OutputMode::AtEnd);
    first_parents(&mut scene);
    head_lost(&mut scene);
    inner_parent_lost(&mut scene);
    other_datacenters(&mut scene);
    scene.exit(45_000, "mail1-dc2", 30_000, OK, (b"", b""));
    for (host, at) in ["mail3-dc2", "mail4-dc2", "mail5-dc2", "mail7-dc2"].into_iter().zip(40_000..) {
        scene.exit(at, host, 30_000, OK, (b"", b""));
    }
    let gone = reason(ReasonKind::Rebooted, "the host rebooted after the claim");
    scene.end(46_000, "mail8-dc2", Outcome::Unknown { reason: gone }, None);
    scene.start(50_000, "mail9-dc2");
    scene.exit(52_000, "mail9-dc2", 2_000, OK, (b"", b""));
    scene.finish(58_000, EndedBy::Itself);
    scene
}

fn parent(scene: &mut Scene, ms: u64, host: &str, by: Option<&str>, members: &[&str]) {
    scene.link(ms, host, by);
    scene.say(ms + 300, host, HostEvent::Chosen { below: members.len() as u64 });
    if by.is_none() {
        let via = scene.id(host);
        let hosts = members.iter().chain([&host]).map(|host| scene.id(host)).collect();
        scene.push(ms + 301, What::Intent { hosts, via });
        scene.push(ms + 700, What::Shipped { host: via, bytes: 5000 });
    }
}

fn first_parents(scene: &mut Scene) {
    parent(scene, 0, "mail1-dc2", None, &MAILS[1..]);
    scene.start(800, "mail1-dc2");
    for host in ["mail2-dc2", "mail3-dc2", "mail4-dc2"] {
        scene.link(1_000, host, Some("mail1-dc2"));
        scene.start(1_310, host);
    }
    parent(scene, 1_010, "mail5-dc2", Some("mail1-dc2"), &["mail6-dc2", "mail7-dc2", "mail8-dc2"]);
    for host in ["mail6-dc2", "mail7-dc2"] {
        scene.link(1_500, host, Some("mail5-dc2"));
        scene.start(1_810, host);
    }
    scene.start(1_820, "mail5-dc2");
    let id = scene.id("mail5-dc2");
    scene.say(1_900, "mail8-dc2", HostEvent::Linking { by: Some(id) });
    scene.exit(3_000, "mail2-dc2", 1_690, OK, (b"", b""));
    scene.exit(4_000, "mail6-dc2", 2_190, OK, (b"", b""));
}

fn attach(scene: &mut Scene, ms: u64, host: &str, by: Option<&str>) {
    scene.link(ms, host, by);
    scene.say(ms + 310, host, HostEvent::Attached { boot: "b00t".into() });
}

fn head_lost(scene: &mut Scene) {
    scene.say(
        20_100,
        "mail1-dc2",
        HostEvent::ParentLost { reason: reason(ReasonKind::LinkLost, "no answer for 15 s") },
    );
    let left = ["mail1-dc2", "mail4-dc2", "mail5-dc2", "mail7-dc2", "mail8-dc2", "mail9-dc2"];
    parent(scene, 23_000, "mail3-dc2", None, &left);
    scene.say(23_400, "mail3-dc2", HostEvent::Attached { boot: "b00t".into() });
    attach(scene, 23_800, "mail4-dc2", Some("mail3-dc2"));
    parent(scene, 23_810, "mail5-dc2", Some("mail3-dc2"), &["mail7-dc2", "mail8-dc2"]);
    scene.say(24_200, "mail5-dc2", HostEvent::Attached { boot: "b00t".into() });
    attach(scene, 24_300, "mail7-dc2", Some("mail5-dc2"));
    scene.link(24_310, "mail8-dc2", Some("mail5-dc2"));
    scene.start(24_700, "mail8-dc2");
    attach(scene, 24_800, "mail1-dc2", Some("mail3-dc2"));
}

fn inner_parent_lost(scene: &mut Scene) {
    let reset = reason(ReasonKind::LinkLost, "Connection reset by peer");
    scene.say(30_000, "mail5-dc2", HostEvent::ParentLost { reason: reset });
    parent(scene, 30_100, "mail7-dc2", Some("mail3-dc2"), &["mail8-dc2", "mail5-dc2"]);
    scene.say(30_500, "mail7-dc2", HostEvent::Attached { boot: "b00t".into() });
    attach(scene, 30_800, "mail8-dc2", Some("mail7-dc2"));
    attach(scene, 30_810, "mail5-dc2", Some("mail7-dc2"));
    scene.link(31_000, "mail9-dc2", Some("mail3-dc2"));
    let busy = reason(ReasonKind::Busy, "run 9zzzabcd.1 of bob@bastion2 (backup.sh) holds the host since 12 s");
    scene.say(31_400, "mail9-dc2", HostEvent::Held { reason: busy });
}

/// One that cannot be reached, and one that is a child of the coordinator and was lost twice.
fn other_datacenters(scene: &mut Scene) {
    scene.say(5, "web1-dc1", HostEvent::Linking { by: None });
    let timeout = reason(ReasonKind::ConnectTimeout, "connect to host web1-dc1 port 22: Connection timed out");
    scene.end(10_005, "web1-dc1", Outcome::Unreachable { reason: timeout }, None);
    scene.link(6, "db1-dc3", None);
    scene.start(400, "db1-dc3");
    for ms in [9_000, 12_000] {
        scene.say(ms, "db1-dc3", HostEvent::LinkLost { reason: reason(ReasonKind::LinkLost, "reset") });
        attach(scene, ms + 500, "db1-dc3", None);
    }
    scene.exit(14_000, "db1-dc3", 13_000, OK, (b"", b""));
    scene.events.sort_by_key(|event| event.at);
}

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
    let mut scene = Scene::new(&dcs, OutputMode::AtEnd);
    scene.head(0, "a1-dc1", 3);
    scene.start(400, "a1-dc1");
    scene.exit(1_000, "a1-dc1", 600, Exit::Code(1), (b"", b""));
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
    └─ resumed +3m02s by bob@bastion (2 hosts asked again)
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
    assert_snapshot!(cut.lines().next().unwrap(), @r#"run 8f3kabcd  sleep 1; sleep… 8e1a46  alice@bastion  14:02:11Z  1.0s  HALTED (too many hosts failed)  "CHG123""#);
}

#[test]
fn the_block_counts_hosts_that_are_asked_again_and_held_and_says_at_once_what_was_lost() {
    let scene = lost_parents();
    let mut show = show(&scene, terminal());
    let mut frame = |from, to| {
        play(&mut show, &scene, from, to);
        show.err.take();
        show.report.tick(RunClock::from_millis(to + 1_000), &scene.bodies);
        visible(&show.err.take())
    };
    frame(0, 20_000);
    assert_snapshot!(frame(20_000, 20_200), @r#"
    <esc>[5A<clear>dc2: parent mail1-dc2 lost +20.1s (no answer for 15 s), 7 hosts are asked again
    run 8f3kabcd  fix.sh  4 of 11 ended  3 ok 1 UNREACHABLE  +21.2s
    dc1  ████████████████  1/1  1 UNREACHABLE
    dc2  ███·············  2/9  2 ok  asking again 5  2 waiting  parent lost
    dc3  ████████████████  1/1  1 ok
    "#);
    assert_snapshot!(frame(20_200, 23_600), @r#"
    <esc>[5Arun 8f3kabcd  fix.sh  4 of 11 ended  3 ok 1 UNREACHABLE  +24.6s
    dc1  ████████████████  1/1  1 UNREACHABLE
    dc2  ███·············  2/9  2 ok  1 running  asking again 4  2 waiting  via mail3-dc2
    dc3  ████████████████  1/1  1 ok
    running longest: mail3-dc2 23.2s
    "#);
    assert_snapshot!(frame(23_600, 45_500), @r#"
    <esc>[5Arun 8f3kabcd  fix.sh  9 of 11 ended  8 ok 1 UNREACHABLE  +46.5s
    dc1  ████████████████  1/1  1 UNREACHABLE
    dc2  ████████████····  7/9  7 ok  1 running  1 held  via mail3-dc2
    dc3  ████████████████  1/1  1 ok
    running longest: mail8-dc2 21.8s
    "#);
}

#[test]
fn without_a_terminal_the_same_is_told_in_lines() {
    let scene = lost_parents();
    let mut show = show(&scene, ReportOptions { progress: Progress::Line, ..ReportOptions::default() });
    for at in (0..58_200).step_by(100) {
        play(&mut show, &scene, at, at + 100);
        show.report.tick(RunClock::from_millis(at + 100), &scene.bodies);
    }
    assert_snapshot!(show.err.take(), @r#"
    +4.0s  2 of 11 ended (18%): 2 ok; 6 running, 3 to come
    UNREACHABLE 1  web1-dc1  connect to host web1-dc1 port 22: Connection timed out  +10.0s
    +10.0s  3 of 11 ended (27%): 2 ok, 1 unreachable; 6 running, 2 to come
    +14.0s  4 of 11 ended (36%): 3 ok, 1 unreachable; 5 running, 2 to come
    dc2: parent mail1-dc2 lost +20.1s (no answer for 15 s), 7 hosts are asked again
    dc2: 6 hosts go to mail3-dc2 +23.3s, 3.2s after mail1-dc2 was lost
    dc2: parent mail5-dc2 lost +30.0s (Connection reset by peer), 3 hosts are asked again
    dc2: 2 hosts go to mail7-dc2 +30.4s, 0.4s after mail5-dc2 was lost
    +40.0s  5 of 11 ended (45%): 4 ok, 1 unreachable; 5 running, 1 held by other runs, 0 to come
    +40.1s  8 of 11 ended (72%): 7 ok, 1 unreachable; 2 running, 1 held by other runs, 0 to come
    +45.0s  9 of 11 ended (81%): 8 ok, 1 unreachable; 1 running, 1 held by other runs, 0 to come
    UNKNOWN 1  mail8-dc2  the host rebooted after the claim  +46.0s
    +46.0s  10 of 11 ended (90%): 8 ok, 1 unreachable, 1 unknown; 0 running, 1 held by other runs, 0 to come
    "#);
}

#[test]
fn the_turns_of_a_run_are_told_at_once() {
    let mut scene = Scene::new(&[("dc1", &["a1-dc1", "a2-dc1"])], OutputMode::AtEnd);
    let bad = reason(ReasonKind::Halted, "4 hosts are bad, --max-fail 3");
    scene.push(12_000, What::Halted { by: EndedBy::MaxFail, reason: bad });
    scene.push(13_000, What::CancelAsked { by: Some("bob@bastion2".into()) });
    let hosts = std::iter::once(scene.id("a2-dc1")).collect();
    scene.push(20_000, What::Resumed { who: "bob@bastion2".into(), ms: 1, hosts });
    for progress in [Progress::Bar, Progress::Line] {
        let mut show = show(&scene, ReportOptions { progress, ..ReportOptions::default() });
        play(&mut show, &scene, 0, 30_000);
        show.report.tick(RunClock::from_millis(31_000), &scene.bodies);
        let told = visible(&show.err.take());
        for line in [
            "halted +12.0s: 4 hosts are bad, --max-fail 3; nothing new starts",
            "cancel asked +13.0s by bob@bastion2",
            "resumed +20.0s by bob@bastion2 (1 host asked again)",
        ] {
            assert_eq!(told.matches(line).count(), 1, "{told}");
        }
    }
}

#[test]
fn a_thousand_lost_parents_are_a_few_lines_a_frame() {
    let names: Vec<String> = (0..2_000).map(|n| format!("mail{n}-dc1")).collect();
    let names: Vec<&str> = names.iter().map(String::as_str).collect();
    let mut scene = Scene::new(&[("dc1", &names)], OutputMode::AtEnd);
    for pair in names.chunks(2) {
        parent(&mut scene, 10, pair[0], None, &pair[1..]);
    }
    for pair in names.chunks(2) {
        scene.say(20_000, pair[0], HostEvent::ParentLost { reason: reason(ReasonKind::LinkLost, "reset") });
    }
    let mut show = show(&scene, terminal());
    scene.events.iter().for_each(|event| show.report.event(event, &scene.bodies));
    show.report.tick(RunClock::from_millis(20_000), &scene.bodies);
    let told = show.err.take();
    assert_eq!(told.matches("parent mail").count(), 12, "{told}");
    assert!(told.contains("… and 988 more parents lost or replaced"), "{told}");
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
        scene.say(400, host, HostEvent::Claimed { boot: "b00t".into() });
        scene.say(500, host, HostEvent::Held { reason: reason(ReasonKind::Busy, &text) });
    }
    assert_snapshot!(log(&scene, &LogOptions { running: true, ..tty(0) }), @r#"
    run 8f3kabcd  fix.sh 8e1a46  alice@bastion  14:02:11Z  0.5s  RUNNING  "CHG123"
    └─ dc1  3 NOT ENDED
       ├─ HELD 2  a[1-2]  waits: run 9zzzabcd.1 of bob@bastion2 (backup.sh) holds the host
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
