//! A host to reach, with what the pattern said about how to reach it.

use crate::hostset::HostSet;
use serde::{Deserialize, Serialize};
use std::fmt;

/// One host of an expanded pattern.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Target {
    /// The host's name.
    pub name: String,
    /// The user that the pattern named.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub user: Option<String>,
    /// The port that the pattern named.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub port: Option<u16>,
}

impl Target {
    /// A host about which only its name is said.
    pub fn named(name: impl Into<String>) -> Self {
        Target { name: name.into(), user: None, port: None }
    }

    /// Adds what another mention of the same host says. Fails if they differ.
    pub(super) fn merge(&mut self, other: &Target) -> Result<(), Conflict> {
        let differs = (self.user.is_some() && other.user.is_some() && self.user != other.user)
            || (self.port.is_some() && other.port.is_some() && self.port != other.port);
        if differs {
            return Err(Conflict { one: self.to_string(), other: other.to_string() });
        }
        self.user = self.user.take().or_else(|| other.user.clone());
        self.port = self.port.or(other.port);
        Ok(())
    }
}

/// Two mentions of a host that ask for different users or ports.
pub(super) struct Conflict {
    pub(super) one: String,
    pub(super) other: String,
}

impl fmt::Display for Target {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        if let Some(user) = &self.user {
            write!(f, "{user}@")?;
        }
        f.write_str(&self.name)?;
        self.port.map_or(Ok(()), |port| write!(f, ":{port}"))
    }
}

/// The names of targets as a set.
pub fn host_set(targets: &[Target]) -> HostSet {
    targets.iter().map(|target| target.name.as_str()).collect()
}
