//! A run that is one of several of a process: begun, or carried on where it has a record, inside the process's own loop.

use crate::args::PasswordArgs;
use crate::config::Settings;
use crate::error::{CliError, ErrorKind};
use crate::run::carry_on::{reopened, start_again};
use crate::run::carry_out::{Came, Recorded, carry_out};
use crate::run::execute::{created, start_of, store_blobs};
use crate::run::info::run_info;
use crate::run::means::{Means, Shown};
use crate::run::operator::Operator;
use crate::run::signals::Hearing;
use crate::run::sink::Known;
use bytes::Bytes;
use mcom_driver::run::{Control, Start};
use mcom_ledger::{Ledger, RunHead, StoredRun, find_run_by_id, runs_dir};
use mcom_model::EndedBy;
use std::cell::RefCell;
use std::sync::Arc;

/// A run of a process that has several.
pub struct StagedRun<'a> {
    /// What it is, where it has no record yet.
    pub head: RunHead,
    /// The bytes of its payload.
    pub blobs: Vec<Bytes>,
    /// The settings.
    pub settings: &'a Settings,
    /// How it is shown.
    pub shown: Shown<'a>,
    /// Whether nothing of it may start any more.
    pub halted: bool,
    /// What is typed to carry it on, where it is left before its end.
    pub carried_on_by: String,
}

impl StagedRun<'_> {
    /// Makes links ready; may ask the operator. An error means that no host is touched by this process.
    fn gather(&self, operator: &mut Operator) -> Result<Means, CliError> {
        Means::gather(&self.head, PasswordArgs::default(), self.settings, self.shown, operator)
    }

    /// Where it goes on; none where it has ended, and how every host ended is in its record.
    fn open(&self, stored: Option<&StoredRun>) -> Result<Option<(Ledger, Start)>, CliError> {
        let Some(run) = stored else {
            let ledger = created(&self.head, &self.blobs, self.settings)?;
            return Ok(Some((ledger, Start::New(start_of(&self.head)))));
        };
        let mut ledger = reopened(run, &self.head)?;
        // Whoever began it may have died before they were there.
        store_blobs(&mut ledger, &self.head, &self.blobs)?;
        Ok(start_again(run, &self.head)?.map(|start| (ledger, judged_anew(start))))
    }
}

/// Whether too many hosts are bad is for the limit of now to say, and not for the one that stopped it before.
fn judged_anew(mut start: Start) -> Start {
    if let Start::Resumed { recorded, .. } = &mut start
        && matches!(recorded.halted, Some((EndedBy::MaxFail, _)))
    {
        recorded.halted = None;
    }
    start
}

/// Carries the run out until every host has its outcome or the operator leaves. An error means that no host was touched
/// by this process.
pub async fn carry_out_staged(
    mut run: StagedRun<'_>,
    operator: &RefCell<Operator>,
    hearing: Hearing,
) -> Result<Came, CliError> {
    let runs = runs_dir(&run.settings.state_home.value);
    let stored = find_run_by_id(&runs, &run.head.run)?;
    if let Some(stored) = &stored {
        // Bad hosts may have been accepted since it began, and leave more room for others than its record says.
        let max_fail = run.head.spec.limits.max_fail;
        run.head = stored.head()?;
        run.head.spec.limits.max_fail = max_fail;
        if let Some(came) = ended(stored, &run.head)? {
            return Ok(came);
        }
    }
    let means = run.gather(&mut operator.borrow_mut())?;
    let Some((ledger, start)) = run.open(stored.as_ref())? else {
        let why = format!("run {} has ended, and its record does not say how", run.head.run);
        return Err(CliError::new(ErrorKind::Ledger, why));
    };
    let first = run.halted.then_some(Control::Halt);
    let (head, blobs, carried_on_by) = (&run.head, run.blobs, run.carried_on_by);
    carry_out(means, Recorded { head, ledger, start, blobs, patience: None, first, carried_on_by }, run.shown, hearing)
        .await
}

/// What came of a run that has ended; none where it has not.
fn ended(stored: &StoredRun, head: &RunHead) -> Result<Option<Came>, CliError> {
    let mut known = Known::new(Arc::new(run_info(head)));
    for event in stored.events()? {
        known.apply(&event?);
    }
    let Known { view, boots } = known;
    let Some((_, by)) = view.ended() else { return Ok(None) };
    let code = crate::exit::of_run(view.tally(), Some(by), None);
    Ok((stored.writer()?.is_none()).then_some(Came { view, boots, code }))
}

#[cfg(test)]
mod tests {
    use super::*;
    use mcom_model::{Reason, ReasonKind, RecordedRun, RunClock};
    use std::collections::BTreeSet;

    #[test]
    fn a_limit_that_stopped_it_before_does_not_stop_it_now() {
        let judged = |by| {
            let halted = Some((by, Reason::new(ReasonKind::Halted, "why")));
            let (at, hosts, bodies) = (RunClock::ZERO, Vec::new(), BTreeSet::new());
            let recorded = RecordedRun { at, hosts, bodies, cancelled: false, halted, ended: false };
            match judged_anew(Start::Resumed { recorded, who: "alice@bastion".into(), ms: 1 }) {
                Start::Resumed { recorded, .. } => recorded.halted.map(|(by, _)| by),
                Start::New(_) => panic!("it is carried on"),
            }
        };
        assert_eq!(judged(EndedBy::MaxFail), None);
        assert_eq!(judged(EndedBy::Deadline), Some(EndedBy::Deadline));
    }
}
