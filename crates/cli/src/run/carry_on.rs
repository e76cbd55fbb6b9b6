//! Carries on a run that another process began: the same record, behind its last whole line.

use crate::args::PasswordArgs;
use crate::config::Settings;
use crate::error::{CliError, ErrorKind, plain};
use crate::run::carry_out::Recorded;
use crate::run::conduct::Ready;
use crate::run::execute::start_of;
use crate::run::identity::{now_ms, who};
use crate::run::means::Shown;
use crate::run::rounds::{blobs_of, recorded_now, withdraw};
use mcom_driver::run::{Control, Start};
use mcom_ledger::{Ledger, ReopenError, RunHead, StoredRun, Writer};
use std::time::Duration;

/// How a run is carried on.
pub struct CarryOn<'a> {
    /// The settings.
    pub settings: &'a Settings,
    /// What sudo wants to know.
    pub password: PasswordArgs,
    /// How it is shown.
    pub shown: Shown<'a>,
    /// For how long hosts that cannot be reached are tried again; none: once.
    pub wait: Option<Duration>,
    /// Whether it is cancelled.
    pub cancel: bool,
}

/// Carries a run on and returns its exit code. An error means that no host was asked.
pub fn carry_on(run: &StoredRun, head: &RunHead, how: CarryOn<'_>) -> Result<u8, CliError> {
    let ready = Ready::new(head, how.password, how.settings, how.shown)?;
    let ledger = reopened(run, head)?;
    // Read only now: until this process had the record to itself, another one may have gone on with it.
    let blobs = blobs_of(run, head).map_err(|error| {
        let message = format!("the payload of run {} cannot be read from its record: {}", head.run, plain(&error));
        CliError::new(ErrorKind::Ledger, message)
    })?;
    let start = start_again(run, head)?.ok_or_else(|| nothing_left(head))?;
    let first = how.cancel.then(|| Control::Cancel { by: Some(who()) });
    let carried_on_by = format!("mcom resume {}", head.run);
    ready.conduct(Recorded { head, ledger, start, blobs, patience: how.wait, first, carried_on_by }, how.shown)
}

/// The record, to be gone on with by this process alone.
pub(super) fn reopened(run: &StoredRun, head: &RunHead) -> Result<Ledger, CliError> {
    Ledger::reopen(run.dir(), &who()).map_err(|error| not_reopened(head, error))
}

/// Where a run goes on, by its record; none where nothing of it is left to do.
pub(super) fn start_again(run: &StoredRun, head: &RunHead) -> Result<Option<Start>, CliError> {
    let Some(mut recorded) = run.recorded()? else {
        return Ok(Some(Start::New(start_of(head))));
    };
    if !withdraw(&mut recorded) && recorded.ended {
        return Ok(None);
    }
    Ok(Some(Start::Resumed { recorded: recorded_now(recorded, head), who: who(), ms: now_ms() }))
}

/// Another process has the run.
pub fn busy(run: &mcom_model::RunId, writer: &Writer) -> CliError {
    CliError::new(ErrorKind::Busy, format!("run {run} is being carried on by {writer}"))
        .hint(format!("see what it does: mcom watch {run}"))
        .hint(format!("end it: mcom cancel {run}"))
}

/// Every host of the run has its outcome.
pub fn nothing_left(head: &RunHead) -> CliError {
    let run = &head.run;
    CliError::new(ErrorKind::NothingLeft, format!("run {run} has ended, and how every host ended is known"))
        .hint(format!("what came of it: mcom log {run}"))
        .hint(format!("a new attempt on those that are not ok: mcom retry {run}"))
}

fn not_reopened(head: &RunHead, error: ReopenError) -> CliError {
    match error {
        ReopenError::Busy { writer } => busy(&head.run, &writer),
        ReopenError::Read(error) => error.into(),
        ReopenError::Write(error) => error.into(),
    }
}
