//! The recap at the end of a run.

use crate::fixture::{Scene, reason, text};
use crate::story::story;
use insta::assert_snapshot;
use mcom_model::{EndedBy, Exit, Outcome, OutputMode, ReasonKind};
use mcom_report::{FoldIgnore, NextSteps, RecapOptions, results, summary};

fn recap(scene: &Scene, options: &RecapOptions) -> String {
    let view = scene.view();
    text(|out| {
        results(&view, &scene.bodies, options, out)?;
        summary(&view, options, out)
    })
}

fn tty() -> RecapOptions {
    RecapOptions { tty: true, next: NextSteps { log: true, ..NextSteps::default() }, ..RecapOptions::default() }
}

const OK: Exit = Exit::Code(0);

#[test]
fn of_the_story() {
    assert_snapshot!(recap(&story(), &tty()), @r#"
    FAILED 2  mail[3,8]-dc2  exit 1
        | reading configuration
        | configuration is sane
        | restarting
        | restarted
       2| nginx: [emerg] bind() to 0.0.0.0:443 failed
    FAILED 1  mail3-dc3  signal 15 (TERM)
       2| caught
    UNREACHABLE 1  mail4-dc3  connect to host mail4-dc3 port 22: Connection timed out
        → check that the host is up, or give more time with --connect-timeout
    UNKNOWN 1  mail2-dc2  the link was lost while the payload ran
        → mcom resume asks the host again when it can be reached
    NOT RUN 1  mail1-dc2  the parent mail2-dc2 was lost
        → run it again on these hosts
    ok 3  mail[4-6]-dc2
        | reading configuration
        | configuration is sane
        | restarting
        | restarted
    ok 1  mail7-dc2
        - configuration is sane
        + configuration is old
    ok 1  mail1-dc3
        | restarted
    ok 1  mail2-dc3
        | \x1b[2J\x1b[H\x1b]0;owned\x07all fine\u{202e}
        | \xff\xfe\r└─ ok 300
    17 hosts: 11 ok 3 FAILED 1 UNREACHABLE 1 UNKNOWN 1 NOT RUN in 58.1s
    results: changed 8, unchanged 1
    VIOLATION by mail1-dc3: a result for host 99\x1b[2J, which is not below it
    next: mcom log 8f3kabcd
    "#);
}

#[test]
fn of_a_run_in_which_all_is_well() {
    let mut scene = Scene::new(&[("dc1", &["a1-dc1", "a2-dc1"]), ("dc2", &["a1-dc2"])], OutputMode::AtEnd);
    for host in ["a1-dc1", "a2-dc1", "a1-dc2"] {
        scene.exit(1000, host, 10, OK, (b"5.10.0\n", b""));
    }
    scene.finish(1000, EndedBy::Itself);
    assert_snapshot!(recap(&scene, &tty()), @r#"
    ok 3  all hosts
        | 5.10.0
    3 hosts: 3 ok in 1.0s
    next: mcom log 8f3kabcd
    "#);
}

#[test]
fn silence_is_counted_and_listed_only_when_asked() {
    let mut scene = Scene::new(&[("dc1", &["a1-dc1", "a2-dc1"])], OutputMode::AtEnd);
    scene.exit(1000, "a1-dc1", 10, OK, (b"", b""));
    scene.exit(1000, "a2-dc1", 12, OK, (b"", b""));
    scene.finish(1000, EndedBy::Itself);
    assert_snapshot!(recap(&scene, &tty()), @r#"
    2 hosts: 2 ok in 1.0s
    next: mcom log 8f3kabcd
    "#);
    assert_snapshot!(recap(&scene, &RecapOptions { verbose: true, ..tty() }), @r#"
    ok 2  all hosts
        a1-dc1  10ms
        a2-dc1  12ms
    2 hosts: 2 ok in 1.0s
    next: mcom log 8f3kabcd
    "#);
}

#[test]
fn what_folding_overlooks_is_marked() {
    let mut scene = Scene::new(&[("dc1", &["a1-dc1", "a2-dc1"])], OutputMode::AtEnd);
    scene.exit(1000, "a1-dc1", 10, OK, (b"a1-dc1 up 3 days at 14:02:11\n", b""));
    scene.exit(1000, "a2-dc1", 10, OK, (b"a2-dc1 up 41 days at 14:02:12\n", b""));
    scene.finish(1000, EndedBy::Itself);
    assert_eq!(recap(&scene, &tty()).matches("| a").count(), 2);
    let ignore = FoldIgnore { host: true, time: true, num: true };
    assert_snapshot!(recap(&scene, &RecapOptions { ignore, ..tty() }), @r#"
    ok 2  all hosts
        | <host> up <num> days at <time>
    2 hosts: 2 ok in 1.0s
    next: mcom log 8f3kabcd
    "#);
}

#[test]
fn a_long_output_is_cut_in_the_middle_on_a_terminal_only() {
    let mut scene = Scene::new(&[("dc1", &["a1-dc1"])], OutputMode::AtEnd);
    let lines: String = (1..=1000).map(|n| format!("line {n}\n")).collect();
    scene.exit(1000, "a1-dc1", 10, OK, (lines.as_bytes(), b""));
    scene.finish(1000, EndedBy::Itself);
    let cut = recap(&scene, &tty());
    assert!(
        cut.contains("    | line 25\n    | … 960 more lines: mcom log 8f3kabcd -h a1-dc1 --raw\n    | line 986\n"),
        "{cut}"
    );
    let whole = recap(&scene, &RecapOptions { tty: false, ..tty() });
    assert_eq!(whole.lines().filter(|line| line.starts_with("    | line ")).count(), 1000);
}

#[test]
fn an_endless_line_is_cut() {
    let mut scene = Scene::new(&[("dc1", &["a1-dc1"])], OutputMode::AtEnd);
    scene.exit(1000, "a1-dc1", 10, OK, (&[b'x'; 100_000], b""));
    let cut = recap(&scene, &tty());
    assert!(cut.len() < 3000);
    assert!(cut.contains("x… (a line of 97.6 KiB)"), "{cut}");
}

#[test]
fn output_that_is_missing_is_said() {
    let mut scene = Scene::new(&[("dc1", &["a1-dc1"])], OutputMode::AtEnd);
    scene.exit(1000, "a1-dc1", 10, OK, (b"gone\n", b""));
    scene.bodies.0.clear();
    assert!(recap(&scene, &tty()).contains("    | (this output is not in the ledger: entity not found)"));
}

#[test]
fn next_steps_name_only_verbs_that_there_are() {
    let mut scene = Scene::new(&[("dc1", &["a1-dc1"])], OutputMode::AtEnd);
    let refused = reason(ReasonKind::Busy, "bob@bastion2 runs fix.sh since 14:00Z");
    scene.end(1000, "a1-dc1", Outcome::Refused { reason: refused }, None);
    scene.finish(1000, EndedBy::Cancel);
    assert_snapshot!(recap(&scene, &tty()), @r#"
    REFUSED 1  a1-dc1  bob@bastion2 runs fix.sh since 14:00Z
        → wait for the other run to end, or let this one wait for it with --lock-wait
    1 host: 1 REFUSED in 1.0s  CANCELLED
    next: mcom log 8f3kabcd
    "#);
    let all = NextSteps { log: true, retry: true, resume: true, watch: true };
    assert!(
        recap(&scene, &RecapOptions { next: all, ..tty() }).contains("next: mcom retry 8f3kabcd · mcom log 8f3kabcd")
    );
    assert!(!recap(&scene, &RecapOptions { next: NextSteps::default(), ..tty() }).contains("next:"));
}

#[test]
fn ten_thousand_different_answers_do_not_fill_the_terminal() {
    let names: Vec<String> = (0..300).map(|n| format!("a{n}-dc1")).collect();
    let names: Vec<&str> = names.iter().map(String::as_str).collect();
    let mut scene = Scene::new(&[("dc1", &names)], OutputMode::AtEnd);
    for name in &names {
        scene.exit(1000, name, 10, OK, (format!("I am {name}\n").as_bytes(), b""));
    }
    let text = recap(&scene, &tty());
    assert!(text.contains("… 200 more groups (200 hosts): mcom log 8f3kabcd"), "{text}");
    assert_eq!(recap(&scene, &RecapOptions { tty: false, ..tty() }).matches("I am").count(), 300);
}
