//! What a node can be asked about its host, and what it answers: who holds it now, what earlier runs
//! did there, and whether it is there at all.

use crate::digest::Digest;
use crate::heard;
use crate::outcome::Outcome;
use serde::{Deserialize, Serialize};

/// A question: the blob of a payload of kind [`crate::PayloadKind::Inquiry`], as JSON.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(tag = "inquiry", rename_all = "kebab-case")]
pub enum Inquiry {
    /// Which run holds the host now?
    Who,
    /// Which runs were here, the newest first?
    History {
        /// So many of them at most.
        last: u32,
    },
    /// Is it there, with which node, and what does its clock say?
    Ping,
    /// Which run brought this payload, the newest one that ended ok and was not reverted since?
    Has {
        /// The payload's identity, [`crate::Payload::id`].
        payload: Digest,
    },
}

/// The answer: one JSON object, as the output of the attempt. Never longer than
/// [`crate::limits::BODY_INLINE`] bytes: the oldest of what does not fit is left out, and `more` says so.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct HostAnswer {
    /// The run that holds the host now.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub holder: Option<Holder>,
    /// What was asked for of the host's history, the newest first.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub past: Vec<PastAttempt>,
    /// Whether there is more of it.
    #[serde(default, skip_serializing_if = "std::ops::Not::not")]
    pub more: bool,
    /// What a ping asks for.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub pong: Option<Pong>,
}

/// What a host says to a ping.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Pong {
    /// Its wall clock, in milliseconds since 1970, UTC.
    pub clock_ms: u64,
    /// The version of its node.
    #[serde(deserialize_with = "heard::word")]
    pub node: String,
    /// Its architecture, as `uname -m` has it.
    #[serde(deserialize_with = "heard::word")]
    pub arch: String,
}

/// Who has a host's lock.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Holder {
    /// `RUN.ATTEMPT`.
    pub attempt: String,
    /// Who runs it, as `user@host`.
    pub who: String,
    /// What: the payload's name.
    pub what: String,
    /// Why.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub reason: Option<String>,
    /// Since when, in milliseconds since 1970, by the host's clock.
    pub since_ms: u64,
}

/// One attempt of the past on a host.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct PastAttempt {
    /// `RUN.ATTEMPT`.
    pub attempt: String,
    /// Who ran it, as `user@host`.
    pub who: String,
    /// The address that the link came from, where there is one.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub from: Option<String>,
    /// What: the payload's name.
    pub what: String,
    /// The payload's identity.
    pub payload: Digest,
    /// The payload that it reverted, where it ended ok.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub undoes: Option<Digest>,
    /// Why.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub reason: Option<String>,
    /// When it began, in milliseconds since 1970, by the host's clock.
    pub began_ms: u64,
    /// When it ended; none where it did not, or nobody wrote it down.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub ended_ms: Option<u64>,
    /// How it ended.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub outcome: Option<Outcome>,
}
