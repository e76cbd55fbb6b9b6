//! The tree that a plan tries first, level by level. Made by the same functions that build it in the run.

use crate::hostset::HostSet;
use crate::planner::candidate::{ParentReason, reason};
use crate::tree::{split, top};
use mcom_model::{Credentials, HostId, HostSpec, Plan, PlannedDc};

/// The tree of one datacenter.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct DcTree<'p> {
    /// The datacenter.
    pub dc: &'p PlannedDc,
    /// The first candidate and why it is that; none where every host is a child of the coordinator.
    pub parent: Option<(HostId, ParentReason)>,
    /// Those who follow where it cannot be reached, in order; only hosts that may be parents.
    pub next: Vec<HostId>,
    /// Connections from the coordinator: what crosses the long link that often.
    pub long_links: usize,
    /// How many of these go through the parent's sshd, to hosts that no parent logs in on.
    pub transit: usize,
    /// What is below the coordinator, level by level.
    pub levels: Vec<LevelSummary>,
    /// The parents below the first one, level by level.
    pub sub_parents: Vec<SubParent>,
}

/// A level of a tree.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct LevelSummary {
    /// Hosts on it.
    pub hosts: usize,
    /// How many of them are parents.
    pub parents: usize,
    /// The most children that one of them has.
    pub most_children: usize,
}

/// A parent below another.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct SubParent {
    /// The host.
    pub host: HostId,
    /// The level it is on; the coordinator's children are on level 1.
    pub level: usize,
    /// Hosts below it, on all levels.
    pub below: usize,
}

/// The trees of all datacenters. `preferred` is the set of hosts that `--parents` gave.
pub fn trees<'p>(plan: &'p Plan, preferred: &HostSet) -> Vec<DcTree<'p>> {
    plan.datacenters.iter().map(|dc| dc_tree(plan, dc, preferred)).collect()
}

/// Payloads that run at once at most, as `4x32`: datacenters times fan-out, or the sum where some are smaller or have a
/// fan-out of their own.
pub fn effective_maximum(plan: &Plan) -> String {
    let fanout = plan.limits.fanout as usize;
    let of_dc = |dc: &PlannedDc| dc.members.len().min(dc.at_once(&plan.limits) as usize);
    let full = plan.datacenters.iter().filter(|dc| of_dc(dc) == fanout).count();
    let rest: usize = plan.datacenters.iter().map(of_dc).filter(|&most| most != fanout).sum();
    match (full, rest) {
        (0, rest) => rest.to_string(),
        (full, 0) => format!("{full}x{fanout}"),
        (full, rest) => format!("{full}x{fanout}+{rest}"),
    }
}

fn dc_tree<'p>(plan: &'p Plan, dc: &'p PlannedDc, preferred: &HostSet) -> DcTree<'p> {
    let members: Vec<(HostId, u32)> = dc.members.iter().map(|&id| (id, plan.host(id).weight)).collect();
    let groups = top(&members, plan.shape.depth);
    let mut tree = DcTree {
        dc,
        parent: None,
        next: Vec::new(),
        long_links: groups.len(),
        transit: 0,
        levels: Vec::new(),
        sub_parents: Vec::new(),
    };
    if let [group] = groups.as_slice()
        && group.len() > 1
    {
        let specs: Vec<&HostSpec> = group.iter().map(|&id| plan.host(id)).collect();
        let why = reason(&specs, |host| !preferred.is_empty() && preferred.contains(&host.name));
        tree.parent = why.map(|why| (group[0], why));
        tree.next = group[1..].iter().copied().filter(|&id| plan.host(id).weight > 0).collect();
    }
    let levels_left = plan.shape.depth.map(|depth| depth.saturating_sub(1));
    for group in &groups {
        let below = without_transit(plan, group);
        tree.transit += group.len() - below.len();
        grow(plan, &mut tree, &below, 1, levels_left);
    }
    tree.long_links += tree.transit;
    tree.sub_parents.sort_by_key(|parent| parent.level);
    tree
}

/// The hosts of a group that stay below its head.
fn without_transit(plan: &Plan, group: &[HostId]) -> Vec<HostId> {
    let stays = |&(place, id): &(usize, HostId)| place == 0 || plan.credentials_of(id) != Credentials::Transit;
    group.iter().copied().enumerate().filter(stays).map(|(_, id)| id).collect()
}

/// Adds a group, whose head stands on `level`, and everything below it.
fn grow(plan: &Plan, tree: &mut DcTree<'_>, group: &[HostId], level: usize, levels_left: Option<u32>) {
    let Some((&head, rest)) = group.split_first() else { return };
    if tree.levels.len() < level {
        tree.levels.resize(level, LevelSummary::default());
    }
    let members: Vec<(HostId, u32)> = rest.iter().map(|&id| (id, plan.host(id).weight)).collect();
    let groups = split(&members, plan.shape.width, levels_left);
    let summary = &mut tree.levels[level - 1];
    summary.hosts += 1;
    if rest.is_empty() {
        return;
    }
    summary.parents += 1;
    summary.most_children = summary.most_children.max(groups.len());
    if level > 1 {
        tree.sub_parents.push(SubParent { host: head, level, below: rest.len() });
    }
    for group in &groups {
        grow(plan, tree, group, level + 1, levels_left.map(|levels| levels.saturating_sub(1)));
    }
}
