//! What every node of a run is told, whatever its place in the tree.

use crate::ids::RunId;
use crate::limits;
use crate::payload::Payload;
use crate::plan::TreeShape;
use serde::{Deserialize, Serialize};

/// The part of a plan that each node needs.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct RunSpec {
    /// The run.
    pub run: RunId,
    /// Which try on each host, from 1.
    pub attempt: u32,
    /// Who runs it, as `user@host`: for locks and history on the hosts.
    pub who: String,
    /// Why.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub reason: Option<String>,
    /// What is run.
    pub payload: Payload,
    /// Within which limits.
    pub limits: RunLimits,
    /// The tree's shape.
    pub shape: TreeShape,
    /// When output travels.
    pub output: OutputMode,
    /// How parents reach their children.
    #[serde(default)]
    pub inner: InnerLinks,
}

/// What parents are told about the links inside a datacenter.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct InnerLinks {
    /// Path of an `ssh_config` on the parent, its `-F`; without one, the parent's user's and system's own.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub config: Option<String>,
    /// Further options, each as after `ssh -o`.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub options: Vec<String>,
}

/// When output travels up the tree.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum OutputMode {
    /// While it is printed.
    Live,
    /// When the payload has ended, equal bodies once.
    AtEnd,
}

/// Pace, time and size limits of a run.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct RunLimits {
    /// Payloads running at once in each datacenter.
    pub fanout: u32,
    /// Milliseconds for one connection to be made.
    pub connect_timeout_ms: u64,
    /// Milliseconds for the payload on one host; none means no limit.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub command_timeout_ms: Option<u64>,
    /// Milliseconds between TERM and KILL.
    pub grace_ms: u64,
    /// Bytes kept of each stream of each host.
    pub output_cap: u64,
}

impl Default for RunLimits {
    fn default() -> Self {
        Self {
            fanout: limits::FANOUT,
            connect_timeout_ms: limits::CONNECT_TIMEOUT_MS,
            command_timeout_ms: None,
            grace_ms: limits::GRACE_MS,
            output_cap: limits::OUTPUT_CAP,
        }
    }
}
