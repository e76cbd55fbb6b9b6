//! Finding recorded runs: by id, as `latest`, by path, or all of them.

use crate::error::{FindError, ReadError};
use crate::layout;
use crate::stored::StoredRun;
use crate::summary::RunSummary;
use mcom_model::RunId;
use std::io;
use std::path::Path;

/// How many ids an error names.
const IDS_NAMED: usize = 5;

/// Recorded runs, newest first.
#[derive(Debug, Default)]
pub struct Listing {
    /// Those that could be read.
    pub runs: Vec<RunSummary>,
    /// What is wrong with the others.
    pub unreadable: Vec<ReadError>,
}

/// Finds a run by the beginning of its id, by the id of one of its attempts (`RUN.1`, as hosts say it), as `latest`, or
/// by the path of its folder (anything with a `/`).
pub fn find(runs: &Path, text: &str) -> Result<StoredRun, FindError> {
    if text.contains('/') {
        return Ok(StoredRun::open(text)?);
    }
    let names = names(runs)?;
    if names.is_empty() {
        return Err(FindError::Empty { runs: runs.to_owned() });
    }
    if text == layout::LATEST {
        let link = runs.join(layout::LATEST);
        // A run that was removed by hand leaves a link to nowhere: the newest that is left is meant.
        let dir = std::fs::canonicalize(&link).unwrap_or_else(|_| runs.join(&names[0]));
        return Ok(StoredRun::open(dir)?);
    }
    let id = |name: &str| layout::id_of(name).expect("only runs are listed").to_string();
    let text = of_attempt(text).unwrap_or(text);
    let hits: Vec<&String> = names.iter().filter(|name| !text.is_empty() && id(name).starts_with(text)).collect();
    let exact = hits.iter().find(|name| id(name) == text);
    match (hits.as_slice(), exact) {
        ([], _) => Err(FindError::NotFound { text: text.to_owned() }),
        (_, Some(name)) | ([name], None) => Ok(StoredRun::open(runs.join(name))?),
        (several, None) => {
            let ids = several.iter().take(IDS_NAMED).map(|name| id(name)).collect();
            Err(FindError::Ambiguous { text: text.to_owned(), ids })
        }
    }
}

/// Finds the run with this id; none where none was recorded. Of several, which a damaged folder may leave, the newest.
pub fn find_run_by_id(runs: &Path, id: &RunId) -> Result<Option<StoredRun>, ReadError> {
    for name in names(runs)?.iter().filter(|name| layout::id_of(name).as_ref() == Some(id)) {
        match StoredRun::open(runs.join(name)) {
            // Its writer died before it had a head, and so before anything began.
            Err(ReadError::NoRun { .. }) => {}
            other => return other.map(Some),
        }
    }
    Ok(None)
}

/// The run's part of the id of an attempt.
fn of_attempt(text: &str) -> Option<&str> {
    let (run, number) = text.rsplit_once('.')?;
    number.parse::<u32>().ok().map(|_| run)
}

/// Lists runs, newest first, at most `limit`. A folder that does not exist has none.
pub fn list(runs: &Path, limit: Option<usize>) -> Result<Listing, ReadError> {
    let mut listing = Listing::default();
    for name in names(runs)?.into_iter().take(limit.unwrap_or(usize::MAX)) {
        match StoredRun::open(runs.join(name)).and_then(|run| run.summary()) {
            Ok(summary) => listing.runs.push(summary),
            Err(error) => listing.unreadable.push(error),
        }
    }
    Ok(listing)
}

/// Names of the folders of runs, or of rollouts, newest first.
pub(crate) fn names(runs: &Path) -> Result<Vec<String>, ReadError> {
    let entries = match std::fs::read_dir(runs) {
        Err(error) if error.kind() == io::ErrorKind::NotFound => return Ok(Vec::new()),
        other => other.map_err(ReadError::at(runs))?,
    };
    let mut names = Vec::new();
    for entry in entries {
        let name = entry.map_err(ReadError::at(runs))?.file_name();
        names.extend(name.into_string().ok().filter(|name| layout::id_of(name).is_some()));
    }
    names.sort_unstable_by(|a, b| b.cmp(a));
    Ok(names)
}
