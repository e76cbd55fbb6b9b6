//! Two operators on the same hosts: one runs, the other is told who, what, why and since when.

use crate::support::{Bench, Ran, count};
use std::process::{Child, Command, Stdio};
use std::time::{Duration, Instant};

/// Longer than anything here takes on a busy machine.
const PATIENCE: Duration = Duration::from_secs(60);

/// The program as somebody else runs it, with a ledger of their own.
fn of(bench: &Bench, user: &str, args: &[&str]) -> Command {
    let mut command = bench.command(args);
    command.env("USER", user).env_remove("SUDO_USER").env("XDG_STATE_HOME", bench.path(user));
    command
}

fn ran(mut command: Command) -> Ran {
    command.output().expect("mcom can be run").into()
}

/// A run of bob's that goes on, on one host, until it is interrupted.
fn held(bench: &Bench) -> Child {
    let args = ["-h", "mail1-dc1", "--reason", "CHG7", "-c", "sleep 300"];
    let child = of(bench, "bob", &args).stdout(Stdio::null()).stderr(Stdio::null()).spawn().unwrap();
    wait_until("bob's payload never started", || count(&bench.events_of("bob"), "said", "started") == 1);
    child
}

fn end(mut child: Child) {
    let sent = Command::new("kill").arg("-INT").arg(child.id().to_string()).status().unwrap();
    assert!(sent.success());
    assert_eq!(child.wait().unwrap().code(), Some(130));
}

#[track_caller]
fn wait_until(what: &str, mut done: impl FnMut() -> bool) {
    let since = Instant::now();
    while !done() {
        assert!(since.elapsed() < PATIENCE, "{what}");
        std::thread::sleep(Duration::from_millis(20));
    }
}

/// Everything that somebody needs to know about bob's run.
#[track_caller]
fn tells_of_bob(text: &str) {
    for part in ["bob@", "sleep 300", "CHG7", "since"] {
        assert!(text.contains(part), "{part:?} is not in: {text}");
    }
}

#[test]
fn the_second_operator_is_refused_and_told_who_what_why_and_since_when() {
    let bench = Bench::grid(1, 2);
    let bob = held(&bench);
    let refused = ran(of(&bench, "alice", &["-h", "*", "-c", "true"])).expect(11);
    tells_of_bob(&refused.err);
    assert!(refused.err.contains("1 ok 1 REFUSED"), "{}", refused.err);
    let ended = bench.events_of("alice").into_iter().find(|event| event["outcome"]["kind"] == "refused").unwrap();
    assert_eq!(ended["outcome"]["reason"]["kind"], "busy");

    let who = ran(of(&bench, "alice", &["who", "-h", "*"])).expect(0);
    let lines: Vec<&str> = who.out.lines().collect();
    assert!(lines[0].starts_with("mail1-dc1: HELD  by bob@"), "{}", who.out);
    tells_of_bob(lines[0]);
    assert_eq!(lines[1..], ["mail2-dc1: free"]);

    let beside = ran(of(&bench, "alice", &["-h", "mail1-dc1", "--no-lock", "-c", "echo beside"])).expect(0);
    assert_eq!(beside.out, "beside\n");
    end(bob);
    ran(of(&bench, "alice", &["-h", "*", "-c", "true"])).expect(0);
}

#[test]
fn who_gives_an_object_a_host_and_says_who_could_not_be_asked() {
    let mut bench = Bench::grid(1, 3);
    let bob = held(&bench);
    bench.fleet.stop_host("mail3-dc1").unwrap();
    let who = ran(of(&bench, "alice", &["who", "-h", "*", "--json"])).expect(11);
    let objects: Vec<serde_json::Value> = who.out.lines().map(|line| serde_json::from_str(line).unwrap()).collect();
    assert_eq!(objects.len(), 3, "{}", who.out);
    let holder = &objects[0]["holder"];
    assert_eq!((&holder["what"], &holder["reason"]), (&"sleep 300".into(), &"CHG7".into()));
    assert_eq!(holder["attempt"], format!("{}.1", holder["run"].as_str().unwrap()));
    assert!(objects[1]["holder"].is_null());
    assert_eq!(objects[2]["outcome"]["kind"], "unreachable");
    assert!(!bench.path("alice").exists(), "who asks, and leaves no run");
    end(bob);
}

