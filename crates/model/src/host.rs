//! One host of a plan: what SSH needs to reach it and where it stands.

use crate::credentials::Credentials;
use serde::{Deserialize, Serialize};

/// A host as the plan knows it. Its [`HostId`](crate::HostId) is its index in the plan.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct HostSpec {
    /// The name that people and `ssh` know it by.
    pub name: String,
    /// Index into the plan's datacenters.
    pub dc: u32,
    /// What parents send as `HostName`, where it differs from the name.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub address: Option<String>,
    /// The SSH port, where the configuration should not decide.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub port: Option<u16>,
    /// The user, where the configuration should not decide.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub user: Option<String>,
    /// Rank as a parent: higher first, 0 never.
    #[serde(default = "default_weight", skip_serializing_if = "is_default_weight")]
    pub weight: u32,
    /// How its parent reaches it, where that is not the plan's to say.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub credentials: Option<Credentials>,
}

/// The rule that said in which datacenter a host is.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum DcRule {
    /// The inventory's `dc` attribute.
    Inventory,
    /// The configured expression `dc_from_name`, or `--dc-from`.
    Configured,
    /// The last label after `-`.
    NameSuffix,
    /// The second DNS label.
    DnsLabel,
    /// No rule fitted: one group.
    None,
    /// `--flat`: no datacenters, every host a child of the coordinator.
    Flat,
}

const fn default_weight() -> u32 {
    1
}

#[expect(clippy::trivially_copy_pass_by_ref, reason = "serde hands over a reference")]
const fn is_default_weight(weight: &u32) -> bool {
    *weight == default_weight()
}
