//! The recap at the end of a run.

use crate::fixture::{Scene, reason, text};
use crate::story::story;
use insta::assert_snapshot;
use mcom_model::{EndedBy, Exit, Outcome, OutputMode, ReasonKind, RunLimits, What};
use mcom_report::{FoldIgnore, LogOptions, NextSteps, RecapOptions, nested_log, results, summary};

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
    unknown, which is not failed: lost while running mail2-dc2
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
        → wait for the other run to end, or try again and let it wait: mcom retry --lock-wait 10m
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

fn all_verbs() -> RecapOptions {
    RecapOptions { next: NextSteps { log: true, retry: true, resume: true, watch: true }, ..tty() }
}

const HOSTS: [&str; 8] = ["a1-dc1", "a2-dc1", "a3-dc1", "a4-dc1", "a5-dc1", "a6-dc1", "a7-dc1", "a8-dc1"];

#[test]
fn a_halted_run_says_why_and_which_hosts_did_not_run() {
    let mut scene = Scene::limited(&[("dc1", &HOSTS)], RunLimits { max_fail: Some(3), ..RunLimits::default() });
    for host in &HOSTS[..4] {
        scene.exit(1000, host, 10, Exit::Code(1), (b"", b"no such service\n"));
    }
    let bad = || reason(ReasonKind::Halted, "4 hosts are bad, --max-fail 3");
    scene.push(1001, What::Halted { by: EndedBy::MaxFail, reason: bad() });
    for host in &HOSTS[4..] {
        scene.end(1002, host, Outcome::NotRun { reason: bad() }, None);
    }
    scene.finish(1100, EndedBy::MaxFail);
    assert_snapshot!(recap(&scene, &all_verbs()), @r#"
    FAILED 4  a[1-4]-dc1  exit 1
       2| no such service
    NOT RUN 4  a[5-8]-dc1  4 hosts are bad, --max-fail 3
    8 hosts: 4 FAILED 4 NOT RUN in 1.1s  HALTED: 4 hosts are bad, --max-fail 3
    next: mcom retry 8f3kabcd · mcom log 8f3kabcd
    "#);
}

#[test]
fn unknown_stands_apart_from_failure_and_is_asked_first() {
    let mut scene = Scene::new(&[("dc1", &HOSTS)], OutputMode::AtEnd);
    scene.exit(1000, HOSTS[0], 10, Exit::Code(1), (b"", b""));
    scene.push(2000, What::CancelAsked { by: Some("bob@bastion2".into()) });
    let unknown = |kind, text: &str| Outcome::Unknown { reason: reason(kind, text) };
    for host in &HOSTS[1..3] {
        scene.end(9000, host, unknown(ReasonKind::LostWhileRunning, "no answer for 15 s"), None);
    }
    scene.end(9000, HOSTS[3], unknown(ReasonKind::Rebooted, "the host rebooted after the claim"), None);
    for host in &HOSTS[4..6] {
        scene.end(9000, host, unknown(ReasonKind::CancelPending, "the word to end it has not arrived"), None);
    }
    for host in &HOSTS[6..] {
        scene.end(9000, host, Outcome::Killed, None);
    }
    scene.finish(9000, EndedBy::Cancel);
    assert_snapshot!(recap(&scene, &all_verbs()), @r#"
    FAILED 1  a1-dc1  exit 1
    KILLED 2  a[7-8]-dc1
    UNKNOWN 2  a[2-3]-dc1  no answer for 15 s
        → mcom resume asks the host again when it can be reached
    UNKNOWN 2  a[5-6]-dc1  the word to end it has not arrived
        → bring the host back, then mcom resume gives it the word
    UNKNOWN 1  a4-dc1  the host rebooted after the claim
        → look at the host before you run it there again: the payload may have run in part
    8 hosts: 1 FAILED 2 KILLED 5 UNKNOWN in 9.0s  CANCELLED by bob@bastion2
    unknown, which is not failed: lost while running a[2-3]-dc1 · rebooted a4-dc1
    cancel pending: the word has not reached a[5-6]-dc1
    next: mcom resume 8f3kabcd · mcom retry 8f3kabcd (without the 5 unknown) · mcom log 8f3kabcd
    "#);
}

#[test]
fn where_nothing_has_ended_there_are_no_counts_and_no_gap() {
    let scene = Scene::new(&[("dc1", &HOSTS)], OutputMode::AtEnd);
    let text = recap(&scene, &tty());
    assert!(text.starts_with("8 hosts: 8 NOT ENDED (0 of them running) in 0ms  INTERRUPTED\n"), "{text}");
}

#[test]
fn a_run_that_was_left_is_resumed_before_anything_is_done_again() {
    let mut scene = Scene::new(&[("dc1", &HOSTS)], OutputMode::AtEnd);
    scene.exit(1000, HOSTS[0], 10, Exit::Code(1), (b"", b""));
    scene.start(1000, HOSTS[1]);
    assert_snapshot!(recap(&scene, &all_verbs()), @r#"
    FAILED 1  a1-dc1  exit 1
    8 hosts: 1 FAILED 7 NOT ENDED (1 of them running) in 1.0s  INTERRUPTED
    next: mcom resume 8f3kabcd · mcom log 8f3kabcd
    "#);
}

#[test]
fn hosts_that_another_run_holds_are_folded_by_holder_and_skipped_ones_by_run() {
    let mut scene = Scene::new(&[("dc1", &HOSTS)], OutputMode::AtEnd);
    for (host, seconds) in HOSTS[..3].iter().zip(12..) {
        let text = format!("run 9zzzabcd.1 of bob@bastion2 (backup.sh) holds the host since {seconds} s");
        scene.end(1000, host, Outcome::Refused { reason: reason(ReasonKind::Busy, &text) }, None);
    }
    let text = "run 7aaaabcd.1 of carol@bastion2 (fix.sh \"CHG7\") holds the host since 7 s";
    scene.end(1000, HOSTS[3], Outcome::Refused { reason: reason(ReasonKind::Busy, text) }, None);
    for (host, second) in HOSTS[4..].iter().zip(11..) {
        let text = format!("6bbbabcd by alice@bastion, 2026-07-21 14:02:{second}Z");
        scene.end(1000, host, Outcome::Skipped { reason: reason(ReasonKind::AlreadyRan, &text) }, None);
    }
    scene.finish(1000, EndedBy::Itself);
    assert_snapshot!(recap(&scene, &all_verbs()), @r#"
    REFUSED 3  a[1-3]-dc1  run 9zzzabcd.1 of bob@bastion2 (backup.sh) holds the host since up to 14 s
        → wait for the other run to end, or try again and let it wait: mcom retry --lock-wait 10m
    REFUSED 1  a4-dc1  run 7aaaabcd.1 of carol@bastion2 (fix.sh "CHG7") holds the host since 7 s
        → wait for the other run to end, or try again and let it wait: mcom retry --lock-wait 10m
    skipped 4  a[5-8]-dc1  6bbbabcd by alice@bastion, 2026-07-21 14:02:11Z and later
    8 hosts: 4 REFUSED 4 skipped in 1.0s
    next: mcom retry 8f3kabcd · mcom log 8f3kabcd
    "#);
}

#[test]
fn output_that_this_machine_could_not_keep_is_not_blamed_on_the_hosts() {
    let mut scene = Scene::new(&[("dc1", &HOSTS)], OutputMode::AtEnd);
    for host in HOSTS {
        scene.exit(1000, host, 10, OK, (format!("I am {host}\n").as_bytes(), b""));
    }
    for host in &HOSTS[..2] {
        let digest = mcom_model::Digest::of(format!("I am {host}\n").as_bytes());
        let full = "cannot write the ledger at /s/runs: No space left on device";
        scene.push(1001, What::BodyLost { digest, reason: reason(ReasonKind::LedgerFull, full) });
    }
    scene.finish(1002, EndedBy::LedgerFull);
    let text = recap(&scene, &all_verbs());
    assert!(text.contains("output of a[1-2]-dc1 is lost: the disk of this machine was full, not theirs\n"), "{text}");
    assert!(text.contains("8 hosts: 8 ok in 1.0s  HALTED: the ledger could not be written\n"), "{text}");
}

#[test]
fn a_halt_is_told_of_the_run_and_its_reason_of_the_hosts() {
    let limits = RunLimits { deadline_ms: Some(1_800_000), ..RunLimits::default() };
    let halted = |by, kind, text: &str| {
        let mut scene = Scene::limited(&[("dc1", &HOSTS)], limits);
        scene.exit(1000, HOSTS[0], 10, OK, (b"", b""));
        scene.push(1001, What::Halted { by, reason: reason(kind, text) });
        for host in &HOSTS[1..] {
            scene.end(1002, host, Outcome::NotRun { reason: reason(kind, text) }, None);
        }
        scene.finish(1100, by);
        let log = text_of_log(&scene);
        let turn = log.lines().last().unwrap().to_owned();
        format!("{}{turn}\n", recap(&scene, &RecapOptions { next: NextSteps::default(), ..tty() }))
    };
    let here = "before the payload started here";
    assert_snapshot!(halted(EndedBy::Interrupt, ReasonKind::Halted, &format!("the operator stopped the run {here}")), @r#"
    NOT RUN 7  a[2-8]-dc1  the operator stopped the run before the payload started here
    8 hosts: 1 ok 7 NOT RUN in 1.1s  HALTED by the operator
    └─ halted +1.0s by the operator
    "#);
    assert_snapshot!(halted(EndedBy::Deadline, ReasonKind::Deadline, &format!("the run's deadline had come {here}")), @r#"
    NOT RUN 7  a[2-8]-dc1  the run's deadline had come before the payload started here
        → give more time with --deadline, then mcom retry
    8 hosts: 1 ok 7 NOT RUN in 1.1s  HALTED: the deadline of 30m00s came
    └─ halted +1.0s: the deadline of 30m00s came
    "#);
    let full = "cannot write the ledger at /s/runs: No space left on device";
    assert_snapshot!(halted(EndedBy::LedgerFull, ReasonKind::LedgerFull, full), @r#"
    NOT RUN 7  a[2-8]-dc1  cannot write the ledger at /s/runs: No space left on device
        → make room for the ledger, then run the rest
    8 hosts: 1 ok 7 NOT RUN in 1.1s  HALTED: the ledger could not be written
    └─ halted +1.0s: the ledger could not be written
    "#);
}

#[test]
fn a_limit_that_still_holds_when_the_run_is_carried_on_counts_the_hosts_of_then() {
    let mut scene = Scene::limited(&[("dc1", &HOSTS)], RunLimits { max_fail: Some(1), ..RunLimits::default() });
    let bad = "hosts that failed, timed out, are unreachable or unknown: 2, and the limit is 1";
    let bad = || reason(ReasonKind::Halted, bad);
    let gone = reason(ReasonKind::LostWhileRunning, "no answer for 15 s");
    scene.exit(1000, HOSTS[0], 10, Exit::Code(1), (b"", b""));
    scene.end(1000, HOSTS[1], Outcome::Unknown { reason: gone }, None);
    scene.push(1001, What::Halted { by: EndedBy::MaxFail, reason: bad() });
    let hosts = std::iter::once(scene.id(HOSTS[1])).collect();
    scene.push(2000, What::Resumed { who: "bob@bastion".into(), ms: 1, hosts });
    scene.push(2000, What::Halted { by: EndedBy::MaxFail, reason: bad() });
    scene.exit(3000, HOSTS[1], 10, OK, (b"", b""));
    scene.finish(3000, EndedBy::MaxFail);
    let text = recap(&scene, &tty());
    assert!(text.contains("  HALTED: 2 hosts are bad, --max-fail 1\n"), "{text}");
}

#[test]
fn a_run_is_resumed_only_where_asking_can_help() {
    let unknown = |kind| Outcome::Unknown { reason: reason(kind, "it may have begun") };
    let next = |kinds: &[ReasonKind]| {
        let mut scene = Scene::new(&[("dc1", &HOSTS)], OutputMode::AtEnd);
        scene.exit(1000, HOSTS[0], 10, Exit::Code(1), (b"", b""));
        for (host, &kind) in HOSTS[1..].iter().zip(kinds) {
            scene.end(1000, host, unknown(kind), None);
        }
        scene.finish(1000, EndedBy::Itself);
        recap(&scene, &all_verbs()).lines().last().unwrap().to_owned()
    };
    let answered = [ReasonKind::SupervisorLost, ReasonKind::Rebooted];
    assert_eq!(next(&answered), "next: mcom retry 8f3kabcd (without the 2 unknown) · mcom log 8f3kabcd");
    for silent in [ReasonKind::LostWhileRunning, ReasonKind::CancelPending] {
        let right = "next: mcom resume 8f3kabcd · mcom retry 8f3kabcd (without the 3 unknown) · mcom log 8f3kabcd";
        assert_eq!(next(&[answered[0], answered[1], silent]), right);
    }
}

fn text_of_log(scene: &Scene) -> String {
    text(|out| nested_log(&scene.view(), &scene.bodies, &LogOptions::default(), out))
}
