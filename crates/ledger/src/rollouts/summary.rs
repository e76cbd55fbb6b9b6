//! What a listing says about a rollout, and what it reads for that.

use crate::writer::Writer;
use mcom_model::RunId;
use mcom_rollout::RolloutState;
use serde::Deserialize;
use serde::de::IgnoredAny;
use std::path::PathBuf;

/// One rollout of a listing.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct RolloutSummary {
    /// Its folder.
    pub dir: PathBuf,
    /// The rollout.
    pub id: RunId,
    /// Its name.
    pub name: String,
    /// Who began it.
    pub who: String,
    /// Wall-clock start in milliseconds since 1970, UTC.
    pub started_ms: u64,
    /// Why the change is made.
    pub reason: Option<String>,
    /// Number of hosts.
    pub hosts: usize,
    /// The names of its stages.
    pub stages: Vec<String>,
    /// Who carries it on now; none where nobody does.
    pub writer: Option<Writer>,
    /// How far it is; none where it had not begun.
    pub state: Option<RolloutState>,
}

impl RolloutSummary {
    /// Whether it holds its hosts: it has begun, or is about to, and is not over.
    pub fn is_open(&self) -> bool {
        self.state.as_ref().map_or(self.writer.is_some(), |state| !state.state.is_over())
    }

    pub(super) fn new(dir: PathBuf, of: Short, writer: Option<Writer>, state: Option<RolloutState>) -> Self {
        let hosts = of.hosts();
        let Spec { id, name, who, started_ms, reason, stages, .. } = of.spec;
        let stages = stages.into_iter().map(|stage| stage.name).collect();
        Self { dir, id, name, who, started_ms, reason, hosts, stages, writer, state }
    }
}

/// The head without hosts and payloads.
#[derive(Deserialize)]
pub(super) struct Short {
    spec: Spec,
}

#[derive(Deserialize)]
struct Spec {
    id: RunId,
    name: String,
    who: String,
    started_ms: u64,
    #[serde(default)]
    reason: Option<String>,
    plan: Plan,
    stages: Vec<Stage>,
}

/// Of the hosts, only their number.
#[derive(Deserialize)]
struct Plan {
    hosts: Vec<IgnoredAny>,
}

#[derive(Deserialize)]
struct Stage {
    name: String,
}

impl Short {
    pub(super) fn name(&self) -> &str {
        &self.spec.name
    }

    pub(super) const fn hosts(&self) -> usize {
        self.spec.plan.hosts.len()
    }

    pub(super) const fn stages(&self) -> usize {
        self.spec.stages.len()
    }
}
