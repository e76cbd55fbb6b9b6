//! The head of a run: everything that was fixed before it began.

use mcom_model::{Plan, RunId, RunSpec};
use serde::{Deserialize, Serialize};

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
    pub const CURRENT: Self = Self { major: 1, minor: 2 };
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
    /// The head of a run in the current format, which tries no other run's hosts again and has no settings for ssh.
    pub fn new(plan: Plan, spec: RunSpec, started_ms: u64, mcom: impl Into<String>, command: Vec<String>) -> Self {
        Self {
            format: FormatVersion::CURRENT,
            run: spec.run.clone(),
            who: spec.who.clone(),
            started_ms,
            mcom: mcom.into(),
            command,
            retry_of: None,
            ssh: LongLinks::default(),
            hosts: plan.hosts.len() as u64,
            spec,
            plan,
        }
    }
}
