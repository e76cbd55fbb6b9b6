//! A fleet for the tests of this folder, and what is typed for it.

mod examples;
mod properties;

use super::{LaidOut, LayOut, LayoutError, lay_out};
use crate::file::{At, StageFile};
use crate::reach::Reach;
use mcom_fleet::document::Place;
use mcom_model::{
    Credentials, DcRule, HostId, HostRanges, HostSpec, Plan, PlanRequest, PlannedDc, RunLimits, TreeShape,
};
use std::collections::BTreeSet;

/// A plan with so many hosts in each datacenter; hosts are `web1-dc1`, datacenters `dc1`.
fn fleet(sizes: &[usize]) -> Plan {
    let names =
        sizes.iter().zip(1..).flat_map(|(&size, dc)| (1..=size).map(move |n| (format!("web{n}-dc{dc}"), dc - 1)));
    plan_of(sizes.len() as u32, names.collect())
}

fn plan_of(dcs: u32, hosts: Vec<(String, u32)>) -> Plan {
    let members = |dc: u32| hosts.iter().zip(0..).filter(|((_, of), _)| *of == dc).map(|(_, id)| HostId(id)).collect();
    let datacenters = (0..dcs).map(|dc| PlannedDc {
        name: format!("dc{}", dc + 1),
        rule: DcRule::NameSuffix,
        members: members(dc),
        fanout: None,
    });
    let host = |(name, dc)| HostSpec { name, dc, address: None, port: None, user: None, weight: 1, credentials: None };
    Plan {
        version: Plan::VERSION,
        request: PlanRequest::default(),
        datacenters: datacenters.collect(),
        hosts: hosts.into_iter().map(host).collect(),
        shape: TreeShape { width: 32, depth: None },
        credentials: Credentials::Own,
        payload: None,
        limits: RunLimits::default(),
    }
}

fn stage(reach: Reach) -> StageFile {
    let place = Place { line: 7, column: 9 };
    StageFile {
        name: reach.to_string(),
        reach: At { value: reach, place },
        soak_ms: 0,
        approve: false,
        max_fail: 0,
        by_dc: false,
        batch: None,
        reboots_ms: None,
        at: place,
    }
}

fn stages(reaches: &str) -> Vec<StageFile> {
    let reach = |text: &str| match text.strip_prefix('=') {
        Some(host) => Reach::Pattern(host.to_owned()),
        None => text.parse().unwrap(),
    };
    reaches.split(',').map(|text| stage(reach(text))).collect()
}

/// A pattern here is the name of one host.
fn laid_out_as(name: &str, plan: &Plan, stages: &[StageFile], controls: u32) -> Result<LaidOut, LayoutError> {
    let named = |pattern: &str| match pattern {
        "[" => Err("no end of [".to_owned()),
        name => Ok(plan.host_ids().filter(|&id| plan.host(id).name == name).collect()),
    };
    lay_out(LayOut { name, plan, stages, controls, named: &named })
}

fn laid_out(plan: &Plan, reaches: &str) -> LaidOut {
    laid_out_as("fix", plan, &stages(reaches), 0).unwrap()
}

fn refused(plan: &Plan, reaches: &str) -> String {
    laid_out_as("fix", plan, &stages(reaches), 0).unwrap_err().to_string()
}

fn names(plan: &Plan, hosts: &HostRanges) -> BTreeSet<String> {
    hosts.iter().map(|id| plan.host(id).name.clone()).collect()
}

/// How many hosts of each datacenter.
fn per_dc(plan: &Plan, hosts: impl IntoIterator<Item = HostId>) -> Vec<usize> {
    let mut counts = vec![0; plan.datacenters.len()];
    hosts.into_iter().for_each(|id| counts[plan.host(id).dc as usize] += 1);
    counts
}

/// The hosts of all stages, by their ids in the plan that was given.
fn reached_by(plan: &Plan, laid: &LaidOut) -> Vec<HostId> {
    plan.host_ids().filter(|&id| !laid.left_out.iter().any(|left| left == id)).collect()
}
