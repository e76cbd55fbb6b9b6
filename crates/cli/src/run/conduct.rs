//! A run that has this process to itself: its own event loop, and the signals of its terminal.

use crate::args::PasswordArgs;
use crate::config::Settings;
use crate::error::CliError;
use crate::run::carry_out::{Recorded, carry_out};
use crate::run::display::Terminal;
use crate::run::event_loop::event_loop;
use crate::run::means::{Means, Shown};
use crate::run::operator::Operator;
use crate::run::signals::{Hearing, Signals};
use mcom_ledger::RunHead;
use tokio::runtime::Runtime;

/// Everything that must be there before anything is recorded.
pub(super) struct Ready {
    means: Means,
    runtime: Runtime,
    signals: Signals,
    hearing: Hearing,
}

impl Ready {
    /// Asks the operator whatever must be asked, before signals are anything but signals.
    pub(super) fn new(
        head: &RunHead,
        asks: PasswordArgs,
        settings: &Settings,
        shown: Shown<'_>,
    ) -> Result<Self, CliError> {
        let means = Means::gather(head, asks, settings, shown, &mut Operator::default())?;
        let runtime = event_loop()?;
        let (signals, hearing) = {
            let _inside = runtime.enter();
            Signals::listen(Terminal::of_process().err).map_err(|error| CliError::system("no signals", &error))?
        };
        Ok(Self { means, runtime, signals, hearing })
    }

    /// Carries the run out until every host has its outcome or the operator leaves, and returns the exit code.
    pub(super) fn conduct(self, run: Recorded<'_>, shown: Shown<'_>) -> Result<u8, CliError> {
        let Self { means, runtime, signals, hearing } = self;
        runtime.block_on(async move {
            tokio::select! {
                came = carry_out(means, run, shown, hearing) => came.map(|came| came.code),
                never = signals.pass_on() => match never {},
            }
        })
    }
}
