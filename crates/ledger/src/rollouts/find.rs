//! Finding recorded rollouts: by name, by id, as `latest`, by path, or all of them.

use crate::error::ReadError;
use crate::find::names;
use crate::layout;
use crate::rollouts::{FindRolloutError, RolloutSummary, StoredRollout, UnreadableRollout};
use std::path::Path;

/// How many ids an error names.
const IDS_NAMED: usize = 5;

/// Recorded rollouts, newest first.
#[derive(Debug, Default)]
pub struct RolloutListing {
    /// Those that could be read.
    pub rollouts: Vec<RolloutSummary>,
    /// The others.
    pub unreadable: Vec<UnreadableRollout>,
}

/// Finds a rollout by its id, by its name (of several, the latest), by the beginning of its id, as `latest`, or by the
/// path of its folder (anything with a `/`).
pub fn find_rollout(rollouts: &Path, text: &str) -> Result<StoredRollout, FindRolloutError> {
    if text.contains('/') {
        return Ok(StoredRollout::open(text)?);
    }
    let dirs = names(rollouts)?;
    let Some(newest) = dirs.first() else {
        return Err(FindRolloutError::Empty { rollouts: rollouts.to_owned() });
    };
    let open = |dir: &str| Ok(StoredRollout::open(rollouts.join(dir))?);
    if text == layout::LATEST {
        return open(newest);
    }
    let id = |dir: &str| layout::id_of(dir).map(|id| id.to_string()).unwrap_or_default();
    if let Some(dir) = dirs.iter().find(|dir| id(dir) == text) {
        return open(dir);
    }
    // One that cannot be read has no name here, and is still found by its id.
    let named = |dir: &String| Some(StoredRollout::open(rollouts.join(dir)).ok()?.short().ok()?.name().to_owned());
    let known: Vec<(&String, String)> = dirs.iter().map(|dir| (dir, named(dir).unwrap_or_default())).collect();
    if let Some((dir, _)) = known.iter().find(|(_, name)| !text.is_empty() && name == text) {
        return open(dir);
    }
    let hits: Vec<_> = known.iter().filter(|(dir, _)| !text.is_empty() && id(dir).starts_with(text)).collect();
    match hits.as_slice() {
        [(dir, _)] => open(dir),
        [] => {
            let known: Vec<&str> =
                known.iter().map(|(_, name)| name.as_str()).filter(|name| !name.is_empty()).collect();
            let nearest = mcom_fleet::document::nearest(text, &known).map(str::to_owned);
            Err(FindRolloutError::NotFound { text: text.to_owned(), nearest })
        }
        several => {
            let ids = several.iter().take(IDS_NAMED).map(|(dir, name)| format!("{} ({name})", id(dir))).collect();
            Err(FindRolloutError::Ambiguous { text: text.to_owned(), ids })
        }
    }
}

/// Lists rollouts, newest first. A folder that does not exist has none.
pub fn list_rollouts(rollouts: &Path) -> Result<RolloutListing, ReadError> {
    list(rollouts, |rollout| rollout.summary().map(Some))
}

/// Lists rollouts that hold their hosts, newest first. Those that are over are told by their last line alone: there may
/// be hundreds of them, each with thousands of checks.
pub fn list_open_rollouts(rollouts: &Path) -> Result<RolloutListing, ReadError> {
    list(rollouts, |rollout| match rollout.ends_over()? {
        true => Ok(None),
        false => rollout.summary().map(|summary| Some(summary).filter(RolloutSummary::is_open)),
    })
}

fn list(
    rollouts: &Path,
    look: impl Fn(&StoredRollout) -> Result<Option<RolloutSummary>, ReadError>,
) -> Result<RolloutListing, ReadError> {
    let mut listing = RolloutListing::default();
    for name in names(rollouts)? {
        let dir = rollouts.join(name);
        match StoredRollout::open(&dir).and_then(|rollout| look(&rollout)) {
            Ok(summary) => listing.rollouts.extend(summary),
            Err(error) => listing.unreadable.push(UnreadableRollout::new(dir, error)),
        }
    }
    Ok(listing)
}
