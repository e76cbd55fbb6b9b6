//! How parents reach their children without holding the operator's keys: the setting, what a parent is told about a
//! child, what it may ask for, and what the coordinator says to that.

use crate::reason::Reason;
use serde::{Deserialize, Serialize};

/// How parents reach their children. Hosts that the coordinator links itself need none of it.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum Credentials {
    /// By relay; by transit, which lets parents do less, where one of the two ends lacks what relay needs.
    #[default]
    Auto,
    /// The coordinator signs each login that a parent makes, and nothing else.
    Relay,
    /// The coordinator logs in itself, through the parent's sshd, which sees ciphertext.
    Transit,
    /// With a certificate for minutes that allows nothing but the payload of this run.
    Certificate,
    /// With the parents' own SSH configuration and keys.
    Own,
}

impl Credentials {
    /// All settings, in the order in which they are named.
    pub const ALL: [Self; 5] = [Self::Auto, Self::Relay, Self::Transit, Self::Certificate, Self::Own];

    /// The word for it, as typed.
    pub const fn word(self) -> &'static str {
        match self {
            Self::Auto => "auto",
            Self::Relay => "relay",
            Self::Transit => "transit",
            Self::Certificate => "certificate",
            Self::Own => "own",
        }
    }

    /// The setting of this word.
    pub fn of_word(word: &str) -> Option<Self> {
        Self::ALL.into_iter().find(|credentials| credentials.word() == word)
    }

    /// What runs that say nothing of it were made with.
    pub const fn before_the_setting() -> Self {
        Self::Own
    }
}

/// How a parent that holds no key reaches one child, as the coordinator knows it.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Access {
    /// The name or address that is connected to.
    pub address: String,
    /// The port.
    pub port: u16,
    /// The user.
    pub user: String,
    /// The name that its host keys are known by, and that its host certificate must bear.
    pub alias: String,
    /// Its lines of a known_hosts file without the name: `[@cert-authority |@revoked ]TYPE BASE64`.
    pub keys: Vec<String>,
}

/// What a parent may ask the coordinator for.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum AskKind {
    /// A signature for one login that its ssh is about to make.
    Signature,
    /// A certificate for a key that it has just made.
    Certificate,
}

/// What the coordinator knows about the edge from a parent to a child when the parent asks for something.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Edge {
    /// The parent has said that it makes this link, and it is neither made nor given up.
    pub open: bool,
    /// Milliseconds that are left for the link to be made.
    pub left_ms: u64,
    /// What was granted on this edge before.
    pub granted: u32,
}

/// What the coordinator said to a parent that asked.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(tag = "verdict", rename_all = "kebab-case")]
pub enum Verdict {
    /// Granted.
    Granted {
        /// The user that the parent may log in as.
        user: String,
        /// Fingerprint of the key that signs.
        key: String,
        /// Fingerprint of the child's host key; none where a certificate was asked for.
        #[serde(default, skip_serializing_if = "Option::is_none")]
        host_key: Option<String>,
    },
    /// Refused.
    Refused {
        /// Why.
        reason: Reason,
    },
}

/// The program on a host that runs the payload as another user.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum RunAsTool {
    /// `sudo`.
    Sudo,
    /// `doas`.
    Doas,
}

impl RunAsTool {
    /// The name of the program.
    pub const fn program(self) -> &'static str {
        match self {
            Self::Sudo => "sudo",
            Self::Doas => "doas",
        }
    }
}

/// The user that a payload runs as, where that is not the login user, and how it becomes that user.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct RunAs {
    /// By this program.
    pub tool: RunAsTool,
    /// The user.
    pub user: String,
}
