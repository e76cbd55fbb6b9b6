//! What is known about one datacenter.

use crate::state::host::Stage;
use crate::state::term::Terms;
use mcom_model::{HostId, OutcomeKind, Tally};

/// One datacenter.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct DcView {
    /// Hosts by [`Stage`].
    pub(super) stages: [u64; Stage::ALL.len()],
    /// Outcomes.
    pub tally: Tally,
    /// Its parents over time.
    pub parents: Terms,
    /// Candidates that could not be reached by the coordinator, in order.
    pub gave_way: Vec<HostId>,
    /// How many of its hosts go by transit because their parent could not reach them.
    pub by_transit: u64,
}

impl DcView {
    /// A datacenter of which nothing was said yet.
    pub(super) fn new(hosts: usize) -> Self {
        let mut dc = Self::default();
        dc.stages[Stage::Waiting as usize] = hosts as u64;
        dc
    }

    /// How many of its hosts are at a stage.
    pub const fn at_stage(&self, stage: Stage) -> u64 {
        self.stages[stage as usize]
    }

    /// How many hosts it has.
    pub fn len(&self) -> u64 {
        self.stages.iter().sum()
    }

    /// Whether it has no hosts.
    pub fn is_empty(&self) -> bool {
        self.len() == 0
    }

    /// How many hosts ended so.
    pub const fn count(&self, kind: OutcomeKind) -> u64 {
        self.tally.count(kind)
    }
}
