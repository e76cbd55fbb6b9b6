//! A part of a plan: the same plan for some of its hosts.

use crate::hostset::fold;
use mcom_model::{HostId, HostSpec, Plan, PlanRequest, PlannedDc};
use std::collections::{BTreeMap, BTreeSet};

/// The plan for these hosts alone, everything else as it was: order, candidates, payload, limits. Hosts have new ids,
/// and datacenters that are empty now are gone.
pub fn part(plan: &Plan, hosts: &BTreeSet<HostId>) -> Plan {
    let ids: BTreeMap<HostId, HostId> = hosts.iter().copied().zip((0..).map(HostId)).collect();
    let mut specs: Vec<HostSpec> = hosts.iter().map(|&id| plan.host(id).clone()).collect();
    let mut datacenters = Vec::new();
    for dc in &plan.datacenters {
        let members: Vec<HostId> = dc.members.iter().filter_map(|id| ids.get(id).copied()).collect();
        if members.is_empty() {
            continue;
        }
        let place = u32::try_from(datacenters.len()).expect("there are no more datacenters than hosts");
        members.iter().for_each(|id| specs[id.0 as usize].dc = place);
        datacenters.push(PlannedDc { name: dc.name.clone(), rule: dc.rule, members, fanout: dc.fanout });
    }
    let names = fold(specs.iter().map(|host| host.name.as_str()));
    let request = PlanRequest { hosts: vec![names], exclude: Vec::new(), pick: None, ..plan.request.clone() };
    Plan { request, hosts: specs, datacenters, ..plan.clone() }
}
