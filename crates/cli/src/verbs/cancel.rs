//! `mcom cancel`: ends a run from any terminal of this machine, whoever carries it out, or nobody.

use crate::args::{CancelArgs, OutputArgs, OutputChoice, PasswordArgs};
use crate::config::Settings;
use crate::error::{CliError, ErrorKind};
use crate::exit;
use crate::run::{CarryOn, Display, Shown, Terminal, ask_to_cancel, carry_on, follow};
use crate::verbs::chosen::{is_unfinished, named_or_latest};
use mcom_ledger::{RunStatus, runs_dir};

/// Cancels the run and waits until it has ended.
pub fn cancel(args: &CancelArgs, settings: &Settings) -> Result<u8, CliError> {
    let runs = runs_dir(&settings.state_home.value);
    let goes_on = |status: &RunStatus| *status == RunStatus::Running || is_unfinished(status);
    let Some(run) = named_or_latest(&runs, args.run.as_deref(), goes_on)? else {
        return Err(
            CliError::new(ErrorKind::NothingLeft, "no run goes on").hint("the runs of this machine: mcom history")
        );
    };
    let head = run.head()?;
    let output = quiet_about_hosts(&args.output);
    let display = Display::new(&output, settings, Terminal::of_process(), head.plan.hosts.len());
    let shown = Shown { output: &output, display };
    let Some(writer) = run.writer()? else {
        // Nobody has it: the hosts get the word from here.
        return carry_on(
            &run,
            &head,
            CarryOn { settings, password: PasswordArgs::default(), shown, wait: None, cancel: true },
        )
        .map(of_cancel);
    };
    ask_to_cancel(run.dir()).map_err(|why| {
        CliError::new(ErrorKind::Busy, format!("run {} is being carried on by {writer}, and {why}", head.run))
            .hint(format!("end that process, then the run: kill {}; mcom cancel {}", writer.pid, head.run))
    })?;
    follow(&run, &head, shown).map(of_cancel)
}

/// What hosts printed is in the log: who cancels wants to know how they ended.
fn quiet_about_hosts(args: &OutputArgs) -> OutputArgs {
    let asked = args.output.is_some() || args.fold || args.lines || args.no_labels || args.json;
    OutputArgs { output: if asked { args.output } else { Some(OutputChoice::None) }, ..args.clone() }
}

/// A cancel that did what it is for is no failure.
const fn of_cancel(code: u8) -> u8 {
    if code == exit::UNKNOWN { code } else { exit::OK }
}
