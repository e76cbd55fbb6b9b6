//! A parent with five hundred hosts at work below it dies: that is noticed within fifteen seconds, everybody is at work
//! again within thirty more, nothing starts twice, and the payload does not cross the long link again.

use mcom_model::OutcomeKind;
use mcom_sim::{Behead, Keep, Report, Sabotage, Scenario, run};

fn beheaded(seed: u64, silently: bool) -> Scenario {
    let mut scenario = Scenario::one_parent(seed);
    scenario.faults.behead = Some(Behead { at: 20_000_000, silently });
    scenario
}

fn survives(seed: u64, silently: bool) -> Report {
    run(beheaded(seed, silently), None, Keep::default()).unwrap_or_else(|broken| panic!("{broken}"))
}

#[test]
fn five_hundred_hosts_go_on_when_their_parent_dies() {
    for silently in [false, true] {
        for seed in 0..5 {
            let report = survives(seed, silently);
            let (again, shipped) = (report.stats.of("at work again"), report.stats.of("payload shipped"));
            assert!(again > 450, "only {again} hosts were at work when their parent died");
            assert_eq!(shipped, 1, "the payload is in the datacenter already");
            let ran = report.tally.count(OutcomeKind::Ok) + report.tally.count(OutcomeKind::Failed);
            let unknown = report.tally.count(OutcomeKind::Unknown);
            assert_eq!(ran + unknown, 501, "every payload ran to its end");
            assert_eq!(unknown, u64::from(silently), "none but the parent whose machine lost power");
        }
    }
}

#[test]
fn a_death_that_nobody_notices_breaks_the_invariant() {
    let broken = run(beheaded(1, true), Some(Sabotage::NoLinkDead), Keep::default()).expect_err("nobody looks");
    assert_eq!(broken.invariant, "invariant_death_is_noticed");
}

#[test]
fn hosts_that_are_not_asked_again_break_the_invariant() {
    let broken = run(beheaded(1, false), Some(Sabotage::NeverAsk), Keep::default()).expect_err("nobody asks");
    assert_eq!(broken.invariant, "invariant_subtree_is_back");
}
