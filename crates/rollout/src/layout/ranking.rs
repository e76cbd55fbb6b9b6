//! The order in which a rollout comes to its hosts.

use mcom_model::{Digest, HostId, Plan};
use std::collections::BTreeSet;

/// Every host of a plan, those that are picked first before the others.
pub(super) struct Ranking(Vec<HostId>);

impl Ranking {
    /// By a hash of the rollout's name and the host's: other hosts for every rollout, the same whenever it is asked, and
    /// those that were there keep their order where a host joins them. Parents come after all others, as what happens
    /// to one of them happens to its children.
    pub(super) fn of(name: &str, plan: &Plan) -> Self {
        let parents: BTreeSet<HostId> = plan.datacenters.iter().filter_map(|dc| parent(&dc.members)).collect();
        let mut hosts: Vec<HostId> = plan.host_ids().collect();
        hosts.sort_by_cached_key(|host| (parents.contains(host), hash(name, &plan.host(*host).name)));
        Self(hosts)
    }

    /// The hosts, first to last.
    pub(super) fn iter(&self) -> impl DoubleEndedIterator<Item = HostId> + '_ {
        self.0.iter().copied()
    }
}

/// The host that most likely becomes the parent of a datacenter's others.
fn parent(members: &[HostId]) -> Option<HostId> {
    members.first().copied().filter(|_| members.len() > 1)
}

fn hash(rollout: &str, host: &str) -> [u8; 32] {
    // A NUL is in no name, so no two pairs are the same text.
    *Digest::of(format!("{rollout}\0{host}").as_bytes()).as_bytes()
}
