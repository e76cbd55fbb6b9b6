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
    let named = format!("retry of run {}: 3 of its 4 hosts\n", first.as_str().unwrap());
    assert!(plan.err.contains(&named), "{}", plan.err);
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
fn what_is_typed_is_laid_over_what_the_run_said() {
    let bench = Bench::grid(1, 3);
    let args = ["-h", "*", "-f", "3", "--reason", "CHG1", "--deadline", "1h", "-u", "5m", "-c", "exit 3"];
    bench.mcom(&args).expect(10);
    let first = bench.head();
    let again = ["retry", "-f", "1", "-k", "--reason", "CHG2", "--lock-wait", "10m"];
    let ran = bench.mcom(&again).expect(13);
    assert!(ran.err.contains("1 FAILED") && ran.err.contains("2 NOT RUN"), "{}", ran.err);
    let head = bench.head();
    assert_eq!(head["retry_of"], first["run"]);
    let (spec, limits) = (&head["spec"], &head["spec"]["limits"]);
    assert_eq!((&spec["reason"], &spec["lock"]), (&"CHG2".into(), &head["plan"]["request"]["lock"]));
    assert_ne!(spec["lock"], first["spec"]["lock"]);
    assert_eq!((&limits["fanout"], &limits["max_fail"]), (&1.into(), &0.into()));
    for kept in ["deadline_ms", "command_timeout_ms"] {
        assert_eq!((&limits[kept], limits[kept].is_u64()), (&first["spec"]["limits"][kept], true), "{kept}");
    }
    // A retry of the retry goes on from what that one was told.
    let plan = bench.mcom(&["retry", "-n", "--max-fail", "7", "--no-lock"]).expect(0);
    assert!(plan.out.contains("CHG2"), "{}", plan.out);
    for (args, error) in [
        (["-k", "--max-fail=1", "-n"], "the argument '--fail-fast' cannot be used with '--max-fail <N>'"),
        (["--no-lock", "--lock-wait=1m", "-n"], "the argument '--no-lock' cannot be used with '--lock-wait <TIME>'"),
    ] {
        let refused = bench.mcom(&[&["retry"][..], &args].concat()).expect(2);
        assert!(refused.err.contains(error), "{}", refused.err);
    }
}

#[test]
fn the_id_of_an_attempt_names_its_run() {
    let bench = Bench::grid(1, 1);
    bench.mcom(&["-h", "*", "-c", "echo $MCOM_HOST; exit 3"]).expect(10);
    let run = bench.events()[0]["run"].as_str().unwrap().to_owned();
    let attempt = format!("{run}.1");
    assert!(bench.mcom(&["log", &attempt]).expect(0).out.contains(&run));
    bench.mcom(&["watch", &attempt]).expect(10);
    for verb in ["resume", "cancel"] {
        let over = bench.mcom(&[verb, &attempt]).expect(3);
        assert!(over.err.contains(&format!("run {run} has ended")), "{}", over.err);
    }
    assert!(bench.mcom(&["retry", "-n", &attempt]).expect(0).err.contains(&format!("retry of run {run}")));
    bench.mcom(&["log", &format!("{run}.x")]).expect(3);
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
