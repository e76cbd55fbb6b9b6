//! A check that cannot fail is a defect: each mechanism is switched off in turn, and its invariant must notice.

use mcom_model::OutputMode;
use mcom_sim::{Faults, Sabotage, Scenario, Work, run};

#[test]
fn every_invariant_notices_when_its_mechanism_is_off() {
    for (sabotage, invariant) in Sabotage::ALL {
        let noticed = (0..40).any(|seed| broken_invariant(scenario(seed), sabotage) == Some(invariant));
        assert!(noticed, "{sabotage:?} was not noticed by {invariant}");
    }
}

#[test]
fn nothing_is_noticed_when_nothing_is_off() {
    for seed in 0..40 {
        run(scenario(seed), None, false).unwrap_or_else(|broken| panic!("{broken}"));
    }
}

fn broken_invariant(scenario: Scenario, sabotage: Sabotage) -> Option<&'static str> {
    run(scenario, Some(sabotage), false).err().map(|broken| broken.invariant)
}

/// A small run, half of them flat, with much output over slow links, failures, and links that go silent.
fn scenario(seed: u64) -> Scenario {
    let mut scenario = Scenario::calm(seed, 60, 3);
    scenario.work = Work { longest: 2_000_000, failing: 200, loud: 800, equally_loud: 0, most: 3_000_000 };
    scenario.faults = Faults { blows: 5, blows_until: 10_000_000, ..Faults::default() };
    if seed % 4 == 3 {
        // A cancel that payloads do not heed.
        scenario.work.longest = 60_000_000;
        scenario.faults = Faults { cancel_at: Some(2_000_000), stubborn: 500, ..Faults::default() };
    }
    scenario.long_bandwidth = 1 << 20;
    scenario.spec.output = OutputMode::AtEnd;
    scenario.plan.shape.depth = seed.is_multiple_of(2).then_some(1);
    scenario.spec.shape = scenario.plan.shape;
    scenario.spec.limits.fanout = 8;
    scenario
}
