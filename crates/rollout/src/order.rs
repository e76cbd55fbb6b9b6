//! What an operator can ask of a rollout.

use serde::{Deserialize, Serialize};
use std::fmt;

/// What is asked.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(tag = "verb", rename_all = "kebab-case")]
pub enum Verb {
    /// Start nothing more for now.
    Pause,
    /// Go on after a pause; the health check is made again.
    Resume(Skip),
    /// Pass the gate after a stage.
    Approve(Skip),
    /// End it. What is changed stays so.
    Abort,
    /// Revert it on the hosts that it touched.
    Undo {
        /// Also on hosts that had the change before.
        skipped: bool,
    },
}

/// What is left out, for a reason that is recorded.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct Skip {
    /// The rest of the soak.
    #[serde(default, skip_serializing_if = "std::ops::Not::not")]
    pub soak: bool,
    /// Whether the hosts are healthy.
    #[serde(default, skip_serializing_if = "std::ops::Not::not")]
    pub health: bool,
    /// The bad hosts: it goes on without them.
    #[serde(default, skip_serializing_if = "std::ops::Not::not")]
    pub bad: bool,
}

impl Skip {
    /// Whether anything is left out.
    pub const fn any(self) -> bool {
        self.soak || self.health || self.bad
    }
}

/// What is asked, by whom and why.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Order {
    /// What.
    #[serde(flatten)]
    pub verb: Verb,
    /// Who, as `user@host`.
    pub who: String,
    /// Why.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub reason: Option<String>,
}

impl Verb {
    /// The word that is typed.
    pub const fn word(self) -> &'static str {
        match self {
            Self::Pause => "pause",
            Self::Resume(_) => "resume",
            Self::Approve(_) => "approve",
            Self::Abort => "abort",
            Self::Undo { .. } => "undo",
        }
    }
}

impl fmt::Display for Verb {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.word())
    }
}
