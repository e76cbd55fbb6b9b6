//! A trace gives the same run again, step by step, however many coordinators wrote it, and wherever it was torn.

use mcom_sim::replay::{Steps, parts};
use mcom_sim::{Keep, Report, Scenario, Stats, run};

fn traced(scenario: Scenario) -> Report {
    run(scenario, None, Keep { story: false, trace: true }).unwrap_or_else(|broken| panic!("{broken}"))
}

/// Steps through every part of a trace; returns how each ended, in words.
fn replay(trace: &str) -> Vec<String> {
    let parts = parts(trace).unwrap_or_else(|error| panic!("{error}"));
    let ends = parts.iter().map(|part| {
        let mut steps = Steps::new(part);
        while steps.next_until(u64::MAX).is_some() {}
        assert_eq!(steps.broken(), [] as [String; 0]);
        steps.end_in_words()
    });
    ends.collect()
}

#[test]
fn a_simulated_run_is_the_same_when_it_is_replayed() {
    let mut stats = Stats::default();
    for seed in (0..100).filter(|seed| seed % 10 > 0) {
        let report = traced(Scenario::of_seed(seed));
        let ends = replay(&report.trace);
        let last = ends.last().expect("at least one coordinator");
        assert!(last.ends_with("the run has ended"), "seed {seed}: {last}");
        assert_eq!(ends.len() as u64, 1 + report.stats.of("resumed"), "seed {seed}");
        stats.add(&report.stats);
    }
    for what in ["resumed", "fault: ledger full", "fault: cancel", "violation"] {
        assert!(stats.of(what) > 0, "no trace holds this: {what}");
    }
}

#[test]
fn a_torn_trace_is_replayed_up_to_its_end() {
    let trace = traced(Scenario::calm(1, 20, 2)).trace;
    let cut = trace.len() - 10;
    let ends = replay(&trace[..cut]);
    assert!(ends[0].contains("its last line was torn"), "{ends:?}");
}

#[test]
fn a_host_can_be_followed_through_a_trace() {
    let scenario = Scenario::calm(1, 20, 2);
    let name = scenario.plan.hosts[7].name.clone();
    let parts = parts(&traced(scenario).trace).unwrap_or_else(|error| panic!("{error}"));
    let mut steps = Steps::new(&parts[0]);
    let mut of_host = Vec::new();
    while let Some(step) = steps.next_until(u64::MAX) {
        if steps.concerns(&step, &name) {
            of_host.push(steps.in_words(&step));
        }
    }
    let all = of_host.concat();
    assert!(all.contains("Started") && all.contains("Ended"), "{all}");
    assert!(!steps.end_in_words().is_empty());
}
