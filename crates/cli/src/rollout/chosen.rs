//! Which recorded rollout a verb means.

use crate::config::Settings;
use crate::error::{CliError, ErrorKind};
use crate::rollout::held::say_unreadable;
use mcom_ledger::{
    FindRolloutError, RolloutHead, RolloutSummary, StoredRollout, find_rollout, list_open_rollouts, rollouts_dir,
};

/// The rollout that goes by this name, or whose id begins so, and whether that is all of its name or id; none where there
/// is none.
pub fn find(name: &str, settings: &Settings) -> Result<Option<(StoredRollout, bool)>, CliError> {
    if name.contains('/') {
        // A path is that of a run.
        return Ok(None);
    }
    match find_rollout(&rollouts_dir(&settings.state_home.value), name) {
        Ok(rollout) => {
            let spec = stored_head(&rollout)?.spec;
            let is_whole = spec.name == name || spec.id.as_str() == name;
            Ok(Some((rollout, is_whole)))
        }
        Err(FindRolloutError::Read(error)) => Err(error.into()),
        Err(_) => Ok(None),
    }
}

fn named(name: &str, settings: &Settings) -> Result<StoredRollout, CliError> {
    find_rollout(&rollouts_dir(&settings.state_home.value), name).map_err(not_found)
}

/// The one that is named, else the latest that is not over, else the latest.
pub fn open_or_latest(name: Option<&str>, settings: &Settings) -> Result<StoredRollout, CliError> {
    if let Some(name) = name {
        return named(name, settings);
    }
    match open_ones(None, settings)?.into_iter().next() {
        Some(open) => StoredRollout::open(open.dir).map_err(CliError::from),
        None => named("latest", settings),
    }
}

/// The one that is named, else the only one that is not over: who orders something says which where there are several,
/// by the id where they have one name.
pub fn the_open_one(name: Option<&str>, verb: &str, settings: &Settings) -> Result<StoredRollout, CliError> {
    let mut open = open_ones(name, settings)?;
    if let Some(name) = name {
        open.retain(|one| one.name == name);
    }
    match (open.len(), name) {
        (0, Some(name)) => named(name, settings),
        (0, None) => Err(CliError::new(ErrorKind::NothingLeft, format!("no rollout is there to {verb}: all are over"))
            .hint("the rollouts of this machine: mcom rollout list")),
        (1, _) => StoredRollout::open(open.remove(0).dir).map_err(CliError::from),
        (count, _) => {
            let error = CliError::new(ErrorKind::Refused, format!("{count} rollouts are not over: say which one"));
            Err(open.iter().fold(error, |error, one| {
                let state = one.state.as_ref().map_or("about to begin", |state| state.state.words());
                let twin = open.iter().any(|other| other.name == one.name && other.id != one.id);
                let which = if twin { one.id.as_str() } else { &one.name };
                error.hint(format!("mcom rollout {verb} {which}: {} is {state}, of {}", one.name, one.who))
            }))
        }
    }
}

/// Its head.
pub fn stored_head(rollout: &StoredRollout) -> Result<RolloutHead, CliError> {
    rollout.head().map_err(CliError::from)
}

/// Those that are not over. Where none is named, the one that is meant may be among those that cannot be read.
fn open_ones(name: Option<&str>, settings: &Settings) -> Result<Vec<RolloutSummary>, CliError> {
    let listing = list_open_rollouts(&rollouts_dir(&settings.state_home.value))?;
    if name.is_none() {
        say_unreadable(&listing);
    }
    Ok(listing.rollouts)
}

fn not_found(error: FindRolloutError) -> CliError {
    match error {
        FindRolloutError::Read(error) => error.into(),
        error @ FindRolloutError::Empty { .. } => CliError::new(ErrorKind::NoRollout, error.to_string())
            .hint("a file to begin with: mcom rollout init; then: mcom rollout start FILE"),
        error => CliError::new(ErrorKind::NoRollout, error.to_string()),
    }
}
