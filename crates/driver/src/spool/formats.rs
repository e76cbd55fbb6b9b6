//! The JSON that stands in the spool's files.

use crate::spool::ProcessIdentity;
use mcom_model::{Digest, Outcome, Receipt, RunSpec, Stream};
use serde::{Deserialize, Serialize};

/// `claim`, first line.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct ClaimRecord {
    /// The boot id at the claim.
    pub boot: String,
    /// When, in milliseconds since 1970.
    pub claimed_ms: u64,
}

/// `spec`: what the supervisor has to do.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct AttemptSpec {
    /// The run.
    pub run: RunSpec,
    /// This host's name, as the plan has it.
    pub host: String,
    /// Its datacenter's name.
    pub dc: String,
    /// Milliseconds that the run's deadline left at the claim; none means no limit.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub deadline_ms: Option<u64>,
}

/// `exit`: how the attempt ended.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct ExitRecord {
    /// The outcome.
    pub outcome: Outcome,
    /// The proof, where the payload ran.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub receipt: Option<Receipt>,
    /// Some of the processes that were left behind, each as `PID NAME`.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub left: Vec<String>,
    /// When, in milliseconds since 1970.
    pub ended_ms: u64,
}

/// A line of `index`: a piece of a stream.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct IndexLine {
    /// The stream.
    pub stream: Stream,
    /// Offset of its first byte.
    pub offset: u64,
    /// Its length.
    pub len: u64,
    /// Microseconds from the supervisor's start to the piece's first byte.
    pub at: u64,
}

/// A line of `history`.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(tag = "event", rename_all = "kebab-case")]
pub enum HistoryLine {
    /// Before a run.
    Begin {
        /// `RUN.ATTEMPT`.
        attempt: String,
        /// When, in milliseconds since 1970.
        ms: u64,
        /// Who runs it, as `user@host`.
        who: String,
        /// The address that the link came from, where there is one.
        #[serde(default, skip_serializing_if = "Option::is_none")]
        from: Option<String>,
        /// The payload's identity.
        payload: Digest,
        /// What people call it.
        what: String,
        /// The payload that it reverts.
        #[serde(default, skip_serializing_if = "Option::is_none")]
        undoes: Option<Digest>,
        /// Why.
        #[serde(default, skip_serializing_if = "Option::is_none")]
        reason: Option<String>,
    },
    /// After a run.
    End {
        /// `RUN.ATTEMPT`.
        attempt: String,
        /// When, in milliseconds since 1970.
        ms: u64,
        /// The payload's identity.
        payload: Digest,
        /// The payload that it reverts.
        #[serde(default, skip_serializing_if = "Option::is_none")]
        undoes: Option<Digest>,
        /// How it ended.
        outcome: Outcome,
    },
}

/// The process in `started`.
pub type StartedRecord = ProcessIdentity;