#[test]
fn who_waits_for_the_lock_runs_when_it_is_free() {
    let bench = Bench::grid(1, 1);
    let bob = held(&bench);
    let mut command = of(&bench, "alice", &["-h", "*", "--lock-wait", "5m", "-c", "echo mine"]);
    let waiting = command.stdout(Stdio::piped()).stderr(Stdio::piped()).spawn().unwrap();
    wait_until("alice never waits", || count(&bench.events_of("alice"), "said", "held") >= 1);
    assert_eq!(count(&bench.events_of("alice"), "said", "started"), 0);
    let held = bench.events_of("alice").into_iter().find(|event| event["said"] == "held").unwrap();
    tells_of_bob(held["reason"]["text"].as_str().unwrap());
    end(bob);
    let ran: Ran = waiting.wait_with_output().unwrap().into();
    assert_eq!(ran.expect(0).out, "mine\n");
}

#[test]
fn who_waits_for_the_lock_does_not_wait_for_ever() {
    let bench = Bench::grid(1, 1);
    let bob = held(&bench);
    let since = Instant::now();
    let refused = ran(of(&bench, "alice", &["-h", "*", "--lock-wait", "1s", "-c", "true"])).expect(11);
    assert!(since.elapsed() >= Duration::from_secs(1));
    tells_of_bob(&refused.err);
    end(bob);
}

#[test]
fn an_interrupt_ends_the_waiting_and_not_the_run_that_holds_the_host() {
    let bench = Bench::grid(1, 1);
    let mut bob = held(&bench);
    let mut command = of(&bench, "alice", &["-h", "*", "--lock-wait", "5m", "-c", "true"]);
    let waiting = command.stdout(Stdio::null()).stderr(Stdio::null()).spawn().unwrap();
    wait_until("alice never waits", || count(&bench.events_of("alice"), "said", "held") >= 1);
    end(waiting);
    let alice = bench.events_of("alice");
    assert_eq!((count(&alice, "said", "started"), count(&alice, "event", "run-ended")), (0, 1));
    assert!(bob.try_wait().unwrap().is_none(), "bob's run goes on");
    end(bob);
}

#[test]
fn what_earlier_runs_did_is_read_from_the_hosts_whoever_ran_them() {
    let bench = Bench::grid(1, 2);
    ran(of(&bench, "bob", &["-h", "*", "--reason", "CHG7", "-c", "exit 3"])).expect(10);
    ran(of(&bench, "alice", &["-h", "mail1-dc1", "-c", "echo fixed"])).expect(0);

    let history = ran(of(&bench, "carol", &["history", "-h", "*"])).expect(0);
    let lines: Vec<&str> = history.out.lines().collect();
    let of_host = |host: &str| lines.iter().filter(|line| line.starts_with(host)).copied().collect::<Vec<_>>();
    let (first, second) = (of_host("mail1-dc1:"), of_host("mail2-dc1:"));
    assert_eq!((first.len(), second.len()), (2, 1), "{}", history.out);
    assert!(first[0].contains("alice@") && first[0].contains("echo fixed") && first[0].contains("ok"), "{first:?}");
    for line in [first[1], second[0]] {
        let has_all = ["bob@", "exit 3", "CHG7", "FAILED"].iter().all(|part| line.contains(part));
        assert!(has_all, "{line}");
    }

    let last = ran(of(&bench, "carol", &["history", "-h", "*", "--last", "1", "--json"])).expect(0);
    let objects: Vec<serde_json::Value> = last.out.lines().map(|line| serde_json::from_str(line).unwrap()).collect();
    assert_eq!(objects[0]["past"].as_array().unwrap().len(), 1, "{}", last.out);
    assert_eq!((&objects[0]["past"][0]["what"], &objects[0]["more"]), (&"echo fixed".into(), &true.into()));
    assert_eq!(objects[1]["past"][0]["outcome"]["exit"]["code"], 3);
    assert!(!bench.path("carol").exists(), "history asks, and leaves no run");

    ran(of(&bench, "bob", &["-h", "mail1-dc1", "-c", "true"])).expect(0);
    let own = ran(of(&bench, "bob", &["history", "--json"])).expect(0);
    assert_eq!(own.out.lines().count(), 2, "without hosts it is the ledger's: {}", own.out);
    let last = ran(of(&bench, "bob", &["history", "--last", "1", "--json"])).expect(0);
    assert_eq!(last.out.lines().collect::<Vec<_>>(), own.out.lines().take(1).collect::<Vec<_>>());
}
