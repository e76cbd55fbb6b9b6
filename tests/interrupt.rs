//! Interrupts while a run goes on, and patterns that refer to a run.

use crate::support::{Bench, Ran, count};
use std::process::{Child, Stdio};
use std::time::{Duration, Instant};

/// Starts a run of payloads that would last a minute, and waits until all of them run.
fn started(bench: &Bench, hosts: usize) -> Child {
    let mut command = bench.command(&["-h", "*", "-c", "sleep 60"]);
    let child = command.stdout(Stdio::piped()).stderr(Stdio::piped()).spawn().unwrap();
    let since = Instant::now();
    while count(&bench.events(), "said", "started") < hosts {
        assert!(since.elapsed() < Duration::from_secs(60), "the payloads never started");
        std::thread::sleep(Duration::from_millis(20));
    }
    child
}

fn send(child: &Child, signal: &str) {
    let sent = std::process::Command::new("kill").arg(signal).arg(child.id().to_string()).status().unwrap();
    assert!(sent.success());
}

fn ended(child: Child) -> Ran {
    child.wait_with_output().unwrap().into()
}

#[test]
fn the_first_interrupt_ends_what_runs() {
    let bench = Bench::grid(1, 2);
    let child = started(&bench, 2);
    send(&child, "-INT");
    let ran = ended(child).expect(130);
    assert!(ran.err.contains("2 KILLED"), "{}", ran.err);
    assert_eq!(count(&bench.events(), "event", "cancel-asked"), 1);

    let again = bench.mcom(&["hosts", "-h", "@run:latest/killed", "--fold"]).expect(0);
    assert_eq!(again.out, "mail[1-2]-dc1\n");
    bench.mcom(&["hosts", "-h", "@run:latest/ok"]).expect(3);
    let unknown = bench.mcom(&["hosts", "-h", "@run:latest/bad"]).expect(2);
    assert!(unknown.err.contains("`bad` is no outcome") && unknown.err.contains("not-ok"), "{}", unknown.err);
}

#[test]
fn a_termination_is_a_cancel_with_a_code_of_its_own() {
    let bench = Bench::grid(1, 1);
    let child = started(&bench, 1);
    send(&child, "-TERM");
    ended(child).expect(143);
}

#[test]
fn a_lost_terminal_ends_nothing() {
    let bench = Bench::grid(1, 2);
    let mut command = bench.command(&["-h", "*", "-c", "sleep 2; echo $MCOM_HOST"]);
    let child = command.stdout(Stdio::piped()).stderr(Stdio::piped()).spawn().unwrap();
    let since = Instant::now();
    while count(&bench.events(), "said", "started") < 1 {
        assert!(since.elapsed() < Duration::from_secs(60), "the payloads never started");
        std::thread::sleep(Duration::from_millis(20));
    }
    send(&child, "-HUP");
    assert_eq!(ended(child).expect(0).sorted(), ["mail1-dc1: mail1-dc1", "mail2-dc1: mail2-dc1"]);
    assert_eq!(count(&bench.events(), "event", "halted"), 0);
}

#[test]
fn the_second_interrupt_leaves_at_once_and_names_what_is_unknown() {
    let bench = Bench::grid(1, 2);
    // Payloads that do not heed TERM keep the cancel waiting.
    let mut command = bench.command(&["-h", "*", "-c", "trap '' TERM; sleep 60"]);
    let child = command.stdout(Stdio::piped()).stderr(Stdio::piped()).spawn().unwrap();
    let since = Instant::now();
    let wait = |key: &str, value: &str, times: usize| {
        while count(&bench.events(), key, value) < times {
            assert!(since.elapsed() < Duration::from_secs(60), "never {value}");
            std::thread::sleep(Duration::from_millis(20));
        }
    };
    wait("said", "started", 2);
    send(&child, "-INT");
    wait("event", "cancel-asked", 1);
    send(&child, "-INT");
    let ran = ended(child).expect(16);
    assert!(since.elapsed() < Duration::from_secs(30));
    assert!(ran.err.contains("mcom: left before the end: the state of mail[1-2]-dc1 is unknown"), "{}", ran.err);
}

/// Whether an interrupt has come to a process and was not taken yet.
fn is_pending(process: u32) -> bool {
    const SIGINT: u64 = 1 << 1;
    let status = std::fs::read_to_string(format!("/proc/{process}/status")).unwrap_or_default();
    let sets = status.lines().filter_map(|line| line.strip_prefix("SigPnd:").or_else(|| line.strip_prefix("ShdPnd:")));
    sets.filter_map(|set| u64::from_str_radix(set.trim(), 16).ok()).any(|set| set & SIGINT != 0)
}

#[test]
fn two_interrupts_at_once_are_two() {
    let bench = Bench::grid(1, 1);
    let mut command = bench.command(&["-h", "*", "-c", "trap '' TERM; sleep 60"]);
    let child = command.stdout(Stdio::piped()).stderr(Stdio::piped()).spawn().unwrap();
    let since = Instant::now();
    while count(&bench.events(), "said", "started") < 1 {
        assert!(since.elapsed() < Duration::from_secs(60), "the payload never started");
        std::thread::sleep(Duration::from_millis(20));
    }
    let process = rustix::process::Pid::from_child(&child);
    for _ in 0..2 {
        rustix::process::kill_process(process, rustix::process::Signal::INT).unwrap();
        // The kernel itself makes one of two that come before the first was taken.
        while is_pending(child.id()) {
            std::thread::yield_now();
        }
    }
    let ran = ended(child).expect(16);
    assert!(ran.err.contains("mcom: left before the end"), "{}", ran.err);
}

#[test]
fn the_largest_code_of_any_host() {
    let bench = Bench::grid(1, 2);
    bench.mcom(&["-h", "*", "-S", "-c", "test $MCOM_HOST = mail1-dc1 || exit 7"]).expect(7);
    bench.mcom(&["-h", "*", "-S", "--", "true"]).expect(0);
}
