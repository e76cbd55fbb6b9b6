//! How one host ended, and the receipt that proves it.

use crate::digest::Digest;
use crate::heard;
use crate::reason::Reason;
use serde::{Deserialize, Serialize};

/// How one host ended. Every host of a plan ends in exactly one of these.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(tag = "kind", rename_all = "kebab-case")]
pub enum Outcome {
    /// The payload ended with code 0, and its receipt says so.
    Ok,
    /// The payload ended with another code, or by a signal that mcom did not send.
    Failed {
        /// How it ended.
        exit: Exit,
    },
    /// The payload ran longer than its time-out and was ended.
    TimedOut,
    /// The payload was ended by a cancel.
    Killed,
    /// The host could not be reached, and nothing started.
    Unreachable {
        /// Why.
        reason: Reason,
    },
    /// The host could be reached and nothing may start there.
    Refused {
        /// Why.
        reason: Reason,
    },
    /// The host has this payload already.
    Skipped {
        /// Which run brought it.
        reason: Reason,
    },
    /// Nothing started, and nothing was wrong with the host.
    NotRun {
        /// Why.
        reason: Reason,
    },
    /// The payload may have run; how it ended could not be learned.
    Unknown {
        /// Why.
        reason: Reason,
    },
}

/// An outcome without its details, for counts and groups.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum OutcomeKind {
    /// See [`Outcome::Ok`].
    Ok,
    /// See [`Outcome::Failed`].
    Failed,
    /// See [`Outcome::TimedOut`].
    TimedOut,
    /// See [`Outcome::Killed`].
    Killed,
    /// See [`Outcome::Unreachable`].
    Unreachable,
    /// See [`Outcome::Refused`].
    Refused,
    /// See [`Outcome::Skipped`].
    Skipped,
    /// See [`Outcome::NotRun`].
    NotRun,
    /// See [`Outcome::Unknown`].
    Unknown,
}

impl Outcome {
    /// The kind of this outcome.
    pub const fn kind(&self) -> OutcomeKind {
        match self {
            Self::Ok => OutcomeKind::Ok,
            Self::Failed { .. } => OutcomeKind::Failed,
            Self::TimedOut => OutcomeKind::TimedOut,
            Self::Killed => OutcomeKind::Killed,
            Self::Unreachable { .. } => OutcomeKind::Unreachable,
            Self::Refused { .. } => OutcomeKind::Refused,
            Self::Skipped { .. } => OutcomeKind::Skipped,
            Self::NotRun { .. } => OutcomeKind::NotRun,
            Self::Unknown { .. } => OutcomeKind::Unknown,
        }
    }

    /// The reason, where the outcome has one.
    pub const fn reason(&self) -> Option<&Reason> {
        match self {
            Self::Unreachable { reason }
            | Self::Refused { reason }
            | Self::Skipped { reason }
            | Self::NotRun { reason }
            | Self::Unknown { reason } => Some(reason),
            Self::Ok | Self::Failed { .. } | Self::TimedOut | Self::Killed => None,
        }
    }

    /// Whether the payload certainly ran to an end on this host, so that there must be a receipt.
    pub const fn has_receipt(&self) -> bool {
        matches!(self, Self::Ok | Self::Failed { .. } | Self::TimedOut | Self::Killed)
    }
}

impl OutcomeKind {
    /// All kinds, in the order in which views name them.
    pub const ALL: [Self; 9] = [
        Self::Ok,
        Self::Failed,
        Self::TimedOut,
        Self::Killed,
        Self::Unreachable,
        Self::Refused,
        Self::Skipped,
        Self::NotRun,
        Self::Unknown,
    ];

    /// The words for it.
    pub const fn words(self) -> &'static str {
        match self {
            Self::Ok => "ok",
            Self::Failed => "failed",
            Self::TimedOut => "timed out",
            Self::Killed => "killed",
            Self::Unreachable => "unreachable",
            Self::Refused => "refused",
            Self::Skipped => "skipped",
            Self::NotRun => "not run",
            Self::Unknown => "unknown",
        }
    }
}

/// How a process ended.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum Exit {
    /// By itself, with this code.
    Code(i32),
    /// By this signal.
    Signal(i32),
}

/// One of a payload's two outputs.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum Stream {
    /// Standard output.
    Out,
    /// Standard error.
    Err,
}

/// A body (what a host printed on one stream), named by its digest.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct BodyRef {
    /// The BLAKE3 digest of the bytes that were kept.
    pub digest: Digest,
    /// How many bytes were kept.
    pub len: u64,
    /// How many bytes beyond the output cap were drained, counted and not kept.
    #[serde(default, skip_serializing_if = "is_zero")]
    pub dropped: u64,
}

impl BodyRef {
    /// The body of a stream on which nothing was printed.
    pub fn empty() -> Self {
        Self { digest: Digest::of(b""), len: 0, dropped: 0 }
    }
}

#[expect(clippy::trivially_copy_pass_by_ref, reason = "serde hands over a reference")]
const fn is_zero(n: &u64) -> bool {
    *n == 0
}

/// What the supervisor wrote when the payload had ended: the proof behind an outcome.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Receipt {
    /// How the payload ended.
    pub exit: Exit,
    /// Milliseconds from its start to its end.
    pub run_ms: u64,
    /// Milliseconds of CPU, its waited-for children included.
    pub cpu_ms: u64,
    /// Largest resident size, in KiB.
    pub max_rss_kib: u64,
    /// Standard output.
    pub out: BodyRef,
    /// Standard error.
    pub err: BodyRef,
    /// What the payload wrote to `$MCOM_RESULT`, cut to a line.
    #[serde(default, skip_serializing_if = "Option::is_none", deserialize_with = "heard::result")]
    pub result: Option<String>,
    /// Processes that the payload left behind.
    #[serde(default, skip_serializing_if = "is_zero")]
    pub left_behind: u64,
}

impl Receipt {
    /// The body of one stream.
    pub const fn body(&self, stream: Stream) -> &BodyRef {
        match stream {
            Stream::Out => &self.out,
            Stream::Err => &self.err,
        }
    }
}

/// How many hosts ended in which way.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct Tally {
    counts: [u64; 9],
}

impl Tally {
    /// Counts one host.
    pub const fn add(&mut self, kind: OutcomeKind) {
        self.counts[kind as usize] += 1;
    }

    /// How many hosts ended in this way.
    pub const fn count(&self, kind: OutcomeKind) -> u64 {
        self.counts[kind as usize]
    }

    /// How many hosts ended.
    pub fn total(&self) -> u64 {
        self.counts.iter().sum()
    }
}
