//! The runs of a stage.

use crate::file::StageFile;
use crate::layout::reached::share_of;
use crate::reach::Share;
use crate::spec::Wave;
use mcom_model::{HostId, Plan, PlannedDc};
use std::collections::{BTreeMap, BTreeSet};

/// One run for all datacenters side by side, or one for each of them, in natural order of their names.
pub(super) fn waves(plan: &Plan, stage: &StageFile, hosts: &BTreeSet<HostId>) -> Vec<Wave> {
    let mut parts: BTreeMap<u32, Vec<HostId>> = BTreeMap::new();
    for &host in hosts {
        parts.entry(plan.host(host).dc).or_default().push(host);
    }
    let fanout = |&dc: &u32| Some((dc, at_a_time(stage.batch?, &plan.datacenters[dc as usize])));
    if stage.by_dc {
        let wave = |(dc, hosts): (u32, Vec<HostId>)| Wave {
            hosts: hosts.into_iter().collect(),
            fanouts: fanout(&dc).into_iter().collect(),
        };
        return parts.into_iter().map(wave).collect();
    }
    vec![Wave { hosts: hosts.iter().copied().collect(), fanouts: parts.keys().filter_map(fanout).collect() }]
}

/// How many hosts of a datacenter run at once: a share of all that the rollout was given there, whichever stages
/// had them.
fn at_a_time(batch: Share, dc: &PlannedDc) -> u32 {
    match batch {
        Share::Hosts(hosts) => hosts,
        Share::Percent(share) => u32::try_from(share_of(dc.members.len(), share)).unwrap_or(u32::MAX),
    }
}
