//! Steps through a trace.

use crate::args::Replay;
use mcom_sim::replay::{Step, Steps, parts};
use std::process::ExitCode;

pub(crate) fn replay(wanted: &Replay) -> ExitCode {
    let text = match std::fs::read_to_string(&wanted.file) {
        Ok(text) => text,
        Err(error) => {
            eprintln!("mcom-sim: cannot read {}: {error}", wanted.file.display());
            return ExitCode::FAILURE;
        }
    };
    let parts = match parts(&text) {
        Ok(parts) => parts,
        Err(error) => {
            eprintln!("mcom-sim: {} is no trace: {error}", wanted.file.display());
            return ExitCode::FAILURE;
        }
    };
    let until = wanted.until.map_or(u64::MAX, |seconds| (seconds * 1e6) as u64);
    let mut failed = false;
    for (number, part) in (1..).zip(&parts) {
        println!("coordinator {number} of {}: {}", parts.len(), part.in_words());
        let mut steps = Steps::new(part);
        while let Some(step) = steps.next_until(until) {
            print(&step, &steps, wanted.host.as_deref());
        }
        println!("{}", steps.end_in_words());
        for broken in steps.broken() {
            println!("BROKEN: {broken}");
            failed = true;
        }
    }
    if failed { ExitCode::FAILURE } else { ExitCode::SUCCESS }
}

fn print(step: &Step, steps: &Steps<'_>, host: Option<&str>) {
    if host.is_some_and(|host| !steps.concerns(step, host)) {
        return;
    }
    println!("{}", steps.in_words(step));
}
