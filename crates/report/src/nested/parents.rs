//! Branches by parent, to any depth: who commanded whom, and how each subtree ended.

use super::draw::Node;
use super::groups::group_nodes;
use super::hosts::host_nodes;
use super::root::Log;
use crate::format;
use crate::sanitise::sanitise_line;
use crate::state::Parent;
use crate::style::{Line, Tone};
use crate::words::counts;
use mcom_model::{HostId, Tally};
use std::collections::{BTreeMap, BTreeSet};

/// The hosts of a datacenter as the links between them stood.
struct Subtrees<'a> {
    log: Log<'a>,
    dc: usize,
    selected: BTreeSet<HostId>,
    children: BTreeMap<HostId, Vec<HostId>>,
    /// Hosts that were shown, so that a record in which two hosts are parents of each other still ends.
    seen: BTreeSet<HostId>,
}

/// A node for every parent below the coordinator, with its subtree, and one for hosts that no parent had.
pub(super) fn parent_nodes(log: Log<'_>, dc: usize, hosts: &[HostId]) -> Vec<Node> {
    let all = &log.view.info().dcs()[dc].hosts;
    let mut children: BTreeMap<HostId, Vec<HostId>> = BTreeMap::new();
    let (mut parents, mut others) = (Vec::new(), Vec::new());
    for &id in all {
        let Some(host) = log.view.host(id) else { continue };
        match host.parent {
            Some(Parent::Host(parent)) if parent != id => children.entry(parent).or_default().push(id),
            Some(Parent::Coordinator) if host.below.is_some_and(|below| below > 0) => parents.push(id),
            _ => others.push(id),
        }
    }
    let selected = hosts.iter().copied().collect();
    let mut subtrees = Subtrees { log, dc, selected, children, seen: BTreeSet::new() };
    let mut nodes: Vec<Node> = parents.into_iter().filter_map(|parent| subtrees.node(parent)).collect();
    others.extend(all.iter().copied().filter(|host| !subtrees.seen.contains(host)));
    others.retain(|host| subtrees.selected.contains(host) && !subtrees.seen.contains(host));
    others.sort_unstable();
    others.dedup();
    nodes.extend(subtrees.leaves(&others));
    nodes
}

impl Subtrees<'_> {
    /// A parent with everything below it; none where nothing of it is selected.
    fn node(&mut self, parent: HostId) -> Option<Node> {
        if !self.seen.insert(parent) {
            return None;
        }
        let (mut nodes, mut leaves) = (Vec::new(), vec![parent]);
        let mut members = vec![parent];
        for child in self.children.get(&parent).cloned().unwrap_or_default() {
            if self.children.contains_key(&child) {
                members.extend(self.members(child));
                nodes.extend(self.node(child));
            } else if self.seen.insert(child) {
                members.push(child);
                leaves.push(child);
            }
        }
        leaves.retain(|host| self.selected.contains(host));
        let mut children = self.leaves(&leaves);
        children.extend(nodes);
        (!children.is_empty()).then(|| Node { children, ..Node::new(self.line(parent, &members)) })
    }

    /// Everybody below a parent, itself included.
    fn members(&self, parent: HostId) -> Vec<HostId> {
        let (mut members, mut next) = (BTreeSet::from([parent]), vec![parent]);
        while let Some(host) = next.pop() {
            let children = self.children.get(&host).into_iter().flatten().copied();
            next.extend(children.filter(|child| members.insert(*child)));
        }
        members.into_iter().collect()
    }

    fn leaves(&self, hosts: &[HostId]) -> Vec<Node> {
        if self.log.options.verbose > 1 {
            host_nodes(self.log, hosts, None)
        } else {
            group_nodes(self.log, self.dc, hosts, true)
        }
    }

    /// `mail1-dc1  parent of 62  63 ok  linked +0.3s`.
    fn line(&self, parent: HostId, members: &[HostId]) -> Line {
        let view = self.log.view;
        let mut tally = Tally::default();
        for host in members.iter().filter_map(|&id| view.host(id)) {
            host.outcome.iter().for_each(|outcome| tally.add(outcome.kind()));
        }
        let mut line = Line::new().add(Tone::Strong, view.info().name(parent));
        line.push_apart(Tone::Plain, format!("parent of {}", members.len() - 1));
        line.push(Tone::Plain, "  ");
        line.append(counts(&tally));
        let Some(host) = view.host(parent) else { return line };
        if let Some(at) = host.linked_at {
            line.push_apart(Tone::Faint, format!("linked {}", format::moment(at)));
        }
        if let Some((at, reason)) = &host.lost {
            let reason = sanitise_line(reason.text.as_bytes());
            line.push_apart(Tone::Bad, format!("LOST {}: {reason}", format::moment(*at)));
        }
        line
    }
}
