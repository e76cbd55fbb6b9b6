//! What the coordinator knows of the edges that parents make: which is open, since when, and what was granted on it.

use crate::tree::run::TreeRun;
use mcom_model::limits::{GRANTS_PER_EDGE, GRANTS_PER_HOST, LOGIN_MS};
use mcom_model::{Edge, HostEvent, HostId, RunClock};
use std::collections::BTreeMap;
use std::time::Duration;

/// The edge above a host, from the word that a link is being made on, until the host is handed over anew.
#[derive(Clone, Debug)]
pub(super) struct OpenEdge {
    by: HostId,
    since: RunClock,
    open: bool,
    /// What was granted to each parent that it had, or is being judged: no two questions may count on the same grant.
    granted: BTreeMap<HostId, u32>,
}

impl OpenEdge {
    /// Something is being judged for this parent.
    pub(super) fn count(&mut self, by: HostId) {
        *self.granted.entry(by).or_default() += 1;
    }

    /// What counts for this parent. One that speaks for all hosts below it may name any of them as the parent, so what was
    /// granted to all of them together has a bound too.
    fn granted(&self, by: HostId) -> u32 {
        let own = self.granted.get(&by).copied().unwrap_or_default();
        let all: u32 = self.granted.values().sum();
        if all < GRANTS_PER_HOST { own } else { own.max(GRANTS_PER_EDGE) }
    }

    /// And it was refused.
    pub(super) fn take_back(&mut self, by: HostId) {
        if let Some(granted) = self.granted.get_mut(&by) {
            *granted = granted.saturating_sub(1);
        }
    }
}

impl TreeRun {
    /// What is known of an edge now (coordinator).
    pub(super) fn edge(&self, ix: u32, by: HostId) -> Edge {
        let Some(edge) = self.hosts.get(ix).edge.as_ref().filter(|edge| edge.by == by) else {
            return Edge { open: false, left_ms: 0, granted: 0 };
        };
        let time = Duration::from_millis(self.run_spec().limits.connect_timeout_ms + LOGIN_MS);
        let left = time.saturating_sub(self.now.since(edge.since));
        let left_ms = u64::try_from(left.as_millis()).unwrap_or(u64::MAX);
        Edge { open: edge.open, left_ms, granted: edge.granted(by) }
    }

    /// Keeps what a parent says about the edges that it makes (coordinator).
    pub(super) fn note_edge(&mut self, ix: u32, event: &HostEvent) {
        if !self.is_coordinator() {
            return;
        }
        let now = self.now;
        let edge = &mut self.hosts.get_mut(ix).edge;
        match event {
            HostEvent::Linking { by: Some(by) } => {
                let granted = edge.take().map_or_else(BTreeMap::new, |edge| edge.granted);
                *edge = Some(OpenEdge { by: *by, since: now, open: true, granted });
            }
            HostEvent::Linked { .. }
            | HostEvent::GaveWay { .. }
            | HostEvent::LinkLost { .. }
            | HostEvent::Ended { .. } => {
                if let Some(edge) = edge {
                    edge.open = false;
                }
            }
            _ => {}
        }
    }
}
