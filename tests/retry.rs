//! `mcom retry`: the same payload again, where it did not come to a good end.

use crate::support::{Bench, Ran, count};

/// Fails once on every host but the first.
const FAILS_ONCE: &str = "test $MCOM_HOST = mail1-dc1 || test -e mended";

#[test]
fn what_failed_or_was_unreachable_is_run_again_by_a_run_of_its_own() {
    let mut bench = Bench::grid(2, 2);
    bench.fleet.stop_host("mail2-dc2").unwrap();
    let args = ["-h", "*", "--reason", "CHG1", "-c", FAILS_ONCE];
    bench.command(&args).env("MCOM_TIMER_PERCENT", "5").output().map(Ran::from).unwrap().expect(12);
    let first = bench.events()[0]["run"].clone();
    bench.fleet.start_host("mail2-dc2").unwrap();
    for name in ["mail2-dc1", "mail1-dc2", "mail2-dc2"] {
        std::fs::write(bench.fleet.home(name).unwrap().join("mended"), "").unwrap();
    }
    let plan = bench.mcom(&["retry", "-n"]).expect(0);
    assert!(plan.out.starts_with("plan  3 hosts in 2 datacenters") && plan.out.contains("CHG1"), "{}", plan.out);
    assert_eq!(bench.events()[0]["run"], first, "a plan runs nothing");

    let ran = bench.mcom(&["retry"]).expect(0);
    assert!(ran.err.contains("3 hosts: 3 ok"), "{}", ran.err);
    let events = bench.events();
    assert_ne!(events[0]["run"], first);
    assert_eq!(count(&events, "said", "ended"), 3);
    assert_eq!(bench.head()["retry_of"], first);
    let again = bench.mcom(&["retry"]).expect(3);
    assert!(again.err.contains("no host of run"), "{}", again.err);
    // The first run can still be named.
    bench.mcom(&["retry", "-n", first.as_str().unwrap()]).expect(0);
}

#[test]
fn a_run_that_is_not_finished_is_resumed_first() {
    let bench = Bench::grid(1, 2);
    let mut child = bench.command(&["-h", "*", "-c", "sleep 30"]).spawn().unwrap();
    while count(&bench.events(), "said", "started") < 2 {
        std::thread::sleep(std::time::Duration::from_millis(20));
    }
    let busy = bench.mcom(&["retry"]).expect(4);
    assert!(busy.err.contains("is being carried on by"), "{}", busy.err);
    child.kill().unwrap();
    child.wait().unwrap();
    let unknown = bench.mcom(&["retry"]).expect(3);
    assert!(unknown.err.contains("mail[1-2]-dc1\n  ask them: mcom resume"), "{}", unknown.err);
    bench.mcom(&["cancel"]).expect(0);
}
