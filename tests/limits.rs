//! What bounds and stops a run: bad hosts, the whole run's time, hosts at once over all datacenters.

use crate::support::{Bench, Ran, count, outcomes};
use std::path::Path;

#[test]
fn more_bad_hosts_than_allowed_start_nothing_new() {
    let bench = Bench::grid(1, 6);
    let ran = bench.mcom(&["-h", "*", "-f", "1", "--max-fail", "1", "-c", "exit 3"]).expect(13);
    assert_eq!(outcomes(&bench), ["failed", "failed", "not-run", "not-run", "not-run", "not-run"]);
    assert!(ran.err.contains("4 NOT RUN"), "{}", ran.err);
    let halted: Vec<_> = bench.events().into_iter().filter(|event| event["event"] == "halted").collect();
    assert_eq!((halted.len(), &halted[0]["by"]), (1, &"max-fail".into()));
}

#[test]
fn as_many_bad_hosts_as_are_allowed_stop_nothing() {
    let bench = Bench::grid(1, 3);
    let text = "case $MCOM_HOST in mail1-*) exit 3;; esac";
    bench.mcom(&["-h", "*", "-f", "1", "--max-fail", "1", "-c", text]).expect(10);
    assert_eq!(outcomes(&bench), ["failed", "ok", "ok"]);
}

#[test]
fn fail_fast_stops_at_the_first_and_lets_end_what_runs() {
    let bench = Bench::grid(2, 3);
    let ready = bench.path("ready");
    // The first host of dc2 runs on while dc1 fails: it ends by itself, and the rest never starts.
    let text = format!(
        "case $MCOM_DC in dc1) until [ -e {0} ]; do sleep 0.05; done; exit 1;; dc2) touch {0}; sleep 3;; esac",
        ready.display()
    );
    bench.mcom(&["-h", "*", "-k", "-f", "1", "-c", &text]).expect(13);
    assert_eq!(outcomes(&bench), ["failed", "not-run", "not-run", "not-run", "not-run", "ok"]);
}

#[test]
fn hosts_that_cannot_be_reached_count() {
    let mut bench = Bench::grid(1, 4);
    bench.fleet.stop_host("mail2-dc1").unwrap();
    let text = "sleep 5";
    bench.mcom(&["-h", "*", "-k", "-f", "1", "--parents", "mail1-dc1", "-c", text]).expect(13);
    let outcomes = outcomes(&bench);
    assert!(outcomes.contains(&"unreachable".to_owned()) && outcomes.contains(&"not-run".to_owned()), "{outcomes:?}");
}

#[test]
fn a_deadline_ends_what_runs_and_starts_nothing_more() {
    let bench = Bench::grid(1, 2);
    let pids = bench.path("pids");
    let text = format!("(setsid sleep 300 & echo $! >>{0}); echo $$ >>{0}; sleep 300", pids.display());
    let ran = bench.mcom(&["-h", "*", "-f", "1", "--deadline", "6s", "-c", &text]).expect(13);
    assert_eq!(outcomes(&bench), ["not-run", "timed-out"], "{}", ran.err);
    assert_eq!(bench.events().last().unwrap()["by"], "deadline");
    let left: Vec<String> = std::fs::read_to_string(&pids).unwrap().lines().map(str::to_owned).collect();
    assert_eq!(left.len(), 2, "the payload and what it left behind");
    let lives = |pid: &&String| Path::new("/proc").join(pid).exists();
    assert_eq!(left.iter().find(lives), None, "the payload outlives its deadline: {left:?}");
}

#[test]
fn a_run_that_ends_before_its_deadline_hears_nothing_of_it() {
    let bench = Bench::grid(1, 2);
    let ran: Ran = bench.mcom(&["-h", "*", "--deadline", "5m", "-c", "true"]);
    ran.expect(0);
    assert_eq!(count(&bench.events(), "event", "halted"), 0);
}

#[test]
fn no_more_run_at_once_over_all_datacenters_than_are_allowed() {
    let bench = Bench::grid(3, 3);
    let (running, seen) = (bench.path("running"), bench.path("seen"));
    std::fs::create_dir(&running).unwrap();
    let (running, seen_file) = (running.display(), seen.display());
    let text =
        format!("touch {running}/$MCOM_HOST; ls {running} | wc -l >>{seen_file}; sleep 0.3; rm {running}/$MCOM_HOST");
    bench.mcom(&["-h", "*", "--global-fanout", "3", "-c", &text]).expect(0);
    let seen = std::fs::read_to_string(seen).unwrap();
    let most = seen.lines().map(|line| line.trim().parse::<u32>().unwrap()).max();
    assert!(most <= Some(3), "{seen:?}");
    assert_eq!(seen.lines().count(), 9);
}

#[test]
fn a_run_opens_small_and_widens_with_what_ends_ok() {
    let bench = Bench::grid(1, 12);
    bench.mcom(&["-h", "*", "-c", "sleep 1"]).expect(0);
    let events = bench.events();
    let first_end = events.iter().position(|event| event["said"] == "ended").unwrap();
    let opened = count(&events[..first_end], "said", "started");
    assert!((1..=8).contains(&opened), "{opened} hosts started before any had ended");
}
