//! Everything about a rollout that was fixed before it began.

use mcom_model::{HostId, HostRanges, Payload, Plan, RunId};
use serde::{Deserialize, Serialize};

/// A rollout, laid out: which hosts in which stage, what is run, asked and done where it fails.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct RolloutSpec {
    /// Its id, of the same form as a run's.
    pub id: RunId,
    /// Its name, as its file says it.
    pub name: String,
    /// Who began it, as `user@host`.
    pub who: String,
    /// Wall-clock start in milliseconds since 1970, UTC.
    pub started_ms: u64,
    /// Why the change is made.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub reason: Option<String>,
    /// All hosts of all stages and no others, the payload and the limits. A [`HostId`] of the rollout is an index into
    /// its hosts.
    pub plan: Plan,
    /// What reverts the payload.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub undo: Option<Payload>,
    /// How hosts are asked whether they are well.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub health: Option<HealthSpec>,
    /// The stages, in order. Together they have every host of the plan once.
    pub stages: Vec<StageSpec>,
    /// What is done where a stage fails.
    #[serde(default)]
    pub on_fail: OnFail,
    /// When a stage may start, as text that `Window` understands; none: always.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub window: Option<String>,
}

impl RolloutSpec {
    /// The run id of the rollout's n-th run: the same whoever carries the rollout on, so that a run whose beginning was
    /// recorded here and nowhere else is begun under the same id.
    pub fn run_id(&self, number: usize) -> RunId {
        let digest = mcom_model::Digest::of(format!("{} {number}", self.id).as_bytes());
        let mut seed = [0; 8];
        seed.copy_from_slice(&digest.as_bytes()[..8]);
        RunId::from_seed(u64::from_le_bytes(seed))
    }

    /// The hosts of all stages before this one.
    pub fn hosts_before(&self, stage: u32) -> impl Iterator<Item = HostId> + '_ {
        self.stages[..stage as usize].iter().flat_map(|stage| stage.hosts.iter())
    }
}

/// One stage, with the hosts that it adds.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct StageSpec {
    /// Its name.
    pub name: String,
    /// How far it reaches, as typed: `1`, `10/dc`, `25%`, `all`, or the pattern of its hosts.
    pub reach: String,
    /// The hosts that it adds to those of the stages before it.
    pub hosts: HostRanges,
    /// Its runs, one after another. Together they have every host of the stage once.
    pub waves: Vec<Wave>,
    /// Hosts that have not been touched when it soaks, and are asked too.
    #[serde(default, skip_serializing_if = "HostRanges::is_empty")]
    pub controls: HostRanges,
    /// Milliseconds that it is watched for after its last run.
    pub soak_ms: u64,
    /// Whether the next stage waits for an operator.
    pub approve: bool,
    /// Bad hosts that it may have.
    pub max_fail: u64,
    /// The payload restarts its host, which must be back within so many milliseconds, with another boot id.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub reboots_ms: Option<u64>,
}

/// One run of a stage.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Wave {
    /// Its hosts.
    pub hosts: HostRanges,
    /// How many of a datacenter run at once, for those where that is not the plan's fan-out: (index into the plan's
    /// datacenters, hosts).
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub fanouts: Vec<(u32, u32)>,
}

/// How hosts are asked whether they are well.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct HealthSpec {
    /// What runs on each host: exit 0 is healthy, 75 inconclusive, anything else sick.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub payload: Option<Payload>,
    /// What runs here, for `/bin/sh -c`, with the same exit codes; it speaks for all hosts.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub command: Option<String>,
    /// Milliseconds from one round of questions to the next.
    pub every_ms: u64,
    /// Milliseconds within which the first healthy answer is due.
    pub within_ms: u64,
    /// Sick answers in a row that make a host bad.
    pub fails: u32,
}

/// What is done where a stage fails.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum OnFail {
    /// It waits for the operator.
    #[default]
    Pause,
    /// The rollout ends; what is changed stays so.
    Abort,
    /// The rollout ends, and what it changed is undone.
    Undo,
}
