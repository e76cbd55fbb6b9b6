//! `mcom cancel`: from another process, and where no process carries the run on.

use crate::support::{Bench, Ran, count, ended_as};
use std::process::{Child, Stdio};
use std::time::{Duration, Instant};

fn started(bench: &Bench, hosts: usize, text: &str) -> Child {
    let child = bench.command(&["-h", "*", "-c", text]).stdout(Stdio::piped()).stderr(Stdio::piped()).spawn().unwrap();
    let since = Instant::now();
    while count(&bench.events(), "said", "started") < hosts {
        assert!(since.elapsed() < Duration::from_secs(60), "the payloads never started");
        std::thread::sleep(Duration::from_millis(20));
    }
    child
}

fn killed(bench: &Bench) -> usize {
    ended_as(&bench.events()).values().filter(|kind| *kind == "killed").count()
}

#[test]
fn another_process_ends_the_run_and_is_named() {
    let bench = Bench::grid(2, 2);
    let run = started(&bench, 4, "sleep 60");
    let cancel = bench.mcom(&["cancel"]).expect(0);
    assert!(cancel.err.contains("4 KILLED"), "{}", cancel.err);
    let run = Ran::from(run.wait_with_output().unwrap()).expect(130);
    assert!(run.err.contains("cancels: nothing new starts"), "{}", run.err);
    assert_eq!(killed(&bench), 4);
    let asked = bench.events().into_iter().find(|event| event["event"] == "cancel-asked").unwrap();
    assert!(asked["by"].as_str().unwrap().contains('@'), "{asked}");
    let nothing = bench.mcom(&["cancel"]).expect(3);
    assert!(nothing.err.contains("no run goes on"), "{}", nothing.err);
}

#[test]
fn a_run_without_a_coordinator_is_cancelled_from_here() {
    let bench = Bench::grid(1, 3);
    let mut run = started(&bench, 3, "echo $$ >pid; sleep 60");
    run.kill().unwrap();
    run.wait().unwrap();
    let cancel = bench.mcom(&["cancel"]).expect(0);
    assert!(cancel.err.contains("3 KILLED"), "{}", cancel.err);
    assert_eq!(killed(&bench), 3);
    for name in bench.fleet.names() {
        let pid = std::fs::read_to_string(bench.fleet.home(name).unwrap().join("pid")).unwrap();
        assert!(!std::path::Path::new(&format!("/proc/{}", pid.trim())).exists(), "{name} still runs it");
    }
}

#[test]
fn a_cancelled_run_is_resumed_as_cancelled() {
    let bench = Bench::grid(1, 2);
    let mut run = started(&bench, 2, "trap '' TERM; sleep 60");
    let sent = std::process::Command::new("kill").args(["-INT", &run.id().to_string()]).status().unwrap();
    assert!(sent.success());
    let since = Instant::now();
    while count(&bench.events(), "event", "cancel-asked") < 1 {
        assert!(since.elapsed() < Duration::from_secs(30));
        std::thread::sleep(Duration::from_millis(10));
    }
    run.kill().unwrap();
    run.wait().unwrap();
    let ran = bench.mcom(&["resume"]).expect(130);
    assert!(ran.err.contains("2 KILLED"), "{}", ran.err);
    assert_eq!(killed(&bench), 2);
}
