//! Makes the plan.

use crate::dc::DcRules;
use crate::hostset::{HostSet, natural_cmp};
use crate::inventory::Inventories;
use crate::pattern::Target;
use crate::planner::candidate::{Rank, rank};
use mcom_model::{
    Credentials, DcRule, HostId, HostSpec, Payload, Plan, PlanRequest, PlannedDc, RunLimits, TreeShape, limits,
};
use std::collections::BTreeMap;

/// Everything that a plan is made from.
#[derive(Clone, Debug)]
pub struct PlanInput<'a> {
    /// What was asked for.
    pub request: PlanRequest,
    /// The hosts, each once.
    pub targets: &'a [Target],
    /// What is known about them.
    pub inventory: &'a Inventories,
    /// How a host says its datacenter.
    pub rules: &'a DcRules,
    /// The hosts that are to be parents before others, where they are among the targets.
    pub preferred: &'a HostSet,
    /// The user on hosts whose target names none, whatever the inventory says.
    pub user: Option<&'a str>,
    /// How parents reach their children, where the inventory does not say it for a host.
    pub credentials: Credentials,
    /// The tree's shape.
    pub shape: TreeShape,
    /// What is run.
    pub payload: Option<Payload>,
    /// Pace, time and size limits.
    pub limits: RunLimits,
}

/// Why there is no plan.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum PlanError {
    /// There is no host.
    #[error("no host is left to plan for")]
    NoHosts,
    /// There are more hosts than a plan may have.
    #[error("{hosts} hosts are more than the limit of {limit}")]
    TooMany {
        /// How many.
        hosts: u64,
        /// How many a plan may have.
        limit: u64,
    },
    /// `--parents` names none of the hosts.
    #[error("--parents names {named}, and none of them is among the hosts: a parent runs the payload as well")]
    NoSuchParents {
        /// The names, folded.
        named: String,
    },
}

/// Makes a plan: every host with what is known about it, in a datacenter, in candidate order.
pub fn plan(input: PlanInput<'_>) -> Result<Plan, PlanError> {
    let count = input.targets.len() as u64;
    if count == 0 {
        return Err(PlanError::NoHosts);
    }
    if count > limits::HOSTS {
        return Err(PlanError::TooMany { hosts: count, limit: limits::HOSTS });
    }
    let mut targets: Vec<&Target> = input.targets.iter().collect();
    targets.sort_by(|a, b| natural_cmp(&a.name, &b.name));
    let is_preferred = |name: &str| !input.preferred.is_empty() && input.preferred.contains(name);
    if !input.preferred.is_empty() && !targets.iter().any(|target| is_preferred(&target.name)) {
        return Err(PlanError::NoSuchParents { named: input.preferred.fold() });
    }

    let mut hosts = Vec::with_capacity(targets.len());
    let mut groups: BTreeMap<String, Group> = BTreeMap::new();
    for (id, target) in (0u32..).map(HostId).zip(targets) {
        let preferred = is_preferred(&target.name);
        let (host, dc, rule) = host(&input, target, preferred);
        groups.entry(dc).or_default().add(id, rank(&host, preferred), rule);
        hosts.push(host);
    }
    let datacenters = datacenters(groups, &mut hosts);
    Ok(Plan {
        version: Plan::VERSION,
        request: input.request,
        hosts,
        datacenters,
        shape: input.shape,
        credentials: input.credentials,
        payload: input.payload,
        limits: input.limits,
    })
}

fn host(input: &PlanInput<'_>, target: &Target, preferred: bool) -> (HostSpec, String, DcRule) {
    let known = input.inventory.attributes(&target.name);
    let (dc, rule) = input.rules.datacenter(&target.name, known.dc.as_deref());
    let weight = known.weight.unwrap_or(1);
    let host = HostSpec {
        name: target.name.clone(),
        dc: 0,
        address: known.address.filter(|address| *address != target.name),
        port: target.port.or(known.port),
        user: target.user.clone().or_else(|| input.user.map(str::to_owned)).or(known.user),
        // `--parents` says that it may be one, whatever the inventory says.
        weight: if preferred { weight.max(1) } else { weight },
        credentials: known.credentials,
    };
    (host, dc.to_owned(), rule)
}

/// The hosts of a datacenter while they are collected.
#[derive(Default)]
struct Group {
    members: Vec<(Rank, HostId)>,
    rules: BTreeMap<DcRule, usize>,
}

impl Group {
    fn add(&mut self, id: HostId, rank: Rank, rule: DcRule) {
        self.members.push((rank, id));
        *self.rules.entry(rule).or_default() += 1;
    }
}

fn datacenters(groups: BTreeMap<String, Group>, hosts: &mut [HostSpec]) -> Vec<PlannedDc> {
    let mut groups: Vec<(String, Group)> = groups.into_iter().collect();
    groups.sort_by(|(a, _), (b, _)| natural_cmp(a, b));
    let mut datacenters = Vec::with_capacity(groups.len());
    for (dc, (name, mut group)) in (0u32..).zip(groups) {
        group.members.sort_unstable();
        for (_, id) in &group.members {
            hosts[id.0 as usize].dc = dc;
        }
        let most = group.rules.iter().max_by_key(|&(rule, count)| (*count, std::cmp::Reverse(*rule)));
        let rule = most.map_or(DcRule::None, |(rule, _)| *rule);
        datacenters.push(PlannedDc {
            name,
            rule,
            members: group.members.into_iter().map(|(_, id)| id).collect(),
            fanout: None,
        });
    }
    datacenters
}
