//! Hosts that are asked beside a stage's own, as nothing was done to them.

use crate::layout::ranking::Ranking;
use mcom_model::{HostId, HostRanges, Plan};
use std::collections::{BTreeMap, BTreeSet};

/// So many of the `untouched` hosts, or as many as there are: those that the rollout comes to last, from the
/// datacenters of the stage's `hosts` in turn, and from others where those have too few.
pub(super) fn controls(
    plan: &Plan,
    ranking: &Ranking,
    hosts: &BTreeSet<HostId>,
    untouched: &BTreeSet<HostId>,
    number: u32,
) -> HostRanges {
    let near: BTreeSet<u32> = hosts.iter().map(|&host| plan.host(host).dc).collect();
    let mut taken: BTreeMap<u32, usize> = BTreeMap::new();
    let mut candidates: Vec<(bool, usize, HostId)> = Vec::new();
    for host in ranking.iter().rev().filter(|host| untouched.contains(host)) {
        let dc = plan.host(host).dc;
        let turn = taken.entry(dc).or_default();
        candidates.push((!near.contains(&dc), *turn, host));
        *turn += 1;
    }
    // Stable: of one turn, those that the rollout comes to last are first.
    candidates.sort_by_key(|&(is_far, turn, _)| (is_far, turn));
    candidates.into_iter().take(number as usize).map(|(.., host)| host).collect()
}
