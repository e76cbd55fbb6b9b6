//! `mcom watch`: follows a run that another process carries out.

use crate::args::WatchArgs;
use crate::config::Settings;
use crate::error::CliError;
use crate::run::{Display, Shown, Terminal, follow};
use crate::verbs::chosen::{named, named_or_latest};
use mcom_ledger::{RunStatus, runs_dir};

/// Shows the run until it has ended, and returns its exit code.
pub fn watch(args: &WatchArgs, settings: &Settings) -> Result<u8, CliError> {
    let runs = runs_dir(&settings.state_home.value);
    let running = named_or_latest(&runs, args.run.as_deref(), |status| *status == RunStatus::Running)?;
    let run = running.map_or_else(|| named(&runs, None), Ok)?;
    let head = run.head()?;
    let display = Display::new(&args.output, settings, Terminal::of_process(), head.plan.hosts.len());
    follow(&run, &head, Shown { output: &args.output, display })
}
