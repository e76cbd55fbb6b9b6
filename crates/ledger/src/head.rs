//! The head of a run: everything that was fixed before it began. And what the heads of all records have in common.

use crate::error::{ReadError, WriteError};
use crate::files;
use mcom_model::{Plan, RunId, RunSpec};
use serde::de::DeserializeOwned;
use serde::{Deserialize, Serialize};
use std::io;
use std::path::{Path, PathBuf};

/// The version of a ledger's format.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize)]
pub struct FormatVersion {
    /// Raised by changes that older programs would misread; they refuse what is above their own.
    pub major: u32,
    /// Raised by additions that older programs may skip.
    pub minor: u32,
}

impl FormatVersion {
    /// The version that is written here.
    pub const CURRENT: Self = Self { major: 1, minor: 3 };
}

impl std::fmt::Display for FormatVersion {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        write!(f, "{}.{}", self.major, self.minor)
    }
}

/// How the coordinator makes its links: what carrying the run on needs again.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct LongLinks {
    /// The `ssh_config` of `-F`, as an absolute path; without one, the user's and the system's own.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub config: Option<String>,
    /// Further options, each as after `ssh -o`.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub options: Vec<String>,
}

/// What a run is to the rollout that began it.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct RunOfRollout {
    /// The rollout.
    pub id: RunId,
    /// Its name.
    pub name: String,
    /// The name of the stage; none where the run reverts the rollout.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub stage: Option<String>,
}

/// The contents of `run.json`.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct RunHead {
    /// The format of this ledger.
    pub format: FormatVersion,
    /// The run.
    pub run: RunId,
    /// Who runs it, as `user@host`.
    pub who: String,
    /// Wall-clock start in milliseconds since 1970, UTC. Times of events count from here.
    pub started_ms: u64,
    /// The version of mcom that wrote it.
    pub mcom: String,
    /// The command line, argument by argument.
    pub command: Vec<String>,
    /// The run whose hosts are tried again here with the same payload.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub retry_of: Option<RunId>,
    /// The rollout that it is a part of.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub rollout: Option<RunOfRollout>,
    /// How the coordinator makes its links.
    #[serde(default)]
    pub ssh: LongLinks,
    /// Number of hosts, so that a listing need not read the plan.
    pub hosts: u64,
    /// What every node was told.
    pub spec: RunSpec,
    /// Who, through whom and within which limits.
    pub plan: Plan,
}

impl RunHead {
    /// The head of a run in the current format, which tries no other run's hosts again, is no part of a rollout and has
    /// no settings for ssh.
    pub fn new(plan: Plan, spec: RunSpec, started_ms: u64, mcom: impl Into<String>, command: Vec<String>) -> Self {
        Self {
            format: FormatVersion::CURRENT,
            run: spec.run.clone(),
            who: spec.who.clone(),
            started_ms,
            mcom: mcom.into(),
            command,
            retry_of: None,
            rollout: None,
            ssh: LongLinks::default(),
            hosts: plan.hosts.len() as u64,
            spec,
            plan,
        }
    }
}

/// The part of a head that must be understood before the rest is read.
#[derive(Deserialize)]
struct Versioned {
    format: FormatVersion,
}

/// The error for a folder without a head.
pub(crate) type Missing = fn(PathBuf) -> ReadError;

/// The version of the record with this head; a newer major one is refused.
pub(crate) fn version(path: &Path, missing: Missing) -> Result<FormatVersion, ReadError> {
    let Versioned { format: found } = read(path, missing)?;
    if found.major > FormatVersion::CURRENT.major {
        return Err(ReadError::NewerFormat { path: path.to_owned(), found });
    }
    Ok(found)
}

/// Refuses to write a record of a newer version, even a minor one: it may hold what this program would misread.
pub(crate) fn check_writable(path: &Path, found: FormatVersion) -> Result<(), ReadError> {
    if found > FormatVersion::CURRENT {
        return Err(ReadError::NewerFormat { path: path.to_owned(), found });
    }
    Ok(())
}

/// Reads a head, or the part of it that is asked for.
pub(crate) fn read<T: DeserializeOwned>(path: &Path, missing: Missing) -> Result<T, ReadError> {
    let bytes = std::fs::read(path).map_err(|source| match source.kind() {
        io::ErrorKind::NotFound => missing(path.parent().unwrap_or(path).to_owned()),
        _ => ReadError::at(path)(source),
    })?;
    serde_json::from_slice(&bytes).map_err(|source| ReadError::Head { path: path.to_owned(), source })
}

/// Writes a head, whole.
pub(crate) fn write(path: &Path, head: &impl Serialize) -> Result<(), WriteError> {
    files::write_whole(path, &path.with_extension("tmp"), |mut file| {
        serde_json::to_writer(&mut file, head)?;
        file.write_all(b"\n")
    })
}
