//! A plan: who, through whom, what and within which limits. A value that can be printed, compared and saved.

use crate::credentials::Credentials;
use crate::digest::Digest;
use crate::host::{DcRule, HostSpec};
use crate::ids::HostId;
use crate::payload::Payload;
use crate::spec::{HostLock, RunLimits};
use serde::{Deserialize, Serialize};

/// One plan. Carrying it out is a run.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Plan {
    /// The version of this form: [`Plan::VERSION`].
    pub version: u32,
    /// What was asked for, so that a saved plan can be resolved again and compared.
    pub request: PlanRequest,
    /// Every host, in natural order of names. The index is the [`HostId`].
    pub hosts: Vec<HostSpec>,
    /// Every datacenter, in natural order of names.
    pub datacenters: Vec<PlannedDc>,
    /// The tree's shape.
    pub shape: TreeShape,
    /// How parents reach their children, where a host's own setting does not say.
    pub credentials: Credentials,
    /// What is run. Absent in a plan of hosts alone.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub payload: Option<Payload>,
    /// Pace, time and size limits.
    pub limits: RunLimits,
}

/// What the operator asked for.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct PlanRequest {
    /// Host patterns, as typed; a union.
    pub hosts: Vec<String>,
    /// Excluded patterns, as typed.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub exclude: Vec<String>,
    /// Patterns of hosts to prefer as parents, as typed.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub parents: Vec<String>,
    /// Inventories given by hand, as typed, instead of the configured ones.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub inventory: Vec<String>,
    /// The part of the hosts that was picked, with its seed.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub pick: Option<String>,
    /// The datacenter rule given by hand.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub dc_from: Option<String>,
    /// Whether all hosts are to be children of the coordinator, in one group.
    #[serde(default, skip_serializing_if = "std::ops::Not::not")]
    pub flat: bool,
    /// The user given by hand.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub user: Option<String>,
    /// The command's text.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub command: Option<String>,
    /// The script's path, as typed.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub script: Option<String>,
    /// The file for standard input, as typed.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub stdin: Option<String>,
    /// Why the change is made.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub reason: Option<String>,
    /// Whether hosts that have the payload already, ok, are skipped.
    #[serde(default, skip_serializing_if = "std::ops::Not::not")]
    pub once: bool,
    /// What happens where another run holds a host.
    #[serde(default, skip_serializing_if = "HostLock::is_take")]
    pub lock: HostLock,
}

/// One datacenter of a plan.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct PlannedDc {
    /// Its name.
    pub name: String,
    /// The rule that put its hosts there (the one of most hosts, where several did).
    pub rule: DcRule,
    /// Its hosts in candidate order: the first that can be reached becomes the parent of the rest.
    pub members: Vec<HostId>,
    /// Payloads running at once here, where that is not the limits' to say.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub fanout: Option<u32>,
}

impl PlannedDc {
    /// Payloads that may run at once here: never none, or the run would not end.
    pub fn at_once(&self, limits: &RunLimits) -> u32 {
        self.fanout.unwrap_or(limits.fanout).max(1)
    }
}

/// The shape of the tree below the coordinator.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct TreeShape {
    /// Most children that a parent has.
    pub width: u32,
    /// Most levels below the coordinator; none means as many as the width asks for. 1 is flat.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub depth: Option<u32>,
}

impl Plan {
    /// The version of the form written here.
    pub const VERSION: u32 = 1;

    /// The host with this id.
    ///
    /// # Panics
    /// Where the id is not of this plan.
    pub fn host(&self, id: HostId) -> &HostSpec {
        &self.hosts[id.0 as usize]
    }

    /// The datacenter of a host.
    ///
    /// # Panics
    /// Where the id is not of this plan.
    pub fn dc_of(&self, id: HostId) -> &PlannedDc {
        &self.datacenters[self.host(id).dc as usize]
    }

    /// Every host id, ascending.
    pub fn host_ids(&self) -> impl Iterator<Item = HostId> + use<> {
        (0..u32::try_from(self.hosts.len()).expect("limits keep a plan below 2^32 hosts")).map(HostId)
    }

    /// How a parent reaches a host.
    ///
    /// # Panics
    /// Where the id is not of this plan.
    pub fn credentials_of(&self, id: HostId) -> Credentials {
        self.host(id).credentials.unwrap_or(self.credentials)
    }

    /// The payload's identity, where the plan has one.
    pub fn payload_id(&self) -> Option<Digest> {
        self.payload.as_ref().map(Payload::id)
    }
}
