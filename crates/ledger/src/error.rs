//! What can go wrong with a ledger: one type per operation, each saying where, why and what to type.

use crate::head::FormatVersion;
use crate::writer::Writer;
use mcom_model::{Digest, HostId, Stream};
use std::io;
use std::path::PathBuf;

/// The ledger could not be written. What was written before stays readable.
#[derive(Debug, thiserror::Error)]
#[error("cannot write the ledger at {}: {source}{}", path.display(), hint(source))]
pub struct WriteError {
    /// The file or folder.
    pub path: PathBuf,
    /// What the system said.
    pub source: io::Error,
}

impl WriteError {
    pub(crate) fn at(path: impl Into<PathBuf>) -> impl FnOnce(io::Error) -> Self {
        let path = path.into();
        |source| Self { path, source }
    }

    /// Whether the disk, the quota or the file size limit is full.
    pub fn is_full(&self) -> bool {
        is_full(&self.source)
    }
}

impl From<WriteError> for io::Error {
    fn from(error: WriteError) -> Self {
        Self::new(error.source.kind(), error.to_string())
    }
}

fn is_full(error: &io::Error) -> bool {
    use io::ErrorKind::{FileTooLarge, QuotaExceeded, StorageFull};
    matches!(error.kind(), StorageFull | QuotaExceeded | FileTooLarge)
}

fn hint(error: &io::Error) -> &'static str {
    match error.kind() {
        _ if is_full(error) => "; the disk is full: make room there, or set XDG_STATE_HOME to a folder that has some",
        io::ErrorKind::PermissionDenied | io::ErrorKind::ReadOnlyFilesystem => {
            "; set XDG_STATE_HOME to a folder that you may write"
        }
        io::ErrorKind::AlreadyExists => "; one of this id was recorded before",
        _ => "",
    }
}

/// A body could not be stored.
#[derive(Debug, thiserror::Error)]
pub enum OutputError {
    /// The bytes are not what their name says.
    #[error("expected {len} bytes with digest {}, got {got_len} with {}", digest.short(), got.short())]
    Mismatch {
        /// The promised digest.
        digest: Digest,
        /// The promised length.
        len: u64,
        /// The digest of what came.
        got: Digest,
        /// The length of what came.
        got_len: u64,
    },
    /// A piece does not follow the one before it.
    #[error("output of host {} ({stream:?}) jumps to byte {got} after byte {expected}", host.0)]
    Gap {
        /// The host.
        host: HostId,
        /// The stream.
        stream: Stream,
        /// Where the piece had to begin.
        expected: u64,
        /// Where it began.
        got: u64,
    },
    /// The disk did not take it.
    #[error(transparent)]
    Write(#[from] WriteError),
}

/// A recorded run or rollout cannot be carried on.
#[derive(Debug, thiserror::Error)]
pub enum ReopenError {
    /// A process carries it on already.
    #[error("it is being carried on by {writer}")]
    Busy {
        /// Who.
        writer: Writer,
    },
    /// Its record cannot be read.
    #[error(transparent)]
    Read(#[from] ReadError),
    /// Its record cannot be written.
    #[error(transparent)]
    Write(#[from] WriteError),
}

/// A recorded run or rollout could not be read.
#[derive(Debug, thiserror::Error)]
pub enum ReadError {
    /// A file could not be read.
    #[error("cannot read {}: {source}", path.display())]
    Io {
        /// The file.
        path: PathBuf,
        /// What the system said.
        source: io::Error,
    },
    /// The folder holds no run.
    #[error("{} is not the folder of a run: it has no run.json; `mcom history` lists the runs", path.display())]
    NoRun {
        /// The folder.
        path: PathBuf,
    },
    /// The folder holds no rollout.
    #[error(
        "{} is not the folder of a rollout: it has no rollout.json; `mcom rollout list` lists the rollouts",
        path.display()
    )]
    NoRollout {
        /// The folder.
        path: PathBuf,
    },
    /// A newer mcom wrote it.
    #[error(
        "{} has ledger format {found}, and this mcom knows up to {}: use the mcom that wrote it",
        path.display(), FormatVersion::CURRENT
    )]
    NewerFormat {
        /// The file.
        path: PathBuf,
        /// Its format.
        found: FormatVersion,
    },
    /// The head is damaged.
    #[error("{} is damaged: {source}", path.display())]
    Head {
        /// The file.
        path: PathBuf,
        /// What is wrong.
        source: serde_json::Error,
    },
    /// A line of events is damaged.
    #[error("{}, line {line} is damaged: {source}", path.display())]
    Event {
        /// The file.
        path: PathBuf,
        /// The line, from 1.
        line: u64,
        /// What is wrong.
        source: serde_json::Error,
    },
    /// A line of events is of hosts that the record's head does not have.
    #[error("{}, line {line} is damaged: it is of a host that the rollout does not have", path.display())]
    Foreign {
        /// The file.
        path: PathBuf,
        /// The line, from 1.
        line: u64,
    },
}

impl ReadError {
    pub(crate) fn at(path: impl Into<PathBuf>) -> impl FnOnce(io::Error) -> Self {
        let path = path.into();
        |source| Self::Io { path, source }
    }
}

/// No run, or more than one, goes by this name.
#[derive(Debug, thiserror::Error)]
pub enum FindError {
    /// Nothing was recorded yet.
    #[error("no run is recorded under {}", runs.display())]
    Empty {
        /// The folder of runs.
        runs: PathBuf,
    },
    /// No run has such an id.
    #[error("no run's id begins with {text:?}; `mcom history` lists the runs")]
    NotFound {
        /// What was asked for.
        text: String,
    },
    /// Several runs have such an id.
    #[error("several runs begin with {text:?}: {}; type more of the id", ids.join(", "))]
    Ambiguous {
        /// What was asked for.
        text: String,
        /// Some of their ids, newest first.
        ids: Vec<String>,
    },
    /// What was found is not readable.
    #[error(transparent)]
    Read(#[from] ReadError),
}
