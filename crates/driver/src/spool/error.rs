//! What can be wrong with a spool, and the class of reason that each fault belongs to.

use mcom_model::{Reason, ReasonKind};
use rustix::io::Errno;
use std::io;
use std::path::PathBuf;

/// Why the spool cannot be used.
#[derive(Debug, thiserror::Error)]
pub enum SpoolError {
    /// The system refused an operation.
    #[error("{path}: cannot {doing}: {source}")]
    Io {
        /// What it was about.
        path: PathBuf,
        /// What was tried.
        doing: &'static str,
        /// What the system said.
        source: io::Error,
    },
    /// Something else stands where the folder should be.
    #[error("{path} is not a folder: a symbolic link or a file stands there")]
    NotAFolder {
        /// Where.
        path: PathBuf,
    },
    /// The folder belongs to another user.
    #[error("{path} belongs to user {owner}, not to user {me}")]
    OtherOwner {
        /// Where.
        path: PathBuf,
        /// Whose it is.
        owner: u32,
        /// Who runs this.
        me: u32,
    },
    /// Other users may write into the folder.
    #[error("{path} has mode {mode:o}: other users may write into it")]
    OpenToOthers {
        /// Where.
        path: PathBuf,
        /// Its permission bits.
        mode: u32,
    },
    /// The header names another machine: the folder is shared or was copied.
    #[error("{path} is the spool of another machine ({theirs}, this one is {ours})")]
    OtherMachine {
        /// Where.
        path: PathBuf,
        /// The machine id in the header.
        theirs: String,
        /// This machine's id.
        ours: String,
    },
    /// The folder lies on a network file system, whose locks and renames say nothing about this machine.
    #[error("{path} lies on a network file system ({kind})")]
    NetworkFileSystem {
        /// Where.
        path: PathBuf,
        /// Which.
        kind: &'static str,
    },
    /// The folder's file system executes nothing.
    #[error("{path} lies on a file system mounted noexec")]
    Noexec {
        /// Where.
        path: PathBuf,
    },
    /// `MCOM_SPOOL` is no absolute path.
    #[error("MCOM_SPOOL is {path:?}, which is no absolute path")]
    Relative {
        /// What it is.
        path: PathBuf,
    },
    /// A file of the spool cannot be understood.
    #[error("{path} cannot be understood: {why}")]
    Garbled {
        /// Which.
        path: PathBuf,
        /// What was wrong.
        why: String,
    },
    /// The attempt was claimed before.
    #[error("attempt {attempt} was claimed on this host before")]
    AlreadyClaimed {
        /// `RUN.ATTEMPT`.
        attempt: String,
    },
    /// `/proc` cannot be read, so nothing can be said about processes or reboots.
    #[error("/proc cannot be read ({source}): mount it on the host")]
    NoProc {
        /// What the system said.
        source: io::Error,
    },
}

impl SpoolError {
    /// An error of the system about a path.
    pub fn io(path: impl Into<PathBuf>, doing: &'static str, source: impl Into<io::Error>) -> Self {
        Self::Io { path: path.into(), doing, source: source.into() }
    }

    /// The class of reason it belongs to.
    pub fn kind(&self) -> ReasonKind {
        match self {
            Self::Io { source, .. } => match source.raw_os_error().map(Errno::from_raw_os_error) {
                Some(Errno::NOSPC | Errno::DQUOT) => ReasonKind::SpoolFull,
                Some(Errno::ROFS | Errno::ACCESS | Errno::PERM | Errno::NOENT) => ReasonKind::SpoolReadOnly,
                Some(Errno::LOOP | Errno::NOTDIR) => ReasonKind::SpoolUnsafe,
                _ => ReasonKind::Internal,
            },
            Self::NotAFolder { .. }
            | Self::OtherOwner { .. }
            | Self::OpenToOthers { .. }
            | Self::OtherMachine { .. }
            | Self::Relative { .. }
            | Self::NetworkFileSystem { .. } => ReasonKind::SpoolUnsafe,
            Self::Noexec { .. } => ReasonKind::SpoolNoexec,
            Self::Garbled { .. } => ReasonKind::Internal,
            Self::AlreadyClaimed { .. } => ReasonKind::AlreadyClaimed,
            Self::NoProc { .. } => ReasonKind::ToolMissing,
        }
    }

    /// The same as a reason for an outcome.
    pub fn reason(&self) -> Reason {
        Reason::new(self.kind(), self.to_string())
    }
}
