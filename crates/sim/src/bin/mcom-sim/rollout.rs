//! The rollout of one seed.

use crate::args::Rollout;
use mcom_sim::{RolloutScenario, run_rollout};
use std::process::ExitCode;

pub(crate) fn simulate(wanted: &Rollout) -> ExitCode {
    let mut scenario = RolloutScenario::of_seed(wanted.seed);
    if let Some(steps) = wanted.dies_after {
        scenario = scenario.dying_after(steps);
    }
    println!("{}", scenario.in_words());
    match run_rollout(scenario, None, wanted.story) {
        Ok(report) => {
            println!("{}\n{}", report.story, report.stats);
            let (steps, seconds, state) = (report.steps, report.took_ms / 1000, report.state.state.words());
            println!("every invariant held; {state} after {steps} steps in {seconds} s of virtual time");
            ExitCode::SUCCESS
        }
        Err(broken) => {
            println!("{}", broken.story);
            eprintln!("mcom-sim: {broken}");
            ExitCode::FAILURE
        }
    }
}
