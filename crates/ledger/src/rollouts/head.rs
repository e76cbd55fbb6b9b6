//! The head of a rollout: everything that was fixed before it began.

use crate::error::ReadError;
use crate::head::{FormatVersion, LongLinks};
use mcom_rollout::RolloutSpec;
use serde::{Deserialize, Serialize};
use std::path::PathBuf;

/// The contents of `rollout.json`.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct RolloutHead {
    /// The format of this record.
    pub format: FormatVersion,
    /// The version of mcom that wrote it.
    pub mcom: String,
    /// The command line, argument by argument.
    pub command: Vec<String>,
    /// How its runs make their links.
    #[serde(default)]
    pub ssh: LongLinks,
    /// What it does, where and when.
    pub spec: RolloutSpec,
}

impl RolloutHead {
    /// The head of a rollout in the current format.
    pub fn new(spec: RolloutSpec, mcom: impl Into<String>, command: Vec<String>, ssh: LongLinks) -> Self {
        Self { format: FormatVersion::CURRENT, mcom: mcom.into(), command, ssh, spec }
    }
}

/// What a folder without a head is.
pub(super) fn no_rollout(path: PathBuf) -> ReadError {
    ReadError::NoRollout { path }
}
