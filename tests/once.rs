//! `--once`: hosts that have a payload are skipped, and a plan says who brought it.

use crate::support::{Bench, outcomes};

/// How often the script has run on a host.
fn times(bench: &Bench, host: &str) -> usize {
    std::fs::read_to_string(bench.path("ran")).unwrap_or_default().lines().filter(|line| *line == host).count()
}

/// A script that leaves a line for each time it runs.
fn script(bench: &Bench) -> String {
    bench.file("fix.sh", &format!("#!/bin/sh\necho $MCOM_HOST >>{}\n", bench.path("ran").display()))
}

#[test]
fn a_host_that_has_the_payload_is_skipped() {
    let bench = Bench::grid(1, 3);
    let script = script(&bench);
    bench.mcom(&["-h", "mail[1-2]-dc1", "-s", &script, "--once"]).expect(0);
    assert_eq!(outcomes(&bench), ["ok", "ok"]);
    let again = bench.mcom(&["-h", "*", "-s", &script, "--once"]).expect(0);
    assert_eq!(outcomes(&bench), ["ok", "skipped", "skipped"]);
    assert!(again.err.contains("2 skipped"), "{}", again.err);
    assert_eq!([1, 2, 3].map(|n| times(&bench, &format!("mail{n}-dc1"))), [1, 1, 1]);

    bench.mcom(&["-h", "*", "-s", &script]).expect(0);
    assert_eq!(times(&bench, "mail1-dc1"), 2, "without --once it runs again");
    bench.mcom(&["-h", "*", "-s", &script, "--once", "--", "other"]).expect(0);
    assert_eq!(times(&bench, "mail1-dc1"), 3, "other arguments are another payload");
}

#[test]
fn a_payload_that_failed_was_not_brought() {
    let bench = Bench::grid(1, 1);
    let text = format!("echo $MCOM_HOST >>{0}; [ $(wc -l <{0}) -gt 1 ]", bench.path("ran").display());
    bench.mcom(&["-h", "*", "--once", "-c", &text]).expect(10);
    bench.mcom(&["-h", "*", "--once", "-c", &text]).expect(0);
    assert_eq!(outcomes(&bench), ["ok"]);
    bench.mcom(&["-h", "*", "--once", "-c", &text]).expect(0);
    assert_eq!(outcomes(&bench), ["skipped"]);
    assert_eq!(times(&bench, "mail1-dc1"), 2);
}

#[test]
fn a_plan_says_how_many_have_it_and_who_brought_it() {
    let bench = Bench::grid(1, 3);
    let script = script(&bench);
    let plan = |verb: &[&str]| bench.mcom(&[verb, &["-h", "*", "-s", &script, "--once"]].concat()).expect(0).out;
    let before = plan(&["plan"]);
    assert!(before.ends_with("none of 3 hosts has it\n"), "{before}");
    assert!(before.contains("\nskips hosts that have it\n"), "{before}");

    bench.mcom(&["-h", "mail[1-2]-dc1", "-s", &script]).expect(0);
    let run = bench.events()[0]["run"].as_str().unwrap().to_owned();
    for verb in [&["plan"][..], &["run", "-n"]] {
        let after = plan(verb);
        let last = after.lines().last().unwrap();
        assert!(last.starts_with("2 of 3 hosts have it: 2 by ") && last.contains(&format!("(run {run}, ")), "{last}");
    }
    assert_eq!([1, 2, 3].map(|n| times(&bench, &format!("mail{n}-dc1"))), [1, 1, 0], "a plan runs nothing");
    let runs = bench.mcom(&["history", "--json"]).expect(0);
    assert_eq!(runs.out.lines().count(), 1, "a plan leaves no run: {}", runs.out);
}

#[test]
fn once_needs_a_payload() {
    let bench = Bench::grid(1, 1);
    let error = bench.mcom(&["plan", "-h", "*", "--once"]).expect(2).err;
    assert!(error.starts_with("mcom: --once skips hosts that have the payload, and there is none\n"), "{error}");
}
