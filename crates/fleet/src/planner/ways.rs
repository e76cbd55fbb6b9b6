//! How many hosts of a plan are reached in which way.

use crate::tree::top;
use mcom_model::{Credentials, HostId, Plan};
use serde::Serialize;

/// Hosts by the way in which they are to be reached. Where a first candidate cannot be reached, another host takes its
/// place.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize)]
pub struct Ways {
    /// Linked from here directly: the first parents, and every host without one.
    pub here: usize,
    /// By relay, and by transit where one of the two ends lacks what relay needs.
    pub auto: usize,
    /// By relay.
    pub relay: usize,
    /// By transit.
    pub transit: usize,
    /// By certificate.
    pub certificate: usize,
    /// With the keys of their parents.
    pub own: usize,
}

/// Counts the hosts of a plan.
pub fn ways(plan: &Plan) -> Ways {
    let mut ways = Ways::default();
    for dc in &plan.datacenters {
        let members: Vec<(HostId, u32)> = dc.members.iter().map(|&id| (id, plan.host(id).weight)).collect();
        for group in top(&members, plan.shape.depth) {
            ways.here += 1;
            group.iter().skip(1).for_each(|&id| *ways.of(plan.credentials_of(id)) += 1);
        }
    }
    ways
}

impl Ways {
    /// Those whose parents reach them so.
    const fn of(&mut self, credentials: Credentials) -> &mut usize {
        match credentials {
            Credentials::Auto => &mut self.auto,
            Credentials::Relay => &mut self.relay,
            Credentials::Transit => &mut self.transit,
            Credentials::Certificate => &mut self.certificate,
            Credentials::Own => &mut self.own,
        }
    }

    /// Whether some host's parent needs something from the holder of the keys.
    pub const fn ask(&self) -> bool {
        self.auto + self.relay + self.certificate > 0
    }

    /// Whether every host is reached by this machine itself, directly or by transit.
    pub const fn only_from_here(&self) -> bool {
        self.auto + self.relay + self.certificate + self.own == 0
    }
}
