//! What comes back from one round of questions about health.

use mcom_model::HostId;
use serde::{Deserialize, Serialize};

/// How one of those who were asked is.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum Answer {
    /// Exit 0.
    Healthy,
    /// Exit 75: it cannot say.
    Inconclusive,
    /// Any other end, no end in time, or no way to ask.
    Sick,
}

impl Answer {
    /// What an exit code says.
    pub const fn of_code(code: i32) -> Self {
        match code {
            0 => Self::Healthy,
            75 => Self::Inconclusive,
            _ => Self::Sick,
        }
    }
}

/// What one host said, or was found to be.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct HostAnswer {
    /// The host.
    pub host: HostId,
    /// How it is.
    pub answer: Answer,
    /// Its boot id, where it could be asked.
    pub boot: Option<String>,
    /// The last line that it printed, or why it could not be asked; empty where there is none.
    pub said: String,
}

/// One round of questions.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Answered {
    /// Of every host that was asked, controls among them.
    pub hosts: Vec<HostAnswer>,
    /// Of the command on this machine, with its last line.
    pub global: Option<(Answer, String)>,
}
