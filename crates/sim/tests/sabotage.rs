//! A check that cannot fail is a defect: each mechanism is switched off in turn, and its invariant must notice.

use mcom_model::OutputMode;
use mcom_sim::{Faults, Keep, Sabotage, Scenario, Work, run};

/// Seeds of one kind of trouble each, and of every kind, that are tried until one shows it.
const SEEDS: u64 = 120;
const WILD_SEEDS: u64 = 5_000;

#[test]
fn every_invariant_notices_when_its_mechanism_is_off() {
    let unnoticed: Vec<_> = Sabotage::ALL
        .into_iter()
        .filter(|&(sabotage, invariant)| {
            let mut scenarios = (0..SEEDS).map(scenario).chain((0..WILD_SEEDS).map(Scenario::of_seed));
            !scenarios.any(|scenario| broken_invariant(scenario, sabotage) == Some(invariant))
        })
        .collect();
    assert!(unnoticed.is_empty(), "switched off, and not noticed: {unnoticed:?}");
}

#[test]
fn nothing_is_noticed_when_nothing_is_off() {
    for seed in 0..SEEDS {
        run(scenario(seed), None, Keep::default()).unwrap_or_else(|broken| panic!("{broken}"));
    }
}

fn broken_invariant(scenario: Scenario, sabotage: Sabotage) -> Option<&'static str> {
    run(scenario, Some(sabotage), Keep::default()).err().map(|broken| broken.invariant)
}

/// A small run with much output over slow links, failures, and one kind of trouble.
fn scenario(seed: u64) -> Scenario {
    let mut scenario = Scenario::calm(seed, 60, 3);
    scenario.work = Work { longest: 2_000_000, failing: 200, loud: 800, equally_loud: 0, most: 3_000_000 };
    scenario.faults = Faults { blows: 10, blows_until: 20_000_000, ..Faults::default() };
    match seed % 8 {
        3 => {
            // A cancel that payloads do not heed.
            scenario.work.longest = 60_000_000;
            scenario.faults = Faults { cancel_at: Some(2_000_000), stubborn: 500, ..Faults::default() };
        }
        4 => {
            // Coordinators and nodes that die while payloads run.
            scenario.work = Work { longest: 30_000_000, loud: 0, ..scenario.work };
            scenario.faults = Faults { blows: 60, deaths: 3, ..scenario.faults };
        }
        5 => {
            scenario.spec.limits.deadline_ms = Some(2_000);
            scenario.work = Work { longest: 20_000_000, loud: 0, ..scenario.work };
            scenario.faults.blows = 0;
        }
        6 => scenario.spec.limits.max_fail = Some(2),
        7 => {
            scenario.spec.limits.global_fanout = Some(10);
            scenario.faults.blows = 0;
        }
        2 => scenario.plan.datacenters[1].fanout = Some(2),
        _ => {}
    }
    scenario.long_bandwidth = 1 << 20;
    scenario.spec.output = OutputMode::AtEnd;
    scenario.plan.shape.depth = (seed.is_multiple_of(2) || seed % 8 == 5).then_some(1);
    scenario.spec.shape = scenario.plan.shape;
    scenario.spec.limits.fanout = if seed % 8 == 7 { 1000 } else { 8 };
    scenario
}
