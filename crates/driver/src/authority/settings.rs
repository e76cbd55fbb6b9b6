//! What a run's authority is made from.

use crate::bootstrap::NodeStore;
use crate::ssh::SshSettings;
use mcom_model::{Digest, RunId};
use std::path::PathBuf;
use std::time::Duration;

/// Everything that an authority is made from, besides the plan.
#[derive(Clone, Debug)]
pub struct AuthoritySettings {
    /// How the coordinator's own links are made: what it says of keys, hosts and users holds for the parents' links too.
    pub long: SshSettings,
    /// Key files named to mcom itself; offered before those that ssh's configuration names.
    pub identity_files: Vec<PathBuf>,
    /// Who certifies, where certificates are asked for.
    pub ca: Option<CaSettings>,
    /// The run.
    pub run: RunId,
    /// What it runs, and how ssh is set for it: [`mcom_model::RunSpec::pinned`].
    pub pinned: Digest,
    /// The nodes that the run may put on a host and start there.
    pub nodes: NodeStore,
}

/// Who certifies the keys that parents make, and within which bounds.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct CaSettings {
    /// The key that certifies.
    pub key: CaKey,
    /// Addresses and ranges that parents may log in from, besides those that their names resolve to.
    pub source: Vec<String>,
    /// How long a certificate is valid.
    pub valid: Duration,
}

impl CaSettings {
    /// How long a certificate is valid where nothing else is said.
    pub const VALID: Duration = Duration::from_secs(300);
}

/// Where the key of a certificate authority is.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum CaKey {
    /// In this file.
    File(PathBuf),
    /// In the operator's agent: the one with this fingerprint, `SHA256:...`.
    Agent(String),
}

impl CaKey {
    /// Reads a setting: `agent:SHA256:...`, or the path of a key file.
    pub fn read(setting: &str) -> Self {
        match setting.strip_prefix("agent:") {
            Some(fingerprint) => Self::Agent(fingerprint.to_owned()),
            None => Self::File(PathBuf::from(setting)),
        }
    }
}
