//! Plans that are kept here, by their id, so that one that was looked at can be carried out as it was.

use crate::error::plain;
use crate::request::random;
use mcom_model::{Plan, RunId};
use serde::{Deserialize, Serialize};
use std::collections::BTreeSet;
use std::fs::{DirBuilder, Metadata};
use std::io::{self, BufWriter, Write as _};
use std::os::unix::fs::DirBuilderExt as _;
use std::path::{Path, PathBuf};
use std::time::{Duration, SystemTime};

/// A plan is kept for so long.
const KEPT_FOR: Duration = Duration::from_secs(7 * 24 * 3600);

/// How many are kept.
const KEPT: usize = 100;

/// Bytes of all of them: a plan of a million hosts is large.
const KEPT_BYTES: u64 = 1 << 28;

/// What was so when a plan was made, beside what the plan says.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct Made {
    /// The name under which it is kept.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub id: Option<RunId>,
    /// When it was made, in milliseconds since 1970, UTC.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub made_ms: Option<u64>,
    /// Where hosts that have the payload are skipped: what the hosts said.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub already: Option<Already>,
}

/// Which hosts have a payload.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct Already {
    /// Those that have it.
    pub have: BTreeSet<String>,
    /// Those that did not answer.
    pub silent: BTreeSet<String>,
}

/// A plan in a file.
#[derive(Serialize)]
struct InFile<'p> {
    #[serde(flatten)]
    plan: &'p Plan,
    #[serde(flatten)]
    made: &'p Made,
}

/// The folder of the kept plans below a state folder.
pub(super) fn plans_dir(state_home: &Path) -> PathBuf {
    state_home.join("mcom").join("plans")
}

/// The file of the plan of this id.
pub(super) fn file_of(state_home: &Path, id: &RunId) -> PathBuf {
    plans_dir(state_home).join(format!("{id}.json"))
}

/// Keeps a plan and gives it an id; removes those that are old or too many. The error says why it is not kept.
pub fn keep(plan: &Plan, made: &mut Made, state_home: &Path) -> Result<(), String> {
    let seed = random().map_err(|error| error.message)?;
    let id = RunId::from_seed(u64::from_le_bytes(seed));
    let named = Made { id: Some(id.clone()), ..made.clone() };
    let folder = plans_dir(state_home);
    let refused = |error: &io::Error| format!("{} cannot be written: {}", folder.display(), plain(error));
    write(plan, &named, &folder, &file_of(state_home, &id)).map_err(|error| refused(&error))?;
    *made = named;
    // What cannot be removed harms nobody.
    let _ = remove_old(&folder, SystemTime::now());
    Ok(())
}

fn write(plan: &Plan, made: &Made, folder: &Path, path: &Path) -> io::Result<()> {
    DirBuilder::new().recursive(true).mode(0o700).create(folder)?;
    // It is readable by nobody else, and has its name when it is whole.
    let mut file = tempfile::Builder::new().prefix(".").tempfile_in(folder)?;
    let mut text = BufWriter::new(file.as_file_mut());
    serde_json::to_writer(&mut text, &InFile { plan, made })?;
    text.flush()?;
    drop(text);
    file.persist(path)?;
    Ok(())
}

/// Removes what is older than a plan is kept for, and of the others the oldest that are too many.
fn remove_old(folder: &Path, now: SystemTime) -> io::Result<()> {
    let mut plans: Vec<(SystemTime, u64, PathBuf)> = Vec::new();
    for entry in std::fs::read_dir(folder)? {
        let path = entry?.path();
        let Ok(data) = std::fs::metadata(&path) else { continue };
        plans.push((changed(&data), data.len(), path));
    }
    plans.sort();
    let mut bytes = 0;
    for (place, (changed, len, path)) in plans.iter().rev().enumerate() {
        bytes += len;
        let is_old = now.duration_since(*changed).is_ok_and(|age| age > KEPT_FOR);
        // The newest is the one that was just kept.
        if place > 0 && (is_old || place >= KEPT || bytes > KEPT_BYTES) {
            std::fs::remove_file(path)?;
        }
    }
    Ok(())
}

fn changed(data: &Metadata) -> SystemTime {
    data.modified().unwrap_or(SystemTime::UNIX_EPOCH)
}

#[cfg(test)]
mod tests {
    use super::*;
    use std::fs::File;

    fn plan_of(folder: &Path, name: &str, age: Duration, now: SystemTime) {
        let file = File::create(folder.join(name)).unwrap();
        file.set_modified(now - age).unwrap();
    }

    fn names(folder: &Path) -> BTreeSet<String> {
        let entries = std::fs::read_dir(folder).unwrap();
        entries.map(|entry| entry.unwrap().file_name().into_string().unwrap()).collect()
    }

    #[test]
    fn plans_of_last_week_and_more_than_a_hundred_are_removed() {
        let (folder, now) = (tempfile::tempdir().unwrap(), SystemTime::now());
        let day = Duration::from_secs(24 * 3600);
        plan_of(folder.path(), "old.json", 8 * day, now);
        plan_of(folder.path(), "young.json", 6 * day, now);
        remove_old(folder.path(), now).unwrap();
        assert_eq!(names(folder.path()), ["young.json".to_owned()].into());
        for minute in 0..KEPT {
            plan_of(folder.path(), &format!("{minute}.json"), Duration::from_secs(60 * minute as u64), now);
        }
        remove_old(folder.path(), now).unwrap();
        assert_eq!(names(folder.path()).len(), KEPT);
        assert!(!names(folder.path()).contains("young.json"));
    }

    #[test]
    fn the_newest_is_kept_whatever_the_clock_says() {
        let (folder, now) = (tempfile::tempdir().unwrap(), SystemTime::now());
        plan_of(folder.path(), "new.json", 2 * KEPT_FOR, now);
        remove_old(folder.path(), now).unwrap();
        assert_eq!(names(folder.path()), ["new.json".to_owned()].into());
    }
}
