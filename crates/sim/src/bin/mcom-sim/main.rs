//! `mcom-sim`: simulates the run or the rollout of one seed or of many, and steps through traces.

#![allow(clippy::print_stdout, clippy::print_stderr, reason = "a program for a terminal")]
#![allow(clippy::disallowed_types, clippy::disallowed_methods, reason = "files, threads and a clock are its business")]

mod args;
mod many;
mod replay;
mod rollout;

use args::{Asked, One};
use mcom_sim::{Keep, Scenario, run};
use std::process::ExitCode;

fn main() -> ExitCode {
    match args::asked(std::env::args().skip(1)) {
        Ok(Asked::One(one)) => simulate(&one),
        Ok(Asked::Many(wanted)) => many::simulate(&wanted),
        Ok(Asked::Rollout(wanted)) => rollout::simulate(&wanted),
        Ok(Asked::Replay(wanted)) => replay::replay(&wanted),
        Ok(Asked::Help) => {
            println!("{}", args::USAGE);
            ExitCode::SUCCESS
        }
        Err(error) => {
            eprintln!("mcom-sim: {error}\n{}", args::USAGE);
            ExitCode::from(2)
        }
    }
}

/// The run of one seed.
fn simulate(one: &One) -> ExitCode {
    let scenario = one.hosts.map_or_else(|| Scenario::of_seed(one.seed), |hosts| Scenario::random(one.seed, hosts));
    println!("{}\n{:?}", scenario.in_words(), scenario.faults);
    let simulated = run(scenario, None, Keep { story: one.story, trace: one.trace.is_some() });
    let (story, trace, said) = match simulated {
        Ok(report) => {
            let (took, events) = (report.took / 1_000_000, report.events);
            let said = format!("every invariant held; {events} events in {took} s of virtual time");
            (format!("{}\n{}", report.story, report.stats), report.trace, Ok(said))
        }
        Err(broken) => {
            let said = broken.to_string();
            (broken.story, broken.trace, Err(said))
        }
    };
    println!("{story}");
    if let Some(file) = &one.trace
        && let Err(error) = std::fs::write(file, trace)
    {
        eprintln!("mcom-sim: cannot write the trace to {}: {error}", file.display());
        return ExitCode::FAILURE;
    }
    match said {
        Ok(said) => println!("{said}"),
        Err(said) => {
            eprintln!("mcom-sim: {said}");
            return ExitCode::FAILURE;
        }
    }
    ExitCode::SUCCESS
}
