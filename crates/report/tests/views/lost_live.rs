//! What is told at once while a run goes on: lost parents, those that take their place, halts, other coordinators.

use crate::fixture::{Scene, reason};
use crate::live::{play, show, terminal, visible};
use crate::lost::{lost_parents, parent};
use insta::assert_snapshot;
use mcom_model::{EndedBy, HostEvent, Outcome, OutputMode, ReasonKind, RunClock, RunLimits, What};
use mcom_report::{Progress, ReportOptions};

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
    let limits = RunLimits { max_fail: Some(0), ..RunLimits::default() };
    let mut scene = Scene::limited(&[("dc1", &["a1-dc1", "a2-dc1"])], limits);
    scene.end(12_000, "a1-dc1", Outcome::TimedOut, None);
    let bad =
        reason(ReasonKind::Halted, "hosts that failed, timed out, are unreachable or unknown: 1, and the limit is 0");
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
            "halted +12.0s: 1 host is bad, --max-fail 0; nothing new starts",
            "cancel asked +13.0s by bob@bastion2",
            "resumed +20.0s by bob@bastion2 (1 host to start)",
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
fn a_line_that_has_nothing_new_names_the_hosts_that_run_longest() {
    let mut scene = Scene::new(&[("dc1", &["a1-dc1", "a2-dc1"])], OutputMode::AtEnd);
    scene.start(1_000, "a2-dc1");
    scene.start(2_000, "a1-dc1");
    let mut show = show(&scene, ReportOptions { progress: Progress::Line, ..ReportOptions::default() });
    play(&mut show, &scene, 0, 3_000);
    for at in [30_000, 60_000] {
        show.report.tick(RunClock::from_millis(at), &scene.bodies);
    }
    assert_snapshot!(show.err.take(), @r#"
    +30.0s  0 of 2 ended (0%); 2 running, 0 to come
    +1m00s  0 of 2 ended (0%); 2 running, 0 to come; running longest: a2-dc1 59.0s, a1-dc1 58.0s
    "#);
}
