//! `mcom resume`: carries on a run that did not finish, as if nothing had happened.

use crate::args::ResumeArgs;
use crate::config::Settings;
use crate::error::{CliError, ErrorKind};
use crate::run::{CarryOn, Display, Shown, Terminal, carry_on};
use crate::verbs::chosen::{has_unreachable, is_unfinished, named_or_latest, those};
use mcom_ledger::{RunStatus, runs_dir};

/// Carries the run on and returns its exit code.
pub fn resume(args: &ResumeArgs, settings: &Settings) -> Result<u8, CliError> {
    let runs = runs_dir(&settings.state_home.value);
    // Hosts that could not be reached are worth waiting for; without waiting, the run as it stands is finished.
    let wanted = |status: &RunStatus| is_unfinished(status) || (args.wait.is_some() && has_unreachable(status));
    let Some(run) = named_or_latest(&runs, args.run.as_deref(), wanted)? else {
        let error = CliError::new(ErrorKind::NothingLeft, "every run of this machine is finished, or goes on");
        let others = those(&runs, |status| *status == RunStatus::Running || has_unreachable(status))?;
        let error = others.into_iter().fold(error, |error, other| error.hint(other));
        return Err(error.hint("ask hosts again that could not be reached: mcom resume RUN; all runs: mcom history"));
    };
    let head = run.head()?;
    let display = Display::new(&args.output, settings, Terminal::of_process(), head.plan.hosts.len());
    let shown = Shown { output: &args.output, display };
    carry_on(&run, &head, CarryOn { settings, password: args.password, shown, wait: args.wait, cancel: false })
}
