//! `mcom watch`: a run seen from another process.

use crate::support::{Bench, Ran, count};
use std::process::{Child, Stdio};

fn begin(bench: &Bench, args: &[&str]) -> Child {
    bench.command(args).stdout(Stdio::piped()).stderr(Stdio::piped()).spawn().unwrap()
}

fn wait_for_starts(bench: &Bench, hosts: usize) {
    let since = std::time::Instant::now();
    while count(&bench.events(), "said", "started") < hosts {
        assert!(since.elapsed().as_secs() < 60, "the payloads never started");
        std::thread::sleep(std::time::Duration::from_millis(20));
    }
}

#[test]
fn a_run_is_followed_to_its_end_with_its_code() {
    let bench = Bench::grid(2, 2);
    let run = begin(&bench, &["-h", "*", "-c", "sleep 2; echo from $MCOM_HOST; test $MCOM_DC = dc1"]);
    wait_for_starts(&bench, 4);
    let watch = begin(&bench, &["watch"]);
    let [run, watch] = [run, watch].map(|child| Ran::from(child.wait_with_output().unwrap()).expect(10));
    assert_eq!(watch.sorted(), run.sorted());
    assert!(watch.err.contains("4 hosts: 2 ok") && watch.err.contains("2 FAILED"), "{}", watch.err);
    let afterwards = bench.mcom(&["watch"]).expect(10);
    assert_eq!(afterwards.sorted(), run.sorted());
}

#[test]
fn an_interrupt_ends_the_watching_and_not_the_run() {
    let bench = Bench::grid(1, 2);
    let run = begin(&bench, &["-h", "*", "-c", "sleep 3"]);
    wait_for_starts(&bench, 2);
    let watch = begin(&bench, &["watch"]);
    // It has its handler before it opens the record for the second time; half a second is many times that.
    std::thread::sleep(std::time::Duration::from_millis(500));
    let sent = std::process::Command::new("kill").args(["-INT", &watch.id().to_string()]).status().unwrap();
    assert!(sent.success());
    let watch = Ran::from(watch.wait_with_output().unwrap()).expect(130);
    assert!(watch.err.contains("the run goes on: mcom watch"), "{}", watch.err);
    Ran::from(run.wait_with_output().unwrap()).expect(0);
}

#[test]
fn that_nobody_carries_a_run_on_is_said() {
    let bench = Bench::grid(1, 1);
    let mut run = begin(&bench, &["-h", "*", "-c", "sleep 2"]);
    wait_for_starts(&bench, 1);
    let watch = begin(&bench, &["watch"]);
    run.kill().unwrap();
    run.wait().unwrap();
    for ran in [Ran::from(watch.wait_with_output().unwrap()), bench.mcom(&["watch"])] {
        let ran = ran.expect(16);
        assert!(ran.err.contains("is not finished, and nobody carries it on\n"), "{}", ran.err);
        assert_eq!(ran.err.matches("mcom resume").count(), 1, "{}", ran.err);
    }
    for how in ["-q", "--json"] {
        let ran = bench.mcom(&["watch", how]).expect(16);
        assert_eq!(ran.err.matches("mcom resume").count(), 1, "{how}: {}", ran.err);
    }
    bench.mcom(&["resume"]).expect(0);
    bench.mcom(&["watch"]).expect(0);
}
