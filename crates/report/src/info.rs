//! What is known about a run before its first event: names, datacenters, payload, who and why.

use crate::names::{DcNames, Names, fit};
use mcom_model::{Digest, HostId, OutputMode, Plan, RunId, RunSpec};

/// The fixed part of a run, as every view needs it. All text in it is fit for one line of a terminal.
#[derive(Debug)]
pub struct RunInfo {
    /// The run.
    pub run: RunId,
    /// Who runs it.
    pub who: String,
    /// Why.
    pub reason: Option<String>,
    /// What people call the payload.
    pub payload: String,
    /// The payload's identity.
    pub payload_id: Digest,
    /// When output travels.
    pub output: OutputMode,
    /// Wall-clock start in milliseconds since 1970, UTC.
    pub started_ms: u64,
    /// Hosts that may be bad before nothing new starts; none: any number.
    pub max_fail: Option<u64>,
    /// Milliseconds for the whole run; none: no limit.
    pub deadline_ms: Option<u64>,
    /// The rollout and the stage that it belongs to.
    pub rollout: Option<RolloutOfRun>,
    names: Names,
}

/// The rollout that a run belongs to.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct RolloutOfRun {
    /// Its id.
    pub id: RunId,
    /// Its name.
    pub name: String,
    /// The name of the stage; none: it reverts what the rollout did.
    pub stage: Option<String>,
}

impl RolloutOfRun {
    /// `nginx-fix/canary`, `nginx-fix/undo`; fit for a terminal.
    pub fn text(&self) -> String {
        format!("{}/{}", fit(&self.name), self.stage.as_deref().map_or_else(|| "undo".to_owned(), fit))
    }
}

impl RunInfo {
    /// From the plan and what every node is told.
    pub fn new(plan: &Plan, spec: &RunSpec, started_ms: u64) -> Self {
        Self {
            run: spec.run.clone(),
            who: fit(&spec.who),
            reason: spec.reason.as_deref().map(fit),
            payload: fit(&spec.payload.name),
            payload_id: spec.payload.id(),
            output: spec.output,
            started_ms,
            max_fail: spec.limits.max_fail,
            deadline_ms: spec.limits.deadline_ms,
            rollout: None,
            names: Names::new(plan),
        }
    }

    /// The same of a run that belongs to a rollout.
    #[must_use]
    pub fn of_rollout(self, rollout: Option<RolloutOfRun>) -> Self {
        Self { rollout, ..self }
    }

    /// Number of hosts.
    pub fn len(&self) -> usize {
        self.names.len()
    }

    /// Whether the run has no hosts.
    pub fn is_empty(&self) -> bool {
        self.len() == 0
    }

    /// Every host, in natural order of names.
    pub fn host_ids(&self) -> impl Iterator<Item = HostId> + use<> {
        (0..u32::try_from(self.len()).expect("limits keep a plan below 2^32 hosts")).map(HostId)
    }

    /// The name of a host; `?` for an id that is not of this run, which a damaged record may hold.
    pub fn name(&self, host: HostId) -> &str {
        self.names.name(host)
    }

    /// Folds hosts into a pattern that can be typed again.
    pub fn fold(&self, hosts: &[HostId]) -> String {
        self.names.fold(hosts)
    }

    /// Hosts of a datacenter in the shortest words for a reader who knows which datacenter is meant.
    pub(crate) fn fold_in_dc(&self, dc: usize, hosts: &[HostId]) -> String {
        self.names.fold_in_dc(dc, hosts)
    }

    /// Hosts in the shortest words: a pattern, or datacenter by datacenter where most of one is meant.
    pub(crate) fn describe(&self, hosts: &[HostId]) -> String {
        self.names.describe(hosts)
    }

    pub(crate) fn dc_of(&self, host: HostId) -> Option<usize> {
        self.names.dc_of(host)
    }

    pub(crate) fn dcs(&self) -> &[DcNames] {
        self.names.dcs()
    }
}
