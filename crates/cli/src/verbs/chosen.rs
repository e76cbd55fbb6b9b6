//! Which recorded run a verb means: the one that is named, or the latest one that it can do something with.

use crate::error::{CliError, ErrorKind};
use mcom_ledger::{FindError, RunStatus, RunSummary, StoredRun};
use mcom_model::OutcomeKind;
use std::path::Path;

/// How many runs are looked at, from the latest on.
const LOOKED_AT: usize = 200;

/// How many runs an error names.
const NAMED: usize = 5;

/// The run that is named, or the last one.
pub(super) fn named(runs: &Path, name: Option<&str>) -> Result<StoredRun, CliError> {
    mcom_ledger::find(runs, name.unwrap_or("latest")).map_err(not_found)
}

/// The run that is named, or the latest one that is `wanted`; none where none is.
pub(super) fn named_or_latest(
    runs: &Path,
    name: Option<&str>,
    wanted: impl Fn(&RunStatus) -> bool,
) -> Result<Option<StoredRun>, CliError> {
    if name.is_some() {
        return named(runs, name).map(Some);
    }
    let latest = latest(runs)?.into_iter().find(|run| wanted(&run.status));
    latest.map(|run| StoredRun::open(run.dir).map_err(CliError::from)).transpose()
}

/// The latest runs, the last one first.
fn latest(runs: &Path) -> Result<Vec<RunSummary>, CliError> {
    Ok(mcom_ledger::list(runs, Some(LOOKED_AT))?.runs)
}

/// Whether the run did not finish, or left hosts of which nobody knows how they ended.
pub(super) fn is_unfinished(status: &RunStatus) -> bool {
    match status {
        RunStatus::Running => false,
        RunStatus::Interrupted => true,
        RunStatus::Ended(end) => end.tally.count(OutcomeKind::Unknown) > 0,
    }
}

/// Whether hosts of an ended run could not be reached.
pub(super) fn has_unreachable(status: &RunStatus) -> bool {
    matches!(status, RunStatus::Ended(end) if end.tally.count(OutcomeKind::Unreachable) > 0)
}

/// Runs in words, for those who have to choose: `8f3k (2 unknown), 7d2m (1 unreachable)`.
pub(super) fn those(runs: &Path, wanted: impl Fn(&RunStatus) -> bool) -> Result<Vec<String>, CliError> {
    let runs = latest(runs)?.into_iter().filter(|run| wanted(&run.status));
    Ok(runs.take(NAMED).map(|run| format!("{} of {}, {}", run.run, run.who, words(&run.status))).collect())
}

fn words(status: &RunStatus) -> String {
    match status {
        RunStatus::Running => "running".to_owned(),
        RunStatus::Interrupted => "not finished".to_owned(),
        RunStatus::Ended(end) => {
            let count = |kind, word: &str| match end.tally.count(kind) {
                0 => None,
                count => Some(format!("{count} {word}")),
            };
            let counts = [count(OutcomeKind::Unknown, "unknown"), count(OutcomeKind::Unreachable, "unreachable")];
            counts.into_iter().flatten().collect::<Vec<_>>().join(", ")
        }
    }
}

/// The error for a run that cannot be found.
pub(super) fn not_found(error: FindError) -> CliError {
    match error {
        FindError::Read(error) => error.into(),
        FindError::Empty { .. } => {
            CliError::new(ErrorKind::NoRun, error.to_string()).hint("run something first: mcom -h PATTERN -- CMD")
        }
        error => CliError::new(ErrorKind::NoRun, error.to_string()),
    }
}
