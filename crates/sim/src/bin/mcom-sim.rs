//! `mcom-sim --seed N [--hosts N] [--story]`: replays one simulated run, and says how it went.

#![allow(clippy::print_stdout, clippy::print_stderr, reason = "a program for a terminal")]

use mcom_sim::{Scenario, run};
use std::process::ExitCode;

const USAGE: &str = "usage: mcom-sim --seed N [--hosts N] [--story]

Replays the simulated run of a seed and checks every invariant.
  --seed N    the seed that a failed test printed
  --hosts N   hosts in the run (300 unless given, as in the tests)
  --story     print what happened, and the tree at its end";

/// What was asked for.
struct Asked {
    seed: u64,
    hosts: u32,
    story: bool,
}

fn main() -> ExitCode {
    let asked = match asked(std::env::args().skip(1)) {
        Ok(asked) => asked,
        Err(error) => {
            eprintln!("mcom-sim: {error}\n{USAGE}");
            return ExitCode::from(2);
        }
    };
    let scenario = Scenario::random(asked.seed, asked.hosts);
    println!("{}\n{:?}", scenario.in_words(), scenario.faults);
    match run(scenario, None, asked.story) {
        Ok(report) => {
            println!("{}\n{}", report.story, report.stats);
            let (took, events) = (report.took / 1_000_000, report.events);
            println!("every invariant held; {events} events in {took} s of virtual time");
            ExitCode::SUCCESS
        }
        Err(broken) => {
            println!("{}", broken.story);
            eprintln!("mcom-sim: {broken}");
            ExitCode::FAILURE
        }
    }
}

fn asked(mut args: impl Iterator<Item = String>) -> Result<Asked, String> {
    let mut asked = Asked { seed: 0, hosts: 300, story: false };
    let mut seed = None;
    while let Some(arg) = args.next() {
        let mut number = || {
            let text = args.next().ok_or_else(|| format!("{arg} needs a number"))?;
            text.parse::<u64>().map_err(|_| format!("{arg}: {text:?} is not a number"))
        };
        match arg.as_str() {
            "--seed" => seed = Some(number()?),
            "--hosts" => {
                let hosts = u32::try_from(number()?).ok().filter(|hosts| (1..=1_000_000).contains(hosts));
                asked.hosts = hosts.ok_or("--hosts: from 1 to 1000000")?;
            }
            "--story" => asked.story = true,
            _ => return Err(format!("no argument {arg:?}")),
        }
    }
    asked.seed = seed.ok_or("which seed? --seed N")?;
    Ok(asked)
}
