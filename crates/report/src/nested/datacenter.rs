//! A branch per datacenter: counts, through which parents, how long.

use super::draw::Node;
use super::groups::group_nodes;
use super::heads::via;
use super::hosts::host_nodes;
use super::parents::parent_nodes;
use super::root::Log;
use super::transit::transit_nodes;
use crate::format;
use crate::state::{DcView, Parent, RunView, Stage};
use crate::style::{Line, Tone};
use crate::words::counts;
use mcom_model::HostId;
use std::collections::BTreeSet;
use std::time::Duration;

/// The branches of all datacenters that have selected hosts.
pub(super) fn datacenters(log: Log<'_>, selected: &BTreeSet<HostId>) -> Vec<Node> {
    let dcs = log.view.info().dcs();
    let counted: Vec<Line> = log.view.dcs().iter().map(dc_counts).collect();
    let name_width = dcs.iter().map(|dc| dc.name.chars().count()).max().unwrap_or(0);
    let counts_width = counted.iter().map(Line::width).max().unwrap_or(0).min(40);
    let mut nodes = Vec::new();
    for (index, (dc, counts)) in dcs.iter().zip(counted).enumerate() {
        let hosts: Vec<HostId> = dc.hosts.iter().copied().filter(|host| selected.contains(host)).collect();
        if hosts.is_empty() {
            continue;
        }
        let mut line = Line::new().add(Tone::Strong, dc.name.as_str());
        line.pad(name_width);
        line.push(Tone::Plain, "  ");
        line.append(counts);
        line.pad(name_width + 2 + counts_width);
        line.push_apart(Tone::Plain, via(log.view, index));
        line.push_apart(Tone::Faint, timings(log.view, index));
        nodes.push(Node { children: children(log, index, &hosts), ..Node::new(line) });
    }
    nodes
}

fn children(log: Log<'_>, dc: usize, hosts: &[HostId]) -> Vec<Node> {
    match (log.options.order, log.options.verbose) {
        (Some(order), _) => host_nodes(log, hosts, Some(order)),
        (None, 0) => {
            let mut nodes = group_nodes(log, dc, hosts, false);
            nodes.extend(transit_nodes(log, dc, hosts).into_iter().map(|(node, _)| node));
            nodes
        }
        (None, _) => parent_nodes(log, dc, hosts),
    }
}

fn dc_counts(dc: &DcView) -> Line {
    let mut line = counts(&dc.tally);
    let rest = dc.len() - dc.at_stage(Stage::Ended);
    if rest > 0 {
        let running = dc.at_stage(Stage::Running);
        let blank = if line.width() > 0 { " " } else { "" };
        line.push(Tone::Doubtful, format!("{blank}{rest} NOT ENDED"));
        if running > 0 {
            line.push(Tone::Faint, format!(" ({running} running)"));
        }
    }
    line
}

/// A datacenter whose hosts are children of the coordinator, or were meant to be.
pub(super) fn without_parent(view: &RunView, dc: usize) -> &'static str {
    let hosts = || view.info().dcs()[dc].hosts.iter().filter_map(|&id| view.host(id));
    if hosts().any(|host| host.linked_at.is_some()) {
        "direct"
    } else if hosts().any(|host| host.parent == Some(Parent::Coordinator)) {
        "not reached"
    } else {
        ""
    }
}

/// `ship 0.4s  run p50 3.1s p95 5.0s max 9.2s (mail44-dc1)`.
fn timings(view: &RunView, dc: usize) -> String {
    let info = view.info();
    let head = view.dcs()[dc].parents.heads().next().and_then(|head| view.host(head.host));
    let ship = head.and_then(|head| Some(head.shipped_at?.since(head.linked_at?)));
    let mut text = ship.map(|ship| format!("ship {}", format::duration(ship))).unwrap_or_default();
    let receipts = info.dcs()[dc].hosts.iter().filter_map(|&id| Some((view.host(id)?.receipt.as_ref()?.run_ms, id)));
    let mut runs: Vec<(u64, HostId)> = receipts.collect();
    runs.sort_unstable();
    let Some(&(max, slowest)) = runs.last() else { return text };
    let at =
        |share: usize| format::duration(Duration::from_millis(runs[(runs.len() * share).div_ceil(100).max(1) - 1].0));
    let max = format::duration(Duration::from_millis(max));
    let blank = if text.is_empty() { "" } else { "  " };
    text += &match runs.len() {
        1 => format!("{blank}run {max}"),
        _ => format!("{blank}run p50 {} p95 {} max {max} ({})", at(50), at(95), info.name(slowest)),
    };
    text
}
